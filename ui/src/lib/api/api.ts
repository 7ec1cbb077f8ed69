/**
 * Every call of the window, in one place. Each method is a command of the program behind it: its name in `snake_case`,
 * its argument one object of `snake_case` fields, its result as written here. `tauri.ts` sends them; `fake.ts` answers
 * them in memory for tests, for `npm run dev` and for screenshots.
 *
 * What holds for all of them:
 *
 * - They fail with `{ code, params }` (`ApiErrorData`). Codes are permanent; the window has the words (`i18n`,
 *   `error.*`). Those of the vault, the engine and `app` cross as they are (`vault.wrong_passphrase` with `failures` and
 *   `wait_s`; `vault.in_use` with `holder`; `vault.full`; `model.failed`…). Besides them: `locked` (nobody is signed in),
 *   `not_permitted` with `role`, `cancelled` (a person stopped the job).
 * - Times are ISO 8601 with zone, apart from those inside a case.
 * - `on` is a channel for what comes while the work goes on. Its first message is the job's number.
 * - Dialogs for files are opened by the program, which alone knows paths. A call that opens one gives null when the
 *   person closes it without choosing.
 * - When a call that writes returns, what it wrote is on the disk.
 */
import type { Bilingual, CaseInput, DrugInput, Lang } from '../bindings/clinical';
import type * as C from './cases';
import type * as S from './session';
import type * as T from './site';
import type * as K from './talk';
import type * as R from './training';

export interface Api {
  // --- Start, first run, unlocking ---

  /** `start()`. Must answer within a second: no model, no knowledge, no vault is opened for it. */
  start(): Promise<S.Start>;
  /** `subscribe(on)`: events for as long as the window lives. Returns at once. */
  subscribe(on: (event: S.AppEvent) => void): Promise<void>;
  /** `create_vault({person, passphrase, preferences})`: the first person holds all roles. The key is shown once. */
  create_vault(a: {
    person: string;
    passphrase: string;
    preferences: S.Preferences;
  }): Promise<{ recovery_key: string }>;
  /**
   * `confirm_recovery_key({positions, groups})`: whether the groups at these positions (from 1) were typed right. Until
   * it said yes, the vault counts as not confirmed and `start` says so by opening on this step again.
   */
  confirm_recovery_key(a: { positions: number[]; groups: string[] }): Promise<boolean>;
  /**
   * `renew_recovery_key()`: draws a new one (administrators); the old one opens nothing any more. `confirm_recovery_key`
   * then says whether it was written down; until it did, `Session.recovery_confirmed` is false.
   */
  renew_recovery_key(): Promise<{ recovery_key: string }>;
  /** `finish_first_run()`: signs in whoever made the vault. */
  finish_first_run(): Promise<S.Session>;
  /** `unlock({person, passphrase})`. */
  unlock(a: { person: string; passphrase: string }): Promise<S.Session>;
  /** `unlock_with_recovery_key({recovery_key, person, passphrase})`: sets a new passphrase for a person. */
  unlock_with_recovery_key(a: { recovery_key: string; person: string; passphrase: string }): Promise<S.Session>;
  /** `lock()`: stops what runs, drops the key. */
  lock(): Promise<void>;
  /** `activity()`: somebody is here. At most once in ten seconds; the program keeps the clock. */
  activity(): Promise<void>;
  /** `save_preferences({preferences})`: of the person, or of the machine while nobody is signed in. */
  save_preferences(a: { preferences: S.Preferences }): Promise<void>;
  /**
   * `close_window({force})`: with `force` running jobs are interrupted, and can be run again. A training ends at a checkpoint
   * first, which may take a minute.
   */
  close_window(a: { force: boolean }): Promise<void>;
  /** `stop_job({job})`: returns within 200 ms; the job then fails with `cancelled`. */
  stop_job(a: { job: number }): Promise<void>;

  // --- Worklist and case ---

  /** `search_cases({query})`: the newest change first. Under 50 ms over 100,000 cases. */
  search_cases(a: { query: C.CaseQuery }): Promise<C.CasePage>;
  /** `read_case({key, version})`: the present version when `version` is null. */
  read_case(a: { key: number; version: number | null }): Promise<C.CaseView>;
  /** `new_case()`: an identifier that is free, and the present moment. Nothing is stored. */
  new_case(): Promise<CaseInput>;
  /** `check_case({content})`: what is wrong with a form, by field, and what follows from it. Under 20 ms. */
  check_case(a: { content: CaseInput }): Promise<C.CaseCheck>;
  /** `save_draft({draft, content})`: keeps a form as it is, a case or not. */
  save_draft(a: { draft: string; content: CaseInput }): Promise<{ at: string }>;
  /** `discard_draft({draft})`. */
  discard_draft(a: { draft: string }): Promise<void>;
  /** `drafts()`: own drafts of cases that were never saved, the newest first. */
  drafts(): Promise<C.NewDraft[]>;
  /**
   * `keep_text({place, text})`: keeps what is being typed anywhere else (advice, reasons, comments, questions), so that a
   * lock or a crash loses nothing. Null takes it away. `place` is a name such as `advice/12/ko`.
   */
  keep_text(a: { place: string; text: string | null }): Promise<void>;
  /** `kept_texts()`: all of them, of whoever is signed in. */
  kept_texts(): Promise<Record<string, string>>;
  /** `save_case({content, key, version})`: `version` is the one that was edited; `case.changed_meanwhile` if it is not the last. */
  save_case(a: { content: CaseInput; key: number | null; version: number | null }): Promise<C.CaseView>;
  /** `parse_case({text})`: JSON of one case, as pasted. Faults come back by field; what is readable is handed over. */
  parse_case(a: { text: string }): Promise<{ content: CaseInput | null; check: C.CaseCheck; unknown_fields: string[] }>;
  /** `import_cases()`: JSON lines by a dialog. Fields that nobody knows are told as notices `case.unknown_field`. */
  import_cases(a: { on: (progress: S.Progress) => void }): Promise<C.ImportedCases | null>;
  /** `search_diagnoses({query, limit})`: by code or words, Korean or English, with slips of the finger. */
  search_diagnoses(a: { query: string; limit: number }): Promise<C.DiagnosisHit[]>;
  /** `search_drugs({query, limit})`: ingredients and brands. */
  search_drugs(a: { query: string; limit: number }): Promise<C.DrugHit[]>;
  /** `search_allergens({query, limit})`. */
  search_allergens(a: { query: string; limit: number }): Promise<C.AllergenHit[]>;
  /** `search_labs({query, limit})`: with units. An empty query gives the usual ones. */
  search_labs(a: { query: string; limit: number }): Promise<C.LabHit[]>;

  // --- Suggestion ---

  /** `suggest({key, options, on})`: of the present version. Ends when the suggestion is in the vault. */
  suggest(a: {
    key: number;
    options: C.SuggestOptions;
    on: (progress: S.Progress) => void;
  }): Promise<{ suggestion: number }>;
  /** `read_suggestion({id})`. */
  read_suggestion(a: { id: number }): Promise<C.SuggestionView>;
  /**
   * `decide({id, decisions, overrides})`: all in one transaction. After a signature this begins a new version. What will
   * be given then is checked as a whole: `drug.unknown` with `name` for another drug that the packs do not have,
   * `drug.needs_override` with `ingredient` and `code` for the first critical finding that no override names.
   */
  decide(a: { id: number; decisions: C.Decision[]; overrides: C.FindingOverride[] }): Promise<C.SuggestionView>;
  /** `undo_decision({id, ingredient})`: back to undecided, as long as it is not signed. */
  undo_decision(a: { id: number; ingredient: string }): Promise<C.SuggestionView>;
  /**
   * `check_drug({id, drug, instead_of})`: what the checks say of one more drug beside those that will be given (not the
   * rejected ones, and not the one whose place it takes); nothing is stored. Under 100 ms.
   */
  check_drug(a: { id: number; drug: DrugInput; instead_of: string | null }): Promise<C.AddedDrug>;
  /** `add_drug({id, drug, overrides})`: a critical finding needs an override with a reason. */
  add_drug(a: { id: number; drug: DrugInput; overrides: C.FindingOverride[] }): Promise<C.SuggestionView>;
  /** `remove_added({id, ingredient})`: takes an added drug out again, as long as it is not signed. */
  remove_added(a: { id: number; ingredient: string }): Promise<C.SuggestionView>;
  /** `override_finding({id, override})`: for a drug that was withheld or warned of. `override_reason` says which reasons do. */
  override_finding(a: { id: number; override: C.FindingOverride }): Promise<C.SuggestionView>;
  /** `sign({id})`: every drug is decided; frozen from here on. */
  sign(a: { id: number }): Promise<C.SuggestionView>;
  /** `save_advice({id, lang, text})`. */
  save_advice(a: { id: number; lang: Lang; text: string }): Promise<C.SuggestionView>;
  /** `confirm_advice({id, with_model_written})`: a clinician has read it. */
  confirm_advice(a: { id: number; with_model_written: boolean }): Promise<C.SuggestionView>;
  /** `print_leaflet({id, lang, paper, to})`: typeset by the program. Gives the path, or null. */
  print_leaflet(a: {
    id: number;
    lang: Lang;
    paper: 'a4' | 'a5';
    to: 'printer' | 'file';
  }): Promise<{ path: string } | null>;

  // --- Review ---

  /** `review_queue({after, limit, undone})`. */
  review_queue(a: {
    after: number | null;
    limit: number;
    undone: boolean;
  }): Promise<{ items: C.ReviewItem[]; total: number }>;
  /** `save_review({id, review})`. */
  save_review(a: { id: number; review: C.Review }): Promise<C.SuggestionView>;
  /** `export_csv({deidentified})`: by a dialog. */
  export_csv(a: { deidentified: boolean }): Promise<{ path: string; rows: number } | null>;
  /** `import_reviews()`: by a dialog. */
  import_reviews(): Promise<C.ImportedReviews | null>;
  /** `agreement()`. */
  agreement(): Promise<C.Agreement>;

  // --- Consultation ---

  /** `conversations({key})`: of whoever is signed in, the newest first. */
  conversations(a: { key: number | null }): Promise<{ id: number; at: string; first: string }[]>;
  /** `read_conversation({id})`. */
  read_conversation(a: { id: number }): Promise<K.Conversation>;
  /**
   * `consult({...})`: asks. `replace` names the position from which the conversation is written anew (edit, regenerate).
   * The red flags of the question come before the first word, and before a model is needed. A fault that comes after the
   * question was saved has its `conversation`, in which the window goes on.
   */
  consult(a: {
    id: number | null;
    key: number | null;
    text: string;
    replace: number | null;
    settings: K.GenerationSettings;
    on: (event: K.TalkEvent) => void;
  }): Promise<K.Conversation>;

  // --- Data and models ---

  /** `models()`. */
  models(): Promise<S.ModelView[]>;
  /** `add_model({path, on})`: by a dialog when `path` is null (a dropped file has one). Copied, hashed, checked. */
  add_model(a: { path: string | null; on: (progress: S.Progress) => void }): Promise<S.ModelView | null>;
  /** `verify_model({name, on})`. */
  verify_model(a: { name: string; on: (progress: S.Progress) => void }): Promise<S.ModelView>;
  /** `remove_model({name})`. */
  remove_model(a: { name: string }): Promise<void>;
  /** `set_model({name, default, settings})`: `adapter.other_model` when the adapter belongs to another one. */
  set_model(a: { name: string; default: boolean; settings: S.ModelSettings }): Promise<S.ModelView>;
  /** `adapters()`: the newest first. */
  adapters(): Promise<R.AdapterView[]>;
  /** `add_adapter({on})`: by a dialog. What `bogam train` left beside it is taken over. */
  add_adapter(a: { on: (progress: S.Progress) => void }): Promise<R.AdapterView | null>;
  /** `remove_adapter({name})`: models that it was attached to are run without one. */
  remove_adapter(a: { name: string }): Promise<void>;

  // --- Training ---

  /** `training()`: presets, the samples that were chosen, all runs, and those that cannot be read. */
  training(): Promise<R.Training>;
  /** `choose_samples()`: by a dialog. The program remembers the file until the window is closed. */
  choose_samples(): Promise<R.SamplesFile | null>;
  /** `plan_training({choice, on})`: reads the samples and says what a run will be. Nothing is written. It can be stopped. */
  plan_training(a: { choice: R.TrainingChoice; on: (progress: S.Progress) => void }): Promise<R.TrainingPlan>;
  /** `train({choice, on})`: one run at a time (`training.busy`). It goes on when the vault is locked. */
  train(a: { choice: R.TrainingChoice; on: (progress: S.Progress) => void }): Promise<R.TrainingRun>;
  /**
   * `resume_training({id, on})`: from the last checkpoint, with the settings that it had. `training.other_run` when samples or
   * model are others now.
   */
  resume_training(a: { id: string; on: (progress: S.Progress) => void }): Promise<R.TrainingRun>;
  /** `training_losses({id})`: as far as the last checkpoint. */
  training_losses(a: { id: string }): Promise<R.Loss[]>;
  /** `use_training({id})`: takes the adapter of a run that is done, and attaches it to its model. */
  use_training(a: { id: string }): Promise<R.AdapterInUse>;
  /** `remove_training({id})`: an adapter that was taken from it stays. Also of one that cannot be read. */
  remove_training(a: { id: string }): Promise<void>;

  // --- Knowledge, tables, evaluations ---

  /** `packs()`. */
  packs(): Promise<T.PackView[]>;
  /** `open_pack()`: reads a pack by a dialog and says what it would change. */
  open_pack(): Promise<T.PackDifference | null>;
  /** `import_pack({token})`: takes in what `open_pack` showed. */
  import_pack(a: { token: string }): Promise<T.PackView[]>;
  /**
   * `import_tables({learn, on})`: a folder of MIMIC tables, by a dialog. No case comes into the vault; the accounting, what
   * was learned and its evaluation stay. `prior.not_evaluated` is a notice.
   */
  import_tables(a: { learn: boolean; on: (progress: S.Progress) => void }): Promise<T.ImportReport | null>;
  /** `imports()`: reports of earlier ones, the newest first. */
  imports(): Promise<T.ImportReport[]>;
  /** `evaluations()`: the reports in the folder `evaluations` beside the vault, the newest first. */
  evaluations(): Promise<T.EvaluationView[]>;

  // --- People, audit, backup, about ---

  /** `people()`. */
  people(): Promise<T.PersonView[]>;
  /** `add_person({name, passphrase, roles})`. */
  add_person(a: { name: string; passphrase: string; roles: S.Role[] }): Promise<T.PersonView[]>;
  /** `set_roles({id, roles})`. */
  set_roles(a: { id: number; roles: S.Role[] }): Promise<T.PersonView[]>;
  /** `remove_person({id})`. */
  remove_person(a: { id: number }): Promise<T.PersonView[]>;
  /** `reset_passphrase({id, passphrase})`. */
  reset_passphrase(a: { id: number; passphrase: string }): Promise<void>;
  /** `change_passphrase({present, passphrase})`: the own one. */
  change_passphrase(a: { present: string; passphrase: string }): Promise<void>;
  /** `audit({before, limit})`: the newest first. */
  audit(a: { before: number | null; limit: number }): Promise<{ lines: T.AuditLine[]; total: number }>;
  /** `verify_vault({on})`. */
  verify_vault(a: { on: (progress: S.Progress) => void }): Promise<T.VerifyReport>;
  /** `backup_state()`. */
  backup_state(): Promise<T.BackupView>;
  /** `backup({on})`: by a dialog. */
  backup(a: { on: (progress: S.Progress) => void }): Promise<T.BackupView | null>;
  /** `clinic()`: what stands on top of a leaflet. Empty until somebody entered it. */
  clinic(): Promise<T.Clinic>;
  /** `set_clinic({name, phone})`: a setting of the site (administrators). */
  set_clinic(a: T.Clinic): Promise<void>;
  /** `about()`. */
  about(): Promise<T.About>;
}

export type { Bilingual, CaseInput, DrugInput, Lang };
