// The check itself: it must see what it looks for.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';

import { address, family, reaching } from './sockets.mjs';

test('addresses of the kernel are read', () => {
  assert.equal(address('0100007F'), '127.0.0.1');
  assert.equal(address('00000000000000000000000001000000'), '::1');
  assert.equal(address('0000000000000000FFFF00000100007F'), '::ffff:127.0.0.1');
  assert.equal(address('00000000000000000000000000000000'), '::');
});

for (const [host, found] of [
  ['127.0.0.1', false],
  ['0.0.0.0', true],
]) {
  test(`a grandchild that listens on ${host} is ${found ? '' : 'not '}told`, async () => {
    const listen = `require('net').createServer().listen(0, '${host}', () => console.log('listens'))`;
    const child = spawn('sh', ['-c', `"${process.execPath}" -e "${listen}"; true`], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((done) => child.stdout.once('data', done));
      const told = reaching(family(child.pid));
      assert.equal(told.length > 0, found, told.join('\n'));
    } finally {
      for (const one of family(child.pid).reverse()) process.kill(Number(one));
    }
  });
}
