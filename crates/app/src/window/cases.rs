//! The worklist and the case.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::{Case, Diagnosis};
use bogam_clinical::input::{CaseInput, FieldError, ReadCase, UnreadableCase, read_case};
use bogam_knowledge::KnowledgeBase;
use bogam_vault::{CaseKey, Draft, Hit, JobState as VaultJob, PersonId, SearchQuery, Suggestion, VaultError};
use jiff::tz::TimeZone;
use serde_json::json;

use super::types::{
    CaseCheck, CasePage, CaseQuery, CaseRow, CaseStatus, CaseVersion, CaseView, Derived, DiagnosisView, DraftView,
    Hint, JobState, JobView, NewDraft, ParsedCase, SuggestionHead,
};
use super::{Answer, Window, fault};
use crate::error::AppError;
use crate::models;
use crate::vault::Session;
use crate::vault::store;

impl From<store::CaseStatus> for CaseStatus {
    fn from(status: store::CaseStatus) -> Self {
        match status {
            store::CaseStatus::Open => Self::Open,
            store::CaseStatus::Suggested => Self::Suggested,
            store::CaseStatus::Decided => Self::Decided,
            store::CaseStatus::Signed => Self::Signed,
        }
    }
}

impl From<VaultJob> for JobState {
    fn from(state: VaultJob) -> Self {
        match state {
            VaultJob::Queued => Self::Queued,
            VaultJob::Running => Self::Running,
            VaultJob::Done => Self::Done,
            VaultJob::Failed => Self::Failed,
            VaultJob::Interrupted => Self::Interrupted,
            VaultJob::Cancelled => Self::Cancelled,
        }
    }
}

/// Names of people by number; those who were removed as well.
pub(super) fn names(session: &Session) -> Result<BTreeMap<PersonId, String>, AppError> {
    Ok(session.people()?.into_iter().map(|p| (p.id, p.name)).collect())
}

/// A case as a reader takes it.
pub(super) fn read(case: &CaseInput) -> Result<ReadCase, Box<UnreadableCase>> {
    read_case(&serde_json::to_string(case).unwrap_or_default())
}

/// What is worked out from the facts.
fn derived(case: &Case) -> Derived {
    let patient = &case.patient;
    let height = patient.height.map(|h| h.get() / 100.0).filter(|h| *h > 0.0);
    Derived {
        egfr: patient.gfr().map(|x| x.get()),
        egfr_reported: patient.egfr.is_some(),
        creatinine_clearance: patient.creatinine_clearance().map(|x| x.get()),
        bmi: patient.weight.zip(height).map(|(weight, height)| weight.get() / (height * height)),
        // The packs have no reference ranges: those belong to the laboratory.
        flagged_labs: Vec::new(),
    }
}

const NOTHING: Derived =
    Derived { egfr: None, egfr_reported: false, creatinine_clearance: None, bmi: None, flagged_labs: Vec::new() };

/// Diagnoses of a case, the main one first, with the names of the packs.
pub(super) fn diagnoses(case: &CaseInput, knowledge: &KnowledgeBase) -> Vec<DiagnosisView> {
    let mut given: Vec<_> = case.diagnoses.iter().flatten().collect();
    given.sort_by_key(|d| d.rank.unwrap_or(u32::MAX));
    let view = |d: &bogam_clinical::input::DiagnosisInput| {
        let diagnosis = Diagnosis {
            system: d.system,
            code: d.code.chars().filter(|c| *c != '.').collect(),
            title: None,
            rank: d.rank,
        };
        DiagnosisView {
            code: diagnosis.dotted(),
            title: d.title.clone().unwrap_or_default(),
            name: knowledge.diagnosis_name(&diagnosis).cloned(),
        }
    };
    given.into_iter().map(view).collect()
}

/// The name of a model by the hash of its file, as the list has it.
pub(super) fn model_name(hash: Option<&str>) -> Option<String> {
    let hash = hash?;
    let bare = hash.trim_start_matches("sha256:");
    let listed = models::all().unwrap_or_default().into_iter().find(|m| m.entry.sha256 == bare);
    Some(listed.map_or_else(|| bare.chars().take(12).collect(), |m| m.entry.name))
}

/// Own drafts; whoever may not save cases keeps none.
fn own_drafts(session: &Session) -> Result<Vec<Draft>, AppError> {
    match session.drafts() {
        Err(AppError::Forbidden { .. }) => Ok(Vec::new()),
        read => read,
    }
}

fn draft_content(content: serde_json::Value) -> Result<CaseInput, AppError> {
    let read = serde_json::from_value(content);
    read.map_err(|e| VaultError::Stored { what: "draft", why: e.to_string() }.into())
}

/// The case of an identifier, if there is one.
fn case_of(session: &Session, case_id: &str) -> Result<Option<CaseKey>, AppError> {
    match session.find_case(case_id) {
        Ok(key) => Ok(Some(key)),
        Err(AppError::Vault(VaultError::NotFound { .. })) => Ok(None),
        Err(other) => Err(other),
    }
}

impl Window {
    fn row(
        &self,
        session: &Session,
        (hit, names, drafts): (Hit, &BTreeMap<PersonId, String>, &BTreeSet<String>),
        knowledge: &KnowledgeBase,
    ) -> Result<CaseRow, AppError> {
        let version = session.case(hit.key, None)?;
        let patient = version.case.patient.as_ref();
        let job = session.newest_job(hit.key)?.filter(|job| job.version == version.version);
        Ok(CaseRow {
            key: hit.key.0,
            age_years: patient.and_then(|p| p.age_years),
            sex: patient.and_then(|p| p.sex),
            diagnoses: diagnoses(&version.case, knowledge),
            status: hit.status.into(),
            job: job.map(|job| job.state.into()),
            draft: drafts.contains(&hit.case_id),
            author: names.get(&hit.author).cloned().unwrap_or_default(),
            updated: hit.updated.to_string(),
            place: hit.place,
            case_id: hit.case_id,
            name: hit.name,
            number: hit.number,
        })
    }

    /// Cases, the one that changed last first.
    ///
    /// # Errors
    /// When the role is missing, or they cannot be read.
    pub fn search_cases(&self, query: &CaseQuery) -> Answer<CasePage> {
        let knowledge = self.knowledge()?;
        Ok(self.desk.with(|session| {
            let names = names(session)?;
            let drafts: BTreeSet<String> = own_drafts(session)?.into_iter().map(|d| d.draft).collect();
            let job = match query.status.as_deref() {
                Some("running") => Some(VaultJob::Running),
                Some("interrupted") => Some(VaultJob::Interrupted),
                Some("failed") => Some(VaultJob::Failed),
                Some(_) | None => None,
            };
            let (hits, total) = match job {
                Some(state) => {
                    let jobs = session.jobs(state)?.into_iter().rev().filter_map(|job| job.case.map(|(key, _)| key));
                    let mut hits = Vec::new();
                    let mut seen = BTreeSet::new();
                    for key in jobs.filter(|key| seen.insert(*key)) {
                        if session.newest_job(key)?.is_some_and(|job| job.state == state) {
                            hits.push(session.hit(key)?);
                        }
                    }
                    let total = u64::try_from(hits.len()).ok();
                    (hits, total)
                }
                None => {
                    let words = query.status.as_deref();
                    let status = words.and_then(|w| store::CaseStatus::ALL.iter().find(|s| s.word() == w)).copied();
                    let search = SearchQuery {
                        text: query.text.clone(),
                        status,
                        author: query.mine.then(|| session.person()),
                        limit: query.limit.clamp(1, 1000),
                        after: query.after,
                        ..SearchQuery::default()
                    };
                    let whole = query.text.trim().is_empty() && !query.mine;
                    let counts = if whole { session.status()?.cases } else { Vec::new() };
                    let of = counts.iter().filter(|(s, _)| status.is_none_or(|wanted| wanted == *s));
                    (session.search(&search)?, whole.then(|| of.map(|(_, n)| n).sum()))
                }
            };
            let row = |hit| self.row(session, (hit, &names, &drafts), &knowledge);
            Ok(CasePage { rows: hits.into_iter().map(row).collect::<Result<_, AppError>>()?, total })
        })?)
    }

    /// A version of a case, the present one when none is named.
    ///
    /// # Errors
    /// When there is none, the role is missing, or it cannot be read.
    pub fn read_case(&self, key: i64, version: Option<u32>) -> Answer<CaseView> {
        let knowledge = self.knowledge()?;
        Ok(self.desk.with(|session| self.case_view(session, (CaseKey(key), version), &knowledge))?)
    }

    fn case_view(
        &self,
        session: &Session,
        (key, version): (CaseKey, Option<u32>),
        knowledge: &KnowledgeBase,
    ) -> Result<CaseView, AppError> {
        let names = names(session)?;
        let name = |id: &PersonId| names.get(id).cloned().unwrap_or_default();
        let found = session.case(key, version)?;
        let hit = session.hit(key)?;
        let job = session.newest_job(key)?.filter(|job| job.version == found.version);
        let mut suggestions = Vec::new();
        for id in session.suggestions_of(key)? {
            let suggestion = session.suggestion(id)?;
            suggestions.push(head(&suggestion, !session.signatures(id)?.is_empty(), &name));
        }
        let draft = own_drafts(session)?.into_iter().find(|d| d.draft == hit.case_id && d.at > found.at);
        let draft = draft
            .map(|d| Ok::<_, AppError>(DraftView { at: d.at.to_string(), content: draft_content(d.content)? }))
            .transpose()?;
        let versions = session.versions(key)?;
        let named = diagnoses(&found.case, knowledge).into_iter();
        Ok(CaseView {
            key: key.0,
            diagnosis_names: named.filter_map(|d| Some((d.code, d.name?))).collect(),
            derived: read(&found.case).map_or(NOTHING, |read| derived(&read.case)),
            case: found.case,
            version: found.version,
            versions: versions
                .iter()
                .map(|(version, at, person)| CaseVersion {
                    version: *version,
                    at: at.to_string(),
                    person: name(person),
                })
                .collect(),
            status: hit.status.into(),
            job: job.map(|job| JobView { id: job.id.0, state: job.state.into(), reason: job.reason }),
            saved_at: found.at.to_string(),
            author: name(&hit.author),
            suggestions,
            draft,
        })
    }

    /// A new case: an identifier that is free, and the present moment. Nothing is stored.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn new_case(&self) -> Answer<CaseInput> {
        let now = self.now();
        let stem = now.strftime("%Y%m%d-%H%M%S").to_string();
        let case_id = self.desk.with(|session| {
            let mut free = stem.clone();
            let mut n = 2;
            while case_of(session, &free)?.is_some() {
                free = format!("{stem}-{n}");
                n += 1;
            }
            Ok(free)
        })?;
        let local = now.to_zoned(TimeZone::system()).datetime();
        Ok(CaseInput {
            case_id: Some(case_id),
            as_of: Some(local.strftime("%Y-%m-%dT%H:%M:00").to_string()),
            ..CaseInput::default()
        })
    }

    /// What is wrong with a form, by field, and what follows from it.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn check_case(&self, content: &CaseInput) -> Answer<CaseCheck> {
        let knowledge = self.knowledge()?;
        Ok(check(&read(content).map_err(|fault| fault.errors), &knowledge))
    }

    /// Keeps a form as it is, a case or not. Returns when.
    ///
    /// # Errors
    /// When the role is missing, or it cannot be written.
    pub fn save_draft(&self, draft: &str, content: &CaseInput) -> Answer<String> {
        let now = self.now();
        self.desk.with(|session| session.save_draft(draft, &json!(content), now))?;
        Ok(now.to_string())
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When the role is missing, or it cannot be written.
    pub fn discard_draft(&self, draft: &str) -> Answer<()> {
        Ok(self.desk.with(|session| session.discard_draft(draft, self.now()))?)
    }

    /// Own drafts of cases that were never saved, the newest first.
    ///
    /// # Errors
    /// When the role is missing, or they cannot be read.
    pub fn drafts(&self) -> Answer<Vec<NewDraft>> {
        Ok(self.desk.with(|session| {
            let mut drafts = session.drafts()?;
            drafts.sort_by_key(|draft| std::cmp::Reverse(draft.at));
            let mut unsaved = Vec::new();
            for draft in drafts {
                if case_of(session, &draft.draft)?.is_none() {
                    let content = draft_content(draft.content)?;
                    unsaved.push(NewDraft { draft: draft.draft, at: draft.at.to_string(), content });
                }
            }
            Ok(unsaved)
        })?)
    }

    /// Saves a case. `version` is the one that was edited.
    ///
    /// # Errors
    /// `case.invalid` with the first field at fault, `case.changed_meanwhile` when that is not the last version any more,
    /// and as [`Session::save_case`].
    pub fn save_case(&self, content: &CaseInput, key: Option<i64>, version: Option<u32>) -> Answer<CaseView> {
        if let Err(faults) = read(content) {
            let first = faults.errors.first().map(|e| e.field.clone()).unwrap_or_default();
            return Err(fault("case.invalid", &[("field", json!(first))]));
        }
        let knowledge = self.knowledge()?;
        // The session is held from the look to the saving, and nobody else has the vault: nothing comes between.
        let saved = self.desk.with_alone(|session| {
            let there = case_of(session, content.case_id.as_deref().unwrap_or_default())?;
            let expected = key.map(CaseKey);
            let present = there.map(|key| session.case(key, None)).transpose()?.map(|case| case.version);
            if there != expected || present != version {
                return Ok(None);
            }
            let (key, _) = session.save_case(content, self.now())?;
            self.case_view(session, (key, None), &knowledge).map(Some)
        })?;
        saved.ok_or_else(|| fault("case.changed_meanwhile", &[]))
    }

    /// One case of JSON, as it was pasted.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn parse_case(&self, text: &str) -> Answer<ParsedCase> {
        let knowledge = self.knowledge()?;
        let content = serde_json::from_str::<CaseInput>(text).ok();
        let read = read_case(text);
        let unknown_fields = read.as_ref().map(|read| read.unknown_fields.clone()).unwrap_or_default();
        Ok(ParsedCase { content, check: check(&read.map_err(|fault| fault.errors), &knowledge), unknown_fields })
    }
}

fn head(suggestion: &Suggestion, signed: bool, name: &dyn Fn(&PersonId) -> String) -> SuggestionHead {
    SuggestionHead {
        id: suggestion.id.0,
        version: suggestion.case.1,
        at: suggestion.at.to_string(),
        person: name(&suggestion.person),
        model: model_name(suggestion.record.provenance.model.as_deref()),
        listed: suggestion.record.drugs.len(),
        withheld: suggestion.record.withheld.len(),
        signed,
    }
}

/// What is to be said of a case that was read, or of the faults of one that was not.
fn check(read: &Result<ReadCase, Vec<FieldError>>, knowledge: &KnowledgeBase) -> CaseCheck {
    match read {
        Ok(read) => {
            let (_, not_evaluated) = bogam_safety::unrecognised(&read.case, knowledge);
            let hint = |code: &str, missing: String| {
                let (field, what) =
                    missing.split_once(": ").map_or((missing.as_str(), ""), |(field, what)| (field, what));
                Hint {
                    field: field.to_owned(),
                    code: code.to_owned(),
                    params: BTreeMap::from([("what".to_owned(), json!(what))]),
                }
            };
            let hints = not_evaluated.into_iter().flat_map(|n| {
                let code = n.code;
                n.missing.into_iter().map(move |missing| hint(&code, missing)).collect::<Vec<_>>()
            });
            CaseCheck { errors: Vec::new(), hints: hints.collect(), derived: derived(&read.case) }
        }
        Err(errors) => CaseCheck { errors: errors.clone(), hints: Vec::new(), derived: NOTHING },
    }
}
