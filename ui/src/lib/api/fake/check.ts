import type { CaseInput, FieldError } from '../../bindings/clinical';
import type { CaseCheck, Derived } from '../cases';

const RANGES: [keyof NonNullable<CaseInput['patient']>, number, number][] = [
  ['age_years', 0, 130],
  ['weight_kg', 0.3, 500],
  ['height_cm', 20, 260],
  ['gestational_weeks', 0, 45],
  ['creatinine_mg_dl', 0.05, 50],
  ['egfr_ml_min_1_73m2', 0, 250],
  ['qtc_ms', 200, 900],
];

/** CKD-EPI 2021, as the program has it. */
function egfr(creatinine: number, age: number, female: boolean): number {
  const k = female ? 0.7 : 0.9;
  const a = female ? -0.241 : -0.302;
  const ratio = creatinine / k;
  return 142 * Math.min(ratio, 1) ** a * Math.max(ratio, 1) ** -1.2 * 0.9938 ** age * (female ? 1.012 : 1);
}

export function derive(content: CaseInput): Derived {
  const p = content.patient ?? {};
  const known = p.creatinine_mg_dl != null && p.age_years != null && p.sex != null;
  const reported = p.egfr_ml_min_1_73m2 ?? null;
  const potassium = p.labs?.find((l) => /potassium|칼륨/i.test(l.name));
  const flagged: Derived['flagged_labs'] = [];
  if (potassium !== undefined && potassium.value > 5) {
    flagged.push({ name: { en: 'K', ko: 'K' }, value: potassium.value, unit: potassium.unit ?? '', flag: 'high' });
  }
  return {
    egfr: reported ?? (known ? egfr(p.creatinine_mg_dl ?? 1, p.age_years ?? 0, p.sex === 'F') : null),
    egfr_reported: reported !== null,
    creatinine_clearance:
      known && p.weight_kg != null
        ? (((140 - (p.age_years ?? 0)) * p.weight_kg) / (72 * (p.creatinine_mg_dl ?? 1))) * (p.sex === 'F' ? 0.85 : 1)
        : null,
    bmi: p.weight_kg != null && p.height_cm != null ? p.weight_kg / (p.height_cm / 100) ** 2 : null,
    flagged_labs: flagged,
  };
}

export function checkCase(content: CaseInput): CaseCheck {
  const errors: FieldError[] = [];
  const add = (field: string, code: string) => errors.push({ field, code, message: `${field}: ${code}` });
  const p = content.patient ?? {};
  if (!content.case_id?.trim()) add('case_id', 'missing');
  if (p.age_years == null) add('patient.age_years', 'missing');
  if (p.sex == null) add('patient.sex', 'missing');
  for (const [field, low, high] of RANGES) {
    const value = p[field];
    if (typeof value === 'number' && (value < low || value > high || Number.isNaN(value)))
      add(`patient.${field}`, 'range');
  }
  if ((content.diagnoses ?? []).length === 0) add('diagnoses', 'missing');
  (p.labs ?? []).forEach((lab, i) => {
    if (Number.isNaN(lab.value) || lab.value === null) add(`patient.labs[${i}].value`, 'missing');
  });
  const hints: CaseCheck['hints'] = [];
  (p.labs ?? []).forEach((lab, i) => {
    if (!lab.unit) hints.push({ field: `patient.labs[${i}].unit`, code: 'lab.unusable', params: {} });
  });
  if (p.allergies == null) hints.push({ field: 'patient.allergies', code: 'allergy', params: {} });
  if (p.creatinine_mg_dl == null && p.egfr_ml_min_1_73m2 == null) {
    hints.push({ field: 'patient.creatinine_mg_dl', code: 'renal.dose', params: {} });
  }
  if (p.hepatic_impairment == null)
    hints.push({ field: 'patient.hepatic_impairment', code: 'hepatic.dose', params: {} });
  return { errors, hints, derived: derive(content) };
}
