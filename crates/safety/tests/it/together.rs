use serde_json::json;

use crate::bench::{message, patient, run, spec};

#[test]
pub fn one_of_each_side_at_one_time() {
    let adult = || patient(json!({}));
    let avoid = &["warning together.avoid trioa,triob,trioc"];
    run(vec![
        spec("all three", adult(), &["trioc", "trioa", "triob", "hub"], avoid),
        spec("two of them", adult(), &["trioa", "trioc"], &[]),
        spec(
            "never",
            adult(),
            &["trioa", "spokea", "oxinb"],
            &["critical together.contraindicated oxinb,spokea,trioa"],
        ),
        spec("be aware", adult(), &["triob", "twina", "oxinb"], &["note together.caution oxinb,triob,twina"]),
        spec("touching at one moment", adult(), &["trioa#0-2", "triob#1-3", "trioc#2-4"], avoid),
        spec("two by two, never all", adult(), &["trioa#0-2", "triob#1-3", "trioc#3-4"], &[]),
        spec("one on two sides", adult(), &["trioa / triob", "trioc"], &["warning together.avoid trioa / triob,trioc"]),
        spec(
            "two uses on one side",
            adult(),
            &["trioa / triob", "triob@PO#0-1"],
            &["warning duplicate.ingredient trioa / triob,triob"],
        ),
        spec("one drug that is named on two sides is one", adult(), &["triob", "oxinb"], &[]),
        spec("one in the eye", adult(), &["trioa", "triob", "trioc@OPH"], &[]),
        spec(
            "holds for children",
            patient(json!({"age_years": 9})),
            &["trioa", "triob", "trioc"],
            &["warning together.avoid trioa,triob,trioc", "? dose.adult_only trioa,triob,trioc"],
        ),
    ]);
}

#[test]
fn the_finding_names_all_effect_and_action() {
    let (en, ko) = message(&patient(json!({})), &["trioa", "triob", "trioc"]);
    assert_eq!(en, "Trioa, Triob, Trioc: The kidneys stop. Take one away.");
    assert_eq!(ko, "트리오아, 트리오비, 트리오씨: 신부전. 하나를 중단.");
}
