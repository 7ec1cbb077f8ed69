//! One row a suggested drug, for reviewers and their spreadsheets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bogam_clinical::case::{ChildPugh, Diagnosis, Setting, Sex, dotted};
use bogam_clinical::input::{CaseInput, PatientInput};
use bogam_clinical::record::{Finding, SuggestedDrug, SuggestionRecord, Tier};
use bogam_knowledge::KnowledgeBase;
use bogam_vault::{PersonId, Review, Verdict, WalkFilter, Walked};
use jiff::Timestamp;

use super::columns::COLUMNS;
use super::deidentify::{self, Scrub};
use super::replaced::{drug_name, in_words, replacement};
use super::search::SearchRequest;
use super::{MARK, Session, UseCase};
use crate::assets;
use crate::csv_out::{self, Cell};
use crate::error::AppError;
use crate::job::JobSink;
use crate::output::Output;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct ExportRequest {
    /// The table; `-` is standard output.
    pub out: PathBuf,
    /// Without what names a patient.
    pub deidentified: bool,
    /// Older suggestions of a case as well.
    pub every: bool,
    /// Time, status and author; the text is not looked at.
    pub only: SearchRequest,
    /// Suggestions that list or withhold this drug, by whatever name.
    pub drug: Option<String>,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
}

/// What was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Suggestions.
    pub suggestions: u64,
    /// Rows.
    pub rows: u64,
}

/// A field of a row.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Count(u64),
    Number(Option<f64>),
}

impl Session {
    /// Writes suggestions as a table, one at a time: a million rows take no more memory than one.
    ///
    /// # Errors
    /// When the role is missing, nobody has the author's name, the drug is not known, or the table cannot be written.
    pub fn export_csv(&self, request: &ExportRequest, sink: &mut dyn JobSink) -> Result<Exported, AppError> {
        let vault = self.by(UseCase::Export)?;
        let knowledge = assets::knowledge(&request.knowledge)?;
        let filter = self.filter(request, &knowledge)?;
        let people: BTreeMap<PersonId, String> = self.people()?.into_iter().map(|p| (p.id, p.name)).collect();
        let not_the_vault = vault.path();
        let mut out = Output::open(&request.out, not_the_vault, !request.deidentified, sink)?;
        sink.stage("Exporting");
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        out.text(&(csv_out::MARK.to_owned() + &csv_out::header(&names)))?;
        let mut done = Exported::default();
        vault.walk(&filter, |walked| -> Result<(), AppError> {
            let scrub = request.deidentified.then(|| Scrub::new(&walked.case.case, &knowledge));
            let row = Row { walked: &walked, knowledge: &knowledge, people: &people, scrub };
            for (at, drug) in walked.suggestion.record.drugs.iter().enumerate() {
                let values = row.values(at, drug);
                let cells: Vec<Cell<'_>> = values.iter().map(Value::cell).collect();
                out.text(&csv_out::line(&cells))?;
                done.rows += 1;
            }
            done.suggestions += 1;
            sink.progress(done.suggestions, None);
            Ok(())
        })?;
        out.finish()?;
        Ok(done)
    }

    fn filter(&self, request: &ExportRequest, knowledge: &KnowledgeBase) -> Result<WalkFilter, AppError> {
        let drug = request.drug.as_ref().map(|name| {
            let drug = knowledge.find(name).or_else(|| knowledge.normalise(name).drug);
            let unknown = || AppError::Unusable(format!("{name}: is not the name of a drug of the knowledge packs"));
            drug.map(|drug| knowledge.ingredient(drug).id().to_owned()).ok_or_else(unknown)
        });
        Ok(WalkFilter {
            every: request.every,
            from: request.only.from,
            until: request.only.until,
            status: request.only.status,
            author: request.only.author.as_deref().map(|name| self.person_named(name)).transpose()?,
            drug: drug.transpose()?,
        })
    }
}

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Text(text) => Cell::Text(text),
            Self::Count(count) => Cell::Count(*count),
            Self::Number(number) => Cell::Number(*number),
        }
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn maybe(text: Option<impl Into<String>>) -> Value {
    Value::Text(text.map(Into::into).unwrap_or_default())
}

fn yes_or_no(answer: Option<bool>) -> Value {
    text(answer.map_or("", |yes| if yes { "yes" } else { "no" }))
}

fn count(count: usize) -> Value {
    Value::Count(u64::try_from(count).unwrap_or(u64::MAX))
}

/// A list of which nothing is known, an empty one, and one with something in it are told apart.
fn list<T>(known: Option<&Vec<T>>, each: impl Fn(&T) -> String) -> Value {
    match known {
        None => text(""),
        Some(list) if list.is_empty() => text("none"),
        Some(list) => text(list.iter().map(each).collect::<Vec<_>>().join("; ")),
    }
}

/// What the rows of a suggestion are made of.
struct Row<'a> {
    walked: &'a Walked,
    knowledge: &'a KnowledgeBase,
    people: &'a BTreeMap<PersonId, String>,
    /// What is taken out; `None` when everything is told.
    scrub: Option<Scrub>,
}

impl Row<'_> {
    /// The row of a listed drug, in the order of the columns.
    fn values(&self, at: usize, drug: &SuggestedDrug) -> Vec<Value> {
        let mut row = vec![text(MARK)];
        row.extend(self.of_case(at));
        row.extend(self.of_patient());
        row.extend(self.of_diagnoses());
        row.extend(self.of_drug(drug));
        row.extend(self.of_findings(drug));
        row.extend(self.of_decision(drug));
        row.extend(self.of_reviews(drug));
        row.extend(self.of_provenance());
        row.extend([text(""), text("")]);
        row
    }

    fn case(&self) -> &CaseInput {
        &self.walked.case.case
    }

    fn record(&self) -> &SuggestionRecord {
        &self.walked.suggestion.record
    }

    /// Something that names a person or a time.
    fn personal(&self, value: Option<impl Into<String>>) -> Value {
        if self.scrub.is_some() { text("") } else { maybe(value) }
    }

    /// A sentence of the program, which may quote what was typed.
    fn sentence(&self, sentence: &str) -> String {
        self.scrub.as_ref().map_or_else(|| sentence.to_owned(), |scrub| scrub.text(sentence))
    }

    fn person(&self, id: PersonId) -> Value {
        self.personal(self.people.get(&id).cloned())
    }

    fn of_case(&self, at: usize) -> Vec<Value> {
        let (walked, case) = (self.walked, self.case());
        let patient = case.patient.as_ref();
        let seconds = walked.suggestion.at.duration_since(walked.created).as_secs().max(0).unsigned_abs();
        vec![
            Value::Count(walked.case.key.0.unsigned_abs()),
            Value::Count(walked.suggestion.id.0.unsigned_abs()),
            count(at + 1),
            self.personal(case.case_id.clone()),
            self.personal(patient.and_then(|p| p.name.clone())),
            self.personal(patient.and_then(|p| p.number.clone())),
            self.personal(case.as_of.clone()),
            self.personal(Some(seconds_of(walked.suggestion.at))),
            Value::Count(seconds / 86_400),
            Value::Count(walked.case.version.into()),
            text(walked.status.word()),
            self.person(walked.author),
        ]
    }

    fn of_patient(&self) -> Vec<Value> {
        let unknown = PatientInput::default();
        let patient = self.case().patient.as_ref().unwrap_or(&unknown);
        let deidentified = self.scrub.is_some();
        let age = patient.age_years.map(|age| if deidentified { age.min(deidentify::OLDEST) } else { age });
        let drug = |name: &str| if deidentified { deidentify::drug(name, self.knowledge) } else { name.to_owned() };
        let allergen =
            |name: &str| if deidentified { deidentify::allergen(name, self.knowledge) } else { name.to_owned() };
        vec![
            Value::Number(age),
            text(patient.sex.map_or("", |sex| match sex {
                Sex::Female => "F",
                Sex::Male => "M",
            })),
            Value::Number(patient.weight_kg),
            Value::Number(patient.height_cm),
            yes_or_no(patient.pregnant),
            yes_or_no(patient.lactating),
            Value::Number(patient.creatinine_mg_dl),
            Value::Number(patient.egfr_ml_min_1_73m2),
            yes_or_no(patient.dialysis),
            text(patient.hepatic_impairment.map_or("", |class| match class {
                ChildPugh::None => "none",
                ChildPugh::A => "A",
                ChildPugh::B => "B",
                ChildPugh::C => "C",
            })),
            Value::Number(patient.qtc_ms),
            list(patient.allergies.as_ref(), |allergy| allergen(deidentify::allergy_name(allergy))),
            list(patient.current_drugs.as_ref(), |entry| drug(drug_name(entry))),
            text(self.case().admission.as_ref().and_then(|a| a.setting).map_or("", |setting| match setting {
                Setting::Inpatient => "inpatient",
                Setting::Outpatient => "outpatient",
                Setting::Emergency => "emergency",
            })),
        ]
    }

    fn of_diagnoses(&self) -> [Value; 2] {
        let diagnoses = self.case().diagnoses.iter().flatten();
        let (codes, titles): (Vec<String>, Vec<String>) = diagnoses
            .map(|d| {
                let bare: String = d.code.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
                let code = dotted(d.system, &bare);
                let title = if self.scrub.is_some() {
                    let known = Diagnosis { system: d.system, code: bare, title: None, rank: d.rank };
                    self.knowledge.diagnosis_name(&known).map(|name| name.en.clone())
                } else {
                    d.title.clone()
                };
                (code, title.unwrap_or_default())
            })
            .unzip();
        [text(codes.join("; ")), text(titles.join("; "))]
    }

    fn of_drug(&self, drug: &SuggestedDrug) -> Vec<Value> {
        let codes: Vec<&str> = drug.indications.iter().map(|i| i.code.as_str()).collect();
        vec![
            text(&drug.ingredient),
            text(&drug.name.en),
            text(&drug.name.ko),
            text(drug.atc.join("; ")),
            Value::Number(Some(drug.probability)),
            yes_or_no(Some(drug.current)),
            text(codes.join("; ")),
            text(self.sentence(&drug.reason.en)),
            text(self.sentence(&drug.reason.ko)),
            maybe(drug.dose.en.clone()),
            maybe(drug.dose.ko.clone()),
        ]
    }

    fn findings(&self, drug: &SuggestedDrug) -> Vec<&Finding> {
        self.record().findings.iter().filter(|f| drug.findings.contains(&f.id)).collect()
    }

    fn of_findings(&self, drug: &SuggestedDrug) -> Vec<Value> {
        let found = self.findings(drug);
        let tier = found.iter().map(|f| f.tier).max().map_or("", |tier| match tier {
            Tier::Critical => "critical",
            Tier::Warning => "warning",
            Tier::Note => "note",
        });
        let joined = |each: fn(&Finding) -> &str, by: &str| -> String {
            found.iter().map(|f| self.sentence(each(f))).collect::<Vec<_>>().join(by)
        };
        let open = self.record().not_evaluated.iter().filter(|n| n.drugs.contains(&drug.ingredient));
        let open: Vec<String> = open.map(|n| self.sentence(&format!("{}: {}", n.code, n.missing.join(", ")))).collect();
        vec![
            text(tier),
            text(joined(|f| &f.code, "; ")),
            text(joined(|f| &f.message.en, " | ")),
            text(joined(|f| &f.message.ko, " | ")),
            text(open.join("; ")),
        ]
    }

    fn of_decision(&self, drug: &SuggestedDrug) -> Vec<Value> {
        let decided = self.walked.decisions.iter().find(|d| d.decision.ingredient == drug.ingredient);
        let decision = decided.map(|d| &d.decision);
        let changed = decision.and_then(|d| d.changed_to.as_deref());
        let deidentified = self.scrub.is_some();
        let name = |to: &str| if deidentified { deidentify::drug(to, self.knowledge) } else { to.to_owned() };
        let changed = changed.map(|to| in_words(&replacement(to), name, !deidentified));
        // A finding that the list does not have is named after the drugs that it concerns.
        let given = decision.and_then(|d| d.changed_to.as_deref()).map(replacement);
        let of_drug = |name: &str| name == drug.ingredient || given.as_ref().is_some_and(|to| drug_name(to) == name);
        let own = |finding: &String| {
            let named = finding.rsplit_once('/').is_some_and(|(drugs, _)| drugs.split('+').any(of_drug));
            named || drug.findings.contains(finding)
        };
        let overrides: Vec<_> =
            self.walked.overrides.iter().filter(|(o, ..)| own(&o.finding)).map(|(o, ..)| o).collect();
        let reasons: Vec<String> = overrides.iter().map(|o| format!("{}: {}", o.code, o.reason)).collect();
        let notes: Vec<&str> = overrides.iter().filter_map(|o| o.note.as_deref()).collect();
        let signature = self.walked.signature.as_ref();
        vec![
            text(decision.map_or("", |d| d.decision.word())),
            maybe(changed),
            maybe(decision.and_then(|d| d.reason.clone())),
            self.personal(decision.and_then(|d| d.note.clone())),
            decided.map_or_else(|| text(""), |d| self.person(d.person)),
            text(reasons.join("; ")),
            self.personal(Some(notes.join(" | "))),
            signature.map_or_else(|| text(""), |s| Value::Count(s.version.into())),
            signature.map_or_else(|| text(""), |s| self.person(s.person)),
        ]
    }

    fn of_reviews(&self, drug: &SuggestedDrug) -> [Value; 2] {
        let mut last: BTreeMap<PersonId, &Review> = BTreeMap::new();
        for (review, _, person) in &self.walked.reviews {
            if review.ingredient == drug.ingredient && review.verdict != Verdict::Comment {
                last.insert(*person, review);
            }
        }
        let of = |verdict| count(last.values().filter(|r| r.verdict == verdict).count());
        [of(Verdict::Agree), of(Verdict::Disagree)]
    }

    fn of_provenance(&self) -> Vec<Value> {
        let made = &self.record().provenance;
        vec![
            maybe(made.model.clone()),
            maybe(made.adapter.clone()),
            text(&made.knowledge),
            text(&made.rules),
            maybe(made.prior.clone()),
            text(&made.bogam),
        ]
    }
}

/// A time to the second, as `2026-03-02T09:00:00Z`.
fn seconds_of(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
