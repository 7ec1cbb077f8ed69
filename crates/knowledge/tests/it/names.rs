//! Names of drugs.

use bogam_clinical::record::NameMatch::{self, Alias, Combination, Exact, NotADrug};
use bogam_knowledge::KnowledgeBase;

use crate::fixture::{base, ingredient};

/// `id | English | Korean | aliases and brands`, by commas.
const DRUGS: &str = "
acetaminophen | Acetaminophen | 아세트아미노펜 | Tylenol
acetaminophen / oxycodone | Acetaminophen and oxycodone | 옥시코돈아세트아미노펜 | Percocet
albumin human | Albumin human | 알부민 | albumin
albuterol | Albuterol | 살부타몰 | salbutamol
amlodipine | Amlodipine | 암로디핀 | Norvasc, 노바스크
amoxicillin | Amoxicillin | 아목시실린 | Amoxil
amoxicillin / clavulanate | Amoxicillin and clavulanate | 아목시실린클라불란산염 | Augmentin
aspirin | Aspirin | 아스피린 | acetylsalicylic acid
calcium gluconate | Calcium gluconate | 글루콘산칼슘 |
clavulanate | Clavulanate | 클라불란산 | clavulanic acid
dexamethasone | Dexamethasone | 덱사메타손 |
dextrose | Dextrose | 포도당 | glucose
docusate | Docusate | 도큐세이트 |
donepezil | Donepezil | 도네페질 |
dorzolamide | Dorzolamide | 도르졸라미드 |
dorzolamide / timolol | Dorzolamide and timolol | 도르졸라미드티몰롤 |
epinephrine | Epinephrine | 에피네프린 |
furosemide | Furosemide | 푸로세미드 | Lasix, 라식스
heparin | Heparin | 헤파린 |
hydralazine | Hydralazine | 히드랄라진 |
hydromorphone | Hydromorphone | 히드로모르폰 | Dilaudid
hydroxyzine | Hydroxyzine | 히드록시진 |
insulin glargine | Insulin glargine | 인슐린 글라진 | glargine, Lantus
insulin lispro | Insulin lispro | 인슐린 리스프로 | Humalog
insulin nph | Insulin NPH | 인슐린 NPH | nph
insulin regular | Insulin regular | 속효성 인슐린 | insulin, insulin regular human
ketamine | Ketamine | 케타민 |
lidocaine | Lidocaine | 리도카인 |
lithium | Lithium | 리튬 |
magnesium sulfate | Magnesium sulfate | 황산마그네슘 |
metformin | Metformin | 메트포르민 | Glucophage
methylprednisolone | Methylprednisolone | 메틸프레드니솔론 | Solu-Medrol
metoprolol | Metoprolol | 메토프롤롤 | Lopressor
morphine | Morphine | 모르핀 | MS Contin
nifedipine | Nifedipine | 니페디핀 |
oxycodone | Oxycodone | 옥시코돈 | OxyContin
pancrelipase | Pancrelipase | 판크레아틴 |
phenobarbital | Phenobarbital | 페노바르비탈 |
piperacillin | Piperacillin | 피페라실린 |
piperacillin / tazobactam | Piperacillin and tazobactam | 피페라실린타조박탐 | Zosyn
polyethylene glycol 3350 | Polyethylene glycol 3350 | 폴리에틸렌글리콜3350 | polyethylene glycol
potassium chloride | Potassium chloride | 염화칼륨 | potassium, KCl
prednisolone | Prednisolone | 프레드니솔론 |
prednisone | Prednisone | 프레드니손 |
sodium bicarbonate | Sodium bicarbonate | 탄산수소나트륨 | bicarbonate
sodium chloride | Sodium chloride | 염화나트륨 | NaCl
sodium phosphate | Sodium phosphate | 인산나트륨 |
tazobactam | Tazobactam | 타조박탐 |
tenofovir disoproxil | Tenofovir disoproxil | 테노포비르디소프록실 |
timolol | Timolol | 티몰롤 |
vancomycin | Vancomycin | 반코마이신 |
vinblastine | Vinblastine | 빈블라스틴 |
vincristine | Vincristine | 빈크리스틴 |
warfarin | Warfarin | 와파린 | Coumadin
zinc sulfate | Zinc sulfate | 황산아연 | zinc
";

const NOT_DRUGS: &str = r#"
[[not_drug]]
kind = "carrier fluid"
names = ["0.9% Sodium Chloride", "5% Dextrose", "D5W", "Bag", "sterile water"]
[[not_drug]]
kind = "flush"
contains = ["flush", "catheter clearance"]
"#;

fn pack() -> KnowledgeBase {
    let mut text = NOT_DRUGS.to_owned();
    for line in DRUGS.lines().filter(|line| !line.is_empty()) {
        let fields = line.split('|').map(str::trim).collect::<Vec<_>>();
        let list = |names: &str, mark: char| {
            names
                .split(mark)
                .map(str::trim)
                .filter(|n| !n.is_empty())
                .map(|n| format!("\"{n}\""))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let components = if fields[0].contains(" / ") { list(fields[0], '/') } else { String::new() };
        let rest = format!("aliases = [{}]\ncomponents = [{components}]", list(fields[3], ','));
        text += &ingredient(fields[0], fields[1], fields[2], &rest);
    }
    base(&text)
}

/// Checks what names mean: ingredient (empty for none) and how it was matched.
#[track_caller]
fn check(cases: &[(&str, &str, NameMatch)]) {
    let base = pack();
    let mut wrong = Vec::new();
    for (name, id, matched) in cases {
        let found = base.normalise(name);
        let got = found.drug.map_or("", |drug| base.ingredient(drug).id());
        if (got, found.matched) != (*id, *matched) {
            wrong.push(format!("{name}: {got} {:?}, not {id} {matched:?}", found.matched));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks that names mean nothing.
#[track_caller]
fn unknown(names: &[&str]) {
    check(&names.iter().map(|name| (*name, "", NameMatch::None)).collect::<Vec<_>>());
}

#[test]
fn the_own_names_of_a_drug_are_exact_in_whatever_case_and_spacing() {
    check(&[
        ("furosemide", "furosemide", Exact),
        (" FUROSEMIDE ", "furosemide", Exact),
        ("HydrALAZINE", "hydralazine", Exact),
        ("HydrOXYzine", "hydroxyzine", Exact),
        ("predniSONE", "prednisone", Exact),
        ("prednisoLONE", "prednisolone", Exact),
        ("vinBLAStine", "vinblastine", Exact),
        ("vinCRIStine", "vincristine", Exact),
        ("푸로세미드", "furosemide", Exact),
        ("인슐린글라진", "insulin glargine", Exact),
        ("piperacillin/tazobactam", "piperacillin / tazobactam", Exact),
        ("Potassium  Chloride", "potassium chloride", Exact),
        ("magnesium sulfate", "magnesium sulfate", Exact),
        ("Sodium Bicarbonate", "sodium bicarbonate", Exact),
        ("Calcium Gluconate", "calcium gluconate", Exact),
        ("Sodium Phosphate", "sodium phosphate", Exact),
        ("Lithium", "lithium", Exact),
    ]);
}

#[test]
fn other_names_brands_salts_and_forms_are_aliases() {
    check(&[
        ("salbutamol", "albuterol", Alias),
        ("Lasix", "furosemide", Alias),
        ("Metoprolol Succinate XL", "metoprolol", Alias),
        ("Metoprolol Tartrate", "metoprolol", Alias),
        ("NIFEdipine (Extended Release)", "nifedipine", Alias),
        ("OxyCODONE (Immediate Release)", "oxycodone", Alias),
        ("Insulin Regular Human", "insulin regular", Alias),
        ("Insulin", "insulin regular", Alias),
        ("Insulin (Regular) for Hyperkalemia", "insulin regular", Alias),
        ("Aspirin EC 81 mg", "aspirin", Alias),
        ("Furosemide-Heart Failure", "furosemide", Alias),
        ("HYDROmorphone-HP", "hydromorphone", Alias),
        ("HYDROmorphone (Dilaudid)", "hydromorphone", Alias),
        ("Potassium Chloride 20 mEq", "potassium chloride", Alias),
        ("Potassium Chloride Replacement (Critical Care and Oncology) ", "potassium chloride", Alias),
        ("Vancomycin Oral Liquid", "vancomycin", Alias),
        ("*NF* Warfarin Sodium", "warfarin", Alias),
        ("Albumin 25% (12.5g / 50mL)", "albumin human", Alias),
        ("Albuterol 0.083% Neb Soln", "albuterol", Alias),
        ("Lidocaine 1% (For PICC/Midline Insertions)", "lidocaine", Alias),
        ("Epinephrine 1:1000", "epinephrine", Alias),
        ("Ketamine (For Intubation)", "ketamine", Alias),
        ("PHENObarbital - ICU Alcohol Withdrawal (Loading Dose 1)", "phenobarbital", Alias),
        ("Dexamethasone Sod Phosphate", "dexamethasone", Alias),
        ("MethylPREDNISolone Sodium Succ ", "methylprednisolone", Alias),
        ("Docusate Sodium (Liquid)", "docusate", Alias),
        ("Lithium Carbonate", "lithium", Alias),
        ("Warfarin 5", "warfarin", Alias),
        ("Pancrelipase 5000", "pancrelipase", Alias),
        ("Dextrose 50%", "dextrose", Alias),
        ("Sodium Chloride 3% (Hypertonic)", "sodium chloride", Alias),
        ("Heparin 25,000 units in D5W 250 mL", "heparin", Alias),
        ("vancomycin 1,000 mg in 0.9% sodium chloride 250 mL", "vancomycin", Alias),
        ("KCl 20 mEq", "potassium chloride", Alias),
        ("metformin-hydrochloride", "metformin", Alias),
    ]);
}

#[test]
fn korean_forms_salts_and_strengths_are_stripped() {
    check(&[
        ("푸로세미드정 40mg", "furosemide", Alias),
        ("푸로세미드정40밀리그램", "furosemide", Alias),
        ("도네페질정10mg", "donepezil", Alias),
        ("도네페질염산염구강붕해정", "donepezil", Alias),
        ("라식스 주사 20mg", "furosemide", Alias),
        ("메트포르민염산염서방정500mg", "metformin", Alias),
        ("메트포르민 염산염 서방정 500밀리그램", "metformin", Alias),
        ("아스피린장용정100밀리그램", "aspirin", Alias),
        ("노바스크정5밀리그램", "amlodipine", Alias),
        ("와파린나트륨정 2mg", "warfarin", Alias),
        ("황산모르핀주 10mg", "morphine", Alias),
        ("염화칼륨서방정", "potassium chloride", Alias),
        ("황산마그네슘주", "magnesium sulfate", Alias),
        ("옥시코돈/아세트아미노펜", "acetaminophen / oxycodone", Combination),
    ]);
}

#[test]
fn a_combination_is_found_by_its_parts() {
    check(&[
        ("Amoxicillin-Clavulanic Acid", "amoxicillin / clavulanate", Combination),
        ("Amoxicillin (with clavulanate)", "amoxicillin / clavulanate", Combination),
        ("Piperacillin-Tazobactam Na", "piperacillin / tazobactam", Combination),
        ("Tazobactam + Piperacillin", "piperacillin / tazobactam", Combination),
        ("Dorzolamide 2%/Timolol 0.5% Ophth.", "dorzolamide / timolol", Combination),
        ("Oxycodone-Acetaminophen (5mg-325mg)", "acetaminophen / oxycodone", Combination),
        ("OxyCODONE--Acetaminophen 5/325", "acetaminophen / oxycodone", Combination),
        ("OxycoDONE-Acetaminophen Elixir", "acetaminophen / oxycodone", Combination),
        ("Acetaminophen w/Oxycodone", "acetaminophen / oxycodone", Combination),
        ("Augmentin 875/125", "amoxicillin / clavulanate", Alias),
        ("Hydromorphone/Dilaudid", "hydromorphone", Alias),
    ]);
    unknown(&[
        "Warfarin/Aspirin",
        "Lidocaine with Epinephrine",
        "Lidocaine (with Epinephrine)",
        "Furosemide and Potassium Chloride",
        "Amoxicillin-Something",
        "Amlodipine-Valsartan",
        // A salt is taken off its own part, never across a hyphen.
        "Sodium Phosphate-Potassium",
        "Potassium-Sodium Chloride 20 mg",
    ]);
}

#[test]
fn the_list_of_what_is_no_drug_comes_first() {
    check(&[
        ("0.9% Sodium Chloride", "", NotADrug),
        ("0.9% Sodium Chloride (Mini Bag Plus)", "", NotADrug),
        ("0.9% sodium chloride 500 mL", "", NotADrug),
        ("D5W 250 mL bag", "", NotADrug),
        ("Sterile Water", "", NotADrug),
        ("Heparin Flush (10 units/ml)", "", NotADrug),
        ("Heparin (Catheter Clearance)", "", NotADrug),
    ]);
    unknown(&["Sterile water (Vancomycin)", "Dextrose 5% sodium chloride 0.45%", "Dextrose-Sodium Chloride"]);
}

#[test]
fn near_names_mistypings_and_doubtful_names_mean_nothing() {
    unknown(&[
        "",
        "  ",
        "---",
        "furosemid",
        "furosemidee",
        "hydralizine",
        "hydroxizine",
        "prednisolon",
        "vincristin",
        "푸로세미",
        "5 mg",
        "tablet",
        "sodium",
        // Another salt is another drug.
        "Potassium acetate",
        "Potassium bicarbonate",
        "Calcium phosphate",
        "Zinc acetate",
        "구연산칼륨",
        "Tenofovir alafenamide",
        // Another product of the name.
        "Tylenol 3",
        "Tylenol #3",
        "Polyethylene glycol 400",
        "Humalog Mix 75/25",
        "Humalog (75/25)",
        "Humalog 70/30",
        "Insulin NPH/Regular 70/30",
        "Insulin degludec",
        "Insulin long acting",
        "노바스크플러스정",
        // The bracket contradicts.
        "Hydromorphone (Morphine)",
        "Metoprolol (Lasix)",
    ]);
}

#[test]
fn a_bracket_decides_only_where_the_outside_is_unknown() {
    check(&[
        ("Readi-Thing (Furosemide 40 mg)", "furosemide", Alias),
        ("Furosemide (some ward's words)", "furosemide", Alias),
        ("Insulin (Glargine)", "insulin glargine", Exact),
        ("Lidocaine (Hcl", "lidocaine", Alias),
    ]);
    unknown(&["Unknown (Furosemide) (Morphine)"]);
}
