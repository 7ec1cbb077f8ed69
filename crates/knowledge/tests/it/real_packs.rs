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
