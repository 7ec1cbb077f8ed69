//! A suggestion: made, read, decided, signed; drugs of one's own beside it; reviews.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::{CodeSystem, Diagnosis};
use bogam_clinical::input::{CaseInput, DrugInput};
use bogam_clinical::record::{Advice, Finding, SuggestionRecord, Tier};
use bogam_clinical::text::{Bilingual, Lang};
use bogam_engine::Sink;
use bogam_knowledge::{DrugIx, KnowledgeBase};
use bogam_suggest::{Options, SuggestError, Suggester, Weights};
use bogam_vault::{CaseKey, SuggestionId, VaultError};
use jiff::Timestamp;
use serde_json::json;

use super::cases::{model_name, names};
use super::given::{Regimen, added, checked, given, ingredients, recognised, standing};
use super::types::{
    AddedDrug, AdviceView, Decided, Decision, DecisionKind, FindingOverride, Progress, Review, Reviewed, SignatureView,
    Stage, Stamp, SuggestOptions, SuggestionView, Verdict,
};
use super::{Answer, ApiError, ModelHolder, Window, fault, stage};
use crate::assets;
use crate::empty_scores;
use crate::error::AppError;
use crate::home::settings;
use crate::learn::read_prior;
use crate::vault::{Session, drug_name, kept, replacement, store};

/// As the vault says it of the list: here withheld drugs that the patient takes and added ones count as well.
const UNDECIDED: &str = "every drug of the list is decided before it is signed";

impl DecisionKind {
    /// As it stands; one that was taken back does not.
    const fn standing(kind: store::DecisionKind) -> Option<Self> {
        match kind {
            store::DecisionKind::Accepted => Some(Self::Accepted),
            store::DecisionKind::Changed => Some(Self::Changed),
            store::DecisionKind::Rejected => Some(Self::Rejected),
            store::DecisionKind::Withdrawn => None,
        }
    }
}

impl From<DecisionKind> for store::DecisionKind {
    fn from(kind: DecisionKind) -> Self {
        match kind {
            DecisionKind::Accepted => Self::Accepted,
            DecisionKind::Changed => Self::Changed,
            DecisionKind::Rejected => Self::Rejected,
        }
    }
}

impl From<store::Verdict> for Verdict {
    fn from(verdict: store::Verdict) -> Self {
        match verdict {
            store::Verdict::Agree => Self::Agree,
            store::Verdict::Disagree => Self::Disagree,
            store::Verdict::Comment => Self::Comment,
        }
    }
}

impl From<Verdict> for store::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Agree => Self::Agree,
            Verdict::Disagree => Self::Disagree,
            Verdict::Comment => Self::Comment,
        }
    }
}

impl Decision {
    /// As the vault keeps it; `changed_to` is what was checked.
    fn stored(&self, changed_to: Option<String>) -> store::Decision {
        store::Decision {
            ingredient: self.ingredient.clone(),
            decision: self.decision.into(),
            changed_to,
            reason: self.reason.clone(),
            note: self.note.clone(),
        }
    }
}

/// Progress of the model as the window shows it.
struct Told<'a>(&'a mut dyn FnMut(Progress));

impl Sink for Told<'_> {
    fn prefill(&mut self, done: usize, total: usize) {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        (self.0)(Progress::Stage { stage: Stage::Scoring, done: number(done), total: Some(number(total)) });
    }
}

/// Critical findings of a withheld drug.
fn critical_of<'r>(record: &'r SuggestionRecord, ingredient: &str) -> Vec<&'r Finding> {
    let withheld = record.withheld.iter().filter(|d| d.ingredient == ingredient);
    let own: BTreeSet<&String> = withheld.flat_map(|d| &d.findings).collect();
    record.findings.iter().filter(|f| f.tier == Tier::Critical && own.contains(&f.id)).collect()
}

/// The first critical finding that no override names with a reason: neither of those that come now nor of the earlier ones.
fn not_overridden<'f>(
    mut findings: impl Iterator<Item = &'f Finding>,
    now: &[FindingOverride],
    before: &[store::Override],
) -> Option<&'f Finding> {
    findings.find(|finding| {
        let names =
            |id: &str, code: &str, reason: &str| id == finding.id && code == finding.code && !reason.trim().is_empty();
        let now = now.iter().any(|o| names(&o.finding, &o.code, &o.reason));
        let before = before.iter().any(|o| names(&o.finding, &o.code, &o.reason));
        finding.tier == Tier::Critical && !now && !before
    })
}

/// A critical finding on a drug stands in the way.
fn needs_override(finding: &Finding, ingredient: &str) -> ApiError {
    fault("drug.needs_override", &[("code", json!(finding.code)), ("ingredient", json!(ingredient))])
}

/// Every ingredient that a record mentions.
fn mentioned(record: &SuggestionRecord) -> BTreeSet<&str> {
    let listed = record.drugs.iter().flat_map(|d| std::iter::once(&d.ingredient).chain(&d.alternatives));
    let withheld = record.withheld.iter().map(|d| &d.ingredient);
    let considered = record.considered.iter().map(|d| &d.ingredient);
    let found = record.findings.iter().flat_map(|f| &f.drugs);
    let open = record.not_evaluated.iter().flat_map(|n| &n.drugs);
    listed.chain(withheld).chain(considered).chain(found).chain(open).map(String::as_str).collect()
}

fn diagnosis_names(
    record: &SuggestionRecord,
    case: &CaseInput,
    knowledge: &KnowledgeBase,
) -> BTreeMap<String, Bilingual> {
    let codes = record.drugs.iter().flat_map(|d| &d.indications).map(|i| i.code.clone());
    let name = |code: &str| {
        let bare: String = code.chars().filter(|c| *c != '.').collect();
        let given = case.diagnoses.iter().flatten().find(|d| d.code.replace('.', "") == bare);
        let system = given.map_or(CodeSystem::Icd10, |d| d.system);
        let diagnosis = Diagnosis { system, code: bare, title: None, rank: None };
        let typed = given.and_then(|d| d.title.clone()).map(|title| Bilingual::new(title.clone(), title));
        knowledge.diagnosis_name(&diagnosis).cloned().or(typed)
    };
    codes.filter_map(|code| Some((code.clone(), name(&code)?))).collect()
}

impl Window {
    /// Suggests for the present version of a case. Returns when the suggestion is in the vault.
    ///
    /// # Errors
    /// When the role is missing, the case cannot be answered, the model failed, or a person stopped it.
    pub fn suggest(&self, key: i64, options: &SuggestOptions, on: &mut dyn FnMut(Progress)) -> Answer<i64> {
        let job = self.begin(on);
        on(stage(Stage::Reading));
        let knowledge = self.knowledge()?;
        let prompts = assets::prompts()?;
        let prior = settings()?.prior.as_deref().map(read_prior).transpose()?;
        let choice = ModelHolder::choice(options.model.as_deref(), options.without_model);
        let opened = self.model.get(&choice)?;
        on(stage(Stage::Candidates));
        let suggester = Suggester::new(&knowledge, &prompts, opened.engine(), Weights::default())
            .map_err(|SuggestError::Engine(error)| AppError::Model(error))?;
        let (suggester, empty) = empty_scores::with_known(suggester.with_prior(prior.as_ref()));
        let wanted = Options { advice: options.advice, ..Options::default() };
        let made =
            self.desk.suggest(&suggester, (CaseKey(key), &wanted), &Timestamp::now, &mut Told(on), &job.cancel)?;
        on(stage(Stage::Saving));
        // A full disk is told where something is lost by it; this is only asked of the model again.
        let _only_slower = empty.save(suggester.empty());
        Ok(made.0)
    }

    /// A suggestion, with everything that people made of it.
    ///
    /// # Errors
    /// When there is none, or the role is missing.
    pub fn read_suggestion(&self, id: i64) -> Answer<SuggestionView> {
        let knowledge = self.knowledge()?;
        Ok(self.desk.with(|session| view(session, SuggestionId(id), &knowledge))?)
    }

    /// Changes a suggestion's surroundings, and reads it anew.
    fn changed(
        &self,
        id: i64,
        change: impl FnOnce(&Session, SuggestionId, Timestamp) -> Result<(), AppError>,
    ) -> Answer<SuggestionView> {
        let knowledge = self.knowledge()?;
        Ok(self.desk.with(|session| {
            change(session, SuggestionId(id), self.now())?;
            view(session, SuggestionId(id), &knowledge)
        })?)
    }

    /// Decides on drugs; decisions and overrides are kept all or none. What will be given then is checked as a whole: a drug
    /// is accepted, or another given in its place, only over its critical findings, those too that it has since another drug
    /// was added or changed.
    ///
    /// # Errors
    /// `drug.unknown` with the name, `drug.needs_override` with the ingredient and the code of a critical finding that
    /// no override names, and as [`Session::decide_all`].
    pub fn decide(&self, id: i64, decisions: &[Decision], overrides: &[FindingOverride]) -> Answer<SuggestionView> {
        let knowledge = self.knowledge()?;
        let id = SuggestionId(id);
        // The session is held from the look to the saving, and nobody else has the vault: nothing comes between.
        self.desk.with_alone(|session| {
            let stored = match may_decide(session, id, (decisions, overrides), &knowledge)? {
                Ok(stored) => stored,
                Err(fault) => return Ok(Err(fault)),
            };
            let overrides: Vec<store::Override> = overrides.iter().map(FindingOverride::stored).collect();
            session.decide_all(id, (&stored, &overrides), self.now())?;
            view(session, id, &knowledge).map(Ok)
        })?
    }

    /// Takes a decision back, as long as it is not signed.
    ///
    /// # Errors
    /// As [`Session::decide`].
    pub fn undo_decision(&self, id: i64, ingredient: &str) -> Answer<SuggestionView> {
        let back = store::Decision {
            ingredient: ingredient.to_owned(),
            decision: store::DecisionKind::Withdrawn,
            changed_to: None,
            reason: None,
            note: None,
        };
        self.changed(id, |session, id, now| session.decide(id, &back, now))
    }

    /// Takes an added drug out again.
    ///
    /// # Errors
    /// As [`Session::add_drug`].
    pub fn remove_added(&self, id: i64, ingredient: &str) -> Answer<SuggestionView> {
        self.changed(id, |session, id, now| session.add_drug(id, (ingredient, None, &[]), now))
    }

    /// What the checks say of one more drug beside those that will be given, without the one whose place it takes; nothing
    /// is stored.
    ///
    /// # Errors
    /// `drug.unknown` with the name when the packs do not have it.
    pub fn check_drug(&self, id: i64, drug: &DrugInput, instead_of: Option<&str>) -> Answer<AddedDrug> {
        let knowledge = self.knowledge()?;
        let found = self.desk.with(|session| checked(session, SuggestionId(id), (drug, instead_of), &knowledge))?;
        found.ok_or_else(|| fault("drug.unknown", &[("name", json!(drug_name(drug)))]))
    }

    /// Adds a drug of the clinician's own. Each critical finding needs an override with a reason.
    ///
    /// # Errors
    /// `drug.unknown`, `drug.needs_override` with the code of the finding, and as [`Session::add_drug`].
    pub fn add_drug(&self, id: i64, drug: &DrugInput, overrides: &[FindingOverride]) -> Answer<SuggestionView> {
        let knowledge = self.knowledge()?;
        let id = SuggestionId(id);
        self.desk.with_alone(|session| {
            let Some(added) = checked(session, id, (drug, None), &knowledge)? else {
                return Ok(Err(fault("drug.unknown", &[("name", json!(drug_name(drug)))])));
            };
            if let Some(finding) = not_overridden(added.findings.iter(), overrides, &[]) {
                return Ok(Err(needs_override(finding, &added.ingredient)));
            }
            let overrides: Vec<store::Override> = overrides.iter().map(FindingOverride::stored).collect();
            session.add_drug(id, (&added.ingredient, Some(&json!(added)), &overrides), self.now())?;
            view(session, id, &knowledge).map(Ok)
        })?
    }

    /// Overrides a finding.
    ///
    /// # Errors
    /// As [`Session::save_override`].
    pub fn override_finding(&self, id: i64, what: &FindingOverride) -> Answer<SuggestionView> {
        self.changed(id, |session, id, now| session.save_override(id, &what.stored(), now))
    }

    /// Signs the decisions.
    ///
    /// # Errors
    /// As [`Session::sign`].
    pub fn sign(&self, id: i64) -> Answer<SuggestionView> {
        if !self.read_suggestion(id)?.undecided().is_empty() {
            return Err(VaultError::Refused(UNDECIDED).into());
        }
        self.changed(id, |session, id, now| session.sign(id, now).map(|_| ()))
    }

    /// Keeps advice in the clinician's words.
    ///
    /// # Errors
    /// As [`Session::save_advice`].
    pub fn save_advice(&self, id: i64, lang: Lang, text: &str) -> Answer<SuggestionView> {
        self.changed(id, |session, id, now| session.save_advice(id, code(lang), text, now))
    }

    /// Says that the advice was read and may be handed out.
    ///
    /// # Errors
    /// As [`Session::confirm_advice`].
    pub fn confirm_advice(&self, id: i64, with_model_written: bool) -> Answer<SuggestionView> {
        self.changed(id, |session, id, now| session.confirm_advice(id, with_model_written, now))
    }

    /// Says what to think of a suggested drug.
    ///
    /// # Errors
    /// As [`Session::save_reviews`].
    pub fn save_review(&self, id: i64, review: &Review) -> Answer<SuggestionView> {
        let stored = store::Review {
            ingredient: review.ingredient.clone(),
            verdict: review.verdict.into(),
            comment: review.comment.clone(),
        };
        self.changed(id, |session, id, now| session.save_reviews(&[(id, stored)], now))
    }
}

/// The decisions as they are kept, when each of them may be made.
fn may_decide(
    session: &Session,
    id: SuggestionId,
    (decisions, overrides): (&[Decision], &[FindingOverride]),
    knowledge: &KnowledgeBase,
) -> Result<Answer<Vec<store::Decision>>, AppError> {
    let suggestion = session.suggestion(id)?;
    let record = suggestion.record;
    let before: Vec<store::Override> = session.overrides(id)?.into_iter().map(|(o, ..)| o).collect();
    let mut standing = standing(&session.decisions(id, None)?);
    let mut stored = Vec::new();
    // Each drug that somebody wants given now: as it is called in the suggestion, and the ingredient.
    let mut wanted = Vec::new();
    for decision in decisions {
        let ingredient = &decision.ingredient;
        let (to, given) = match (decision.decision, &decision.changed_to) {
            (DecisionKind::Rejected, _) => (None, None),
            (DecisionKind::Accepted, _) => (None, Some(ingredient.clone())),
            (DecisionKind::Changed, None) => {
                return Ok(Err(fault("case.invalid", &[("field", json!("changed_to"))])));
            }
            (DecisionKind::Changed, Some(to)) => {
                let Some(found) = recognised(to, knowledge) else {
                    return Ok(Err(fault("drug.unknown", &[("name", json!(drug_name(to)))])));
                };
                (Some(to), Some(knowledge.ingredient(found).id().to_owned()))
            }
        };
        let as_kept = to.zip(given.as_ref()).map(|(to, ingredient)| kept(to, ingredient));
        standing.insert(ingredient.clone(), (decision.decision.into(), as_kept.as_deref().map(replacement)));
        stored.push(decision.stored(as_kept));
        wanted.extend(given.map(|given| (decision, given)));
    }
    if wanted.is_empty() {
        return Ok(Ok(stored));
    }
    let given = given(&record, &standing, &added(session, id)?, None);
    let case = session.case(suggestion.case.0, Some(suggestion.case.1))?.case;
    let regimen = Regimen::check(case, &given, &record, knowledge)?;
    let shown: BTreeSet<&str> = record.findings.iter().map(|f| f.id.as_str()).collect();
    for (decision, ingredient) in &wanted {
        // What the list itself says stands beside the drug that it is filed under, and is decided there.
        let accepted = decision.decision == DecisionKind::Accepted;
        let new = regimen.findings_on(ingredient).filter(|f| !accepted || !shown.contains(f.id.as_str()));
        let own = if accepted { critical_of(&record, ingredient) } else { Vec::new() };
        if let Some(finding) = not_overridden(own.into_iter().chain(new), overrides, &before) {
            return Ok(Err(needs_override(finding, ingredient)));
        }
    }
    Ok(Ok(stored))
}

impl SuggestionView {
    /// Drugs that wait for a decision: those of the list, withheld ones that the patient takes, and what was added.
    pub(super) fn undecided(&self) -> Vec<&str> {
        let decided = |ingredient: &str| self.decisions.iter().any(|d| d.decision.ingredient == ingredient);
        let listed = self.record.drugs.iter().map(|d| &d.ingredient);
        let taken = self.record.withheld.iter().filter(|d| d.current).map(|d| &d.ingredient);
        let added = self.added.iter().map(|d| &d.ingredient);
        listed.chain(taken).chain(added).map(String::as_str).filter(|ingredient| !decided(ingredient)).collect()
    }
}

impl FindingOverride {
    fn stored(&self) -> store::Override {
        store::Override {
            finding: self.finding.clone(),
            code: self.code.clone(),
            reason: self.reason.clone(),
            note: self.note.clone(),
        }
    }
}

const fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Ko => "ko",
    }
}

fn view(session: &Session, id: SuggestionId, knowledge: &KnowledgeBase) -> Result<SuggestionView, AppError> {
    let names = names(session)?;
    let name = |id: &bogam_vault::PersonId| names.get(id).cloned().unwrap_or_default();
    let suggestion = session.suggestion(id)?;
    let (key, version) = suggestion.case;
    let case = session.case(key, Some(version))?.case;
    let present = session.case(key, None)?.version == version;
    let record = suggestion.record;
    let decisions = session.decisions(id, None)?;
    let signatures = session.signatures(id)?;
    let added = added(session, id)?;
    let last = signatures.last().map(|s| s.at);
    let changed_at = session.regimen_changed_at(id)?;
    let after_signing = decisions.iter().map(|d| d.at).chain(changed_at).any(|at| last.is_none_or(|last| at > last));
    let mut own_names: BTreeMap<String, Bilingual> = BTreeMap::new();
    let given = given(&record, &standing(&decisions), &added, None);
    let given = ingredients(&given, knowledge);
    let named = given.iter().map(|drug| knowledge.ingredient(*drug).id());
    for ingredient in mentioned(&record).into_iter().chain(added.iter().map(|d| d.ingredient.as_str())).chain(named) {
        if let Some(drug) = knowledge.find(ingredient) {
            own_names.insert(ingredient.to_owned(), knowledge.ingredient(drug).name().clone());
        }
    }
    let advice = match &record.advice {
        Some(advice) => Some(advice_view(session, (id, advice, &record), (&given, changed_at), knowledge)?),
        None => None,
    };
    let decision = |decided: store::Decided| {
        let kind = DecisionKind::standing(decided.decision.decision);
        kind.map(|kind| Decided {
            decision: Decision {
                ingredient: decided.decision.ingredient,
                decision: kind,
                changed_to: decided.decision.changed_to.as_deref().map(replacement),
                reason: decided.decision.reason,
                note: decided.decision.note,
            },
            at: decided.at.to_string(),
            person: name(&decided.person),
        })
    };
    Ok(SuggestionView {
        id: id.0,
        key: key.0,
        version,
        present,
        at: suggestion.at.to_string(),
        person: name(&suggestion.person),
        model: model_name(record.provenance.model.as_deref()),
        names: own_names,
        diagnoses: diagnosis_names(&record, &case, knowledge),
        decisions: decisions.into_iter().filter_map(decision).collect(),
        added,
        overrides: session
            .overrides(id)?
            .into_iter()
            .map(|(o, ..)| FindingOverride { finding: o.finding, code: o.code, reason: o.reason, note: o.note })
            .collect(),
        reviews: session
            .reviews(id)?
            .into_iter()
            .map(|(r, at, person)| Reviewed {
                review: Review { ingredient: r.ingredient, verdict: r.verdict.into(), comment: r.comment },
                at: at.to_string(),
                person: name(&person),
            })
            .collect(),
        open: present && after_signing,
        signatures: signatures
            .into_iter()
            .map(|s| SignatureView { version: s.version, at: s.at.to_string(), person: name(&s.person) })
            .collect(),
        advice,
        record,
    })
}

/// The advice as it stands: a clinician's words, or what the packs say of the drugs that will be given. The model's
/// paragraph was written of the whole list, and is shown only while that is what will be given.
fn advice_view(
    session: &Session,
    (id, made, record): (SuggestionId, &Advice, &SuggestionRecord),
    (given, changed_at): (&[DrugIx], Option<Timestamp>),
    knowledge: &KnowledgeBase,
) -> Result<AdviceView, AppError> {
    let texts = (session.advice(id, "en")?, session.advice(id, "ko")?);
    let written = [&texts.0, &texts.1].into_iter().flatten().map(|text| text.at).min();
    let later = |at: Timestamp| changed_at.is_none_or(|changed| at >= changed);
    let listed: BTreeSet<DrugIx> = record.drugs.iter().filter_map(|d| knowledge.find(&d.ingredient)).collect();
    let as_listed = listed == given.iter().copied().collect();
    let composed = if as_listed {
        Bilingual::new(made.en.clone(), made.ko.clone())
    } else {
        bogam_suggest::advice(given, knowledge)
    };
    let names = names(session)?;
    let confirmed = session.confirmation(id)?.filter(|c| later(c.at));
    Ok(AdviceView {
        edited: written.is_some(),
        outdated: written.is_some_and(|at| !later(at)),
        en: texts.0.map_or(composed.en, |text| text.content),
        ko: texts.1.map_or(composed.ko, |text| text.content),
        model_written: made.model_written.clone().filter(|_| as_listed),
        confirmed: confirmed
            .map(|c| Stamp { person: names.get(&c.person).cloned().unwrap_or_default(), at: c.at.to_string() }),
    })
}
