// Whether the program, or anything that it started, has a socket that reaches beyond this machine. Linux only: read from
// /proc, again and again while the tests run.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'];
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const ANY = /^(0\.0\.0\.0|::)$/;

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** An address of the kernel's tables: words of four bytes, each in the order of the machine. */
export function address(hex) {
  const bytes = hex.match(/.{8}/g).flatMap((word) => word.match(/../g).reverse().map((byte) => parseInt(byte, 16)));
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `::ffff:${bytes.slice(12).join('.')}`;
  if (bytes.every((b) => b === 0)) return '::';
  if (bytes.slice(0, 15).every((b) => b === 0) && bytes[15] === 1) return '::1';
  return bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** What the kernel says of a process after its name, which stands in brackets and may hold spaces and brackets. */
const stat = (pid) => read(`/proc/${pid}/stat`).replace(/^.*\)/s, '').trim().split(' ');

/** `Z` for one that has ended and was not waited for; nothing for one that is not there. */
export const state = (pid) => stat(pid)[0];

/** A process and all that descend from it. */
export function family(root) {
  const children = new Map();
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = stat(name)[1];
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), name]);
  }
  const all = [String(root)];
  for (const one of all) all.push(...(children.get(one) ?? []));
  return all;
}

/** Sockets of these processes that are not on the loopback, in words. */
export function reaching(processes) {
  const found = [];
  for (const process of processes) {
    let owned;
    try {
      const fds = readdirSync(`/proc/${process}/fd`);
      const links = fds.map((fd) => {
        try {
          return readlinkSync(`/proc/${process}/fd/${fd}`);
        } catch {
          return '';
        }
      });
      owned = new Set(links.map((link) => link.match(/^socket:\[(\d+)\]$/)?.[1]).filter(Boolean));
    } catch {
      continue;
    }
    if (owned.size === 0) continue;
    for (const table of TABLES) {
      for (const line of read(`/proc/${process}/net/${table}`).split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        if (!owned.has(fields[9])) continue;
        const [local, remote] = [fields[1], fields[2]].map((at) => address(at.split(':')[0]));
        const inside = LOOPBACK.test(local) && (LOOPBACK.test(remote) || ANY.test(remote));
        const idle = table.startsWith('tcp') && ANY.test(local) && ANY.test(remote) && fields[3] === '07';
        if (!inside && !idle) {
          const name = read(`/proc/${process}/comm`).trim();
          found.push(`${name} ${table} ${local}:${parseInt(fields[1].split(':')[1], 16)} -> ${remote}`);
        }
      }
    }
  }
  return found;
}

/** Looks all the time, until it is asked what it saw. */
export class Watch {
  constructor(root) {
    this.root = root;
    this.found = new Set();
    this.seen = new Set();
    this.looks = 0;
    this.timer = setInterval(() => this.look(), 100);
    this.timer.unref();
  }

  look() {
    const all = family(this.root);
    this.looks += 1;
    for (const one of all) this.seen.add(read(`/proc/${one}/comm`).trim());
    for (const one of reaching(all)) this.found.add(one);
  }

  end() {
    this.look();
    clearInterval(this.timer);
    return [...this.found];
  }
}
