import type { Bilingual } from '../bindings/clinical';
import type { Role } from './session';
import type { Loss } from './training';

export interface PersonView {
  id: number;
  name: string;
  roles: Role[];
  added: string;
  removed: string | null;
}

export interface AuditLine {
  sequence: number;
  at: string;
  person: string;
  /** Such as `case.saved`. */
  code: string;
  /** Such as `case:12/3`. Never a name of a patient. */
  object: string;
}

export interface VerifyReport {
  ok: boolean;
  pages: number;
  audit_lines: number;
  faults: { code: string; params: Record<string, string | number> }[];
}

export interface BackupView {
  /** The last one; null when there is none. */
  last: { path: string; at: string } | null;
  vault: string;
  bytes: number;
}

export interface PackView {
  id: string;
  version: string;
  reviewed: string;
  expires: string;
  expired: boolean;
  shipped: boolean;
  /** Facts of each kind. */
  counts: { kind: string; count: number }[];
}

/** Whose leaflet it is, and whom a patient calls. */
export interface Clinic {
  name: string;
  phone: string;
}

/** What an imported pack would change, shown before it is taken in. */
export interface PackDifference {
  token: string;
  id: string;
  version: string;
  added: number;
  removed: number;
  changed: { what: string; before: string; after: string }[];
  faults: { file: string; line: number; message: string }[];
}

/** Accounting of an import of tables: every row has exactly one outcome. */
export interface ImportReport {
  folder: string;
  at: string;
  cases: number;
  patients: number;
  tables: { table: string; rows: number; used: number; out_of_scope: number; rejected: number }[];
  rejects: { reason: string; rows: number }[];
  /** What was learned from it; null when nothing was. */
  prior: PriorView | null;
}

/** A learned prior. */
export interface PriorView {
  hash: string;
  at: string;
  admissions: number;
  patients: number;
  active: boolean;
  metrics: Metric[];
}

/** A figure beside its baseline, each with its 95 % interval. */
export interface Metric {
  id: string;
  value: Interval;
  baseline: Interval | null;
}

export interface Interval {
  value: number;
  low: number;
  high: number;
}

/** A report of `bogam evaluate`. */
export interface EvaluationView {
  id: string;
  name: string;
  at: string;
  admissions: number;
  patients: number;
  model: string | null;
  metrics: Metric[];
  /** Ten bins of equal mass: mean probability, share that was given. */
  calibration: { predicted: number; observed: number; low: number; high: number; drugs: number }[];
  /** Channels left out one at a time. */
  ablation: { without: string; f1: Interval }[];
  /** Losses of a training run, mean nats a token; empty when there was none. */
  losses: Loss[];
  /** Tokens a second by stage. */
  throughput: { stage: string; tokens_per_second: number }[];
}

export interface About {
  bogam: string;
  rules: string;
  knowledge: string;
  build: string;
  licences: { name: string; version: string; licence: string; text: string }[];
  hazards: { id: string; hazard: Bilingual; cause: Bilingual; control: Bilingual; test: string }[];
  machine: { cpu: string; threads: number; memory_bytes: number; gpus: string[] };
}
