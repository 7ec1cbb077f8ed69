//! Lists of others to packs: every row is taken or rejected with its reason, and what was taken is used. Rows are made up.

use bogam_clinical::case::CodeSystem;
use bogam_clinical::record::Tier;
use bogam_knowledge::import::{Headers, ImportError, ImportKind, ImportSettings, Imported, Levels, Reason, import};
use bogam_knowledge::pack::PackInfo;
use bogam_knowledge::{KnowledgeBase, PackFile};

use crate::fixture::{HEAD, file, ingredient, interaction, load, of_class};

const LEVELS: &str = include_str!("../../../../assets/import/levels.toml");
const DUR: &str = include_str!("../../../../assets/import/dur_headers.toml");
const FORMULARY: &str = include_str!("../../../../assets/import/formulary_headers.toml");

/// A small pack: warfarin and ibuprofen with an explicit pair, codeine alone and with acetaminophen.
fn core() -> Vec<PackFile> {
    let drugs = ingredient("warfarin", "Warfarin", "와르파린", "brands = [\"Coumadin\"]")
        + &ingredient("codeine", "Codeine", "코데인", "")
        + &ingredient("acetaminophen", "Acetaminophen", "아세트아미노펜", "")
        + &ingredient("acetaminophen / codeine", "Both", "둘", "components = [\"acetaminophen\", \"codeine\"]")
        + &of_class("ibuprofen", "nsaid", "aliases = [\"이부프로펜\"]")
        + &of_class("ketorolac", "nsaid", "aliases = [\"케토롤락\"]")
        + &interaction("\"warfarin\"", "\"ibuprofen\"", "note", "our own")
        + &interaction("\"warfarin\"", "\"class:nsaid\"", "note", "class")
        + "[[not_drug]]\nkind = \"fluid\"\nnames = [\"sterile water\", \"주사용수\"]\n";
    vec![file("core.toml", &(HEAD.to_owned() + &drugs))]
}

fn settings(headers: &str) -> ImportSettings {
    let text = str::to_owned;
    ImportSettings {
        pack: PackInfo {
            id: text("a \"list\""),
            version: text("3"),
            reviewed: text("2026-03-01"),
            expires: text("2027-03-01"),
            approved_by: text("nobody"),
        },
        levels: Levels::read(LEVELS).unwrap(),
        headers: Headers::read(headers).unwrap(),
    }
}

/// Imports a list onto the small pack; the sums hold, and the pack that comes out loads on top of it.
fn imported(kind: ImportKind, bytes: &[u8]) -> (Imported, KnowledgeBase) {
    let headers = if kind == ImportKind::Formulary { FORMULARY } else { DUR };
    let made = import(kind, bytes, &load(&[core()]), &settings(headers)).unwrap();
    assert_eq!(made.rows, made.taken + u64::try_from(made.rejected.len()).unwrap());
    assert_eq!(made.by_reason().iter().map(|(_, n)| n).sum::<u64>(), made.rows - made.taken);
    assert!(made.rejected.is_sorted_by_key(|rejected| rejected.line));
    assert!(made.files.iter().all(|f| PackFile::belongs(&f.path)));
    let base = load(&[core(), made.files.clone()]);
    (made, base)
}

/// Line and reason of every rejected row.
fn rejected(made: &Imported) -> Vec<(u64, &'static str)> {
    made.rejected.iter().map(|r| (r.line, r.reason.code())).collect()
}

fn text(made: &Imported, path: &str) -> String {
    let file = made.files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(file.bytes.clone()).unwrap()
}

fn pair(base: &KnowledgeBase, a: &str, b: &str) -> Option<(Tier, Option<String>)> {
    let found = base.interaction(base.find(a).unwrap(), base.find(b).unwrap());
    found.map(|fact| (fact.severity, fact.level.clone()))
}

/// As Korean offices save files.
fn cp949(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding_rs::EUC_KR.encode(text);
    assert!(!lossy && std::str::from_utf8(&bytes).is_err(), "the text is not one of this code page");
    bytes.into_owned()
}

const DDINTER: &str = "\
DDInterID_A,Drug_A,DDInterID_B,Drug_B,Level
X1,Warfarin,X2,Ketorolac,Moderate
X1,Coumadin,X9,Unobtainium,Major
X2,Ketorolac tromethamine,X1,Warfarin sodium,Major
X1,Warfarin,X2,Ketorolac,Minor
X1,Warfarin,X3,Ibuprofen,Major
X4,Codeine,X2,ketorolac,Moderate
X1,Warfarin,X2,Ketorolac,Moderate
X1,Warfarin,X1,Coumadin,Major
X4,Codeine,X5,Acetaminophen / Codeine,Major
X1,Warfarin,X6,Sterile Water,Major
X1,Warfarin,X4,Codeine,Perilous
X1,Warfarin,X4,,Major
X1,Warfarin,X4
X2,Ketorolac,X4,Codeine,Moderate
X1,Warfarin,X4,Codeine,Unknown
";

#[test]
fn pairs_in_the_form_of_ddinter_are_each_taken_once_with_the_more_severe_level() {
    let (made, base) = imported(ImportKind::Ddinter, DDINTER.as_bytes());
    assert_eq!((made.rows, made.taken), (15, 3));
    assert_eq!(
        rejected(&made),
        [
            (2, "repeated"), // less severe than line 4
            (3, "unknown_ingredient"),
            (5, "level_none"),
            (8, "repeated"),
            (9, "same_ingredient"),
            (10, "same_ingredient"),
            (11, "not_a_drug"),
            (12, "unknown_level"),
            (13, "missing_field"),
            (14, "columns"),
            (15, "repeated"),
            (16, "level_none"),
        ]
    );
    assert_eq!(
        text(&made, "pairs.csv"),
        "a,b,tier,level,source\n\
         codeine,ketorolac,note,Moderate,\"import:a \"\"list\"\"\"\n\
         ibuprofen,warfarin,warning,Major,\"import:a \"\"list\"\"\"\n\
         ketorolac,warfarin,warning,Major,\"import:a \"\"list\"\"\"\n"
    );
    assert_eq!(made.rejected[1].row, "X1,Coumadin,X9,Unobtainium,Major");
    assert_eq!(pair(&base, "codeine", "ketorolac"), Some((Tier::Note, Some("Moderate".into()))));
    let ketorolac = base.interaction(base.find("warfarin").unwrap(), base.find("ketorolac").unwrap()).unwrap();
    assert!(base.source_title(&ketorolac.source).unwrap().contains("DDInter"), "{}", ketorolac.source);
}

#[test]
fn an_imported_major_does_not_beat_our_explicit_pair_and_is_not_critical() {
    let (_, base) = imported(ImportKind::Ddinter, DDINTER.as_bytes());
    // Our own pair says note, and stays; of our rule for a class the imported pair is the more severe.
    assert_eq!(pair(&base, "warfarin", "ibuprofen"), Some((Tier::Note, None)));
    assert_eq!(pair(&base, "warfarin", "ketorolac"), Some((Tier::Warning, Some("Major".into()))));
}

#[test]
fn a_site_says_itself_what_a_level_matters() {
    let own = ImportSettings { levels: Levels::read("[ddinter]\nmajor = \"critical\"\n").unwrap(), ..settings(DUR) };
    let made = import(ImportKind::Ddinter, DDINTER.as_bytes(), &load(&[core()]), &own).unwrap();
    assert_eq!(made.taken, 2);
    let base = load(&[core(), made.files]);
    assert_eq!(pair(&base, "warfarin", "ketorolac"), Some((Tier::Critical, Some("Major".into()))));
    assert_eq!(pair(&base, "codeine", "ketorolac"), None, "the site's table has no level `Moderate`");
}

#[test]
fn the_order_of_rows_changes_no_pair() {
    let mut lines = DDINTER.lines().skip(1).collect::<Vec<_>>();
    lines.reverse();
    let head = DDINTER.lines().next().unwrap();
    let (made, _) = imported(ImportKind::Ddinter, format!("{head}\n{}\n", lines.join("\n")).as_bytes());
    assert_eq!(text(&made, "pairs.csv"), text(&imported(ImportKind::Ddinter, DDINTER.as_bytes()).0, "pairs.csv"));
}

const COMBINATION: &str = "\
성분명A,성분코드A,제품명A,성분명B,성분코드B,제품명B,고시번호,상세정보,비고
warfarin sodium,100000ATB,가나정,ketorolac tromethamine,200000BIJ,다라주,1,출혈 위험,
케토롤락,200000BIJ,마바주,와르파린나트륨,100000ATB,사아정,1,\"출혈
위험\",
없는성분,300000ATB,없는정,와르파린나트륨,100000ATB,사아정,1,이유,
,300000ATB,코데인정 10밀리그램,와르파린나트륨,100000ATB,사아정,1,이유,
";

#[test]
fn a_korean_notice_is_read_in_each_encoding_and_products_come_to_their_ingredients() {
    let marked = format!("\u{feff}{COMBINATION}");
    let windows = COMBINATION.replace('\n', "\r\n");
    for bytes in [COMBINATION.as_bytes().to_vec(), marked.into_bytes(), cp949(COMBINATION), cp949(&windows)] {
        let (made, base) = imported(ImportKind::DurCombination, &bytes);
        assert_eq!((made.rows, made.taken), (4, 2));
        assert_eq!(rejected(&made), [(3, "repeated"), (5, "unknown_ingredient")]);
        assert_eq!(pair(&base, "warfarin", "ketorolac"), Some((Tier::Critical, Some("병용금기".into()))));
        assert_eq!(pair(&base, "warfarin", "codeine"), Some((Tier::Critical, Some("병용금기".into()))));
        assert!(made.rejected_csv().starts_with("line,reason,en,ko,row\n3,repeated,"), "{}", made.rejected_csv());
    }
}

#[test]
fn a_list_of_ingredients_says_which_notice_a_row_belongs_to_and_whether_it_holds() {
    let list = "\
DUR유형,DUR성분명영문,DUR성분명,복합제,병용금기DUR성분영문명,병용금기DUR성분명,병용금기복합제,상태
병용금기,Warfarin,와르파린,,Ketorolac,케토롤락,,정상
노인주의,Codeine,코데인,,Ketorolac,케토롤락,,정상
병용금기,Codeine,코데인,,Ketorolac,케토롤락,,삭제
병용금기,Codeine,코데인,아세트아미노펜,Ketorolac,케토롤락,,정상
병용금기,Codeine,와르파린,,Ketorolac,케토롤락,,정상
";
    let (made, _) = imported(ImportKind::DurCombination, list.as_bytes());
    assert_eq!(made.taken, 1);
    assert_eq!(rejected(&made), [(3, "other_notice"), (4, "withdrawn"), (5, "mixture"), (6, "names_disagree")]);
}

#[test]
fn limits_of_age_are_one_entry_an_ingredient_and_limit() {
    let list = "\
성분명,제품명,특정연령,특정연령단위,연령처리조건,상세정보
코데인,가정,12,세,미만,호흡 억제
코데인,나정,12,세,미만,호흡 억제
코데인,다정,18,세,이하,\"호흡 \"\"억제\"\"
C:\\위험\"
케토롤락,라주,6,개월,미만,
케토롤락,라주,소아,,,
케토롤락,라주,,세,미만,
";
    for bytes in [list.as_bytes().to_vec(), cp949(list)] {
        let (made, base) = imported(ImportKind::DurAge, &bytes);
        assert_eq!(made.taken, 3);
        assert_eq!(rejected(&made), [(3, "repeated"), (7, "bad_age"), (8, "missing_field")]);
        let limits = base.facts().age_limit.entries();
        let found = limits.iter().map(|e| (e.drugs[0].as_str(), e.below, e.severity)).collect::<Vec<_>>();
        let critical = Tier::Critical;
        let mut want =
            [("codeine", Some(12.0), critical), ("codeine", Some(19.0), critical), ("ketorolac", Some(0.5), critical)];
        want.sort_by_key(|(drug, below, _)| (*drug, below.map(f64::to_bits)));
        let mut found = found;
        found.sort_by_key(|(drug, below, _)| (*drug, below.map(f64::to_bits)));
        assert_eq!(found, want);
        let reason = |n: f64| limits.iter().find(|e| e.below == Some(n)).unwrap().reason.clone();
        assert_eq!(reason(19.0).ko, "호흡 \"억제\" C:\\위험");
        assert_eq!(reason(19.0).en, "Listed in the Korean DUR notice (18 years or under).");
        assert_eq!(reason(0.5).ko, "DUR 고시에 등재됨 (6개월 미만).");
    }
    let (made, base) = imported(ImportKind::DurAge, "DUR성분명,연령기준\n코데인,만 12세 미만\n".as_bytes());
    assert_eq!((made.taken, base.facts().age_limit.entries()[0].below), (1, Some(12.0)));
}

#[test]
fn grades_in_pregnancy_are_tiers_and_the_more_severe_of_a_drug_stays() {
    let list = "\
성분명,금기등급,상세정보,제형
와르파린,2,둘째,
와르파린,1등급,첫째,정제
코데인,2,주의,
케토롤락,3,셋째,
케토롤락,,없음,
";
    let (made, base) = imported(ImportKind::DurPregnancy, &cp949(list));
    assert_eq!(made.taken, 2);
    assert_eq!(rejected(&made), [(2, "repeated"), (5, "unknown_level"), (6, "missing_field")]);
    let of = |id: &str| base.ingredient(base.find(id).unwrap()).entry.pregnancy.clone();
    let (warfarin, codeine) = (of("warfarin"), of("codeine"));
    assert_eq!((warfarin.len(), warfarin[0].severity, codeine[0].severity), (1, Tier::Critical, Tier::Warning));
    assert_eq!(warfarin[0].trimesters, [1, 2, 3]);
    assert_eq!(warfarin[0].reason.ko, "첫째 (제형: 정제)");
    assert!(warfarin[0].reason.en.contains("grade 1"));
}

#[test]
fn cautions_in_older_adults_are_one_entry_a_drug() {
    let list = "성분명,약품상세정보\n케토롤락,위장관 출혈\n케토롤락,위장관 출혈\n주사용수,물\n";
    let (made, base) = imported(ImportKind::DurElderly, list.as_bytes());
    assert_eq!(rejected(&made), [(3, "repeated"), (4, "not_a_drug")]);
    let entry = &base.facts().elderly.entries()[0];
    assert_eq!((entry.drugs[0].as_str(), entry.age_min as u32, entry.severity), ("ketorolac", 65, Tier::Note));
    assert_eq!(entry.reason.ko, "위장관 출혈");
    assert!(base.source_title(&entry.source).unwrap().contains("노인주의"));
}

#[test]
fn a_formulary_gives_names_and_codes_for_ingredients_that_are_there() {
    let list = "\
약품코드,약품명,상품명,성분명
W5,와르파린정 5mg,,와르파린
K1,케토톱주사,Ketotop,케토롤락
W5,와르파린정 5mg,,와르파린
W2,와르파린정 5mg,,와르파린
Z1,모르는약,,모르는성분
Z2,케토톱주사,,코데인
K1,다른약,,코데인
Z3,와르파린정 2mg,,코데인
Z4,주사용수 20mL,,케토롤락
warfarin,코데원,,코데인
,,,코데인
,코데투,,코데인
";
    for bytes in [list.as_bytes().to_vec(), cp949(list)] {
        let (made, base) = imported(ImportKind::Formulary, &bytes);
        assert_eq!(made.taken, 4);
        assert_eq!(
            rejected(&made),
            [
                (4, "repeated"),
                (6, "unknown_ingredient"),
                (7, "conflict"),
                (8, "conflict"),
                (9, "names_disagree"),
                (10, "not_a_drug"),
                (11, "conflict"),
                (12, "missing_field"),
            ]
        );
        for (name, id) in [
            ("케토톱주사", "ketorolac"),
            ("ketotop", "ketorolac"),
            ("KETOTOP 30 mg inj", "ketorolac"),
            ("K1", "ketorolac"),
            ("w5", "warfarin"),
            ("W2", "warfarin"),
            ("코데투", "codeine"),
        ] {
            assert_eq!(base.normalise(name).drug, base.find(id), "{name}");
        }
        for name in ["다른약", "K1 30 mg", "Z2", "모르는약"] {
            assert_eq!(base.normalise(name).drug, None, "{name}");
        }
        let count = |key| base.counts().iter().find(|(k, _)| *k == key).map(|(_, n)| *n);
        assert_eq!(count("local_names"), Some(5));
    }
}

#[test]
fn titles_of_codes_are_sorted_and_each_code_stands_once() {
    let list = "\
icd_code,icd_version,long_title
I50.9,10,\"Heart failure, unspecified\"
4280,9,Congestive heart failure
i509,10,Again
I509,11,Other
NoDx,9,None
I10,10,
";
    let (made, base) = imported(ImportKind::IcdTitles, list.as_bytes());
    assert_eq!(made.taken, 2);
    assert_eq!(rejected(&made), [(4, "repeated"), (5, "unknown_system"), (6, "bad_code"), (7, "missing_field")]);
    let titles = base.icd_titles().iter().map(|t| (t.system, t.code.as_str(), t.title.as_str())).collect::<Vec<_>>();
    assert_eq!(
        titles,
        [
            (CodeSystem::Icd10, "I509", "Heart failure, unspecified"),
            (CodeSystem::Icd9, "4280", "Congestive heart failure")
        ]
    );
    let broken = b"icd_code,icd_version,long_title\nH810,10,M\xe9ni\xe8re\nI10,10,Hypertension\n";
    let (made, _) = imported(ImportKind::IcdTitles, broken);
    assert_eq!((made.taken, rejected(&made)), (1, vec![(2, "encoding")]));
}

#[test]
fn each_reason_has_a_code_of_its_own_and_both_languages() {
    let mut codes = Reason::ALL.map(Reason::code).to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        let text = reason.text();
        assert!(text.en.is_ascii() && text.ko.chars().any(|c| ('가'..='힣').contains(&c)), "{text:?}");
    }
}

#[test]
fn a_list_that_cannot_be_read_at_all_is_an_error_that_says_why() {
    let base = load(&[core()]);
    let fail = |kind, bytes: &[u8], settings: &ImportSettings| import(kind, bytes, &base, settings).unwrap_err();
    let dur = settings(DUR);
    let error = fail(ImportKind::Ddinter, b"Drug_A,Drug_B\n", &dur);
    assert_eq!((error.code(), error.to_string().contains("no column `Level`")), ("import.header", true), "{error}");
    assert_eq!(fail(ImportKind::DurAge, "성분명,연령대\n".as_bytes(), &dur).code(), "import.header");
    assert_eq!(fail(ImportKind::IcdTitles, b"", &dur), ImportError::Empty);
    assert_eq!(fail(ImportKind::Ddinter, b"\xff\xfeD\0", &dur).code(), "import.encoding");
    let bare = ImportSettings { levels: Levels::read("").unwrap(), ..settings(DUR) };
    assert!(fail(ImportKind::Ddinter, DDINTER.as_bytes(), &bare).to_string().contains("no list [ddinter]"));
    let strange = settings("[age]\nnam = [\"성분명\"]\n");
    assert!(fail(ImportKind::DurAge, "성분명\n".as_bytes(), &strange).to_string().contains("a column `nam`"));
    assert!(fail(ImportKind::DurElderly, "성분명\n".as_bytes(), &strange).to_string().contains("no list [elderly]"));
    assert!(Levels::read("[dur]\nx = \"grave\"\n").is_err());
    assert!(Headers::read("[age]\nname = \"x\"\n").is_err());
}

#[test]
fn kinds_have_codes_of_their_own() {
    let mut codes = ImportKind::ALL.map(ImportKind::code).to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), ImportKind::ALL.len());
}
