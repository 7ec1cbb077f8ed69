//! Which drugs come into question for a case, and what the knowledge base makes of each.

use std::collections::BTreeMap;

use bogam_clinical::case::{Case, DrugEntry, Setting};
use bogam_clinical::record::{IndicationFor, Strength};
use bogam_knowledge::pack::UseShare;
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase, MatchedIndication};
use bogam_safety::DrugUse;

/// A drug that comes into question.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'k> {
    /// The drug.
    pub drug: DrugIx,
    /// Indications that the case meets.
    pub indications: Vec<MatchedIndication<'k>>,
    /// Recorded as taken now.
    pub current: Option<DrugEntry>,
    /// Its indications hold on a ward only, and this is none.
    pub other_setting: bool,
    /// Of such patients, the share that is given it, by the knowledge base alone; `None` when it has no indication.
    pub share: Option<f64>,
}

impl Candidate<'_> {
    /// A drug that comes into question for another reason than the knowledge base or being taken.
    pub(crate) const fn other(drug: DrugIx) -> Self {
        Self { drug, indications: Vec::new(), current: None, other_setting: false, share: None }
    }

    /// As the checks take it.
    pub(crate) fn as_used(&self) -> DrugUse {
        DrugUse { drug: self.drug, entry: self.current.clone(), current: self.current.is_some(), window: None }
    }

    /// The indication that speaks for it most: the most common use, then the strongest.
    pub(crate) fn main_indication(&self) -> Option<&MatchedIndication<'_>> {
        self.indications.iter().min_by_key(|m| (std::cmp::Reverse(m.entry.share), m.entry.strength, m.diagnosis))
    }

    /// Given for comfort or hospital routine only: no diagnosis of the case asks for it.
    pub(crate) fn supportive(&self) -> bool {
        !self.indications.is_empty()
            && self.indications.iter().all(|m| m.diagnosis.is_none() || m.entry.strength == Strength::Supportive)
    }

    /// The diagnoses that it is for, by strength, each once.
    pub(crate) fn indicated_for(&self, case: &Case) -> Vec<IndicationFor> {
        let mut best: BTreeMap<usize, Strength> = BTreeMap::new();
        for m in &self.indications {
            if let Some(at) = m.diagnosis {
                let strength = best.entry(at).or_insert(m.entry.strength);
                *strength = (*strength).min(m.entry.strength);
            }
        }
        let mut list: Vec<(Strength, usize)> = best.into_iter().map(|(at, strength)| (strength, at)).collect();
        list.sort_unstable();
        list.into_iter()
            .filter_map(|(strength, at)| Some(IndicationFor { code: case.diagnoses.get(at)?.dotted(), strength }))
            .collect()
    }
}

/// The middle of each band of use, as a share.
pub(crate) const fn share_of(band: UseShare) -> f64 {
    match band {
        UseShare::Rare => 0.01,
        UseShare::Few => 0.045,
        UseShare::Some => 0.15,
        UseShare::Often => 0.40,
        UseShare::Most => 0.70,
    }
}

/// The share of patients with several reasons for a drug, each counted as if alone: `1 - Π(1 - share)` over the entries
/// of the knowledge base (an entry that several diagnoses meet counts once).
fn combined_share(indications: &[MatchedIndication<'_>]) -> Option<f64> {
    let mut entries: Vec<_> = indications.iter().map(|m| m.entry).collect();
    entries.dedup_by(|a, b| std::ptr::eq(*a, *b));
    let without: f64 = entries.iter().map(|e| 1.0 - share_of(e.share)).product();
    (!entries.is_empty()).then_some(1.0 - without)
}

/// All candidates, in order of drug. Supportive hospital drugs belong to a stated inpatient only; an unknown setting is
/// none.
pub(crate) fn candidates<'k>(
    case: &Case,
    knowledge: &'k KnowledgeBase,
    codes: &[DiagnosisCodes],
) -> Vec<Candidate<'k>> {
    let mut here = case.clone();
    here.admission.setting = Some(case.admission.setting.unwrap_or(Setting::Outpatient));
    let mut on_a_ward = case.clone();
    on_a_ward.admission.setting = Some(Setting::Inpatient);
    let mut current: BTreeMap<DrugIx, DrugEntry> = BTreeMap::new();
    for entry in case.patient.current_drugs.iter().flatten() {
        if let Some(drug) = knowledge.normalise(&entry.name).drug {
            current.entry(drug).or_insert_with(|| entry.clone());
        }
    }
    let ward = case.admission.setting == Some(Setting::Inpatient);
    let mut found = Vec::new();
    for drug in knowledge.drugs() {
        let mut indications = knowledge.indications(drug, &here, codes);
        let all = indications.len();
        if !ward {
            indications.retain(|m| m.diagnosis.is_some() && m.entry.strength != Strength::Supportive);
        }
        let other_setting = indications.is_empty()
            && (all > 0 || (!ward && !knowledge.indications(drug, &on_a_ward, codes).is_empty()));
        let current = current.remove(&drug);
        if indications.is_empty() && !other_setting && current.is_none() {
            continue;
        }
        let share = combined_share(&indications);
        found.push(Candidate { drug, indications, current, other_setting, share });
    }
    found
}
