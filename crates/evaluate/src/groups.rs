//! How lists fare in groups of admissions: by service, age, diagnosis, and what else is known of the case.

use std::collections::{BTreeMap, HashMap};

use bogam_clinical::case::{Case, Sex};
use bogam_knowledge::KnowledgeBase;

use crate::bootstrap::{Drawn, LANES, Lanes, Series, add, ratio};
use crate::report::{GroupRow, GroupTable};
use crate::scores::ListScores;
use crate::{count, index, small};

/// Groups of fewer admissions are not shown.
pub const LEAST: u64 = 10;

/// What tells groups apart, in the order of the report.
const ATTRIBUTES: [&str; 7] =
    ["service", "icu", "age", "sex", "earlier_admissions", "diagnosis_chapter", "recorded_drugs"];

/// The place of the number of recorded drugs, which needs no case.
const RECORDED: usize = 6;

/// Figures of a group.
const FIGURES: usize = 5;

/// What is said of a group that nothing is known of.
const UNKNOWN: &str = "unknown";

/// Chapters of ICD-10 (WHO) by the first codes that are no longer in them.
const CHAPTERS: [(&str, &str); 22] = [
    ("C00", "A00-B99 Infections"),
    ("D50", "C00-D49 Neoplasms"),
    ("E00", "D50-D89 Blood and immunity"),
    ("F00", "E00-E89 Endocrine and metabolic"),
    ("G00", "F00-F99 Mental and behavioural"),
    ("H00", "G00-G99 Nervous system"),
    ("H60", "H00-H59 Eye"),
    ("I00", "H60-H95 Ear"),
    ("J00", "I00-I99 Circulatory"),
    ("K00", "J00-J99 Respiratory"),
    ("L00", "K00-K95 Digestive"),
    ("M00", "L00-L99 Skin"),
    ("N00", "M00-M99 Musculoskeletal"),
    ("O00", "N00-N99 Genitourinary"),
    ("P00", "O00-O99 Pregnancy and childbirth"),
    ("Q00", "P00-P96 Perinatal"),
    ("R00", "Q00-Q99 Congenital"),
    ("S00", "R00-R99 Symptoms and findings"),
    ("U00", "S00-T98 Injury and poisoning"),
    ("V00", "U00-U99 Special purposes"),
    ("Z00", "V00-Y99 External causes"),
    ("ZZZ", "Z00-Z99 Factors influencing health"),
];

/// A group: its place in the table, and what it is called.
type Label = (u32, Box<str>);

/// What is kept of a case.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    service: Label,
    icu: Label,
    age: Label,
    sex: Label,
    chapter: Label,
    /// The moment of the case as text, which sorts as the moments do.
    pub as_of: Option<Box<str>>,
}

impl Facts {
    pub(crate) fn new(case: &Case, knowledge: &KnowledgeBase) -> Self {
        let icu = match case.admission.icu {
            Some(true) => (0, "yes"),
            Some(false) => (1, "no"),
            None => (2, UNKNOWN),
        };
        let sex = match case.patient.sex {
            Sex::Female => (0, "F"),
            Sex::Male => (1, "M"),
        };
        let service = case.admission.service.as_deref().map(str::trim).filter(|service| !service.is_empty());
        Self {
            service: (0, service.unwrap_or(UNKNOWN).into()),
            icu: (icu.0, icu.1.into()),
            age: age(case.patient.age.get()),
            sex: (sex.0, sex.1.into()),
            chapter: chapter(case, knowledge),
            as_of: case.as_of.map(|moment| moment.to_string().into()),
        }
    }
}

fn age(years: f64) -> Label {
    let limits = [18.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];
    let names = ["under 18", "18-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90 and over"];
    let at = limits.partition_point(|limit| *limit <= years);
    (small(at), names.get(at).copied().unwrap_or(UNKNOWN).into())
}

/// The chapter of the first-listed diagnosis, an ICD-9-CM code by what it maps to.
fn chapter(case: &Case, knowledge: &KnowledgeBase) -> Label {
    let first = case.diagnoses.iter().min_by_key(|diagnosis| diagnosis.rank.unwrap_or(u32::MAX));
    let code = first.and_then(|diagnosis| knowledge.codes(diagnosis).icd10.into_iter().next());
    let place = code.map(|code| CHAPTERS.partition_point(|(end, _)| *end <= code.as_str()));
    let name = place.and_then(|place| CHAPTERS.get(place)).map(|(_, name)| *name);
    name.zip(place).map_or((small(CHAPTERS.len()), UNKNOWN.into()), |(name, place)| (small(place), name.into()))
}

fn earlier(admissions: Option<usize>) -> Label {
    match admissions {
        Some(n @ 0..=2) => (small(n), n.to_string().into()),
        Some(3..=4) => (3, "3-4".into()),
        Some(5..=9) => (4, "5-9".into()),
        Some(_) => (5, "10 and more".into()),
        None => (6, UNKNOWN.into()),
    }
}

fn recorded(drugs: usize) -> Label {
    match drugs {
        0..=4 => (0, "1-4".into()),
        60.. => (12, "60 and more".into()),
        _ => {
            let from = drugs / 5 * 5;
            (small(from / 5), format!("{from}-{}", from + 4).into())
        }
    }
}

/// An admission in its groups.
#[derive(Debug)]
struct Member {
    patient: u32,
    groups: [Option<u32>; ATTRIBUTES.len()],
    /// Listed, recorded, accuracy, Jaccard, average precision.
    values: [f64; FIGURES],
}

/// Groups of all attributes, with their admissions.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    members: Vec<Member>,
    numbers: HashMap<(usize, Label), u32>,
    admissions: Vec<u64>,
    /// The place of each shown group among the figures.
    shown: Vec<Option<u32>>,
    without_case: u64,
    with_cases: bool,
}

impl Groups {
    /// `with_cases`: there is a file of cases.
    pub(crate) fn new(with_cases: bool) -> Self {
        Self { with_cases, ..Self::default() }
    }

    /// An admission of a patient with its scores; `earlier_admissions` are the patient's before this one, where the order
    /// is known.
    pub(crate) fn add(
        &mut self,
        patient: usize,
        facts: Option<&Facts>,
        earlier_admissions: Option<usize>,
        (scores, recorded_drugs): (&ListScores, usize),
    ) {
        let mut labels: [Option<Label>; ATTRIBUTES.len()] = Default::default();
        match facts {
            Some(facts) => {
                let of_case = [&facts.service, &facts.icu, &facts.age, &facts.sex];
                let of_case = of_case.into_iter().cloned();
                let all = of_case.chain([earlier(earlier_admissions), facts.chapter.clone()]);
                labels.iter_mut().zip(all).for_each(|(slot, label)| *slot = Some(label));
            }
            None => self.without_case += u64::from(self.with_cases),
        }
        if let Some(slot) = labels.get_mut(RECORDED) {
            *slot = Some(recorded(recorded_drugs));
        }
        let mut groups = [None; ATTRIBUTES.len()];
        for (attribute, (slot, label)) in groups.iter_mut().zip(labels).enumerate() {
            *slot = label.map(|label| self.number(attribute, label));
        }
        let values = [scores.listed, scores.recorded, scores.accuracy(), scores.jaccard(), scores.average_precision];
        self.members.push(Member { patient: small(patient), groups, values });
    }

    fn number(&mut self, attribute: usize, label: Label) -> u32 {
        let next = small(self.admissions.len());
        let number = *self.numbers.entry((attribute, label)).or_insert(next);
        if number == next {
            self.admissions.push(0);
        }
        if let Some(admissions) = self.admissions.get_mut(index(number)) {
            *admissions += 1;
        }
        number
    }

    /// Everything is there: decides what is shown.
    pub(crate) fn finish(&mut self) {
        let mut places = 0..;
        let mut place = |admissions: &u64| if *admissions < LEAST { None } else { places.next() };
        self.shown = self.admissions.iter().map(&mut place).collect();
        for member in &mut self.members {
            for group in &mut member.groups {
                *group = group.and_then(|group| self.shown.get(index(group)).copied().flatten());
            }
        }
    }

    fn shown_groups(&self) -> usize {
        self.shown.iter().flatten().count()
    }

    /// The tables, from the series of the shown groups.
    pub(crate) fn tables(&self, series: &[Series]) -> Vec<GroupTable> {
        let attributes = ATTRIBUTES.iter().enumerate().filter(|(n, _)| self.with_cases || *n == RECORDED);
        attributes.map(|(n, name)| self.table(n, name, series)).collect()
    }

    fn table(&self, attribute: usize, name: &str, series: &[Series]) -> GroupTable {
        let mut rows: BTreeMap<(u32, &str), GroupRow> = BTreeMap::new();
        let (mut groups_not_shown, mut admissions_not_shown) = (0, 0);
        for ((of, (place, label)), number) in &self.numbers {
            if *of != attribute {
                continue;
            }
            let admissions = self.admissions.get(index(*number)).copied().unwrap_or(0);
            let Some(shown) = self.shown.get(index(*number)).copied().flatten() else {
                groups_not_shown += 1;
                admissions_not_shown += admissions;
                continue;
            };
            let figure = |n: usize| {
                series.get(index(shown) * FIGURES + n).map(|one| one.estimate(admissions)).unwrap_or_default()
            };
            let row = GroupRow {
                group: label.to_string(),
                admissions,
                listed: figure(0),
                recorded: figure(1),
                accuracy: figure(2),
                jaccard: figure(3),
                prauc: figure(4),
            };
            rows.insert((*place, label), row);
        }
        let mut rows: Vec<GroupRow> = rows.into_values().collect();
        if attribute == 0 {
            // Services have no order of their own. The sort keeps that of their names among equals.
            rows.sort_by_key(|row| std::cmp::Reverse(row.admissions));
        }
        GroupTable {
            attribute: name.to_owned(),
            rows,
            groups_not_shown,
            admissions_not_shown,
            without_case: if attribute == RECORDED { 0 } else { self.without_case },
        }
    }
}

impl Drawn for Groups {
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let mut sums = vec![[[0.0; LANES]; FIGURES + 1]; self.shown_groups()];
        for member in &self.members {
            let Some(times) = times.get(index(member.patient)) else { continue };
            for group in member.groups.iter().flatten() {
                if let Some([admissions, values @ ..]) = sums.get_mut(index(*group)) {
                    add(admissions, 1.0, times);
                    values.iter_mut().zip(member.values).for_each(|(sum, value)| add(sum, value, times));
                }
            }
        }
        let figures = sums.iter().flat_map(|[admissions, values @ ..]| values.iter().map(|sum| ratio(sum, admissions)));
        figures.collect()
    }
}

/// Of each admission of a patient, how many were before it; `None` where a moment is not known. Admissions of one moment
/// are not before each other.
pub(crate) fn earlier_admissions(moments: &[Option<&str>]) -> Vec<Option<usize>> {
    let before = |moment: &str| moments.iter().flatten().filter(|other| **other < moment).count();
    moments.iter().map(|moment| moment.map(before)).collect()
}

/// Admissions of the groups, for the drugs that are too rare to be shown as well.
pub(crate) fn is_shown(admissions: usize) -> bool {
    count(admissions) >= LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_numbers_of_drugs_have_their_bands() {
        let names = |ages: &[f64]| ages.iter().map(|years| age(*years).1.to_string()).collect::<Vec<_>>();
        assert_eq!(
            names(&[17.9, 18.0, 29.9, 30.0, 89.9, 90.0]),
            ["under 18", "18-29", "18-29", "30-39", "80-89", "90 and over"]
        );
        let drugs = [1, 4, 5, 9, 10, 59, 60, 200].map(|n| recorded(n).1.to_string());
        assert_eq!(drugs, ["1-4", "1-4", "5-9", "5-9", "10-14", "55-59", "60 and more", "60 and more"]);
    }

    #[test]
    fn chapters_end_where_the_next_begins() {
        let name = |code: &str| {
            let place = CHAPTERS.partition_point(|(end, _)| *end <= code);
            CHAPTERS.get(place).map_or("", |(_, name)| name)
        };
        for (_, chapter) in CHAPTERS {
            let (first, last) = chapter.split(' ').next().unwrap().split_once('-').unwrap();
            assert_eq!((name(first), name(last)), (chapter, chapter));
        }
        assert_eq!(name("I5022"), "I00-I99 Circulatory");
        assert_eq!(name("D4989"), "C00-D49 Neoplasms");
        assert_eq!(name("Z9989"), "Z00-Z99 Factors influencing health");
    }

    #[test]
    fn earlier_admissions_are_those_before() {
        let moments = [Some("2100-02-01T00:00:00"), Some("2100-01-01T00:00:00"), None, Some("2100-02-01T00:00:00")];
        assert_eq!(earlier_admissions(&moments), [Some(1), Some(0), None, Some(1)]);
    }
}
