import type { Lang } from '../bindings/clinical';

/** What a person may do. `vault::Role`. */
export type Role = 'clinician' | 'reviewer' | 'administrator';

/** How the window looks and reads: of a person, kept in the vault. Before anybody signed in, of the machine. */
export interface Preferences {
  lang: Lang;
  theme: 'system' | 'light' | 'dark' | 'contrast';
  /** Text size in per cent: 100, 112, 125, 150, 200. */
  text_percent: number;
  reduce_motion: 'system' | 'yes' | 'no';
  /** Single letters act in lists. WCAG 2.1.4 asks that they can be turned off. */
  single_keys: boolean;
  /** Letters that were changed: command to key. */
  keys: Record<string, string>;
  /** Minutes without a key or a movement after which the vault is locked. */
  idle_minutes: number;
}

/** Who has the vault open. */
export interface Session {
  person: number;
  name: string;
  roles: Role[];
  preferences: Preferences;
  /** Whether somebody showed that the recovery key was written down. Only administrators can do something about it. */
  recovery_confirmed: boolean;
  /** Why nothing can be written, as a code; null when everything can. */
  read_only: string | null;
}

/** What the window needs before it can show anything. Answered before any model is loaded. */
export interface Start {
  bogam: string;
  /** `none`: first run. `open`: the page was loaded anew over an open vault. `broken`: see `error`. */
  vault: 'none' | 'locked' | 'open' | 'broken';
  /** Names to sign in with, as the header has them. */
  people: string[];
  session: Session | null;
  /** Of the machine; used until somebody signs in. */
  preferences: Preferences;
  /** Why the vault cannot be opened, with `broken`. */
  error: ApiErrorData | null;
}

/** An error as it crosses: a permanent code, and what the words of the window are filled with. No text of a patient. */
export interface ApiErrorData {
  code: string;
  params: Record<string, string | number>;
}

/** The fit of a model on this machine. */
export interface ModelView {
  name: string;
  file: string;
  sha256: string;
  licence: string;
  /** Whether the file is there and is what the list means; null while it is not checked yet. */
  intact: boolean | null;
  default: boolean;
  /** Shipped with the program: cannot be removed. */
  shipped: boolean;
  architecture: string | null;
  quantization: string | null;
  /** Tokens that it was trained for. */
  context: number | null;
  bytes: number | null;
  /** Memory that it needs with the context of its settings. */
  needs_bytes: number | null;
  available_bytes: number;
  fits: 'well' | 'tight' | 'no' | 'unknown';
  settings: ModelSettings;
}

/** How a model is run; null leaves it to the program. */
export interface ModelSettings {
  context: number | null;
  threads: number | null;
  /** Null: as many as fit. */
  gpu_layers: number | null;
  /** Name of the adapter that is attached; null is none. */
  adapter: string | null;
}

/** Something that happened without being asked for. */
export type AppEvent =
  /** The vault was locked: idle, by a key, or because the machine went to sleep. */
  | { kind: 'locked'; reason: 'idle' | 'asked' | 'sleep' }
  /** The model's process: `restarted` says that it stopped and runs again, with nothing lost. */
  | {
      kind: 'model';
      state: 'loading' | 'ready' | 'restarted' | 'failed' | 'absent';
      params: Record<string, string | number>;
    }
  /** A case changed elsewhere: a job ended, or an import came in. */
  | { kind: 'case_changed'; key: number }
  /** The window is about to be closed; the window answers with `close_window`. */
  | { kind: 'close_requested'; running: number }
  /** Files were dropped on the window. */
  | { kind: 'dropped'; paths: string[] }
  /** A disk is nearly full, or a folder is gone. */
  | { kind: 'trouble'; error: ApiErrorData };

/** How far a job is. Every job tells its number first, and ends with its result or an error. */
export type Progress =
  | { kind: 'job'; job: number }
  | { kind: 'stage'; stage: Stage; done: number; total: number | null }
  /** A step of a training run is done. Losses are nats a token; `validation_loss` is that of the last evaluation. */
  | {
      kind: 'step';
      step: number;
      steps: number;
      loss: number;
      validation_loss: number | null;
      tokens_per_second: number;
      seconds_left: number;
    }
  | { kind: 'notice'; code: string; params: Record<string, string | number> };

/** Stages of the jobs. */
export type Stage =
  | 'waiting'
  | 'reading'
  | 'candidates'
  | 'scoring'
  | 'safety'
  | 'advice'
  | 'saving'
  | 'hashing'
  | 'copying'
  | 'tables'
  | 'verifying'
  | 'samples'
  | 'loading'
  | 'training';
