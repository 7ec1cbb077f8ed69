//! The shipped packs and texts, and synthetic patients.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bogam_clinical::case::Case;
use bogam_consult::{About, Consultation, PromptTexts, Unchecked, taken};
use bogam_knowledge::{DiagnosisCodes, KnowledgeBase, PackFile};
use bogam_safety::DrugUse;
use serde_json::{Value, json};

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

pub fn knowledge() -> &'static KnowledgeBase {
    static BASE: OnceLock<KnowledgeBase> = OnceLock::new();
    BASE.get_or_init(|| KnowledgeBase::from_files(&[read_packs()]).unwrap_or_else(|e| panic!("{e}")))
}

pub const NAMES: &str = include_str!("../../../../assets/consult/names.toml");

pub fn texts() -> PromptTexts {
    PromptTexts::read(include_str!("../../../../assets/consult/prompt.toml")).unwrap_or_else(|e| panic!("{e}"))
}

pub fn unchecked() -> Unchecked {
    Unchecked::read(include_str!("../../../../assets/consult/unchecked.toml")).unwrap_or_else(|e| panic!("{e}"))
}

/// A man of 70 years with a known and normal everything, changed by a patch of the patient.
pub fn patient(patch: Value) -> Case {
    let mut base = json!({
        "case_id": "secret-id", "as_of": "2026-03-02T09:00:00", "notes": "free words of a note",
        "patient": {
            "name": "Hong Gildong", "number": "900101-1234567",
            "age_years": 70, "sex": "M", "weight_kg": 72, "height_cm": 175, "creatinine_mg_dl": 1.0,
            "creatinine_stable": true, "dialysis": false, "hepatic_impairment": "none", "allergies": [],
            "lactating": false, "current_drugs": [], "labs": [], "qtc_ms": 410, "genotypes": []
        },
        "admission": {"setting": "outpatient", "nil_by_mouth": false},
        "diagnoses": [{"system": "icd10", "code": "I48.9"}]
    });
    for (key, value) in patch.as_object().unwrap() {
        base["patient"][key] = value.clone();
    }
    bogam_clinical::read_case(&base.to_string()).unwrap_or_else(|e| panic!("{e:?}")).case
}

/// A patient with what belongs to a consultation about them.
pub struct Open {
    case: Case,
    codes: Vec<DiagnosisCodes>,
    taken: Vec<DrugUse>,
}

impl Open {
    pub fn of(patch: Value) -> Self {
        let case = patient(patch);
        let codes = case.diagnoses.iter().map(|d| knowledge().codes(d)).collect();
        Self { taken: taken(&case, knowledge()), codes, case }
    }

    pub fn consultation(&self) -> Consultation<'_> {
        let about = About { case: &self.case, codes: &self.codes, taken: &self.taken };
        Consultation::new(knowledge(), Some(about), NAMES).unwrap()
    }
}

pub fn general() -> Consultation<'static> {
    Consultation::new(knowledge(), None, NAMES).unwrap()
}
