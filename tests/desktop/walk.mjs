// Ways through the window that several tests take.

import assert from 'node:assert/strict';

import { By } from './window.mjs';

export const NAME = '한지우';
export const PASSPHRASE = '말 없는 소 네 마리';

/** A made-up patient: heart failure, atrial fibrillation, kidneys that fail, and a drug that must not stay. */
export const CASE = {
  case_id: 'synthetic-1',
  as_of: '2026-03-02T09:00:00',
  patient: {
    name: '홍길순',
    number: '00012345',
    age_years: 81,
    sex: 'F',
    weight_kg: 58,
    height_cm: 156,
    creatinine_mg_dl: 1.9,
    creatinine_stable: true,
    dialysis: false,
    hepatic_impairment: 'none',
    qtc_ms: 448,
    allergies: [{ to: 'trimethoprim-sulfamethoxazole', reaction: 'rash', severity: 'mild' }],
    current_drugs: [
      { name: 'Warfarin', dose: { value: 3, unit: 'mg' }, route: 'PO', per_day: 1, started: '2023-05-01' },
      { name: 'Furosemide', dose: { value: 40, unit: 'mg' }, route: 'PO', per_day: 1 },
      { name: 'Bisoprolol', dose: { value: 2.5, unit: 'mg' }, route: 'PO', per_day: 1 },
      { name: 'Ibuprofen', dose: { value: 400, unit: 'mg' }, route: 'PO', per_day: 3, started: '2026-02-20' },
    ],
    labs: [
      { name: 'Potassium', loinc: '2823-3', value: 5.1, unit: 'mmol/L', time: '2026-03-02T08:10:00' },
      { name: 'INR', loinc: '6301-6', value: 2.4, unit: '1', time: '2026-03-02T08:10:00' },
    ],
  },
  admission: { setting: 'inpatient', icu: false },
  diagnoses: [
    { system: 'icd10', code: 'I50.23', title: 'Acute on chronic systolic (congestive) heart failure', rank: 1 },
    { system: 'icd10', code: 'I48.20', title: 'Chronic atrial fibrillation, unspecified', rank: 2 },
    { system: 'icd10', code: 'N18.4', title: 'Chronic kidney disease, stage 4 (severe)', rank: 3 },
    { system: 'icd10', code: 'M17.9', title: 'Osteoarthritis of knee, unspecified', rank: 4 },
  ],
};

/** From the first screen to the empty worklist. Returns the groups of the recovery key. */
export async function firstRun(window, { pictures = true, name = NAME } = {}) {
  const { t } = window;
  const picture = (named) => (pictures ? window.picture(named) : undefined);
  // The first screen is in Korean; from here on in the language of the test.
  await window.pick(window.lang);
  await window.see(t('start.language_title'));
  await picture('first-run-language');
  await window.press(t('action.next'));
  await (await window.field(t('start.use_agree'))).click();
  await picture('first-run-use');
  await window.press(t('action.next'));
  await window.write(t('start.name'), name);
  const [first, second] = await window.all('input[type="password"]');
  await first.sendKeys(PASSPHRASE);
  await second.sendKeys(PASSPHRASE);
  await picture('first-run-person');
  await window.press(t('start.create'));
  await window.find('.key-groups code');
  const shown = await window.all('.key-groups code');
  const groups = await Promise.all(shown.map((group) => group.getText()));
  assert.equal(groups.length, 14);
  // A key of a home folder that is thrown away.
  await picture('first-run-key');
  await window.press(t('start.key_written'));
  await window.find('.asked input');
  for (const input of await window.all('.asked input')) {
    const label = await window.page.findElement(By.css(`label[for="${await input.getAttribute('id')}"]`));
    const position = Number((await label.getText()).match(/\d+/)[0]);
    await input.sendKeys(groups[position - 1]);
  }
  await (await window.find('button[type="submit"]')).click();
  await window.see(t('start.model_text'));
  await window.see('smollm2-135m-instruct');
  await picture('first-run');
  await window.press(t('start.finish'));
  await window.see(t('worklist.empty_title'));
  return groups;
}

/** Pastes a case into a new form; it is neither saved nor answered yet. */
export async function pasteCase(window, content) {
  const { t } = window;
  await window.press(t('worklist.new'));
  await window.see(t('caseform.paste'));
  await window.press(t('caseform.paste'));
  const field = await window.find('[role="dialog"] textarea');
  await window.paste(field, JSON.stringify(content));
  await window.press(t('caseform.paste_take'));
  await window.see(content.diagnoses[0].code);
}

/** Saves the form and waits for the list. */
export async function suggest(window) {
  const { t } = window;
  await window.press(t('caseform.save_run'));
  await window.find('[role="row"][data-ingredient]', 180_000);
}

/** The drugs of the list by ingredient, in its order. */
export const drugs = async (window) =>
  Promise.all((await window.all('[role="row"][data-ingredient]')).map((row) => row.getAttribute('data-ingredient')));

/** Goes to a drug of the list, wherever it is on the screen. */
export async function choose(window, ingredient) {
  const there = await row(window, ingredient);
  await window.page.executeScript(
    "const [row] = arguments; row.scrollIntoView({ block: 'center' }); row.click(); row.focus();",
    there,
  );
}

const row = (window, ingredient) => window.find(`[role="row"][data-ingredient="${ingredient}"]`);

/** Stops a withheld drug that the patient takes. */
export async function stop(window, ingredient) {
  const { t } = window;
  await choose(window, ingredient);
  await window.keys('x');
  const form = await window.find('form.ask');
  const chosen = await form.findElements(By.css('input:checked'));
  if (chosen.length === 0) await (await form.findElement(By.css('input[type="radio"]'))).click();
  await (await form.findElement(By.css('button[type="submit"]'))).click();
  await window.page.wait(async () => (await window.all('form.ask')).length === 0, 10_000, 'the question stays');
  await window.see(t('suggestion.rejected'));
}

const selected = '[role="row"][data-ingredient][aria-selected="true"]';

/** Accepts all that are without trouble by one key, then each of the others, by the keyboard. */
export async function acceptAll(window) {
  await (await window.find('[role="row"][data-ingredient]')).click();
  await window.keys('A');
  const here = async () => (await window.find(selected)).getAttribute('data-ingredient');
  for (let left = (await drugs(window)).length; left > 0; left -= 1) {
    const ingredient = await here();
    const open = async () => (await window.all(`[data-ingredient="${ingredient}"] .buttons`)).length > 0;
    if (await open()) {
      await window.keys('a');
      await window.page.wait(async () => !(await open()), 20_000, `${ingredient} is not decided`);
    }
    // A decision goes on to the next drug by itself.
    if ((await here()) === ingredient) await window.keys('j');
  }
}

export async function sign(window) {
  const { t } = window;
  await window.press(t('suggestion.sign'));
  await window.see(t('suggestion.sign_title'));
  await (await window.find('[role="dialog"] button.primary')).click();
  await window.see(t('suggestion.revise'));
}

export async function unlock(window, passphrase = PASSPHRASE) {
  const { t } = window;
  await window.see(t('unlock.title'));
  await (await window.find('input[type="password"]')).sendKeys(passphrase);
  await window.press(t('unlock.open'));
}
