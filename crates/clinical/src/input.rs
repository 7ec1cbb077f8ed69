//! A case as it comes in: JSON to [`Case`], with every fault named by its field.

use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::case::{
    Admission, Allergy, AllergySeverity, Case, ChildPugh, CodeSystem, Diagnosis, DoseAmount, DrugEntry, Lab, PastDrug,
    Patient, Procedure, ProcedureSystem, Setting, Sex,
};
use crate::sensitive::Sensitive;
use crate::units::{Centimetres, Kilograms, MilligramsPerDecilitre, Milliseconds, MlPerMinPer173, Weeks, Years};

/// A case as JSON. Every field but `case_id`, `patient.age_years`, `patient.sex` and one diagnosis may be absent or
/// null, which means unknown; an empty list means "asked, none".
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
#[serde(default)]
pub struct CaseInput {
    /// Identifier, unique in its file.
    #[schemars(required)]
    pub case_id: Option<String>,
    /// The moment that the case describes (`2026-03-02T09:00:00`).
    pub as_of: Option<String>,
    /// The patient.
    #[schemars(required)]
    pub patient: Option<PatientInput>,
    /// The stay.
    pub admission: Option<AdmissionInput>,
    /// Diagnoses, at least one.
    #[schemars(required)]
    pub diagnoses: Option<Vec<DiagnosisInput>>,
    /// Diagnoses of earlier admissions.
    pub prior_diagnoses: Option<Vec<DiagnosisInput>>,
    /// Drugs of earlier admissions.
    pub past_drugs: Option<Vec<PastDrugInput>>,
    /// Drugs that somebody thinks of giving.
    pub proposed_drugs: Option<Vec<DrugInput>>,
    /// Free text. Not searched for facts.
    pub notes: Option<String>,
}

/// The patient as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
#[serde(default)]
pub struct PatientInput {
    /// Name; never in a prompt.
    pub name: Option<String>,
    /// Number; never in a prompt.
    pub number: Option<String>,
    /// Age in years, 0 to 130.
    #[schemars(required)]
    pub age_years: Option<f64>,
    /// `F` or `M`.
    #[schemars(required)]
    pub sex: Option<Sex>,
    /// Weight in kg, 0.3 to 500.
    pub weight_kg: Option<f64>,
    /// Height in cm, 20 to 260.
    pub height_cm: Option<f64>,
    /// Gestational age in weeks, 0 to 45.
    pub gestational_weeks: Option<f64>,
    /// Pregnant.
    pub pregnant: Option<bool>,
    /// Breast-feeding.
    pub lactating: Option<bool>,
    /// Serum creatinine in mg/dL, 0.05 to 50.
    pub creatinine_mg_dl: Option<f64>,
    /// Whether the creatinine is in a steady state.
    pub creatinine_stable: Option<bool>,
    /// Reported GFR in mL/min/1.73 m2, 0 to 250.
    pub egfr_ml_min_1_73m2: Option<f64>,
    /// On dialysis.
    pub dialysis: Option<bool>,
    /// Child-Pugh class, or `none`.
    pub hepatic_impairment: Option<ChildPugh>,
    /// Corrected QT interval in ms, 200 to 900.
    pub qtc_ms: Option<f64>,
    /// Allergies; a string or an object each.
    pub allergies: Option<Vec<AllergyInput>>,
    /// Drugs taken now; a string or an object each.
    pub current_drugs: Option<Vec<DrugInput>>,
    /// Laboratory results.
    pub labs: Option<Vec<LabInput>>,
    /// Genotypes, such as `HLA-B*58:01`.
    pub genotypes: Option<Vec<String>>,
}

/// The stay as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
#[serde(default)]
pub struct AdmissionInput {
    /// Inpatient, outpatient or emergency.
    pub setting: Option<Setting>,
    /// Kind of admission.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// In intensive care.
    pub icu: Option<bool>,
    /// Nil by mouth.
    pub nil_by_mouth: Option<bool>,
    /// Procedures.
    pub procedures: Option<Vec<ProcedureInput>>,
}

/// A procedure as JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ProcedureInput {
    /// Coding system.
    pub system: ProcedureSystem,
    /// Code.
    pub code: String,
}

/// A diagnosis as JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
pub struct DiagnosisInput {
    /// Coding system.
    pub system: CodeSystem,
    /// Code, with or without dot.
    pub code: String,
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// 1 is the main diagnosis.
    #[serde(default)]
    pub rank: Option<u32>,
}

/// An earlier drug as JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PastDrugInput {
    /// Ingredient id.
    pub ingredient: String,
    /// Days before `as_of`.
    pub days_ago: f64,
}

/// A laboratory result as JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
pub struct LabInput {
    /// Name.
    pub name: String,
    /// LOINC code.
    #[serde(default)]
    pub loinc: Option<String>,
    /// Value.
    pub value: f64,
    /// Unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// When taken.
    #[serde(default)]
    pub time: Option<String>,
}

/// A drug as JSON: a name, or an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum DrugInput {
    /// Only its name.
    Name(String),
    /// With dose, route, frequency.
    Full(DrugObject),
}

/// A drug with its dose.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
pub struct DrugObject {
    /// Name.
    pub name: String,
    /// One dose.
    #[serde(default)]
    pub dose: Option<DoseAmount>,
    /// Route.
    #[serde(default)]
    pub route: Option<String>,
    /// Doses a day.
    #[serde(default)]
    pub per_day: Option<f64>,
    /// Since when.
    #[serde(default)]
    pub started: Option<String>,
    /// For how long.
    #[serde(default)]
    pub duration_days: Option<f64>,
    /// Split or crushed.
    #[serde(default)]
    pub split: Option<bool>,
}

/// An allergy as JSON: a name, or an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum AllergyInput {
    /// Only the allergen.
    Name(String),
    /// With reaction and severity.
    Full(AllergyObject),
}

/// An allergy with its reaction.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields = nullable))]
pub struct AllergyObject {
    /// Allergen.
    pub to: String,
    /// Reaction.
    #[serde(default)]
    pub reaction: Option<String>,
    /// Severity.
    #[serde(default)]
    pub severity: Option<AllergySeverity>,
}

macro_rules! string_or_object {
    ($name:ident, $object:ident, $expecting:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> Visitor<'de> for Either {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        Ok($name::Name(text.to_owned()))
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $object::deserialize(de::value::MapAccessDeserializer::new(map)).map($name::Full)
                    }
                }
                deserializer.deserialize_any(Either)
            }
        }
    };
}
string_or_object!(DrugInput, DrugObject, "a drug name or an object with `name`");
string_or_object!(AllergyInput, AllergyObject, "an allergen or an object with `to`");

/// One fault of a case: where it is and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FieldError {
    /// Path of the field, such as `patient.age_years`; empty for the whole record.
    pub field: String,
    /// A stable code: `json`, `type`, `missing`, `range`, `format`.
    pub code: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A case that was read.
#[derive(Debug, Clone)]
pub struct ReadCase {
    /// The case.
    pub case: Case,
    /// Fields that no one here knows: listed as not evaluated, never ignored.
    pub unknown_fields: Vec<String>,
    /// The case in canonical form, for its hash: no name, no number.
    pub canonical: String,
}

/// A case that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableCase {
    /// Its identifier, where at least that could be read.
    pub case_id: Option<String>,
    /// Every fault found, the first one first.
    pub errors: Vec<FieldError>,
}

/// Reads one case from JSON.
///
/// # Errors
/// Every field that is missing, of the wrong type, malformed or out of range.
pub fn read_case(json: &str) -> Result<ReadCase, Box<UnreadableCase>> {
    let mut unknown_fields = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let parsed: Result<CaseInput, _> =
        serde_ignored::deserialize(tracked, |path| unknown_fields.push(path.to_string().replace(".?.", ".")));
    let parsed = parsed.and_then(|input| reader.end().map(|()| input));
    match parsed {
        Ok(input) => check(input, unknown_fields),
        Err(error) => {
            let path = track.path().to_string();
            let field = if error.is_data() && path != "." { path } else { String::new() };
            let code = if error.is_data() { "type" } else { "json" };
            Err(Box::new(UnreadableCase {
                case_id: id_of(json),
                errors: vec![FieldError { field, code, message: error.to_string() }],
            }))
        }
    }
}

/// The identifier of a record that is JSON but not a case.
fn id_of(json: &str) -> Option<String> {
    serde_json::from_str::<serde_json::Value>(json).ok()?.get("case_id")?.as_str().map(str::to_owned)
}

fn check(input: CaseInput, unknown_fields: Vec<String>) -> Result<ReadCase, Box<UnreadableCase>> {
    let canonical = canonical(&input);
    let case_id = input.case_id.clone();
    let mut faults = Faults(Vec::new());
    let case = faults.case(input);
    match case {
        Some(case) if faults.0.is_empty() => Ok(ReadCase { case, unknown_fields, canonical }),
        Some(_) | None => Err(Box::new(UnreadableCase { case_id, errors: faults.0 })),
    }
}

fn canonical(input: &CaseInput) -> String {
    let mut input = input.clone();
    if let Some(patient) = &mut input.patient {
        patient.name = None;
        patient.number = None;
    }
    // A structure of strings, numbers and lists always serialises.
    serde_json::to_string(&input).unwrap_or_default()
}

/// Collects what is wrong while the case is built.
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), code, message: message.into() });
    }

    fn required<T>(&mut self, field: &str, value: Option<T>, what: &str) -> Option<T> {
        if value.is_none() {
            self.add(field, "missing", format!("`{field}` is missing: give {what}"));
        }
        value
    }

    fn range(&mut self, field: &str, value: Option<f64>, low: f64, high: f64, unit: &str) -> Option<f64> {
        let value = value?;
        if (low..=high).contains(&value) {
            return Some(value);
        }
        self.add(field, "range", format!("`{field}` is {value}: it must be {low} to {high} {unit}; null if unknown"));
        None
    }

    fn text(&mut self, field: &str, value: &str) -> bool {
        let empty = value.trim().is_empty();
        if empty {
            self.add(field, "missing", format!("`{field}` is empty: write it, or leave the entry out"));
        }
        !empty
    }

    fn time(&mut self, field: &str, value: Option<&str>) -> Option<DateTime> {
        let value = value?;
        let parsed = value.parse::<DateTime>();
        if parsed.is_err() {
            self.add(
                field,
                "format",
                format!("`{field}` is {value:?}: write local date and time as 2026-03-02T09:00:00, without a zone"),
            );
        }
        parsed.ok()
    }

    fn case(&mut self, input: CaseInput) -> Option<Case> {
        let case_id = self.required("case_id", input.case_id, "an identifier that is unique in the file");
        let case_id = case_id.filter(|id| self.text("case_id", id));
        let as_of = self.time("as_of", input.as_of.as_deref());
        let patient = self.required("patient", input.patient, "the patient with `age_years` and `sex`");
        let patient = patient.and_then(|p| self.patient(p));
        let admission = self.admission(input.admission.unwrap_or_default());
        let diagnoses = self.diagnoses("diagnoses", input.diagnoses.unwrap_or_default());
        if diagnoses.is_empty() && self.0.iter().all(|f| !f.field.starts_with("diagnoses")) {
            self.add("diagnoses", "missing", "`diagnoses` is empty: give at least one with `system` and `code`");
        }
        let prior_diagnoses = self.diagnoses("prior_diagnoses", input.prior_diagnoses.unwrap_or_default());
        let past_drugs = self.past_drugs(input.past_drugs.unwrap_or_default());
        let proposed_drugs = self.drugs("proposed_drugs", input.proposed_drugs.unwrap_or_default());
        Some(Case {
            case_id: case_id?,
            as_of,
            patient: patient?,
            admission,
            diagnoses,
            prior_diagnoses,
            past_drugs,
            proposed_drugs,
            notes: input.notes.filter(|n| !n.trim().is_empty()).map(Sensitive::new),
        })
    }

    fn patient(&mut self, p: PatientInput) -> Option<Patient> {
        let age = self.required("patient.age_years", p.age_years, "the age in years");
        let sex = self.required("patient.sex", p.sex, "\"F\" or \"M\"");
        let age = self.range("patient.age_years", age, 0.0, 130.0, "years");
        if p.sex == Some(Sex::Male) && (p.pregnant == Some(true) || p.gestational_weeks.is_some_and(|w| w > 0.0)) {
            self.add("patient.pregnant", "range", "`patient.pregnant` contradicts `patient.sex`: correct one of them");
        }
        if p.pregnant == Some(false) && p.gestational_weeks.is_some_and(|w| w > 0.0) {
            self.add(
                "patient.gestational_weeks",
                "range",
                "`patient.gestational_weeks` contradicts `patient.pregnant` = false: correct one of them",
            );
        }
        let patient = Patient {
            name: p.name.map(Sensitive::new),
            number: p.number.map(Sensitive::new),
            age: Years::new(age.unwrap_or_default()),
            sex: sex.unwrap_or(Sex::Female),
            weight: self.range("patient.weight_kg", p.weight_kg, 0.3, 500.0, "kg").map(Kilograms::new),
            height: self.range("patient.height_cm", p.height_cm, 20.0, 260.0, "cm").map(Centimetres::new),
            gestational_weeks: self
                .range("patient.gestational_weeks", p.gestational_weeks, 0.0, 45.0, "weeks")
                .map(Weeks::new),
            pregnant: p.pregnant,
            lactating: p.lactating,
            creatinine: self
                .range("patient.creatinine_mg_dl", p.creatinine_mg_dl, 0.05, 50.0, "mg/dL")
                .map(MilligramsPerDecilitre::new),
            creatinine_stable: p.creatinine_stable,
            egfr: self
                .range("patient.egfr_ml_min_1_73m2", p.egfr_ml_min_1_73m2, 0.0, 250.0, "mL/min/1.73 m2")
                .map(MlPerMinPer173::new),
            dialysis: p.dialysis,
            hepatic_impairment: p.hepatic_impairment,
            qtc: self.range("patient.qtc_ms", p.qtc_ms, 200.0, 900.0, "ms").map(Milliseconds::new),
            allergies: p.allergies.map(|list| self.allergies(list)),
            current_drugs: p.current_drugs.map(|list| self.drugs("patient.current_drugs", list)),
            labs: p.labs.map(|list| self.labs(list)),
            genotypes: p.genotypes,
        };
        (age.is_some() && sex.is_some()).then_some(patient)
    }

    fn admission(&mut self, a: AdmissionInput) -> Admission {
        let procedures = a.procedures.unwrap_or_default();
        let procedures = procedures.into_iter().enumerate().filter_map(|(i, p)| {
            self.text(&format!("admission.procedures[{i}].code"), &p.code)
                .then_some(Procedure { system: p.system, code: p.code })
        });
        let procedures = procedures.collect();
        Admission {
            setting: a.setting,
            kind: a.kind,
            service: a.service,
            icu: a.icu,
            nil_by_mouth: a.nil_by_mouth,
            procedures,
        }
    }

    fn diagnoses(&mut self, field: &str, list: Vec<DiagnosisInput>) -> Vec<Diagnosis> {
        let mut out = Vec::with_capacity(list.len());
        for (i, d) in list.into_iter().enumerate() {
            if self.text(&format!("{field}[{i}].code"), &d.code) {
                let code: String = d.code.chars().filter(|c| !c.is_whitespace() && *c != '.').collect();
                let title = d.title.filter(|t| !t.trim().is_empty());
                out.push(Diagnosis { system: d.system, code: code.to_uppercase(), title, rank: d.rank });
            }
        }
        // Unranked diagnoses follow in the order given.
        out.sort_by_key(|d| d.rank.unwrap_or(u32::MAX));
        out
    }

    fn past_drugs(&mut self, list: Vec<PastDrugInput>) -> Vec<PastDrug> {
        let mut out = Vec::with_capacity(list.len());
        for (i, d) in list.into_iter().enumerate() {
            let named = self.text(&format!("past_drugs[{i}].ingredient"), &d.ingredient);
            let days = self.range(&format!("past_drugs[{i}].days_ago"), Some(d.days_ago), 0.0, 60_000.0, "days");
            if let (true, Some(days_ago)) = (named, days) {
                out.push(PastDrug { ingredient: d.ingredient, days_ago });
            }
        }
        out
    }

    fn allergies(&mut self, list: Vec<AllergyInput>) -> Vec<Allergy> {
        let mut out = Vec::with_capacity(list.len());
        for (i, a) in list.into_iter().enumerate() {
            let allergy = match a {
                AllergyInput::Name(to) => Allergy { to, reaction: None, severity: None },
                AllergyInput::Full(o) => Allergy { to: o.to, reaction: o.reaction, severity: o.severity },
            };
            if self.text(&format!("patient.allergies[{i}]"), &allergy.to) {
                out.push(allergy);
            }
        }
        out
    }

    fn drugs(&mut self, field: &str, list: Vec<DrugInput>) -> Vec<DrugEntry> {
        let mut out = Vec::with_capacity(list.len());
        for (i, d) in list.into_iter().enumerate() {
            let at = format!("{field}[{i}]");
            let drug = match d {
                DrugInput::Name(name) => DrugEntry::named(name),
                DrugInput::Full(o) => {
                    let value = o.dose.as_ref().map(|d| d.value);
                    let value = self.range(&format!("{at}.dose.value"), value, 0.0, 1e9, "");
                    DrugEntry {
                        name: o.name,
                        dose: o.dose.filter(|_| value.is_some()),
                        route: o.route,
                        per_day: self.range(&format!("{at}.per_day"), o.per_day, 0.0, 96.0, "doses a day"),
                        started: self.time(&format!("{at}.started"), o.started.as_deref()),
                        duration_days: self.range(
                            &format!("{at}.duration_days"),
                            o.duration_days,
                            0.0,
                            60_000.0,
                            "days",
                        ),
                        split: o.split,
                    }
                }
            };
            if self.text(&at, &drug.name) {
                out.push(drug);
            }
        }
        out
    }

    fn labs(&mut self, list: Vec<LabInput>) -> Vec<Lab> {
        let mut out = Vec::with_capacity(list.len());
        for (i, l) in list.into_iter().enumerate() {
            let at = format!("patient.labs[{i}]");
            let named = self.text(&format!("{at}.name"), &l.name);
            let time = self.time(&format!("{at}.time"), l.time.as_deref());
            if named {
                out.push(Lab { name: l.name, loinc: l.loinc, value: l.value, unit: l.unit, time });
            }
        }
        out
    }
}
