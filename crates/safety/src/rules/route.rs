//! Routes by which a drug is never given, and routes that are not its own.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::RouteLimitEntry;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::Outcome;
use crate::route::{recorded_site, routes_of, site};
use crate::rule::{Code, Rule};
use crate::shared::{Codes, Saying, say, tier_words, with_components};

const CODES: Codes = Codes { critical: "route.contraindicated", warning: "route.avoid", note: "route.caution" };
const UNUSUAL: &str = "route.unusual";

/// The rule.
pub const RULE: Rule = Rule {
    name: "route",
    title: "Routes",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Never by this route." },
        Code { code: CODES.warning, tier: "warning", meaning: "Not by this route, or only with a plan." },
        Code { code: CODES.note, tier: "note", meaning: "By this route with care." },
        Code { code: UNUSUAL, tier: "note", meaning: "The knowledge base knows no form of the drug for this route." },
    ],
    what: "The recorded route of each drug against the routes by which it is never given, and against the routes of its \
           known forms.",
    why: "Some drugs kill by the wrong route: vincristine in the spinal canal, potassium as a push.",
    example: "Vincristine with the route \"IT\" gives `route.contraindicated`.",
    limits: "Only a recorded route that is understood is checked. How fast an infusion runs is not known.",
    children: "Holds for children.",
    source: "Each entry carries its own source; known forms are those of the knowledge pack.",
};

/// Checks the recorded route of every use.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    for usage in input.drugs {
        let Some(text) = usage.entry.as_ref().and_then(|e| e.route.as_deref()) else { continue };
        let recorded = routes_of(usage);
        let limits = with_components(input.knowledge, usage.drug);
        let limits = limits.into_iter().flat_map(|of| input.knowledge.facts().route_limit.of(of));
        let limits = limits.filter(|(_, limit)| recorded.iter().any(|route| limit.never.contains(route)));
        let limits = limits.filter(|(_, limit)| input.knowledge.meets(&limit.when, input.case, input.codes));
        let worst = limits.max_by_key(|(n, limit)| (limit.severity, std::cmp::Reverse(*n)));
        if let Some((_, limit)) = worst {
            let words = tier_words(limit.severity);
            let what = Bilingual::new(format!("{} ({text})", words.en), format!("{} ({text})", words.ko));
            report(input, usage, (CODES.of(limit.severity), limit.severity), what, Some(limit), out);
        } else if is_elsewhere(input, usage, text) {
            let what = Bilingual::new(
                format!("no form for this route is known ({text})"),
                format!("해당 경로의 제형이 등록되어 있지 않음 ({text})"),
            );
            report(input, usage, (UNUSUAL, Tier::Note), what, None, out);
        }
    }
}

/// Whether the recorded route is understood and at a site where no form of the drug acts: a tablet as a drop in the eye.
fn is_elsewhere(input: &CheckInput<'_>, usage: &DrugUse, text: &str) -> bool {
    let entry = &input.knowledge.ingredient(usage.drug).entry;
    recorded_site(text).is_some_and(|recorded| !entry.routes.iter().any(|route| site(*route) == recorded))
}

fn report(
    input: &CheckInput<'_>,
    usage: &DrugUse,
    (code, tier): (&str, Tier),
    what: Bilingual,
    limit: Option<&RouteLimitEntry>,
    out: &mut Outcome,
) {
    let route = usage.entry.as_ref().and_then(|e| e.route.as_deref()).unwrap_or_default();
    let own = &input.knowledge.ingredient(usage.drug).entry.source;
    let saying = Saying {
        what,
        reason: limit.map(|l| &l.reason),
        instead: limit.and_then(|l| l.instead.as_ref()),
        source: limit.map_or(own, |l| &l.source),
        used: BTreeMap::from([("route".to_owned(), Value::from(route))]),
    };
    out.add(say(input, code, tier, &BTreeSet::from([usage.drug]), saying));
}
