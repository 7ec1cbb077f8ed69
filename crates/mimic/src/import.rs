//! The whole way from tables to files.

use std::num::NonZeroUsize;
use std::path::Path;

use bogam_clinical::input::CaseInput;

use crate::Progress;
use crate::cases::{Books, StayTexts, Told};
use crate::course;
use crate::drugs::{DrugCounts, DrugOrders};
use crate::error::MimicError;
use crate::intake::{Intake, TableFile, TableRead, find, find_beside};
use crate::lines::{self, Lines};
use crate::measured::{LabItems, lab_events, lab_items, omr};
use crate::names::{NameBook, Names};
use crate::output::{self, OutFile};
use crate::people::{Codes, admissions, diagnoses, patients, titles};
use crate::report::{DrugRows, Notes, Report, TOP_UNMAPPED, TableReport, Unmapped, UnmappedName, warnings};
use crate::stays::Stays;
use crate::tally::Reason;
use crate::threads::usual;

/// What an import needs from elsewhere.
pub struct Options<'a> {
    /// A case to the messages of its prompt, each a role (`system`, `user`) and its text.
    pub prompt: &'a (dyn Fn(&CaseInput) -> Vec<(String, String)> + Sync),
    /// How many threads read and write; as many as the machine has processors for us when none are given. The files are
    /// the same with any number.
    pub threads: Option<NonZeroUsize>,
    /// Writes the samples once more as `alpaca.json`: one array of instruction, input and output.
    pub alpaca: bool,
    /// Writes what was kept as events in the folder `meds`, as the Medical Event Data Standard has them.
    pub meds: bool,
    /// Says whether somebody wants it to stop: asked for each piece of a table and each patient.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Options<'_> {
    /// [`MimicError::Stopped`] when somebody wants it to stop.
    pub(crate) fn go_on(&self) -> Result<(), MimicError> {
        if self.stop.is_some_and(|stop| stop()) { Err(MimicError::Stopped) } else { Ok(()) }
    }
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
    let threads = options.threads.unwrap_or_else(usual);
    let mut intake = Intake::new(OutFile::create(out, "rejects.csv")?, threads, options, progress)?;
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
    texts: StayTexts,
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
            texts: StayTexts::default(),
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
        let mut admissions = admissions(intake, files.admissions, &mut self.stays, &mut self.texts.kinds)?;
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
            self.tables.push(course::services(intake, file, &mut self.stays, &mut self.texts.services)?);
        }
        if let Some(file) = self.optional(hosp, "procedures_icd") {
            self.tables.push(course::procedures(intake, file, &mut self.stays, &mut self.texts.procedures)?);
            self.told.procedures = true;
        }
        // Either tells of intensive care; where both are there, so does whichever says it.
        let icu_stays = find(hosp, "icustays").or_else(|| find_beside(hosp, "icustays"));
        let transfers = if icu_stays.is_some() { find(hosp, "transfers") } else { self.optional(hosp, "transfers") };
        self.told.intensive_care = transfers.is_some() || icu_stays.is_some();
        if let Some(file) = transfers {
            self.tables.push(course::transfers(intake, file, &mut self.stays)?);
        }
        if let Some(file) = icu_stays {
            self.tables.push(course::icu_stays(intake, file, &mut self.stays)?);
        }
        Ok(())
    }

    fn write(&self, out: &Path, rejects: OutFile, options: &Options<'_>) -> Result<Report, MimicError> {
        let books =
            Books { codes: &self.codes, names: &self.names, labs: &self.labs, texts: &self.texts, told: self.told };
        let (lines, mut files) = lines::write(out, &self.stays, &books, options)?;
        let report = self.report(lines);
        let mut document = OutFile::create(out, "report.json")?;
        document.document(&report)?;
        files.extend([rejects, document]);
        output::finish(out, files)?;
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
                samples_without_prompt: lines.without_prompt,
            },
            meds: lines.meds,
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

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// `part` of `whole` to four decimals; none of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    // Exact up to four thousand million rows, which no table has.
    let float = |n: u64| u32::try_from(n).map_or(f64::from(u32::MAX), f64::from);
    (whole > 0).then(|| (float(part) / float(whole) * 10_000.0).round() / 10_000.0)
}
