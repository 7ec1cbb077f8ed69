//! Synthetic cases as JSON, so that a test goes the way that a user's case goes.

use bogam_clinical::input::{ReadCase, read_case};
use serde_json::{Value, json};

/// A case being written. What is not set is absent, which means unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseJson(Value);

/// A man of 60 years without a diagnosis; add at least one.
///
/// ```
/// let case = bogam_testkit::case_json("c1").diagnosis("I50.9").allergy("penicillin").setting("inpatient").read().case;
/// assert_eq!(case.diagnoses.len(), 1);
/// ```
#[must_use]
pub fn case_json(case_id: &str) -> CaseJson {
    CaseJson(json!({"case_id": case_id, "patient": {"age_years": 60, "sex": "M"}, "diagnoses": []}))
}

impl CaseJson {
    /// Sets a field of the patient, such as `creatinine_mg_dl`.
    #[must_use]
    pub fn patient(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0["patient"][field] = value.into();
        self
    }

    /// Sets a field of the record itself, such as `notes`.
    #[must_use]
    pub fn field(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }

    /// Age in years.
    #[must_use]
    pub fn age(self, years: f64) -> Self {
        self.patient("age_years", years)
    }

    /// `F` or `M`.
    #[must_use]
    pub fn sex(self, sex: &str) -> Self {
        self.patient("sex", sex)
    }

    /// Pregnant, in this week.
    #[must_use]
    pub fn pregnant(self, week: f64) -> Self {
        self.sex("F").patient("pregnant", true).patient("gestational_weeks", week)
    }

    /// Stable creatinine in mg/dL, with what a clearance needs (80 kg, 175 cm) and no dialysis.
    #[must_use]
    pub fn creatinine(self, mg_dl: f64) -> Self {
        self.patient("creatinine_mg_dl", mg_dl)
            .patient("creatinine_stable", true)
            .patient("dialysis", false)
            .patient("weight_kg", 80.0)
            .patient("height_cm", 175.0)
    }

    /// Adds a diagnosis by its ICD-10 code; the first one is the main diagnosis.
    #[must_use]
    pub fn diagnosis(self, icd10: &str) -> Self {
        self.coded("icd10", icd10)
    }

    /// Adds a diagnosis of another system (`icd9`, `kcd`).
    #[must_use]
    pub fn coded(mut self, system: &str, code: &str) -> Self {
        let list = self.0["diagnoses"].as_array_mut().expect("diagnoses are a list");
        let rank = list.len() + 1;
        list.push(json!({"system": system, "code": code, "rank": rank}));
        self
    }

    /// Adds an allergy without its reaction.
    #[must_use]
    pub fn allergy(self, to: &str) -> Self {
        self.add("allergies", json!({ "to": to }))
    }

    /// Adds a severe allergy: anaphylaxis.
    #[must_use]
    pub fn anaphylaxis(self, to: &str) -> Self {
        self.add("allergies", json!({"to": to, "reaction": "anaphylaxis", "severity": "severe"}))
    }

    /// Asked for allergies: none.
    #[must_use]
    pub fn no_allergies(self) -> Self {
        self.patient("allergies", json!([]))
    }

    /// Adds a drug that is taken now.
    #[must_use]
    pub fn current(self, name: &str) -> Self {
        self.add("current_drugs", json!(name))
    }

    /// Adds a drug that somebody thinks of giving.
    #[must_use]
    pub fn proposed(mut self, name: &str) -> Self {
        push(&mut self.0["proposed_drugs"], json!(name));
        self
    }

    /// `inpatient`, `outpatient` or `emergency`.
    #[must_use]
    pub fn setting(mut self, setting: &str) -> Self {
        self.0["admission"]["setting"] = json!(setting);
        self
    }

    fn add(mut self, list: &str, entry: Value) -> Self {
        push(&mut self.0["patient"][list], entry);
        self
    }

    /// The JSON.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// As a line of a case file, with its end.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}\n", self.0)
    }

    /// Read as the program reads it.
    ///
    /// # Panics
    /// When it is no case, with every fault: a test that wants faults calls [`read_case`] itself.
    #[must_use]
    pub fn read(&self) -> ReadCase {
        read_case(&self.0.to_string()).unwrap_or_else(|e| panic!("not a case: {:?}", e.errors))
    }
}

fn push(list: &mut Value, entry: Value) {
    if let Some(entries) = list.as_array_mut() {
        entries.push(entry);
    } else {
        *list = json!([entry]);
    }
}

#[cfg(test)]
mod tests {
    use bogam_clinical::case::{Setting, Sex};

    use super::case_json;

    #[test]
    fn what_was_set_is_read_and_what_was_not_is_unknown() {
        let case = case_json("c1")
            .age(29.0)
            .pregnant(22.0)
            .diagnosis("O23.0")
            .coded("kcd", "N10")
            .anaphylaxis("penicillin")
            .allergy("latex")
            .current("Folic acid")
            .proposed("Cefazolin")
            .setting("inpatient")
            .read()
            .case;
        assert_eq!((case.case_id.as_str(), case.patient.sex, case.patient.age.get()), ("c1", Sex::Female, 29.0));
        assert_eq!(case.diagnoses.iter().map(|d| d.rank).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!(case.patient.allergies.as_ref().map(Vec::len), Some(2));
        assert_eq!(case.patient.current_drugs.as_ref().map(Vec::len), Some(1));
        assert_eq!(case.proposed_drugs.len(), 1);
        assert_eq!(case.admission.setting, Some(Setting::Inpatient));
        assert_eq!(case.patient.weight.map(|w| w.get()), None);
    }

    #[test]
    fn nothing_asked_and_none_found_are_told_apart() {
        let unknown = case_json("c").diagnosis("I10");
        assert_eq!(unknown.read().case.patient.allergies, None);
        assert_eq!(unknown.no_allergies().read().case.patient.allergies, Some(Vec::new()));
    }

    #[test]
    fn a_line_is_one_line() {
        let line = case_json("c").diagnosis("I10").field("notes", "one\ntwo").line();
        assert_eq!(line.matches('\n').count(), 1);
    }
}
