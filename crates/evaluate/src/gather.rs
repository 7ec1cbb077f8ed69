//! The figures of one source of suggestions, and where they come from.

use crate::answer::{Answers, List};
use crate::bootstrap::{Drawn, Series, Sheet};
use crate::calibration::Calibrated;
use crate::drugs::{Drug, Drugs, Group, Interacting, Level, Positions};
use crate::interactions;
use crate::recorded::{Admission, Slice};
use crate::report::{
    Calibration, Compared, Coverage, Estimate, Interactions, Levels, Scores, SliceDifferences, SliceReport,
};
use crate::scores::{ListScores, share};
use crate::{count, number};

/// A figure as it is drawn, with the number of admissions that it stands on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Figure {
    series: Series,
    admissions: u64,
}

impl Figure {
    fn estimate(&self) -> Estimate {
        self.series.estimate(self.admissions)
    }

    fn less(&self, other: &Self) -> Estimate {
        self.series.less(&other.series).estimate(self.admissions.min(other.admissions))
    }
}

/// Of the suggestions, and of the most-prescribed drugs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Both<T> {
    suggested: T,
    most_prescribed: T,
}

impl Both<Figure> {
    fn compared(&self) -> Compared {
        Compared {
            suggested: self.suggested.estimate(),
            most_prescribed: self.most_prescribed.estimate(),
            difference: self.suggested.less(&self.most_prescribed),
        }
    }
}

impl<T> Scores<T> {
    /// Each of them by itself.
    pub fn map<U>(&self, of: impl Fn(&T) -> U) -> Scores<U> {
        Scores {
            accuracy: of(&self.accuracy),
            recall: of(&self.recall),
            jaccard: of(&self.jaccard),
            f1: of(&self.f1),
            prauc: of(&self.prauc),
            listed_to_recorded: of(&self.listed_to_recorded),
        }
    }

    fn zip<'a, U>(&'a self, other: &'a Self, of: impl Fn(&T, &T) -> U) -> Scores<U> {
        Scores {
            accuracy: of(&self.accuracy, &other.accuracy),
            recall: of(&self.recall, &other.recall),
            jaccard: of(&self.jaccard, &other.jaccard),
            f1: of(&self.f1, &other.f1),
            prauc: of(&self.prauc, &other.prauc),
            listed_to_recorded: of(&self.listed_to_recorded, &other.listed_to_recorded),
        }
    }
}

impl<T> Levels<T> {
    fn build(mut of: impl FnMut(Level) -> T) -> Self {
        Self { ingredient: of(Level::Ingredient), atc4: of(Level::Atc4), atc3: of(Level::Atc3) }
    }
}

/// Columns of the sums of a slice. Within a level: what is recorded, then six sums of the suggestions, then the same six of
/// the most-prescribed drugs.
mod column {
    /// Admissions that are compared.
    pub(super) const ADMISSIONS: usize = 0;
    pub(super) const LEVELS: usize = 1;
    pub(super) const LEVEL: usize = 13;
    pub(super) const SUGGESTED: usize = 1;
    pub(super) const MOST_PRESCRIBED: usize = 7;
    /// Sum and number of shares of interacting pairs: suggested, most prescribed, recorded.
    pub(super) const PAIRS: usize = LEVELS + 3 * LEVEL;
    pub(super) const SLICE: usize = PAIRS + 6;
    /// All admissions; those with a valid list; coverage.
    pub(super) const EVERY: usize = 2 * SLICE;
    pub(super) const VALID: usize = EVERY + 1;
    pub(super) const COVERAGE: usize = VALID + 1;
    pub(super) const ALL: usize = COVERAGE + 4;
}

/// The figures of a slice that are ratios of sums.
#[derive(Debug, Clone, Default, PartialEq)]
struct Ratios<T> {
    levels: Levels<Scores<Both<T>>>,
    pairs: Both<T>,
    recorded_pairs: T,
}

impl<T> Ratios<T> {
    /// All of them in one order: `take` is given the columns above and below, and the one that counts admissions.
    fn lay(slice: usize, take: &mut dyn FnMut(usize, usize, usize) -> T) -> Self {
        let start = slice * column::SLICE;
        let admissions = start + column::ADMISSIONS;
        let levels = Levels::build(|level| {
            let level = start + column::LEVELS + place(level) * column::LEVEL;
            let mut both = |of: usize, below: usize| Both {
                suggested: take(level + column::SUGGESTED + of, below, admissions),
                most_prescribed: take(level + column::MOST_PRESCRIBED + of, below, admissions),
            };
            Scores {
                accuracy: both(0, admissions),
                recall: both(1, admissions),
                jaccard: both(2, admissions),
                f1: both(3, admissions),
                prauc: both(4, admissions),
                listed_to_recorded: both(5, level),
            }
        });
        let pairs = start + column::PAIRS;
        Self {
            levels,
            pairs: Both {
                suggested: take(pairs, pairs + 1, pairs + 1),
                most_prescribed: take(pairs + 2, pairs + 3, pairs + 3),
            },
            recorded_pairs: take(pairs + 4, pairs + 5, pairs + 5),
        }
    }
}

const fn place(level: Level) -> usize {
    match level {
        Level::Ingredient => 0,
        Level::Atc4 => 1,
        Level::Atc3 => 2,
    }
}

/// Sums of one slice that are not drawn, and its calibration.
#[derive(Debug, Default)]
struct Kept {
    nothing_recorded: usize,
    recorded_drugs: usize,
    never_candidates: usize,
    suggested: Calibrated,
    most_prescribed: Calibrated,
}

/// The most-prescribed drugs of a patient, the commonest first, and where they stand.
#[derive(Debug, Default)]
pub(crate) struct Common {
    pub ranking: Vec<(Drug, f64)>,
    positions: Levels<Positions>,
}

impl Common {
    pub(crate) fn set(&mut self, ranking: Vec<(Drug, f64)>, drugs: &Drugs<'_>) {
        for level in Level::ALL {
            let positions = self.positions.at_mut(level);
            positions.begin();
            ranking.iter().for_each(|(drug, _)| positions.push(drugs.group(level, *drug)));
        }
        self.ranking = ranking;
    }
}

/// Everything of one source of suggestions, patient by patient.
#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    answers: &'a Answers,
    sheet: Sheet,
    kept: [Kept; 2],
}

/// What an admission comes to by ingredient against all recorded drugs, for the groups.
pub(crate) type Plain = ListScores;

impl<'a> Gathered<'a> {
    pub(crate) fn new(answers: &'a Answers, patients: usize) -> Self {
        Self { answers, sheet: Sheet::new(patients, column::ALL), kept: [Kept::default(), Kept::default()] }
    }

    /// What does not depend on the slice.
    pub(crate) fn whole(&mut self, patient: usize, admission: u32, drugs: &Drugs<'_>) {
        let list = self.answers.list(admission);
        let valid = list.is_some_and(|list| list.is_valid(drugs));
        self.sheet.add(patient, column::EVERY, 1.0);
        self.sheet.add(patient, column::VALID, number(usize::from(valid)));
        for (n, share) in covered(list).into_iter().enumerate() {
            self.sheet.add(patient, column::COVERAGE + n, share);
        }
    }

    /// An admission against the drugs of a slice. Gives the scores by ingredient; `None` when nothing is recorded.
    pub(crate) fn slice(
        &mut self,
        slice: Slice,
        (patient, number_of, admission): (usize, u32, &Admission),
        common: &Common,
        drugs: &Drugs<'_>,
        interacting: &mut Interacting,
    ) -> Option<Plain> {
        let [all, first_day] = &mut self.kept;
        let (n, kept) = match slice {
            Slice::All => (0, all),
            Slice::FirstDay => (1, first_day),
        };
        let start = n * column::SLICE;
        let recorded = admission.recorded(slice);
        if recorded.is_empty() {
            kept.nothing_recorded += 1;
            return None;
        }
        let list = self.answers.list(number_of);
        let listed: Vec<(Drug, f64)> = list.map(|list| list.once().collect()).unwrap_or_default();
        let same_length = common.ranking.get(..listed.len()).unwrap_or(&common.ranking);
        let mut add = |column: usize, value: f64| self.sheet.add(patient, start + column, value);
        add(column::ADMISSIONS, 1.0);
        let mut plain = None;
        for level in Level::ALL {
            let groups = drugs.groups(level, recorded.iter().copied());
            let of = |listed: &[(Drug, f64)]| drugs.groups(level, listed.iter().map(|(drug, _)| *drug));
            let ranked = ranked(level, slice, list, admission, drugs);
            let position = |group| {
                let at = ranked.binary_search_by_key(&group, |(group, _)| *group).ok()?;
                ranked.get(at).map(|(_, position)| *position)
            };
            let suggested = ListScores::of(&of(&listed), &groups, position);
            let positions = common.positions.at(level);
            let most_prescribed = ListScores::of(&of(same_length), &groups, |group| positions.get(group));
            let base = column::LEVELS + place(level) * column::LEVEL;
            add(base, suggested.recorded);
            for (at, scores) in [(column::SUGGESTED, &suggested), (column::MOST_PRESCRIBED, &most_prescribed)] {
                let values = [
                    scores.accuracy(),
                    scores.recall(),
                    scores.jaccard(),
                    scores.f1(),
                    scores.average_precision,
                    scores.listed,
                ];
                for (n, value) in values.into_iter().enumerate() {
                    add(base + at + n, value);
                }
            }
            if level == Level::Ingredient {
                kept.never_candidates += recorded.iter().filter(|drug| position(**drug).is_none()).count();
                plain = Some(suggested);
            }
        }
        let names = |listed: &[(Drug, f64)]| listed.iter().map(|(drug, _)| *drug).collect::<Vec<_>>().into_iter();
        let pairs = [
            interactions::of_list(names(&listed), interacting, drugs),
            interactions::of_list(names(same_length), interacting, drugs),
            interactions::of_record(admission, slice, interacting, drugs),
        ];
        for (n, share) in pairs.into_iter().enumerate() {
            if let Some(share) = share {
                add(column::PAIRS + 2 * n, share);
                add(column::PAIRS + 2 * n + 1, 1.0);
            }
        }
        let hit = |drug: Drug| recorded.binary_search(&drug).is_ok();
        for (drug, probability) in &listed {
            kept.suggested.add(patient, *probability, hit(*drug));
        }
        for (drug, probability) in same_length {
            kept.most_prescribed.add(patient, *probability, hit(*drug));
        }
        kept.recorded_drugs += recorded.len();
        plain
    }

    /// Everything is there: names the figures that are drawn.
    pub(crate) fn finish(&mut self) {
        for kept in &mut self.kept {
            kept.suggested.sort();
            kept.most_prescribed.sort();
        }
        for slice in 0..2 {
            Ratios::lay(slice, &mut |above, below, _| self.sheet.ratio(above, below));
        }
        for n in 0..5 {
            self.sheet.ratio(column::VALID + n, column::EVERY);
        }
    }

    /// What is drawn, in the order in which [`Gathered::figures`] takes the series.
    pub(crate) fn subjects(&self) -> Vec<&dyn Drawn> {
        let mut subjects: Vec<&dyn Drawn> = vec![&self.sheet];
        for kept in &self.kept {
            subjects.push(&kept.suggested);
            subjects.push(&kept.most_prescribed);
        }
        subjects
    }

    /// The figures of what was drawn.
    pub(crate) fn figures(&self, series: &mut dyn Iterator<Item = Vec<Series>>, patients: usize) -> Figures {
        let mut ratios = series.next().unwrap_or_default().into_iter();
        let mut take = |_: usize, _: usize, counted: usize| Figure {
            series: ratios.next().unwrap_or_default(),
            admissions: self.sheet.added(counted),
        };
        let [all, first_day] = [0, 1].map(|slice| Ratios::lay(slice, &mut take));
        let [output_rate, for_diagnosis, for_diagnosis_supportive, supportive, neither] =
            [(); 5].map(|()| take(0, 0, column::EVERY));
        let mut ece = |admissions: u64| {
            let mut one = || {
                let series = series.next().and_then(|all| all.into_iter().next()).unwrap_or_default();
                Figure { series, admissions }
            };
            Both { suggested: one(), most_prescribed: one() }
        };
        let mut slice = |ratios: Ratios<Figure>, n: usize, kept: &Kept| {
            let admissions = self.sheet.added(n * column::SLICE + column::ADMISSIONS);
            SliceFigures {
                ratios,
                ece: ece(admissions),
                admissions,
                nothing_recorded: count(kept.nothing_recorded),
                recorded_drugs: count(kept.recorded_drugs),
                never_candidates: count(kept.never_candidates),
                bins: kept.suggested.report(patients),
            }
        };
        let [kept_all, kept_first_day] = &self.kept;
        Figures {
            output_rate,
            coverage: [for_diagnosis, for_diagnosis_supportive, supportive, neither],
            all: slice(all, 0, kept_all),
            within_24_hours: slice(first_day, 1, kept_first_day),
        }
    }
}

/// The groups of the recorded drugs of a slice with their positions in the whole ranking, by number.
fn ranked(
    level: Level,
    slice: Slice,
    list: Option<&List>,
    admission: &Admission,
    drugs: &Drugs<'_>,
) -> Vec<(Group, u32)> {
    let Some(list) = list else { return Vec::new() };
    let all = admission.drugs.iter().zip(list.positions.at(level));
    let found = all.filter(|(given, position)| slice.holds(given) && **position > 0);
    let mut ranked: Vec<(Group, u32)> =
        found.map(|(given, position)| (drugs.group(level, given.drug), *position)).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked
}

/// Shares of a list with a reason in the tables of the packs: for a diagnosis, of these supportive, supportive only,
/// neither. An admission without a list, or with an empty one, counts 0.
fn covered(list: Option<&List>) -> [f64; 4] {
    let drugs = list.map(|list| &*list.drugs).unwrap_or_default();
    let part = |holds: &dyn Fn(bool, bool) -> bool| {
        share(number(drugs.iter().filter(|d| holds(d.for_diagnosis, d.supportive)).count()), number(drugs.len()))
    };
    [
        part(&|for_diagnosis, _| for_diagnosis),
        part(&|for_diagnosis, supportive| for_diagnosis && supportive),
        part(&|for_diagnosis, supportive| !for_diagnosis && supportive),
        part(&|for_diagnosis, supportive| !for_diagnosis && !supportive),
    ]
}

/// All figures of a source.
#[derive(Debug)]
pub(crate) struct Figures {
    pub output_rate: Figure,
    coverage: [Figure; 4],
    pub all: SliceFigures,
    pub within_24_hours: SliceFigures,
}

/// All figures of a slice.
#[derive(Debug)]
pub(crate) struct SliceFigures {
    ratios: Ratios<Figure>,
    ece: Both<Figure>,
    admissions: u64,
    nothing_recorded: u64,
    recorded_drugs: u64,
    never_candidates: u64,
    bins: Vec<crate::report::Bin>,
}

impl Figures {
    pub(crate) fn output_rate(&self) -> Estimate {
        self.output_rate.estimate()
    }

    pub(crate) fn coverage(&self) -> Coverage {
        coverage(self.coverage.each_ref().map(Figure::estimate))
    }

    /// The evaluated suggestions less these.
    pub(crate) fn differences(&self, other: &Self) -> crate::report::Differences {
        let [a, b, c, d] = &self.coverage;
        let [e, f, g, h] = &other.coverage;
        crate::report::Differences {
            output_rate: self.output_rate.less(&other.output_rate),
            coverage: coverage([a.less(e), b.less(f), c.less(g), d.less(h)]),
            all: self.all.differences(&other.all),
            within_24_hours: self.within_24_hours.differences(&other.within_24_hours),
        }
    }
}

fn coverage([for_diagnosis, for_diagnosis_supportive, supportive, neither]: [Estimate; 4]) -> Coverage {
    Coverage { for_diagnosis, for_diagnosis_supportive, supportive, neither }
}

impl SliceFigures {
    pub(crate) fn report(&self) -> SliceReport {
        let Ratios { levels, pairs, recorded_pairs } = &self.ratios;
        SliceReport {
            admissions: self.admissions,
            nothing_recorded: self.nothing_recorded,
            recorded_drugs: self.recorded_drugs,
            never_candidates: self.never_candidates,
            by_level: Levels::build(|level| levels.at(level).map(Both::compared)),
            interactions: Interactions {
                lists: pairs.compared(),
                recorded: recorded_pairs.estimate(),
                difference_to_recorded: pairs.suggested.less(recorded_pairs),
            },
            calibration: Calibration { ece: self.ece.compared(), bins: self.bins.clone() },
        }
    }

    fn differences(&self, other: &Self) -> SliceDifferences {
        let less = |a: &Both<Figure>, b: &Both<Figure>| a.suggested.less(&b.suggested);
        let (mine, others) = (&self.ratios, &other.ratios);
        SliceDifferences {
            by_level: Levels::build(|level| mine.levels.at(level).zip(others.levels.at(level), less)),
            interactions: less(&mine.pairs, &others.pairs),
            ece: less(&self.ece, &other.ece),
        }
    }
}
