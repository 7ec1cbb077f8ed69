//! A vault with suggestions of the shipped knowledge, for made-up patients.

use std::path::{Path, PathBuf};

use bogam_app::suggest::{Format, PriorChoice, SuggestRequest};
use bogam_app::vault::store::{Credential, KdfParameters, Opening, Role, Roles, Vault};
use bogam_app::vault::{AddRequest, Added, Session};
use bogam_app::{Collected, Options, suggest};
use bogam_engine::Cancel;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const OWNER: &str = "김보감";
pub const PASSPHRASE: &str = "말 없는 소 네 마리";
const CHEAP: KdfParameters = KdfParameters { memory_kib: 64, passes: 1, lanes: 1 };

/// A second of the test's own time.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn vault(&self) -> PathBuf {
        self.path("clinic.bogam")
    }

    /// Makes the vault.
    pub fn create(&self) -> Session {
        let opening = Opening::new("test", at(0)).kdf(CHEAP);
        Session::of(Vault::create(&self.vault(), OWNER, PASSPHRASE, opening).unwrap().0)
    }

    /// Opens the vault as somebody, in an hour.
    pub fn open(&self, name: &str, passphrase: &str) -> Session {
        let opening = Opening::new("test", at(3600)).kdf(CHEAP);
        let credential = Credential::Passphrase { name, passphrase };
        Session::of(Vault::open(&self.vault(), credential, opening).unwrap())
    }

    pub fn lines(&self, name: &str, lines: &[Value]) -> PathBuf {
        let path = self.path(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Suggestions without a model, as a file.
    pub fn suggest(&self, cases: &Path) -> PathBuf {
        let out = self.path("suggestions.jsonl");
        let request = SuggestRequest {
            cases: cases.to_owned(),
            out: out.clone(),
            model: bogam_app::open::ModelChoice::None,
            engine: bogam_app::open::EngineOptions::default(),
            prior: PriorChoice::None,
            model_scores: None,
            knowledge: Vec::new(),
            today: "2026-11-21".to_owned(),
            options: Options::default(),
            format: Format::Json,
        };
        let summary = suggest::suggest(&request, &mut Collected::default(), &Cancel::new()).unwrap();
        assert_eq!(summary.rejected, 0);
        out
    }

    /// Cases and suggestions into a vault.
    pub fn add(&self, session: &Session, cases: &Path, suggestions: Option<&Path>) -> (Added, Vec<String>) {
        let request =
            AddRequest { cases: cases.to_owned(), suggestions: suggestions.map(Path::to_owned), knowledge: Vec::new() };
        let mut sink = Collected::default();
        let added = session.add_files(&request, at(10), &mut sink).unwrap();
        (added, sink.warnings)
    }
}

pub fn roles(roles: &[Role]) -> Roles {
    roles.iter().copied().collect()
}

/// A made-up patient with heart failure.
pub fn case(case_id: &str, name: &str, number: &str) -> Value {
    json!({
        "case_id": case_id, "as_of": "2026-03-02T09:00:00",
        "patient": {
            "name": name, "number": number, "age_years": 93, "sex": "F", "weight_kg": 61.0, "height_cm": 158.0,
            "creatinine_mg_dl": 1.0, "creatinine_stable": true, "dialysis": false,
            "allergies": [{"to": "penicillin", "reaction": "rash of hers", "severity": "mild"}, "Onion Of Home"],
            "current_drugs": ["Warfarin", "Grandma's Tea"],
        },
        "admission": {"setting": "inpatient", "service": "Ward Nightingale"},
        "diagnoses": [{"system": "icd10", "code": "I50.9", "title": "heart of Mrs Private", "rank": 1}],
        "notes": "a secret remark",
    })
}
