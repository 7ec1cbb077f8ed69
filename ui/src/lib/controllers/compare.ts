import type { SuggestionView } from '../api';
import type { Bilingual } from '../bindings/clinical';

/** What became of a drug in one of two suggestions. */
export type Side = { kind: 'listed'; probability: number } | { kind: 'withheld' } | { kind: 'absent' };

export interface Compared {
  ingredient: string;
  name: Bilingual;
  first: Side;
  second: Side;
  /** One lists it and the other does not. */
  differs: boolean;
}

function sideOf(view: SuggestionView, ingredient: string): Side {
  const listed = view.record.drugs.find((d) => d.ingredient === ingredient);
  if (listed !== undefined) return { kind: 'listed', probability: listed.probability };
  return view.record.withheld.some((d) => d.ingredient === ingredient) ? { kind: 'withheld' } : { kind: 'absent' };
}

/** Two suggestions side by side: what differs first, then what is given oftenest. */
export function compare(first: SuggestionView, second: SuggestionView): Compared[] {
  const names = new Map<string, Bilingual>();
  for (const view of [first, second]) {
    for (const drug of [...view.record.drugs, ...view.record.withheld]) names.set(drug.ingredient, drug.name);
  }
  const rows = [...names].map(([ingredient, name]) => {
    const [a, b] = [sideOf(first, ingredient), sideOf(second, ingredient)];
    return { ingredient, name, first: a, second: b, differs: a.kind !== b.kind };
  });
  const weight = (side: Side) => (side.kind === 'listed' ? side.probability : 0);
  const most = (row: Compared) => Math.max(weight(row.first), weight(row.second));
  return rows.sort((a, b) => Number(b.differs) - Number(a.differs) || most(b) - most(a));
}
