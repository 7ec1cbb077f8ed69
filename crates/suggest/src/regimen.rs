//! From candidates with probabilities to one regimen: critical findings out, one drug a purpose, a fitting length.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_knowledge::pack::Duplicate;
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use bogam_safety::{CheckInput, DrugUse, interacting_pairs};

use crate::candidates::Candidate;
use crate::combine::expected_jaccard_length;

/// A candidate with its probability.
#[derive(Debug, Clone)]
pub(crate) struct Ranked<'k> {
    pub candidate: Candidate<'k>,
    pub probability: f64,
    /// May be listed: with `generate`, what the model wrote and the current drugs.
    pub eligible: bool,
}

/// Where each candidate ended; indices into the ranked list.
#[derive(Debug, Default)]
pub(crate) struct Regimen {
    /// The list, by probability.
    pub listed: Vec<usize>,
    /// Taken out by a critical finding.
    pub withheld: BTreeSet<usize>,
    /// Serves a purpose of a listed drug: index of that drug.
    pub alternative_to: BTreeMap<usize, usize>,
}

/// What the regimen is made for.
pub(crate) struct Setup<'a> {
    pub case: &'a bogam_clinical::case::Case,
    pub knowledge: &'a KnowledgeBase,
    pub codes: &'a [DiagnosisCodes],
    pub max_drugs: usize,
    /// Drugs that are really given, as a multiple of the sum of probabilities.
    pub length: f64,
    /// All that is eligible is listed: the model wrote the list and its length.
    pub whole_list: bool,
}

/// Makes the regimen. `critical` are the candidates with a critical finding of their own; `ranked` is by probability.
pub(crate) fn regimen(ranked: &[Ranked<'_>], critical: &BTreeSet<usize>, setup: &Setup<'_>) -> Regimen {
    settle(ranked, critical, setup, |withheld| choose(ranked, withheld, setup))
}

/// The regimen that `choose` gives without what must not be in it: `critical`, and of each critical pair one.
pub(crate) fn settle(
    ranked: &[Ranked<'_>],
    critical: &BTreeSet<usize>,
    setup: &Setup<'_>,
    choose: impl Fn(&BTreeSet<usize>) -> Regimen,
) -> Regimen {
    let pairs = critical_pairs(ranked, setup);
    let mut withheld = critical.clone();
    loop {
        let mut regimen = choose(&withheld);
        let losers = losers(ranked, &regimen.listed, &pairs);
        if losers.is_empty() {
            // A candidate that must not be given with what is listed is withheld as well.
            let listed: BTreeSet<usize> = regimen.listed.iter().copied().collect();
            for &(a, b) in &pairs {
                let beside = |other: &usize, at: usize| listed.contains(other) && !listed.contains(&at);
                withheld
                    .extend([(b, a), (a, b)].into_iter().filter(|(other, at)| beside(other, *at)).map(|(_, at)| at));
            }
            regimen.alternative_to.retain(|at, _| !withheld.contains(at));
            regimen.withheld = withheld;
            return regimen;
        }
        withheld.extend(losers);
    }
}

/// The drugs that a list could hold, best first, whatever its length: one drug a purpose, none of a critical pair.
pub(crate) fn order(ranked: &[Ranked<'_>], critical: &BTreeSet<usize>, setup: &Setup<'_>) -> Vec<usize> {
    let pairs = critical_pairs(ranked, setup);
    let mut withheld = critical.clone();
    loop {
        let listed = choose(ranked, &withheld, setup).listed;
        let losers = losers(ranked, &listed, &pairs);
        if losers.is_empty() {
            return listed;
        }
        withheld.extend(losers);
    }
}

/// One drug a purpose, then as many as are worth listing. Current drugs all stay, and what they serve is served.
fn choose(ranked: &[Ranked<'_>], withheld: &BTreeSet<usize>, setup: &Setup<'_>) -> Regimen {
    let mut regimen = Regimen::default();
    let is_current = |at: usize| ranked.get(at).is_some_and(|r| r.candidate.current.is_some());
    let open: Vec<usize> = (0..ranked.len()).filter(|at| !withheld.contains(at)).collect();
    let mut kept: Vec<usize> = open.iter().copied().filter(|&at| is_current(at)).collect();
    for at in open.into_iter().filter(|&at| !is_current(at)) {
        let Some(r) = ranked.get(at).filter(|r| r.eligible && !r.candidate.other_setting) else { continue };
        let replaced = kept
            .iter()
            .copied()
            .find(|&k| ranked.get(k).is_some_and(|kept| replaces(&kept.candidate, &r.candidate, setup.knowledge)));
        match replaced {
            Some(by) => {
                regimen.alternative_to.insert(at, by);
            }
            None => {
                // A wider purpose makes what it covers needless, however common that is by itself.
                let covered = |k: &usize| {
                    !is_current(*k)
                        && ranked.get(*k).is_some_and(|kept| covers(&r.candidate, &kept.candidate, setup.knowledge))
                };
                let needless: Vec<usize> = kept.iter().copied().filter(covered).collect();
                kept.retain(|k| !needless.contains(k));
                regimen.alternative_to.extend(needless.into_iter().map(|k| (k, at)));
                kept.push(at);
            }
        }
    }
    // Places are by probability.
    kept.sort_unstable();
    let probabilities: Vec<f64> = kept.iter().filter_map(|&k| ranked.get(k)).map(|r| r.probability).collect();
    let length = if setup.whole_list {
        probabilities.len()
    } else {
        // What is given to such patients: also the drugs that this list leaves to another of their purpose.
        let open = ranked.iter().enumerate().filter(|(at, r)| !withheld.contains(at) && !r.candidate.other_setting);
        let total: f64 = open.map(|(_, r)| r.probability).sum();
        expected_jaccard_length(&probabilities, total * setup.length)
    };
    let length = length.min(setup.max_drugs);
    let current = kept.iter().filter(|&&k| is_current(k)).count();
    let mut room = length.saturating_sub(current);
    regimen.listed = kept
        .into_iter()
        .filter(|&k| {
            is_current(k) || {
                let fits = room > 0;
                room = room.saturating_sub(1);
                fits
            }
        })
        .collect();
    // An alternative to a drug that did not make the list is simply below the threshold.
    let listed: BTreeSet<usize> = regimen.listed.iter().copied().collect();
    regimen.alternative_to.retain(|_, by| listed.contains(by));
    regimen
}

/// Whether the kept drug stands for the other: it serves the other's main purpose, or both are of a class of which one
/// takes one.
fn replaces(kept: &Candidate<'_>, other: &Candidate<'_>, knowledge: &KnowledgeBase) -> bool {
    let wanted = other.main_indication().map(|m| m.entry.purpose.as_str());
    if wanted.is_some_and(|wanted| kept.indications.iter().any(|m| m.entry.purpose == wanted))
        || covers(kept, other, knowledge)
    {
        return true;
    }
    let (a, b) = (knowledge.class_of(kept.drug), knowledge.class_of(other.drug));
    let parts = |of: DrugIx, part: DrugIx| knowledge.components(of).contains(&part);
    (a.id == b.id && a.duplicate == Duplicate::Warning) || parts(kept.drug, other.drug) || parts(other.drug, kept.drug)
}

/// Whether one drug's purpose covers the other's main one.
fn covers(wide: &Candidate<'_>, other: &Candidate<'_>, knowledge: &KnowledgeBase) -> bool {
    let Some(wanted) = other.main_indication().map(|m| m.entry.purpose.as_str()) else { return false };
    let covered = |purpose: &str| knowledge.purpose(purpose).is_some_and(|p| p.covers.iter().any(|c| c == wanted));
    wide.indications.iter().any(|m| covered(&m.entry.purpose))
}

/// Uses of the drugs at these places.
pub(crate) fn uses(ranked: &[Ranked<'_>], at: &[usize]) -> Vec<DrugUse> {
    at.iter().filter_map(|&i| ranked.get(i)).map(|r| r.candidate.as_used()).collect()
}

/// Places of the candidates that must not be given together. Whether two interact does not depend on a third.
fn critical_pairs(ranked: &[Ranked<'_>], setup: &Setup<'_>) -> Vec<(usize, usize)> {
    let place: BTreeMap<DrugIx, usize> = ranked.iter().enumerate().map(|(at, r)| (r.candidate.drug, at)).collect();
    let all: Vec<usize> = (0..ranked.len()).collect();
    let drugs = uses(ranked, &all);
    let input = CheckInput { case: setup.case, knowledge: setup.knowledge, codes: setup.codes, drugs: &drugs };
    let critical = interacting_pairs(&input).into_iter().filter(|pair| pair.tier == Tier::Critical);
    critical.filter_map(|pair| Some((*place.get(&pair.a)?, *place.get(&pair.b)?))).collect()
}

/// Of each critical pair in the list, the drug that is not already taken, else the less probable.
fn losers(ranked: &[Ranked<'_>], listed: &[usize], pairs: &[(usize, usize)]) -> BTreeSet<usize> {
    let mut losers = BTreeSet::new();
    for &(a, b) in pairs {
        if !listed.contains(&a) || !listed.contains(&b) || losers.contains(&a) || losers.contains(&b) {
            continue;
        }
        let current = |at: usize| ranked.get(at).is_some_and(|r| r.candidate.current.is_some());
        losers.insert(match (current(a), current(b)) {
            (true, false) => b,
            (false, true) => a,
            // The list is by probability: the later one is the less probable.
            (true, true) | (false, false) => a.max(b),
        });
    }
    losers
}
