//! What the checks give, and its order.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::{Finding, NotEvaluated, Tier};
use bogam_clinical::text::Bilingual;

/// What a check gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// What was found; `id` is empty until [`finish`].
    pub findings: Vec<Finding>,
    /// What could not be checked: one entry for each code and set of missing fields, with all drugs that it concerns.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl Outcome {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Notes a check that could not be made. `missing` is empty when no field of the case would help: the knowledge
    /// base has no rule for it.
    pub(crate) fn skip(&mut self, code: &str, drugs: Vec<String>, missing: Vec<String>) {
        self.not_evaluated.push(NotEvaluated { code: code.to_owned(), drugs, missing });
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.not_evaluated.extend(other.not_evaluated);
    }

    /// Findings in order, each once; checks not made merged by code and missing fields, with drugs sorted and unique.
    pub(crate) fn ordered(mut self) -> Self {
        order(&mut self.findings);
        let mut merged: BTreeMap<(String, Vec<String>), BTreeSet<String>> = BTreeMap::new();
        for entry in self.not_evaluated {
            let mut missing = entry.missing;
            missing.sort();
            missing.dedup();
            merged.entry((entry.code, missing)).or_default().extend(entry.drugs);
        }
        let not_evaluated = merged
            .into_iter()
            .map(|((code, missing), drugs)| NotEvaluated { code, drugs: drugs.into_iter().collect(), missing })
            .collect();
        Self { findings: self.findings, not_evaluated }
    }
}

/// Puts findings in order (the most severe first, then by code, drugs and text), takes out repetitions and numbers
/// them `F1`, `F2`…
#[must_use]
pub fn finish(mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        finding.id.clear();
    }
    order(&mut findings);
    for (number, finding) in (1_usize..).zip(&mut findings) {
        finding.id = format!("F{number}");
    }
    findings
}

fn order(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        (b.tier, &a.code, &a.drugs, &a.message, &a.missing)
            .cmp(&(a.tier, &b.code, &b.drugs, &b.message, &b.missing))
            // 500 mg ten times and 1000 mg five times read alike.
            .then_with(|| (used(a), &a.instead, &a.source).cmp(&(used(b), &b.instead, &b.source)))
    });
    findings.dedup();
}

fn used(finding: &Finding) -> Vec<(&String, String)> {
    finding.used.iter().map(|(field, value)| (field, value.to_string())).collect()
}

/// A finding with what every one has; the rest is set by the rule.
pub(crate) fn finding(code: &str, tier: Tier, drugs: Vec<String>, message: Bilingual, source: String) -> Finding {
    Finding {
        id: String::new(),
        code: code.to_owned(),
        tier,
        drugs,
        message,
        instead: None,
        used: BTreeMap::new(),
        missing: Vec::new(),
        source,
    }
}
