//! The drugs that will be given as decisions stand, and what the checks say of one more beside them.

use std::collections::BTreeMap;

use bogam_clinical::case::{Case, DrugEntry};
use bogam_clinical::input::{CaseInput, DrugInput};
use bogam_clinical::record::{Finding, NotEvaluated, SuggestionRecord};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use bogam_safety::{CheckInput, DrugUse, check_each, check_pairs, dose_text, finish};
use bogam_vault::SuggestionId;
use sha2::{Digest as _, Sha256};

use super::cases::read;
use super::types::AddedDrug;
use crate::error::AppError;
use crate::vault::{Session, drug_name, replacement, store};

/// The ingredient that a name means.
pub(super) fn recognised(drug: &DrugInput, knowledge: &KnowledgeBase) -> Option<DrugIx> {
    let name = drug_name(drug);
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

impl Given {
    /// The ingredient.
    pub(super) fn drug(&self, knowledge: &KnowledgeBase) -> Option<DrugIx> {
        match self {
            Self::Suggested(id) => knowledge.find(id),
            Self::Own(drug) => recognised(drug, knowledge),
        }
    }
}

/// The decision that stands on each drug, with what is given in its place.
pub(super) type Standing = BTreeMap<String, (store::DecisionKind, Option<DrugInput>)>;

pub(super) fn standing(decisions: &[store::Decided]) -> Standing {
    let one = |d: &store::Decided| {
        let to = d.decision.changed_to.as_deref().map(replacement);
        (d.decision.ingredient.clone(), (d.decision.decision, to))
    };
    decisions.iter().map(one).collect()
}

/// What will be given: suggested drugs that nobody rejected, what others were changed to, withheld ones that were accepted
/// or that the patient takes and nobody decided on, and what was added. Without the drug `without` and what stands in its
/// place.
pub(super) fn given(
    record: &SuggestionRecord,
    decided: &Standing,
    added: &[AddedDrug],
    without: Option<&str>,
) -> Vec<Given> {
    let one = |ingredient: &str, undecided: bool, as_it_is: Given| match decided.get(ingredient) {
        Some((store::DecisionKind::Rejected, _)) => None,
        Some((store::DecisionKind::Changed, to)) => to.clone().map(Given::Own),
        Some((store::DecisionKind::Accepted, _)) => Some(as_it_is),
        Some((store::DecisionKind::Withdrawn, _)) | None => undecided.then_some(as_it_is),
    };
    let listed = record.drugs.iter().map(|d| (&d.ingredient, true));
    let withheld = record.withheld.iter().map(|d| (&d.ingredient, d.current));
    let kept = |ingredient: &str| without != Some(ingredient);
    let suggested = listed.chain(withheld).filter(|(ingredient, _)| kept(ingredient));
    let suggested = suggested.filter_map(|(i, undecided)| one(i, undecided, Given::Suggested(i.clone())));
    let own = added.iter().filter(|drug| kept(&drug.ingredient));
    let own = own.filter_map(|drug| one(&drug.ingredient, true, Given::Own(drug.drug.clone())));
    suggested.chain(own).collect()
}

/// The ingredients of what is given, each once, in the order of the list.
pub(super) fn ingredients(given: &[Given], knowledge: &KnowledgeBase) -> Vec<DrugIx> {
    let mut once = Vec::new();
    for drug in given {
        if let Some(found) = drug.drug(knowledge).filter(|found| !once.contains(found)) {
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
    let decided = standing(&session.decisions(id, None)?);
    let mut given = given(&suggestion.record, &decided, &added(session, id)?, instead_of);
    given.retain(|other| other.drug(knowledge) != Some(own));
    given.push(Given::Own(drug.clone()));
    let case = session.case(suggestion.case.0, Some(suggestion.case.1))?.case;
    let regimen = Regimen::check(case, &given, &suggestion.record, knowledge)?;
    let ingredient = knowledge.ingredient(own).id().to_owned();
    let dose = dose_text(&regimen.case, knowledge, &regimen.codes, own);
    Ok(Some(AddedDrug {
        name: knowledge.ingredient(own).name().clone(),
        drug: drug.clone(),
        findings: regimen.findings_on(&ingredient).cloned().collect(),
        not_evaluated: regimen.not_evaluated.iter().filter(|n| n.drugs.contains(&ingredient)).cloned().collect(),
        dose: dose.en.zip(dose.ko).map(|(en, ko)| Bilingual { en, ko }),
        ingredient,
    }))
}

/// Everything that will be given, checked together.
pub(super) struct Regimen {
    case: Case,
    codes: Vec<DiagnosisCodes>,
    findings: Vec<Finding>,
    not_evaluated: Vec<NotEvaluated>,
}

impl Regimen {
    /// Checks each drug by itself and all beside each other, with the doses that somebody said.
    ///
    /// # Errors
    /// When a drug is none that a case could hold.
    pub(super) fn check(
        case: CaseInput,
        given: &[Given],
        record: &SuggestionRecord,
        knowledge: &KnowledgeBase,
    ) -> Result<Self, AppError> {
        let own = given.iter().filter_map(|given| match given {
            Given::Own(drug) => Some(drug.clone()),
            Given::Suggested(_) => None,
        });
        let (case, entries) = with_entries(case, own.collect())?;
        let mut entries = entries.into_iter();
        let taken = |of: DrugIx| {
            let drugs = case.patient.current_drugs.iter().flatten();
            drugs.into_iter().find(|entry| knowledge.normalise(&entry.name).drug == Some(of)).cloned()
        };
        let mut uses = Vec::new();
        for one in given {
            let said = match one {
                Given::Suggested(_) => None,
                Given::Own(_) => entries.next(),
            };
            let Some(drug) = one.drug(knowledge) else { continue };
            let taken = taken(drug);
            uses.push(DrugUse { drug, current: taken.is_some(), entry: said.or(taken), window: None });
        }
        let codes: Vec<DiagnosisCodes> = case.diagnoses.iter().map(|d| knowledge.codes(d)).collect();
        let input = CheckInput { case: &case, knowledge, codes: &codes, drugs: &uses };
        let (alone, pairs) = (check_each(&input), check_pairs(&input));
        let mut findings = finish([alone.findings, pairs.findings].concat());
        name_findings(&mut findings, record);
        Ok(Self { codes, findings, not_evaluated: [alone.not_evaluated, pairs.not_evaluated].concat(), case })
    }

    /// What concerns a drug.
    pub(super) fn findings_on(&self, ingredient: &str) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |f| f.drugs.iter().any(|drug| drug == ingredient))
    }
}

/// Names findings so that an override of one is an override of that one for ever: a finding of the record has its number
/// there, another one a name out of the drugs that it concerns and what it says.
fn name_findings(findings: &mut [Finding], record: &SuggestionRecord) {
    for finding in findings {
        let same = |f: &&Finding| f.code == finding.code && f.drugs == finding.drugs && f.message == finding.message;
        finding.id = record.findings.iter().find(same).map_or_else(
            || {
                let said = format!("{}\n{}", finding.code, finding.message.en);
                let hash = Sha256::digest(said.as_bytes());
                let short: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
                format!("{}/{short}", finding.drugs.join("+"))
            },
            |of_record| of_record.id.clone(),
        );
    }
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

/// Drugs that stand beside a suggestion.
pub(super) fn added(session: &Session, id: SuggestionId) -> Result<Vec<AddedDrug>, AppError> {
    let stored = |error: serde_json::Error| {
        AppError::Vault(bogam_vault::VaultError::Stored { what: "drug", why: error.to_string() })
    };
    let drugs = session.added_drugs(id)?.into_iter();
    drugs.map(|(_, content)| serde_json::from_value(content).map_err(stored)).collect()
}
