//! The leaflet for the patient: what it says of a suggestion as it stands, typeset, written or handed to the printer.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use bogam_clinical::input::{CaseInput, DrugInput, DrugObject};
use bogam_clinical::text::{Bilingual, Lang};
use bogam_knowledge::{DrugIx, KnowledgeBase};
use bogam_leaflet::{Drug, Leaflet, Mark, Point, typeset};
use bogam_suggest::{Topic, closing, counselling};
use bogam_vault::{Confirmation, Kept, SuggestionId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::given::{Given, added, given, recognised, standing};
use super::types::{Clinic, Paper, SuggestionView};
use super::{Answer, Window, fault};
use crate::error::AppError;
use crate::vault::{Session, UseCase, drug_name, store};

/// Where the clinic is kept.
const CLINIC: &str = "clinic";

/// The longest name or phone of a clinic: one line of a leaflet.
const LONGEST: usize = 80;

impl From<Paper> for bogam_leaflet::Paper {
    fn from(paper: Paper) -> Self {
        match paper {
            Paper::A4 => Self::A4,
            Paper::A5 => Self::A5,
        }
    }
}

/// What the vault holds of a suggestion beside what the window shows.
struct Standing {
    case: CaseInput,
    given: Vec<Given>,
    own_text: Option<String>,
    confirmation: Option<Confirmation>,
    clinic: Clinic,
}

impl Window {
    /// What stands on top of a leaflet; empty until somebody entered it.
    ///
    /// # Errors
    /// When nobody is signed in, or it cannot be read.
    pub fn clinic(&self) -> Answer<Clinic> {
        Ok(self.desk.with(clinic)?)
    }

    /// Keeps what stands on top of a leaflet.
    ///
    /// # Errors
    /// `clinic.invalid` with the field for a text that is not one short line, and as [`Session::keep`].
    pub fn set_clinic(&self, clinic: &Clinic) -> Answer<()> {
        let kept = Clinic { name: clinic.name.trim().to_owned(), phone: clinic.phone.trim().to_owned() };
        for (field, text) in [("name", &kept.name), ("phone", &kept.phone)] {
            if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                return Err(fault("clinic.invalid", &[("field", json!(field)), ("most", json!(LONGEST))]));
            }
        }
        Ok(self.desk.with(|session| session.keep(Kept::SiteSetting, CLINIC, Some(&json!(kept)), self.now()))?)
    }

    /// The leaflet of a suggestion as it stands, as a PDF. It is a draft until every drug is decided and the advice was
    /// confirmed after that.
    ///
    /// # Errors
    /// When there is no such suggestion, the role is missing, or it cannot be typeset (`leaflet.failed`).
    pub fn leaflet(&self, id: i64, lang: Lang, paper: Paper) -> Answer<Vec<u8>> {
        let knowledge = self.knowledge()?;
        let view = self.read_suggestion(id)?;
        let kept = self.desk.with(|session| kept(session, SuggestionId(id), lang))?;
        let leaflet = says(&view, kept, lang, self.now(), &knowledge);
        // Typesetting does not hold the desk.
        typeset(&leaflet, paper.into()).map_err(|error| fault("leaflet.failed", &[("text", json!(error.to_string()))]))
    }
}

/// Writes a leaflet to a file: whole or not at all, readable by this user only.
///
/// # Errors
/// When the file cannot be written.
pub fn save_leaflet(path: &Path, pdf: &[u8]) -> Answer<()> {
    Ok(crate::output::write_whole(path, pdf)?)
}

/// Hands a PDF to a program like `lp` on its standard input, so that no file of ours is left.
///
/// # Errors
/// `printer.none` when there is no such program, `printer.failed` with its words otherwise.
pub fn hand_to_printer(program: &OsStr, pdf: &[u8], paper: Paper) -> Answer<()> {
    let failed = |text: &str| fault("printer.failed", &[("why", json!(text))]);
    let media = match paper {
        Paper::A4 => "media=A4",
        Paper::A5 => "media=A5",
    };
    // The title is seen by everybody who looks at the queue: it names no patient.
    let mut command = Command::new(program);
    command.args(["-s", "-t", "bogam", "-o", media, "-"]);
    let started = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let none = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
    let mut child =
        started.map_err(|error| if none(&error) { fault("printer.none", &[]) } else { failed(&error.to_string()) })?;
    // The pipe is closed before the end is waited for. A program that stops reading says why itself.
    let written = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(pdf));
    let done = child.wait_with_output().map_err(|error| failed(&error.to_string()))?;
    let words = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() {
        return Err(failed(if words.trim().is_empty() { "lp" } else { words.trim() }));
    }
    written.map_err(|error| failed(&error.to_string()))
}

fn clinic(session: &Session) -> Result<Clinic, AppError> {
    let read = session.kept(Kept::SiteSetting, CLINIC)?.map(serde_json::from_value).transpose();
    let stored = |error: serde_json::Error| bogam_vault::VaultError::Stored { what: "clinic", why: error.to_string() };
    Ok(read.map_err(stored)?.unwrap_or_default())
}

fn kept(session: &Session, id: SuggestionId, lang: Lang) -> Result<Standing, AppError> {
    // Who confirms advice hands it out.
    session.may(UseCase::Decide)?;
    let suggestion = session.suggestion(id)?;
    let code = match lang {
        Lang::En => "en",
        Lang::Ko => "ko",
    };
    let decisions: Vec<store::Decided> = session.decisions(id, None)?;
    Ok(Standing {
        case: session.case(suggestion.case.0, Some(suggestion.case.1))?.case,
        given: given(&suggestion.record, &standing(&decisions), &added(session, id)?, None),
        own_text: session.advice(id, code)?.map(|text| text.content),
        confirmation: session.confirmation(id)?,
        clinic: clinic(session)?,
    })
}

/// What a leaflet says.
fn says(view: &SuggestionView, kept: Standing, lang: Lang, now: Timestamp, knowledge: &KnowledgeBase) -> Leaflet {
    let mark = mark(view, &kept);
    let with_model = kept.confirmation.as_ref().is_some_and(|c| c.with_model_written);
    let with_model = with_model && matches!(mark, Mark::Reviewed { .. });
    let patient = kept.case.patient.as_ref();
    let filled = |text: Option<&String>| text.filter(|t| !t.trim().is_empty()).cloned();
    let model_written = view.advice.as_ref().and_then(|advice| advice.model_written.clone());
    Leaflet {
        lang,
        clinic: kept.clinic.name,
        phone: kept.clinic.phone,
        patient: filled(patient.and_then(|p| p.name.as_ref())),
        number: filled(patient.and_then(|p| p.number.as_ref())),
        date: day(now),
        drugs: kept.given.iter().map(|given| drug(given, view, lang, knowledge)).collect(),
        text: kept.own_text,
        model_written: model_written.filter(|text| with_model && is_in(text, lang)),
        closing: closing(lang).to_owned(),
        mark,
    }
}

/// A draft until everything is decided and a clinician confirmed the advice after that.
fn mark(view: &SuggestionView, kept: &Standing) -> Mark {
    let open = !view.undecided().is_empty();
    let advice = view.advice.as_ref();
    // The view leaves out a confirmation that is older than the drugs.
    let confirmed = advice.and_then(|advice| advice.confirmed.as_ref()).zip(kept.confirmation.as_ref());
    match confirmed.filter(|_| !open) {
        Some((stamp, kept)) => Mark::Reviewed { person: stamp.person.clone(), date: day(kept.at) },
        None => Mark::Draft { outdated: kept.own_text.is_some() && advice.is_some_and(|a| a.outdated) },
    }
}

/// The day that people here have at a time.
fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::system()).date()
}

/// Whether a text is in a language: Korean has Hangul, English has none.
fn is_in(text: &str, lang: Lang) -> bool {
    let hangul = text.chars().any(|c| ('가'..='힣').contains(&c));
    match lang {
        Lang::En => !hangul,
        Lang::Ko => hangul,
    }
}

fn drug(given: &Given, view: &SuggestionView, lang: Lang, knowledge: &KnowledgeBase) -> Drug {
    let listed = |id: &str| view.record.drugs.iter().find(|d| d.ingredient == id);
    match given {
        Given::Suggested(id) => {
            let found = knowledge.find(id);
            let record = listed(id);
            let withheld = || view.record.withheld.iter().find(|d| d.ingredient == *id).map(|d| &d.name);
            let name = found.map(|ix| knowledge.ingredient(ix).name()).or_else(|| record.map(|d| &d.name));
            let name = name.or_else(withheld).cloned().unwrap_or_else(|| Bilingual::new(id.clone(), id.clone()));
            let dose = record.and_then(|d| match lang {
                Lang::En => d.dose.en.clone(),
                Lang::Ko => d.dose.ko.clone(),
            });
            let purpose = record.and_then(|d| d.purpose.as_ref()).map(|p| p.get(lang).to_owned());
            told(&name, dose, (found, purpose), lang, knowledge)
        }
        Given::Own(typed) => {
            let found = recognised(typed, knowledge);
            let name = found.map(|ix| knowledge.ingredient(ix).name().clone());
            let name = name.unwrap_or_else(|| Bilingual::new(drug_name(typed), drug_name(typed)));
            let id = found.map(|ix| knowledge.ingredient(ix).id());
            let own = view.added.iter().find(|d| Some(d.ingredient.as_str()) == id);
            let usual = || own.and_then(|d| d.dose.as_ref()).map(|dose| dose.get(lang).to_owned());
            let dose = match typed {
                DrugInput::Full(full) => in_words(full, lang).or_else(usual),
                DrugInput::Name(_) => usual(),
            };
            told(&name, dose, (found, None), lang, knowledge)
        }
    }
}

/// A drug with what the packs tell of it. No record says at which times of the day a drug is taken.
fn told(
    name: &Bilingual,
    dose: Option<String>,
    (found, purpose): (Option<DrugIx>, Option<String>),
    lang: Lang,
    knowledge: &KnowledgeBase,
) -> Drug {
    let told = found.and_then(|ix| counselling(ix, knowledge));
    let other = match lang {
        Lang::En => &name.ko,
        Lang::Ko => &name.en,
    };
    let own = name.get(lang);
    let point = |point: &bogam_suggest::Point<'_>| Point {
        label: point.topic.label(lang).to_owned(),
        text: point.text(lang),
        urgent: point.topic == Topic::Urgent,
    };
    Drug {
        name: own.to_owned(),
        other_name: (other != own).then(|| other.clone()),
        dose,
        day: None,
        purpose: told.as_ref().map(|t| t.purpose.get(lang).to_owned()).or(purpose),
        points: told.iter().flat_map(|t| &t.points).map(point).collect(),
    }
}

/// A dose as it was typed, in words; `None` when nothing of it was.
fn in_words(drug: &DrugObject, lang: Lang) -> Option<String> {
    let dose = drug.dose.as_ref().map(|dose| format!("{} {}", dose.value, dose.unit));
    let route = drug.route.as_deref().map(str::trim).filter(|r| !r.is_empty()).map(|route| {
        let mouth = ["po", "oral"].contains(&route.to_lowercase().as_str());
        match lang {
            Lang::Ko if mouth => "경구".to_owned(),
            Lang::En if mouth => "by mouth".to_owned(),
            Lang::Ko | Lang::En => route.to_owned(),
        }
    });
    let often = drug.per_day.map(|times| match lang {
        Lang::Ko => format!("1일 {times}회"),
        Lang::En => format!("{times} a day"),
    });
    let long = drug.duration_days.map(|days| match lang {
        Lang::Ko => format!("{days}일 동안"),
        Lang::En => format!("for {days} days"),
    });
    let parts: Vec<String> = [dose, route, often, long].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
