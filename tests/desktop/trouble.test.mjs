// What goes wrong on a ward: the model's process dies, the window is closed over work, a second one is started.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { CASE, firstRun, pasteCase, unlock } from './walk.mjs';
import { Home, pause, pictureOfFailures } from './window.mjs';

let home;
let window;
let t;
before(async () => {
  home = new Home();
  window = await home.window();
  t = window.t;
  await firstRun(window, { pictures: false });
});
after(() => home.close());
pictureOfFailures(() => window);

/** Stops the clock of the model's process as soon as there is one, so that a test is not in a race with it. */
async function held(window) {
  const begun = Date.now();
  while (Date.now() - begun < 60_000) {
    const workers = window.workers();
    workers.forEach((pid) => process.kill(Number(pid), 'SIGSTOP'));
    if (workers.length > 0) return workers;
    await pause(5);
  }
  throw new Error('there was no process of the model');
}

test('the process of the model dies in the middle: the list still comes, or the window says what happened', async () => {
  await pasteCase(window, { ...CASE, case_id: 'dies' });
  await window.press(t('caseform.save_run'));
  for (const pid of await held(window)) process.kill(Number(pid), 'SIGKILL');
  await window.find('[role="row"][data-ingredient], .problem', 180_000);
  await window.picture('worker-killed');
  if ((await window.all('[role="row"][data-ingredient]')).length === 0) {
    await window.press(t('suggestion.run'));
    await window.find('[role="row"][data-ingredient]', 180_000);
  }
});

test('a second start brings the first window forward and ends', () => {
  const second = spawnSync(window.program, { env: window.environment, timeout: 10_000 });
  assert.equal(second.status, 0, second.stderr.toString());
  assert.ok(window.running());
});

const ask = () => {
  const asked = spawnSync('python3', [join(import.meta.dirname, 'close_window.py'), 'bogam-desktop']);
  assert.equal(asked.status, 0, asked.stderr.toString());
};

test('closing over what was typed keeps it', async () => {
  await window.go('worklist');
  await window.press(t('worklist.new'));
  await window.write(t('caseform.name'), '박동백');
  // At once, as a person does who is called away.
  ask();
  const begun = Date.now();
  while (window.running() && Date.now() - begun < 20_000) await pause(100);
  assert.ok(!window.running(), 'the window did not close, though all that was typed is kept');
  await window.close();
  window = await home.window();
  await unlock(window);
  await window.go('worklist');
  await window.see('박동백');
  await window.picture('kept-over-closing');
});

test('closing over work that goes on asks first, and the work can go on', async () => {
  await window.go('worklist');
  await pasteCase(window, { ...CASE, case_id: 'long' });
  await window.press(t('caseform.save_run'));
  const worker = await held(window);
  ask();
  await window.see(t('close.title'));
  await window.picture('close-over-work');
  await window.press(t('close.stay'));
  worker.forEach((pid) => process.kill(Number(pid), 'SIGCONT'));
  await window.find('[role="row"][data-ingredient]', 180_000);
  assert.ok(window.running());
});
