//! Which clauses of an answer are marked.

use crate::bench::unchecked;

fn marked(answer: &str) -> Vec<String> {
    let units: Vec<u16> = answer.encode_utf16().collect();
    unchecked().ranges(answer).iter().map(|r| String::from_utf16(&units[r.from..r.to]).unwrap()).collect()
}

#[test]
fn doses_and_changes_are_marked_by_the_clause() {
    for (answer, expected) in [
        ("Warfarin thins the blood. Take 5 mg once daily. See your doctor.", vec!["Take 5 mg once daily."]),
        ("Check INR, stop aspirin, and wait.", vec!["stop aspirin,"]),
        ("Start metformin, 500 mg twice a day.", vec!["Start metformin, 500 mg twice a day."]),
        ("The potassium of 5.6 mmol/L is high.", vec![]),
        ("It may increase the risk of bleeding.", vec![]),
        ("Give 1.5 g every 8 hours.", vec!["Give 1.5 g every 8 hours."]),
        ("Consider switching to apixaban", vec!["Consider switching to apixaban"]),
        ("- taper over weeks\n- rest", vec!["- taper over weeks"]),
        ("출혈이 있습니다. 와파린을 중단하십시오. 지켜봅니다.", vec!["와파린을 중단하십시오."]),
        ("하루 두 번 식후에 드십시오.", vec!["하루 두 번 식후에 드십시오."]),
        ("용량을 5mg으로 줄입니다", vec!["용량을 5mg으로 줄입니다"]),
        ("아픽사반으로 바꿔 보십시오", vec!["아픽사반으로 바꿔 보십시오"]),
        ("출혈 위험이 높아질 수 있습니다.", vec![]),
        ("혈압과 맥박을 잽니다.", vec![]),
        ("😀 좋습니다. 약을 끊으십시오.", vec!["약을 끊으십시오."]),
    ] {
        assert_eq!(marked(answer), expected, "{answer}");
    }
}

/// Ways to tell somebody to change something: all must be marked.
#[test]
fn every_way_to_tell_a_dose_or_a_change_is_marked() {
    for answer in [
        "Hold the metformin.",
        "You can double it.",
        "Discontinue it at once.",
        "Titrate upward.",
        "Lower it by half.",
        "Replace it with a PPI.",
        "Two puffs as needed.",
        "10 units at bedtime.",
        "0.5 mcg/kg/min.",
        "Resume tomorrow.",
        "Skip the next one.",
        "It should not be used.",
        "Use half a tablet.",
        "q6h",
        "Initiate therapy.",
        "1g IV.",
        "반 알만 드세요",
        "증량하세요",
        "투여를 보류합니다",
        "다른 약으로 교체",
        "30 단위를 맞으십시오",
        "8시간 간격으로",
        "재개하십시오",
        "500밀리그램",
        "먹지 말고 건너뛰세요",
        "감량이 필요합니다",
        "추가하는 것이 좋습니다",
        "1일 3회",
        "필요시 복용하십시오",
        "주사를 시작합니다",
    ] {
        assert_eq!(marked(answer).len(), 1, "{answer}");
    }
}
