//! The packs that the program ships with.

use std::path::{Path, PathBuf};

use bogam_knowledge::{KnowledgeBase, PackFile};

/// Reads every file of the packs.
#[allow(clippy::disallowed_methods, reason = "a test reads the packs; the library is given their bytes")]
fn read_packs() -> Vec<PackFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/knowledge");
    let mut folders = vec![root.clone()];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if PackFile::belongs(&path.to_string_lossy()) {
                paths.push(path);
            }
        }
    }
    let file = |path: PathBuf| PackFile {
        path: path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
        bytes: std::fs::read(&path).unwrap(),
    };
    paths.into_iter().map(file).collect()
}

/// Reads the shipped packs.
fn shipped() -> Result<KnowledgeBase, bogam_knowledge::PackError> {
    KnowledgeBase::from_files(&[read_packs()])
}

#[test]
fn the_shipped_packs_have_no_fault() {
    match shipped() {
        Ok(base) => assert!(base.len() > 100, "only {} ingredients", base.len()),
        Err(error) => panic!("{error}"),
    }
}

/// Names as hospitals write them; invented or common, none from a patient's record.
#[test]
fn names_of_prescriptions_mean_their_ingredient_in_the_shipped_packs() {
    // While the packs have faults, the test above tells which.
    let Ok(base) = shipped() else { return };
    let wrong = [
        ("HydrALAZINE 25 mg tab", "hydralazine"),
        ("HydrOXYzine HCl", "hydroxyzine"),
        ("predniSONE 10mg", "prednisone"),
        ("prednisoLONE oral solution", "prednisolone"),
        ("vinCRIStine sulfate", "vincristine"),
        ("Metoprolol Succinate XL", "metoprolol"),
        ("NIFEdipine (Extended Release)", "nifedipine"),
        ("OxyCODONE (Immediate Release)", "oxycodone"),
        ("Insulin Regular Human", "insulin regular"),
        ("Insulin", "insulin regular"),
        ("Aspirin EC 81 mg", "aspirin"),
        ("Amoxicillin-Clavulanic Acid", "amoxicillin / clavulanate"),
        ("Piperacillin-Tazobactam Na", "piperacillin / tazobactam"),
        ("Trimethoprim-Sulfamethoxazole DS", "sulfamethoxazole / trimethoprim"),
        ("Furosemide-Heart Failure", "furosemide"),
        ("푸로세미드정 40mg", "furosemide"),
        ("Potassium Chloride 20 mEq", "potassium chloride"),
        ("magnesium sulfate 2 g IVPB", "magnesium sulfate"),
        ("Vancomycin Oral Liquid", "vancomycin"),
        ("Potassium acetate", ""),
        ("furosemid", ""),
        ("hydralizine", ""),
    ]
    .iter()
    .map(|(name, want)| (*name, *want, base.normalise(name).drug.map_or("", |drug| base.ingredient(drug).id())))
    .filter(|(_, want, got)| want != got)
    .collect::<Vec<_>>();
    assert!(wrong.is_empty(), "name, wanted, got: {wrong:#?}");
}

#[test]
fn every_name_of_the_shipped_packs_means_its_ingredient() {
    let Ok(base) = shipped() else { return };
    for drug in base.drugs() {
        let entry = &base.ingredient(drug).entry;
        let own = [&entry.id, &entry.name.en, &entry.name.ko];
        for name in own.into_iter().chain(&entry.aliases).chain(&entry.brands) {
            assert_eq!(base.normalise(name).drug, Some(drug), "{name} of {}", entry.id);
            let written = format!("{} (TEST WARD) 10 mg", name.to_uppercase());
            let found = base.normalise(&written).drug;
            assert!(found == Some(drug) || found.is_none(), "{written} means another drug than {}", entry.id);
        }
    }
}

/// `onc_pairs.csv`: the pairs of the ONC high-priority list (Phansalkar S et al., J Am Med Inform Assoc 2012;19:735-43) whose
/// two ingredients are in the formulary, drawn up by hand.
#[test]
fn every_pair_of_the_onc_high_priority_list_is_critical_or_a_warning() {
    let Ok(base) = shipped() else { return };
    let rows = include_str!("onc_pairs.csv").lines().skip(1).collect::<Vec<_>>();
    assert!(rows.len() > 150);
    let quiet = |row: &&&str| {
        let [_, a, b] = row.split(',').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let drug = |id| base.find(id).unwrap_or_else(|| panic!("{row}: no ingredient {id}"));
        base.interaction(drug(a), drug(b)).is_none_or(|fact| fact.severity < bogam_clinical::Tier::Warning)
    };
    let missing = rows.iter().filter(quiet).collect::<Vec<_>>();
    assert!(missing.is_empty(), "not covered: {missing:#?}");
}

/// The rules ask for these roles and labs by id: without them a sum is silent.
#[test]
fn the_roles_and_labs_that_rules_ask_for_have_members() {
    let Ok(base) = shipped() else { return };
    let roles = [
        "qt",
        "bleeding",
        "anticholinergic",
        "serotonergic",
        "raises_potassium",
        "sedative",
        "opioid",
        "benzodiazepine",
    ];
    for role in roles {
        let members = base.drugs().filter(|drug| base.role(role, *drug).is_some()).count();
        assert!(members >= 5, "{role} has {members} members");
    }
    for (lab, units) in [("potassium", ["mmol/L"].as_slice()), ("magnesium", &["mmol/L", "mg/dL"])] {
        let unit = base.lab(lab).map(|lab| lab.unit.clone()).unwrap_or_default();
        assert!(units.contains(&unit.as_str()), "{lab} in {unit:?}");
    }
}

#[test]
fn a_compiled_pack_is_the_same_base() {
    let files = read_packs();
    let Ok(base) = KnowledgeBase::from_files(std::slice::from_ref(&files)) else { return };
    let compiled = KnowledgeBase::from_compiled(&KnowledgeBase::compile(&files).unwrap(), &[]).unwrap();
    assert_eq!((base.hash(), base.counts()), (compiled.hash(), compiled.counts()));
    for drug in base.drugs() {
        assert_eq!(format!("{:?}", base.ingredient(drug)), format!("{:?}", compiled.ingredient(drug)));
    }
    assert!(KnowledgeBase::from_compiled(b"something else", &[]).is_err());
}

/// The page of sources for readers is that of the pack. Write it anew with `BOGAM_WRITE=1`.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test compares a committed page")]
fn the_committed_page_of_sources_is_that_of_the_packs() {
    let Ok(base) = shipped() else { return };
    let mut page =
        "<!-- Generated from sources.toml. A test compares it; do not edit. -->\n\n# Sources\n\nWhat the `source` \
                    of a fact names. All are open to read without a licence.\n\n| tag | source |\n|---|---|\n"
            .to_owned();
    for (tag, title) in base.sources() {
        page.push_str(&format!("| `{tag}` | {title} |\n"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/knowledge/SOURCES.md");
    if std::env::var_os("BOGAM_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "SOURCES.md is not that of the packs: run `BOGAM_WRITE=1 cargo test -p bogam-knowledge sources`"
    );
}
