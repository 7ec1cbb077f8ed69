use serde_json::json;

use crate::bench::{case, diagnosed, message, patient, run, spec};

#[test]
pub fn both_at_one_time() {
    let adult = || patient(json!({}));
    let both = &["warning opioid_benzodiazepine.together benza,opia"];
    let watched = &["note opioid_benzodiazepine.together benza,opia"];
    run(vec![
        spec("both; the sum of two says no more", adult(), &["opia", "benza"], both),
        spec("one", adult(), &["opia", "hub"], &[]),
        spec(
            "a component",
            adult(),
            &["blockam / opia", "benza"],
            &["warning opioid_benzodiazepine.together benza,blockam / opia"],
        ),
        spec("one on the skin", adult(), &["opia@TOP", "benza"], &[]),
        spec("one after the other", adult(), &["opia#0-1", "benza#2-3"], &[]),
        spec("in intensive care", case(json!({"admission": {"icu": true}})), &["opia", "benza"], watched),
        spec("in palliative care", diagnosed(&["Z51.5"], json!({})), &["opia", "benza"], watched),
        spec(
            "a sum of more drugs does not stand for the boxed warning",
            adult(),
            &["opia", "benza", "sedc"],
            &["warning opioid_benzodiazepine.together benza,opia", "warning sedation.sum benza,opia,sedc"],
        ),
        spec(
            "a lesser sum of more drugs does not",
            adult(),
            &["opia", "benza", "seda"],
            &["warning opioid_benzodiazepine.together benza,opia", "note sedation.sum benza,opia,seda"],
        ),
        spec(
            "holds for children",
            patient(json!({"age_years": 9})),
            &["opia", "benza"],
            &["warning opioid_benzodiazepine.together benza,opia", "? dose.adult_only benza,opia"],
        ),
    ]);
}

#[test]
fn the_finding_says_what_to_do() {
    let (en, ko) = message(&patient(json!({})), &["opia", "benza"]);
    assert_eq!(
        en,
        "Benza, Opia: opioid with benzodiazepine: deep sedation, respiratory depression. Lowest doses and shortest time, \
         watch breathing and sedation, have naloxone at hand."
    );
    assert_eq!(
        ko,
        "벤자, 오피아: 오피오이드와 벤조디아제핀 병용: 과진정, 호흡 억제. 최소 용량·최단 기간, 호흡과 진정 정도 관찰, \
         날록손 준비."
    );
}
