import {
  api,
  ApiError,
  type Decision,
  type FindingOverride,
  type Progress,
  type Stage,
  type SuggestOptions,
  type SuggestionView,
} from '../api';
import type { Finding, Lang } from '../bindings/clinical';
import type { MarkKind } from '../widgets/Mark.svelte';
import { Loaded } from './load.svelte';
import { reading } from './measure';
import {
  bySeverity,
  counts,
  isPlain,
  marksOf,
  needsDecision,
  needsReason,
  rowsOf,
  undecided,
  wholeFindings,
  type Row,
} from './regimen';
import { overridesOf, type Reasoned, type Trial } from './suggestionTrial.svelte';

/** A suggestion in the making. */
export interface Running {
  job: number | null;
  stage: Stage;
  done: number;
  total: number | null;
  stopping: boolean;
}

/** What is asked for in place before a decision is stored. */
export type AskKind = 'change' | 'reject' | 'override';
export type Asking = {
  kind: AskKind;
  ingredient: string;
  /** What the checks say of it beside the drugs that were added or changed since the list was made. */
  found?: Finding[];
} | null;

/** The suggestion of a case: read, made, decided drug by drug, signed. */
export class Suggestion {
  readonly loaded = new Loaded<SuggestionView>();
  running = $state.raw<Running | null>(null);
  /** Why the last run or the last decision did not succeed. */
  error = $state.raw<ApiError | null>(null);
  selected = $state(0);
  asking = $state.raw<Asking>(null);
  filter = $state<MarkKind | null>(null);
  saving = $state(false);
  /** The newest suggestion of the case, where that is known: only that one is decided. */
  newest = $state<number | null>(null);
  /** Somebody asked to change what is signed: the next decision begins a new version. */
  revising = $state(false);

  readonly view = $derived(this.loaded.value);
  readonly rows = $derived(this.view === null ? [] : rowsOf(this.view));
  readonly whole = $derived(this.view === null ? [] : wholeFindings(this.view));
  readonly counts = $derived(this.view === null ? null : counts(this.view, this.rows));
  readonly shown = $derived.by(() => {
    const filter = this.filter;
    return filter === null ? this.rows : this.rows.filter((row) => marksOf(row).has(filter));
  });
  readonly current: Row | null = $derived(this.shown[Math.min(this.selected, this.shown.length - 1)] ?? null);
  readonly plain = $derived(this.rows.filter(isPlain));
  readonly left = $derived(undecided(this.rows));
  readonly total = $derived(this.rows.filter(needsDecision).length);
  readonly signature = $derived(this.view?.open === false ? (this.view.signatures.at(-1) ?? null) : null);
  /** It answers an earlier version of the case, or a newer one was made: it is read, and not decided. */
  readonly old = $derived(
    this.view !== null && (!this.view.present || (this.newest !== null && this.newest !== this.view.id)),
  );
  /** Nothing can be decided on it as it stands. */
  readonly frozen = $derived(this.old || (this.signature !== null && !this.revising));

  async read(id: number): Promise<void> {
    this.reset();
    await this.loaded.from(() => reading(() => api().read_suggestion({ id })));
  }

  private reset(): void {
    this.selected = 0;
    this.asking = null;
    this.filter = null;
    this.revising = false;
    this.error = null;
  }

  /** Makes a suggestion for the present version of a case. Nothing of it is shown before its checks ran. */
  async run(key: number, options: SuggestOptions): Promise<number | null> {
    if (this.running !== null) return null;
    this.error = null;
    this.running = { job: null, stage: 'waiting', done: 0, total: null, stopping: false };
    try {
      const made = await api().suggest({ key, options, on: (progress) => this.heard(progress) });
      await this.read(made.suggestion);
      return made.suggestion;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return null;
    } finally {
      this.running = null;
    }
  }

  private heard(progress: Progress): void {
    if (this.running === null) return;
    if (progress.kind === 'job') {
      this.running = { ...this.running, job: progress.job };
      // Asked to stop before the number was known.
      if (this.running.stopping) void this.sendStop(progress.job);
    } else if (progress.kind === 'stage') {
      this.running = { ...this.running, stage: progress.stage, done: progress.done, total: progress.total };
    }
  }

  async stop(): Promise<void> {
    if (this.running === null || this.running.stopping) return;
    this.running = { ...this.running, stopping: true };
    if (this.running.job !== null) await this.sendStop(this.running.job);
  }

  private async sendStop(job: number): Promise<void> {
    try {
      await api().stop_job({ job });
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    }
  }

  move(by: number): void {
    const last = this.shown.length - 1;
    this.selected = Math.max(0, Math.min(last, Math.min(this.selected, last) + by));
    this.asking = null;
  }

  choose(ingredient: string): void {
    const at = this.shown.findIndex((row) => row.ingredient === ingredient);
    if (at === -1 || at === this.selected) return;
    this.selected = at;
    this.asking = null;
  }

  show(filter: MarkKind | null): void {
    this.filter = this.filter === filter ? null : filter;
    this.selected = 0;
    this.asking = null;
  }

  /** Whether a decision can be made on a drug: one that has none, or one of a signed version that is being revised. */
  open(row: Row): boolean {
    return !this.frozen && (row.decision === null || this.view?.open === false);
  }

  /** What can be said of a drug. One that is withheld and not taken now is not given, and has nothing to stop or change. */
  may(kind: AskKind, row: Row | null = this.current): boolean {
    return row !== null && this.open(row) && (kind === 'override' || needsDecision(row));
  }

  ask(kind: AskKind, row: Row | null = this.current): void {
    if (row === null || !this.may(kind, row)) return;
    this.choose(row.ingredient);
    this.asking = { kind, ingredient: row.ingredient };
  }

  /** Accepts the drug that is selected. A withheld one, or one with a critical finding, asks why first. */
  async accept(row: Row | null = this.current): Promise<void> {
    if (row === null || !this.open(row)) return;
    if (needsReason(row)) this.ask('override', row);
    else {
      await this.decide([decision(row.ingredient, 'accepted')], true);
      await this.faceWhatIsNew(row);
    }
  }

  /** Refused for a critical finding that the list does not have: it is shown, and a reason is asked for. */
  private async faceWhatIsNew(row: Row): Promise<void> {
    const id = this.view?.id;
    if (id === undefined || this.error?.code !== 'drug.needs_override') return;
    const drug = row.kind === 'added' ? row.drug.drug : row.ingredient;
    try {
      const checked = await api().check_drug({ id, drug, instead_of: row.ingredient });
      const known = new Set(row.findings.map((finding) => finding.id));
      const found = checked.findings.filter((finding) => !known.has(finding.id)).sort(bySeverity);
      this.asking = { kind: 'override', ingredient: row.ingredient, found };
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    }
  }

  async acceptPlain(): Promise<number> {
    const decisions = this.plain.map((row) => decision(row.ingredient, 'accepted'));
    if (decisions.length > 0) await this.decide(decisions);
    return decisions.length;
  }

  async reject(ingredient: string, reason: string, note: string): Promise<void> {
    await this.decide([{ ...decision(ingredient, 'rejected'), reason, note: note.trim() || null }], true);
  }

  /** Gives another drug or dose in its place, as it was checked. */
  async change(ingredient: string, to: Trial, reasoned: Reasoned): Promise<void> {
    if (to.checked === null || !to.ready(reasoned)) return;
    const overrides = to.critical ? overridesOf(to.checked.findings, reasoned) : [];
    const changed: Decision = {
      ...decision(ingredient, 'changed'),
      changed_to: to.checked.drug,
      reason: to.critical ? reasoned.reason : null,
      note: reasoned.note.trim() || null,
    };
    await this.decide([changed], true, overrides);
    // Found meanwhile: the checks are asked again, and what they say now is shown.
    if (this.error?.code === 'drug.needs_override') await to.check();
  }

  /** Gives a drug all the same: each critical finding is overridden with a reason, and it is accepted, in one. */
  async override(row: Row, reasoned: Reasoned): Promise<void> {
    const accepted = {
      ...decision(row.ingredient, 'accepted'),
      reason: reasoned.reason,
      note: reasoned.note.trim() || null,
    };
    const found = this.asking?.found ?? [];
    await this.decide([accepted], true, overridesOf([...row.findings, ...found], reasoned));
    await this.faceWhatIsNew(row);
  }

  async undo(ingredient: string): Promise<void> {
    const id = this.view?.id;
    if (id !== undefined && !this.frozen) await this.save(() => api().undo_decision({ id, ingredient }));
  }

  private async decide(decisions: Decision[], advance = false, overrides: FindingOverride[] = []): Promise<void> {
    const id = this.view?.id;
    if (id === undefined || this.frozen) return;
    const done = await this.save(() => api().decide({ id, decisions, overrides }));
    // On to the next drug that waits; with a filter the rows stay as they are.
    if (done && advance && this.selected < this.shown.length - 1) this.selected += 1;
  }

  async sign(): Promise<boolean> {
    const id = this.view?.id;
    if (id === undefined || this.frozen || this.left.length > 0) return false;
    return this.save(() => api().sign({ id }));
  }

  /** Adds a drug of one's own, as it was checked. */
  async add(trial: Trial, reasoned: Reasoned): Promise<boolean> {
    const id = this.view?.id;
    const { checked } = trial;
    if (id === undefined || this.frozen || checked === null || !trial.ready(reasoned)) return false;
    const overrides = trial.critical ? overridesOf(checked.findings, reasoned) : [];
    const added = await this.save(() => api().add_drug({ id, drug: checked.drug, overrides }));
    if (!added && this.error?.code === 'drug.needs_override') await trial.check();
    return added;
  }

  /** Takes a drug that was added out again. */
  async removeAdded(ingredient: string): Promise<void> {
    const id = this.view?.id;
    if (id !== undefined && !this.frozen) await this.save(() => api().remove_added({ id, ingredient }));
  }

  async saveAdvice(lang: Lang, text: string): Promise<boolean> {
    const id = this.view?.id;
    return id !== undefined && this.save(() => api().save_advice({ id, lang, text }));
  }

  /** Gives up the edited text, in both languages: what is composed of the drugs that are given now takes its place. */
  async composeAdvice(): Promise<boolean> {
    const id = this.view?.id;
    if (id === undefined) return false;
    return this.save(async () => {
      await api().save_advice({ id, lang: 'ko', text: '' });
      return api().save_advice({ id, lang: 'en', text: '' });
    });
  }

  async confirmAdvice(withModelWritten: boolean): Promise<void> {
    const id = this.view?.id;
    if (id !== undefined) await this.save(() => api().confirm_advice({ id, with_model_written: withModelWritten }));
  }

  /** Stores something and takes over what is in the vault then. What was asked stays open when that fails. */
  private async save(write: () => Promise<SuggestionView>): Promise<boolean> {
    if (this.saving) return false;
    this.saving = true;
    this.error = null;
    try {
      this.loaded.set(await write());
      this.asking = null;
      // The new version has begun.
      if (this.view?.open) this.revising = false;
      return true;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return false;
    } finally {
      this.saving = false;
    }
  }
}

function decision(ingredient: string, kind: Decision['decision']): Decision {
  return { ingredient, decision: kind, changed_to: null, reason: null, note: null };
}
