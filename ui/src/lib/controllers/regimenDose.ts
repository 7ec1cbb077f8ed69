/** A drug with its dose: read out of the words of a suggestion, written into a form, and told in words. Pure. */
import type { Bilingual, DrugInput, DrugObject } from '../bindings/clinical';
import { ofCode, said, t } from '../i18n/index.svelte';
import { readNumber } from './fields';
import { measure } from '../i18n/format';

export const ROUTES = ['PO', 'IV', 'SC', 'IM', 'SL', 'INH', 'TOP', 'PR', 'OPH'];
export const UNITS = ['mg', 'g', 'mcg', 'mL', 'unit', 'mEq', 'mmol'];

/** A dose as a form holds it: numbers as typed. */
export interface DoseForm {
  amount: string;
  unit: string;
  route: string;
  perDay: string;
}

export const NO_DOSE: DoseForm = { amount: '', unit: 'mg', route: '', perDay: '' };

const AMOUNT = /(\d+(?: \d{3})*(?:\.\d+)?)(?:-\d+(?: \d{3})*(?:\.\d+)?)? (mg|g|mcg|mL|units?|mEq|mmol)(?![\w/])/;
const TIMES: [RegExp, number][] = [
  [/\bonce or twice\b/, 0],
  [/\b(once|one time) (daily|a day)\b/, 1],
  [/\b(twice|two times) (daily|a day)\b/, 2],
  [/\bthree times (daily|a day)\b/, 3],
  [/\bfour times (daily|a day)\b/, 4],
];

/**
 * The dose that the words of a suggestion begin with, as far as they tell it: the least of a range, and nothing where
 * they tell no single amount (by weight, by block and site). The words stay beside the form; a person decides.
 */
export function doseOf(words: string | null): DoseForm {
  const first = (words ?? '').split(/[;:(]| or \d|\. |, /)[0] ?? '';
  const amount = AMOUNT.exec(first);
  if (amount === null) return { ...NO_DOSE };
  const routes = new Set(first.match(/\b(?:PO|IV|SC|IM|SL|PR)\b/g));
  const every = /\bevery (\d+) h\b/.exec(first);
  const times = TIMES.find(([pattern]) => pattern.test(first))?.[1] ?? (every === null ? 0 : 24 / Number(every[1]));
  return {
    amount: (amount[1] ?? '').replace(/ /g, ''),
    unit: (amount[2] ?? 'mg').replace(/^units$/, 'unit'),
    route: routes.size === 1 ? ([...routes][0] ?? '') : '',
    perDay: Number.isInteger(times) && times > 0 ? String(times) : '',
  };
}

/** A dose that was entered before: of a drug that was added, or changed. */
export function doseFrom(drug: DrugInput): DoseForm {
  if (typeof drug === 'string') return { ...NO_DOSE };
  return {
    amount: drug.dose == null ? '' : String(drug.dose.value),
    unit: drug.dose?.unit ?? 'mg',
    route: drug.route ?? '',
    perDay: drug.per_day == null ? '' : String(drug.per_day),
  };
}

/** Which of the numbers cannot be read, or is none that can be given. */
export function unreadable(form: DoseForm): { amount: boolean; perDay: boolean } {
  const bad = (text: string) => {
    const value = readNumber(text);
    return value === undefined || (value !== null && value <= 0);
  };
  return { amount: bad(form.amount), perDay: bad(form.perDay) };
}

/** A drug with the dose of a form, as the program reads it. Null as long as a number cannot be read. */
export function drugOf(name: string, form: DoseForm): DrugObject | null {
  const [amount, perDay] = [readNumber(form.amount), readNumber(form.perDay)];
  const bad = unreadable(form);
  if (bad.amount || bad.perDay || amount === undefined || perDay === undefined) return null;
  return {
    name,
    dose: amount === null ? null : { value: amount, unit: form.unit },
    route: form.route || null,
    per_day: perDay,
  };
}

export function nameIn(drug: DrugInput): string {
  return typeof drug === 'string' ? drug : drug.name;
}

/** The dose of a drug in words: *2.5 mg, oral, twice a day*. Empty when none was entered. */
export function doseWords(drug: DrugInput): string {
  if (typeof drug === 'string') return '';
  const parts = [];
  if (drug.dose != null) parts.push(`${measure(drug.dose.value, 4)} ${ofCode('dose_unit', drug.dose.unit)}`);
  if (drug.route) parts.push(ofCode('route', drug.route));
  if (drug.per_day != null) parts.push(t('suggestion.per_day', { count: measure(drug.per_day) }));
  return parts.join(' · ');
}

/** A drug and its dose in words, its name as the window says it. */
export function drugWords(drug: DrugInput, names: Record<string, Bilingual>): string {
  const typed = nameIn(drug);
  const name = names[typed] === undefined ? typed : said(names[typed]);
  return [name, doseWords(drug)].filter(Boolean).join(' ');
}
