import type { SuggestionView } from '../../lib/api';
import { labName } from '../../lib/controllers/labs.svelte';
import type { Row } from '../../lib/controllers/regimen';
import type { AskKind } from '../../lib/controllers/suggestion.svelte';
import { isKey, ofCode, said } from '../../lib/i18n/index.svelte';

/** What a drug is for, in a few words: the diagnoses, else its purpose. */
export function purposeOf(row: Row, view: SuggestionView): string {
  if (row.kind !== 'listed') return '';
  const names = row.drug.for.map((f) => {
    const title = view.diagnoses[f.code];
    return title === undefined ? f.code : said(title);
  });
  if (names.length > 0) return [...new Set(names)].join(', ');
  return row.drug.purpose === null ? '' : said(row.drug.purpose);
}

/** A field that was missing, in words: `patient.labs[alt]` is a result, others have names of their own. */
export function missingField(field: string): string {
  const lab = /^patient\.labs\[(.+)\]$/.exec(field)?.[1];
  if (lab !== undefined) return labName(lab);
  return isKey(`missing.${field}`) ? ofCode('missing', field) : field;
}

/** A value that a check used, by its name: a fact of the patient, else a result. */
export function usedField(field: string): string {
  return isKey(`used.${field}`) ? ofCode('used', field) : labName(field);
}

/** The place under which the words of a reason are kept while they are typed. */
export function reasonPlace(suggestion: number, kind: AskKind, ingredient: string): string {
  return `reason/${suggestion}/${kind}/${ingredient}`;
}

/** The place under which the reason, the drug and the dose that were chosen there are kept. */
export function choicePlace(suggestion: number, kind: AskKind, ingredient: string): string {
  return `choice/${suggestion}/${kind}/${ingredient}`;
}

/** What was asked when words or choices were left behind. */
export function askedAt(place: string): { kind: AskKind; ingredient: string } | null {
  const found = /^(?:reason|choice)\/\d+\/(change|reject|override)\/(.+)$/.exec(place);
  return found === null ? null : { kind: found[1] as AskKind, ingredient: found[2] ?? '' };
}
