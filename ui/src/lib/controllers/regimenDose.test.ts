import { describe, expect, it } from 'vitest';

import { speak } from '../i18n/index.svelte';
import { doseFrom, doseOf, doseWords, drugOf, drugWords, NO_DOSE, unreadable } from './regimenDose';

describe('the dose that words begin with', () => {
  it.each([
    ['20-80 mg PO once or twice daily; IV 20-40 mg slowly', '20', 'mg', 'PO', ''],
    ['Start with 2.5 mg (heart failure 1.25 mg) once daily', '2.5', 'mg', '', ''],
    ['100 mg PO twice daily (50-300 mg/day)', '100', 'mg', 'PO', '2'],
    ['4-8 mg IV or PO every 8 h as needed; single IV dose at most 16 mg', '4', 'mg', '', '3'],
    ['650 mg PO every 4-6 h or 1 g every 6-8 h as needed', '650', 'mg', 'PO', ''],
    ['50 000 units PO once daily', '50000', 'unit', 'PO', '1'],
    ['0.5 mL IM once each season', '0.5', 'mL', 'IM', ''],
  ])('%s', (words, amount, unit, route, perDay) => expect(doseOf(words)).toEqual({ amount, unit, route, perDay }));

  it.each([
    '15 mg/kg IV every 6 h',
    'By block and site; plain solution at most 175 mg as a single dose',
    'Maximum by weight: 3 mg/kg',
    null,
  ])('is none where no single amount is told: %s', (words) => expect(doseOf(words)).toEqual(NO_DOSE));
});

describe('a drug with its dose', () => {
  it('is read from a form, and a number that is none keeps it from being one', () => {
    expect(drugOf('apixaban', { amount: '2,5', unit: 'mg', route: 'PO', perDay: '2' })).toEqual({
      name: 'apixaban',
      dose: { value: 2.5, unit: 'mg' },
      route: 'PO',
      per_day: 2,
    });
    expect(drugOf('apixaban', { ...NO_DOSE, amount: '2.5o' })).toBeNull();
    expect(drugOf('apixaban', { ...NO_DOSE, amount: '0' })).toBeNull();
    expect(unreadable({ ...NO_DOSE, perDay: '-1' })).toEqual({ amount: false, perDay: true });
  });

  it('comes back into the form as it was', () => {
    const form = { amount: '2.5', unit: 'mg', route: 'PO', perDay: '2' };
    expect(doseFrom(drugOf('apixaban', form)!)).toEqual(form);
    expect(doseFrom('apixaban')).toEqual(NO_DOSE);
  });

  it('is told in words, in one language', () => {
    const drug = { name: 'apixaban', dose: { value: 2.5, unit: 'mg' }, route: 'PO', per_day: 2 };
    const names = { apixaban: { en: 'Apixaban', ko: '아픽사반' } };
    speak('en');
    expect(drugWords(drug, names)).toBe('Apixaban 2.5 mg · by mouth · twice a day');
    speak('ko');
    expect(drugWords(drug, names)).toBe('아픽사반 2.5 mg · 경구 · 1일 2회');
    expect(doseWords('apixaban')).toBe('');
    expect(drugWords({ name: 'unnamed' }, names)).toBe('unnamed');
  });
});
