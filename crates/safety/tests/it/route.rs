use serde_json::json;

use crate::bench::{message, patient, run, spec};

#[test]
pub fn the_recorded_route_decides() {
    let adult = || patient(json!({}));
    let aged = |age: f64| patient(json!({ "age_years": age }));
    run(vec![
        spec("its own route", adult(), &["routea@IV"], &[]),
        spec("no route recorded", adult(), &["routea"], &[]),
        spec("a route that is not understood", adult(), &["routea@xyz"], &[]),
        spec("never, and the more severe of two", adult(), &["routea@IT"], &["critical route.contraindicated routea"]),
        spec("written with dots", adult(), &["routea@I.T."], &["critical route.contraindicated routea"]),
        spec("not so", adult(), &["routea@IM"], &["warning route.avoid routea"]),
        spec("one of two routes", adult(), &["routea@IV/IM"], &["warning route.avoid routea"]),
        spec("below the age of the entry", aged(64.9), &["routea@SC"], &[]),
        spec("from it", aged(65.0), &["routea@SC"], &["note route.caution routea"]),
        spec("a component", adult(), &["blockam / routea@IT"], &["critical route.contraindicated blockam / routea"]),
        spec(
            "two uses, one of them wrong",
            adult(),
            &["routea@IV#0-1", "routea@IT#2-3"],
            &["critical route.contraindicated routea"],
        ),
        spec(
            "holds for children",
            aged(9.0),
            &["routea@IT"],
            &["critical route.contraindicated routea", "? dose.adult_only routea"],
        ),
    ]);
}

#[test]
pub fn a_route_without_a_known_form_is_a_note() {
    let adult = || patient(json!({}));
    run(vec![
        spec("a tablet in the eye", adult(), &["hub@OPH"], &["note route.unusual hub"]),
        spec("an eye drop", adult(), &["conda@OPH"], &[]),
        spec("another route to the same site", adult(), &["hub@IV"], &[]),
    ]);
}

#[test]
fn the_finding_names_the_route_as_written() {
    let (en, ko) = message(&patient(json!({})), &["routea@it"]);
    assert_eq!(en, "Routea: contraindicated (it). Fatal in the spine.");
    assert_eq!(ko, "라우타: 금기 (it). 척수강 투여 시 치명적.");
    let (en, ko) = message(&patient(json!({})), &["hub@점안"]);
    assert_eq!(en, "Hub: no form for this route is known (점안).");
    assert_eq!(ko, "허브: 해당 경로의 제형이 등록되어 있지 않음 (점안).");
}
