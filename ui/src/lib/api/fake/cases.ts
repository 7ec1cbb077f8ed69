import type { CaseInput } from '../../bindings/clinical';
import type * as C from '../cases';
import { ApiError } from '../error';
import type * as S from '../session';
import { checkCase, derive } from './check';
import { lengthen } from './decide';
import { diagnosisNames, drugNames, findAllergens, findDiagnoses, findDrugs, findLabs } from './knowledge';
import { madeUp, recordOf } from './patients';
import { allAccepted } from './review';
import { Start } from './start';

/** Cases, their drafts, and what is typed beside them. */
export class Cases extends Start {
  protected rowOf(c: (typeof this.cases)[number]): C.CaseRow {
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
  protected caseOf(key: number): (typeof this.cases)[number] {
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
  protected async make(
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
}
