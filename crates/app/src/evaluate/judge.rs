//! The file for people who judge, its key, and what comes back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use bogam_clinical::case::{Case, Sex};
use bogam_evaluate::judge::{Judged, JudgedFault, Judgement, Row, age, row_number, sample, suitability};
use bogam_evaluate::{Evaluation, Suitability};
use bogam_knowledge::KnowledgeBase;

use super::read::text;
use crate::csv_out::{Cell, MARK, decode, header, line};
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::Lines;
use crate::output::Output;
use crate::suggest::{next, read_record};

/// Columns of the file; the last two are the judge's.
const FILE: [&str; 9] = ["row", "admission", "age", "sex", "diagnoses", "drug", "ingredient", "suitable", "comment"];

/// Columns of the key: as many lines a row as there are sources that list it.
const KEY: [&str; 5] = ["row", "admission", "case_id", "ingredient", "source"];

/// Where the key of a file is written: `judge.csv` has `judge.key.csv`.
pub(super) fn key_of(path: &Path) -> PathBuf {
    path.with_extension("key.csv")
}

/// What a judge is told of a case.
struct Summary {
    age: String,
    sex: &'static str,
    diagnoses: String,
}

impl Summary {
    fn new(case: &Case, knowledge: &KnowledgeBase) -> Self {
        let diagnoses = case.diagnoses.iter().map(|diagnosis| {
            let name = || knowledge.diagnosis_name(diagnosis).map(|name| name.en.clone());
            let title = diagnosis.title.clone().or_else(name);
            title.map_or_else(|| diagnosis.dotted(), |title| format!("{} {title}", diagnosis.dotted()))
        });
        Self {
            age: age(case.patient.age.get()),
            sex: match case.patient.sex {
                Sex::Female => "F",
                Sex::Male => "M",
            },
            diagnoses: diagnoses.collect::<Vec<_>>().join("; "),
        }
    }
}

/// Draws admissions and writes the file and its key.
pub(super) fn write(
    path: &Path,
    admissions: usize,
    cases: &Path,
    usable: &BTreeSet<String>,
    evaluation: &Evaluation<'_>,
    knowledge: &KnowledgeBase,
    sink: &mut dyn JobSink,
) -> Result<(), AppError> {
    let rows = sample(evaluation, admissions, usable);
    let summaries = summaries(cases, &rows, knowledge)?;
    let drawn = rows.last().map_or(0, |row| row.admission);
    if u64::try_from(admissions).unwrap_or(u64::MAX) > drawn {
        sink.warn(&format!("{}: {drawn} admissions have a case and a list, all are in it", path.display()));
    }
    let mut file = MARK.to_owned() + &header(&FILE);
    let mut key = MARK.to_owned() + &header(&KEY);
    for row in &rows {
        let Some(summary) = summaries.get(&row.case_id) else { continue };
        file += &line(&[
            Cell::Count(row.row),
            Cell::Count(row.admission),
            Cell::Text(&summary.age),
            Cell::Text(summary.sex),
            Cell::Text(&summary.diagnoses),
            Cell::Text(&drug_name(&row.ingredient, knowledge)),
            Cell::Text(&row.ingredient),
            Cell::Text(""),
            Cell::Text(""),
        ]);
        for source in &row.sources {
            key += &line(&[
                Cell::Count(row.row),
                Cell::Count(row.admission),
                Cell::Text(&row.case_id),
                Cell::Text(&row.ingredient),
                Cell::Text(source),
            ]);
        }
    }
    for (path, text) in [(path, &file), (&key_of(path), &key)] {
        let mut out = Output::open(path, Path::new("-"), true, sink)?;
        out.text(text)?;
        out.finish()?;
    }
    Ok(())
}

/// The name in English and Korean, where the formulary has the drug.
fn drug_name(ingredient: &str, knowledge: &KnowledgeBase) -> String {
    let name = knowledge.find(ingredient).map(|drug| &knowledge.ingredient(drug).entry.name);
    name.map_or_else(|| ingredient.to_owned(), |name| format!("{} ({})", name.en, name.ko))
}

/// Reads the cases of the rows a second time: of the others nothing has to be kept.
fn summaries(path: &Path, rows: &[Row], knowledge: &KnowledgeBase) -> Result<HashMap<String, Summary>, AppError> {
    let wanted: BTreeSet<&str> = rows.iter().map(|row| row.case_id.as_str()).collect();
    let mut lines = Lines::open(path)?;
    let mut seen = std::collections::HashSet::new();
    let mut found = HashMap::new();
    while let Some(line) = next(&mut lines, 0)? {
        // Faults were told when the file was read before.
        let Ok(read) = read_record(&line, &mut seen) else { continue };
        if wanted.contains(read.case.case_id.as_str()) {
            let summary = Summary::new(&read.case, knowledge);
            found.insert(read.case.case_id, summary);
        }
    }
    Ok(found)
}

/// A file of records as rows by column.
struct Records {
    columns: BTreeMap<String, usize>,
    rows: Vec<(u64, csv::StringRecord)>,
    path: PathBuf,
}

impl Records {
    fn open(path: &Path, needed: &[&str]) -> Result<Self, AppError> {
        // With CRLF the parser counts a record to the line before.
        let text = text(path)?.replace("\r\n", "\n");
        let text = text.trim_start_matches(MARK);
        // A spreadsheet may have changed the sign between fields.
        let first = text.lines().next().unwrap_or_default();
        let delimiter = if first.contains(',') { b',' } else { b';' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let unusable = |error: csv::Error| AppError::unusable(path, format!("is not CSV ({error})"));
        let names = reader.headers().map_err(unusable)?.clone();
        let columns: BTreeMap<String, usize> =
            names.iter().enumerate().map(|(n, name)| (name.trim().to_lowercase(), n)).collect();
        if let Some(missing) = needed.iter().find(|name| !columns.contains_key(**name)) {
            return Err(AppError::unusable(path, format!("has no column `{missing}`; keep the first line as it was")));
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(unusable)?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().any(|field| !field.trim().is_empty()) {
                rows.push((line, record));
            }
        }
        Ok(Self { columns, rows, path: path.to_path_buf() })
    }

    fn fault(&self, line: u64, problem: impl std::fmt::Display) -> AppError {
        AppError::unusable(&self.path, format!("line {line}: {problem}"))
    }

    fn field(&self, (line, record): &(u64, csv::StringRecord), name: &str) -> Result<String, AppError> {
        let field = self.columns.get(name).and_then(|n| record.get(*n)).unwrap_or_default();
        decode(field).map_err(|error| self.fault(*line, format!("column `{name}`: {error}")))
    }

    fn number(&self, row: &(u64, csv::StringRecord), name: &str) -> Result<u64, AppError> {
        let number = row_number(&self.field(row, name)?);
        number.ok_or_else(|| self.fault(row.0, format!("column `{name}` is no number from 1")))
    }
}

/// What people judged, by the key.
pub(super) fn read(
    key: &Path,
    files: &[PathBuf],
    main: &str,
    evaluation: &Evaluation<'_>,
) -> Result<Suitability, AppError> {
    let rows = read_key(key)?;
    let judged: Vec<Vec<Judged>> = files.iter().map(|path| read_judged(path)).collect::<Result<_, _>>()?;
    suitability(&rows, &judged, main, |case| evaluation.patient_of(case)).map_err(|(file, fault)| {
        let path = match fault {
            JudgedFault::NotRecorded(_) => Some(key),
            JudgedFault::NotInKey(_) | JudgedFault::OtherDrug(_) | JudgedFault::Twice(_) => {
                files.get(file).map(PathBuf::as_path)
            }
        };
        AppError::unusable(path.unwrap_or(key), fault)
    })
}

fn read_key(path: &Path) -> Result<Vec<Row>, AppError> {
    let records = Records::open(path, &KEY)?;
    let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
    for record in &records.rows {
        let number = records.number(record, "row")?;
        let source = records.field(record, "source")?;
        let (case_id, ingredient) = (records.field(record, "case_id")?, records.field(record, "ingredient")?);
        let row = rows.entry(number).or_insert_with(|| Row {
            row: number,
            admission: 0,
            case_id: case_id.clone(),
            ingredient: ingredient.clone(),
            sources: Vec::new(),
        });
        if row.case_id != case_id || row.ingredient != ingredient {
            return Err(records.fault(record.0, "this row stood with another case or drug before: the key is damaged"));
        }
        row.admission = records.number(record, "admission")?;
        row.sources.push(source);
    }
    Ok(rows.into_values().collect())
}

fn read_judged(path: &Path) -> Result<Vec<Judged>, AppError> {
    let records = Records::open(path, &["row", "ingredient", "suitable"])?;
    let judged = records.rows.iter().map(|record| {
        Ok(Judged {
            row: records.number(record, "row")?,
            ingredient: records.field(record, "ingredient")?,
            judgement: Judgement::read(&records.field(record, "suitable")?)
                .map_err(|unknown| records.fault(record.0, unknown))?,
        })
    });
    judged.collect()
}
