/** An adapter of the home folder: what a training run adds to a model. What nothing tells of it is null. */
export interface AdapterView {
  name: string;
  /** As the provenance of a suggestion names it. */
  sha256: string;
  bytes: number;
  /** Hash of the model that it was trained on. */
  base: string;
  samples: string | null;
  /** `lora`, `ffa-lora`, `lora-fa`. */
  method: string | null;
  rank: number | null;
  alpha: number | null;
  /** The step whose adapter it is. */
  steps: number | null;
  /** Nats a token, at that step. */
  validation_loss: number | null;
  at: string;
  /** Models of the list that it is for; it is offered at these only. */
  models: string[];
}

export type TrainingPreset = 'published' | 'best';

/** What is to be trained. Null is the preset's. */
export interface TrainingChoice {
  model: string;
  preset: TrainingPreset;
  rank: number | null;
  epochs: number | null;
}

export interface TrainingSettings {
  method: string;
  /** `sgd`, `adamw`. */
  optimizer: string;
  rank: number;
  alpha: number;
  learning_rate: number;
  batch: number;
  epochs: number;
  /** Whether it ends when the validation loss rises. */
  ends_early: boolean;
}

export interface SamplesFile {
  name: string;
  path: string;
  bytes: number;
  /** Other users of the computer can read it. */
  shared: boolean;
}

/** What a run will be, before it begins. */
export interface TrainingPlan {
  read: number;
  dropped: number;
  /** What was left out or changed, with lines of some. */
  fates: { fate: string; dropped: boolean; records: number; lines: number[] }[];
  /** With none nothing can begin. */
  train_samples: number;
  validation_samples: number;
  /** The longest sample in tokens. */
  longest: number;
  steps: number;
  parameters: number;
  settings: TrainingSettings;
  needs_bytes: number;
  parts: { what: 'weights' | 'kept' | 'layer' | 'logits' | 'adapter'; bytes: number }[];
  available_bytes: number | null;
  fits: boolean;
}

/** `stopped`: by a person, or because the program ended. */
export type RunEnd = 'done' | 'early' | 'running' | 'stopped' | 'failed';

/** A run, without its losses. */
export interface TrainingRun {
  id: string;
  at: string;
  /** Null of a run that was not begun in the window. */
  model: string | null;
  samples: string | null;
  samples_hash: string | null;
  train_samples: number;
  validation_samples: number;
  settings: TrainingSettings;
  step: number;
  steps: number;
  kept_step: number | null;
  /** Nats a token. */
  train_loss: number | null;
  validation_loss: number | null;
  tokens_per_second: number | null;
  seconds: number;
  peak_memory_bytes: number | null;
  ended: RunEnd;
  /** Of what failed. */
  code: string | null;
  /** Of a run that goes on. */
  job: number | null;
  /** Not one that is done or diverged. */
  resumable: boolean;
  /** Name of its adapter, where it was taken among the adapters. */
  adapter: string | null;
  /** Models of the list that are run with that. */
  used_by: string[];
}

/** A run whose files cannot be read, and why. */
export interface UnreadableRun {
  id: string;
  text: string;
}

/** An adapter that was attached to a model; `default`: suggestions use that one unless another is chosen. */
export interface AdapterInUse {
  adapter: AdapterView;
  model: string;
  default: boolean;
}

export interface Training {
  presets: { id: TrainingPreset; settings: TrainingSettings }[];
  /** Chosen last, as long as the window is open. */
  samples: SamplesFile | null;
  /** The newest first. */
  runs: TrainingRun[];
  unreadable: UnreadableRun[];
}

/** A loss of a training run, mean nats a token. */
export interface Loss {
  step: number;
  train: number | null;
  validation: number | null;
}
