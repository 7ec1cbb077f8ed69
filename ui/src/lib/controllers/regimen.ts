/** What a record says of each drug, as it is shown. Pure: no calls, nothing remembered. */
import type { AddedDrug, Decided, SuggestionView } from '../api';
import type {
  Bilingual,
  ConsideredDrug,
  Finding,
  NotEvaluated,
  SuggestedDrug,
  Tier,
  WithheldDrug,
} from '../bindings/clinical';
import type { MarkKind } from '../widgets/Mark.svelte';

/** A row of the suggestion: a drug of the list, one that was withheld in its place, or one that a person added. */
export type Row = {
  ingredient: string;
  name: Bilingual;
  findings: Finding[];
  notEvaluated: NotEvaluated[];
  decision: Decided | null;
} & (
  | { kind: 'listed'; drug: SuggestedDrug; number: number }
  | { kind: 'withheld'; drug: WithheldDrug }
  | { kind: 'added'; drug: AddedDrug }
);

const ORDER: Record<Tier, number> = { critical: 0, warning: 1, note: 2 };

export function bySeverity(a: Finding, b: Finding): number {
  return ORDER[a.tier] - ORDER[b.tier];
}

/** Rows in their order: the list with the withheld drugs at the place of their frequency, then what was added. */
export function rowsOf(view: SuggestionView): Row[] {
  const { record } = view;
  const finding = new Map(record.findings.map((f) => [f.id, f]));
  const decided = new Map(view.decisions.map((d) => [d.decision.ingredient, d]));
  const common = (drug: { ingredient: string; name: Bilingual; findings: string[] }) => ({
    ingredient: drug.ingredient,
    name: drug.name,
    findings: drug.findings.flatMap((id) => finding.get(id) ?? []).sort(bySeverity),
    notEvaluated: record.not_evaluated.filter((n) => n.drugs.includes(drug.ingredient)),
    decision: decided.get(drug.ingredient) ?? null,
  });
  const listed: Row[] = record.drugs.map((drug, i) => ({ kind: 'listed', drug, number: i + 1, ...common(drug) }));
  const withheld: Row[] = record.withheld.map((drug) => ({ kind: 'withheld', drug, ...common(drug) }));
  const frequency = (row: Row) => (row.kind === 'added' ? 0 : row.drug.probability);
  // The list keeps its own order; a withheld drug comes after those that are given as often.
  const rows = [...listed];
  for (const row of withheld) {
    const at = rows.findIndex((other) => frequency(other) < frequency(row));
    rows.splice(at === -1 ? rows.length : at, 0, row);
  }
  const added: Row[] = view.added.map((drug) => ({
    kind: 'added',
    drug,
    ingredient: drug.ingredient,
    name: drug.name,
    findings: [...drug.findings].sort(bySeverity),
    notEvaluated: drug.not_evaluated,
    decision: decided.get(drug.ingredient) ?? null,
  }));
  return [...rows, ...added];
}

/** Findings that no single drug carries: what is said of the list as a whole. */
export function wholeFindings(view: SuggestionView): Finding[] {
  const { record } = view;
  const carried = new Set([...record.drugs, ...record.withheld, ...record.considered].flatMap((d) => d.findings));
  return record.findings.filter((f) => !carried.has(f.id)).sort(bySeverity);
}

/** Kinds of marks that a row carries, for the filter. */
export function marksOf(row: Row): Set<MarkKind> {
  const marks = new Set<MarkKind>(row.findings.map((f) => f.tier));
  if (row.notEvaluated.length > 0 && row.kind !== 'withheld') marks.add('not_evaluated');
  return marks;
}

/**
 * What stands in the strip above the list. Critical: what took drugs out, or was found for an added one. Warnings, notes
 * and checks that were not made: those that concern drugs that would be given, and the list as a whole.
 */
export function counts(view: SuggestionView, rows: Row[]): Record<MarkKind, number> {
  const ids: Record<Tier, Set<string>> = { critical: new Set(), warning: new Set(), note: new Set() };
  const unmade = new Set<NotEvaluated>();
  for (const row of rows) {
    for (const f of row.findings) {
      const name = row.kind === 'added' ? `${row.ingredient} ${f.id}` : f.id;
      if (row.kind !== 'withheld' || f.tier === 'critical') ids[f.tier].add(name);
    }
    if (row.kind !== 'withheld') for (const n of row.notEvaluated) unmade.add(n);
  }
  for (const f of wholeFindings(view)) ids[f.tier].add(f.id);
  return {
    critical: ids.critical.size,
    warning: ids.warning.size,
    note: ids.note.size,
    not_evaluated: unmade.size,
  };
}

/** Whether a drug can be accepted together with others: no warning, and nothing unevaluated that concerns it. */
export function isPlain(row: Row): boolean {
  return (
    row.kind === 'listed' &&
    row.decision === null &&
    row.notEvaluated.length === 0 &&
    row.findings.every((f) => f.tier === 'note')
  );
}

/** A withheld drug needs no decision, unless the patient takes it now. */
export function needsDecision(row: Row): boolean {
  return row.kind !== 'withheld' || row.drug.current;
}

/** Drugs that are not decided yet. */
export function undecided(rows: Row[]): Row[] {
  return rows.filter((row) => row.decision === null && needsDecision(row));
}

/** Whether a drug can only be given with a reason. */
export function needsReason(row: Row): boolean {
  return row.kind === 'withheld' || row.findings.some((f) => f.tier === 'critical');
}

/** The group of a code: `renal` of `renal.avoid`. */
export function groupOf(code: string): string {
  return code.split('.')[0] ?? code;
}

/** Checks that were not made, by what was missing: one line for each kind of check. */
export function missingByCheck(entries: NotEvaluated[]): { check: string; missing: string[] }[] {
  const groups = new Map<string, Set<string>>();
  for (const entry of entries) {
    const check = groupOf(entry.code);
    const missing = groups.get(check) ?? new Set();
    if (entry.missing.length === 0) missing.add('rule');
    for (const field of entry.missing) missing.add(field);
    groups.set(check, missing);
  }
  return [...groups].map(([check, missing]) => ({ check, missing: [...missing] }));
}

/** What was considered, those with a graver finding not before others: the order stays that of frequency. */
export function consideredOf(view: SuggestionView): { drug: ConsideredDrug; name: Bilingual; worst: Tier | null }[] {
  const tier = new Map(view.record.findings.map((f) => [f.id, f.tier]));
  return view.record.considered.map((drug) => {
    const tiers = drug.findings.flatMap((id) => tier.get(id) ?? []);
    const worst = tiers.sort((a, b) => ORDER[a] - ORDER[b])[0] ?? null;
    return { drug, name: view.names[drug.ingredient] ?? { en: drug.ingredient, ko: drug.ingredient }, worst };
  });
}

/** Reasons for rejecting a drug, in the order in which they are offered. */
export const REJECT_REASONS = [
  'not_indicated',
  'contraindicated',
  'already_treated',
  'other_drug',
  'patient_preference',
  'not_available',
  'cost',
  'other_with_text',
] as const;

/** Reasons for giving a drug against a critical finding: that it is watched does not answer a *never*. */
export const CRITICAL_OVERRIDES = [
  'benefit_outweighs',
  'tolerated_before',
  'not_applicable',
  'no_alternative',
  'alert_wrong',
  'other_with_text',
] as const;
