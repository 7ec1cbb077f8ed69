// Every screen of the real window in one language, as pictures: `node screens.mjs ko`.

import { acceptAll, CASE, choose, firstRun, pasteCase, sign, stop, suggest, unlock } from './walk.mjs';
import { hospital } from './tables.mjs';
import { Home, Key, PICTURES } from './window.mjs';

/** Others of the worklist, made up. */
const OTHERS = [
  ['김말자', 'F', 67, 'E11.9', 'Type 2 diabetes mellitus without complications'],
  ['Park Jinho', 'M', 54, 'J18.9', 'Pneumonia, unspecified organism'],
  ['이태산', 'M', 72, 'I21.4', 'Non-ST elevation (NSTEMI) myocardial infarction'],
];

const lang = process.argv[2] ?? 'ko';
const home = new Home();
try {
  const window = await home.window(lang);
  const { t } = window;
  const shot = (name) => window.picture(name);

  await firstRun(window);
  await shot('worklist-empty');
  for (const [i, [name, sex, age, code, title]] of OTHERS.entries()) {
    await pasteCase(window, {
      case_id: `made-up-${i}`,
      patient: { name, number: `0000100${i}`, age_years: age, sex, current_drugs: [], allergies: [] },
      admission: { setting: 'inpatient' },
      diagnoses: [{ system: 'icd10', code, title, rank: 1 }],
    });
    await suggest(window);
    await window.go('worklist');
  }
  await pasteCase(window, CASE);
  await shot('case');
  await suggest(window);
  await shot('suggestion');
  await choose(window, 'furosemide');
  await shot('why');
  await choose(window, 'ibuprofen');
  await window.keys('a');
  await window.find('form.ask');
  await shot('withheld');
  await window.keys(Key.ESCAPE);
  await choose(window, 'bisoprolol');
  await window.keys('c');
  await window.find('form.ask');
  await shot('change');
  await window.keys(Key.ESCAPE);
  await stop(window, 'ibuprofen');
  await acceptAll(window);
  await sign(window);
  await shot('signed');
  await window.press(t('advice.title'));
  await window.see(t('advice.confirm'));
  await shot('advice');
  await window.press(t('advice.title'));
  await window.keys(Key.F1);
  await window.see(t('keys.about'));
  await shot('keys');
  await window.keys(Key.ESCAPE);
  await window.chord(Key.CONTROL, 'k');
  await shot('commands');
  await window.keys(Key.ESCAPE);
  // The one in the strip of the patient: the case is talked about.
  await (await window.find('[role="row"][data-ingredient]')).click();
  await window.keys('t');
  const question = await window.find('textarea');
  await question.sendKeys(
    lang === 'ko' ? '가슴이 아프다고 합니다. 이부프로펜을 써도 됩니까?' : 'She has chest pain. May I give ibuprofen?',
    Key.ENTER,
  );
  await window.see(t('flag.title'));
  await window.see(t('talk.model_note'), 120_000);
  await window.page.wait(async () => !(await window.shows(t('talk.writing'))), 120_000);
  await shot('consultation');
  await window.go('review');
  await (await window.find('.queue button')).click();
  await window.focused('.drugs [role="row"]');
  await window.keys('a');
  await window.find('.verdict [aria-pressed="true"]');
  await shot('review');
  await window.go('data');
  await window.see('smollm2-135m-instruct');
  await shot('models');
  await window.press(t('data.knowledge'));
  await window.see(t('data.pack_shipped'));
  await shot('knowledge');
  await window.press(t('data.import'));
  home.choose(hospital(home.path('hosp'), 60));
  await window.press(t('data.tables'));
  await window.find('section.card table', 180_000);
  await shot('import');
  await window.press(t('data.evaluation'));
  await window.find('[role="tabpanel"][data-state="active"] table', 20_000);
  await shot('evaluation');
  await window.go('settings');
  for (const [tab, name] of [
    ['settings.window', 'settings'],
    ['settings.people', 'people'],
    ['settings.site', 'clinic'],
    ['settings.audit', 'audit'],
    ['settings.backup', 'backup'],
    ['settings.about', 'about'],
  ]) {
    await window.press(t(tab));
    await window.gone(t('state.loading'));
    await shot(name);
  }
  await window.go('worklist');
  await window.see(CASE.patient.name);
  await window.press(t('worklist.new'));
  await window.write(t('caseform.age'), '810');
  await shot('case-new');
  await window.go('worklist');
  await window.see(t('worklist.not_saved'));
  await shot('worklist');
  await window.chord(Key.CONTROL, 'l');
  await window.see(t('unlock.title'));
  await shot('unlock');
  await unlock(window);
  console.log(`${lang}: pictures in ${PICTURES}`);
} finally {
  await home.close();
}
