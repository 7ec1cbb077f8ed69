import type { CaseInput, SuggestionRecord } from '../../bindings/clinical';
import type { CaseRow, CaseStatus, JobState } from '../cases';

/** Synthetic patients: nobody of these exists. The first three are the examples that the program ships. */
export const CASES: {
  input: CaseInput;
  /** Earlier versions, the first one first. */
  before: CaseInput[];
  record: string;
  status: CaseStatus;
  job: JobState | null;
}[] = [
  {
    before: [
      {
        case_id: 'heart-failure-81',
        as_of: '2026-03-01T18:40:00',
        patient: {
          name: '김○○',
          number: '2026-0381',
          age_years: 81,
          sex: 'F',
          weight_kg: 60,
          height_cm: 156,
          hepatic_impairment: 'none',
          qtc_ms: 448,
          current_drugs: [
            { name: 'Warfarin', dose: { value: 3, unit: 'mg' }, route: 'PO', per_day: 1, started: '2023-05-01' },
            { name: 'Lasix', dose: { value: 20, unit: 'mg' }, route: 'PO', per_day: 1 },
            { name: 'Bisoprolol', dose: { value: 2.5, unit: 'mg' }, route: 'PO', per_day: 1 },
          ],
          labs: [{ name: 'Potassium', loinc: '2823-3', value: 4.6, unit: 'mmol/L', time: '2026-03-01T18:20:00' }],
        },
        admission: { setting: 'emergency' },
        diagnoses: [
          { system: 'icd10', code: 'I50.23', title: '수축기 심부전의 급성 악화', rank: 1 },
          { system: 'icd10', code: 'M17.9', title: '무릎관절증', rank: 2 },
        ],
        notes: '보호자가 약 봉투를 가져오기로 함.',
      },
    ],
    record: 'heart_failure',
    status: 'suggested',
    job: 'done',
    input: {
      case_id: 'heart-failure-81',
      as_of: '2026-03-02T09:00:00',
      patient: {
        name: '김○○',
        number: '2026-0381',
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
          { name: 'Lasix', dose: { value: 40, unit: 'mg' }, route: 'PO', per_day: 1 },
          { name: 'Bisoprolol', dose: { value: 2.5, unit: 'mg' }, route: 'PO', per_day: 1 },
          { name: 'Ibuprofen', dose: { value: 400, unit: 'mg' }, route: 'PO', per_day: 3, started: '2026-02-20' },
        ],
        labs: [
          { name: 'Potassium', loinc: '2823-3', value: 5.1, unit: 'mmol/L', time: '2026-03-02T08:10:00' },
          { name: 'INR', loinc: '6301-6', value: 2.4, unit: '1', time: '2026-03-02T08:10:00' },
        ],
      },
      admission: { setting: 'inpatient', type: 'EW EMER.', service: 'MED', icu: false },
      diagnoses: [
        { system: 'icd10', code: 'I50.23', title: '수축기 심부전의 급성 악화', rank: 1 },
        { system: 'icd10', code: 'I48.20', title: '만성 심방세동', rank: 2 },
        { system: 'icd10', code: 'N18.4', title: '만성 콩팥병 4기', rank: 3 },
        { system: 'icd10', code: 'M17.9', title: '무릎관절증', rank: 4 },
      ],
    },
  },
  {
    before: [],
    record: 'pregnancy',
    status: 'suggested',
    job: 'done',
    input: {
      case_id: 'pyelonephritis-29',
      as_of: '2026-03-02T14:30:00',
      patient: {
        name: '이○○',
        number: '2026-0412',
        age_years: 29,
        sex: 'F',
        weight_kg: 61,
        height_cm: 163,
        pregnant: true,
        gestational_weeks: 19,
        creatinine_mg_dl: 0.6,
        creatinine_stable: true,
        allergies: [{ to: 'penicillin', reaction: 'anaphylaxis', severity: 'severe' }],
        current_drugs: ['Folic acid'],
      },
      admission: { setting: 'inpatient' },
      diagnoses: [
        { system: 'icd10', code: 'O23.02', title: '임신 중 신장 감염', rank: 1 },
        { system: 'icd10', code: 'N10', title: '급성 신우신염', rank: 2 },
        { system: 'icd10', code: 'R11.2', title: '구역 및 구토', rank: 3 },
      ],
    },
  },
  {
    before: [],
    record: 'diabetes',
    status: 'open',
    job: null,
    input: {
      case_id: '당뇨병-58',
      as_of: '2026-03-02T10:20:00',
      patient: {
        name: '박○○',
        number: '2026-0420',
        age_years: 58,
        sex: 'M',
        weight_kg: 79,
        height_cm: 171,
        allergies: [],
        current_drugs: ['Metformin', 'Amlodipine'],
      },
      admission: { setting: 'outpatient' },
      diagnoses: [
        { system: 'kcd', code: 'E11.9', title: '합병증을 동반하지 않은 2형 당뇨병', rank: 1 },
        { system: 'kcd', code: 'I10', title: '본태성(원발성) 고혈압', rank: 2 },
        { system: 'kcd', code: 'E78.5', title: '상세불명의 고지질혈증', rank: 3 },
      ],
    },
  },
];

const FAMILY = ['김', '이', '박', '최', '정', '강', '조', '윤', '장', '임', '남궁', '황보'];
const SICK: [string, string, string][] = [
  ['I50.9', '심부전', 'Heart failure'],
  ['J18.9', '폐렴', 'Pneumonia'],
  ['E11.9', '2형 당뇨병', 'Type 2 diabetes mellitus'],
  ['N39.0', '요로감염', 'Urinary tract infection'],
  ['I10', '고혈압', 'Hypertension'],
  ['K92.2', '위장관 출혈', 'Gastrointestinal haemorrhage'],
  ['J44.1', '만성 폐쇄성 폐질환의 급성 악화', 'Acute exacerbation of chronic obstructive pulmonary disease'],
  ['I63.9', '뇌경색', 'Cerebral infarction'],
];
const STATUS: [CaseStatus, JobState | null][] = [
  ['signed', 'done'],
  ['suggested', 'done'],
  ['open', null],
  ['decided', 'done'],
  ['suggested', 'running'],
  ['open', 'interrupted'],
  ['open', 'failed'],
  ['signed', 'done'],
];

function pick<T>(list: readonly T[], at: number): T {
  return list[at % list.length] as T;
}

/** A row that nothing but its number decides: 100,000 of them need no memory until they are shown. */
export function madeUp(index: number, now: number): CaseRow {
  const [status, job] = pick(STATUS, index * 7 + (index >> 3));
  const [code, ko, en] = pick(SICK, index * 5 + (index >> 2));
  const [code2, ko2, en2] = pick(SICK, index * 3 + 2);
  return {
    key: 1000 + index,
    case_id: `case-${String(index).padStart(6, '0')}`,
    name: `${pick(FAMILY, index * 11)}○○`,
    number: `2025-${String(10_000 + ((index * 7919) % 89_999)).slice(0, 5)}`,
    age_years: 19 + ((index * 13) % 78),
    sex: index % 2 === 0 ? 'M' : 'F',
    diagnoses: [
      { code, title: en, name: { en, ko } },
      ...(code2 === code ? [] : [{ code: code2, title: en2, name: { en: en2, ko: ko2 } }]),
    ],
    status,
    job,
    draft: index % 17 === 0,
    author: pick(['한지우', '오세린', 'Dr. Morgan Lee'], index),
    updated: new Date(now - (index + 4) * 17 * 60_000).toISOString(),
    place: 1_000_000 - index,
  };
}

/** The records that belong to the cases, as `bogam suggest` wrote them. Read only when they are asked for. */
export async function recordOf(name: string): Promise<SuggestionRecord> {
  const all: Record<string, () => Promise<{ default: unknown }>> = {
    heart_failure: () => import('./records/heart_failure.json'),
    pregnancy: () => import('./records/pregnancy.json'),
    diabetes: () => import('./records/diabetes.json'),
  };
  const read = all[name] ?? all['heart_failure'];
  if (read === undefined) throw new Error(name);
  const record = structuredClone((await read()).default) as SuggestionRecord;
  // What past admissions of a site would add; these figures are made up.
  const past: Record<string, { with: number; of: number; group: string }> = {
    furosemide: { with: 51, of: 58, group: 'I50' },
    bisoprolol: { with: 33, of: 58, group: 'I50' },
    warfarin: { with: 19, of: 44, group: 'I48' },
  };
  for (const drug of record.drugs) {
    const found = past[drug.ingredient];
    if (found !== undefined) {
      drug.evidence.past = found;
      drug.evidence.prior = Math.log(found.with / (found.of - found.with));
    }
  }
  return record;
}
