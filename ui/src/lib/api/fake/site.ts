import type { ModelView } from '../session';
import type { About, AuditLine, EvaluationView, ImportReport, Interval, PackView, PersonView } from '../site';

const GIB = 1024 ** 3;
const around = (value: number, by = 0.02): Interval => ({ value, low: value - by, high: value + by });

export const MODELS: ModelView[] = [
  {
    name: 'smollm2-135m-instruct',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    licence: 'Apache-2.0',
    intact: true,
    default: true,
    shipped: true,
    architecture: 'llama',
    quantization: 'Q4_1',
    context: 8192,
    bytes: 98_362_432,
    needs_bytes: 0.2 * GIB,
    available_bytes: 14.2 * GIB,
    fits: 'well',
    settings: { context: null, threads: null, gpu_layers: null, adapter: null },
  },
  {
    name: 'llama-3.1-8b-instruct',
    file: 'Llama-3.1-8B-Instruct.Q4_K_M.gguf',
    sha256: '0000000000000000000000000000000000000000000000000000000000000000',
    licence: 'Llama 3.1 Community',
    intact: null,
    default: false,
    shipped: false,
    architecture: 'llama',
    quantization: 'Q4_K_M',
    context: 131_072,
    bytes: 4.92e9,
    needs_bytes: 12.9 * GIB,
    available_bytes: 14.2 * GIB,
    fits: 'tight',
    settings: { context: 8192, threads: 8, gpu_layers: null, adapter: null },
  },
];

export const PACKS: PackView[] = [
  {
    id: 'bogam-core',
    version: '2026.1',
    reviewed: '2026-01-15',
    expires: '2027-01-15',
    expired: false,
    shipped: true,
    counts: [
      { kind: 'ingredients', count: 732 },
      { kind: 'interaction_rules', count: 1904 },
      { kind: 'condition', count: 611 },
      { kind: 'diagnoses', count: 1360 },
    ],
  },
];

export const PEOPLE: PersonView[] = [
  {
    id: 1,
    name: '한지우',
    roles: ['clinician', 'reviewer', 'administrator'],
    added: '2026-01-05T09:00:00Z',
    removed: null,
  },
  { id: 2, name: '오세린', roles: ['reviewer'], added: '2026-01-06T09:00:00Z', removed: null },
  { id: 3, name: 'Dr. Morgan Lee', roles: ['clinician'], added: '2026-02-01T09:00:00Z', removed: null },
];

export const IMPORTS: ImportReport[] = [
  {
    folder: 'mimic-iv-demo/hosp',
    at: '2026-02-20T11:03:00Z',
    cases: 233,
    patients: 100,
    tables: [
      { table: 'admissions', rows: 275, used: 233, out_of_scope: 42, rejected: 0 },
      { table: 'diagnoses_icd', rows: 4506, used: 4211, out_of_scope: 289, rejected: 6 },
      { table: 'prescriptions', rows: 18087, used: 15402, out_of_scope: 2664, rejected: 21 },
      { table: 'labevents', rows: 107727, used: 38210, out_of_scope: 69480, rejected: 37 },
    ],
    rejects: [
      { reason: 'bad_date', rows: 37 },
      { reason: 'bad_number', rows: 21 },
      { reason: 'bad_code', rows: 6 },
    ],
    prior: {
      hash: 'sha256:7d1f',
      at: '2026-02-20T11:04:00Z',
      admissions: 233,
      patients: 100,
      active: true,
      metrics: [
        { id: 'f1', value: around(0.47), baseline: around(0.35) },
        { id: 'prauc', value: around(0.52), baseline: around(0.38) },
        { id: 'ece', value: around(0.04, 0.01), baseline: null },
      ],
    },
  },
];

export const EVALUATIONS: EvaluationView[] = [
  {
    id: 'e1',
    name: '2026-02 · smollm2-135m',
    at: '2026-02-21T08:00:00Z',
    admissions: 233,
    patients: 100,
    model: 'smollm2-135m-instruct',
    metrics: [
      { id: 'output_rate', value: { value: 1, low: 1, high: 1 }, baseline: null },
      { id: 'accuracy', value: around(0.46), baseline: around(0.36) },
      { id: 'f1', value: around(0.47), baseline: around(0.35) },
      { id: 'jaccard', value: around(0.32), baseline: around(0.22) },
      { id: 'prauc', value: around(0.52), baseline: around(0.38) },
      { id: 'interaction_rate', value: around(0.011, 0.003), baseline: around(0.024, 0.004) },
      { id: 'ece', value: around(0.04, 0.01), baseline: null },
    ],
    calibration: Array.from({ length: 10 }, (_, i) => {
      // The last two at one place, as in data with few patients.
      const predicted = 0.06 + Math.min(i, 8) * 0.095;
      const observed = Math.min(0.98, predicted + Math.sin(i) * 0.03);
      return { predicted, observed, low: observed - 0.04, high: Math.min(1, observed + 0.04), drugs: 420 };
    }),
    ablation: [
      { without: 'none', f1: around(0.47) },
      { without: 'prior', f1: around(0.33) },
      { without: 'knowledge', f1: around(0.42) },
      { without: 'model', f1: around(0.468) },
      { without: 'current', f1: around(0.45) },
    ],
    losses: Array.from({ length: 24 }, (_, i) => ({
      step: i * 25,
      train: 2.4 * Math.exp(-i / 9) + 0.9 + Math.sin(i * 2.1) * 0.02,
      validation: i % 4 === 0 ? 2.3 * Math.exp(-i / 10) + 1.02 : null,
    })),
    throughput: [
      { stage: 'prefill', tokens_per_second: 512 },
      { stage: 'scoring', tokens_per_second: 438 },
      { stage: 'writing', tokens_per_second: 71 },
    ],
  },
];

const CODES = ['case.saved', 'suggestion.saved', 'decision.saved', 'suggestion.signed', 'review.saved', 'vault.opened'];

export function auditLines(before: number | null, limit: number, now: number): { lines: AuditLine[]; total: number } {
  const total = 48_213;
  const first = Math.min(total, (before ?? total + 1) - 1);
  const lines = Array.from({ length: Math.max(0, Math.min(limit, first)) }, (_, i) => {
    const sequence = first - i;
    return {
      sequence,
      at: new Date(now - (total - sequence) * 97_000).toISOString(),
      person: sequence % 3 === 0 ? '오세린' : '한지우',
      code: CODES[sequence % CODES.length] ?? 'case.saved',
      object: `case:${1 + (sequence % 400)}`,
    };
  });
  return { lines, total };
}

export const ABOUT: About = {
  bogam: '0.1.0',
  rules: '2.0.0',
  knowledge: 'sha256:75c9fe752169490e7ad5719d9820e6b38b767e4c0efcefea405b05f8733d3152',
  build: 'x86_64-linux',
  licences: [
    { name: 'llama.cpp', version: 'b7000', licence: 'MIT', text: 'MIT License' },
    // One name in two versions, as dependencies have it.
    { name: 'llama.cpp', version: 'b6000', licence: 'MIT', text: 'MIT License' },
    { name: 'SQLCipher', version: '4.10', licence: 'BSD-3-Clause', text: 'BSD 3-Clause License' },
    { name: 'Pretendard', version: '1.3.9', licence: 'OFL-1.1', text: 'SIL Open Font License 1.1' },
    { name: 'Svelte', version: '5', licence: 'MIT', text: 'MIT License' },
  ],
  hazards: [
    {
      id: 'H1',
      hazard: { en: 'A contraindicated drug is given', ko: '금기 약이 투여됨' },
      cause: { en: 'A finding is overlooked', ko: '확인 결과를 보지 못함' },
      control: {
        en: 'Critical findings take the drug out of the list, in sight',
        ko: '위험 확인이 나온 약은 목록에서 빼되 보이게 둠',
      },
      test: 'contract.rs',
    },
    {
      id: 'H2',
      hazard: { en: 'A missing value is taken for a normal one', ko: '없는 값을 정상으로 여김' },
      cause: { en: 'Silence about what was not checked', ko: '확인하지 못한 것을 말하지 않음' },
      control: { en: 'Not evaluated is shown beside each drug', ko: '약마다 평가 안 됨을 표시함' },
      test: 'properties.rs',
    },
  ],
  machine: { cpu: 'x86-64', threads: 8, memory_bytes: 16 * GIB, gpus: [] },
};
