//! A vault in a folder of its own, with cheap keys, and made-up patients.

use std::path::PathBuf;

use bogam_clinical::input::CaseInput;
use bogam_clinical::record::SuggestionRecord;
use bogam_vault::{Credential, KdfParameters, Opening, RecoveryKey, Vault, VaultError};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const NAME: &str = "김보감";
pub const PASSPHRASE: &str = "말 없는 소 네 마리";
pub const CHEAP: KdfParameters = KdfParameters { memory_kib: 64, passes: 1, lanes: 1 };

/// A second of the test's own time.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

pub fn opening(second: i64) -> Opening<'static> {
    Opening::new("test", at(second)).kdf(CHEAP)
}

pub fn owner() -> Credential<'static> {
    Credential::Passphrase { name: NAME, passphrase: PASSPHRASE }
}

pub struct Place {
    pub folder: TempDir,
    pub path: PathBuf,
    pub recovery: RecoveryKey,
}

impl Place {
    pub fn open(&self, second: i64) -> Result<Vault, VaultError> {
        Vault::open(&self.path, owner(), opening(second))
    }

    pub fn file(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }
}

/// A new vault, open.
pub fn vault() -> (Place, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clinic.bogam");
    let (vault, recovery) = Vault::create(&path, NAME, PASSPHRASE, opening(0)).unwrap();
    (Place { folder, path, recovery }, vault)
}

/// A vault with a case, a suggestion and a decision, closed.
pub fn used() -> Place {
    let (place, vault) = vault();
    let (key, version) = vault.save_case(&case("c1", "홍길동", "12345678"), at(1)).unwrap();
    let id = vault.save_suggestion((key, version), &record("c1", &["furosemide"]), None, at(2)).unwrap();
    let decision = bogam_vault::Decision {
        ingredient: "furosemide".to_owned(),
        decision: bogam_vault::DecisionKind::Accepted,
        changed_to: None,
        reason: None,
        note: None,
    };
    vault.decide(id, &decision, at(3)).unwrap();
    vault.close().unwrap();
    place
}

pub fn case(case_id: &str, name: &str, number: &str) -> CaseInput {
    case_of(json!({
        "case_id": case_id,
        "patient": {"name": name, "number": number, "age_years": 67, "sex": "M", "current_drugs": ["Warfarin"]},
        "diagnoses": [{"system": "icd10", "code": "I50.9", "title": "Heart failure, unspecified"}],
        "notes": format!("notes of {name}"),
    }))
}

pub fn case_of(value: Value) -> CaseInput {
    serde_json::from_value(value).unwrap()
}

/// A record that suggests drugs, with considered ones beside.
pub fn record(case_id: &str, drugs: &[&str]) -> SuggestionRecord {
    let listed: Vec<Value> = drugs
        .iter()
        .map(|id| {
            json!({"ingredient": id, "name": {"en": id, "ko": format!("{id}정")}, "atc": [], "probability": 0.9,
              "current": false, "for": [], "supportive": false, "purpose": null,
              "reason": {"en": "r", "ko": "이유"}, "dose": {"en": "1", "ko": "1", "withheld": null},
              "evidence": {"knowledge": 1.0, "prior": null, "model": null, "safety": null, "model_case": null,
                "model_empty": null, "past": null}, "findings": [], "alternatives": []})
        })
        .collect();
    serde_json::from_value(json!({
        "case_id": case_id, "status": "ok", "error": null, "drugs": listed,
        "withheld": [{"ingredient": "metformin", "name": {"en": "Metformin", "ko": "메트포르민"}, "probability": 0.6,
          "current": false, "findings": ["F1"]}],
        "considered": [{"ingredient": "torasemide", "probability": 0.3, "reason": "alternative", "findings": []}],
        "findings": [{"id": "F1", "code": "renal.avoid", "tier": "critical", "drugs": ["metformin"],
          "message": {"en": "m", "ko": "말"}, "instead": null, "used": {"egfr_ml_min_1_73m2": 29}, "missing": [],
          "source": "label"}],
        "not_evaluated": [], "unrecognised": [], "notices": ["no_model"], "advice": null,
        "provenance": {"model": null, "adapter": null, "knowledge": "sha256:k", "rules": "1.0.0", "prompt": null,
          "prior": null, "case": "sha256:c", "method": null, "backend": null, "threads": null, "seed": 1,
          "bogam": "0.1.0"},
        "timing_ms": {"prefill": 0, "score": 0, "safety": 1, "advice": 0, "total": 1},
    }))
    .unwrap()
}
