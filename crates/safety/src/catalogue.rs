//! The catalogue of rules, as `docs/rules.md`.

use std::fmt::Write;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::RULES_VERSION;
use crate::override_reason::OverrideReason;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::rules::RULES;

/// All rules in Markdown, made of the documentation that stands in each rule's file.
#[must_use]
pub fn catalogue() -> String {
    let mut out = format!(
        "<!-- Generated from crates/safety/src/rules. A test compares it; do not edit. -->\n\n# Safety rules\n\n\
         Version {RULES_VERSION}. Codes are permanent. Tiers: *critical* takes a drug out of the regimen, *warning* \
         needs a plan, *note* is to be aware of. A check that could not be made is listed as *not evaluated* with the \
         fields that were missing; an entry without fields says that the knowledge base has no rule for it.\n\n\
         | code | tier | meaning |\n|---|---|---|\n"
    );
    for code in RULES.iter().flat_map(|rule| rule.codes) {
        line(&mut out, format_args!("| `{}` | {} | {} |", code.code, code.tier, code.meaning));
    }
    for rule in RULES {
        section(&mut out, rule);
    }
    reasons(&mut out);
    out
}

fn reasons(out: &mut String) {
    line(
        out,
        format_args!(
            "\n## Reasons for overriding\n\nWho gives a drug against a finding says why, by one of these codes. They are \
             permanent as well. A critical finding needs one of those that name it.\n\n\
             | code | overrides | English | Korean |\n|---|---|---|---|"
        ),
    );
    for reason in OverrideReason::ALL {
        let all = [(Tier::Critical, "critical"), (Tier::Warning, "warning"), (Tier::Note, "note")];
        let tiers = all.into_iter().filter(|(tier, _)| reason.may_override(*tier)).map(|(_, word)| word);
        let tiers = tiers.collect::<Vec<_>>().join(", ");
        let Bilingual { en, ko } = reason.text();
        line(out, format_args!("| `{}` | {tiers} | {en} | {ko} |", reason.code()));
    }
}

fn section(out: &mut String, rule: &Rule) {
    line(out, format_args!("\n## {} (`{}`)\n", rule.title, rule.name));
    let (skipped, outcomes): (Vec<&Code>, Vec<&Code>) = rule.codes.iter().partition(|c| c.tier == NOT_EVALUATED);
    for (label, codes) in [("Outcomes", outcomes), ("Not evaluated", skipped)] {
        if !codes.is_empty() {
            let list = codes.iter().map(|c| format!("`{}`", c.code)).collect::<Vec<_>>().join(", ");
            line(out, format_args!("**{label}.** {list}\n"));
        }
    }
    let parts = [
        ("What it checks", rule.what),
        ("Why", rule.why),
        ("Example", rule.example),
        ("Limits", rule.limits),
        ("Children", rule.children),
        ("Source", rule.source),
    ];
    for (i, (label, text)) in parts.into_iter().enumerate() {
        let gap = if i + 1 == parts.len() { "" } else { "\n" };
        line(out, format_args!("**{label}.** {text}{gap}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
