//! Tiers that a site has changed, each with its reason.

use bogam_clinical::text::Bilingual;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::shared::tier_name;
use crate::words::sentences;

/// Sets the tier of findings for which a pack of the site names another: those with its code, all of whose drugs it names.
/// The message says so and why; of several entries the last in the packs holds.
pub(crate) fn apply(input: &CheckInput<'_>, outcome: &mut Outcome) {
    for entry in input.knowledge.facts().site_tier.entries() {
        if !input.knowledge.meets(&entry.when, input.case, input.codes) {
            continue;
        }
        let named = input.knowledge.members(&entry.drugs);
        let except = input.knowledge.members(&entry.except);
        let is_named =
            |id: &String| input.knowledge.find(id).is_some_and(|ix| named.contains(&ix) && !except.contains(&ix));
        let concerned = outcome.findings.iter_mut().filter(|f| f.code == entry.code && f.tier != entry.tier);
        for finding in concerned.filter(|f| !f.drugs.is_empty() && f.drugs.iter().all(is_named)) {
            let was = tier_name(finding.tier);
            finding.message = Bilingual::new(
                sentences(&[&finding.message.en, &format!("Here instead of {}: {}", was.en, entry.reason.en)]),
                sentences(&[
                    &finding.message.ko,
                    &format!("원내 기준 ({} 등급에서 변경): {}", was.ko, entry.reason.ko),
                ]),
            );
            finding.tier = entry.tier;
        }
    }
}
