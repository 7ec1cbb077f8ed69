// Generated from crates/app (window/types). A test compares it; do not edit.

import type {
  Bilingual,
  CaseInput,
  CodeSystem,
  DrugInput,
  FieldError,
  Finding,
  Lang,
  NotEvaluated,
  Sex,
  SuggestionRecord,
} from './clinical';

export type DiagnosisView = {
/**
 * Code.
 */
code: string,
/**
 * Title.
 */
title: string,
/**
 * Name, where the packs have one.
 */
name: Bilingual | null, };

export type CaseStatus = "open" | "suggested" | "decided" | "signed";

export type JobState = "queued" | "running" | "done" | "failed" | "interrupted" | "cancelled";

export type CaseRow = {
/**
 * Number.
 */
key: number,
/**
 * Identifier.
 */
case_id: string,
/**
 * Empty when there is none.
 */
name: string,
/**
 * Empty when there is none.
 */
number: string,
/**
 * Age.
 */
age_years: number | null,
/**
 * Sex.
 */
sex: Sex | null,
/**
 * The main one first.
 */
diagnoses: Array<DiagnosisView>,
/**
 * How far it is.
 */
status: CaseStatus,
/**
 * State of the newest job of the present version.
 */
job: JobState | null,
/**
 * Whether whoever is signed in keeps a draft of it.
 */
draft: boolean,
/**
 * Who made it.
 */
author: string,
/**
 * Time of the last change.
 */
updated: string,
/**
 * Goes into `after` for the next page.
 */
place: number, };

export type CaseQuery = {
/**
 * Words.
 */
text: string,
/**
 * A status, or `running`, `interrupted`, `failed`.
 */
status: CaseStatus | 'running' | 'interrupted' | 'failed' | null,
/**
 * Own cases only.
 */
mine: boolean,
/**
 * Rows at most.
 */
limit: number,
/**
 * Place of the last row.
 */
after: number | null, };

export type CasePage = {
/**
 * Rows.
 */
rows: Array<CaseRow>,
/**
 * All that the query finds; null when counting would take longer than reading the page.
 */
total: number | null, };

export type CaseVersion = {
/**
 * From 1.
 */
version: number,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
person: string, };

export type SuggestionHead = {
/**
 * Number.
 */
id: number,
/**
 * Version of the case.
 */
version: number,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
person: string,
/**
 * Name of the model.
 */
model: string | null,
/**
 * Drugs of the list.
 */
listed: number,
/**
 * Drugs withheld.
 */
withheld: number,
/**
 * Whether it is signed.
 */
signed: boolean, };

export type FlaggedLab = {
/**
 * Name.
 */
name: Bilingual,
/**
 * Value.
 */
value: number,
/**
 * Unit.
 */
unit: string,
/**
 * `low` or `high`.
 */
flag: 'low' | 'high', };

export type Derived = {
/**
 * mL/min/1.73 m2.
 */
egfr: number | null,
/**
 * Reported, not worked out.
 */
egfr_reported: boolean,
/**
 * mL/min.
 */
creatinine_clearance: number | null,
/**
 * kg/m2.
 */
bmi: number | null,
/**
 * Results that the strip shows.
 */
flagged_labs: Array<FlaggedLab>, };

export type JobView = {
/**
 * Number.
 */
id: number,
/**
 * State.
 */
state: JobState,
/**
 * Code of why it failed.
 */
reason: string | null, };

export type DraftView = {
/**
 * When.
 */
at: string,
/**
 * What the form held.
 */
content: CaseInput, };

export type NewDraft = {
/**
 * Its name, which is the identifier that the case will have.
 */
draft: string,
/**
 * When.
 */
at: string,
/**
 * What the form held.
 */
content: CaseInput, };

export type CaseView = {
/**
 * Number.
 */
key: number,
/**
 * What was said.
 */
case: CaseInput,
/**
 * Its version.
 */
version: number,
/**
 * Every version, the newest first.
 */
versions: Array<CaseVersion>,
/**
 * How far it is.
 */
status: CaseStatus,
/**
 * The newest job of this version.
 */
job: JobView | null,
/**
 * When this version was saved.
 */
saved_at: string,
/**
 * Who made the case.
 */
author: string,
/**
 * The newest first.
 */
suggestions: Array<SuggestionHead>,
/**
 * Worked out.
 */
derived: Derived,
/**
 * Names of its diagnoses by code; codes that nobody has a name for are not in it.
 */
diagnosis_names: { [key in string]: Bilingual },
/**
 * A newer draft of whoever is signed in.
 */
draft: DraftView | null, };

export type Hint = {
/**
 * Field.
 */
field: string,
/**
 * Code.
 */
code: string,
/**
 * Params.
 */
params: Record<string, string | number>, };

export type CaseCheck = {
/**
 * Faults that keep it from being a case.
 */
errors: Array<FieldError>,
/**
 * What will not be evaluated.
 */
hints: Array<Hint>,
/**
 * Worked out.
 */
derived: Derived, };

export type ParsedCase = {
/**
 * What is readable.
 */
content: CaseInput | null,
/**
 * What is to be said of it.
 */
check: CaseCheck,
/**
 * Fields that a case does not have.
 */
unknown_fields: Array<string>, };

export type RejectedLine = {
/**
 * Line.
 */
line: number,
/**
 * Field.
 */
field: string,
/**
 * Code.
 */
code: string, };

export type DiagnosisHit = {
/**
 * Coding system.
 */
system: CodeSystem,
/**
 * Code.
 */
code: string,
/**
 * Title.
 */
title: string,
/**
 * Name.
 */
name: Bilingual | null, };

export type DrugHit = {
/**
 * Ingredient.
 */
ingredient: string,
/**
 * Name.
 */
name: Bilingual,
/**
 * The brand or salt by which it was found.
 */
found_as: string | null, };

export type AllergenHit = {
/**
 * What is written into the case.
 */
to: string,
/**
 * Name.
 */
name: Bilingual,
/**
 * A group of drugs.
 */
group: boolean, };

export type LabUnit = {
/**
 * Unit.
 */
unit: string,
/**
 * What turns it into the usual one.
 */
factor: number, };

export type LabHit = {
/**
 * Identifier.
 */
id: string,
/**
 * Name.
 */
name: Bilingual,
/**
 * LOINC code.
 */
loinc: string | null,
/**
 * Usual unit.
 */
unit: string,
/**
 * Other units.
 */
units: Array<LabUnit>,
/**
 * What is plausible, in the usual unit.
 */
plausible: [number, number] | null, };

export type ImportedCases = {
/**
 * Cases that are in the vault now.
 */
added: number,
/**
 * Every fault of every line that was not taken.
 */
rejected: Array<RejectedLine>, };

export type CountOf = {
/**
 * Kind.
 */
kind: string,
/**
 * How many.
 */
count: number, };

export type PackView = {
/**
 * Id.
 */
id: string,
/**
 * Version.
 */
version: string,
/**
 * Last review.
 */
reviewed: string,
/**
 * Expiry.
 */
expires: string,
/**
 * It is past that day.
 */
expired: boolean,
/**
 * Shipped with the program.
 */
shipped: boolean,
/**
 * Facts of each kind.
 */
counts: Array<CountOf>, };

export type ChangeView = {
/**
 * Of what.
 */
what: string,
/**
 * What was said.
 */
before: string,
/**
 * What is said.
 */
after: string, };

export type PackFaultView = {
/**
 * File.
 */
file: string,
/**
 * Line.
 */
line: number,
/**
 * What is wrong, and what to do.
 */
message: string, };

export type PackDifference = {
/**
 * For `import_pack`; empty when there are faults.
 */
token: string,
/**
 * Id.
 */
id: string,
/**
 * Version.
 */
version: string,
/**
 * Entries that were not there.
 */
added: number,
/**
 * Entries that are gone.
 */
removed: number,
/**
 * What is said otherwise.
 */
changed: Array<ChangeView>,
/**
 * What is wrong.
 */
faults: Array<PackFaultView>, };

export type TableRows = {
/**
 * Table.
 */
table: string,
/**
 * All.
 */
rows: number,
/**
 * Used.
 */
used: number,
/**
 * Not at fault, and not of use.
 */
out_of_scope: number,
/**
 * At fault.
 */
rejected: number, };

export type RejectedRows = {
/**
 * Reason.
 */
reason: string,
/**
 * How many.
 */
rows: number, };

export type ImportReport = {
/**
 * Where the tables were.
 */
folder: string,
/**
 * When.
 */
at: string,
/**
 * Cases.
 */
cases: number,
/**
 * Patients.
 */
patients: number,
/**
 * Every row of every table.
 */
tables: Array<TableRows>,
/**
 * Why rows were at fault.
 */
rejects: Array<RejectedRows>,
/**
 * What was learned.
 */
prior: PriorView | null, };

export type PriorView = {
/**
 * Hash of its file.
 */
hash: string,
/**
 * When it was learned.
 */
at: string,
/**
 * Admissions that it was learned from.
 */
admissions: number,
/**
 * Their patients.
 */
patients: number,
/**
 * Whether it is the one in use.
 */
active: boolean,
/**
 * How one that was learned without them fares on patients who were left out.
 */
metrics: Array<Metric>, };

export type Interval = {
/**
 * The figure.
 */
value: number,
/**
 * 2.5 % lie below.
 */
low: number,
/**
 * 2.5 % lie above.
 */
high: number, };

export type Metric = {
/**
 * Which.
 */
id: string,
/**
 * The figure.
 */
value: Interval,
/**
 * Of the most-prescribed drugs.
 */
baseline: Interval | null, };

export type CalibrationBin = {
/**
 * Mean probability.
 */
predicted: number,
/**
 * Share that was given.
 */
observed: number,
/**
 * Of that share, by Wilson's interval.
 */
low: number,
/**
 * Of that share.
 */
high: number,
/**
 * Listed drugs.
 */
drugs: number, };

export type Ablation = {
/**
 * Which; `none` is the whole.
 */
without: string,
/**
 * What is left.
 */
f1: Interval, };

export type Loss = {
/**
 * Step.
 */
step: number,
/**
 * Nats a token.
 */
train: number | null,
/**
 * Nats a token.
 */
validation: number | null, };

export type Throughput = {
/**
 * Stage.
 */
stage: string,
/**
 * Tokens a second.
 */
tokens_per_second: number, };

export type EvaluationView = {
/**
 * Its file.
 */
id: string,
/**
 * What was evaluated.
 */
name: string,
/**
 * When the file was written.
 */
at: string,
/**
 * Admissions.
 */
admissions: number,
/**
 * Patients.
 */
patients: number,
/**
 * The model; the report does not say it.
 */
model: string | null,
/**
 * Figures that have an interval.
 */
metrics: Array<Metric>,
/**
 * Whether probabilities come true.
 */
calibration: Array<CalibrationBin>,
/**
 * Channels left out one at a time.
 */
ablation: Array<Ablation>,
/**
 * Losses of a training run.
 */
losses: Array<Loss>,
/**
 * Speeds.
 */
throughput: Array<Throughput>, };

export type VerifyFault = {
/**
 * Code.
 */
code: string,
/**
 * Params.
 */
params: Record<string, string | number>, };

export type VerifyReport = {
/**
 * Nothing.
 */
ok: boolean,
/**
 * Pages that were read.
 */
pages: number,
/**
 * Lines of the audit.
 */
audit_lines: number,
/**
 * What is wrong.
 */
faults: Array<VerifyFault>, };

export type LastBackup = {
/**
 * Where.
 */
path: string,
/**
 * When.
 */
at: string, };

export type BackupView = {
/**
 * The last one.
 */
last: LastBackup | null,
/**
 * The vault.
 */
vault: string,
/**
 * Its length.
 */
bytes: number, };

export type LicenceView = {
/**
 * Name.
 */
name: string,
/**
 * Version.
 */
version: string,
/**
 * Licence, as SPDX writes it.
 */
licence: string,
/**
 * Its text.
 */
text: string, };

export type HazardView = {
/**
 * Number.
 */
id: string,
/**
 * Hazard.
 */
hazard: Bilingual,
/**
 * Cause.
 */
cause: Bilingual,
/**
 * What is done against it.
 */
control: Bilingual,
/**
 * What holds that.
 */
test: string, };

export type MachineView = {
/**
 * Processor.
 */
cpu: string,
/**
 * Threads.
 */
threads: number,
/**
 * Memory.
 */
memory_bytes: number,
/**
 * GPUs that this build can use.
 */
gpus: Array<string>, };

export type About = {
/**
 * Version.
 */
bogam: string,
/**
 * Version of the rules.
 */
rules: string,
/**
 * Hash of the knowledge.
 */
knowledge: string,
/**
 * What it was built for.
 */
build: string,
/**
 * Software that comes along.
 */
licences: Array<LicenceView>,
/**
 * The hazard log.
 */
hazards: Array<HazardView>,
/**
 * The machine.
 */
machine: MachineView, };

export type Clinic = {
/**
 * Name.
 */
name: string,
/**
 * Phone.
 */
phone: string, };

export type Paper = "a4" | "a5";

export type PrintTo = "printer" | "file";

export type SavedLeaflet = {
/**
 * Where.
 */
path: string, };

export type ReviewItem = {
/**
 * The suggestion.
 */
suggestion: number,
/**
 * Its case.
 */
key: number,
/**
 * The case's identifier.
 */
case_id: string,
/**
 * Diagnoses, the main one first.
 */
diagnoses: Array<DiagnosisView>,
/**
 * Drugs of the list.
 */
listed: number,
/**
 * Of these, how many the person who asks has reviewed.
 */
reviewed: number,
/**
 * Of these, how many some reviewer judges not to fit.
 */
disagreements: number,
/**
 * When it was made.
 */
at: string,
/**
 * Whether it is signed.
 */
signed: boolean, };

export type ReviewQueue = {
/**
 * The newest first.
 */
items: Array<ReviewItem>,
/**
 * All.
 */
total: number, };

export type ReviewerPair = {
/**
 * One.
 */
a: string,
/**
 * The other.
 */
b: string,
/**
 * Drugs that both reviewed.
 */
drugs: number,
/**
 * Of these, judged alike.
 */
agreed: number,
/**
 * Cohen's kappa; null with too few drugs, or when both only ever say one thing.
 */
kappa: number | null, };

export type Agreement = {
/**
 * Drugs.
 */
drugs: number,
/**
 * Reviewers of them.
 */
reviewers: number,
/**
 * Share of pairs of reviewers who judge a drug alike, averaged over drugs.
 */
observed: Interval | null,
/**
 * Cohen's (two reviewers) or Fleiss' kappa.
 */
kappa: Interval | null,
/**
 * Share of judgements that the drug fits, averaged over drugs.
 */
suitable: Interval | null,
/**
 * Every two reviewers with a drug in common.
 */
pairs: Array<ReviewerPair>, };

export type PersonView = {
/**
 * Number.
 */
id: number,
/**
 * Name.
 */
name: string,
/**
 * Roles.
 */
roles: Array<Role>,
/**
 * When they were added.
 */
added: string,
/**
 * When they were removed.
 */
removed: string | null, };

export type AuditLineView = {
/**
 * Number.
 */
sequence: number,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
person: string,
/**
 * What.
 */
code: string,
/**
 * To what.
 */
object: string, };

export type AuditPage = {
/**
 * The newest first.
 */
lines: Array<AuditLineView>,
/**
 * All.
 */
total: number, };

export type ExportedCsv = {
/**
 * Where.
 */
path: string,
/**
 * Rows.
 */
rows: number, };

export type RejectedRow = {
/**
 * Line.
 */
line: number,
/**
 * Code.
 */
code: string,
/**
 * Params.
 */
params: Record<string, string | number>, };

export type ImportedReviews = {
/**
 * The file.
 */
path: string,
/**
 * Reviews that were saved.
 */
accepted: number,
/**
 * Rows that were not taken.
 */
rejected: Array<RejectedRow>, };

export type ModelSettings = {
/**
 * Tokens.
 */
context: number | null,
/**
 * Threads.
 */
threads: number | null,
/**
 * Layers on the GPU.
 */
gpu_layers: number | null,
/**
 * Name of the adapter that is attached; null is none.
 */
adapter: string | null, };

export type ModelView = {
/**
 * Name.
 */
name: string,
/**
 * File.
 */
file: string,
/**
 * SHA-256 of the file.
 */
sha256: string,
/**
 * Licence.
 */
licence: string,
/**
 * Whether the file is what the list means; null while it is not checked yet.
 */
intact: boolean | null,
/**
 * Used when none is named.
 */
default: boolean,
/**
 * Shipped with the program.
 */
shipped: boolean,
/**
 * Architecture.
 */
architecture: string | null,
/**
 * Quantization.
 */
quantization: string | null,
/**
 * Tokens that it was trained for.
 */
context: number | null,
/**
 * Length of the file.
 */
bytes: number | null,
/**
 * Memory that it needs.
 */
needs_bytes: number | null,
/**
 * Memory that there is.
 */
available_bytes: number,
/**
 * How it fits.
 */
fits: 'well' | 'tight' | 'no' | 'unknown',
/**
 * How it is run.
 */
settings: ModelSettings, };

export type AdapterView = {
/**
 * Name.
 */
name: string,
/**
 * SHA-256 of the file, as a suggestion's provenance names it.
 */
sha256: string,
/**
 * Length of the file.
 */
bytes: number,
/**
 * Hash of the model that it was trained on.
 */
base: string,
/**
 * Hash of the samples.
 */
samples: string | null,
/**
 * `lora`, `ffa-lora`, `lora-fa`.
 */
method: string | null,
/**
 * Rank.
 */
rank: number | null,
/**
 * Alpha.
 */
alpha: number | null,
/**
 * The step whose adapter it is.
 */
steps: number | null,
/**
 * Nats a token, at that step.
 */
validation_loss: number | null,
/**
 * When it came here.
 */
at: string,
/**
 * Models of the list that it is for.
 */
models: Array<string>, };

export type AdapterInUse = {
/**
 * The adapter.
 */
adapter: AdapterView,
/**
 * The model that it was attached to.
 */
model: string,
/**
 * Whether that is the model that suggestions use unless another is chosen.
 */
default: boolean, };

export type UnreadableRun = {
/**
 * Its folder.
 */
id: string,
/**
 * Why.
 */
text: string, };

export type TrainingPreset = "published" | "best";

export type TrainingChoice = {
/**
 * Name of the base model.
 */
model: string,
/**
 * Settings to begin with.
 */
preset: TrainingPreset,
/**
 * Rank; null is the preset's.
 */
rank: number | null,
/**
 * Times through all samples; null is the preset's.
 */
epochs: number | null, };

export type TrainingSettings = {
/**
 * `lora`, `ffa-lora`, `lora-fa`.
 */
method: string,
/**
 * `sgd`, `adamw`.
 */
optimizer: string,
/**
 * Rank.
 */
rank: number,
/**
 * Alpha.
 */
alpha: number,
/**
 * Learning rate.
 */
learning_rate: number,
/**
 * Samples a step.
 */
batch: number,
/**
 * Times through all samples.
 */
epochs: number,
/**
 * Whether it ends when the validation loss rises.
 */
ends_early: boolean, };

export type PresetView = {
/**
 * Which.
 */
id: TrainingPreset,
/**
 * Its settings.
 */
settings: TrainingSettings, };

export type SamplesFile = {
/**
 * Name of the file.
 */
name: string,
/**
 * Where it lies.
 */
path: string,
/**
 * Its length.
 */
bytes: number,
/**
 * Whether other users of the computer may read it.
 */
shared: boolean, };

export type FateView = {
/**
 * What, as a word that stays.
 */
fate: string,
/**
 * They were left out, and not only changed.
 */
dropped: boolean,
/**
 * How many.
 */
records: number,
/**
 * Lines of some of them.
 */
lines: Array<number>, };

export type MemoryPart = {
/**
 * What for.
 */
what: 'weights' | 'kept' | 'layer' | 'logits' | 'adapter',
/**
 * How many.
 */
bytes: number, };

export type TrainingPlan = {
/**
 * Samples of the file.
 */
read: number,
/**
 * Samples that were left out.
 */
dropped: number,
/**
 * What was left out or changed.
 */
fates: Array<FateView>,
/**
 * Samples that are trained on; with none nothing can begin.
 */
train_samples: number,
/**
 * Samples that are validated with.
 */
validation_samples: number,
/**
 * The longest sample in tokens.
 */
longest: number,
/**
 * Steps, unless it ends early.
 */
steps: number,
/**
 * Numbers that are trained.
 */
parameters: number,
/**
 * All settings that the window shows.
 */
settings: TrainingSettings,
/**
 * Memory that it will need.
 */
needs_bytes: number,
/**
 * What for.
 */
parts: Array<MemoryPart>,
/**
 * Memory that is free; null when that is not known.
 */
available_bytes: number | null,
/**
 * Whether it fits.
 */
fits: boolean, };

export type RunEnd = "done" | "early" | "running" | "stopped" | "failed";

export type TrainingRun = {
/**
 * Its folder.
 */
id: string,
/**
 * When it began.
 */
at: string,
/**
 * Name of the base model; null of a run that was not begun in the window.
 */
model: string | null,
/**
 * Name of the samples' file; null of a run that was not begun in the window.
 */
samples: string | null,
/**
 * Hash of the samples; null before the first checkpoint.
 */
samples_hash: string | null,
/**
 * Samples that were trained on.
 */
train_samples: number,
/**
 * Samples that were validated with.
 */
validation_samples: number,
/**
 * Settings.
 */
settings: TrainingSettings,
/**
 * Steps that are done, as the last checkpoint has it.
 */
step: number,
/**
 * Steps that there are, unless it ends early.
 */
steps: number,
/**
 * The step whose adapter was kept; null until it is done.
 */
kept_step: number | null,
/**
 * Of the last step, nats a token.
 */
train_loss: number | null,
/**
 * Of the kept step when it is done, else of the last evaluation; nats a token.
 */
validation_loss: number | null,
/**
 * Prompts included.
 */
tokens_per_second: number | null,
/**
 * Seconds of training.
 */
seconds: number,
/**
 * The most memory that the program held.
 */
peak_memory_bytes: number | null,
/**
 * How it ended.
 */
ended: RunEnd,
/**
 * Code of what failed.
 */
code: string | null,
/**
 * Job of a run that goes on.
 */
job: number | null,
/**
 * Whether it can be taken up.
 */
resumable: boolean,
/**
 * Name of its adapter, where it was taken among the adapters.
 */
adapter: string | null,
/**
 * Names of listed models that are run with that.
 */
used_by: Array<string>, };

export type Training = {
/**
 * Presets.
 */
presets: Array<PresetView>,
/**
 * Samples that were chosen last, as long as the window is open.
 */
samples: SamplesFile | null,
/**
 * Runs, the newest first.
 */
runs: Array<TrainingRun>,
/**
 * Runs whose files cannot be read.
 */
unreadable: Array<UnreadableRun>, };

export type Role = "clinician" | "reviewer" | "administrator";

export type ApiErrorData = {
/**
 * Code.
 */
code: string,
/**
 * Params.
 */
params: Record<string, string | number>, };

export type Preferences = {
/**
 * Language.
 */
lang: Lang,
/**
 * `system`, `light`, `dark`, `contrast`.
 */
theme: 'system' | 'light' | 'dark' | 'contrast',
/**
 * Text size in per cent.
 */
text_percent: number,
/**
 * `system`, `yes`, `no`.
 */
reduce_motion: 'system' | 'yes' | 'no',
/**
 * Single letters act in lists.
 */
single_keys: boolean,
/**
 * Letters that were changed: command to key.
 */
keys: { [key in string]: string },
/**
 * Minutes without a key or a movement after which the vault is locked.
 */
idle_minutes: number, };

export type SessionView = {
/**
 * Number.
 */
person: number,
/**
 * Name.
 */
name: string,
/**
 * Roles.
 */
roles: Array<Role>,
/**
 * Preferences.
 */
preferences: Preferences,
/**
 * Whether somebody showed that the recovery key was written down.
 */
recovery_confirmed: boolean,
/**
 * Why nothing can be written, as a code.
 */
read_only: string | null, };

export type VaultState = "none" | "locked" | "open" | "broken";

export type Start = {
/**
 * Version of the program.
 */
bogam: string,
/**
 * How the vault is.
 */
vault: VaultState,
/**
 * Names to sign in with, as the header has them.
 */
people: Array<string>,
/**
 * Who has it open.
 */
session: SessionView | null,
/**
 * Of the machine.
 */
preferences: Preferences,
/**
 * Why the vault cannot be opened.
 */
error: ApiErrorData | null, };

export type Progress = { "kind": "job",
/**
 * Number.
 */
job: number, } | { "kind": "stage",
/**
 * Which.
 */
stage: Stage,
/**
 * How much of it is done.
 */
done: number,
/**
 * Of how much; null when that is not known.
 */
total: number | null, } | { "kind": "step",
/**
 * Which, from 1.
 */
step: number,
/**
 * Of how many, unless it ends early.
 */
steps: number,
/**
 * Of its batch, nats a token.
 */
loss: number,
/**
 * Of the last evaluation.
 */
validation_loss: number | null,
/**
 * Prompts included.
 */
tokens_per_second: number,
/**
 * At this speed.
 */
seconds_left: number, } | { "kind": "notice",
/**
 * Code.
 */
code: string,
/**
 * Params.
 */
params: Record<string, string | number>, };

export type Stage = "waiting" | "reading" | "candidates" | "scoring" | "safety" | "advice" | "saving" | "hashing" | "copying" | "tables" | "verifying" | "samples" | "loading" | "training";

export type AppEvent = { "kind": "locked",
/**
 * `idle`, `asked`, `sleep`.
 */
reason: 'idle' | 'asked' | 'sleep', } | { "kind": "model",
/**
 * `loading`, `ready`, `restarted`, `failed`, `absent`.
 */
state: 'loading' | 'ready' | 'restarted' | 'failed' | 'absent',
/**
 * Params.
 */
params: Record<string, string | number>, } | { "kind": "case_changed",
/**
 * Which.
 */
key: number, } | { "kind": "close_requested",
/**
 * Jobs that are under way.
 */
running: number, } | { "kind": "dropped",
/**
 * Their paths.
 */
paths: Array<string>, } | { "kind": "trouble",
/**
 * What.
 */
error: ApiErrorData, };

export type SuggestOptions = {
/**
 * Null: the default model.
 */
model: string | null,
/**
 * Knowledge and prior alone.
 */
without_model: boolean,
/**
 * With advice.
 */
advice: boolean, };

export type DecisionKind = "accepted" | "changed" | "rejected";

export type Decision = {
/**
 * Ingredient.
 */
ingredient: string,
/**
 * What.
 */
decision: DecisionKind,
/**
 * With `changed`: the drug with its dose, as it was checked.
 */
changed_to: DrugInput | null,
/**
 * Code of the reason.
 */
reason: string | null,
/**
 * In words.
 */
note: string | null, };

export type Decided = {
/**
 * Decision.
 */
decision: Decision,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
person: string, };

export type AddedDrug = {
/**
 * Ingredient.
 */
ingredient: string,
/**
 * Name.
 */
name: Bilingual,
/**
 * As it was typed.
 */
drug: DrugInput,
/**
 * What its checks found beside the list.
 */
findings: Array<Finding>,
/**
 * What could not be checked.
 */
not_evaluated: Array<NotEvaluated>,
/**
 * Usual dose.
 */
dose: Bilingual | null, };

export type Verdict = "agree" | "disagree" | "comment";

export type Review = {
/**
 * Ingredient.
 */
ingredient: string,
/**
 * What.
 */
verdict: Verdict,
/**
 * In words.
 */
comment: string | null, };

export type Reviewed = {
/**
 * Review.
 */
review: Review,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
person: string, };

export type FindingOverride = {
/**
 * Id of the finding.
 */
finding: string,
/**
 * Its code.
 */
code: string,
/**
 * Code of the reason.
 */
reason: string,
/**
 * In words.
 */
note: string | null, };

export type Stamp = {
/**
 * Who.
 */
person: string,
/**
 * When.
 */
at: string, };

export type AdviceView = {
/**
 * English.
 */
en: string,
/**
 * Korean.
 */
ko: string,
/**
 * Paragraph by the model.
 */
model_written: string | null,
/**
 * Changed by a person.
 */
edited: boolean,
/**
 * Edited text that was written before the last decision: it may speak of other drugs than those that are given.
 */
outdated: boolean,
/**
 * Who confirmed it, after the last change of a drug.
 */
confirmed: Stamp | null, };

export type SignatureView = {
/**
 * Version.
 */
version: number,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
person: string, };

export type SuggestionView = {
/**
 * Number.
 */
id: number,
/**
 * Case.
 */
key: number,
/**
 * Version of the case that it answers.
 */
version: number,
/**
 * Whether that is still the present one.
 */
present: boolean,
/**
 * When.
 */
at: string,
/**
 * Who asked.
 */
person: string,
/**
 * Name of the model.
 */
model: string | null,
/**
 * The record.
 */
record: SuggestionRecord,
/**
 * Names of every ingredient that the record mentions.
 */
names: { [key in string]: Bilingual },
/**
 * Titles of the diagnosis codes under `for`.
 */
diagnoses: { [key in string]: Bilingual },
/**
 * Decisions that stand.
 */
decisions: Array<Decided>,
/**
 * Drugs that were added.
 */
added: Array<AddedDrug>,
/**
 * Overrides.
 */
overrides: Array<FindingOverride>,
/**
 * Reviews.
 */
reviews: Array<Reviewed>,
/**
 * Signatures.
 */
signatures: Array<SignatureView>,
/**
 * Whether something was decided since the last signature, or there is none.
 */
open: boolean,
/**
 * Advice.
 */
advice: AdviceView | null, };

export type GenerationSettings = {
/**
 * Tokens after which an answer ends at its sentence.
 */
max_tokens: number,
/**
 * 0 takes the most probable token each time.
 */
temperature: number,
/**
 * 0 is off.
 */
top_k: number,
/**
 * 1 is off.
 */
repetition_penalty: number, };

export type MentionMessage = {
/**
 * English.
 */
en: string,
/**
 * Korean.
 */
ko: string,
/**
 * Title of the source; empty where nothing was checked.
 */
source: string, };

export type Mention = {
/**
 * Ingredient; of what the packs do not know, the name in lower case.
 */
ingredient: string,
/**
 * As it stands in the answer.
 */
written: string,
/**
 * What the checks make of it.
 */
tier: 'critical' | 'warning' | 'note' | 'none' | 'not_evaluated',
/**
 * What they found, the worst first.
 */
messages: Array<MentionMessage>, };

export type CharacterRange = {
/**
 * The first unit.
 */
from: number,
/**
 * The unit behind the last.
 */
to: number, };

export type TalkSource = {
/**
 * Title.
 */
title: string,
/**
 * Its tag in the packs, or the code of the check that used it.
 */
code: string, };

export type TalkSpeaker = "person" | "model";

export type TalkMessage = {
/**
 * Its number; numbers grow, with gaps where something was replaced.
 */
position: number,
/**
 * When.
 */
at: string,
/**
 * Who.
 */
speaker: TalkSpeaker,
/**
 * What.
 */
content: string,
/**
 * The dangers that a question tells of.
 */
red_flags: ('chest_pain' | 'stroke' | 'anaphylaxis' | 'overdose' | 'suicide' | 'breathing' | 'bleeding' | 'seizure' | 'unconscious' | 'pregnancy')[],
/**
 * Language of the question.
 */
lang: Lang,
/**
 * Drugs that an answer names.
 */
mentions: Array<Mention>,
/**
 * Where an answer gives doses or tells to start, stop or change.
 */
unchecked: Array<CharacterRange>,
/**
 * Where the facts come from that were put before the model, and that the checks used.
 */
sources: Array<TalkSource>,
/**
 * An answer that was not written to its end: a person stopped it, its tokens were used up, or it repeated itself.
 */
stopped: boolean, };

export type ContextUse = {
/**
 * In use.
 */
used: number,
/**
 * There are.
 */
of: number, };

export type Conversation = {
/**
 * Number.
 */
id: number,
/**
 * The case that it is about.
 */
key: number | null,
/**
 * When it began.
 */
at: string,
/**
 * What was said and stands.
 */
messages: Array<TalkMessage>,
/**
 * Of the last answer.
 */
context: ContextUse, };

export type ConversationHead = {
/**
 * Number.
 */
id: number,
/**
 * When it began.
 */
at: string,
/**
 * The first question.
 */
first: string, };

export type TalkEvent = { "kind": "job",
/**
 * Number.
 */
job: number, } | { "kind": "red_flags",
/**
 * Which.
 */
flags: ('chest_pain' | 'stroke' | 'anaphylaxis' | 'overdose' | 'suicide' | 'breathing' | 'bleeding' | 'seizure' | 'unconscious' | 'pregnancy')[],
/**
 * Language of the question.
 */
lang: Lang, } | { "kind": "text",
/**
 * What comes behind what came before.
 */
text: string, } | { "kind": "context",
/**
 * In use.
 */
used: number,
/**
 * There are.
 */
of: number, };
