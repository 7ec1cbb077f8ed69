//! Sums over roles: what drugs that are used at one time add up to.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::{Finding, Tier};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::{Outcome, finding};
use crate::route;
use crate::rules::opioid_benzodiazepine::TOGETHER;
use crate::shared::{ids, names, with_components};
use crate::words::sentences;

/// A finding about several drugs, and the kind of harm that it is about: of two about one harm the lesser is dropped.
pub(crate) struct Told {
    /// The mechanism of an interaction, or the kind of a sum.
    pub(crate) problem: Option<String>,
    /// Made by a rule for these very drugs, rather than by a sum.
    pub(crate) specific: bool,
    pub(crate) finding: Finding,
}

/// Leaves out what another finding about the same harm says as well: with the same drugs or more, at least as severe.
pub(crate) fn absorb(told: Vec<Told>) -> Vec<Finding> {
    let covers = |more: &Told, less: &Told| {
        let within = less.finding.drugs.iter().all(|d| more.finding.drugs.contains(d));
        let greater = more.finding.drugs.len() > less.finding.drugs.len() || more.finding.tier > less.finding.tier;
        more.problem.is_some()
            && more.problem == less.problem
            && within
            && more.finding.tier >= less.finding.tier
            && (greater || more.specific && !less.specific)
            // What a sum says does not stand for a boxed warning.
            && (more.specific || less.finding.code != TOGETHER)
    };
    let kept = told.iter().filter(|less| !told.iter().any(|more| covers(more, less)));
    kept.map(|t| t.finding.clone()).collect()
}

/// What a sum comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) total: u32,
    /// The drugs that count, and the weight of each.
    pub(crate) parts: BTreeMap<DrugIx, u32>,
}

impl Total {
    pub(crate) fn drugs(&self) -> BTreeSet<DrugIx> {
        self.parts.keys().copied().collect()
    }

    fn shares(&self, other: &Self) -> bool {
        self.parts.keys().any(|drug| other.parts.contains_key(drug))
    }

    fn within(&self, other: &Self) -> bool {
        self.parts.keys().all(|drug| other.parts.contains_key(drug))
    }

    fn join(&mut self, other: Self) {
        self.total = self.total.max(other.total);
        for (drug, weight) in other.parts {
            let part = self.parts.entry(drug).or_default();
            *part = (*part).max(weight);
        }
    }
}

/// What a rule makes of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// What is not known could make a finding of it.
    Open,
    Found(Tier),
}

/// What comes of the sums of a role, over all moments of use. Sums of one verdict that share a drug are one, with all
/// their drugs and the greatest sum; open ones that a finding holds as well are left out.
pub(crate) fn judge(
    input: &CheckInput<'_>,
    role: &str,
    verdict: impl Fn(u32) -> Option<Verdict>,
) -> Vec<(Verdict, Total)> {
    let mut kinds: BTreeMap<Verdict, Vec<Total>> = BTreeMap::new();
    for mut total in totals(input, role) {
        let Some(kind) = verdict(total.total) else { continue };
        let held = kinds.entry(kind).or_default();
        let (touched, rest) = std::mem::take(held).into_iter().partition::<Vec<_>, _>(|other| other.shares(&total));
        touched.into_iter().for_each(|other| total.join(other));
        *held = rest;
        held.push(total);
    }
    let open = kinds.remove(&Verdict::Open).unwrap_or_default();
    let found = kinds.into_iter().flat_map(|(kind, totals)| totals.into_iter().map(move |total| (kind, total)));
    let mut judged = found.collect::<Vec<_>>();
    let covered = |total: &Total| judged.iter().any(|(_, found)| total.within(found));
    let open = open.into_iter().filter(|total| !covered(total)).collect::<Vec<_>>();
    judged.extend(open.into_iter().map(|total| (Verdict::Open, total)));
    judged
}

/// The sums of a role, one for each moment at which a use begins; only those of two drugs or more.
fn totals(input: &CheckInput<'_>, role: &str) -> Vec<Total> {
    let members = input.drugs.iter().filter(|u| !weights(input, u, role).is_empty()).collect::<Vec<_>>();
    let mut moments = members.iter().filter_map(|u| u.window).map(|(from, _)| from).collect::<Vec<_>>();
    moments.sort_by(f64::total_cmp);
    moments.dedup();
    if moments.is_empty() {
        return at(input, role, &members).into_iter().collect();
    }
    let active = |moment: f64| {
        let then = |u: &&DrugUse| u.window.is_none_or(|(from, to)| !(moment < from || moment > to));
        members.iter().copied().filter(then).collect::<Vec<_>>()
    };
    moments.into_iter().filter_map(|moment| at(input, role, &active(moment))).collect()
}

/// The sum over uses at one moment: of a group only the greatest counts.
fn at(input: &CheckInput<'_>, role: &str, uses: &[&DrugUse]) -> Option<Total> {
    let mut groups: BTreeMap<String, u32> = BTreeMap::new();
    let mut parts: BTreeMap<DrugIx, u32> = BTreeMap::new();
    for usage in uses {
        for (substance, weight, group) in weights(input, usage, role) {
            let key = if group.is_empty() { format!("drug {}", substance.index()) } else { format!("group {group}") };
            let held = groups.entry(key).or_default();
            *held = (*held).max(weight);
            let part = parts.entry(usage.drug).or_default();
            *part = (*part).max(weight);
        }
    }
    (groups.len() > 1 && parts.len() > 1).then(|| Total { total: groups.values().sum(), parts })
}

/// What a use counts in a role: the drug and its components, each with weight and group.
fn weights(input: &CheckInput<'_>, usage: &DrugUse, role: &str) -> Vec<(DrugIx, u32, String)> {
    let drug = &input.knowledge.ingredient(usage.drug).entry;
    let held = with_components(input.knowledge, usage.drug).into_iter().filter_map(|of| {
        let member = input.knowledge.role(role, of)?;
        let here = route::holds(usage, drug, &input.knowledge.ingredient(of).entry, &[]);
        here.then(|| (of, member.weight, member.group.clone()))
    });
    held.collect()
}

/// What a sum says.
pub(crate) struct SumWords {
    pub(crate) what: Bilingual,
    pub(crate) action: Bilingual,
    pub(crate) source: &'static str,
    /// What made it worse, as read, and the values used.
    pub(crate) risks: Vec<Bilingual>,
    pub(crate) used: BTreeMap<String, Value>,
    pub(crate) missing: Vec<String>,
}

/// A rule over the sums of a role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum {
    pub(crate) role: &'static str,
    /// The kind of harm.
    pub(crate) problem: &'static str,
    pub(crate) code: &'static str,
}

impl Sum {
    /// Whether there is anything to add up.
    pub(crate) fn concerns(&self, input: &CheckInput<'_>) -> bool {
        input.drugs.iter().filter(|u| !weights(input, u, self.role).is_empty()).nth(1).is_some()
    }

    /// Tells what comes of the sums; what is open is listed with what is missing.
    pub(crate) fn tell(
        &self,
        input: &CheckInput<'_>,
        words: &SumWords,
        verdict: impl Fn(u32) -> Option<Verdict>,
        told: &mut Vec<Told>,
        out: &mut Outcome,
    ) {
        for (verdict, total) in judge(input, self.role, verdict) {
            match verdict {
                Verdict::Open => out.skip(self.code, ids(input, &total.drugs()), words.missing.clone()),
                Verdict::Found(tier) => told.push(self.report(input, tier, &total, words)),
            }
        }
    }

    fn report(&self, input: &CheckInput<'_>, tier: Tier, total: &Total, words: &SumWords) -> Told {
        let drugs = total.drugs();
        let names = names(input.knowledge, &drugs);
        let risks = |pick: fn(&Bilingual) -> &str| {
            let risks = words.risks.iter().map(pick).collect::<Vec<_>>();
            if risks.is_empty() { String::new() } else { format!(" ({})", risks.join(", ")) }
        };
        let message = Bilingual::new(
            sentences(&[&format!("{}: {}{}", names.en, words.what.en, risks(|r| &r.en)), &words.action.en]),
            sentences(&[&format!("{}: {}{}", names.ko, words.what.ko, risks(|r| &r.ko)), &words.action.ko]),
        );
        let mut found = finding(self.code, tier, ids(input, &drugs), message, words.source.to_owned());
        found.used = words.used.clone();
        found.used.insert("sum".to_owned(), Value::from(total.total));
        found.missing.clone_from(&words.missing);
        found.missing.sort();
        Told { problem: Some(self.problem.to_owned()), specific: false, finding: found }
    }
}
