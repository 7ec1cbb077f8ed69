import { api, ApiError, type AddedDrug, type FindingOverride } from '../api';
import type { Bilingual, DrugInput } from '../bindings/clinical';
import { quiet } from './load.svelte';
import { drugOf, NO_DOSE, unreadable, type DoseForm } from './regimenDose';

const CHECK_MS = 150;

/** A reason for giving a drug against a critical finding: a code, and words. */
export interface Reasoned {
  reason: string;
  note: string;
}

/** Whether a reason is enough: *other* needs words. */
export function isReason({ reason, note }: Reasoned): boolean {
  return reason !== '' && (reason !== 'other_with_text' || note.trim() !== '');
}

/** One override for each critical finding. */
export function overridesOf(findings: AddedDrug['findings'], { reason, note }: Reasoned): FindingOverride[] {
  return findings
    .filter((f) => f.tier === 'critical')
    .map((f) => ({ finding: f.id, code: f.code, reason, note: note.trim() || null }));
}

/** A drug that a person thinks of giving, added or in another's place: checked with its dose before it is taken. */
export class Trial {
  readonly insteadOf: string | null;
  name = $state.raw<Bilingual | null>(null);
  form = $state<DoseForm>({ ...NO_DOSE });
  /** What the checks say of the form as it stands; null while they have not said it. */
  checked = $state.raw<AddedDrug | null>(null);
  checking = $state(false);
  error = $state.raw<ApiError | null>(null);
  private ingredient = $state('');
  private readonly id: number;
  private turn = 0;
  private soon = quiet(CHECK_MS, () => void this.check());

  readonly bad = $derived(unreadable(this.form));
  readonly drug: DrugInput | null = $derived(this.ingredient === '' ? null : drugOf(this.ingredient, this.form));
  readonly critical = $derived(this.checked?.findings.some((f) => f.tier === 'critical') ?? false);

  constructor(id: number, insteadOf: string | null) {
    this.id = id;
    this.insteadOf = insteadOf;
  }

  /** Begins with a drug, and a dose that was suggested or entered for it. Another drug has its dose entered anew. */
  async choose(hit: { ingredient: string; name: Bilingual }, form: DoseForm = NO_DOSE): Promise<void> {
    this.ingredient = hit.ingredient;
    this.name = hit.name;
    this.form = { ...form };
    this.checked = null;
    await this.check();
  }

  /** The dose was changed: what was found of another dose is no answer any more. */
  typed(): void {
    this.turn += 1;
    this.checked = null;
    this.soon.due();
  }

  async check(): Promise<void> {
    this.soon.drop();
    const turn = ++this.turn;
    const drug = this.drug;
    this.error = null;
    if (drug === null) return;
    this.checking = true;
    try {
      const found = await api().check_drug({ id: this.id, drug, instead_of: this.insteadOf });
      if (turn === this.turn) this.checked = found;
    } catch (thrown) {
      if (turn === this.turn) this.error = ApiError.of(thrown);
    } finally {
      if (turn === this.turn) this.checking = false;
    }
  }

  /** What was chosen and entered, to be kept over a lock. */
  get entered(): { hit: { ingredient: string; name: Bilingual }; form: DoseForm } | null {
    return this.name === null
      ? null
      : { hit: { ingredient: this.ingredient, name: this.name }, form: { ...this.form } };
  }

  clear(): void {
    this.soon.drop();
    this.turn += 1;
    this.ingredient = '';
    this.name = null;
    this.form = { ...NO_DOSE };
    this.checked = null;
    this.checking = false;
    this.error = null;
  }

  /** Whether it can be taken as it stands: checked, and reasoned where that is needed. */
  ready(reasoned: Reasoned): boolean {
    return this.checked !== null && (!this.critical || isReason(reasoned));
  }
}
