import type { Bilingual, DrugInput, SuggestionRecord } from '../../bindings/clinical';
import type * as C from '../cases';
import { ApiError } from '../error';

/** Limits of one dose, so that a dose of one's own can be too much. Of the few drugs that the tests give. */
const MOST_MG: Record<string, number> = {
  furosemide: 200,
  bisoprolol: 10,
  amlodipine: 10,
  acetaminophen: 1000,
  digoxin: 0.5,
};

const nameOf = (drug: DrugInput) => (typeof drug === 'string' ? drug : drug.name);

/** What the record says of a drug, and whether the dose is too much. */
export function checkDrug(view: C.SuggestionView, drug: DrugInput, insteadOf: string | null): C.AddedDrug {
  const { record, names } = view;
  const typed = nameOf(drug);
  const ingredient = Object.entries(names).find(
    ([id, n]) => id === typed || n.en.toLowerCase() === typed.toLowerCase() || n.ko === typed,
  )?.[0];
  if (ingredient === undefined) throw new ApiError('drug.unknown', { name: typed });
  const candidate = [...record.drugs, ...record.withheld, ...record.considered].find(
    (d) => d.ingredient === ingredient,
  );
  const gone = new Set(
    view.decisions.filter((d) => d.decision.decision === 'rejected').map((d) => d.decision.ingredient),
  );
  if (insteadOf !== null) gone.add(insteadOf);
  gone.delete(ingredient);
  const findings = record.findings.filter(
    (f) => candidate?.findings.includes(f.id) && !f.drugs.some((other) => gone.has(other)),
  );
  const dose = typeof drug === 'string' ? null : (drug.dose ?? null);
  const most = MOST_MG[ingredient];
  if (dose !== null && most !== undefined && dose.value * (dose.unit === 'g' ? 1000 : 1) > most) {
    findings.push({
      id: 'D1',
      code: 'max_dose.single',
      tier: 'critical',
      drugs: [ingredient],
      message: {
        en: `${names[ingredient]?.en ?? ingredient}: more than ${most} mg at once.`,
        ko: `${names[ingredient]?.ko ?? ingredient}: 1회 최대 용량 ${most} mg을 넘습니다.`,
      },
      instead: null,
      used: { dose: dose.value },
      missing: [],
      source: 'label',
    });
  }
  const listed = record.drugs.find((d) => d.ingredient === ingredient)?.dose;
  return {
    ingredient,
    name: names[ingredient] ?? { en: ingredient, ko: ingredient },
    drug,
    findings,
    not_evaluated: record.not_evaluated.filter((n) => n.drugs.includes(ingredient)),
    dose: listed?.en != null && listed.ko != null ? { en: listed.en, ko: listed.ko } : null,
  };
}

/** A critical finding stands in the way until an override names it. */
export function needsOverrides(checked: C.AddedDrug, overrides: C.FindingOverride[]): void {
  for (const { tier, code } of checked.findings) {
    const named = overrides.some((o) => o.code === code && o.reason.trim() !== '');
    if (tier === 'critical' && !named) throw new ApiError('drug.needs_override', { code });
  }
}

/** A drug was decided, added or taken out: what was confirmed before is not confirmed of what is given now. */
export function drugsChanged(view: C.SuggestionView): void {
  view.open = true;
  if (view.advice !== null) view.advice = { ...view.advice, outdated: view.advice.edited, confirmed: null };
}

/** A list of at least so many drugs, out of those that were considered: to see how a long one is shown. */
export function lengthen(record: SuggestionRecord, names: Record<string, Bilingual>, least: number): void {
  const like = record.drugs.at(-1);
  for (const { ingredient, probability, findings } of record.considered) {
    if (like === undefined || record.drugs.length >= least) return;
    const name = names[ingredient] ?? { en: ingredient, ko: ingredient };
    record.drugs.push({ ...structuredClone(like), ingredient, name, probability, findings });
  }
}
