import { api, ApiError, type CaseCheck, type CaseView } from '../api';
import type { AllergyObject, CaseInput, DiagnosisInput, DrugObject, LabInput } from '../bindings/clinical';
import { quiet } from './load.svelte';

const CHECK_MS = 120;
const DRAFT_MS = 500;

/** A case as the form holds it: every list entry as an object, nothing left out. */
export interface Form {
  case_id: string;
  as_of: string | null;
  patient: Omit<NonNullable<CaseInput['patient']>, 'allergies' | 'current_drugs' | 'labs'> & {
    allergies: AllergyObject[] | null;
    current_drugs: DrugObject[] | null;
    labs: LabInput[] | null;
  };
  admission: NonNullable<CaseInput['admission']>;
  diagnoses: DiagnosisInput[];
  notes: string | null;
  /** What the form does not show, kept as it came. */
  rest: Pick<CaseInput, 'prior_diagnoses' | 'past_drugs' | 'proposed_drugs'>;
}

export function toForm(content: CaseInput): Form {
  const patient = content.patient ?? {};
  return {
    case_id: content.case_id ?? '',
    as_of: content.as_of ?? null,
    patient: {
      ...patient,
      allergies: patient.allergies?.map((a) => (typeof a === 'string' ? { to: a } : { ...a })) ?? null,
      current_drugs: patient.current_drugs?.map((d) => (typeof d === 'string' ? { name: d } : { ...d })) ?? null,
      labs: patient.labs?.map((l) => ({ ...l })) ?? null,
    },
    admission: { ...content.admission },
    diagnoses: (content.diagnoses ?? []).map((d) => ({ ...d })),
    notes: content.notes ?? null,
    rest: {
      prior_diagnoses: content.prior_diagnoses,
      past_drugs: content.past_drugs,
      proposed_drugs: content.proposed_drugs,
    },
  };
}

export function toContent(form: Form): CaseInput {
  const { rest, ...shown } = form;
  const content: CaseInput = {
    ...rest,
    ...shown,
    notes: form.notes?.trim() ? form.notes : null,
    // The order in which they stand is their rank: the first is the main one.
    diagnoses: form.diagnoses.map((d, i) => ({ ...d, rank: i + 1 })),
  };
  return JSON.parse(JSON.stringify(content)) as CaseInput;
}

export type Saving = 'none' | 'due' | 'busy' | 'draft' | 'saved' | 'failed';

/** A case as it is typed: checked while it is, kept as a draft, saved as a version when it is one. */
export class CaseEditor {
  form = $state<Form | null>(null);
  opened = $state.raw<CaseView | null>(null);
  check = $state.raw<CaseCheck | null>(null);
  error = $state.raw<ApiError | null>(null);
  saving = $state<Saving>('none');
  savedAt = $state<string | null>(null);
  /** The form began with what was typed earlier and not saved as a version. */
  fromDraft = $state(false);
  /** The earlier version whose content the form began with. */
  base = $state<number | null>(null);
  /** Somebody, or a job, saved a newer version while this one is being edited. */
  overtaken = $state(false);
  /** Under which name the form is kept until it is saved: the identifier that it began with. */
  draft = $state<string | null>(null);
  /** Fields whose text is no number, by path. They keep the case from being saved. */
  unread = $state<Record<string, true>>({});
  /** What is missing is said once somebody tried to save. */
  tried = $state(false);
  private sent = '';
  private checking = quiet(CHECK_MS, () => void this.checkNow());
  private drafting = quiet(DRAFT_MS, () => void this.keep());
  private turn = 0;

  /**
   * Opens a case, or a new one. `draft`: what was kept of a case that was never saved. `base`: an earlier version, whose
   * content the next one begins with; gives back what that took the place of.
   */
  async open(
    key: number | null,
    { draft = null, base = null }: { draft?: string | null; base?: number | null } = {},
  ): Promise<CaseInput | null> {
    this.error = null;
    try {
      if (key === null) {
        await this.openNew(draft);
        return null;
      }
      const opened = await api().read_case({ key, version: null });
      const older = base === null ? null : await api().read_case({ key, version: base });
      this.opened = opened;
      this.draft = opened.case.case_id ?? null;
      this.savedAt = opened.draft?.at ?? opened.saved_at;
      this.fromDraft = opened.draft !== null;
      this.saving = opened.draft === null ? 'saved' : 'draft';
      this.begin(opened.draft?.content ?? opened.case);
      if (older === null) return null;
      this.base = base;
      await this.put({ ...older.case, case_id: opened.case.case_id ?? null });
      return opened.draft?.content ?? null;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return null;
    }
  }

  private async openNew(draft: string | null): Promise<void> {
    const kept = draft === null ? undefined : (await api().drafts()).find((d) => d.draft === draft);
    if (kept === undefined) {
      const content = await api().new_case();
      this.draft = content.case_id ?? null;
      this.begin(content);
      return;
    }
    this.draft = kept.draft;
    this.fromDraft = true;
    this.savedAt = kept.at;
    this.saving = 'draft';
    this.begin(kept.content);
  }

  /** Puts content into the form as if it had been typed, and keeps it at once. */
  async put(content: CaseInput): Promise<void> {
    this.form = toForm(content);
    this.unread = {};
    this.fromDraft = true;
    this.changed();
    await this.keep();
  }

  /** The case was changed elsewhere: what is typed here stays. */
  async refresh(): Promise<void> {
    const opened = this.opened;
    if (opened === null || this.saving === 'busy') return;
    try {
      const now = await api().read_case({ key: opened.key, version: null });
      // A save of this form was begun or finished in the meantime.
      if (this.opened !== opened) return;
      if (now.version === opened.version) this.opened = now;
      else if (this.saving === 'saved' && !this.fromDraft) {
        this.opened = now;
        this.savedAt = now.saved_at;
        this.begin(now.case);
      } else this.overtaken = true;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    }
  }

  private begin(content: CaseInput): void {
    this.form = toForm(content);
    this.sent = JSON.stringify(toContent(this.form));
    this.unread = {};
    this.tried = false;
    void this.checkNow();
  }

  /** The form was changed: it is checked, and kept, when the typing rests. */
  changed(): void {
    if (this.form === null || JSON.stringify(toContent(this.form)) === this.sent) return;
    this.saving = 'due';
    this.checking.due();
    this.drafting.due();
  }

  /** Whether the text of a number can be read. */
  readable(field: string, good: boolean): void {
    if (good === !(field in this.unread)) return;
    const others = Object.fromEntries(Object.entries(this.unread).filter(([name]) => name !== field));
    this.unread = good ? others : { ...others, [field]: true };
  }

  private async checkNow(): Promise<void> {
    if (this.form === null) return;
    const turn = ++this.turn;
    try {
      const check = await api().check_case({ content: toContent(this.form) });
      if (turn === this.turn) this.check = check;
    } catch (thrown) {
      if (turn === this.turn) this.error = ApiError.of(thrown);
    }
  }

  /** Keeps the form as a draft, if something was typed since the last time. False when it could not be kept. */
  async keep(): Promise<boolean> {
    this.drafting.drop();
    if (this.form === null) return true;
    const content = toContent(this.form);
    const text = JSON.stringify(content);
    if (text === this.sent || this.draft === null) return true;
    this.saving = 'busy';
    try {
      const { at } = await api().save_draft({ draft: this.draft, content });
      this.sent = text;
      this.savedAt = at;
      // What was typed while it was being kept is due still.
      this.saving = this.form !== null && JSON.stringify(toContent(this.form)) !== text ? 'due' : 'draft';
      return true;
    } catch (thrown) {
      this.saving = 'failed';
      this.error = ApiError.of(thrown);
      return false;
    }
  }

  errorOf(field: string): string | null {
    if (field in this.unread) return 'format';
    const found = this.check?.errors.find((e) => e.field === field)?.code ?? null;
    return found === 'missing' && !this.tried ? null : found;
  }

  get problems(): { field: string; code: string }[] {
    const unread = Object.keys(this.unread).map((field) => ({ field, code: 'format' }));
    return [...unread, ...(this.check?.errors ?? []).filter((e) => !(e.field in this.unread))];
  }

  /** Saves a version. Gives the case, or null when something is wrong still. */
  async save(): Promise<CaseView | null> {
    if (this.form === null || this.saving === 'busy') return null;
    this.tried = true;
    this.checking.drop();
    await this.checkNow();
    if (this.problems.length > 0) {
      await this.keep();
      return null;
    }
    this.drafting.drop();
    this.saving = 'busy';
    this.error = null;
    const content = toContent(this.form);
    try {
      const key = this.opened?.key ?? null;
      const saved = await api().save_case({ content, key, version: this.opened?.version ?? null });
      this.opened = saved;
      this.sent = JSON.stringify(content);
      // The name under which it was kept is not always that which it was saved under.
      const kept = this.draft;
      this.draft = saved.case.case_id ?? null;
      if (kept !== null && kept !== this.draft) await api().discard_draft({ draft: kept });
      this.savedAt = saved.saved_at;
      this.saving = 'saved';
      this.fromDraft = false;
      this.base = null;
      this.overtaken = false;
      return saved;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      this.saving = 'failed';
      // What was typed is not lost with the version that could not be saved.
      await api()
        .save_draft({ draft: this.draft ?? content.case_id ?? '', content })
        .then(
          () => (this.sent = JSON.stringify(content)),
          () => undefined,
        );
      return null;
    }
  }

  /** Throws away what was not saved. Gives it back, so that this can be undone; null when it could not be done. */
  async discardDraft(): Promise<CaseInput | null> {
    if (this.draft === null || this.form === null) return null;
    this.drafting.drop();
    const thrownAway = toContent(this.form);
    try {
      await api().discard_draft({ draft: this.draft });
      this.fromDraft = false;
      this.base = null;
      this.overtaken = false;
      if (this.opened === null) {
        // What is left of a new case is nothing: it is not kept again when the form goes.
        this.sent = JSON.stringify(thrownAway);
        this.saving = 'none';
      } else {
        this.begin(this.opened.case);
        this.savedAt = this.opened.saved_at;
        this.saving = 'saved';
      }
      return thrownAway;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return null;
    }
  }

  /** Takes in a pasted case. The identifier stays that of the case that is edited. */
  async paste(text: string): Promise<{ taken: boolean; unknown: string[] }> {
    try {
      const parsed = await api().parse_case({ text });
      if (parsed.content === null) return { taken: false, unknown: [] };
      const id = this.opened?.case.case_id ?? parsed.content.case_id ?? this.form?.case_id ?? null;
      const form = toForm({ ...parsed.content, case_id: id });
      this.form = form;
      this.unread = {};
      this.tried = true;
      this.changed();
      return { taken: true, unknown: parsed.unknown_fields };
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return { taken: false, unknown: [] };
    }
  }
}
