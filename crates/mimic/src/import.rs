//! The whole way from tables to files.

use std::path::Path;

use bogam_clinical::input::CaseInput;
use serde::{Deserialize, Serialize};

use crate::Progress;
use crate::cases::{Books, CaseCounts, Told, case};
use crate::course;
use crate::drugs::{DrugCounts, DrugOrders};
use crate::error::MimicError;
use crate::intake::{Intake, TableFile, TableRead, find};
use crate::measured::{LabItems, lab_events, lab_items, omr};
use crate::names::{NameBook, Names, Texts};
use crate::output::{self, OutFile};
use crate::people::{Codes, admissions, diagnoses, patients, titles};
use crate::recorded::recorded;
use crate::report::{DrugRows, Notes, Report, TOP_UNMAPPED, TableReport, Unmapped, UnmappedName, warnings};
use crate::stays::Stays;
use crate::tally::Reason;

/// What an import needs from elsewhere.
pub struct Options<'a> {
    /// A case to the messages of its prompt, each a role (`system`, `user`) and its text.
    pub prompt: &'a dyn Fn(&CaseInput) -> Vec<(String, String)>,
}

/// A line of `samples.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The case's identifier; one sample is one admission.
    pub sample_id: String,
    /// Identifier of the patient.
    pub patient_id: String,
    /// Identifier of the case.
    pub case_id: String,
    /// The prompt.
    pub messages: Vec<Message>,
    /// Ingredient ids, in the order of their first start.
    pub answer: Vec<String>,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system` or `user`.
    pub role: String,
    /// Text.
    pub content: String,
}

/// Reads the tables in `hosp` and writes the five files to `out`, which is made where it is missing.
///
/// `names` knows drug names: the knowledge base. `progress` is called every 50,000 rows and at the end of each table.
///
/// # Errors
/// A required table or column is missing, a table cannot be read to its end, an output file cannot be written. No file
/// of `out` is touched then, unless the very last step failed, the renaming: what has its name is complete, and there is
/// no `report.json`.
pub fn import(
    hosp: &Path,
    out: &Path,
    names: &dyn Names,
    options: &Options<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, MimicError> {
    if !hosp.is_dir() {
        return Err(MimicError::NoFolder);
    }
    let required = Required {
        patients: required(hosp, "patients")?,
        admissions: required(hosp, "admissions")?,
        diagnoses: required(hosp, "diagnoses_icd")?,
        prescriptions: required(hosp, "prescriptions")?,
    };
    output::folder(out)?;
    let mut intake = Intake::new(OutFile::create(out, "rejects.csv")?, progress)?;
    let mut hospital = Hospital::new(names);
    hospital.read_required(&mut intake, hosp, required)?;
    hospital.read_optional(&mut intake, hosp)?;
    let rejects = intake.finish()?;
    hospital.write(out, rejects, options)
}

/// The tables without which there is no case.
struct Required {
    patients: TableFile,
    admissions: TableFile,
    diagnoses: TableFile,
    prescriptions: TableFile,
}

fn required(hosp: &Path, table: &'static str) -> Result<TableFile, MimicError> {
    find(hosp, table).ok_or(MimicError::MissingTable { table })
}

/// Everything that was read.
struct Hospital<'k> {
    stays: Stays,
    codes: Codes,
    names: NameBook<'k>,
    labs: LabItems,
    services: Texts,
    told: Told,
    drug_counts: DrugCounts,
    tables: Vec<TableRead>,
    missing: Vec<&'static str>,
    unread: Vec<&'static str>,
}

impl<'k> Hospital<'k> {
    fn new(names: &'k dyn Names) -> Self {
        Self {
            stays: Stays::default(),
            codes: Codes::default(),
            names: NameBook::new(names),
            labs: LabItems::default(),
            services: Texts::default(),
            told: Told::default(),
            drug_counts: DrugCounts::default(),
            tables: Vec::new(),
            missing: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Finds an optional table, or notes that it is missing.
    fn optional(&mut self, hosp: &Path, table: &'static str) -> Option<TableFile> {
        let file = find(hosp, table);
        if file.is_none() {
            self.missing.push(table);
        }
        file
    }

    fn read_required(&mut self, intake: &mut Intake<'_>, hosp: &Path, files: Required) -> Result<(), MimicError> {
        let mut patients = patients(intake, files.patients, &mut self.stays)?;
        let mut admissions = admissions(intake, files.admissions, &mut self.stays)?;
        let diagnoses = diagnoses(intake, files.diagnoses, &mut self.stays, &mut self.codes)?;
        let without_case = count(self.stays.patients_without_case());
        patients.tally.move_rows(Ok(()), Err(Reason::PatientWithoutCase), without_case);
        let without_case = count(self.stays.stays_without_case());
        admissions.tally.move_rows(Ok(()), Err(Reason::AdmissionWithoutDiagnoses), without_case);
        self.tables.extend([patients, admissions, diagnoses]);
        if let Some(file) = self.optional(hosp, "d_icd_diagnoses") {
            self.tables.push(titles(intake, file, &mut self.codes)?);
        }
        let pharmacy = self.optional(hosp, "pharmacy");
        let mut orders = DrugOrders::new(&mut self.names);
        let mut prescriptions = orders.prescriptions(intake, files.prescriptions, &mut self.stays)?;
        let pharmacy = match pharmacy {
            Some(file) => Some(orders.pharmacy(intake, file, &mut self.stays, &mut prescriptions.tally)?),
            None => None,
        };
        self.drug_counts = orders.counts;
        self.tables.push(prescriptions);
        self.tables.extend(pharmacy);
        Ok(())
    }

    fn read_optional(&mut self, intake: &mut Intake<'_>, hosp: &Path) -> Result<(), MimicError> {
        if let Some(file) = self.optional(hosp, "omr") {
            self.tables.push(omr(intake, file, &mut self.stays)?);
        }
        // Results without their dictionary have no names, and the dictionary alone has no results.
        match (self.optional(hosp, "d_labitems"), self.optional(hosp, "labevents")) {
            (Some(dictionary), Some(events)) => {
                self.tables.push(lab_items(intake, dictionary, &mut self.labs)?);
                self.tables.push(lab_events(intake, events, &mut self.stays, &mut self.labs)?);
                self.told.labs = true;
            }
            (Some(alone), None) | (None, Some(alone)) => self.unread.push(alone.table),
            (None, None) => {}
        }
        if let Some(file) = self.optional(hosp, "services") {
            self.tables.push(course::services(intake, file, &mut self.stays, &mut self.services)?);
        }
        if let Some(file) = self.optional(hosp, "procedures_icd") {
            self.tables.push(course::procedures(intake, file, &mut self.stays)?);
            self.told.procedures = true;
        }
        if let Some(file) = self.optional(hosp, "transfers") {
            self.tables.push(course::transfers(intake, file, &mut self.stays)?);
            self.told.transfers = true;
        }
        Ok(())
    }

    fn write(&self, out: &Path, rejects: OutFile, options: &Options<'_>) -> Result<Report, MimicError> {
        let mut files = Files {
            cases: OutFile::create(out, "cases.jsonl")?,
            recorded: OutFile::create(out, "recorded.jsonl")?,
            samples: OutFile::create(out, "samples.jsonl")?,
        };
        let mut lines = Lines::default();
        let books = Books {
            codes: &self.codes,
            names: &self.names,
            labs: &self.labs,
            services: &self.services,
            told: self.told,
        };
        for stays in self.stays.cases_by_patient() {
            for (i, stay) in stays.iter().enumerate() {
                let before = stays.get(..i).unwrap_or_default();
                let case = case(stay, before, &books, &mut lines.counts);
                files.cases.line(&case)?;
                lines.cases += 1;
                let Some(recorded) = recorded(stay, &self.names) else { continue };
                files.recorded.line(&recorded)?;
                lines.recorded += 1;
                if !recorded.drugs.is_empty() {
                    let messages = (options.prompt)(&case).into_iter();
                    files.samples.line(&Sample {
                        sample_id: recorded.case_id.clone(),
                        patient_id: recorded.patient_id,
                        case_id: recorded.case_id,
                        messages: messages.map(|(role, content)| Message { role, content }).collect(),
                        answer: recorded.drugs.into_iter().map(|drug| drug.ingredient).collect(),
                    })?;
                    lines.samples += 1;
                }
            }
        }
        let report = self.report(lines);
        let mut document = OutFile::create(out, "report.json")?;
        document.document(&report)?;
        output::finish(out, vec![files.cases, files.recorded, files.samples, rejects, document])?;
        Ok(report)
    }

    fn report(&self, lines: Lines) -> Report {
        let tables: Vec<TableReport> = self.tables.iter().map(TableReport::new).collect();
        let unmapped = self.names.unmapped();
        let name = |(name, rows): &(&str, u64)| UnmappedName { name: (*name).to_owned(), rows: *rows };
        Report {
            cases: lines.cases,
            patients: count(self.stays.patients_with_case()),
            recorded: lines.recorded,
            samples: lines.samples,
            missing_tables: self.missing.clone(),
            unread_tables: self.unread.clone(),
            drug_rows: self.drug_rows(&tables),
            unmapped: Unmapped {
                distinct_names: count(unmapped.len()),
                top: unmapped.iter().take(TOP_UNMAPPED).map(name).collect(),
            },
            outliers: lines.counts.outliers,
            notes: Notes {
                ages_over_89: lines.counts.ages_over_89,
                codes_without_title: count(self.codes.without_title()),
                unended_earlier_admissions: lines.counts.unended_earlier,
            },
            warnings: warnings(&tables, &self.missing),
            tables,
        }
    }

    fn drug_rows(&self, tables: &[TableReport]) -> DrugRows {
        let prescriptions = tables.iter().find(|table| table.table == "prescriptions");
        let unused = |reason| prescriptions.and_then(|table| table.unused.get(&reason)).copied().unwrap_or_default();
        let mapped = prescriptions.map_or(0, |table| table.used);
        let unmapped = unused(Reason::Unmapped);
        DrugRows {
            main: self.drug_counts.main_rows,
            mapped,
            not_drugs: unused(Reason::NotADrug),
            unmapped,
            without_name: unused(Reason::WithoutName),
            mapped_share: share(mapped, mapped + unmapped),
            named_by_pharmacy: self.drug_counts.named_by_pharmacy,
            stop_before_start: self.drug_counts.stop_before_start,
        }
    }
}

/// The files of lines.
struct Files {
    cases: OutFile,
    recorded: OutFile,
    samples: OutFile,
}

/// How many lines were written, and what was counted on the way.
#[derive(Default)]
struct Lines {
    cases: u64,
    recorded: u64,
    samples: u64,
    counts: CaseCounts,
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// `part` of `whole` to four decimals; none of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    // Exact up to four thousand million rows, which no table has.
    let float = |n: u64| u32::try_from(n).map_or(f64::from(u32::MAX), f64::from);
    (whole > 0).then(|| (float(part) / float(whole) * 10_000.0).round() / 10_000.0)
}
