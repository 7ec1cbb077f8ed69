//! The TypeScript of what crosses between the program and its window is committed, and is what the types say.

use std::path::Path;

use bogam_app::window::types as t;
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
        t::DiagnosisView,
        t::CaseStatus,
        t::JobState,
        t::CaseRow,
        t::CaseQuery,
        t::CasePage,
        t::CaseVersion,
        t::SuggestionHead,
        t::FlaggedLab,
        t::Derived,
        t::JobView,
        t::DraftView,
        t::NewDraft,
        t::CaseView,
        t::Hint,
        t::CaseCheck,
        t::ParsedCase,
        t::RejectedLine,
        t::DiagnosisHit,
        t::DrugHit,
        t::AllergenHit,
        t::LabUnit,
        t::LabHit,
        t::ImportedCases,
        t::CountOf,
        t::PackView,
        t::ChangeView,
        t::PackFaultView,
        t::PackDifference,
        t::TableRows,
        t::RejectedRows,
        t::ImportReport,
        t::PriorView,
        t::Interval,
        t::Metric,
        t::CalibrationBin,
        t::Ablation,
        t::Loss,
        t::Throughput,
        t::EvaluationView,
        t::VerifyFault,
        t::VerifyReport,
        t::LastBackup,
        t::BackupView,
        t::LicenceView,
        t::HazardView,
        t::MachineView,
        t::About,
        t::Clinic,
        t::Paper,
        t::PrintTo,
        t::SavedLeaflet,
        t::ReviewItem,
        t::ReviewQueue,
        t::ReviewerPair,
        t::Agreement,
        t::PersonView,
        t::AuditLineView,
        t::AuditPage,
        t::ExportedCsv,
        t::RejectedRow,
        t::ImportedReviews,
        t::ModelSettings,
        t::ModelView,
        t::AdapterView,
        t::AdapterInUse,
        t::UnreadableRun,
        t::TrainingPreset,
        t::TrainingChoice,
        t::TrainingSettings,
        t::PresetView,
        t::SamplesFile,
        t::FateView,
        t::MemoryPart,
        t::TrainingPlan,
        t::RunEnd,
        t::TrainingRun,
        t::Training,
        t::Role,
        t::ApiErrorData,
        t::Preferences,
        t::SessionView,
        t::VaultState,
        t::Start,
        t::Progress,
        t::Stage,
        t::AppEvent,
        t::SuggestOptions,
        t::DecisionKind,
        t::Decision,
        t::Decided,
        t::AddedDrug,
        t::Verdict,
        t::Review,
        t::Reviewed,
        t::FindingOverride,
        t::Stamp,
        t::AdviceView,
        t::SignatureView,
        t::SuggestionView,
        t::GenerationSettings,
        t::MentionMessage,
        t::Mention,
        t::CharacterRange,
        t::TalkSource,
        t::TalkSpeaker,
        t::TalkMessage,
        t::ContextUse,
        t::Conversation,
        t::ConversationHead,
        t::TalkEvent,
    );
    let head = "// Generated from crates/app (window/types). A test compares it; do not edit.\n\n\
                import type {\n  Bilingual,\n  CaseInput,\n  CodeSystem,\n  DrugInput,\n  FieldError,\n  Finding,\n  Lang,\n  \
                NotEvaluated,\n  Sex,\n  SuggestionRecord,\n} from './clinical';\n\n";
    let text = head.to_owned() + &declarations.join("\n");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_committed_typescript_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/bindings/window.ts");
    let generated = typescript();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == generated,
        "ui/src/lib/bindings/window.ts is not that of the types: run \
         `{UPDATE}=1 cargo test --release -p bogam-app --features ts bindings` and read the difference"
    );
}
