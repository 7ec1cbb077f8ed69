//! `evaluate folds`: patients to folds, for cross-validation and for a part that is held out.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use bogam_clinical::record::RecordedAdmission;
pub use bogam_evaluate::fold;
use bogam_evaluate::{SeenBefore, is_held_out};
use serde::Deserialize;

use super::read;
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::Lines;
use crate::output::Output;
use crate::suggest::next;

/// How patients are divided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Split {
    /// Into so many folds of about one size, at least two.
    Folds(u32),
    /// So great a share of patients is held out, fold 0; the rest is fold 1.
    Share(f64),
}

impl Split {
    fn check(self) -> Result<(), AppError> {
        match self {
            Self::Folds(folds) if !(2..=1000).contains(&folds) => {
                Err(AppError::Unusable(format!("--folds {folds}: give a number from 2 to 1000")))
            }
            Self::Share(share) if !(share > 0.0 && share < 1.0) => {
                Err(AppError::Unusable(format!("--share {share}: give a share between 0 and 1, such as 0.2")))
            }
            Self::Folds(_) | Self::Share(_) => Ok(()),
        }
    }

    fn of(self, patient: &str) -> u32 {
        match self {
            Self::Folds(folds) => fold(patient, folds),
            Self::Share(share) => u32::from(!is_held_out(patient, share)),
        }
    }

    const fn folds(self) -> u32 {
        match self {
            Self::Folds(folds) => folds,
            Self::Share(_) => 2,
        }
    }

    /// What the files of a fold begin with.
    fn name(self, fold: u32) -> String {
        match (self, fold) {
            (Self::Folds(_), fold) => format!("fold-{fold}"),
            (Self::Share(_), 0) => "held-out".to_owned(),
            (Self::Share(_), _) => "rest".to_owned(),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct FoldsRequest {
    /// What was recorded: it says which patients there are.
    pub recorded: PathBuf,
    /// How they are divided.
    pub split: Split,
    /// Cases to divide as well.
    pub cases: Option<PathBuf>,
    /// Folder for the files.
    pub out: PathBuf,
}

/// What a division came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Divided {
    /// Patients and cases of each fold, with what its files begin with.
    pub folds: Vec<(String, u64, u64)>,
    /// Cases without a recorded admission: their patient is not known, and they are in no fold.
    pub without_patient: u64,
    /// Lines of cases that could not be read.
    pub unreadable: u64,
}

impl Divided {
    /// A few lines for reading.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, patients, cases) in &self.folds {
            text += &format!("{name}\t{patients} patients\t{cases} cases\n");
        }
        if self.without_patient > 0 {
            text += &format!("in no fold\t{} cases without a recorded admission\n", self.without_patient);
        }
        text
    }

    /// 0, or 1 when some line could not be used.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.unreadable > 0)
    }
}

/// The identifier of a case, and nothing else of it.
#[derive(Deserialize)]
struct CaseId {
    case_id: String,
}

/// Writes `folds.csv`, the patients of each fold, and the cases of each fold where there are cases: their lines as they
/// are, in their order.
///
/// # Errors
/// When an input cannot be used, before anything is written; when the folder cannot be written to the end.
pub fn folds(request: &FoldsRequest, sink: &mut dyn JobSink) -> Result<Divided, AppError> {
    request.split.check()?;
    sink.stage("Reading what was recorded");
    let mut by_patient: BTreeMap<String, u32> = BTreeMap::new();
    let mut by_case: HashMap<String, u32> = HashMap::new();
    read::recorded(&request.recorded, &mut |record: &RecordedAdmission| {
        let fold = request.split.of(&record.patient_id);
        by_patient.insert(record.patient_id.clone(), fold);
        let before = by_case.insert(record.case_id.clone(), fold);
        if before.is_some() { Err(SeenBefore) } else { Ok(()) }
    })?;
    let lines = request.cases.as_deref().map(Lines::open).transpose()?;
    refuse_odd_ids(by_patient.keys(), &request.recorded)?;
    let folder = Folder::open(request)?;
    let rows = by_patient.iter().map(|(patient, fold)| [patient.clone(), fold.to_string()]);
    folder.whole("folds.csv", &plain_csv(["patient_id", "fold"], rows)?, sink)?;
    let mut divided = Divided::default();
    for fold in 0..request.split.folds() {
        let name = request.split.name(fold);
        let patients: Vec<&str> =
            by_patient.iter().filter(|(_, of)| **of == fold).map(|(patient, _)| patient.as_str()).collect();
        let text: String = patients.iter().map(|patient| format!("{patient}\n")).collect();
        folder.whole(&format!("{name}.patients"), &text, sink)?;
        let count = u64::try_from(patients.len()).unwrap_or(u64::MAX);
        divided.folds.push((name, count, 0));
    }
    if let Some(lines) = lines {
        sink.stage("Dividing cases");
        folder.cases(lines, &by_case, &mut divided, sink)?;
    }
    sink.warn(&format!(
        "the files in {} name patients and are not encrypted (readable by you only)",
        request.out.display()
    ));
    Ok(divided)
}

/// An id with a line end would be two in a file of one a line.
fn refuse_odd_ids<'a>(mut ids: impl Iterator<Item = &'a String>, path: &Path) -> Result<(), AppError> {
    let odd = ids.any(|id| id.is_empty() || id.chars().any(char::is_control));
    let problem = "a `patient_id` is empty or holds a control character: it cannot stand in a list of one id a line";
    if odd { Err(AppError::unusable(path, problem)) } else { Ok(()) }
}

/// CSV for programs: as it is, without a mark or guards.
fn plain_csv(header: [&str; 2], rows: impl Iterator<Item = [String; 2]>) -> Result<String, AppError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fault = |error: csv::Error| AppError::Unusable(format!("the folds cannot be written as CSV ({error})"));
    writer.write_record(header).map_err(fault)?;
    for row in rows {
        writer.write_record(row).map_err(fault)?;
    }
    let bytes = writer.into_inner().unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The folder of the files.
struct Folder<'a> {
    path: &'a Path,
    inputs: Vec<&'a Path>,
}

impl<'a> Folder<'a> {
    fn open(request: &'a FoldsRequest) -> Result<Self, AppError> {
        std::fs::create_dir_all(&request.out)
            .map_err(|error| AppError::unusable(&request.out, format!("cannot be made ({error})")))?;
        let inputs = std::iter::once(&request.recorded).chain(&request.cases);
        Ok(Self { path: &request.out, inputs: inputs.map(PathBuf::as_path).collect() })
    }

    fn file(&self, name: &str, sink: &mut dyn JobSink) -> Result<Output, AppError> {
        let path = self.path.join(name);
        self.inputs.iter().try_for_each(|input| Output::not_an_input(&path, input))?;
        Output::open(&path, Path::new("-"), false, sink)
    }

    fn whole(&self, name: &str, text: &str, sink: &mut dyn JobSink) -> Result<(), AppError> {
        let mut out = self.file(name, sink)?;
        out.text(text)?;
        out.finish()
    }

    fn cases(
        &self,
        mut lines: Lines,
        by_case: &HashMap<String, u32>,
        divided: &mut Divided,
        sink: &mut dyn JobSink,
    ) -> Result<(), AppError> {
        let mut outs = Vec::new();
        for (name, ..) in &divided.folds {
            outs.push(self.file(&format!("{name}.cases.jsonl"), sink)?);
        }
        let name = lines.name().to_owned();
        while let Some(line) = next(&mut lines, 0)? {
            let parsed =
                line.text.as_ref().ok().and_then(|text| Some((text, serde_json::from_str::<CaseId>(text).ok()?)));
            let Some((text, CaseId { case_id })) = parsed else {
                divided.unreadable += 1;
                sink.warn(&format!("{name}: line {}: not a case with a `case_id`; it is in no fold", line.number));
                continue;
            };
            let place = by_case.get(&case_id).and_then(|fold| usize::try_from(*fold).ok());
            let to = place.and_then(|place| Some((outs.get_mut(place)?, divided.folds.get_mut(place)?)));
            match to {
                Some((out, (_, _, cases))) => {
                    out.text(&format!("{text}\n"))?;
                    *cases += 1;
                }
                None => divided.without_patient += 1,
            }
            sink.progress(line.number, None);
        }
        outs.into_iter().try_for_each(Output::finish)
    }
}
