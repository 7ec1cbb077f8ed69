import type {
  AdapterView,
  Loss,
  SamplesFile,
  Training,
  TrainingPlan,
  TrainingRun,
  TrainingSettings,
} from '../training';

const MIB = 1024 ** 2;
const SHARED = { method: 'ffa-lora', learning_rate: 0.001, batch: 4, epochs: 5 } as const;

export const PRESETS: Training['presets'] = [
  { id: 'published', settings: { ...SHARED, optimizer: 'sgd', rank: 32, alpha: 16, ends_early: false } },
  { id: 'best', settings: { ...SHARED, optimizer: 'adamw', rank: 16, alpha: 32, ends_early: true } },
];

export const SAMPLES: SamplesFile = {
  name: 'samples.jsonl',
  path: '/home/ward/imported/samples.jsonl',
  bytes: 412_000,
  shared: false,
};

/** Losses as training has them: falling, with a hair; an evaluation each 30 steps. */
export const lossesOf = (steps: number, from: number): Loss[] =>
  Array.from({ length: steps + 1 }, (_, step) => ({
    step,
    train: step === 0 ? null : from * Math.exp(-step / 60) + 0.6 + Math.sin(step * 2.1) * 0.06,
    validation: step % 30 === 0 ? from * Math.exp(-step / 66) + 0.74 : null,
  }));

export const plan = (settings: TrainingSettings): TrainingPlan => ({
  read: 254,
  dropped: 14,
  fates: [
    { fate: 'repeated_items', dropped: false, records: 3, lines: [17, 88, 140] },
    { fate: 'no_answer', dropped: true, records: 9, lines: [4, 31, 55, 90, 121] },
    { fate: 'too_many_tokens', dropped: true, records: 5, lines: [12, 64, 77, 130, 201] },
  ],
  train_samples: 228,
  validation_samples: 12,
  longest: 612,
  steps: 57 * settings.epochs,
  parameters: 23_040 * settings.rank,
  settings,
  needs_bytes: 834 * MIB,
  parts: [
    { what: 'weights', bytes: 514 * MIB },
    { what: 'kept', bytes: 136 * MIB },
    { what: 'layer', bytes: 88 * MIB },
    { what: 'logits', bytes: 84 * MIB },
    { what: 'adapter', bytes: 12 * MIB },
  ],
  available_bytes: 14_540 * MIB,
  fits: true,
});

export const RUNS: TrainingRun[] = [
  {
    id: '20260224T080000.000Z',
    at: '2026-02-24T08:00:00Z',
    model: 'smollm2-135m-instruct',
    samples: 'samples.jsonl',
    samples_hash: 'sha256:5b1d4c0a77e2f3',
    train_samples: 228,
    validation_samples: 12,
    settings: { ...SHARED, optimizer: 'adamw', rank: 16, alpha: 32, ends_early: true },
    step: 120,
    steps: 285,
    kept_step: null,
    train_loss: lossesOf(120, 2.2).at(-1)?.train ?? null,
    validation_loss: 1.11,
    tokens_per_second: 236,
    seconds: 3100,
    peak_memory_bytes: null,
    ended: 'stopped',
    code: null,
    job: null,
    resumable: true,
    adapter: null,
    used_by: [],
  },
  {
    id: '20260221T093000.000Z',
    at: '2026-02-21T09:30:00Z',
    model: 'smollm2-135m-instruct',
    samples: 'samples.jsonl',
    samples_hash: 'sha256:5b1d4c0a77e2f3',
    train_samples: 228,
    validation_samples: 12,
    settings: { ...SHARED, optimizer: 'sgd', rank: 32, alpha: 16, ends_early: false },
    step: 285,
    steps: 285,
    kept_step: 285,
    train_loss: 0.63,
    validation_loss: 0.771,
    tokens_per_second: 229,
    seconds: 7420,
    peak_memory_bytes: 861 * MIB,
    ended: 'done',
    code: null,
    job: null,
    resumable: false,
    adapter: null,
    used_by: [],
  },
];

export const ADAPTERS: AdapterView[] = [
  {
    name: 'ward-ffa-lora-16',
    sha256: 'sha256:c1f0be2249bca5cbb8a8a8a1ea83de7d7f3a1e1e0c6c8b0c2b6bfb0a8f1f6a01',
    bytes: 3_700_000,
    base: 'sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    samples: 'sha256:5b1d4c0a77e2f3a1',
    method: 'ffa-lora',
    rank: 16,
    alpha: 32,
    steps: 228,
    validation_loss: 0.802,
    at: '2026-02-18T11:40:00Z',
    models: ['smollm2-135m-instruct'],
  },
];
