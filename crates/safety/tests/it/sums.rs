//! The six sums: what drugs add up to, and what is said where a value that would decide is not known.

use bogam_clinical::case::Case;
use serde_json::{Value, json};

use crate::bench::{case, check, diagnosed, lines, merge, message, patient, results, run, spec, uses};

const NOW: &str = "2026-03-02T08:00:00";

/// A man of whom potassium and magnesium are known as well.
fn known(potassium: f64, magnesium: f64, patch: Value) -> Case {
    let labs = results(&[("K", potassium, "mmol/L", NOW), ("Magnesium", magnesium, "mg/dL", NOW)]);
    let mut base = json!({"patient": {"labs": labs}});
    merge(&mut base, patch);
    case(base)
}

fn normal() -> Case {
    known(4.2, 2.0, json!({}))
}

fn child() -> Case {
    known(4.2, 2.0, json!({"patient": {"age_years": 9}}))
}

fn aged(age: f64) -> Case {
    patient(json!({ "age_years": age }))
}

#[test]
pub fn qt_by_sum_and_risk() {
    let note = &["note qt.sum qtb,qtd"];
    let pair = &["qtb", "qtd"];
    let mmol = results(&[("K", 4.2, "mmol/L", NOW), ("Magnesium", 0.69, "mmol/L", NOW)]);
    let edge = results(&[("K", 4.2, "mmol/L", NOW), ("Magnesium", 0.7, "mmol/L", NOW)]);
    let woman = |age: f64| known(4.2, 2.0, json!({"patient": {"sex": "F", "age_years": age, "pregnant": false}}));
    run(vec![
        spec("4 without a risk", normal(), pair, &[]),
        spec("5", normal(), &["qta", "qtb"], &["note qt.sum qta,qtb"]),
        spec("5 with a risk", known(3.4, 2.0, json!({})), &["qta", "qtb"], &["warning qt.sum qta,qtb"]),
        spec("7", normal(), &["qta", "qtb", "qtd"], &["warning qt.sum qta,qtb,qtd"]),
        spec("potassium low", known(3.49, 2.0, json!({})), pair, note),
        spec("potassium at the limit", known(3.5, 2.0, json!({})), pair, &[]),
        spec("magnesium low, in mg/dL", known(4.2, 1.70, json!({})), pair, note),
        spec("magnesium not low", known(4.2, 1.71, json!({})), pair, &[]),
        spec("magnesium low, in mmol/L", patient(json!({ "labs": mmol })), pair, note),
        spec("magnesium at the limit", patient(json!({ "labs": edge })), pair, &[]),
        spec("QTc from 470", known(4.2, 2.0, json!({"patient": {"qtc_ms": 470}})), pair, note),
        spec("QTc below", known(4.2, 2.0, json!({"patient": {"qtc_ms": 469}})), pair, &[]),
        spec(
            "long QT syndrome",
            known(4.2, 2.0, json!({"diagnoses": [{"system": "icd10", "code": "I45.81"}]})),
            pair,
            note,
        ),
        spec("a woman from 65", woman(65.0), pair, note),
        spec("a younger woman", woman(64.9), pair, &[]),
        spec("one as an eye drop", normal(), &["qta", "qtd@OPH"], &[]),
        spec("holds for children", child(), &["qta", "qtb"], &["note qt.sum qta,qtb", "? dose.adult_only qta,qtb"]),
    ]);
}

#[test]
pub fn qt_says_what_was_missing() {
    let less = |patch: Value| known(4.2, 2.0, json!({ "patient": patch }));
    run(vec![
        spec("4, and no QTc", less(json!({"qtc_ms": null})), &["qtb", "qtd"], &["? qt.sum qtb,qtd <- patient.qtc_ms"]),
        spec(
            "4, and no results",
            less(json!({"labs": null})),
            &["qtb", "qtd"],
            &["? qt.sum qtb,qtd <- patient.labs[magnesium],patient.labs[potassium]"],
        ),
        spec(
            "4 with a risk",
            less(json!({"labs": [], "qtc_ms": 480})),
            &["qtb", "qtd"],
            &["note qt.sum qtb,qtd <- patient.labs[magnesium],patient.labs[potassium]"],
        ),
        spec(
            "5: a finding, with what would make it worse",
            less(json!({"qtc_ms": null})),
            &["qta", "qtb"],
            &["note qt.sum qta,qtb <- patient.qtc_ms"],
        ),
        spec("3: nothing could make it count", less(json!({"qtc_ms": null})), &["qtd", "qte"], &[]),
    ]);
}

#[test]
pub fn sums_over_combinations_and_times() {
    run(vec![
        spec("a component counts", normal(), &["blockam / qta", "qtb"], &["note qt.sum blockam / qta,qtb"]),
        spec("a combination alone is one drug", normal(), &["qta / qtb"], &[]),
        spec("a combination and another", normal(), &["qta / qtb", "qtd"], &["warning qt.sum qta / qtb,qtd"]),
        spec(
            "one substance twice counts once",
            normal(),
            &["qta / qtb", "qta"],
            &["warning duplicate.ingredient qta,qta / qtb", "note qt.sum qta,qta / qtb"],
        ),
        spec("one drug twice is one drug", normal(), &["qta", "qta"], &["warning duplicate.ingredient qta"]),
        spec("one after the other", normal(), &["qta#0-5", "qtb#6-9"], &[]),
        spec("touching", normal(), &["qta#0-5", "qtb#5-9"], &["note qt.sum qta,qtb"]),
        spec("one without times", normal(), &["qta", "qtb#5-9"], &["note qt.sum qta,qtb"]),
        spec(
            "two times that share a drug are one",
            normal(),
            &["qta#0-9", "qtb#0-1", "qtd#5-6"],
            &["note qt.sum qta,qtb,qtd"],
        ),
        spec(
            "a greater sum at another time hides none",
            normal(),
            &["qta#0-1", "qtb#0-1", "blockam / qta#5-6", "qtd#5-6", "qte#5-6"],
            &["warning qt.sum blockam / qta,qtd,qte", "note qt.sum qta,qtb"],
        ),
    ]);
}

#[test]
pub fn a_pair_and_a_sum_about_one_harm_are_told_once() {
    run(vec![
        spec("the pair, where the sum is nothing", normal(), &["qtb", "qte"], &["warning interaction.manage qtb,qte"]),
        spec(
            "the sum, where it is as severe and has more drugs",
            normal(),
            &["qta", "qtb", "qte"],
            &["warning qt.sum qta,qtb,qte"],
        ),
        spec(
            "both, where the pair is more severe",
            normal(),
            &["bleeda", "bleedc", "bleedd"],
            &["critical interaction.contraindicated bleedc,bleedd", "warning bleeding.sum bleeda,bleedc,bleedd"],
        ),
        spec(
            "the sum, where it is more severe",
            normal(),
            &["seda", "sedb", "opia", "sedc"],
            &["warning sedation.sum opia,seda,sedb,sedc"],
        ),
    ]);
}

#[test]
pub fn bleeding_by_sum() {
    run(vec![
        spec("3 + 1", normal(), &["bleeda", "bleedc"], &["warning bleeding.sum bleeda,bleedc"]),
        spec("2 + 1", normal(), &["bleedb", "bleedc"], &[]),
        spec("two of a group count once", normal(), &["bleeda", "bleedb"], &[]),
        spec(
            "with the greater, and both are named",
            normal(),
            &["bleeda", "bleedb", "bleedc"],
            &["warning bleeding.sum bleeda,bleedb,bleedc"],
        ),
        spec("one as an eye drop", normal(), &["bleeda", "bleedc@OPH"], &[]),
        spec(
            "holds for children",
            child(),
            &["bleeda", "bleedc"],
            &["warning bleeding.sum bleeda,bleedc", "? dose.adult_only bleeda,bleedc"],
        ),
    ]);
}

#[test]
pub fn serotonin_by_sum() {
    run(vec![
        spec("3 + 2", normal(), &["seroa", "serob"], &["warning serotonin.sum seroa,serob"]),
        spec("2 + 2", normal(), &["serob", "serod"], &["note serotonin.sum serob,serod"]),
        spec("2 + 2 + 1", normal(), &["serob", "serod", "seroc"], &["warning serotonin.sum serob,seroc,serod"]),
        spec("2 + 1", normal(), &["serob", "seroc"], &[]),
        spec("one on the skin", normal(), &["seroa", "seroc@TOP"], &[]),
        spec(
            "holds for children",
            child(),
            &["serob", "serod"],
            &["note serotonin.sum serob,serod", "? dose.adult_only serob,serod"],
        ),
    ]);
}

#[test]
pub fn potassium_by_sum_and_risk() {
    let k = |value: f64| known(value, 2.0, json!({}));
    let gfr = |value: f64| known(4.2, 2.0, json!({"patient": {"egfr_ml_min_1_73m2": value}}));
    let three = &["kala", "kalb"];
    let four = &["kala", "kald"];
    let five = &["kala", "kald", "kale"];
    run(vec![
        spec("3", normal(), three, &[]),
        spec("4", normal(), four, &["note potassium.sum kala,kald"]),
        spec("5", normal(), five, &["warning potassium.sum kala,kald,kale"]),
        spec("blockers of one system count once", normal(), &["kala", "kalb", "kalc"], &[]),
        spec("3 with potassium from 5.0", k(5.0), three, &["warning potassium.sum kala,kalb"]),
        spec("just below", k(4.99), three, &[]),
        spec("3 with a low GFR", gfr(44.9), three, &["warning potassium.sum kala,kalb"]),
        spec("GFR at the limit", gfr(45.0), three, &[]),
        spec("2 with both", known(5.5, 2.0, json!({"patient": {"egfr_ml_min_1_73m2": 20}})), &["kalb", "kale"], &[]),
        spec("potassium low, and it is wanted", k(3.99), five, &[]),
        spec("potassium at that limit", k(4.0), four, &["note potassium.sum kala,kald"]),
        spec("6 even so", k(3.5), &["kala", "kalb", "kald", "kale"], &["warning potassium.sum kala,kalb,kald,kale"]),
        spec("one as an eye drop", k(5.5), &["kala", "kale@OPH"], &[]),
        spec("not for children", child(), five, &["? dose.adult_only kala,kald,kale"]),
    ]);
}

#[test]
pub fn potassium_says_what_was_missing() {
    let less = |patch: Value| known(4.2, 2.0, json!({ "patient": patch }));
    let three = &["kala", "kalb"];
    let unread = results(&[("K", 6.2, "", NOW), ("K", 3.5, "mmol/L", "2026-03-01T08:00:00")]);
    run(vec![
        spec(
            "neither potassium nor creatinine",
            less(json!({"labs": null, "creatinine_mg_dl": null})),
            three,
            &["? potassium.sum kala,kalb <- patient.creatinine_mg_dl,patient.labs[potassium]"],
        ),
        spec(
            "no potassium",
            less(json!({"labs": []})),
            three,
            &["? potassium.sum kala,kalb <- patient.labs[potassium]"],
        ),
        spec(
            "no creatinine",
            less(json!({"creatinine_mg_dl": null})),
            three,
            &["? potassium.sum kala,kalb <- patient.creatinine_mg_dl"],
        ),
        spec(
            "a creatinine that is not steady",
            less(json!({"creatinine_stable": false})),
            three,
            &["? potassium.sum kala,kalb <- patient.creatinine_stable"],
        ),
        spec(
            "not steady, and high already",
            less(json!({"creatinine_stable": false, "creatinine_mg_dl": 3.0})),
            three,
            &["warning potassium.sum kala,kalb"],
        ),
        spec(
            "potassium low: nothing that is missing would count",
            known(3.5, 2.0, json!({"patient": {"creatinine_mg_dl": null}})),
            three,
            &[],
        ),
        spec("2: nothing that is missing would count", less(json!({"labs": null})), &["kalb", "kale"], &[]),
        spec(
            "4: a finding, with what would make it worse",
            less(json!({"labs": null})),
            &["kala", "kald"],
            &["note potassium.sum kala,kald <- patient.labs[potassium]"],
        ),
        spec(
            "3 at one time, and more at another",
            less(json!({"labs": null})),
            &["kala#0-9", "kalb#0-9", "kald#5-6"],
            &["warning potassium.sum kala,kalb,kald <- patient.labs[potassium]"],
        ),
        spec(
            "a low result excuses nothing when a newer one cannot be read",
            less(json!({ "labs": unread })),
            &["kala", "kald"],
            &["note potassium.sum kala,kald <- patient.labs[potassium].unit"],
        ),
    ]);
}

#[test]
pub fn sedation_by_sum_and_risk() {
    let five = &["opia", "sedc", "seda"];
    let note = &["note sedation.sum opia,seda,sedc"];
    let warning = &["warning sedation.sum opia,seda,sedc"];
    let icu = json!({"admission": {"icu": true}});
    run(vec![
        spec("3", normal(), &["opia", "seda"], &[]),
        spec("4", normal(), &["opia", "sedc"], &["note sedation.sum opia,sedc"]),
        spec("5", normal(), five, note),
        spec("5 below 75 years", aged(74.9), five, note),
        spec("5 from 75 years", aged(75.0), five, warning),
        spec("5 with COPD", diagnosed(&["J44.1"], json!({})), five, warning),
        spec("5 with another disease of the lung", diagnosed(&["J45.9"], json!({})), five, note),
        spec(
            "6",
            normal(),
            &["opia", "sedc", "benza"],
            &["warning opioid_benzodiazepine.together benza,opia", "warning sedation.sum benza,opia,sedc"],
        ),
        spec("in intensive care", diagnosed(&["J44.1"], icu), five, note),
        spec("one on the skin", normal(), &["opia@TOP", "sedc"], &[]),
        spec("not for children", child(), five, &["? dose.adult_only opia,seda,sedc"]),
    ]);
}

#[test]
pub fn anticholinergic_load_by_age() {
    run(vec![
        spec("4 below 65", aged(64.9), &["antia", "antic"], &[]),
        spec("4 from 65", aged(65.0), &["antia", "antic"], &["note anticholinergic.sum antia,antic"]),
        spec("6 below 65", aged(64.9), &["antia", "antib"], &["note anticholinergic.sum antia,antib"]),
        spec("6 from 65", aged(65.0), &["antia", "antib"], &["warning anticholinergic.sum antia,antib"]),
        spec("one alone", aged(80.0), &["antia"], &[]),
        spec("one as an eye drop", aged(80.0), &["antia", "antib@OPH"], &[]),
        spec("not for children", child(), &["antia", "antib"], &["? dose.adult_only antia,antib"]),
    ]);
}

#[test]
fn a_sum_names_its_drugs_what_makes_it_worse_and_what_to_do() {
    let case = known(3.1, 2.0, json!({"patient": {"qtc_ms": 480}}));
    let (en, ko) = message(&case, &["qtb", "qta"]);
    assert_eq!(
        en,
        "Qta, Qtb: prolong the QT interval together (low potassium, QTc 480 ms). Take an ECG, correct potassium and \
         magnesium, leave out what is not needed."
    );
    assert_eq!(
        ko,
        "큐타, 큐트비: 함께 QT 간격 연장 (저칼륨혈증, QTc 480 ms). 심전도 확인, 칼륨·마그네슘 교정, 불필요한 약물 중단."
    );
    let found = check(&case, &uses(&["qtb", "qta"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"potassium": 3.1, "qtc_ms": 480.0, "sum": 5}));
    let (_, ko) = message(&known(5.4, 2.0, json!({"patient": {"egfr_ml_min_1_73m2": 30}})), &["kala", "kalb"]);
    assert_eq!(
        ko,
        "칼라, 칼비: 함께 칼륨 상승 (칼륨 5.4 mmol/L, eGFR 30). 수일 내 칼륨 확인, 불필요한 칼륨 보충 중단."
    );
}

#[test]
fn the_order_of_times_changes_nothing() {
    let mut list = ["qta#0-9", "qtb#0-1", "qtd#5-6", "qte#5-9"].map(str::to_owned).to_vec();
    let all =
        |list: &[String]| lines(&check(&normal(), &list.iter().map(|s| crate::bench::usage(s)).collect::<Vec<_>>()));
    let first = all(&list);
    list.reverse();
    assert_eq!(first, all(&list));
}
