import type { AllergyInput, CaseInput, DrugInput, LabInput } from '../bindings/clinical';
import { measure } from '../i18n/format';
import { t } from '../i18n/index.svelte';
import { shownTime } from './fields';

export type FactGroup = 'patient' | 'diagnoses' | 'state' | 'allergies' | 'drugs' | 'labs' | 'notes' | 'rest';

/** Groups that are lists: one row says whether anybody asked, as long as there is no entry. */
const LISTS = new Set<FactGroup>(['allergies', 'drugs', 'labs']);

export const FACT_GROUPS: FactGroup[] = [
  'patient',
  'diagnoses',
  'state',
  'allergies',
  'drugs',
  'labs',
  'notes',
  'rest',
];

/** Something that a case says, in words. What it is about tells two versions' facts together. */
interface Fact {
  group: FactGroup;
  about: string;
  label: string;
  value: string;
}

/** A fact of a version beside that of another. */
export interface Change {
  group: FactGroup;
  about: string;
  label: string;
  /** Null: the version says nothing of it. */
  before: string | null;
  after: string | null;
  kind: 'same' | 'added' | 'removed' | 'changed';
}

const amount = (value: number | null | undefined, unit: string): string =>
  value == null ? t('state.unknown') : `${measure(value)}${unit === '' ? '' : ` ${unit}`}`;
const tri = (value: boolean | null | undefined): string =>
  value == null ? t('state.unknown') : value ? t('state.yes') : t('state.no');

function drugWords(drug: DrugInput): string {
  if (typeof drug === 'string') return t('state.unknown');
  const parts = [
    drug.dose == null ? '' : `${measure(drug.dose.value, 4)} ${drug.dose.unit}`,
    drug.route ?? '',
    drug.per_day == null ? '' : t('version.per_day', { times: measure(drug.per_day) }),
    drug.started == null ? '' : t('version.since', { date: drug.started }),
    drug.duration_days == null ? '' : t('version.days', { days: measure(drug.duration_days) }),
    drug.split == null ? '' : drug.split ? t('version.split') : t('version.whole'),
  ];
  return parts.filter((part) => part !== '').join(' · ') || t('state.unknown');
}

function allergyWords(allergy: AllergyInput): string {
  if (typeof allergy === 'string') return t('state.yes');
  const parts = [allergy.reaction ?? '', allergy.severity == null ? '' : t(`severity.${allergy.severity}`)];
  return parts.filter((part) => part !== '').join(' · ') || t('state.yes');
}

const labWords = (lab: LabInput): string =>
  `${Number.isFinite(lab.value) ? measure(lab.value, 4) : t('state.unknown')} ${lab.unit ?? ''}`.trim();

/** Entries of a list of which *nobody asked* and *none* are two answers. */
function listed<T>(
  group: FactGroup,
  label: string,
  list: readonly T[] | null | undefined,
  fact: (entry: T) => { about: string; label: string; value: string },
): Fact[] {
  if (list == null) return [{ group, about: group, label, value: t('state.unknown') }];
  if (list.length === 0) return [{ group, about: group, label, value: t('caseform.none_confirmed') }];
  const seen = new Map<string, number>();
  return list.map((entry) => {
    const made = fact(entry);
    const nth = (seen.get(made.about) ?? 0) + 1;
    seen.set(made.about, nth);
    return { group, ...made, about: `${group}/${made.about}/${nth}` };
  });
}

function factsOf(content: CaseInput): Fact[] {
  const p = content.patient ?? {};
  const a = content.admission ?? {};
  const plain = (group: FactGroup, about: string, label: string, value: string): Fact => ({
    group,
    about,
    label,
    value,
  });
  return [
    plain('patient', 'name', t('caseform.name'), p.name || t('state.none')),
    plain('patient', 'number', t('caseform.number'), p.number || t('state.none')),
    plain('patient', 'age', t('caseform.age'), amount(p.age_years, t('unit.years'))),
    plain('patient', 'sex', t('caseform.sex'), p.sex == null ? t('state.unknown') : t(`sex.${p.sex}`)),
    plain('patient', 'weight', t('caseform.weight'), amount(p.weight_kg, 'kg')),
    plain('patient', 'height', t('caseform.height'), amount(p.height_cm, 'cm')),
    plain('patient', 'as_of', t('caseform.as_of'), shownTime(content.as_of) || t('state.unknown')),
    ...(content.diagnoses ?? []).map((d) =>
      plain('diagnoses', `diagnoses/${d.system}/${d.code}`, d.code, d.title || t('state.none')),
    ),
    plain(
      'diagnoses',
      'order',
      t('version.order'),
      (content.diagnoses ?? []).map((d) => d.code).join(' · ') || t('state.none'),
    ),
    plain(
      'state',
      'setting',
      t('caseform.setting'),
      a.setting == null ? t('state.unknown') : t(`setting.${a.setting}`),
    ),
    plain('state', 'creatinine', t('caseform.creatinine'), amount(p.creatinine_mg_dl, 'mg/dL')),
    plain('state', 'stable', t('caseform.creatinine_stable'), tri(p.creatinine_stable)),
    plain('state', 'egfr', t('caseform.egfr'), amount(p.egfr_ml_min_1_73m2, 'mL/min/1.73 m²')),
    plain('state', 'dialysis', t('caseform.dialysis'), tri(p.dialysis)),
    plain('state', 'liver', t('caseform.liver'), liver(p.hepatic_impairment)),
    plain('state', 'qtc', t('caseform.qtc'), amount(p.qtc_ms, 'ms')),
    plain('state', 'pregnant', t('caseform.pregnant'), tri(p.pregnant)),
    plain('state', 'weeks', t('caseform.weeks'), amount(p.gestational_weeks, '')),
    plain('state', 'lactating', t('caseform.lactating'), tri(p.lactating)),
    plain('state', 'nil_by_mouth', t('caseform.nil_by_mouth'), tri(a.nil_by_mouth)),
    plain('state', 'icu', t('caseform.icu'), tri(a.icu)),
    ...listed('allergies', t('caseform.allergies'), p.allergies, (allergy) => {
      const to = typeof allergy === 'string' ? allergy : allergy.to;
      return { about: to, label: to, value: allergyWords(allergy) };
    }),
    ...listed('drugs', t('caseform.drugs'), p.current_drugs, (drug) => {
      const name = typeof drug === 'string' ? drug : drug.name;
      return { about: name.toLowerCase(), label: name, value: drugWords(drug) };
    }),
    ...listed('labs', t('caseform.labs'), p.labs, (lab) => ({
      about: `${lab.name.toLowerCase()} ${lab.time ?? ''}`,
      label: `${lab.name} ${shownTime(lab.time)}`.trim(),
      value: labWords(lab),
    })),
    plain('notes', 'notes', t('caseform.notes'), content.notes?.trim() || t('state.none')),
    ...rest(content),
  ];
}

/** What the form does not show, and files can say. Not shown where there is nothing. */
function rest(content: CaseInput): Fact[] {
  const { admission, patient } = content;
  const codes = (list: readonly { code: string }[] | null | undefined) => (list ?? []).map((d) => d.code);
  const lists: [string, string, readonly string[]][] = [
    ['type', t('version.type'), admission?.type ? [admission.type] : []],
    ['service', t('version.service'), admission?.service ? [admission.service] : []],
    ['procedures', t('version.procedures'), codes(admission?.procedures)],
    ['genotypes', t('version.genotypes'), patient?.genotypes ?? []],
    ['prior', t('version.prior'), codes(content.prior_diagnoses)],
    ['past', t('version.past'), (content.past_drugs ?? []).map((d) => `${d.ingredient} (${measure(d.days_ago)})`)],
    [
      'proposed',
      t('version.proposed'),
      (content.proposed_drugs ?? []).map((d) => (typeof d === 'string' ? d : `${d.name} ${drugWords(d)}`)),
    ],
  ];
  return lists
    .filter(([, , list]) => list.length > 0)
    .map(([about, label, list]) => ({ group: 'rest', about, label, value: list.join(' · ') }));
}

function liver(value: string | null | undefined): string {
  if (value == null) return t('state.unknown');
  return value === 'none' ? t('liver.none') : value;
}

/** What a version says, field by field, and what of it differs from the version before; without one nothing does. */
export function changes(before: CaseInput | null, after: CaseInput): Change[] {
  const now = factsOf(after);
  if (before === null) return now.map((fact) => ({ ...fact, before: null, after: fact.value, kind: 'same' }));
  const then = new Map(factsOf(before).map((fact) => [fact.about, fact]));
  const rows: Change[] = now.map((fact) => {
    const was = then.get(fact.about)?.value ?? null;
    const state = fact.about === fact.group && LISTS.has(fact.group);
    const kind = was === fact.value ? 'same' : was === null && !state ? 'added' : 'changed';
    return { ...fact, before: was, after: fact.value, kind };
  });
  const there = new Set(now.map((fact) => fact.about));
  for (const fact of then.values()) {
    // That a list was unknown or empty is told by what is in it now.
    if (fact.about === fact.group && LISTS.has(fact.group)) continue;
    if (!there.has(fact.about)) rows.push({ ...fact, before: fact.value, after: null, kind: 'removed' });
  }
  return rows;
}
