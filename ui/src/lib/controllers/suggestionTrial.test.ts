import { beforeEach, describe, expect, it, vi } from 'vitest';

import { answerWith, ApiError, type AddedDrug } from '../api';
import { Fake } from '../api/fake';
import { isReason, overridesOf, Trial } from './suggestionTrial.svelte';

let fake: Fake;
let id: number;
const digoxin = { ingredient: 'digoxin', name: { en: 'Digoxin', ko: '디곡신' } };
const dose = (amount: string) => ({ amount, unit: 'mg', route: 'PO', perDay: '1' });

beforeEach(async () => {
  fake = new Fake(new URLSearchParams('start=open&cases=3'));
  answerWith(fake);
  id = (await fake.read_case({ key: 1, version: null })).suggestions[0]!.id;
});

describe('a drug that is thought of', () => {
  it('is ready only when it was checked with the dose as it stands', async () => {
    const trial = new Trial(id, null);
    expect(trial.ready({ reason: '', note: '' })).toBe(false);
    await trial.choose(digoxin, dose('0.125'));
    expect(trial.ready({ reason: '', note: '' })).toBe(true);
    trial.form.amount = '5';
    trial.typed();
    expect(trial.ready({ reason: '', note: '' })).toBe(false);
    await trial.check();
    expect(trial.critical).toBe(true);
    expect(trial.ready({ reason: '', note: '' })).toBe(false);
    expect(trial.ready({ reason: 'no_alternative', note: '' })).toBe(true);
    expect(trial.ready({ reason: 'other_with_text', note: ' ' })).toBe(false);
  });

  it('takes no answer that was given to an earlier dose', async () => {
    const trial = new Trial(id, null);
    await trial.choose(digoxin, dose('0.125'));
    const clear = trial.checked!;
    let answer: (found: AddedDrug) => void = () => undefined;
    vi.spyOn(fake, 'check_drug').mockImplementationOnce(() => new Promise((done) => (answer = done)));
    const slow = trial.check();
    trial.form.amount = '5';
    trial.typed();
    answer(clear);
    await slow;
    expect(trial.checked).toBeNull();
    await trial.check();
    expect(trial.critical).toBe(true);
  });

  it('is not checked while a number cannot be read, and says what the checks could not do', async () => {
    const trial = new Trial(id, 'furosemide');
    const check = vi.spyOn(fake, 'check_drug');
    await trial.choose(digoxin, dose('1x'));
    expect(check).not.toHaveBeenCalled();
    expect(trial.bad.amount).toBe(true);
    check.mockRejectedValueOnce(new ApiError('drug.unknown', { name: 'digoxin' }));
    trial.form.amount = '0.125';
    await trial.check();
    expect(check.mock.calls[0]![0].instead_of).toBe('furosemide');
    expect(trial.error?.code).toBe('drug.unknown');
    expect(trial.ready({ reason: '', note: '' })).toBe(false);
  });
});

describe('an override', () => {
  it('names each critical finding, and no other', async () => {
    const trial = new Trial(id, null);
    await trial.choose(digoxin, dose('5'));
    expect(trial.checked!.findings.length).toBeGreaterThan(1);
    expect(overridesOf(trial.checked!.findings, { reason: 'no_alternative', note: ' x ' })).toEqual([
      { finding: 'D1', code: 'max_dose.single', reason: 'no_alternative', note: 'x' },
    ]);
  });

  it('with “other” needs words', () => {
    expect(isReason({ reason: 'other_with_text', note: '' })).toBe(false);
    expect(isReason({ reason: 'other_with_text', note: 'x' })).toBe(true);
    expect(isReason({ reason: '', note: 'x' })).toBe(false);
  });
});
