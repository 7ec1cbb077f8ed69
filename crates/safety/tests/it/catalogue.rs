use std::collections::BTreeSet;
use std::path::Path;

use bogam_safety::rules::RULES;

/// The page for readers is that of the rules. Write it anew with `BOGAM_WRITE=1`.
#[test]
fn the_committed_catalogue_is_that_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let catalogue = bogam_safety::catalogue();
    if std::env::var_os("BOGAM_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &catalogue).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == catalogue,
        "docs/rules.md is not that of the rules: run `BOGAM_WRITE=1 cargo test -p bogam-safety catalogue`"
    );
}

/// Codes are permanent: this list only grows.
#[test]
fn no_code_is_lost_or_used_twice() {
    let permanent = [
        "age.avoid",
        "age.caution",
        "age.contraindicated",
        "allergen.unrecognised",
        "allergy",
        "allergy.cross",
        "allergy.group",
        "allergy.intolerance",
        "allergy.same",
        "anticholinergic.sum",
        "bleeding.sum",
        "condition.avoid",
        "condition.caution",
        "condition.contraindicated",
        "diagnosis.unrecognised",
        "dose.adult_only",
        "drug.unrecognised",
        "duplicate.class",
        "duplicate.ingredient",
        "duration",
        "duration.contraindicated",
        "duration.exceeded",
        "duration.long",
        "elderly.avoid",
        "elderly.caution",
        "elderly.contraindicated",
        "food.avoid",
        "food.caution",
        "food.contraindicated",
        "genotype",
        "genotype.avoid",
        "genotype.caution",
        "genotype.contraindicated",
        "hepatic.avoid",
        "hepatic.caution",
        "hepatic.dose",
        "hepatic.reduce",
        "interaction.aware",
        "interaction.contraindicated",
        "interaction.manage",
        "lab",
        "lab.avoid",
        "lab.caution",
        "lab.contraindicated",
        "lab.unusable",
        "lactation",
        "lactation.avoid",
        "lactation.caution",
        "lactation.contraindicated",
        "max_dose",
        "max_dose.dangerous",
        "max_dose.exceeded",
        "max_dose.high",
        "monitoring",
        "monitoring.due",
        "nil_by_mouth",
        "nil_by_mouth.avoid",
        "omission",
        "omission.absent",
        "opioid_benzodiazepine.together",
        "potassium.sum",
        "pregnancy",
        "pregnancy.avoid",
        "pregnancy.caution",
        "pregnancy.note",
        "qt.sum",
        "renal.avoid",
        "renal.caution",
        "renal.dialysis",
        "renal.dose",
        "renal.reduce",
        "route.avoid",
        "route.caution",
        "route.contraindicated",
        "route.unusual",
        "sedation.sum",
        "serotonin.sum",
        "split",
        "split.avoid",
        "split.caution",
        "split.contraindicated",
        "together.avoid",
        "together.caution",
        "together.contraindicated",
        "unit.unrecognised",
    ];
    let codes = RULES.iter().flat_map(|r| r.codes).map(|c| c.code).collect::<Vec<_>>();
    assert_eq!(codes.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(permanent));
    assert_eq!(codes.len(), permanent.len(), "a code stands twice");
}

#[test]
fn every_rule_is_documented_in_full() {
    for rule in RULES {
        for text in [rule.title, rule.what, rule.why, rule.example, rule.limits, rule.children, rule.source] {
            assert!(text.ends_with('.') || text == rule.title, "{}: {text:?}", rule.name);
            assert!(!text.contains("  "), "{}: two blanks in {text:?}", rule.name);
        }
    }
}

/// Every outcome has a spec that gives it: a rule without a table of specs fails here. Those of `unrecognised` have their
/// own tests.
#[test]
fn every_code_is_given_by_a_spec() {
    let tables: &[fn()] = &[
        crate::age::the_age_decides_below_exclusive_from_inclusive,
        crate::allergy::a_record_speaks_against_the_substance_its_group_and_its_relatives,
        crate::allergy::the_reaction_grades_the_finding,
        crate::allergy::what_is_not_known_of_an_allergy_is_said,
        crate::condition::a_diagnosis_speaks_against_a_drug,
        crate::condition::earlier_admissions_count_where_the_entry_says_so,
        crate::condition::an_entry_holds_for_the_usual_use_or_for_its_routes,
        crate::duplicate::one_ingredient_twice_is_found_also_inside_combinations,
        crate::duplicate::drugs_of_one_class_are_one_finding,
        crate::duplicate::only_drugs_that_act_at_one_site_at_one_time_are_duplicates,
        crate::duration::plan_and_days_so_far_decide,
        crate::duration::an_unknown_duration_is_said,
        crate::elderly::age_disease_and_company_decide,
        crate::food::food_is_told_once_an_entry,
        crate::genotype::a_marker_that_is_not_negative_speaks,
        crate::genotype::negative_words_silence_the_marker_that_they_stand_with,
        crate::genotype::a_marker_of_which_nothing_is_known_is_asked_for_where_the_entry_says_so,
        crate::hepatic::the_child_pugh_class_decides,
        crate::hepatic::an_unknown_class_is_said_where_it_matters,
        crate::interaction::pairs_of_one_rule_that_share_a_drug_are_one_finding,
        crate::lab::the_band_decides_and_its_bounds_are_outside,
        crate::lab::a_result_is_known_by_loinc_or_name_and_converted,
        crate::lab::the_newest_result_counts_and_without_times_the_worst,
        crate::lab::a_result_that_is_missing_or_of_no_use_is_said,
        crate::lab::a_creatinine_may_stand_in_its_field,
        crate::lactation::stated_breast_feeding_decides,
        crate::lactation::where_nothing_is_said_the_question_is_asked,
        crate::max_dose::a_dose_above_the_limit_is_found_and_one_at_the_limit_is_not,
        crate::max_dose::a_limit_holds_for_its_routes_and_not_for_combinations,
        crate::max_dose::a_weekly_drug_is_not_given_daily,
        crate::max_dose::a_limit_by_weight_allows_for_rounding,
        crate::max_dose::what_an_order_does_not_say_is_said_and_the_rest_is_checked,
        crate::monitoring::a_result_is_due_when_it_is_older_than_the_entry_says,
        crate::monitoring::what_is_not_known_of_results_is_said,
        crate::nil_by_mouth::what_is_swallowed_is_found_when_nothing_may_be,
        crate::nil_by_mouth::it_is_asked_of_inpatients,
        crate::omission::a_drug_that_is_expected_and_absent_is_named,
        crate::omission::what_is_taken_must_be_known,
        crate::opioid_benzodiazepine::both_at_one_time,
        crate::pregnancy::the_trimester_decides,
        crate::pregnancy::a_diagnosis_in_which_it_is_right_silences_its_entry_only,
        crate::renal::the_band_decides_from_inclusive_to_exclusive,
        crate::renal::without_a_steady_creatinine_no_band_is_computed,
        crate::renal::a_measure_that_cannot_be_computed_is_not_replaced_by_the_other,
        crate::renal::on_dialysis_only_what_is_said_of_dialysis_holds,
        crate::route::the_recorded_route_decides,
        crate::route::a_route_without_a_known_form_is_a_note,
        crate::split::what_is_split_is_found_by_drug_or_by_the_form_in_its_name,
        crate::split::whether_it_is_split_is_asked_of_what_is_ordered,
        crate::sums::qt_by_sum_and_risk,
        crate::sums::qt_says_what_was_missing,
        crate::sums::sums_over_combinations_and_times,
        crate::sums::a_pair_and_a_sum_about_one_harm_are_told_once,
        crate::sums::bleeding_by_sum,
        crate::sums::serotonin_by_sum,
        crate::sums::potassium_by_sum_and_risk,
        crate::sums::potassium_says_what_was_missing,
        crate::sums::sedation_by_sum_and_risk,
        crate::sums::anticholinergic_load_by_age,
        crate::together::one_of_each_side_at_one_time,
    ];
    for table in tables {
        table();
    }
    let given = crate::bench::seen().clone();
    let rules = RULES.iter().filter(|rule| rule.name != "unrecognised");
    let without = rules.flat_map(|rule| rule.codes).map(|c| c.code).filter(|code| !given.contains(*code));
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&str>::new(), "codes without a spec");
}
