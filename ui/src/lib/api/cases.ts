import type {
  Bilingual,
  CaseInput,
  CodeSystem,
  FieldError,
  SuggestionRecord,
  Finding,
  NotEvaluated,
  DrugInput,
  Lang,
} from '../bindings/clinical';

/** How far a case is: `vault::CaseStatus`, and what its last job came to where that matters more. */
export type CaseStatus = 'open' | 'suggested' | 'decided' | 'signed';
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'interrupted' | 'cancelled';

/** A row of the worklist. */
export interface CaseRow {
  key: number;
  case_id: string;
  /** Empty when there is none. */
  name: string;
  number: string;
  age_years: number | null;
  sex: 'F' | 'M' | null;
  /** Codes and titles, the main one first. */
  diagnoses: { code: string; title: string; name: Bilingual | null }[];
  status: CaseStatus;
  /** State of the newest job of the present version; null when there was none. */
  job: JobState | null;
  /** Whether whoever is signed in keeps a draft of it. */
  draft: boolean;
  author: string;
  /** Time of the last change, ISO 8601 with zone. */
  updated: string;
  /** Goes into `after` for the next page. */
  place: number;
}

export interface CaseQuery {
  /** Words, each somewhere in the case. */
  text: string;
  status: CaseStatus | 'running' | 'interrupted' | 'failed' | null;
  mine: boolean;
  /** Rows at most, up to 1,000. */
  limit: number;
  after: number | null;
}

export interface CasePage {
  rows: CaseRow[];
  /** All that the query finds; null when counting would take longer than reading the page. */
  total: number | null;
}

/** A version of a case. */
export interface CaseVersion {
  version: number;
  at: string;
  person: string;
}

/** A suggestion of a case, without its record. */
export interface SuggestionHead {
  id: number;
  version: number;
  at: string;
  person: string;
  /** Name of the model; null without one. */
  model: string | null;
  listed: number;
  withheld: number;
  signed: boolean;
}

/** What the program works out from the facts, so that the strip and the editor show one number. */
export interface Derived {
  /** mL/min/1.73 m2, CKD-EPI 2021 or as reported. */
  egfr: number | null;
  egfr_reported: boolean;
  /** mL/min, Cockcroft-Gault. */
  creatinine_clearance: number | null;
  bmi: number | null;
  /** Results out of the reference range that the strip shows. */
  flagged_labs: { name: Bilingual; value: number; unit: string; flag: 'low' | 'high' }[];
}

export interface CaseView {
  key: number;
  case: CaseInput;
  version: number;
  versions: CaseVersion[];
  status: CaseStatus;
  job: { id: number; state: JobState; reason: string | null } | null;
  saved_at: string;
  author: string;
  /** The newest first. */
  suggestions: SuggestionHead[];
  derived: Derived;
  /** Names of its diagnoses by code, in both languages; codes that nobody has a name for are not in it. */
  diagnosis_names: Record<string, Bilingual>;
  /** A newer draft of whoever is signed in, as the form held it. */
  draft: { at: string; content: CaseInput } | null;
}

/** What came of a file of cases: every fault of every line that was not taken. */
export interface ImportedCases {
  added: number;
  rejected: { line: number; field: string; code: string }[];
}

/** A draft of a case that was never saved. */
export interface NewDraft {
  /** Its name, which is the identifier the case will have. */
  draft: string;
  at: string;
  content: CaseInput;
}

/** What `check_case` says of a form. */
export interface CaseCheck {
  /** Faults that keep it from being a case; the field is a path, `patient.labs[0].unit`. */
  errors: FieldError[];
  /** What will not be evaluated: codes as in `not_evaluated`, with the field. */
  hints: { field: string; code: string; params: Record<string, string | number> }[];
  derived: Derived;
}

export interface DiagnosisHit {
  system: CodeSystem;
  code: string;
  title: string;
  name: Bilingual | null;
}

export interface DrugHit {
  ingredient: string;
  name: Bilingual;
  /** The brand or salt by which it was found; null when by its own name. */
  found_as: string | null;
}

export interface AllergenHit {
  /** What is written into the case. */
  to: string;
  name: Bilingual;
  group: boolean;
}

export interface LabHit {
  id: string;
  name: Bilingual;
  loinc: string | null;
  unit: string;
  /** Other units, each with what turns it into `unit`. */
  units: { unit: string; factor: number }[];
  plausible: [number, number] | null;
}

export type DecisionKind = 'accepted' | 'changed' | 'rejected';

/** `vault::Decision`. */
export interface Decision {
  ingredient: string;
  decision: DecisionKind;
  /** With `changed`: the drug with its dose, as it was checked. */
  changed_to: DrugInput | null;
  /** A code of `RejectReason`, or an override code. */
  reason: string | null;
  note: string | null;
}

export interface Decided {
  decision: Decision;
  at: string;
  person: string;
}

/** A drug that the clinician added, with what its checks found beside the list. */
export interface AddedDrug {
  ingredient: string;
  name: Bilingual;
  drug: DrugInput;
  findings: Finding[];
  not_evaluated: NotEvaluated[];
  dose: Bilingual | null;
}

export interface Review {
  ingredient: string;
  verdict: 'agree' | 'disagree' | 'comment';
  comment: string | null;
}

export interface Reviewed {
  review: Review;
  at: string;
  person: string;
}

export interface FindingOverride {
  finding: string;
  code: string;
  reason: string;
  note: string | null;
}

export interface AdviceView {
  en: string;
  ko: string;
  /** Paragraph by the model; null when there is none. */
  model_written: string | null;
  edited: boolean;
  /** Edited text that was written before the last decision: it may speak of other drugs than those that are given. */
  outdated: boolean;
  /** Who confirmed it and when, after the last change of a drug: only then it is printed without *draft*. */
  confirmed: { person: string; at: string } | null;
}

/** A suggestion as it was saved, with everything that people made of it. */
export interface SuggestionView {
  id: number;
  key: number;
  /** Version of the case that it answers. */
  version: number;
  /** Whether that is still the present one. */
  present: boolean;
  at: string;
  person: string;
  /** Name of the model; null without one. */
  model: string | null;
  record: SuggestionRecord;
  /** Names of every ingredient that the record mentions. */
  names: Record<string, Bilingual>;
  /** Titles of the diagnosis codes under `for`. */
  diagnoses: Record<string, Bilingual>;
  decisions: Decided[];
  added: AddedDrug[];
  overrides: FindingOverride[];
  reviews: Reviewed[];
  signatures: { version: number; at: string; person: string }[];
  /** Whether something was decided since the last signature, or there is none. */
  open: boolean;
  advice: AdviceView | null;
}

export interface SuggestOptions {
  /** Null: the default model. */
  model: string | null;
  without_model: boolean;
  advice: boolean;
}

export interface ReviewItem {
  suggestion: number;
  key: number;
  case_id: string;
  diagnoses: { code: string; title: string; name: Bilingual | null }[];
  listed: number;
  /** Drugs that the person who asks has reviewed. */
  reviewed: number;
  disagreements: number;
  at: string;
  signed: boolean;
}

/** Agreement between reviewers, over drugs that two or more have reviewed. */
export interface Agreement {
  drugs: number;
  reviewers: number;
  /** Share of pairs that agree, with its 95 % interval. */
  observed: { value: number; low: number; high: number } | null;
  /** Cohen's (two reviewers) or Fleiss' kappa. */
  kappa: { value: number; low: number; high: number } | null;
  /** Share of drugs with which reviewers agree. */
  suitable: { value: number; low: number; high: number } | null;
  pairs: { a: string; b: string; drugs: number; agreed: number; kappa: number | null }[];
}

export interface ImportedReviews {
  path: string;
  accepted: number;
  rejected: { line: number; code: string; params: Record<string, string | number> }[];
}

export type { Lang };
