// Training in the real window: what will happen, the run with its losses, its adapter put to use, and a suggestion that names it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { CASE, choose, firstRun, pasteCase, suggest } from './walk.mjs';
import { By, Home, pictureOfFailures } from './window.mjs';

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

/** Samples of made-up patients, short ones, and a line that is none. */
function samples(path) {
  const drugs = ['furosemide', 'bisoprolol', 'warfarin'];
  const lines = Array.from({ length: 24 }, (_, i) => {
    const content = `Patient: ${50 + i} years old. Diagnoses: heart failure.`;
    const answer = drugs.slice(0, 1 + (i % drugs.length));
    return JSON.stringify({ sample_id: `s${i}`, patient_id: `p${i}`, messages: [{ role: 'user', content }], answer });
  });
  writeFileSync(path, `${[...lines, 'none'].join('\n')}\n`);
  return path;
}

test('a run is looked at beforehand, goes to its end, and its adapter is used', async () => {
  await window.go('data');
  await window.press(t('data.training'));
  home.choose(samples(home.path('samples.jsonl')));
  await window.press(t('train.samples_choose'));
  await window.see('samples.jsonl');
  await window.write(t('train.rank'), '4');
  await window.write(t('train.epochs'), '1');
  await window.press(t('train.look'));
  await window.see(t('train.fate_not_json'));
  await window.see(t('train.memory_fits'));
  await window.picture('training-plan');
  await window.press(t('train.begin'));
  await window.find('section.going svg[role="img"]', 60_000);
  await window.picture('training');
  await window.see(t('train.finished'), 120_000);
  await window.press(t('train.use'));
  await window.see(t('train.using', { models: 'smollm2-135m-instruct' }));
  await window.picture('training-done');
  await window.press(t('data.models'));
  const [name] = readdirSync(home.path('home/adapters')).filter((file) => file.endsWith('.json'));
  assert.equal(statSync(home.path(`home/adapters/${name.replace('.json', '.gguf')}`)).mode & 0o777, 0o600);
  const chosen = await window.field(t('data.adapter'));
  assert.equal(await chosen.getAttribute('value'), name.replace('.json', ''));
  await window.picture('adapters');

  await window.go('worklist');
  await pasteCase(window, CASE);
  await suggest(window);
  await choose(window, 'furosemide');
  await window.press(t('why.provenance'));
  const { sha256 } = JSON.parse(readFileSync(home.path(`home/adapters/${name}`), 'utf8'));
  const row = await window.page.findElement(By.xpath(`//tr[th[normalize-space(.)='${t('provenance.adapter')}']]/td`));
  assert.equal(await row.getText(), sha256);
});
