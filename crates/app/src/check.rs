//! `check`: the drugs of a case against its facts and each other; nothing is suggested.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use bogam_clinical::case::{Case, DrugEntry};
use bogam_clinical::input::ReadCase;
use bogam_clinical::record::{CheckRecord, NotEvaluated, RecordedAdmission, Status, Tier, Timing};
use bogam_knowledge::{DiagnosisCodes, KnowledgeBase};
use bogam_safety::{CheckInput, DrugUse, finish};

use crate::assets;
use crate::error::AppError;
use crate::job::{JobSink, Summary};
use crate::knowledge::expired;
use crate::lines::Lines;
use crate::output::Output;
use crate::suggest::{case_hash, next, read_record};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// Cases; `-` is standard input.
    pub cases: PathBuf,
    /// Records; `-` is standard output.
    pub out: PathBuf,
    /// Recorded drugs to check instead of those of the cases.
    pub recorded: Option<PathBuf>,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
    /// Today, `2026-03-02`: knowledge that has expired by then is told where a case has no `as_of`.
    pub today: String,
}

/// Checks every case of a file.
///
/// # Errors
/// As [`crate::suggest::suggest`].
pub fn check(request: &CheckRequest, sink: &mut dyn JobSink) -> Result<Summary, AppError> {
    let mut lines = Lines::open(&request.cases)?;
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(&request.knowledge)?;
    let recorded = request.recorded.as_deref().map(read_recorded).transpose()?;
    let mut out = Output::open(&request.out, &request.cases, true, sink)?;
    sink.stage("Checking");
    let mut summary = Summary::default();
    let mut seen = HashSet::new();
    while let Some(line) = next(&mut lines, out.lines())? {
        match read_record(&line, &mut seen) {
            Ok(read) => {
                let record = check_case(&read, recorded.as_ref(), &knowledge, &request.today);
                summary.critical += u64::from(record.findings.iter().any(|f| f.tier == Tier::Critical));
                out.record(&record)?;
                summary.answered += 1;
            }
            Err(error) => {
                out.record(&*error)?;
                summary.rejected += 1;
            }
        }
        sink.progress(summary.answered + summary.rejected, None);
    }
    out.finish()?;
    summary.blank = lines.blank();
    Ok(summary)
}

/// Recorded drugs by case.
pub(crate) fn read_recorded(path: &std::path::Path) -> Result<HashMap<String, RecordedAdmission>, AppError> {
    let mut lines = Lines::open(path)?;
    let mut all = HashMap::new();
    while let Some(line) = next(&mut lines, 0)? {
        let text = line.text.map_err(|f| AppError::unusable(path, format!("line {}: {}", line.number, f.message())))?;
        let admission: RecordedAdmission = serde_json::from_str(&text).map_err(|e| {
            AppError::unusable(path, format!("line {}: {e}; expected a line of recorded.jsonl", line.number))
        })?;
        all.insert(admission.case_id.clone(), admission);
    }
    Ok(all)
}

fn check_case(
    read: &ReadCase,
    recorded: Option<&HashMap<String, RecordedAdmission>>,
    knowledge: &KnowledgeBase,
    today: &str,
) -> CheckRecord {
    let start = Instant::now();
    let case = &read.case;
    let codes: Vec<DiagnosisCodes> = case.diagnoses.iter().map(|d| knowledge.codes(d)).collect();
    let mut notices = bogam_safety::notices(case);
    notices.extend(expired(knowledge, case, today));
    let (mut unrecognised, mut not_evaluated) = bogam_safety::unrecognised(case, knowledge);
    let mut known = case.patient.current_drugs.is_some();
    let drugs = match recorded {
        None => given(case, knowledge),
        Some(all) => match all.get(&case.case_id) {
            Some(admission) => {
                known = true;
                for name in &admission.unmapped {
                    unrecognised.push(name.clone());
                    let missing = vec![format!("recorded.unmapped: {name}")];
                    not_evaluated.push(NotEvaluated { code: "drug.unrecognised".into(), drugs: Vec::new(), missing });
                }
                of_record(admission, knowledge, &mut unrecognised)
            }
            None => {
                notices.push("no_recorded_drugs".to_owned());
                Vec::new()
            }
        },
    };
    let outcome = bogam_safety::check(&CheckInput { case, knowledge, codes: &codes, drugs: &drugs }, known);
    not_evaluated.extend(outcome.not_evaluated);
    for field in &read.unknown_fields {
        unrecognised.push(field.clone());
        not_evaluated.push(NotEvaluated {
            code: "case.unknown_field".into(),
            drugs: Vec::new(),
            missing: vec![field.clone()],
        });
    }
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    CheckRecord {
        case_id: case.case_id.clone(),
        status: Status::Ok,
        error: None,
        findings: finish(outcome.findings),
        not_evaluated,
        unrecognised,
        notices,
        provenance: bogam_suggest::provenance(knowledge, &case_hash(&read.canonical), 0),
        timing_ms: Timing { safety: elapsed, total: elapsed, ..Timing::default() },
    }
}

/// What the patient takes, with what is proposed. Names that are not recognised are listed by
/// [`bogam_safety::unrecognised`].
fn given(case: &Case, knowledge: &KnowledgeBase) -> Vec<DrugUse> {
    let known = |entry: &DrugEntry, current: bool| {
        let drug = knowledge.normalise(&entry.name).drug?;
        Some(DrugUse { drug, entry: Some(entry.clone()), current, window: None })
    };
    let current = case.patient.current_drugs.iter().flatten().filter_map(|d| known(d, true));
    current.chain(case.proposed_drugs.iter().filter_map(|d| known(d, false))).collect()
}

/// What was recorded; pairs count only where their times overlap.
fn of_record(admission: &RecordedAdmission, knowledge: &KnowledgeBase, unrecognised: &mut Vec<String>) -> Vec<DrugUse> {
    let mut uses = Vec::new();
    for recorded in &admission.drugs {
        match knowledge.find(&recorded.ingredient) {
            Some(drug) => {
                let window = recorded.first_hour.zip(recorded.last_hour);
                uses.push(DrugUse { drug, entry: None, current: false, window });
            }
            None => unrecognised.push(recorded.ingredient.clone()),
        }
    }
    uses
}
