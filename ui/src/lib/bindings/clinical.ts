// Generated from crates/clinical. A test compares it; do not edit.

export type Lang = "en" | "ko";

export type Bilingual = {
/**
 * English.
 */
en: string,
/**
 * Korean.
 */
ko: string, };

export type Sex = "F" | "M";

export type ChildPugh = "none" | "A" | "B" | "C";

export type AllergySeverity = "mild" | "moderate" | "severe";

export type Setting = "inpatient" | "outpatient" | "emergency";

export type ProcedureSystem = "icd9" | "icd10";

export type CodeSystem = "icd10" | "icd9" | "kcd";

export type DoseAmount = {
/**
 * The number.
 */
value: number,
/**
 * The unit, as written.
 */
unit: string, };

export type AllergyObject = {
/**
 * Allergen.
 */
to: string,
/**
 * Reaction.
 */
reaction?: string | null,
/**
 * Severity.
 */
severity?: AllergySeverity | null, };

export type AllergyInput = string | AllergyObject;

export type DrugObject = {
/**
 * Name.
 */
name: string,
/**
 * One dose.
 */
dose?: DoseAmount | null,
/**
 * Route.
 */
route?: string | null,
/**
 * Doses a day.
 */
per_day?: number | null,
/**
 * Since when.
 */
started?: string | null,
/**
 * For how long.
 */
duration_days?: number | null,
/**
 * Split or crushed.
 */
split?: boolean | null, };

export type DrugInput = string | DrugObject;

export type LabInput = {
/**
 * Name.
 */
name: string,
/**
 * LOINC code.
 */
loinc?: string | null,
/**
 * Value.
 */
value: number,
/**
 * Unit.
 */
unit?: string | null,
/**
 * When taken.
 */
time?: string | null, };

export type PastDrugInput = {
/**
 * Ingredient id.
 */
ingredient: string,
/**
 * Days before `as_of`.
 */
days_ago: number, };

export type DiagnosisInput = {
/**
 * Coding system.
 */
system: CodeSystem,
/**
 * Code, with or without dot.
 */
code: string,
/**
 * Title.
 */
title?: string | null,
/**
 * 1 is the main diagnosis.
 */
rank?: number | null, };

export type ProcedureInput = {
/**
 * Coding system.
 */
system: ProcedureSystem,
/**
 * Code.
 */
code: string, };

export type AdmissionInput = {
/**
 * Inpatient, outpatient or emergency.
 */
setting?: Setting | null,
/**
 * Kind of admission.
 */
type?: string | null,
/**
 * Service.
 */
service?: string | null,
/**
 * In intensive care.
 */
icu?: boolean | null,
/**
 * Nil by mouth.
 */
nil_by_mouth?: boolean | null,
/**
 * Procedures.
 */
procedures?: Array<ProcedureInput> | null, };

export type PatientInput = {
/**
 * Name; never in a prompt.
 */
name?: string | null,
/**
 * Number; never in a prompt.
 */
number?: string | null,
/**
 * Age in years, 0 to 130.
 */
age_years?: number | null,
/**
 * `F` or `M`.
 */
sex?: Sex | null,
/**
 * Weight in kg, 0.3 to 500.
 */
weight_kg?: number | null,
/**
 * Height in cm, 20 to 260.
 */
height_cm?: number | null,
/**
 * Gestational age in weeks, 0 to 45.
 */
gestational_weeks?: number | null,
/**
 * Pregnant.
 */
pregnant?: boolean | null,
/**
 * Breast-feeding.
 */
lactating?: boolean | null,
/**
 * Serum creatinine in mg/dL, 0.05 to 50.
 */
creatinine_mg_dl?: number | null,
/**
 * Whether the creatinine is in a steady state.
 */
creatinine_stable?: boolean | null,
/**
 * Reported GFR in mL/min/1.73 m2, 0 to 250.
 */
egfr_ml_min_1_73m2?: number | null,
/**
 * On dialysis.
 */
dialysis?: boolean | null,
/**
 * Child-Pugh class, or `none`.
 */
hepatic_impairment?: ChildPugh | null,
/**
 * Corrected QT interval in ms, 200 to 900.
 */
qtc_ms?: number | null,
/**
 * Allergies; a string or an object each.
 */
allergies?: Array<AllergyInput> | null,
/**
 * Drugs taken now; a string or an object each.
 */
current_drugs?: Array<DrugInput> | null,
/**
 * Laboratory results.
 */
labs?: Array<LabInput> | null,
/**
 * Genotypes, such as `HLA-B*58:01`.
 */
genotypes?: Array<string> | null, };

export type CaseInput = {
/**
 * Identifier, unique in its file.
 */
case_id?: string | null,
/**
 * The moment that the case describes (`2026-03-02T09:00:00`).
 */
as_of?: string | null,
/**
 * The patient.
 */
patient?: PatientInput | null,
/**
 * The stay.
 */
admission?: AdmissionInput | null,
/**
 * Diagnoses, at least one.
 */
diagnoses?: Array<DiagnosisInput> | null,
/**
 * Diagnoses of earlier admissions.
 */
prior_diagnoses?: Array<DiagnosisInput> | null,
/**
 * Drugs of earlier admissions.
 */
past_drugs?: Array<PastDrugInput> | null,
/**
 * Drugs that somebody thinks of giving.
 */
proposed_drugs?: Array<DrugInput> | null,
/**
 * Free text. Not searched for facts.
 */
notes?: string | null, };

export type FieldError = {
/**
 * Path of the field, such as `patient.age_years`; empty for the whole record.
 */
field: string,
/**
 * A stable code: `json`, `type`, `missing`, `range`, `format`.
 */
code: string,
/**
 * What is wrong and what to write instead.
 */
message: string, };

export type Tier = "note" | "warning" | "critical";

export type Finding = {
/**
 * `F1`, `F2`… within the record.
 */
id: string,
/**
 * Permanent code of the rule's outcome, such as `renal.avoid`.
 */
code: string,
/**
 * How much it matters.
 */
tier: Tier,
/**
 * Ingredient ids that it concerns.
 */
drugs: Array<string>,
/**
 * What is wrong, for a clinician.
 */
message: Bilingual,
/**
 * What to do instead.
 */
instead: Bilingual | null,
/**
 * The values that it used, by field.
 */
used: { [key in string]: JsonValue },
/**
 * Fields that would have made it more exact.
 */
missing: Array<string>,
/**
 * Where the fact comes from.
 */
source: string, };

export type NotEvaluated = {
/**
 * Code of the check, such as `renal.dose`.
 */
code: string,
/**
 * Ingredient ids that it concerns.
 */
drugs: Array<string>,
/**
 * What was missing: fields of the case.
 */
missing: Array<string>, };

export type Strength = "first_line" | "alternative" | "adjunct" | "prophylaxis" | "supportive";

export type IndicationFor = {
/**
 * The diagnosis code as given, with its dot.
 */
code: string,
/**
 * How strongly.
 */
strength: Strength, };

export type DoseText = {
/**
 * English; null when withheld.
 */
en: string | null,
/**
 * Korean; null when withheld.
 */
ko: string | null,
/**
 * Why no dose is shown; null when it is.
 */
withheld: Bilingual | null, };

export type Past = {
/**
 * Admissions that were given the drug.
 */
with: number,
/**
 * Admissions in the group.
 */
of: number,
/**
 * The diagnosis group.
 */
group: string, };

export type Evidence = {
/**
 * The knowledge base.
 */
knowledge: number | null,
/**
 * The learned prior.
 */
prior: number | null,
/**
 * The language model.
 */
model: number | null,
/**
 * What the checks take off: a drug to be avoided in this patient is given less often.
 */
safety: number | null,
/**
 * Log-probability of the name after the case, in nats: up to the token that tells it from all others of the formulary.
 */
model_case: number | null,
/**
 * Log-probability of the name after an empty case, in nats, up to the same token.
 */
model_empty: number | null,
/**
 * Similar past admissions.
 */
past: Past | null, };

export type SuggestedDrug = {
/**
 * Ingredient id.
 */
ingredient: string,
/**
 * Its name.
 */
name: Bilingual,
/**
 * ATC codes.
 */
atc: Array<string>,
/**
 * How often such patients are given it, 0 to 1.
 */
probability: number,
/**
 * Already taken.
 */
current: boolean,
/**
 * The diagnoses that it is for.
 */
for: Array<IndicationFor>,
/**
 * Given for comfort or hospital routine, whatever the diagnosis.
 */
supportive: boolean,
/**
 * What it is for, in a word.
 */
purpose: Bilingual | null,
/**
 * Why it is listed.
 */
reason: Bilingual,
/**
 * The usual dose.
 */
dose: DoseText,
/**
 * What spoke for it.
 */
evidence: Evidence,
/**
 * Ids of findings.
 */
findings: Array<string>,
/**
 * Ingredients that would serve the same purpose.
 */
alternatives: Array<string>, };

export type WithheldDrug = {
/**
 * Ingredient id.
 */
ingredient: string,
/**
 * Its name.
 */
name: Bilingual,
/**
 * How often such patients are given it.
 */
probability: number,
/**
 * Already taken: to be stopped or changed by the clinician.
 */
current: boolean,
/**
 * Ids of findings.
 */
findings: Array<string>, };

export type ConsideredReason = "below_threshold" | "alternative" | "setting";

export type ConsideredDrug = {
/**
 * Ingredient id.
 */
ingredient: string,
/**
 * How often such patients are given it.
 */
probability: number,
/**
 * Why not.
 */
reason: ConsideredReason,
/**
 * Ids of findings.
 */
findings: Array<string>, };

export type Advice = {
/**
 * English, from the knowledge base.
 */
en: string,
/**
 * Korean, from the knowledge base.
 */
ko: string,
/**
 * A paragraph by the model that passed its checks; unreviewed, and apart from the advice.
 */
model_written: string | null, };

export type Provenance = {
/**
 * Hash of the model file.
 */
model: string | null,
/**
 * Hash of the adapter file.
 */
adapter: string | null,
/**
 * Hash of the knowledge packs.
 */
knowledge: string,
/**
 * Version of the rules.
 */
rules: string,
/**
 * Hash of the prompt's fixed parts.
 */
prompt: string | null,
/**
 * Hash of the learned prior.
 */
prior: string | null,
/**
 * Hash of the case, without name and number.
 */
case: string,
/**
 * `score` or `generate`; null without a model.
 */
method: string | null,
/**
 * Where the model ran.
 */
backend: string | null,
/**
 * Threads of the model.
 */
threads: number | null,
/**
 * Seed.
 */
seed: number,
/**
 * Version of the program.
 */
bogam: string, };

export type Timing = {
/**
 * Prefill of the case.
 */
prefill: number,
/**
 * Scoring or generating.
 */
score: number,
/**
 * Safety checks.
 */
safety: number,
/**
 * Advice.
 */
advice: number,
/**
 * All.
 */
total: number, };

export type Status = "ok" | "error";

export type RecordError = {
/**
 * Stable code.
 */
code: string,
/**
 * What is wrong and what to do.
 */
message: string,
/**
 * Field of the record, where one is at fault.
 */
field: string | null,
/**
 * Line of the input, from 1.
 */
line: number | null, };

export type SuggestionRecord = {
/**
 * Identifier of the case.
 */
case_id: string,
/**
 * `ok`.
 */
status: Status,
/**
 * Null.
 */
error: RecordError | null,
/**
 * The regimen, by probability.
 */
drugs: Array<SuggestedDrug>,
/**
 * Taken out by critical findings.
 */
withheld: Array<WithheldDrug>,
/**
 * Every other candidate.
 */
considered: Array<ConsideredDrug>,
/**
 * What the checks found.
 */
findings: Array<Finding>,
/**
 * What could not be checked.
 */
not_evaluated: Array<NotEvaluated>,
/**
 * Drugs, allergens, codes and fields that were not recognised, as written.
 */
unrecognised: Array<string>,
/**
 * Codes of things to know about this answer.
 */
notices: Array<string>,
/**
 * Advice for the patient; null when not asked for.
 */
advice: Advice | null,
/**
 * What made the answer.
 */
provenance: Provenance,
/**
 * Time spent.
 */
timing_ms: Timing, };

export type CheckRecord = {
/**
 * Identifier of the case.
 */
case_id: string,
/**
 * `ok`.
 */
status: Status,
/**
 * Null.
 */
error: RecordError | null,
/**
 * What the checks found.
 */
findings: Array<Finding>,
/**
 * What could not be checked.
 */
not_evaluated: Array<NotEvaluated>,
/**
 * Drugs, allergens, codes and fields that were not recognised, as written.
 */
unrecognised: Array<string>,
/**
 * Codes of things to know about this answer.
 */
notices: Array<string>,
/**
 * What made the answer.
 */
provenance: Provenance,
/**
 * Time spent.
 */
timing_ms: Timing, };

export type ErrorRecord = {
/**
 * Identifier of the case, where it could be read.
 */
case_id: string | null,
/**
 * Line of the input, from 1.
 */
line: number,
/**
 * `error`.
 */
status: Status,
/**
 * The first fault.
 */
error: RecordError,
/**
 * All faults, where there are several.
 */
errors?: Array<RecordError>,
/**
 * Empty.
 */
drugs: Array<SuggestedDrug>, };

export type NameMatch = "exact" | "alias" | "combination" | "not_a_drug" | "none";

export type NormalisedRecord = {
/**
 * The name as it came.
 */
input: string,
/**
 * Ingredient id; null with `none` and `not_a_drug`.
 */
ingredient: string | null,
/**
 * ATC codes.
 */
atc: Array<string>,
/**
 * How it was matched.
 */
match: NameMatch, };

export type RecordedDrug = {
/**
 * Ingredient id.
 */
ingredient: string,
/**
 * ATC codes.
 */
atc: Array<string>,
/**
 * Names as recorded.
 */
names: Array<string>,
/**
 * Hours from admission to the first start; null when unknown.
 */
first_hour: number | null,
/**
 * Hours from admission to the last stop; null when unknown.
 */
last_hour: number | null, };

export type RecordedAdmission = {
/**
 * Identifier of the case.
 */
case_id: string,
/**
 * Identifier of the patient.
 */
patient_id: string,
/**
 * Drugs by ingredient.
 */
drugs: Array<RecordedDrug>,
/**
 * Rows that are no drug.
 */
not_drugs: number,
/**
 * Names that no ingredient is known for.
 */
unmapped: Array<string>, };

export type JsonValue = number | string | boolean | Array<JsonValue> | { [key in string]: JsonValue } | null;
