//! Reports of `bogam evaluate`: every JSON file of the folder `evaluations` beside the vault is one.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::imports::json_files;
use super::types::{Ablation, CalibrationBin, EvaluationView, Interval, Metric};
use super::{Answer, Window, fault};
use crate::vault::UseCase;

/// Where the reports lie.
pub(super) const EVALUATIONS: &str = "evaluations";

/// 97.5 % of a normal distribution lie below.
const Z: f64 = 1.959_964;

/// Of a report, what the window shows.
#[derive(Debug, Deserialize)]
struct Report {
    name: String,
    counts: Counts,
    output_rate: Estimate,
    all: Slice,
    #[serde(default)]
    beside: Vec<Beside>,
}

#[derive(Debug, Deserialize)]
struct Counts {
    admissions: u64,
    patients: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Estimate {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Compared {
    suggested: Estimate,
    most_prescribed: Estimate,
}

#[derive(Debug, Deserialize)]
struct Slice {
    by_level: Levels,
    interactions: Interactions,
    calibration: Calibration,
}

#[derive(Debug, Deserialize)]
struct Levels {
    ingredient: Scores,
}

#[derive(Debug, Deserialize)]
struct Scores {
    accuracy: Compared,
    recall: Compared,
    jaccard: Compared,
    f1: Compared,
    prauc: Compared,
    listed_to_recorded: Compared,
}

#[derive(Debug, Deserialize)]
struct Interactions {
    lists: Compared,
}

#[derive(Debug, Deserialize)]
struct Calibration {
    ece: Compared,
    bins: Vec<Bin>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Bin {
    drugs: f64,
    probability: f64,
    recorded: f64,
}

#[derive(Debug, Deserialize)]
struct Beside {
    name: String,
    all: Slice,
}

impl Estimate {
    /// Without an interval there is nothing to show: it stands on one patient.
    fn interval(self) -> Option<Interval> {
        Some(Interval { value: self.value?, low: self.low?, high: self.high? })
    }
}

impl Bin {
    /// Wilson's interval takes the drugs as drawn one by one; drugs of one patient are alike, so that it is rather too
    /// narrow.
    fn view(self) -> CalibrationBin {
        let n = self.drugs.max(1.0);
        let (share, z2) = (self.recorded, Z * Z);
        let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).max(0.0).sqrt() / (1.0 + z2 / n);
        CalibrationBin {
            predicted: self.probability,
            observed: share,
            low: (middle - half).min(share).max(0.0),
            high: (middle + half).max(share).min(1.0),
            drugs: self.drugs,
        }
    }
}

impl Report {
    fn metrics(&self) -> Vec<Metric> {
        let scores = &self.all.by_level.ingredient;
        let compared = [
            ("accuracy", scores.accuracy),
            ("recall", scores.recall),
            ("f1", scores.f1),
            ("jaccard", scores.jaccard),
            ("prauc", scores.prauc),
            ("listed_to_recorded", scores.listed_to_recorded),
            ("interaction_rate", self.all.interactions.lists),
            ("ece", self.all.calibration.ece),
        ];
        let rate = self.output_rate.interval();
        let rate = rate.map(|value| Metric { id: "output_rate".to_owned(), value, baseline: None });
        let metric = |(id, of): (&str, Compared)| {
            let value = of.suggested.interval()?;
            Some(Metric { id: id.to_owned(), value, baseline: of.most_prescribed.interval() })
        };
        rate.into_iter().chain(compared.into_iter().filter_map(metric)).collect()
    }

    /// What is left without each channel: lists beside these whose name lacks one of the channels of theirs.
    fn ablation(&self) -> Vec<Ablation> {
        let f1 = |slice: &Slice| slice.by_level.ingredient.f1.suggested.interval();
        let channels: Vec<&str> = self.name.split('+').collect();
        let left_out = |other: &Beside| {
            let others: Vec<&str> = other.name.split('+').collect();
            let lacks: Vec<&&str> = channels.iter().filter(|channel| !others.contains(channel)).collect();
            match lacks.as_slice() {
                [one] if others.len() + 1 == channels.len() => Some((**one).to_owned()),
                _ => None,
            }
        };
        let without = self.beside.iter().filter_map(|other| Some((left_out(other)?, f1(&other.all)?)));
        let mut all: Vec<Ablation> = without.map(|(without, f1)| Ablation { without, f1 }).collect();
        if let (false, Some(whole)) = (all.is_empty(), f1(&self.all)) {
            all.insert(0, Ablation { without: "none".to_owned(), f1: whole });
        }
        all
    }
}

/// A report as the window shows it.
pub(super) fn read(path: &Path) -> Answer<EvaluationView> {
    let unreadable = |why: String| {
        fault("evaluation.unreadable", &[("path", json!(path.display().to_string())), ("text", json!(why))])
    };
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    let report: Report = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
    let written = std::fs::metadata(path).and_then(|about| about.modified()).map_err(|e| unreadable(e.to_string()))?;
    let at = jiff::Timestamp::try_from(written).map_err(|e| unreadable(e.to_string()))?;
    Ok(EvaluationView {
        id: path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        metrics: report.metrics(),
        ablation: report.ablation(),
        calibration: report.all.calibration.bins.iter().map(|bin| bin.view()).collect(),
        name: report.name,
        at: at.to_string(),
        admissions: report.counts.admissions,
        patients: report.counts.patients,
        model: None,
        losses: Vec::new(),
        throughput: Vec::new(),
    })
}

impl Window {
    /// Reports that lie in the folder, the newest first.
    ///
    /// # Errors
    /// When nobody is signed in; `evaluation.unreadable` with the path of a file there that is no report.
    pub fn evaluations(&self) -> Answer<Vec<EvaluationView>> {
        self.desk.with(|session| session.may(UseCase::KeepOwn))?;
        let files = json_files(&self.surroundings.beside(EVALUATIONS))?;
        let mut all = files.iter().map(|path| read(path)).collect::<Answer<Vec<_>>>()?;
        all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
        Ok(all)
    }
}
