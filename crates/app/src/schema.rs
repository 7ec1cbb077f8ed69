//! JSON schemas of what goes in and out, generated from the types.

use bogam_clinical::input::CaseInput;
use bogam_clinical::record::{CheckRecord, ErrorRecord, NormalisedRecord, RecordedAdmission, SuggestionRecord};
use bogam_evaluate::Report;
use bogam_evaluate::exam::ExamReport;
use schemars::{JsonSchema, schema_for};

fn schema<T: JsonSchema>() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(T)).unwrap_or_default();
    text.push('\n');
    text
}

/// File names below `docs/schema/` and their contents.
#[must_use]
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("case.schema.json", schema::<CaseInput>()),
        ("suggestion.schema.json", schema::<SuggestionRecord>()),
        ("check.schema.json", schema::<CheckRecord>()),
        ("error.schema.json", schema::<ErrorRecord>()),
        ("normalised.schema.json", schema::<NormalisedRecord>()),
        ("recorded.schema.json", schema::<RecordedAdmission>()),
        ("evaluation.schema.json", schema::<Report>()),
        ("exam.schema.json", schema::<ExamReport>()),
    ]
}
