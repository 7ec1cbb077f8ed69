import type { DrugInput, Lang } from '../../bindings/clinical';
import type * as C from '../cases';
import { ApiError } from '../error';
import type * as S from '../session';
import { Cases } from './cases';
import { checkDrug, drugsChanged, needsOverrides } from './decide';
import { AGREEMENT, IMPORTED } from './review';

/** Suggestions: made, decided, signed, reviewed. */
export class Suggestions extends Cases {
  async suggest(a: {
    key: number;
    options: C.SuggestOptions;
    on: (progress: S.Progress) => void;
  }): Promise<{ suggestion: number }> {
    this.needs('clinician');
    const c = this.caseOf(a.key);
    const job = this.next++;
    a.on({ kind: 'job', job });
    const steps: [S.Stage, number, number | null][] = [
      ['reading', 0, null],
      ['candidates', 48, null],
      ['scoring', 12, 48],
      ['scoring', 31, 48],
      ['scoring', 48, 48],
      ['safety', 140, 140],
      ['advice', 0, null],
      ['saving', 0, null],
    ];
    for (const [stage, done, total] of steps) {
      await this.wait(this.delay > 0 ? this.delay : 1);
      if (this.stopped.has(job)) throw new ApiError('cancelled');
      a.on({ kind: 'stage', stage, done, total });
    }
    const view = await this.make(c, a.options.without_model, a.options.model);
    c.status = 'suggested';
    c.job = 'done';
    return { suggestion: view.id };
  }
  protected of(id: number): C.SuggestionView {
    this.me();
    const found = this.suggestions.get(id);
    if (found === undefined) throw new ApiError('vault.not_found');
    return found;
  }
  protected give(view: C.SuggestionView): C.SuggestionView {
    return structuredClone(view);
  }
  async read_suggestion(a: { id: number }): Promise<C.SuggestionView> {
    await this.wait();
    return this.give(this.of(a.id));
  }
  async decide(a: { id: number; decisions: C.Decision[]; overrides: C.FindingOverride[] }): Promise<C.SuggestionView> {
    this.needs('clinician');
    const view = this.of(a.id);
    for (const { decision, ingredient, changed_to } of a.decisions) {
      if ((decision === 'changed') !== (changed_to !== null)) throw new ApiError('vault.refused');
      if (changed_to !== null) needsOverrides(checkDrug(view, changed_to, ingredient), a.overrides);
    }
    for (const decision of a.decisions) {
      view.decisions = view.decisions.filter((d) => d.decision.ingredient !== decision.ingredient);
      view.decisions.push({ decision, at: this.now(), person: this.me().name });
    }
    view.overrides.push(...a.overrides);
    drugsChanged(view);
    return this.give(view);
  }
  async undo_decision(a: { id: number; ingredient: string }): Promise<C.SuggestionView> {
    const view = this.of(a.id);
    if (!view.open) throw new ApiError('vault.refused');
    view.decisions = view.decisions.filter((d) => d.decision.ingredient !== a.ingredient);
    drugsChanged(view);
    return this.give(view);
  }
  async check_drug(a: { id: number; drug: DrugInput; instead_of: string | null }): Promise<C.AddedDrug> {
    return structuredClone(checkDrug(this.of(a.id), a.drug, a.instead_of));
  }
  async add_drug(a: { id: number; drug: DrugInput; overrides: C.FindingOverride[] }): Promise<C.SuggestionView> {
    this.needs('clinician');
    const view = this.of(a.id);
    const added = checkDrug(view, a.drug, null);
    needsOverrides(added, a.overrides);
    if (!view.added.some((d) => d.ingredient === added.ingredient)) view.added.push(added);
    view.overrides.push(...a.overrides);
    drugsChanged(view);
    return this.give(view);
  }
  async remove_added(a: { id: number; ingredient: string }): Promise<C.SuggestionView> {
    this.needs('clinician');
    const view = this.of(a.id);
    if (!view.open) throw new ApiError('vault.refused');
    view.added = view.added.filter((d) => d.ingredient !== a.ingredient);
    view.decisions = view.decisions.filter((d) => d.decision.ingredient !== a.ingredient);
    drugsChanged(view);
    return this.give(view);
  }
  async override_finding(a: { id: number; override: C.FindingOverride }): Promise<C.SuggestionView> {
    this.needs('clinician');
    const view = this.of(a.id);
    view.overrides.push(a.override);
    return this.give(view);
  }
  async sign(a: { id: number }): Promise<C.SuggestionView> {
    this.needs('clinician');
    const view = this.of(a.id);
    const open = view.record.drugs.filter((d) => !view.decisions.some((x) => x.decision.ingredient === d.ingredient));
    if (open.length > 0) throw new ApiError('vault.refused');
    view.signatures.push({ version: view.signatures.length + 1, at: this.now(), person: this.me().name });
    view.open = false;
    this.caseOf(view.key).status = 'signed';
    return this.give(view);
  }
  async save_advice(a: { id: number; lang: Lang; text: string }): Promise<C.SuggestionView> {
    const view = this.of(a.id);
    const { advice, record } = view;
    if (advice !== null) {
      const text = a.text.trim() === '' ? (record.advice?.[a.lang] ?? '') : a.text;
      const next = { ...advice, [a.lang]: text, outdated: false, confirmed: null };
      view.advice = { ...next, edited: next.ko !== record.advice?.ko || next.en !== record.advice.en };
    }
    return this.give(view);
  }
  async confirm_advice(a: { id: number }): Promise<C.SuggestionView> {
    const view = this.of(a.id);
    if (view.advice !== null) view.advice.confirmed = { person: this.me().name, at: this.now() };
    return this.give(view);
  }
  async print_leaflet(a: {
    id: number;
    lang: Lang;
    paper: 'a4' | 'a5';
    to: 'printer' | 'file';
  }): Promise<{ path: string } | null> {
    this.of(a.id);
    return a.to === 'file' ? { path: `/home/ward/leaflet-${a.paper}-${a.lang}.pdf` } : null;
  }

  // --- Review ---

  async review_queue(a: {
    after: number | null;
    limit: number;
    undone: boolean;
  }): Promise<{ items: C.ReviewItem[]; total: number }> {
    this.needs('reviewer');
    await this.wait();
    for (const c of this.cases.filter((x) => x.key < 3)) await this.read_case({ key: c.key, version: null });
    const items = [...this.suggestions.values()].map((s) => {
      const c = this.caseOf(s.key);
      const row = this.rowOf(c);
      return {
        suggestion: s.id,
        key: s.key,
        case_id: row.case_id,
        diagnoses: row.diagnoses,
        listed: s.record.drugs.length,
        reviewed: new Set(s.reviews.map((r) => r.review.ingredient)).size,
        disagreements: s.reviews.filter((r) => r.review.verdict === 'disagree').length,
        at: s.at,
        signed: !s.open,
      };
    });
    const wanted = items.filter((i) => !a.undone || i.reviewed < i.listed);
    return { items: wanted.slice(0, a.limit), total: wanted.length };
  }
  async save_review(a: { id: number; review: C.Review }): Promise<C.SuggestionView> {
    this.needs('reviewer');
    const view = this.of(a.id);
    view.reviews.push({ review: a.review, at: this.now(), person: this.me().name });
    return this.give(view);
  }
  async export_csv(): Promise<{ path: string; rows: number } | null> {
    return { path: '/media/usb/bogam-2026-03-02.csv', rows: 1204 };
  }
  async import_reviews(): Promise<C.ImportedReviews | null> {
    return structuredClone(IMPORTED);
  }
  async agreement(): Promise<C.Agreement> {
    return structuredClone(AGREEMENT);
  }
}
