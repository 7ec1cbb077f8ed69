// What is built and configured, as far as a reader of it can tell: no remote address, nothing evaluated, nothing stored in
// the page, the policy of the window, and the list of what it may call.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const config = JSON.parse(read('src-tauri/tauri.conf.json'));

const files = (folder) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(ROOT, path)).isFile());

/** Addresses that are names and not places: nothing is fetched from them. */
const NAMES = [
  /^http:\/\/www\.w3\.org\/(1998\/Math\/MathML|1999\/xhtml|1999\/xlink|2000\/svg|2000\/xmlns\/|XML\/1998\/namespace)/,
  // The way to the program itself, where a custom scheme cannot be used.
  /^http:\/\/ipc\.localhost/,
  // Where Svelte's messages of errors are explained; a text, never a link.
  /^https:\/\/svelte\.dev\/e\//,
];

/** Findings in a text of the bundle. */
function findings(text) {
  const found = [];
  for (const [url] of text.matchAll(/\b(?:https?|wss?):\/\/[^\s"'`\\)<>]+/g)) {
    if (!NAMES.some((name) => name.test(url))) found.push(url);
  }
  for (const word of [/\beval\s*\(/, /\bnew\s+Function\s*\(/, /\blocalStorage\b/, /\bsessionStorage\b/, /\bindexedDB\b/, /\bdocument\.cookie\b/, /\bXMLHttpRequest\b/, /\bWebSocket\b/, /\bEventSource\b/, /\bsendBeacon\b/]) {
    if (word.test(text)) found.push(String(word));
  }
  return found;
}

test('the finder finds', () => {
  for (const bad of ['fetch("https://example.org/x")', 'eval("1")', 'new Function("x")', 'localStorage.a', "x('wss://h')"]) {
    assert.notEqual(findings(bad).length, 0, bad);
  }
  assert.deepEqual(findings('createElementNS("http://www.w3.org/2000/svg", "path")'), []);
});

test('the bundle reaches for nothing outside, evaluates nothing and stores nothing in the page', () => {
  const built = files('ui/dist');
  assert.ok(built.some((path) => path.endsWith('index.html')), 'ui/dist is not built: make build');
  const readable = built.filter((path) => /\.(html|js|css|svg)$/.test(path));
  assert.ok(readable.length >= 3);
  const found = readable.flatMap((path) => findings(read(path)).map((what) => `${relative('ui/dist', path)}: ${what}`));
  assert.deepEqual(found, []);
});

test('the first page has no script or style of its own, and loads only what is beside it', () => {
  const html = read('ui/dist/index.html');
  assert.equal(/<script(?![^>]*\bsrc=)[^>]*>/.test(html), false, 'a script stands in the page');
  assert.equal(/<style|\sstyle=|\son\w+=/.test(html), false, 'a style or a handler stands in the page');
  for (const [, url] of html.matchAll(/\b(?:src|href)="([^"]*)"/g)) assert.match(url, /^\/assets\//);
});

test('the policy is strict', () => {
  const { csp, pattern, freezePrototype, capabilities } = config.app.security;
  assert.deepEqual(csp, {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'font-src': "'self'",
    'connect-src': 'ipc: http://ipc.localhost',
    'object-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  });
  assert.equal(pattern.use, 'isolation');
  assert.equal(freezePrototype, true);
  assert.deepEqual(capabilities, ['main']);
  assert.equal(config.app.withGlobalTauri, false);
  assert.ok(config.app.windows.every((window) => window.devtools === false));
  assert.equal(config.app.security.dangerousDisableAssetCspModification, undefined);
  assert.equal(config.plugins, undefined);
  assert.equal(/features.*devtools/.test(read('Cargo.toml')), false);
});

test('the window may call the commands of the reviewed list, and nothing of the system', () => {
  assert.deepEqual(readdirSync(join(ROOT, 'src-tauri/capabilities')), ['main.json']);
  const capability = JSON.parse(read('src-tauri/capabilities/main.json'));
  assert.deepEqual(capability.windows, ['main']);
  assert.equal(capability.remote, undefined);
  const allowed = capability.permissions.map((name) => {
    const [, command] = name.match(/^allow-([a-z-]+)$/) ?? [];
    assert.ok(command, `${name} is no command of the program`);
    return command.replaceAll('-', '_');
  });
  assert.equal(new Set(allowed).size, allowed.length, 'a command stands twice');
  // What the page calls, and what the shell answers.
  const page = [...read('ui/src/lib/api/api.ts').matchAll(/^ {2}([a-z_]+)\(/gm)].map(([, name]) => name);
  assert.deepEqual([...page].sort(), [...allowed].sort());
  const handled = read('src-tauri/src/commands.rs').match(/generate_handler!\[([^\]]*)\]/)[1].match(/[a-z_]+/g);
  assert.deepEqual([...handled].sort(), [...allowed].sort());
});
