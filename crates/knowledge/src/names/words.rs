//! Words that a prescription adds to the name of a drug. Every list is in order, for binary search.

/// Dosage forms, routes, release, packaging, and what an order is for.
#[rustfmt::skip]
pub(super) const FORMS: &[&str] = &[
    "aerosol", "amp", "ampoule", "ampule", "bag", "bolus", "bottle", "buccal", "cap", "caplet", "caplets", "caps",
    "capsule", "capsules", "cartridge", "cd", "chew", "chewable", "coated", "conc", "concentrate", "controlled",
    "cr", "cream", "crm", "delayed", "depot", "desensitization", "disintegrating", "diskus", "dissolving", "dose",
    "dpi", "dr", "drip", "drop", "drops", "ds", "ear", "ec", "effervescent", "elixir", "ellipta", "enema",
    "enteric", "epidural", "er", "extended", "eye", "film", "foam", "gel", "gtt", "gum", "handihaler", "hfa", "hp",
    "hypertonic", "icu", "im", "immediate", "infusion", "inh", "inhalant", "inhalation", "inhaled", "inhaler",
    "inj", "injectable", "injection", "intramuscular", "intranasal", "intrathecal", "intravenous", "ir", "iv",
    "ivpb", "jelly", "kit", "la", "lar", "liq", "liquid", "lotion", "loz", "lozenge", "lozenges", "mdi", "modified",
    "mr", "nasal", "neb", "nebs", "nebulization", "nebulized", "nebulizer", "nf", "ng", "odt", "oint", "ointment",
    "oph", "ophth", "ophthalmic", "ophthalmology", "oral", "orally", "otic", "packet", "parenteral", "patch",
    "patches", "pca", "pen", "pf", "po", "powder", "pr", "prefilled", "premix", "premixed", "prn", "prolonged",
    "protocol", "rectal", "release", "released", "replacement", "repletion", "respimat", "respules",
    "retard", "rinse", "sa", "sc", "sl", "soln", "solution", "spray", "sprinkle", "sprinkles", "sq", "sr", "ss",
    "subcut", "subcutaneous", "sublingual", "subq", "supp", "suppositories", "suppository", "supps", "susp",
    "suspension", "sustained", "syringe", "syringes", "syrp", "syrup", "system", "tab", "tablet", "tablets", "tabs",
    "taper", "td", "top", "topical", "transdermal", "troche", "troches", "turbuhaler", "vag", "vaginal", "vial",
    "viscous", "wafer", "xl", "xr",
];

/// Phrases of the same kind: words that alone are not stripped.
pub(super) const FORM_PHRASES: &[&[&str]] = &[
    &["alcohol", "withdrawal"],
    &["ciwa"],
    &["critical", "care"],
    &["heart", "failure"],
    &["mini", "bag"],
    &["once", "daily"],
    &["preservative", "free"],
    &["preserv", "free"],
    &["sliding", "scale"],
    &["sugar", "free"],
];

/// Containers: a carrier fluid in one is still a carrier fluid.
#[rustfmt::skip]
pub(super) const CONTAINERS: &[&str] = &[
    "bag", "bottle", "iv", "syringe", "vial",
];

/// Acids and hydrates of salts and esters, and metals. A drug that is itself a salt has a name of its own.
#[rustfmt::skip]
pub(super) const SALTS: &[&str] = &[
    "acetate", "acetonide", "anhydrous", "arginine", "axetil", "besilate", "besylate", "bisulfate", "bitartrate",
    "bromide", "calcium", "camsylate", "carbonate", "chloride", "cilexetil", "citrate", "cypionate", "decanoate",
    "dihydrate", "dipropionate", "enanthate", "erbumine", "etexilate", "ethylsuccinate", "fumarate", "furoate",
    "gluconate", "hbr", "hcl", "hemihydrate", "heptahydrate", "hyclate", "hydrate", "hydrobromide", "hydrochloride",
    "lactate", "lactobionate", "lysine", "magnesium", "maleate", "medoxomil", "meglumine", "mesilate", "mesylate",
    "mofetil", "monohyd", "monohydrate", "na", "nitrate", "oxalate", "palmitate", "pamoate", "phos", "phosphate",
    "polacrilex", "potassium", "propionate", "proxetil", "sesquihydrate", "sod", "sodium", "stearate", "succ",
    "succinate", "sulf", "sulfate", "sulphate", "tartrate", "tosylate", "trihydrate", "trometamol", "tromethamine",
    "valerate", "xinafoate",
];

/// Words of which one alone is an ion: what is left when a salt loses its other half is not yet a drug.
#[rustfmt::skip]
pub(super) const IONS: &[&str] = &[
    "aluminium", "aluminum", "ammonium", "bicarbonate", "calcium", "carbonate", "chloride", "citrate", "copper",
    "ferric", "ferrous", "fluoride", "iodide", "iron", "lithium", "magnesium", "phosphate", "phosphates",
    "phosphorus", "potassium", "selenium", "sodium", "sulfate", "zinc", "구리", "나트륨", "마그네슘", "아연",
    "알루미늄", "인산", "중탄산", "철", "칼륨", "칼슘",
];

/// Two salts that together make one ester salt: dexamethasone sodium phosphate.
#[rustfmt::skip]
pub(super) const ESTER_SALTS: &[&str] = &[
    "phosphate sodium", "sodium phosphate",
];

/// Korean endings of dosage forms and releases, the longest first.
#[rustfmt::skip]
pub(super) const KO_FORMS: &[&str] = &[
    "프리필드시린지", "나잘스프레이", "구강붕해정", "이알서방정", "서방성캡슐", "프리필드펜", "현탁용분말",
    "프리필드주", "점안현탁액", "비강분무액", "필름코팅정", "건조시럽", "구강붕해", "서방캡슐", "장용캡슐",
    "장용성정", "주사용액", "츄어블정", "흡입용액", "경구용액", "서방성정", "연질캡슐", "경질캡슐", "스프레이",
    "에어로솔", "저작정", "서방정", "설하정", "이알정", "장용정", "점비액", "점안액", "점이액", "주사액", "주사제",
    "현탁액", "현탁정", "흡입액", "흡입제", "안연고", "외용액", "발포정", "분산정", "속방정", "내용액", "경구액",
    "엘릭서", "엑스알", "엑스엘", "에스알", "좌약", "좌제", "질정", "패취", "패치", "시럽", "캡슐", "크림", "연고",
    "로션", "과립", "분말", "세립", "흡입", "주사", "이알", "서방", "장용", "펜주", "겔", "액", "정", "주", "펜",
];

/// Korean endings of salts and hydrates.
#[rustfmt::skip]
pub(super) const KO_SALTS: &[&str] = &[
    "브롬화수소산염", "메탄설폰산염", "타르타르산염", "벤젠설폰산염", "말레인산염", "아세트산염", "시트르산염",
    "푸마르산염", "글루콘산염", "석신산염", "숙신산염", "말레산염", "베실산염", "메실산염", "토실산염", "캄실산염",
    "옥살산염", "브롬화물", "일수화물", "이수화물", "삼수화물", "반수화물", "락트산염", "마그네슘", "염산염",
    "황산염", "인산염", "질산염", "젖산염", "탄산염", "염화물", "무수물", "수화물", "나트륨", "칼륨", "칼슘",
];

/// Korean salts in the older order, before the name.
#[rustfmt::skip]
pub(super) const KO_SALTS_BEFORE: &[&str] = &[
    "메탄설폰산", "타르타르산", "말레인산", "푸마르산", "말레산", "구연산", "브롬화", "염산", "황산", "인산",
    "초산", "질산",
];

/// Units of strengths, volumes and rates, the longest first where one begins another.
#[rustfmt::skip]
pub(super) const UNITS: &[&str] = &[
    "international units", "million units", "mcg/actuation", "actuations", "actuation", "micrograms", "microgram",
    "milligrams", "milligram", "milliliters", "milliliter", "million", "grams", "gram", "hours", "hour", "units",
    "unit", "liters", "liter", "mmol", "puffs", "puff", "sprays", "doses", "meq", "mcg", "mci", "miu", "mol",
    "vial", "vials", "dose", "day", "days", "act", "ug", "μg", "mg", "ml", "ng", "kg", "gm", "iu", "dl", "cc", "hr",
    "hrs", "mm", "g", "l", "u", "h", "%", "마이크로그램", "마이크로그람", "밀리그램", "밀리그람", "밀리리터",
    "국제단위", "밀리몰", "그램", "그람", "리터", "단위",
];

/// Units of volume.
#[rustfmt::skip]
pub(super) const VOLUMES: &[&str] = &[
    "cc", "l", "liter", "liters", "milliliter", "milliliters", "ml", "리터", "밀리리터",
];

pub(super) fn holds(list: &[&str], word: &str) -> bool {
    list.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_searched_are_in_order() {
        for list in [FORMS, CONTAINERS, SALTS, IONS, VOLUMES] {
            for pair in list.windows(2) {
                assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn endings_are_tried_before_what_they_end_with() {
        for list in [KO_FORMS, KO_SALTS] {
            for (at, long) in list.iter().enumerate() {
                for short in list.iter().take(at) {
                    assert!(!long.ends_with(short), "{short} is tried before {long}");
                }
            }
        }
    }
}
