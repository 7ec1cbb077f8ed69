// A day in the real window: from the first start to a signed suggestion, the lock, a review and its table, tables of a
// hospital, the other language; and at the end, whether anything of it reached beyond this machine.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { hospital } from './tables.mjs';
import { acceptAll, CASE, choose, drugs, firstRun, pasteCase, sign, stop, suggest, unlock } from './walk.mjs';
import { By, Home, Key, pictureOfFailures } from './window.mjs';
import { words } from './words.mjs';

/** What a reviewer writes into the table. */
const COMMENT = '출혈 위험이 더 큽니다';

let home;
let window;
let t;
before(async () => {
  home = new Home();
  window = await home.window();
  t = window.t;
});
after(() => home.close());
pictureOfFailures(() => window);

test('the first run makes a vault and confirms its recovery key', async () => {
  await firstRun(window);
  await window.picture('worklist-empty');
});

test('a case is pasted, saved and answered, with the starter model', async () => {
  await pasteCase(window, CASE);
  await window.picture('case');
  await suggest(window);
  const found = await drugs(window);
  assert.ok(found.includes('furosemide'), `no furosemide in ${found}`);
  assert.ok(found.includes('ibuprofen'), `ibuprofen is taken, and has to be decided on: ${found}`);
  const withheld = await window.find('[data-ingredient="ibuprofen"].withheld');
  assert.match(await withheld.getText(), /eGFR/);
  await window.picture('suggestion');
});

test('the reason of a drug is one key away', async () => {
  await choose(window, 'furosemide');
  await window.see(t('why.provenance'));
  await window.picture('why');
  await window.keys('w');
  await window.gone(t('why.provenance'));
  await window.keys('w');
  await window.see(t('why.provenance'));
});

test('a withheld drug is not accepted in silence, and is stopped with a coded reason', async () => {
  await choose(window, 'ibuprofen');
  await window.keys('a');
  await window.find('form.ask');
  await window.picture('withheld');
  await window.keys(Key.ESCAPE);
  await stop(window, 'ibuprofen');
});

test('every drug is decided, and the list is signed', async () => {
  await acceptAll(window);
  await window.picture('decided');
  await sign(window);
  await window.picture('suggestion-signed');
});

test('the lock covers everything, and what was there is there again', async () => {
  await window.chord(Key.CONTROL, 'l');
  await window.see(t('unlock.title'));
  assert.ok(!(await window.shows(CASE.patient.name)), 'the name of the patient is on the locked screen');
  await window.picture('unlock');
  await unlock(window, '틀린 암호 열 글자');
  await window.see(t('unlock.title'));
  await window.page.wait(async () => (await window.all('[role="alert"]')).length > 0, 20_000, 'nothing says that it was wrong');
  // What was wrong is gone from the field, and an empty one opens nothing.
  assert.equal(await (await window.find('input[type="password"]')).getAttribute('value'), '');
  assert.equal(await (await window.button(t('unlock.open'))).isEnabled(), false, 'an empty passphrase can be sent');
  await window.page.wait(async () => (await window.all('[role="timer"]')).length === 0, 60_000, 'the wait after a wrong passphrase does not end');
  await unlock(window);
  await window.go('worklist');
  await window.see(CASE.patient.name);
  await window.picture('worklist');
});

test('a new case that was never saved is there after the lock', async () => {
  await window.press(t('worklist.new'));
  await window.write(t('caseform.name'), '이순자');
  await window.write(t('caseform.age'), '70');
  await window.chord(Key.CONTROL, 'l');
  await unlock(window);
  await window.go('worklist');
  await window.see('이순자');
  await window.see(t('worklist.not_saved'));
});

test('a review goes into a table and comes back from it', async () => {
  await window.go('review');
  await window.see(CASE.case_id);
  await (await window.find('.queue button')).click();
  await window.focused('.drugs [role="row"]');
  await window.keys('a');
  await window.page.wait(async () => (await window.all('.verdict [aria-pressed="true"]')).length > 0, 20_000, 'nothing is agreed to');
  await window.picture('review');
  home.choose(home.path('reviews.csv'));
  await window.press(t('review.export'));
  const table = await window.file(home.path('reviews.csv'));
  const lines = table.trimEnd().split('\r\n');
  assert.ok(lines.length > 2, `only ${lines.length} lines`);
  const columns = lines[0].replace('\ufeff', '').split(',');
  assert.deepEqual(columns.slice(-2), ['review', 'review_comment']);
  // Another drug than the one that was agreed to: its last two fields are empty, and are filled in as a reviewer would.
  const filled = lines.map((line, i) => {
    if (i !== lines.length - 1) return line;
    assert.ok(line.endsWith(',,'), `the fields of the review are not empty: ${line.slice(-40)}`);
    return `${line.slice(0, -1)}disagree,${COMMENT}`;
  });
  assert.ok(!(await window.shows(COMMENT)));
  writeFileSync(home.path('filled.csv'), `${filled.join('\r\n')}\r\n`);
  home.choose(home.path('filled.csv'));
  await window.press(t('review.import'));
  await window.see(t('review.imported', { accepted: 1, rejected: 0 }));
  await window.see(COMMENT);
  await window.see(t('review.disagreements', { count: 1 }));
});

test('tables of a hospital are brought in, every row with its outcome', async () => {
  await window.go('data');
  await window.press(t('data.import'));
  home.choose(hospital(home.path('hosp'), 60));
  await window.press(t('data.tables'));
  await window.page.wait(async () => (await window.all('section.card table')).length > 0, 120_000, 'there is no report');
  const report = await window.page.findElement(By.css('section.card')).getText();
  assert.match(report, /60/);
  await window.picture('import');
});

test('every screen of data and settings comes to its end', async () => {
  for (const [screen, tabs] of [
    ['data', ['data.models', 'data.training', 'data.knowledge', 'data.import', 'data.evaluation']],
    ['settings', ['settings.people', 'settings.site', 'settings.audit', 'settings.backup', 'settings.about']],
  ]) {
    await window.go(screen);
    for (const tab of tabs) {
      await window.press(t(tab));
      await window.find('[role="tabpanel"][data-state="active"] > *');
      await window.gone(t('state.loading'));
      assert.equal((await window.all('.problem')).length, 0, tab);
      await window.picture(tab.replace('.', '-'));
    }
  }
});

test('the language changes without a restart', async () => {
  await window.go('settings');
  await window.press(t('settings.window'));
  await window.see(t('settings.language'));
  await window.pick('en');
  window.t = await words('en');
  window.lang = 'en';
  await window.see(window.t('settings.language'));
  await window.go('worklist');
  await window.see(window.t('worklist.title'));
  assert.equal(await window.page.executeScript('return document.documentElement.lang'), 'en');
  await window.picture('worklist');
});

test('nothing of it reached beyond this machine', async () => {
  const watch = window.watch;
  assert.ok(watch.looks > 20, `it was looked only ${watch.looks} times`);
  assert.ok([...watch.seen].some((name) => name.startsWith('bogam-desktop')), `the program was not seen: ${[...watch.seen]}`);
  assert.deepEqual(watch.end(), []);
});

test('no text of the patient lies in a file', () => {
  // The vault is encrypted; nothing else may hold a name.
  const found = [];
  const look = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) look(path);
      else if (entry.isFile() && readFileSync(path).includes(Buffer.from(CASE.patient.name))) found.push(path);
    }
  };
  look(home.path('home'));
  look(home.path('data'));
  assert.deepEqual(found, []);
});
