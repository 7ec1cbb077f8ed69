//! Every fault is found, with its line.

use bogam_knowledge::{KnowledgeBase, PackFile};

use crate::fixture::{HEAD, faults, file, ingredient, interaction, numbered};

/// The only fault of a text stands on the line that holds `line` and says `says`.
#[track_caller]
fn one(text: &str, line: &str, says: &str) {
    let found = faults(text);
    let shown = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(found.len(), 1, "expected one fault that says `{says}`:\n{shown}\n{}", numbered(text));
    let want = text.lines().position(|l| l.contains(line)).expect("the text holds the line") + 1;
    assert_eq!(found[0].line, want, "{shown}\n{}", numbered(text));
    assert_eq!(found[0].file, "test.toml");
    assert!(found[0].message.contains(says), "`{says}` in {shown}");
}

fn drug(rest: &str) -> String {
    ingredient("testdrug", "Testdrug", "테스트약", rest)
}

#[test]
fn a_sound_pack_has_no_fault() {
    let text = drug(
        r#"
aliases = ["testol"]
allergy_groups = ["penicillins"]
[[ingredient.indication]]
icd10 = ["I50", "E11.6"]
strength = "first_line"
purpose = "pain"
use = "most"
[ingredient.dose]
en = "1 mg"
ko = "1 mg"
needs = ["renal"]
[[ingredient.renal]]
measure = "crcl"
below = 30
action = "avoid"
severity = "warning"
reason = { en = "why", ko = "이유" }
[[ingredient.renal]]
measure = "crcl"
at_least = 30
below = 60
action = "reduce"
severity = "note"
dose = { en = "half", ko = "절반" }
"#,
    );
    assert_eq!(faults(&text), []);
}

#[test]
fn references_to_what_is_not_there_are_faults() {
    one(&drug("").replace("\"some\"", "\"sum\""), "class =", "unknown class `sum`");
    one(&drug("").replace("\"label\"", "\"lable\""), "source =", "unknown source `lable`");
    one(&drug("allergy_groups = [\"pens\"]"), "allergy_groups", "unknown allergy group `pens`");
    one(
        &drug("[[ingredient.indication]]\nicd10 = [\"I50\"]\nstrength = \"adjunct\"\npurpose = \"x\"\nuse = \"few\""),
        "ingredient.indication",
        "unknown purpose `x`",
    );
    one(&interaction("\"ghost\"", "\"class:nsaid\"", "note", "e"), "a =", "unknown ingredient `ghost`");
    one(&interaction("\"class:opioid\"", "\"class:nsaids\"", "note", "e"), "b =", "unknown class `nsaids`");
    let cross = "[[cross_reactivity]]\nfrom = \"penicillins\"\nto = \"moon\"\nseverity = \"note\"\n\
                 reason = { en = \"r\", ko = \"r\" }\nsource = \"label\"\nbasis = \"read\"\n";
    one(cross, "to =", "`moon` is no allergy group and no ingredient");
}

#[test]
fn codes_have_their_form() {
    one(&drug("").replace("atc = []", "atc = [\"C03CA1\"]"), "atc", "no ATC code");
    let indication = |codes: &str, when: &str| {
        drug(&format!(
            "[[ingredient.indication]]\nicd10 = [{codes}]\nstrength = \"adjunct\"\npurpose = \"pain\"\nuse = \"few\"\n{when}"
        ))
    };
    one(&indication("\"I501\"", ""), "ingredient.indication", "`I501` is no ICD-10 prefix");
    one(&indication("\"I50\"", "when = { without = [\"n17\"] }"), "ingredient.indication", "`n17` is no ICD-10 prefix");
    one(
        &indication("\"I50\"", "when = { age_min = 60, age_max = 40 }"),
        "ingredient.indication",
        "no patient meets it",
    );
    one("[[icd9]]\ncode = \"428.0\"\nicd10 = [\"I50\"]\n", "code", "no ICD-9-CM prefix");
    one("[[icd9]]\ncode = \"428\"\nicd10 = []\n", "icd10", "icd10 is empty");
    one("[[diagnosis]]\nicd10 = \"I5012\"\nname = { en = \"a\", ko = \"b\" }\n", "icd10", "no ICD-10 prefix");
}

#[test]
fn a_name_has_one_meaning() {
    let two = |a: &str, b: &str| ingredient("alpha", "Alpha", "알파", a) + &ingredient("beta", "Beta", "베타", b);
    one(&two("brands = [\"Same\"]", "aliases = [\"SAME\"]"), "SAME", "names `beta` here and `alpha`");
    one(&two("", "aliases = [\"Alpha\"]"), "aliases", "`Alpha` names `beta` here and `alpha`");
    one(&two("brands = [\"베타\"]", ""), "brands", "names `alpha` here and `beta`");
    assert_eq!(faults(&two("aliases = [\"ALPHA\", \"alpha x\", \"Alpha-X\"]", "")), [], "one drug may repeat itself");
    let not_drug = "[[not_drug]]\nkind = \"fluid\"\nnames = [\"beta\"]\n";
    one(&(two("", "") + not_drug), "names =", "is no drug here and names `beta`");
    let group = "[[allergy_group]]\nid = \"g\"\nname = { en = \"G\", ko = \"지\" }\naliases = [\"PCN\"]\n";
    let found = faults(group);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("names `penicillins` here and `g`"), "{}", found[0]);
    let words =
        "[[reaction]]\ngrade = \"severe\"\nwords = [\"rash\"]\n[[reaction]]\ngrade = \"moderate\"\nwords = [\"Rash\"]";
    one(words, "Rash", "names `moderate` here and `severe`");
}

#[test]
fn an_id_stands_once() {
    let text = drug("") + &drug("").replace("Testdrug", "Testdrug again");
    let found = faults(&text);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("`testdrug` stands already at test.toml:2"), "{}", found[0]);
    one(
        "[[class]]\nid = \"some\"\nname = { en = \"a\", ko = \"b\" }\nduplicate = \"note\"\n",
        "[[class]]",
        "head.toml:",
    );
    one(
        "[[icd9]]\ncode = \"428\"\nicd10 = [\"I50\"]\n# again\n  [[icd9]]\ncode = \"428\"\nicd10 = [\"I51\"]\n",
        "  [[icd9]]",
        "already",
    );
}

#[test]
fn texts_are_not_empty() {
    one(&drug("aliases = [\" \"]"), "aliases", "an alias is empty");
    one(&drug("[ingredient.dose]\nen = \"1 mg\"\nko = \"\""), "ingredient.dose", "dose.ko is empty");
    one(&drug("").replace("테스트약", ""), "name =", "name.ko is empty");
    one(&drug("brands = [\"...\"]"), "brands", "no letter or digit");
}

fn renal(rest: &str) -> String {
    drug(&format!(
        "[ingredient.dose]\nen = \"1\"\nko = \"1\"\nneeds = [\"renal\"]\n[[ingredient.renal]]\nmeasure = \"crcl\"\n{rest}"
    ))
}

#[test]
fn bands_are_not_empty_and_do_not_overlap() {
    one(
        &renal("at_least = 30\nbelow = 30\naction = \"caution\"\nseverity = \"note\""),
        "[[ingredient.renal]]",
        "from 30 to 30 is empty",
    );
    let second = "\n [[ingredient.renal]]\nmeasure = \"crcl\"\nat_least = 20\nbelow = 50\naction = \"caution\"\nseverity = \"note\"";
    let first = "below = 30\naction = \"caution\"\nseverity = \"note\"";
    one(&renal(&format!("{first}{second}")), " [[ingredient.renal]]", "overlaps");
    let other_measure = second.replace("crcl", "egfr");
    assert_eq!(faults(&renal(&format!("{first}{other_measure}"))), [], "another measure is another scale");
    let touching = second.replace("at_least = 20", "at_least = 30");
    assert_eq!(faults(&renal(&format!("{first}{touching}"))), [], "30 belongs to one band only");
    let twice = "[[ingredient.hepatic]]\nchild_pugh = [\"C\"]\naction = \"caution\"\nseverity = \"note\"\n\
                 [[ingredient.hepatic]] # again\nchild_pugh = [\"B\", \"C\"]\naction = \"caution\"\nseverity = \"note\"";
    one(&drug(twice), "# again", "Child-Pugh C stands in two");
}

#[test]
fn an_action_says_what_it_needs() {
    one(&renal("below = 30\naction = \"avoid\"\nseverity = \"note\""), "[[ingredient.renal]]", "has no reason");
    one(&renal("below = 30\naction = \"reduce\"\nseverity = \"note\""), "[[ingredient.renal]]", "has no dose");
    let reduce = "below = 30\naction = \"reduce\"\nseverity = \"note\"\ndose = { en = \"1\", ko = \"1\" }";
    one(&renal(reduce).replace("needs = [\"renal\"]\n", ""), "[[ingredient.renal]]", "needs = [\"renal\"]");
    let caution = "below = 30\naction = \"caution\"\nseverity = \"note\"";
    assert_eq!(faults(&renal(caution).replace("needs = [\"renal\"]\n", "")), [], "caution changes no dose");
    one(&drug("[ingredient.dialysis]\naction = \"caution\""), "dialysis", "no severity");
    one(&drug("[ingredient.dialysis]\naction = \"avoid\"\nseverity = \"note\""), "dialysis", "has no reason");
    assert_eq!(faults(&drug("[ingredient.dialysis]\naction = \"none\"")), []);
    let any = "[[ingredient.indication]]\nicd10 = []\nstrength = \"adjunct\"\npurpose = \"pain\"\nuse = \"few\"";
    one(&drug(any), "ingredient.indication", "only supportive or prophylaxis");
    assert_eq!(faults(&drug(&any.replace("adjunct", "prophylaxis"))), []);
    let trimester =
        "[[ingredient.pregnancy]]\ntrimesters = [4]\nseverity = \"note\"\nreason = { en = \"r\", ko = \"r\" }";
    one(&drug(trimester), "ingredient.pregnancy", "trimesters");
}

#[test]
fn critical_needs_a_basis_that_carries_it() {
    let words = "reason = { en = \"r\", ko = \"r\" }\n";
    let cases = [
        (
            "renal",
            format!(
                "[[ingredient.renal]]\nmeasure = \"egfr\"\nbelow = 30\naction = \"avoid\"\nseverity = \"critical\"\n{words}"
            ),
        ),
        ("dialysis", format!("[ingredient.dialysis]\naction = \"avoid\"\nseverity = \"critical\"\n{words}")),
        (
            "hepatic",
            format!(
                "[[ingredient.hepatic]]\nchild_pugh = [\"C\"]\naction = \"avoid\"\nseverity = \"critical\"\n{words}"
            ),
        ),
        ("pregnancy", format!("[[ingredient.pregnancy]]\ntrimesters = [1]\nseverity = \"critical\"\n{words}")),
    ];
    for (table, text) in cases {
        one(&drug(&text), &format!("ingredient.{table}"), "critical on the basis `recalled`");
        for basis in ["read", "recalled_twice"] {
            assert_eq!(faults(&drug(&format!("{text}basis = \"{basis}\"\n"))), [], "{table} {basis}");
            // The basis of the ingredient holds for what names none.
            assert_eq!(faults(&drug(&text).replace("\"recalled\"", &format!("\"{basis}\""))), [], "{table} {basis}");
        }
    }
    let pair = interaction("\"class:opioid\"", "\"class:nsaid\"", "critical", "e").replace("\"read\"", "\"recalled\"");
    one(&pair, "severity", "critical on the basis `recalled`");
    let cross = "[[cross_reactivity]]\nfrom = \"penicillins\"\nto = \"penicillins\"\nseverity = \"critical\"\n\
                 reason = { en = \"r\", ko = \"r\" }\nsource = \"label\"\nbasis = \"recalled\"\n";
    one(cross, "severity", "critical on the basis `recalled`");
}

#[test]
fn a_combination_is_its_sorted_components() {
    let parts = ingredient("alpha", "Alpha", "알파", "") + &ingredient("beta", "Beta", "베타", "");
    let combination = |id: &str, components: &str| {
        format!("{parts}{}", ingredient(id, "Both", "둘", &format!("components = [{components}]")))
    };
    assert_eq!(faults(&combination("alpha / beta", "\"beta\", \"alpha\"")), []);
    one(&combination("beta / alpha", "\"alpha\", \"beta\""), "id = \"beta / alpha\"", "write `alpha / beta`");
    one(&combination("alpha / beta", ""), "id = \"alpha / beta\"", "name its parts");
    let found = faults(&combination("alpha / gamma", "\"alpha\", \"gamma\""));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("unknown ingredient `gamma`"));
}

#[test]
fn unknown_keys_wrong_types_and_bad_toml_are_faults() {
    one(&drug("brand = [\"x\"]"), "brand =", "unknown field `brand`");
    one(&drug("").replace("atc = []", "atc = \"C03CA01\""), "atc", "invalid type");
    one("[[ingredients]]\nid = \"x\"\n", "[[ingredients]]", "unknown table `ingredients`");
    one("[class]\nid = \"x\"\n", "[class]", "two brackets");
    one("# above\na = [1\n[[class]]\nid = \"x\n", "[[class]]", "not valid TOML");
}

#[test]
fn all_faults_are_reported_at_once_and_an_entry_at_fault_is_not_also_unknown() {
    let text = drug("brand = [\"x\"]")
        + &ingredient("other", "Other", "다른", "aliases = [\"\"]\n[ingredient.dose]\nen = \"\"\nko = \"x\"")
        + &interaction("\"testdrug\"", "\"other\"", "note", "e");
    let messages = faults(&text).iter().map(|f| f.message.clone()).collect::<Vec<_>>();
    assert_eq!(messages.len(), 3, "{messages:#?}");
}

#[test]
fn a_pack_has_one_pack_table_with_dates() {
    let of = |head: &str| match KnowledgeBase::from_files(&[vec![file("head.toml", head)]]) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults,
    };
    assert_eq!(of(HEAD), []);
    for (from, to, says) in [
        ("2026-01-31", "31.1.2026", "no date"),
        ("2027-01-31", "2026-02-30", "no date"),
        ("2027-01-31", "2025-01-31", "expires before"),
        ("[pack]", "[[pack]]", "invalid type"),
    ] {
        let found = of(&HEAD.replace(from, to));
        assert!(found.iter().any(|f| f.message.contains(says)), "{to}: {found:?}");
    }
    let without = HEAD.split("[[source]]").nth(1).map(|rest| format!("[[source]]{rest}")).unwrap();
    assert!(of(&without)[0].message.contains("no [pack] table"));
    let latin = PackFile { path: "a.toml".to_owned(), bytes: b"# ok\nx = \"\xff\"\n".to_vec() };
    let error = KnowledgeBase::from_files(&[vec![latin]]).unwrap_err();
    assert_eq!((error.faults.len(), error.faults[0].line), (1, 2));
    assert!(error.to_string().contains("a.toml:2: not UTF-8"), "{error}");
}

#[test]
fn a_purpose_that_covers_an_unknown_one_is_a_fault() {
    let more = "\n[[purpose]]\nid = \"wide\"\ncovers = [\"narow\"]\nname = { en = \"Wide\", ko = \"넓은\" }\n";
    one(&(drug("") + more), "covers", "unknown purpose `narow`");
}

/// The only fault of a site's files on top of a pack with `alpha` (brand Lasix) and `beta`.
#[track_caller]
fn site(path: &str, text: &str, line: usize, says: &str) {
    let core = HEAD.to_owned()
        + &ingredient("alpha", "Alpha", "알파", "brands = [\"Lasix\"]")
        + &ingredient("beta", "Beta", "베타", "")
        + "[[not_drug]]\nkind = \"fluid\"\nnames = [\"sterile water\"]\n";
    let head = HEAD.lines().take(7).collect::<Vec<_>>().join("\n");
    let packs = [vec![file("core.toml", &core)], vec![file("site.toml", &head), file(path, text)]];
    let found = KnowledgeBase::from_files(&packs).map_err(|error| error.faults).unwrap_err();
    let shown = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(found.len(), 1, "{shown}");
    assert_eq!((found[0].file.as_str(), found[0].line), (path, line), "{shown}");
    assert!(found[0].message.contains(says), "`{says}` in {shown}");
}

#[test]
fn a_local_name_never_overrides_a_name_of_the_packs() {
    let local = |name: &str, ingredient: &str, code: &str| {
        format!("[[local_name]]\nname = \"{name}\"\ningredient = \"{ingredient}\"\n{code}")
    };
    let path = "local_names.toml";
    site(path, &local("Hausmittel", "gamma", ""), 3, "unknown ingredient `gamma`");
    site(path, &local("lasix", "beta", ""), 2, "names `beta` here and `alpha`");
    site(path, &local("Lasix 20 mg tab", "beta", ""), 2, "means `alpha` in the packs and `beta` here");
    site(path, &local("Sterile Water", "beta", ""), 2, "means `no drug` in the packs");
    site(path, &local("Hausmittel", "beta", "code = \"알파\""), 4, "names `beta` here and `alpha`");
    site(path, &local("Hausmittel", "beta", "code = \"\""), 4, "code is empty");
    site(path, &local("-", "beta", ""), 2, "no letter or digit");
    site(path, &local("Hausmittel", "beta", "kode = \"1\""), 4, "unknown field `kode`");
    let two = local("Hausmittel", "alpha", "code = \"1\"\n") + &local("Anderes", "beta", "code = \"1\"\n");
    site(path, &two, 8, "`1` names `beta` here and `alpha`");
}

#[test]
fn tables_in_csv_have_their_faults_at_their_line() {
    site("other.csv", "a,b\n", 1, "unknown table `other.csv`: CSV files of a pack are pairs.csv, icd_titles.csv");
    let titles = |rows: &str| format!("system,code,title\n{rows}");
    let path = "lists/icd_titles.csv";
    site(path, "code,title\n", 1, "the first line must be `system,code,title`");
    site(path, &titles("icd10,I50,Heart failure\nicd11,I51,x\n"), 3, "none of icd10, icd9, kcd");
    site(path, &titles("icd10,I50.9,x\n"), 2, "`I50.9` is no code of this system");
    site(path, &titles("icd9,I50,x\n"), 2, "`I50` is no code of this system");
    site(path, &titles("icd9,4280,\n"), 2, "the title is empty");
    site(path, &titles("icd9,4280\n"), 2, "2 columns instead of 3");
    site(path, &titles("icd9,4280,x\nicd9,4281,y\nicd9,4280,z\n"), 4, "stands already at lists/icd_titles.csv:2");
    let pairs = |rows: &str| format!("a,b,tier,level,source\n{rows}");
    site("pairs.csv", &pairs("alpha,beta,grave,x,label\n"), 2, "tier `grave`");
    site("pairs.csv", &pairs("alpha,gamma,note,x,label\n"), 2, "unknown ingredient `gamma`");
    site("pairs.csv", &pairs("alpha,beta,note,x,lable\n"), 2, "unknown source `lable`");
    site("pairs.csv", &pairs("alpha,beta,note,x\n"), 2, "4 columns instead of 5");
}
