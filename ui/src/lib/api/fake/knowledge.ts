import type { Bilingual, CaseInput } from '../../bindings/clinical';
import type { AllergenHit, DiagnosisHit, DrugHit, LabHit } from '../cases';

type Names = Record<string, Bilingual & { as: string[] }>;

let names: Names | null = null;

export async function drugNames(): Promise<Names> {
  names ??= (await import('./records/names.json')).default as Names;
  return names;
}

export async function findDrugs(query: string, limit: number): Promise<DrugHit[]> {
  const wanted = query.trim().toLowerCase();
  const hits: DrugHit[] = [];
  for (const [ingredient, name] of Object.entries(await drugNames())) {
    const brand = name.as.find((n) => n.toLowerCase().startsWith(wanted));
    const own = [name.en, name.ko, ingredient].some((n) => n.toLowerCase().includes(wanted));
    if (own || brand !== undefined) {
      hits.push({ ingredient, name: { en: name.en, ko: name.ko }, found_as: own ? null : (brand ?? null) });
    }
  }
  const rank = (hit: DrugHit) =>
    hit.name.en.toLowerCase().startsWith(wanted) || hit.name.ko.startsWith(wanted) ? 0 : 1;
  return hits.sort((a, b) => rank(a) - rank(b) || a.ingredient.localeCompare(b.ingredient)).slice(0, limit);
}

export async function findDiagnoses(query: string, limit: number): Promise<DiagnosisHit[]> {
  const all = (await import('./records/diagnoses.json')).default as [string, string, string][];
  const wanted = query.trim().toLowerCase();
  const bare = wanted.replace('.', '');
  return all
    .filter(
      ([code, en, ko]) =>
        code.replace('.', '').toLowerCase().startsWith(bare) ||
        en.toLowerCase().includes(wanted) ||
        ko.includes(wanted),
    )
    .slice(0, limit)
    .map(([code, en, ko]) => ({ system: 'icd10', code, title: en, name: { en, ko } }));
}

const ALLERGENS: AllergenHit[] = [
  { to: 'penicillin', name: { en: 'Penicillins', ko: '페니실린계' }, group: true },
  { to: 'cephalosporin', name: { en: 'Cephalosporins', ko: '세팔로스포린계' }, group: true },
  { to: 'sulfonamide antibiotic', name: { en: 'Sulfonamide antibiotics', ko: '설폰아미드 항생제' }, group: true },
  { to: 'nsaid', name: { en: 'NSAIDs', ko: '비스테로이드 소염제' }, group: true },
  { to: 'iodinated contrast', name: { en: 'Iodinated contrast', ko: '요오드 조영제' }, group: true },
  { to: 'aspirin', name: { en: 'Aspirin', ko: '아스피린' }, group: false },
];

export async function findAllergens(query: string, limit: number): Promise<AllergenHit[]> {
  const wanted = query.trim().toLowerCase();
  const groups = ALLERGENS.filter(
    (a) => a.to.includes(wanted) || a.name.ko.includes(wanted) || a.name.en.toLowerCase().includes(wanted),
  );
  const drugs = (await findDrugs(query, limit)).map((d) => ({ to: d.ingredient, name: d.name, group: false }));
  return [...groups, ...drugs.filter((d) => !groups.some((g) => g.to === d.to))].slice(0, limit);
}

export async function findLabs(query: string, limit: number): Promise<LabHit[]> {
  const all = (await import('./records/labs.json')).default as unknown as LabHit[];
  const wanted = query.trim().toLowerCase();
  return all
    .filter(
      (l) =>
        wanted === '' ||
        l.name.en.toLowerCase().includes(wanted) ||
        l.name.ko.includes(wanted) ||
        l.id.includes(wanted),
    )
    .slice(0, limit);
}

/** The name of the longest code that each diagnosis begins with. */
export async function diagnosisNames(content: CaseInput): Promise<Record<string, Bilingual>> {
  const all = (await import('./records/diagnoses.json')).default as [string, string, string][];
  const names: Record<string, Bilingual> = {};
  for (const { code } of content.diagnoses ?? []) {
    const fits = all.filter(([begin]) => code.startsWith(begin)).sort((a, b) => b[0].length - a[0].length);
    if (fits[0] !== undefined) names[code] = { en: fits[0][1], ko: fits[0][2] };
  }
  return names;
}
