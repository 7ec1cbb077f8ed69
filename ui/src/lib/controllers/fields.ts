/** Limits of what a case may say, as `crates/clinical/src/input.rs` has them: for the words of a mistake. */
export const LIMITS: Record<string, { low: number; high: number; unit: string }> = {
  'patient.age_years': { low: 0, high: 130, unit: '' },
  'patient.weight_kg': { low: 0.3, high: 500, unit: 'kg' },
  'patient.height_cm': { low: 20, high: 260, unit: 'cm' },
  'patient.gestational_weeks': { low: 0, high: 45, unit: '' },
  'patient.creatinine_mg_dl': { low: 0.05, high: 50, unit: 'mg/dL' },
  'patient.egfr_ml_min_1_73m2': { low: 0, high: 250, unit: 'mL/min/1.73 m²' },
  'patient.qtc_ms': { low: 200, high: 900, unit: 'ms' },
};

/** A number as it was typed: with a decimal point or comma; null for nothing, undefined for what is no number. */
export function readNumber(text: string): number | null | undefined {
  const plain = text.trim().normalize('NFKC').replace(',', '.');
  if (plain === '') return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}

/** Tri-state of a yes or no: unknown is not the same as no. */
export type Tri = 'unknown' | 'yes' | 'no';

export const toTri = (value: boolean | null | undefined): Tri => (value == null ? 'unknown' : value ? 'yes' : 'no');
export const fromTri = (value: Tri): boolean | null => (value === 'unknown' ? null : value === 'yes');

/** Tri-state of a list: nobody asked, asked and none, some. */
export type ListState = 'unknown' | 'none' | 'some';

export function listState(list: readonly unknown[] | null | undefined): ListState {
  if (list == null) return 'unknown';
  return list.length === 0 ? 'none' : 'some';
}

/** Whether pregnancy is asked about: as the checks do. */
export function asksPregnancy(sex: string | null | undefined, age: number | null | undefined): boolean {
  return sex === 'F' && (age == null || (age >= 12 && age <= 55));
}

/** A moment as a case writes it, shown without the letter and without seconds that say nothing. */
export function shownTime(value: string | null | undefined): string {
  return value == null ? '' : value.replace('T', ' ').replace(/^(.{16}):00(?:\.0+)?$/, '$1');
}

/** A moment as it was typed: a day that exists and a time of day; null for nothing, undefined for what is no moment. */
export function readTime(text: string): string | null | undefined {
  const plain = text.trim().normalize('NFKC');
  if (plain === '') return null;
  const found = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(plain);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const there = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists = there.getUTCMonth() === month - 1 && there.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  return there.toISOString().slice(0, 19);
}
