//! The drugs that will be given as decisions stand, and what the checks say of one more beside them.

use bogam_clinical::case::{Case, DrugEntry};
use bogam_clinical::input::{CaseInput, DrugInput, DrugObject};
use bogam_clinical::record::SuggestionRecord;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use bogam_safety::{CheckInput, DrugUse, check_each, check_pairs, dose_text, finish};
use bogam_vault::SuggestionId;

use super::cases::read;
use super::types::AddedDrug;
use crate::error::AppError;
use crate::vault::{Session, store};

/// What a drug is changed to, as the vault keeps it: a drug as JSON, or a name.
pub(super) fn replacement(text: &str) -> DrugInput {
    let full = serde_json::from_str::<DrugObject>(text).map(DrugInput::Full);
    full.unwrap_or_else(|_| DrugInput::Name(text.to_owned()))
}

pub(super) fn name_of(drug: &DrugInput) -> &str {
    match drug {
        DrugInput::Name(name) => name,
        DrugInput::Full(drug) => &drug.name,
    }
}

/// The ingredient that a name means.
pub(super) fn recognised(drug: &DrugInput, knowledge: &KnowledgeBase) -> Option<DrugIx> {
    let name = name_of(drug);
    knowledge.find(name).or_else(|| knowledge.normalise(name).drug)
}

/// A drug that is given, and how where somebody said so.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// Of the list: as it is suggested, or as the patient takes it.
    Suggested(String),
    /// Another in its place, or one that was added.
    Own(DrugInput),
}

/// What will be given: suggested drugs that nobody rejected, what others were changed to, withheld ones that were accepted
/// or that the patient takes and nobody decided on, and what was added. Without the drug `without` and what stands in its
/// place.
pub(super) fn given(
    record: &SuggestionRecord,
    decisions: &[store::Decided],
    added: &[AddedDrug],
    without: Option<&str>,
) -> Vec<Given> {
    let decided = |ingredient: &str| {
        let found = decisions.iter().find(|d| d.decision.ingredient == ingredient)?;
        Some((found.decision.decision, found.decision.changed_to.as_deref()))
    };
    let one = |ingredient: &str, undecided: bool| {
        let as_suggested = || Some(Given::Suggested(ingredient.to_owned()));
        match decided(ingredient) {
            Some((store::DecisionKind::Rejected, _)) => None,
            Some((store::DecisionKind::Changed, to)) => to.map(|to| Given::Own(replacement(to))),
            Some((store::DecisionKind::Accepted, _)) => as_suggested(),
            Some((store::DecisionKind::Withdrawn, _)) | None => undecided.then(as_suggested).flatten(),
        }
    };
    let listed = record.drugs.iter().map(|d| (&d.ingredient, true));
    let withheld = record.withheld.iter().map(|d| (&d.ingredient, d.current));
    let kept = |ingredient: &str| without != Some(ingredient);
    let suggested = listed.chain(withheld).filter(|(i, _)| kept(i)).filter_map(|(i, undecided)| one(i, undecided));
    let own = added.iter().filter(|drug| kept(&drug.ingredient)).filter_map(|drug| match decided(&drug.ingredient) {
        Some((store::DecisionKind::Rejected, _)) => None,
        Some((store::DecisionKind::Changed, to)) => to.map(|to| Given::Own(replacement(to))),
        Some((store::DecisionKind::Accepted | store::DecisionKind::Withdrawn, _)) | None => {
            Some(Given::Own(drug.drug.clone()))
        }
    });
    suggested.chain(own).collect()
}

/// The ingredients of what is given, each once, in the order of the list.
pub(super) fn ingredients(given: &[Given], knowledge: &KnowledgeBase) -> Vec<DrugIx> {
    let mut once = Vec::new();
    for drug in given {
        let found = match drug {
            Given::Suggested(id) => knowledge.find(id),
            Given::Own(drug) => recognised(drug, knowledge),
        };
        if let Some(found) = found.filter(|found| !once.contains(found)) {
            once.push(found);
        }
    }
    once
}

/// What the checks say of one more drug beside those that will be given; `None` when the packs do not have it.
///
/// # Errors
/// When the suggestion cannot be read, or the drug is none that a case could hold.
pub(super) fn checked(
    session: &Session,
    id: SuggestionId,
    (drug, instead_of): (&DrugInput, Option<&str>),
    knowledge: &KnowledgeBase,
) -> Result<Option<AddedDrug>, AppError> {
    let Some(own) = recognised(drug, knowledge) else { return Ok(None) };
    let suggestion = session.suggestion(id)?;
    let decisions = session.decisions(id, None)?;
    let given = given(&suggestion.record, &decisions, &added(session, id)?, instead_of);
    let case = session.case(suggestion.case.0, Some(suggestion.case.1))?.case;
    let typed: Vec<DrugInput> = std::iter::once(drug.clone())
        .chain(given.iter().filter_map(|given| match given {
            Given::Own(drug) => Some(drug.clone()),
            Given::Suggested(_) => None,
        }))
        .collect();
    let (case, entries) = with_entries(case, typed)?;
    let mut entries = entries.into_iter();
    let entry = entries.next();
    let mut beside = Vec::new();
    for one in &given {
        let (found, entry) = match one {
            Given::Suggested(id) => (knowledge.find(id), None),
            Given::Own(drug) => (recognised(drug, knowledge), entries.next()),
        };
        beside.extend(found.filter(|found| *found != own).map(|found| (found, entry)));
    }
    Ok(Some(beside_them((drug, own, entry), &beside, &case, knowledge)))
}

/// Drugs as a case would hold them: dose and route are read and checked.
fn with_entries(mut case: CaseInput, typed: Vec<DrugInput>) -> Result<(Case, Vec<DrugEntry>), AppError> {
    case.proposed_drugs = Some(typed);
    let read = read(&case).map_err(|fault| {
        let first = fault.errors.first();
        AppError::Unusable(first.map(|e| format!("{}: {}", e.field, e.message)).unwrap_or_default())
    })?;
    let mut case = read.case;
    let entries = std::mem::take(&mut case.proposed_drugs);
    Ok((case, entries))
}

fn beside_them(
    (drug, own, entry): (&DrugInput, DrugIx, Option<DrugEntry>),
    beside: &[(DrugIx, Option<DrugEntry>)],
    case: &Case,
    knowledge: &KnowledgeBase,
) -> AddedDrug {
    let codes: Vec<DiagnosisCodes> = case.diagnoses.iter().map(|d| knowledge.codes(d)).collect();
    let current = |of: DrugIx| {
        let drugs = case.patient.current_drugs.iter().flatten();
        drugs.into_iter().find(|entry| knowledge.normalise(&entry.name).drug == Some(of)).cloned()
    };
    let using = |(of, entry): &(DrugIx, Option<DrugEntry>)| {
        let taken = current(*of);
        DrugUse { drug: *of, current: taken.is_some(), entry: entry.clone().or(taken), window: None }
    };
    let use_of = DrugUse { drug: own, entry, current: false, window: None };
    let mut all: Vec<DrugUse> = beside.iter().map(using).collect();
    all.push(use_of.clone());
    let alone = check_each(&CheckInput { case, knowledge, codes: &codes, drugs: &[use_of] });
    let pairs = check_pairs(&CheckInput { case, knowledge, codes: &codes, drugs: &all });
    let id = knowledge.ingredient(own).id().to_owned();
    let concerns = |drugs: &[String]| drugs.contains(&id);
    let mut findings = alone.findings;
    findings.extend(pairs.findings.into_iter().filter(|f| concerns(&f.drugs)));
    let mut not_evaluated = alone.not_evaluated;
    not_evaluated.extend(pairs.not_evaluated.into_iter().filter(|n| concerns(&n.drugs)));
    let dose = dose_text(case, knowledge, &codes, own);
    // Numbers of their own: an override of one of these is none of a finding of the list.
    let mut findings = finish(findings);
    findings.iter_mut().for_each(|f| f.id = format!("{id}/{}", f.id));
    AddedDrug {
        ingredient: id,
        name: knowledge.ingredient(own).name().clone(),
        drug: drug.clone(),
        findings,
        not_evaluated,
        dose: dose.en.zip(dose.ko).map(|(en, ko)| Bilingual { en, ko }),
    }
}

/// Drugs that stand beside a suggestion.
pub(super) fn added(session: &Session, id: SuggestionId) -> Result<Vec<AddedDrug>, AppError> {
    let stored = |error: serde_json::Error| {
        AppError::Vault(bogam_vault::VaultError::Stored { what: "drug", why: error.to_string() })
    };
    let drugs = session.added_drugs(id)?.into_iter();
    drugs.map(|(_, content)| serde_json::from_value(content).map_err(stored)).collect()
}
