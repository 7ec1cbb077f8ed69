import { beforeEach, describe, expect, it, vi } from 'vitest';

import { answerWith, ApiError } from '../api';
import { Fake } from '../api/fake';
import { CASES } from '../api/fake/patients';
import type { CaseInput } from '../bindings/clinical';
import { speak } from '../i18n/index.svelte';
import { indexOf, slotsFor, visible } from '../widgets/virtual';
import { CaseEditor } from './caseEditor.svelte';
import { changes } from './caseVersions';
import { events, modelsAmong } from './events';
import { fits, holder, LETTERED, withKey } from './keymap';
import { Models } from './models.svelte';
import { groupsOf, RecoveryKey } from './recoveryKey.svelte';
import { homeOf, isFor } from './router.svelte';
import { DEFAULT_PREFERENCES } from './session.svelte';
import { toasts } from './toasts.svelte';
import { Worklist } from './worklist.svelte';

let fake: Fake;
beforeEach(() => {
  fake = new Fake(new URLSearchParams('start=open&cases=40'));
  answerWith(fake);
  speak('ko');
});

const typeAge = (editor: CaseEditor, age: number) => {
  editor.form!.patient.age_years = age;
  editor.changed();
};

describe('a case that was never saved', () => {
  it('is kept under the name that it began with, and opens again with what was typed', async () => {
    const editor = new CaseEditor();
    await editor.open(null);
    typeAge(editor, 71);
    // Whatever becomes of the identifier in the form: another case of that name is not touched, and an empty one loses nothing.
    editor.form!.case_id = '';
    editor.changed();
    expect(await editor.keep()).toBe(true);
    editor.form!.case_id = 'heart-failure-81';
    editor.changed();
    await editor.keep();
    const drafts = await fake.drafts();
    expect(drafts.map((d) => d.content.patient?.age_years)).toEqual([71]);
    expect((await fake.read_case({ key: 1, version: null })).draft).toBeNull();

    const made = vi.spyOn(fake, 'new_case');
    const again = new CaseEditor();
    await again.open(null, { draft: drafts[0]!.draft });
    expect(again.form!.patient.age_years).toBe(71);
    expect(again.fromDraft).toBe(true);
    expect(made).not.toHaveBeenCalled();
  });

  it('is begun anew only when there is nothing to open again', async () => {
    const made = vi.spyOn(fake, 'new_case');
    const editor = new CaseEditor();
    await editor.open(null, { draft: 'gone' });
    expect(made).toHaveBeenCalledTimes(1);
    expect(editor.draft).toBe(editor.form!.case_id);
  });

  it('leaves no draft behind once it is saved, whatever its identifier became', async () => {
    const editor = new CaseEditor();
    await editor.open(null);
    editor.form = { ...editor.form!, case_id: 'another-name', diagnoses: [{ system: 'icd10', code: 'I10' }] };
    editor.form.patient.sex = 'F';
    typeAge(editor, 50);
    await editor.keep();
    expect(await fake.drafts()).toHaveLength(1);
    expect(await editor.save()).not.toBeNull();
    expect(await fake.drafts()).toEqual([]);
  });

  it('can be thrown away, and that undone', async () => {
    const editor = new CaseEditor();
    await editor.open(null);
    typeAge(editor, 33);
    await editor.keep();
    const content = await editor.discardDraft();
    expect(await fake.drafts()).toEqual([]);
    // What goes with the form is not kept again.
    await editor.keep();
    expect(await fake.drafts()).toEqual([]);
    await fake.save_draft({ draft: editor.draft!, content: content! });
    expect((await fake.drafts())[0]!.content.patient?.age_years).toBe(33);
  });

  it('says when it could not be kept', async () => {
    const editor = new CaseEditor();
    await editor.open(null);
    vi.spyOn(fake, 'save_draft').mockRejectedValue(new ApiError('vault.full'));
    typeAge(editor, 20);
    expect(await editor.keep()).toBe(false);
    expect(editor.saving).toBe('failed');
  });
});

describe('versions of a case', () => {
  it('show what each says, and what of it differs from the one before', async () => {
    const before = await fake.read_case({ key: 1, version: 1 });
    const after = await fake.read_case({ key: 1, version: null });
    const rows = changes(before.case, after.case);
    const of = (about: string) => rows.find((row) => row.about === about);
    expect(of('weight')).toMatchObject({ kind: 'changed', before: '60 kg', after: '58 kg' });
    expect(of('creatinine')).toMatchObject({ kind: 'changed', before: '모름', after: '1.9 mg/dL' });
    expect(of('sex')).toMatchObject({ kind: 'same', after: '여' });
    expect(of('diagnoses/icd10/N18.4')).toMatchObject({ kind: 'added', before: null });
    expect(of('drugs/lasix/1')).toMatchObject({ kind: 'changed', before: expect.stringContaining('20 mg') });
    expect(of('notes')).toMatchObject({ kind: 'changed', after: '없음' });
    expect(changes(after.case, after.case).filter((row) => row.kind !== 'same')).toEqual([]);
  });

  it('hide no change: each fact that becomes another is told', () => {
    const whole: CaseInput = structuredClone({
      ...CASES[0]!.input,
      notes: 'n',
      prior_diagnoses: [{ system: 'icd10', code: 'I10' }],
      past_drugs: [{ ingredient: 'warfarin', days_ago: 30 }],
      proposed_drugs: ['Amiodarone'],
    });
    Object.assign(whole.patient!, { pregnant: false, lactating: false, genotypes: ['HLA-B*58:01'] });
    Object.assign(whole.admission!, { nil_by_mouth: false });
    const leaves = (value: unknown, path: (string | number)[]): (string | number)[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, inner]) =>
            leaves(inner, [...path, Array.isArray(value) ? Number(name) : name]),
          )
        : [path];
    // The identifier does not change; the rank is the order; a LOINC code goes with its name.
    const silent = new Set(['case_id', 'rank', 'loinc', 'system']);
    for (const path of leaves(whole, []).filter((p) => !silent.has(String(p.at(-1))))) {
      const other = structuredClone(whole) as unknown as Record<string, unknown>;
      let at = other as Record<string | number, unknown>;
      for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
      const last = path.at(-1)!;
      const was = at[last];
      at[last] =
        typeof was === 'number' ? was + 1 : typeof was === 'boolean' ? !was : otherWord(String(last), String(was));
      expect(
        changes(whole, other as CaseInput).some((row) => row.kind !== 'same'),
        path.join('.'),
      ).toBe(true);
    }
  });

  it('can be the base of a new one; what was not saved can be brought back', async () => {
    await fake.save_draft({ draft: 'heart-failure-81', content: { case_id: 'heart-failure-81', notes: 'mine' } });
    const editor = new CaseEditor();
    const replaced = await editor.open(1, { base: 1 });
    expect(replaced).toMatchObject({ notes: 'mine' });
    expect(editor.base).toBe(1);
    expect(editor.form!.patient.weight_kg).toBe(60);
    expect((await fake.read_case({ key: 1, version: null })).draft!.content.patient!.weight_kg).toBe(60);
    const saved = await editor.save();
    expect(saved).toMatchObject({ version: 3, case: { patient: { weight_kg: 60 } } });
  });
});

function otherWord(name: string, was: string): string {
  if (name === 'sex') return was === 'F' ? 'M' : 'F';
  if (name === 'severity') return 'severe';
  if (name === 'setting') return 'outpatient';
  if (name === 'hepatic_impairment') return 'B';
  return name === 'as_of' || name === 'time' || name === 'started'
    ? was.replace('2026', '2025').replace('2023', '2022')
    : `${was}x`;
}

describe('a case that changes elsewhere', () => {
  it('is read again where nothing was typed, and told where something was', async () => {
    const editor = new CaseEditor();
    await editor.open(1);
    const content = structuredClone(editor.opened!.case);
    content.patient!.weight_kg = 57;
    await fake.save_case({ content, key: 1, version: 2 });
    await editor.refresh();
    expect(editor.form!.patient.weight_kg).toBe(57);

    typeAge(editor, 82);
    content.patient!.weight_kg = 56;
    await fake.save_case({ content, key: 1, version: 3 });
    await editor.refresh();
    expect(editor.overtaken).toBe(true);
    expect(editor.form!.patient).toMatchObject({ weight_kg: 57, age_years: 82 });
  });

  it('is read again in the worklist, with the same row chosen', async () => {
    const list = new Worklist();
    await list.search();
    list.move(5);
    const chosen = list.current!.key;
    await fake.save_case({
      content: { case_id: 'x', patient: { age_years: 40, sex: 'M' }, diagnoses: [{ system: 'icd10', code: 'I10' }] },
      key: null,
      version: null,
    });
    const before = list.rows.length;
    await list.refresh();
    expect(list.rows).toHaveLength(before + 1);
    expect(list.current!.key).toBe(chosen);
  });

  it('keeps the rows that were read further down', async () => {
    answerWith(new Fake(new URLSearchParams('start=open&cases=3000')));
    const list = new Worklist();
    await list.search();
    while (list.rows.length < 1400) await list.readMore();
    const keys = list.rows.map((row) => row.key);
    await list.refresh();
    expect(list.rows.map((row) => row.key)).toEqual(keys);
    await list.readMore();
    expect(list.rows.length).toBeGreaterThan(keys.length);
    expect(new Set(list.rows.map((row) => row.key)).size).toBe(list.rows.length);
  });

  it('finds failed ones by their own filter', async () => {
    const list = new Worklist();
    list.status = 'failed';
    await list.search();
    expect(list.rows.length).toBeGreaterThan(0);
    expect(list.rows.every((row) => row.job === 'failed')).toBe(true);
  });
});

describe('roles', () => {
  it('begin where they have something to do', () => {
    expect(homeOf(['clinician', 'administrator'])).toEqual({ screen: 'worklist' });
    expect(homeOf(['reviewer', 'administrator'])).toEqual({ screen: 'review' });
    expect(homeOf(['administrator'])).toEqual({ screen: 'settings', tab: 'people' });
  });

  it('open only what they may read', () => {
    expect(isFor('worklist', ['administrator'])).toBe(false);
    expect(isFor('worklist', ['reviewer'])).toBe(true);
    expect(isFor('review', ['clinician'])).toBe(false);
    expect(isFor('talk', ['reviewer'])).toBe(false);
    expect(isFor('settings', ['reviewer'])).toBe(true);
  });
});

describe('a recovery key', () => {
  it('asks for other groups each time, and is forgotten once it is confirmed', async () => {
    const { recovery_key } = await fake.renew_recovery_key();
    const recovery = new RecoveryKey();
    recovery.show(recovery_key);
    recovery.ask();
    recovery.groups = ['AAAA', 'AAAA', 'AAAA'];
    expect(await recovery.confirm()).toBe(false);
    expect(recovery.wrong).toBe(true);
    const groups = recovery_key.split('-');
    recovery.groups = recovery.positions.map((position) => groups[position - 1]!.toLowerCase());
    expect(await recovery.confirm()).toBe(true);
    expect(recovery.key).toEqual([]);
  });

  it('is read as somebody wrote it, and only as a whole', () => {
    const groups = Array.from({ length: 14 }, (_, i) => `AB${String(i).padStart(2, '0')}`);
    expect(groupsOf(groups.join(' \n').toLowerCase())).toEqual(groups);
    expect(groupsOf(groups.slice(1).join('-'))).toBeNull();
  });
});

describe('letters of commands', () => {
  const command = (id: string) => LETTERED.find((c) => c.id === id)!;

  it('are one to a command on each screen', () => {
    for (const c of LETTERED) expect(holder(c, c.key, {}), c.id).toBeNull();
    expect(holder(command('accept'), 'c', {})?.id).toBe('change');
    // Another screen's letter is free; that of the window is not.
    expect(holder(command('accept'), 'n', {})).toBeNull();
    expect(holder(command('accept'), '?', {})?.id).toBe('keys');
    expect(holder(command('accept'), 'c', { change: 'y' })).toBeNull();
    expect(holder(command('accept'), 'y', { change: 'y' })?.id).toBe('change');
  });

  it('are characters, and as they were at first when they are set back', () => {
    expect(['a', 'A', ';', ' ', 'enter', 'ctrl+k'].map(fits)).toEqual([true, true, true, false, false, false]);
    expect(withKey(command('accept'), 'y', {})).toEqual({ accept: 'y' });
    expect(withKey(command('accept'), 'a', { accept: 'y', why: 'v' })).toEqual({ why: 'v' });
  });
});

describe('files that are dropped', () => {
  it('become models when they can be', async () => {
    const models = new Models();
    await models.dropped(['/home/ward/notes.txt', '/home/ward/Small.GGUF']);
    expect(models.list.value!.map((m) => m.file).length).toBe(3);
    await models.dropped(['/home/ward/notes.txt']);
    expect(models.error!.code).toBe('model.file');
    expect(models.error!.params).toEqual({ path: '/home/ward/notes.txt' });
  });

  it('are not dropped silently while another one is worked on', async () => {
    const models = new Models();
    const first = models.dropped(['/a.gguf']);
    await models.dropped(['/b.gguf']);
    await first;
    expect(toasts.list.map((toast) => toast.text).join()).toMatch(/다른 모델을 처리하는 중/);
    expect(modelsAmong(['/b.gguf', '/c.bin'])).toEqual(['/b.gguf']);
  });

  it('are heard by the screen that is shown, until it goes', () => {
    const heard = vi.fn();
    const ends = events.on('dropped', heard);
    expect(events.tell({ kind: 'dropped', paths: ['/a'] })).toBe(true);
    expect(events.tell({ kind: 'case_changed', key: 1 })).toBe(false);
    ends();
    expect(events.tell({ kind: 'dropped', paths: ['/a'] })).toBe(false);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('rows of a long list', () => {
  it('each have one slot, and keep it while they are in sight', () => {
    const [height, row, count] = [600, 36, 100_000];
    const slots = slotsFor(height, row);
    let before = new Map<number, number>();
    for (let top = 0; top < 9000; top += 17) {
      const { from, to } = visible(top, height, row, count);
      const now = new Map(Array.from({ length: slots }, (_, slot) => [indexOf(slot, from, slots), slot]));
      for (let index = from; index < to; index += 1) {
        expect(now.has(index)).toBe(true);
        if (before.has(index)) expect(now.get(index)).toBe(before.get(index));
      }
      before = now;
    }
  });
});

it('the vault locks after five minutes, unless somebody says otherwise', async () => {
  expect(DEFAULT_PREFERENCES.idle_minutes).toBe(5);
  expect((await fake.start()).preferences.idle_minutes).toBe(5);
});
