//! The TypeScript of the window is committed, and is what the types say.

use std::path::Path;

use bogam_clinical::text::Lang;
use bogam_clinical::{Bilingual, case, input, record};
use ts_rs::{Config, TS};

/// What writes the file anew instead of comparing it.
const UPDATE: &str = "BOGAM_WRITE";

macro_rules! declarations {
    ($config:expr, $($type:ty),+ $(,)?) => {
        [$(format!("export {}\n", <$type>::decl($config))),+]
    };
}

fn typescript() -> String {
    // JSON has one kind of number, and no count here comes near 2^53.
    let config = &Config::new().with_large_int("number");
    let declarations = declarations!(
        config,
        Lang,
        Bilingual,
        case::Sex,
        case::ChildPugh,
        case::AllergySeverity,
        case::Setting,
        case::ProcedureSystem,
        case::CodeSystem,
        case::DoseAmount,
        input::AllergyObject,
        input::AllergyInput,
        input::DrugObject,
        input::DrugInput,
        input::LabInput,
        input::PastDrugInput,
        input::DiagnosisInput,
        input::ProcedureInput,
        input::AdmissionInput,
        input::PatientInput,
        input::CaseInput,
        input::FieldError,
        record::Tier,
        record::Finding,
        record::NotEvaluated,
        record::Strength,
        record::IndicationFor,
        record::DoseText,
        record::Past,
        record::Evidence,
        record::SuggestedDrug,
        record::WithheldDrug,
        record::ConsideredReason,
        record::ConsideredDrug,
        record::Advice,
        record::Provenance,
        record::Timing,
        record::Status,
        record::RecordError,
        record::SuggestionRecord,
        record::CheckRecord,
        record::ErrorRecord,
        record::NameMatch,
        record::NormalisedRecord,
        record::RecordedDrug,
        record::RecordedAdmission,
        serde_json::Value,
    );
    let head = "// Generated from crates/clinical. A test compares it; do not edit.\n\n";
    let text = head.to_owned() + &declarations.join("\n");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_committed_typescript_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/bindings/clinical.ts");
    let generated = typescript();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == generated,
        "ui/src/lib/bindings/clinical.ts is not that of the types: run \
         `{UPDATE}=1 cargo test -p bogam-clinical --features ts` and read the difference"
    );
}

#[test]
fn what_may_be_left_out_of_a_case_may_be_left_out_in_typescript() {
    let generated = typescript();
    assert!(generated.contains("weight_kg?: number | null"), "{generated}");
    assert!(generated.contains("export type DrugInput = string | DrugObject"), "{generated}");
    assert!(!generated.contains("bigint"), "{generated}");
}
