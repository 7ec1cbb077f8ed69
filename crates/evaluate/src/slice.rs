//! The recorded drugs of all admissions, or some of them, against the lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bogam_clinical::record::{RecordedAdmission, RecordedDrug};
use bogam_knowledge::KnowledgeBase;

use crate::answer::SuggestionLine;
use crate::bootstrap::{Draws, Ratio};
use crate::calibration::{Calibrated, Said};
use crate::level::Level;
use crate::most_prescribed::Prescribed;
use crate::report::{Calibration, Compared, DrugRow, Interactions, Levels, Scores, SliceReport};
use crate::scores::ListScores;
use crate::{count, interactions, number};

/// Which recorded drugs count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slice {
    /// All.
    All,
    /// Those started within 24 hours of admission, or before it.
    FirstDay,
}

impl Slice {
    pub(crate) fn holds(self, drug: &RecordedDrug) -> bool {
        match self {
            Self::All => true,
            Self::FirstDay => drug.first_hour.is_some_and(|hour| hour <= 24.0),
        }
    }

    /// The ingredients that count, each once.
    pub(crate) fn recorded(self, admission: &RecordedAdmission) -> BTreeSet<&str> {
        admission.drugs.iter().filter(|drug| self.holds(drug)).map(|drug| drug.ingredient.as_str()).collect()
    }
}

/// A recorded admission, and the list for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admission<'a> {
    pub record: &'a RecordedAdmission,
    /// `None` for an error, or no line.
    pub list: Option<&'a SuggestionLine>,
}

/// Two lists of one admission against what was recorded.
#[derive(Debug, Clone, Copy)]
struct Scored {
    patient: usize,
    suggested: ListScores,
    most_prescribed: ListScores,
}

/// Shares of interacting pairs of one admission.
#[derive(Debug, Clone, Copy)]
struct Pairs {
    patient: usize,
    suggested: Option<f64>,
    most_prescribed: Option<f64>,
    recorded: Option<f64>,
}

/// Everything of a slice, admission by admission.
#[derive(Debug, Default)]
struct Gathered {
    scored: Levels<Vec<Scored>>,
    pairs: Vec<Pairs>,
    suggested: Vec<Said>,
    most_prescribed: Vec<Said>,
    nothing_recorded: usize,
    recorded_drugs: usize,
    never_candidates: usize,
}

/// The drugs of a list with their probabilities, the whole ranking behind it, and both by level.
struct Ranked<'a> {
    listed: BTreeMap<&'a str, f64>,
    positions: Levels<HashMap<&'a str, usize>>,
}

impl<'a> Ranked<'a> {
    fn suggested(list: Option<&'a SuggestionLine>, knowledge: &'a KnowledgeBase) -> Self {
        let mut listed = BTreeMap::new();
        for drug in list.iter().flat_map(|list| &list.drugs) {
            // Of a repeated drug the greater probability, in whatever order they stand.
            let probability: &mut f64 = listed.entry(drug.ingredient.as_str()).or_insert(drug.probability);
            *probability = probability.max(drug.probability);
        }
        let ranking = list.map(SuggestionLine::ranking).unwrap_or_default();
        Self { listed, positions: positions(&ranking, knowledge) }
    }

    fn scores(&self, level: Level, recorded: &BTreeSet<&str>, knowledge: &KnowledgeBase) -> ListScores {
        score(level, self.listed.keys().copied(), recorded, self.positions.at(level), knowledge)
    }
}

fn positions<'a>(ranking: &[&'a str], knowledge: &'a KnowledgeBase) -> Levels<HashMap<&'a str, usize>> {
    let at = |level: Level| level.positions(ranking.iter().copied(), knowledge);
    Levels { ingredient: at(Level::Ingredient), atc4: at(Level::Atc4), atc3: at(Level::Atc3) }
}

fn score<'a>(
    level: Level,
    listed: impl Iterator<Item = &'a str>,
    recorded: &BTreeSet<&'a str>,
    positions: &HashMap<&str, usize>,
    knowledge: &'a KnowledgeBase,
) -> ListScores {
    let listed = level.set(listed, knowledge);
    let recorded = level.set(recorded.iter().copied(), knowledge);
    ListScores::of(&listed, &recorded, positions)
}

impl Gathered {
    /// `patients` are in order of their ids, their admissions in order of theirs: sums do not depend on the order of
    /// lines.
    fn over(
        slice: Slice,
        patients: &BTreeMap<&str, Vec<Admission<'_>>>,
        prescribed: &Prescribed<'_>,
        knowledge: &KnowledgeBase,
    ) -> Self {
        let mut gathered = Self::default();
        for (patient, (id, admissions)) in patients.iter().enumerate() {
            let common = prescribed.without(id);
            let ranking: Vec<&str> = common.iter().map(|(drug, _)| *drug).collect();
            let common_positions = positions(&ranking, knowledge);
            for admission in admissions {
                let recorded = slice.recorded(admission.record);
                if recorded.is_empty() {
                    gathered.nothing_recorded += 1;
                    continue;
                }
                let ranked = Ranked::suggested(admission.list, knowledge);
                let same_length: Vec<(&str, f64)> = common.iter().copied().take(ranked.listed.len()).collect();
                let names = || same_length.iter().map(|(drug, _)| *drug);
                for level in Level::ALL {
                    gathered.scored.at_mut(level).push(Scored {
                        patient,
                        suggested: ranked.scores(level, &recorded, knowledge),
                        most_prescribed: score(level, names(), &recorded, common_positions.at(level), knowledge),
                    });
                }
                gathered.pairs.push(Pairs {
                    patient,
                    suggested: interactions::of_list(ranked.listed.keys().copied(), knowledge),
                    most_prescribed: interactions::of_list(names(), knowledge),
                    recorded: interactions::of_record(admission.record, slice, knowledge),
                });
                let said =
                    |(drug, probability): (&str, f64)| Said { patient, probability, recorded: recorded.contains(drug) };
                gathered.suggested.extend(ranked.listed.iter().map(|(drug, p)| said((drug, *p))));
                gathered.most_prescribed.extend(same_length.iter().copied().map(said));
                gathered.recorded_drugs += recorded.len();
                let ranked = &ranked.positions.ingredient;
                gathered.never_candidates += recorded.iter().filter(|drug| !ranked.contains_key(**drug)).count();
            }
        }
        gathered
    }

    fn report(self, patients: usize) -> SliceReport {
        let draws = Draws::over(patients);
        let scores = |level: Level| scores(self.scored.at(level), patients, &draws);
        let by_level =
            Levels { ingredient: scores(Level::Ingredient), atc4: scores(Level::Atc4), atc3: scores(Level::Atc3) };
        let rate = |pick: fn(&Pairs) -> Option<f64>| {
            Ratio::new(patients, self.pairs.iter().filter_map(|pairs| Some((pairs.patient, pick(pairs)?, 1.0))))
        };
        let (suggested, recorded) = (rate(|pairs| pairs.suggested), rate(|pairs| pairs.recorded));
        let interactions = Interactions {
            lists: compared(&suggested, &rate(|pairs| pairs.most_prescribed), &draws),
            recorded: draws.ratio(&recorded),
            difference_to_recorded: draws.difference(&suggested, &recorded),
        };
        let admissions = count(self.pairs.len());
        let suggested = Calibrated::new(self.suggested, admissions);
        let most_prescribed = Calibrated::new(self.most_prescribed, admissions);
        let ece = Compared {
            suggested: suggested.estimate(&draws),
            most_prescribed: most_prescribed.estimate(&draws),
            difference: suggested.difference(&most_prescribed, &draws),
        };
        SliceReport {
            admissions,
            nothing_recorded: count(self.nothing_recorded),
            recorded_drugs: count(self.recorded_drugs),
            never_candidates: count(self.never_candidates),
            by_level,
            interactions,
            calibration: Calibration { ece, bins: suggested.report(patients) },
        }
    }
}

fn scores(scored: &[Scored], patients: usize, draws: &Draws) -> Scores {
    let ratios = |above: &dyn Fn(&ListScores) -> f64, below: &dyn Fn(&ListScores) -> f64| {
        let ratio = |list: fn(&Scored) -> &ListScores| {
            Ratio::new(patients, scored.iter().map(|s| (s.patient, above(list(s)), below(list(s)))))
        };
        compared(&ratio(|s| &s.suggested), &ratio(|s| &s.most_prescribed), draws)
    };
    let mean = |value: &dyn Fn(&ListScores) -> f64| ratios(value, &|_| 1.0);
    Scores {
        accuracy: mean(&ListScores::accuracy),
        recall: mean(&ListScores::recall),
        jaccard: mean(&ListScores::jaccard),
        f1: mean(&ListScores::f1),
        prauc: mean(&|list| list.average_precision),
        listed_to_recorded: ratios(&|list| list.listed, &|list| list.recorded),
    }
}

fn compared(suggested: &Ratio, most_prescribed: &Ratio, draws: &Draws) -> Compared {
    Compared {
        suggested: draws.ratio(suggested),
        most_prescribed: draws.ratio(most_prescribed),
        difference: draws.difference(suggested, most_prescribed),
    }
}

/// A slice of the report. `training` is what the most-prescribed drugs are counted on: of each admission the drugs of
/// the slice, so that the baseline aims at what it is compared with.
pub(crate) fn report<'a>(
    slice: Slice,
    patients: &BTreeMap<&str, Vec<Admission<'_>>>,
    training: impl Iterator<Item = &'a RecordedAdmission>,
    knowledge: &KnowledgeBase,
) -> SliceReport {
    let prescribed = Prescribed::count(training, slice);
    Gathered::over(slice, patients, &prescribed, knowledge).report(patients.len())
}

/// How each drug fared, against all recorded drugs.
pub(crate) fn drugs<'a>(admissions: impl Iterator<Item = &'a Admission<'a>>) -> Vec<DrugRow> {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for admission in admissions {
        let recorded = Slice::All.recorded(admission.record);
        if recorded.is_empty() {
            continue;
        }
        let listed = admission.list.map(SuggestionLine::listed).unwrap_or_default();
        for drug in recorded.union(&listed) {
            let [of_recorded, of_listed, hits] = counts.entry(drug).or_default();
            *of_recorded += usize::from(recorded.contains(drug));
            *of_listed += usize::from(listed.contains(drug));
            *hits += usize::from(recorded.contains(drug) && listed.contains(drug));
        }
    }
    let share = |part: usize, whole: usize| (whole > 0).then(|| number(part) / number(whole));
    let row = |(drug, [recorded, listed, hits]): (&str, [usize; 3])| DrugRow {
        ingredient: drug.to_owned(),
        recorded: count(recorded),
        listed: count(listed),
        hits: count(hits),
        recall: share(hits, recorded),
        precision: share(hits, listed),
    };
    let mut rows: Vec<DrugRow> = counts.into_iter().map(row).collect();
    // The sort keeps the order by ingredient among equals.
    rows.sort_by_key(|row| (std::cmp::Reverse(row.recorded), std::cmp::Reverse(row.listed)));
    rows
}
