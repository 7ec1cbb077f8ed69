use bogam_safety::{OverrideReason, Tier};

/// Codes are permanent: this list only grows.
#[test]
fn codes_are_permanent_and_read_back() {
    let permanent = [
        ("benefit_outweighs", true),
        ("tolerated_before", true),
        ("monitored", false),
        ("dose_adjusted", false),
        ("not_applicable", true),
        ("no_alternative", true),
        ("palliative", false),
        ("patient_preference", false),
        ("alert_wrong", true),
        ("other_with_text", true),
    ];
    let now = OverrideReason::ALL.map(|reason| (reason.code(), reason.may_override(Tier::Critical)));
    assert_eq!(now, permanent);
    for reason in OverrideReason::ALL {
        assert_eq!(OverrideReason::parse(reason.code()), Some(reason));
        assert!(reason.may_override(Tier::Warning) && reason.may_override(Tier::Note), "{reason:?}");
        let text = reason.text();
        assert!(!text.en.is_empty() && !text.ko.is_empty() && !text.en.contains('|') && !text.ko.contains('|'));
        assert_eq!(reason.needs_text(), reason == OverrideReason::OtherWithText);
    }
}

#[test]
fn what_is_no_code_is_no_reason() {
    for text in ["", "Monitored", "monitored ", "because"] {
        assert_eq!(OverrideReason::parse(text), None, "{text:?}");
    }
}
