//! The whole of it: files' contents in, line by line, report out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bogam_clinical::case::Case;
use bogam_clinical::record::RecordedAdmission;
use bogam_knowledge::KnowledgeBase;

use crate::answer::{Answer, Answers, LineFault, List, SuggestionLine};
use crate::bootstrap::{Drawn, RESAMPLES, SEED, Series, draw};
use crate::drug_rows::DrugRows;
use crate::drugs::{Drug, Drugs};
use crate::folds::{Folds, FoldsFault};
use crate::gather::{Common, Figures, Gathered};
use crate::groups::{Facts, Groups, earlier_admissions};
use crate::most_prescribed::Prescribed;
use crate::recorded::{Admission, Patients, Recorded, Slice};
use crate::report::{Beside, Best, Bootstrap, Counted, Counts, MostPrescribed, Report};
use crate::{count, index, small};

/// The case of this line was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this `case_id` stood in the file before; give every admission one line")]
pub struct SeenBefore;

/// A source of suggestions, as [`Evaluation::source`] numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(usize);

/// An evaluation that is being read. What was recorded comes first, all of it; then the rest in any order.
///
/// Of every line only what figures need is kept: some hundred bytes an admission and source.
#[derive(Debug)]
pub struct Evaluation<'k> {
    knowledge: &'k KnowledgeBase,
    drugs: Drugs<'k>,
    patients: Patients,
    recorded: Recorded,
    training: Option<Recorded>,
    folds: Option<HashMap<u32, u32>>,
    sources: Vec<Answers>,
    cases: Option<HashMap<u32, Facts>>,
}

impl<'k> Evaluation<'k> {
    /// Nothing yet. `knowledge` is the formulary, the ATC codes and the interactions.
    #[must_use]
    pub fn new(knowledge: &'k KnowledgeBase) -> Self {
        Self {
            knowledge,
            drugs: Drugs::new(knowledge),
            patients: Patients::default(),
            recorded: Recorded::default(),
            training: None,
            folds: None,
            sources: Vec::new(),
            cases: None,
        }
    }

    /// A recorded admission: it is evaluated, whether it was answered or not.
    ///
    /// # Errors
    /// When its case was recorded before.
    pub fn record(&mut self, record: &RecordedAdmission) -> Result<(), SeenBefore> {
        let admission = Admission::new(record, &mut self.drugs, &mut self.patients);
        if self.recorded.add(admission) { Ok(()) } else { Err(SeenBefore) }
    }

    /// There is training data: the most-prescribed drugs are counted on it, and not on the recorded admissions.
    pub fn begin_training(&mut self) {
        self.training.get_or_insert_default();
    }

    /// A recorded admission to count the most-prescribed drugs on.
    ///
    /// # Errors
    /// When its case was there before.
    pub fn train(&mut self, record: &RecordedAdmission) -> Result<(), SeenBefore> {
        let admission = Admission::new(record, &mut self.drugs, &mut self.patients);
        if self.training.get_or_insert_default().add(admission) { Ok(()) } else { Err(SeenBefore) }
    }

    /// The folds of the patients: the most-prescribed drugs of a patient are counted on the recorded admissions outside of
    /// his or her fold.
    ///
    /// # Errors
    /// When a recorded patient has no fold.
    pub fn folds(&mut self, folds: &Folds) -> Result<(), FoldsFault> {
        let found = self.patients.iter().filter_map(|(id, number)| Some((number, folds.get(id)?)));
        let found: HashMap<u32, u32> = found.collect();
        let of_recorded: BTreeSet<u32> = self.recorded.all().iter().map(|admission| admission.patient).collect();
        let missing = of_recorded.iter().filter(|patient| !found.contains_key(patient)).count();
        if missing > 0 {
            return Err(FoldsFault::Missing { missing, patients: of_recorded.len() });
        }
        self.folds = Some(found);
        Ok(())
    }

    /// A source of suggestions. The first one is evaluated, the others stand beside it.
    pub fn source(&mut self, name: &str) -> Source {
        self.sources.push(Answers::new(name.to_owned()));
        Source(self.sources.len() - 1)
    }

    /// A line of a source.
    ///
    /// # Errors
    /// When it cannot be evaluated. It is counted as unreadable; its case stays without an answer.
    pub fn suggest(&mut self, source: Source, line: &SuggestionLine<'_>) -> Result<(), LineFault> {
        match self.sources.get_mut(source.0) {
            Some(answers) => answers.add(line, &self.recorded, &mut self.drugs),
            None => Ok(()),
        }
    }

    /// Counts a line of a source that is no suggestion.
    pub fn unreadable(&mut self, source: Source) {
        if let Some(answers) = self.sources.get_mut(source.0) {
            answers.unreadable();
        }
    }

    /// Counts lines of a source without anything.
    pub fn blank(&mut self, source: Source, lines: usize) {
        if let Some(answers) = self.sources.get_mut(source.0) {
            answers.blank += lines;
        }
    }

    /// There is a file of cases: groups are made by what they say.
    pub fn begin_cases(&mut self) {
        self.cases.get_or_insert_default();
    }

    /// What the case of an admission says. False when the case has no recorded admission.
    pub fn case(&mut self, case: &Case) -> bool {
        let Some(number) = self.recorded.find(&case.case_id) else { return false };
        self.cases.get_or_insert_default().insert(number, Facts::new(case, self.knowledge));
        true
    }

    /// The patient of a recorded case, by a number.
    #[must_use]
    pub fn patient_of(&self, case: &str) -> Option<u32> {
        let number = self.recorded.find(case)?;
        self.recorded.get(number).map(|admission| admission.patient)
    }

    /// Cases with a list of some source, by id.
    #[must_use]
    pub fn listed_cases(&self) -> Vec<&str> {
        let has = |number: usize| self.sources.iter().any(|source| source.list(small(number)).is_some());
        let all = self.recorded.all().iter().enumerate();
        let mut cases: Vec<&str> = all.filter(|(n, _)| has(*n)).map(|(_, admission)| admission.case.as_ref()).collect();
        cases.sort_unstable();
        cases
    }

    /// The drugs that are listed for a case, by ingredient, each with the names of the sources that list it.
    #[must_use]
    pub fn listed(&self, case: &str) -> BTreeMap<&str, Vec<&str>> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let Some(number) = self.recorded.find(case) else { return all };
        for source in &self.sources {
            for (drug, _) in source.list(number).into_iter().flat_map(List::once) {
                all.entry(self.drugs.name(drug)).or_default().push(&source.name);
            }
        }
        all
    }

    /// Patients with recorded admissions in the order of their ids, the admissions of each in the order of their cases:
    /// sums do not depend on the order of lines.
    fn order(&self) -> Vec<(u32, Vec<u32>)> {
        let mut of: BTreeMap<u32, Vec<(&str, u32)>> = BTreeMap::new();
        for (number, admission) in (0..).zip(self.recorded.all()) {
            of.entry(admission.patient).or_default().push((&admission.case, number));
        }
        let mut ids: Vec<(&str, u32)> = self.patients.iter().filter(|(_, number)| of.contains_key(number)).collect();
        ids.sort_unstable();
        let admissions = |number: u32| {
            let mut admissions = of.get(&number).cloned().unwrap_or_default();
            admissions.sort_unstable();
            admissions.into_iter().map(|(_, number)| number).collect()
        };
        ids.into_iter().map(|(_, number)| (number, admissions(number))).collect()
    }

    /// Compares the suggestions with what was recorded.
    ///
    /// All figures are means over admissions, so that each admission counts the same, and their intervals are over
    /// patients. An error or an empty list is a list without a hit; a recorded drug that was never a candidate is missed.
    /// An admission without a recorded drug of a slice has nothing to compare with: it is counted and left out there.
    ///
    /// `threads` share the draws and change nothing; `progress` is told draws done and in all.
    #[must_use]
    pub fn report(&self, threads: usize, progress: &mut dyn FnMut(u64, u64)) -> Report {
        let order = self.order();
        let patients = order.len();
        let gathered = self.gather(&order);
        let mut subjects: Vec<&dyn Drawn> = gathered.sources.iter().flat_map(Gathered::subjects).collect();
        subjects.push(&gathered.groups);
        subjects.push(&gathered.rows);
        let mut series = draw(patients, &subjects, threads, progress).into_iter();
        let figures: Vec<Figures> =
            gathered.sources.iter().map(|source| source.figures(&mut series, patients)).collect();
        let groups: Vec<Series> = series.next().unwrap_or_default();
        let (drugs, drugs_not_shown) = gathered.rows.rows(&series.next().unwrap_or_default(), &self.drugs);
        let most_prescribed = self.most_prescribed(&order);
        let mut all = self.sources.iter().zip(&figures);
        let nothing = (Answers::default(), None);
        let (main, main_figures) = all.next().map_or((&nothing.0, nothing.1), |(main, figures)| (main, Some(figures)));
        let slice = |of: fn(&Figures) -> &crate::gather::SliceFigures| {
            main_figures.map(|figures| of(figures).report()).unwrap_or_default()
        };
        let beside: Vec<Beside> = all.filter_map(|one| Some(self.beside(main_figures?, one))).collect();
        Report {
            bogam: env!("CARGO_PKG_VERSION").to_owned(),
            knowledge: self.knowledge.hash().to_owned(),
            name: main.name.clone(),
            notices: self.notices(patients, &most_prescribed),
            counts: self.counts(main),
            bootstrap: Bootstrap { resamples: RESAMPLES, seed: SEED, level: 0.95, unit: "patient".to_owned() },
            most_prescribed,
            output_rate: main_figures.map(Figures::output_rate).unwrap_or_default(),
            coverage: main_figures.map(Figures::coverage).unwrap_or_default(),
            all: slice(|figures| &figures.all),
            within_24_hours: slice(|figures| &figures.within_24_hours),
            best_beside: best(&beside),
            beside,
            groups: gathered.groups.tables(&groups),
            drugs,
            drugs_not_shown,
            suitability: None,
        }
    }

    fn gather(&self, order: &[(u32, Vec<u32>)]) -> All<'_> {
        let alphabet = self.drugs.alphabet();
        let fold = |patient: u32| self.folds.as_ref().and_then(|folds| folds.get(&patient).copied());
        let training = self.training.as_ref().unwrap_or(&self.recorded).all();
        let prescribed = Slice::BOTH.map(|slice| (slice, Prescribed::count(training, slice, &fold, &alphabet)));
        let mut all = All {
            sources: self.sources.iter().map(|source| Gathered::new(source, order.len())).collect(),
            groups: Groups::new(self.cases.is_some()),
            rows: DrugRows::default(),
        };
        let mut interacting = self.drugs.interacting();
        let mut common = Common::default();
        for (patient, (patient_number, admissions)) in order.iter().enumerate() {
            let facts = |number: &u32| self.cases.as_ref().and_then(|cases| cases.get(number));
            let moments: Vec<Option<&str>> =
                admissions.iter().map(|number| facts(number).and_then(|facts| facts.as_of.as_deref())).collect();
            let earlier = earlier_admissions(&moments);
            for (slice, prescribed) in &prescribed {
                common.set(prescribed.without(*patient_number, fold(*patient_number)), &self.drugs);
                for (number, earlier) in admissions.iter().zip(&earlier) {
                    let Some(admission) = self.recorded.get(*number) else { continue };
                    for (place, source) in all.sources.iter_mut().enumerate() {
                        let one = (patient, *number, admission);
                        let scores = source.slice(*slice, one, &common, &self.drugs, &mut interacting);
                        let Some(scores) = scores.filter(|_| place == 0 && *slice == Slice::All) else { continue };
                        let recorded = admission.recorded(Slice::All);
                        all.groups.add(patient, facts(number), *earlier, (&scores, recorded.len()));
                        all.rows.add(patient, &self.main_list(*number), &recorded);
                    }
                }
            }
            for number in admissions {
                for source in &mut all.sources {
                    source.whole(patient, *number, &self.drugs);
                }
            }
        }
        all.sources.iter_mut().for_each(Gathered::finish);
        all.groups.finish();
        all.rows.finish(&self.drugs);
        all
    }

    /// The list of the evaluated suggestions.
    fn main_list(&self, admission: u32) -> Vec<Drug> {
        let list = self.sources.first().and_then(|source| source.list(admission));
        list.map(|list| list.once().map(|(drug, _)| drug).collect()).unwrap_or_default()
    }

    fn beside(&self, main: &Figures, (answers, figures): (&Answers, &Figures)) -> Beside {
        Beside {
            name: answers.name.clone(),
            counts: self.counts(answers),
            output_rate: figures.output_rate(),
            coverage: figures.coverage(),
            all: figures.all.report(),
            within_24_hours: figures.within_24_hours.report(),
            difference: main.differences(figures),
        }
    }

    fn most_prescribed(&self, order: &[(u32, Vec<u32>)]) -> MostPrescribed {
        let training = self.training.as_ref().unwrap_or(&self.recorded);
        let there: BTreeSet<u32> = training.all().iter().map(|admission| admission.patient).collect();
        let evaluated: BTreeSet<u32> = order.iter().map(|(patient, _)| *patient).collect();
        let folds = self.folds.as_ref().map(|folds| {
            let of_recorded = folds.iter().filter(|(patient, _)| evaluated.contains(patient));
            count(of_recorded.map(|(_, fold)| *fold).collect::<BTreeSet<u32>>().len())
        });
        MostPrescribed {
            counted_on: match (&self.training, &self.folds) {
                (Some(_), _) => Counted::Training,
                (None, Some(_)) => Counted::OtherFolds,
                (None, None) => Counted::Recorded,
            },
            folds,
            admissions: training.len(),
            patients: count(there.len()),
            shared_patients: count(there.intersection(&evaluated).count()),
        }
    }

    fn notices(&self, patients: usize, most_prescribed: &MostPrescribed) -> Vec<String> {
        let shared = self.training.is_some() && most_prescribed.shared_patients > 0;
        let all = [
            (true, "retrospective"),
            (true, "table_coverage_is_not_suitability"),
            (patients < 2, "no_interval"),
            (shared, "training_shares_patients"),
        ];
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code.to_owned()).collect()
    }

    fn counts(&self, answers: &Answers) -> Counts {
        let recorded = self.recorded.all();
        let of = |number: usize| answers.get(small(number));
        let cases = |holds: fn(Option<&Answer>) -> bool| count((0..recorded.len()).filter(|n| holds(of(*n))).count());
        let with = |holds: &dyn Fn(&List) -> bool| {
            count((0..recorded.len()).filter_map(|n| answers.list(small(n))).filter(|list| holds(list)).count())
        };
        let drugs = || recorded.iter().flat_map(|admission| &admission.drugs);
        let patients: BTreeSet<u32> = recorded.iter().map(|admission| admission.patient).collect();
        Counts {
            admissions: self.recorded.len(),
            patients: count(patients.len()),
            with_list: with(&|_| true),
            empty_lists: with(&|list| list.drugs.is_empty()),
            invalid_lists: with(&|list| !list.is_valid(&self.drugs)),
            with_error: cases(|answer| matches!(answer, Some(Answer::Error))),
            without_line: cases(|answer| answer.is_none()),
            with_two_lists: cases(|answer| matches!(answer, Some(Answer::Twice))),
            suggestion_lines: count(answers.lines),
            blank_lines: count(answers.blank),
            unreadable_lines: count(answers.unreadable),
            error_lines: count(answers.errors),
            not_recorded: count(answers.not_recorded()),
            start_unknown: count(drugs().filter(|given| given.first.is_none()).count()),
            without_atc: count(drugs().filter(|given| !self.drugs.has_atc(given.drug)).count()),
            unmapped: recorded.iter().map(|admission| count(index(admission.unmapped))).sum(),
            not_drugs: recorded.iter().map(|admission| admission.not_drugs).sum(),
        }
    }
}

/// Everything that is drawn.
#[derive(Debug)]
struct All<'a> {
    sources: Vec<Gathered<'a>>,
    groups: Groups,
    rows: DrugRows,
}

/// The one of the greatest Jaccard index, the first of equals.
fn best(beside: &[Beside]) -> Option<Best> {
    let jaccard = |one: &Beside| one.all.by_level.ingredient.jaccard.suggested;
    let of = |one: &Beside| jaccard(one).value.unwrap_or(0.0);
    let best = beside.iter().rev().max_by(|a, b| of(a).total_cmp(&of(b)))?;
    Some(Best {
        name: best.name.clone(),
        jaccard: jaccard(best),
        difference: best.difference.all.by_level.ingredient.jaccard,
    })
}
