//! Sums over roles: what drugs that are used at one time add up to.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::{Finding, Tier};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::finding;
use crate::route;
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
}

/// The greatest sum of a role at one moment; `None` when fewer than two drugs count.
pub(crate) fn greatest(input: &CheckInput<'_>, role: &str) -> Option<Total> {
    let members = input.drugs.iter().filter(|u| !weights(input, u, role).is_empty()).collect::<Vec<_>>();
    let mut moments = members.iter().filter_map(|u| u.window).map(|(from, _)| from).collect::<Vec<_>>();
    moments.sort_by(f64::total_cmp);
    moments.dedup();
    if moments.is_empty() {
        return at(input, role, &members);
    }
    let active = |moment: f64| {
        let then = |u: &&DrugUse| u.window.is_none_or(|(from, to)| !(moment < from || moment > to));
        members.iter().copied().filter(then).collect::<Vec<_>>()
    };
    let totals = moments.into_iter().filter_map(|moment| at(input, role, &active(moment)));
    // The first of the greatest.
    totals.fold(None, |best, next| match best {
        Some(best) if best.total >= next.total => Some(best),
        Some(_) | None => Some(next),
    })
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

/// The finding of a sum.
pub(crate) fn report(
    input: &CheckInput<'_>,
    problem: &str,
    (code, tier): (&str, Tier),
    total: &Total,
    words: SumWords,
) -> Told {
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
    let mut found = finding(code, tier, ids(input, &drugs), message, words.source.to_owned());
    found.used = words.used;
    found.used.insert("sum".to_owned(), Value::from(total.total));
    found.missing = words.missing;
    Told { problem: Some(problem.to_owned()), specific: false, finding: found }
}
