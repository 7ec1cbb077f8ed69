import type { CaseInput, DrugInput, Lang } from '../../bindings/clinical';
import type { Api } from '../api';
import type * as C from '../cases';
import { ApiError } from '../error';
import type * as S from '../session';
import type * as T from '../site';
import type * as K from '../talk';
import { checkCase, derive } from './check';
import { checkDrug, drugsChanged, lengthen, needsOverrides } from './decide';
import { diagnosisNames, drugNames, findAllergens, findDiagnoses, findDrugs, findLabs } from './knowledge';
import { CASES, madeUp, recordOf } from './patients';
import { AGREEMENT, allAccepted, IMPORTED } from './review';
import * as site from './site';
import { answer, flagsOf } from './talk';

const KEY = 'K7QD-M2XA-9RTV-C4HN-W8PZ-E3LB-Y6GS-5FJK-T1VC-N8RD-X4MQ-H7WA-P2ZE-B9LG'.split('-');
const PASSPHRASE = 'blue river quiet lamp';

/** How the fake begins: `?start=first_run|locked|open|broken&lang=ko|en&theme=…&role=…&cases=N&drugs=N&model=none&delay=ms`. */
export class Fake implements Api {
  private listen: (event: S.AppEvent) => void = () => undefined;
  private preferences: S.Preferences;
  private staff = structuredClone(site.PEOPLE);
  private known = structuredClone(site.MODELS);
  private signed: S.Session | null = null;
  private state: S.Start['vault'];
  private failures = 0;
  private cases = CASES.map((c, i) => ({
    key: i + 1,
    version: 1 + c.before.length,
    at: this.now(-(i + 1) * 7),
    ...structuredClone(c),
  }));
  private suggestions = new Map<number, C.SuggestionView>();
  private making = new Map<number, Promise<C.SuggestionView>>();
  private kept = new Map<string, { at: string; content: CaseInput }>();
  private texts = new Map<string, string>();
  private recovery = { key: KEY, confirmed: true };
  private leaflet: T.Clinic = { name: '한빛의원', phone: '02-000-0000' };
  private stopped = new Set<number>();
  private talks = new Map<number, K.Conversation>();
  private next = 100;
  private readonly rows: number;
  private readonly listed: number;
  private readonly delay: number;
  private readonly roles: S.Role[];

  constructor(params = new URLSearchParams('start=open')) {
    this.preferences = {
      lang: params.get('lang') === 'en' ? 'en' : 'ko',
      theme: (params.get('theme') as S.Preferences['theme'] | null) ?? 'light',
      text_percent: Number(params.get('text') ?? 100),
      reduce_motion: 'system',
      single_keys: true,
      keys: {},
      idle_minutes: 5,
    };
    this.rows = Number(params.get('cases') ?? 100_000);
    this.listed = Number(params.get('drugs') ?? 0);
    this.delay = Number(params.get('delay') ?? 0);
    const role = params.get('role');
    this.roles = role === null ? ['clinician', 'reviewer', 'administrator'] : (role.split(',') as S.Role[]);
    const start = params.get('start') ?? 'locked';
    this.state = start === 'first_run' ? 'none' : start === 'open' ? 'open' : start === 'broken' ? 'broken' : 'locked';
    if (params.get('model') === 'none') this.known = [];
    this.recovery.confirmed = params.get('recovery') !== 'unconfirmed';
    if (this.state === 'open') this.signIn('한지우');
  }

  private now(minutes = 0): string {
    return new Date(Date.now() + minutes * 60_000).toISOString();
  }

  private async wait(ms = 0): Promise<void> {
    if (ms + this.delay > 0) await new Promise((done) => setTimeout(done, ms + this.delay));
  }

  private signIn(name: string): S.Session {
    this.state = 'open';
    const person = this.staff.find((p) => p.name === name)?.id ?? 1;
    this.signed = {
      person,
      name,
      roles: this.roles,
      preferences: this.preferences,
      recovery_confirmed: this.recovery.confirmed,
      read_only: null,
    };
    return this.signed;
  }

  private me(): S.Session {
    if (this.signed === null) throw new ApiError('locked');
    return this.signed;
  }

  private needs(role: S.Role): void {
    if (!this.me().roles.includes(role)) throw new ApiError('not_permitted', { role });
  }

  // --- Start ---

  async start(): Promise<S.Start> {
    return {
      bogam: '0.1.0',
      vault: this.state,
      people: this.state === 'none' ? [] : this.staff.map((p) => p.name),
      session: this.signed,
      preferences: this.preferences,
      error: this.state === 'broken' ? { code: 'vault.in_use', params: { holder: 'bogam (4711)' } } : null,
    };
  }
  async subscribe(on: (event: S.AppEvent) => void): Promise<void> {
    this.listen = on;
  }
  /** For tests: something that happens without being asked for. */
  happen(event: S.AppEvent): void {
    if (event.kind === 'locked') this.signed = null;
    this.listen(event);
  }
  async create_vault(a: {
    person: string;
    passphrase: string;
    preferences: S.Preferences;
  }): Promise<{ recovery_key: string }> {
    await this.wait();
    if ([...a.passphrase].length < 10) throw new ApiError('vault.short_passphrase', { least: 10 });
    this.staff = [{ id: 1, name: a.person, roles: [...this.roles], added: this.now(), removed: null }];
    this.recovery = { key: KEY, confirmed: false };
    return { recovery_key: KEY.join('-') };
  }
  async renew_recovery_key(): Promise<{ recovery_key: string }> {
    this.needs('administrator');
    this.recovery = { key: [...KEY].reverse(), confirmed: false };
    return { recovery_key: this.recovery.key.join('-') };
  }
  async confirm_recovery_key(a: { positions: number[]; groups: string[] }): Promise<boolean> {
    const right = a.positions.every((p, i) => this.recovery.key[p - 1] === a.groups[i]?.trim().toUpperCase());
    if (right) this.recovery.confirmed = true;
    return right;
  }
  async finish_first_run(): Promise<S.Session> {
    return this.signIn(this.staff[0]?.name ?? '');
  }
  async unlock(a: { person: string; passphrase: string }): Promise<S.Session> {
    await this.wait();
    if (a.passphrase !== PASSPHRASE && a.passphrase !== 'demo') {
      this.failures += 1;
      throw new ApiError('vault.wrong_passphrase', {
        failures: this.failures,
        wait_s: this.failures > 3 ? 2 ** (this.failures - 3) : 0,
      });
    }
    this.failures = 0;
    return this.signIn(a.person);
  }
  async unlock_with_recovery_key(a: { recovery_key: string; person: string; passphrase: string }): Promise<S.Session> {
    if (a.recovery_key.replace(/[^0-9A-Za-z]/g, '').toUpperCase() !== this.recovery.key.join(''))
      throw new ApiError('vault.recovery_key');
    return this.signIn(a.person);
  }
  async lock(): Promise<void> {
    this.signed = null;
    this.state = 'locked';
  }
  async activity(): Promise<void> {
    this.me();
  }
  async save_preferences(a: { preferences: S.Preferences }): Promise<void> {
    this.preferences = a.preferences;
  }
  async close_window(): Promise<void> {
    return;
  }
  async stop_job(a: { job: number }): Promise<void> {
    this.stopped.add(a.job);
  }

  // --- Cases ---

  private rowOf(c: (typeof this.cases)[number]): C.CaseRow {
    const p = c.input.patient ?? {};
    return {
      key: c.key,
      case_id: c.input.case_id ?? '',
      name: p.name ?? '',
      number: p.number ?? '',
      age_years: p.age_years ?? null,
      sex: p.sex ?? null,
      diagnoses: (c.input.diagnoses ?? []).map((d) => ({ code: d.code, title: d.title ?? '', name: null })),
      status: c.status,
      job: c.job,
      draft: this.kept.has(c.input.case_id ?? ''),
      author: '한지우',
      updated: c.at,
      place: 2_000_000 - c.key,
    };
  }
  async search_cases(a: { query: C.CaseQuery }): Promise<C.CasePage> {
    this.me();
    await this.wait();
    const { text, status, mine, limit, after } = a.query;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row: C.CaseRow) => {
      const all = [
        row.name,
        row.number,
        row.case_id,
        ...row.diagnoses.flatMap((d) => [d.code, d.title, d.name?.ko ?? '']),
      ]
        .join(' ')
        .toLowerCase();
      const state =
        status === null ||
        (status === 'running' || status === 'interrupted' || status === 'failed'
          ? row.job === status
          : row.status === status);
      return state && (!mine || row.author === this.me().name) && words.every((w) => all.includes(w));
    };
    const plain = words.length === 0 && status === null && !mine;
    const rows: C.CaseRow[] = [];
    const begin = after === null ? -3 : after > 1_500_000 ? -3 : 1_000_000 - after + 1;
    if (begin === -3)
      rows.push(
        ...this.cases
          .map((c) => this.rowOf(c))
          .sort((x, y) => y.place - x.place)
          .filter((r) => fits(r) && (after === null || r.place < after)),
      );
    for (let i = Math.max(0, begin); i < this.rows && rows.length < limit; i += 1) {
      const row = madeUp(i, Date.now());
      if (plain || fits(row)) rows.push(row);
    }
    return { rows: rows.slice(0, limit), total: plain ? this.rows + this.cases.length : null };
  }
  private caseOf(key: number): (typeof this.cases)[number] {
    const found = this.cases.find((c) => c.key === key);
    if (found !== undefined) return found;
    const row = madeUp(key - 1000, Date.now());
    if (key < 1000) throw new ApiError('vault.not_found');
    const template = this.cases[key % 3];
    if (template === undefined) throw new ApiError('vault.not_found');
    const made = {
      ...structuredClone(template),
      key,
      version: 1,
      before: [] as CaseInput[],
      status: row.status,
      job: row.job,
      at: row.updated,
    };
    made.input = {
      ...made.input,
      case_id: row.case_id,
      patient: { ...made.input.patient, name: row.name, number: row.number },
    };
    this.cases.push(made);
    return made;
  }
  async read_case(a: { key: number; version: number | null }): Promise<C.CaseView> {
    this.me();
    await this.wait();
    const c = this.caseOf(a.key);
    if (c.status !== 'open' && ![...this.suggestions.values()].some((s) => s.key === c.key)) {
      // Two readings at once make one suggestion.
      const made = this.making.get(c.key) ?? this.make(c);
      this.making.set(c.key, made);
      await made;
    }
    const own = [...this.suggestions.values()].filter((s) => s.key === c.key).sort((x, y) => y.id - x.id);
    const version = a.version ?? c.version;
    const input = version === c.version ? c.input : c.before[version - 1];
    if (input === undefined) throw new ApiError('vault.not_found', { what: 'version' });
    return {
      key: c.key,
      case: structuredClone(input),
      version,
      versions: Array.from({ length: c.version }, (_, i) => ({ version: i + 1, at: c.at, person: '한지우' })),
      status: c.status,
      job: c.job === null ? null : { id: 1, state: c.job, reason: null },
      saved_at: c.at,
      author: '한지우',
      suggestions: own.map((s) => ({
        id: s.id,
        version: s.version,
        at: s.at,
        person: s.person,
        model: s.model,
        listed: s.record.drugs.length,
        withheld: s.record.withheld.length,
        signed: s.signatures.length > 0,
      })),
      derived: derive(input),
      diagnosis_names: await diagnosisNames(input),
      draft: structuredClone(this.kept.get(c.input.case_id ?? '')) ?? null,
    };
  }
  async new_case(): Promise<CaseInput> {
    this.me();
    return { case_id: `2026-03-02-${this.next++}`, as_of: '2026-03-02T09:00:00' };
  }
  async check_case(a: { content: CaseInput }): Promise<C.CaseCheck> {
    return checkCase(a.content);
  }
  async save_draft(a: { draft: string; content: CaseInput }): Promise<{ at: string }> {
    this.needs('clinician');
    const at = this.now();
    this.kept.set(a.draft, { at, content: structuredClone(a.content) });
    return { at };
  }
  async discard_draft(a: { draft: string }): Promise<void> {
    this.kept.delete(a.draft);
  }
  async drafts(): Promise<C.NewDraft[]> {
    this.needs('clinician');
    return [...this.kept]
      .filter(([draft]) => !this.cases.some((c) => c.input.case_id === draft))
      .map(([draft, { at, content }]) => ({ draft, at, content: structuredClone(content) }))
      .reverse();
  }
  async keep_text(a: { place: string; text: string | null }): Promise<void> {
    this.me();
    if (a.text === null) this.texts.delete(a.place);
    else this.texts.set(a.place, a.text);
  }
  async kept_texts(): Promise<Record<string, string>> {
    this.me();
    return Object.fromEntries(this.texts);
  }
  async save_case(a: { content: CaseInput; key: number | null; version: number | null }): Promise<C.CaseView> {
    this.needs('clinician');
    if (checkCase(a.content).errors.length > 0) throw new ApiError('vault.refused');
    this.kept.delete(a.content.case_id ?? '');
    let c = this.cases.find((x) => x.key === a.key);
    if (c === undefined) {
      c = {
        key: this.next++,
        version: 1,
        at: this.now(),
        before: [],
        input: structuredClone(a.content),
        record: 'heart_failure',
        status: 'open',
        job: null,
      };
      this.cases.push(c);
    } else {
      if (a.version !== null && a.version !== c.version) throw new ApiError('case.changed_meanwhile');
      c.before.push(c.input);
      c.input = structuredClone(a.content);
      c.version += 1;
      c.at = this.now();
      c.status = 'open';
      for (const s of this.suggestions.values()) if (s.key === c.key) s.present = false;
    }
    return this.read_case({ key: c.key, version: null });
  }
  async parse_case(a: {
    text: string;
  }): Promise<{ content: CaseInput | null; check: C.CaseCheck; unknown_fields: string[] }> {
    try {
      const content = JSON.parse(a.text) as CaseInput;
      return { content, check: checkCase(content), unknown_fields: [] };
    } catch {
      return {
        content: null,
        check: { errors: [{ field: '', code: 'json', message: 'not JSON' }], hints: [], derived: derive({}) },
        unknown_fields: [],
      };
    }
  }
  async import_cases(a: { on: (progress: S.Progress) => void }): Promise<C.ImportedCases | null> {
    this.needs('clinician');
    a.on({ kind: 'job', job: this.next++ });
    a.on({ kind: 'stage', stage: 'reading', done: 0, total: null });
    a.on({ kind: 'notice', code: 'case.unknown_field', params: { line: 2, field: 'patient.wieght_kg' } });
    await this.wait();
    return { added: 12, rejected: [{ line: 4, field: 'patient.age_years', code: 'missing' }] };
  }
  search_diagnoses = (a: { query: string; limit: number }) => findDiagnoses(a.query, a.limit);
  search_drugs = (a: { query: string; limit: number }) => findDrugs(a.query, a.limit);
  search_allergens = (a: { query: string; limit: number }) => findAllergens(a.query, a.limit);
  search_labs = (a: { query: string; limit: number }) => findLabs(a.query, a.limit);

  // --- Suggestions ---

  private async make(
    c: (typeof this.cases)[number],
    withoutModel = false,
    model: string | null = null,
  ): Promise<C.SuggestionView> {
    const record = await recordOf(c.record);
    record.case_id = c.input.case_id ?? '';
    if (withoutModel || this.known.length === 0) {
      record.provenance.model = null;
      record.notices = [...new Set(['no_model', ...record.notices])];
      for (const drug of record.drugs) drug.evidence.model = null;
    }
    const names = Object.fromEntries(Object.entries(await drugNames()).map(([id, n]) => [id, { en: n.en, ko: n.ko }]));
    lengthen(record, names, this.listed);
    const diagnoses = await diagnosisNames(c.input);
    const id = this.next++;
    const view: C.SuggestionView = {
      id,
      key: c.key,
      version: c.version,
      present: true,
      at: this.now(),
      person: this.me().name,
      model: record.provenance.model === null ? null : (model ?? this.known.find((m) => m.default)?.name ?? null),
      record,
      names,
      diagnoses,
      decisions: [],
      added: [],
      overrides: [],
      reviews: [],
      signatures: [],
      open: true,
      advice: record.advice === null ? null : { ...record.advice, edited: false, outdated: false, confirmed: null },
    };
    this.suggestions.set(id, view);
    if (c.status === 'signed' || c.status === 'decided') {
      view.decisions = allAccepted(record.drugs, this.now(), '한지우');
      if (c.status === 'signed') {
        view.signatures = [{ version: 1, at: this.now(), person: '한지우' }];
        view.open = false;
      }
    }
    return view;
  }
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
  private of(id: number): C.SuggestionView {
    this.me();
    const found = this.suggestions.get(id);
    if (found === undefined) throw new ApiError('vault.not_found');
    return found;
  }
  private give(view: C.SuggestionView): C.SuggestionView {
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

  // --- Consultation ---

  async conversations(a: { key: number | null }): Promise<{ id: number; at: string; first: string }[]> {
    this.me();
    return [...this.talks.values()]
      .filter((c) => c.key === a.key)
      .map((c) => ({ id: c.id, at: c.at, first: c.messages[0]?.content ?? '' }))
      .reverse();
  }
  async read_conversation(a: { id: number }): Promise<K.Conversation> {
    const found = this.talks.get(a.id);
    if (found === undefined) throw new ApiError('vault.not_found');
    return structuredClone(found);
  }
  async consult(a: {
    id: number | null;
    key: number | null;
    text: string;
    replace: number | null;
    settings: K.GenerationSettings;
    on: (event: K.TalkEvent) => void;
  }): Promise<K.Conversation> {
    this.me();
    const id = a.id ?? this.next++;
    const talk = this.talks.get(id) ?? {
      id,
      key: a.key,
      at: this.now(),
      messages: [],
      context: { used: 0, of: 0 },
    };
    if (a.replace !== null) talk.messages = talk.messages.filter((m) => m.position < (a.replace ?? 0));
    const job = this.next++;
    a.on({ kind: 'job', job });
    const lang: Lang = /[가-힣]/.test(a.text) ? 'ko' : 'en';
    const red_flags = flagsOf(a.text);
    if (red_flags.length > 0) a.on({ kind: 'red_flags', flags: red_flags, lang });
    const base = { at: this.now(), lang, mentions: [], unchecked: [], sources: [], stopped: false };
    const last = talk.messages.at(-1);
    // One that stands unanswered is not saved twice.
    if (last?.speaker !== 'person' || last.content !== a.text)
      talk.messages.push({
        ...base,
        position: talk.messages.length + 1,
        speaker: 'person',
        content: a.text,
        red_flags,
      });
    this.talks.set(id, talk);
    if (this.known.length === 0) throw new ApiError('model.none', { conversation: id });
    const reply = answer(lang);
    let text = '';
    for (const word of reply.content.split(/(?<= )/)) {
      await this.wait(this.delay > 0 ? 40 : 0);
      if (this.stopped.has(job)) break;
      text += word;
      a.on({ kind: 'text', text: word });
    }
    talk.messages.push({
      ...base,
      ...reply,
      content: text,
      position: talk.messages.length + 1,
      speaker: 'model',
      red_flags: [],
      stopped: this.stopped.has(job),
    });
    talk.context = { used: (talk.context.used || 512) + 180, of: 4096 };
    return structuredClone(talk);
  }

  // --- Data, models, site ---

  async models(): Promise<S.ModelView[]> {
    await this.wait();
    return structuredClone(this.known);
  }
  async add_model(a: { path: string | null; on: (progress: S.Progress) => void }): Promise<S.ModelView | null> {
    a.on({ kind: 'stage', stage: 'copying', done: 1, total: 2 });
    const added = structuredClone(site.MODELS[0]) as S.ModelView;
    added.name = a.path?.split('/').at(-1)?.replace('.gguf', '') ?? 'added-model';
    added.shipped = false;
    added.default = this.known.length === 0;
    this.known.push(added);
    return added;
  }
  async verify_model(a: { name: string }): Promise<S.ModelView> {
    const model = this.known.find((m) => m.name === a.name);
    if (model === undefined) throw new ApiError('vault.not_found');
    model.intact = true;
    return structuredClone(model);
  }
  async remove_model(a: { name: string }): Promise<void> {
    this.known = this.known.filter((m) => m.name !== a.name);
  }
  async set_model(a: { name: string; default: boolean; settings: S.ModelSettings }): Promise<S.ModelView> {
    const model = this.known.find((m) => m.name === a.name);
    if (model === undefined) throw new ApiError('vault.not_found');
    if (a.default) for (const m of this.known) m.default = false;
    model.default = a.default;
    model.settings = a.settings;
    return structuredClone(model);
  }
  async packs(): Promise<T.PackView[]> {
    return structuredClone(site.PACKS);
  }
  async open_pack(): Promise<T.PackDifference | null> {
    return {
      token: 't',
      id: 'site-formulary',
      version: '2026.3',
      added: 42,
      removed: 3,
      changed: [{ what: 'metformin · renal', before: 'eGFR < 30', after: 'eGFR < 45' }],
      faults: [],
    };
  }
  async import_pack(): Promise<T.PackView[]> {
    return structuredClone(site.PACKS);
  }
  async import_tables(a: { on: (progress: S.Progress) => void }): Promise<T.ImportReport | null> {
    this.needs('administrator');
    a.on({ kind: 'job', job: this.next++ });
    a.on({ kind: 'stage', stage: 'tables', done: 3, total: 9 });
    await this.wait();
    return structuredClone(site.IMPORTS[0]) ?? null;
  }
  async imports(): Promise<T.ImportReport[]> {
    return structuredClone(site.IMPORTS);
  }
  async evaluations(): Promise<T.EvaluationView[]> {
    return structuredClone(site.EVALUATIONS);
  }
  async people(): Promise<T.PersonView[]> {
    this.needs('administrator');
    return structuredClone(this.staff);
  }
  async add_person(a: { name: string; passphrase: string; roles: S.Role[] }): Promise<T.PersonView[]> {
    this.needs('administrator');
    if ([...a.passphrase].length < 10) throw new ApiError('vault.short_passphrase', { least: 10 });
    this.staff.push({ id: this.next++, name: a.name, roles: a.roles, added: this.now(), removed: null });
    return this.people();
  }
  async set_roles(a: { id: number; roles: S.Role[] }): Promise<T.PersonView[]> {
    this.needs('administrator');
    const person = this.staff.find((p) => p.id === a.id);
    const left = this.staff.some((p) => p.id !== a.id && p.removed === null && p.roles.includes('administrator'));
    if (a.roles.length === 0 || (!a.roles.includes('administrator') && !left)) throw new ApiError('vault.refused');
    if (person !== undefined) person.roles = a.roles;
    return this.people();
  }
  async remove_person(a: { id: number }): Promise<T.PersonView[]> {
    const person = this.staff.find((p) => p.id === a.id);
    if (person !== undefined) person.removed = this.now();
    return this.people();
  }
  async reset_passphrase(): Promise<void> {
    this.needs('administrator');
  }
  async change_passphrase(a: { present: string; passphrase: string }): Promise<void> {
    if (a.present !== PASSPHRASE && a.present !== 'demo')
      throw new ApiError('vault.wrong_passphrase', { failures: 1, wait_s: 0 });
    if ([...a.passphrase].length < 10) throw new ApiError('vault.short_passphrase', { least: 10 });
  }
  async audit(a: { before: number | null; limit: number }): Promise<{ lines: T.AuditLine[]; total: number }> {
    this.needs('administrator');
    return site.auditLines(a.before, a.limit, Date.now());
  }
  async verify_vault(a: { on: (progress: S.Progress) => void }): Promise<T.VerifyReport> {
    a.on({ kind: 'stage', stage: 'verifying', done: 512, total: 2048 });
    await this.wait();
    return { ok: true, pages: 2048, audit_lines: 48_213, faults: [] };
  }
  async backup_state(): Promise<T.BackupView> {
    return {
      last: { path: '/media/usb/bogam-2026-02-27.backup', at: this.now(-4000) },
      vault: '/home/ward/.local/share/bogam/vault.db',
      bytes: 84_000_000,
    };
  }
  async backup(): Promise<T.BackupView | null> {
    return {
      last: { path: '/media/usb/bogam-2026-03-02.backup', at: this.now() },
      vault: '/home/ward/.local/share/bogam/vault.db',
      bytes: 84_000_000,
    };
  }
  async clinic(): Promise<T.Clinic> {
    this.me();
    return { ...this.leaflet };
  }
  async set_clinic(a: T.Clinic): Promise<void> {
    this.needs('administrator');
    this.leaflet = { name: a.name, phone: a.phone };
  }
  async about(): Promise<T.About> {
    return site.ABOUT;
  }
}
