// Tables of a made-up hospital in the form of MIMIC-IV: patients who are given what such patients are given.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = [
  { codes: ['I5023', 'I4820', 'N184'], drugs: ['Furosemide', 'Bisoprolol Fumarate', 'Warfarin'] },
  { codes: ['E119', 'I10'], drugs: ['MetFORMIN (Glucophage)', 'Lisinopril', 'Atorvastatin'] },
  { codes: ['J189', 'I10'], drugs: ['CeftriaXONE', 'Azithromycin', 'Acetaminophen'] },
];

/** Writes `hosp` with this many patients of one admission each. One row is of no known drug, and is accounted for. */
export function hospital(folder, patients) {
  mkdirSync(folder, { recursive: true });
  const tables = {
    patients: ['subject_id,gender,anchor_age,anchor_year'],
    admissions: ['subject_id,hadm_id,admittime,dischtime,admission_type'],
    diagnoses_icd: ['subject_id,hadm_id,seq_num,icd_code,icd_version'],
    prescriptions: ['subject_id,hadm_id,pharmacy_id,starttime,stoptime,drug_type,drug'],
  };
  for (let i = 1; i <= patients; i += 1) {
    const kind = KINDS[i % KINDS.length];
    const [subject, admission] = [1000 + i, 2000 + i];
    tables.patients.push(`${subject},${i % 2 === 0 ? 'F' : 'M'},${40 + (i % 45)},2100`);
    tables.admissions.push(`${subject},${admission},2101-03-01 10:00:00,2101-03-06 10:00:00,EW EMER.`);
    kind.codes.forEach((code, n) => tables.diagnoses_icd.push(`${subject},${admission},${n + 1},${code},10`));
    kind.drugs.forEach((drug, n) =>
      tables.prescriptions.push(`${subject},${admission},${10 * i + n},2101-03-01 12:00:00,2101-03-05 10:00:00,MAIN,${drug}`),
    );
  }
  tables.prescriptions.push('1001,2001,9999,2101-03-01 12:00:00,2101-03-05 10:00:00,MAIN,Wondermycin');
  for (const [name, lines] of Object.entries(tables)) writeFileSync(join(folder, `${name}.csv`), `${lines.join('\n')}\n`);
  return folder;
}
