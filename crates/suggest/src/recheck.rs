//! A record that comes from a file: what it says is made anew, but for the probabilities.
//!
//! A file may have been made with older knowledge, for another version of the case, or by another hand. Of such a record
//! the probabilities, the evidence and the choice of drugs are taken; names, doses, reasons, findings and advice are this
//! program's own, and what must not be in the list is withheld.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::Case;
use bogam_clinical::record::{Advice, Evidence, Status, SuggestionRecord};
use bogam_knowledge::{DiagnosisCodes, DrugIx};
use bogam_safety::{DrugUse, RULES_VERSION, check_each};

use crate::advice::advice;
use crate::candidates::{Candidate, candidates};
use crate::regimen::{Ranked, Regimen, Setup, settle};
use crate::suggester::{Method, Suggester};

/// Why a record cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no answer.
    #[error("it is a record of an error, not a suggestion")]
    Error,
    /// It answers something else.
    #[error("it was made for another version of this case; run `bogam suggest` on the case as it is now")]
    OtherCase,
    /// A drug that cannot be checked.
    #[error("it names `{0}`, which the knowledge packs here do not have, so that it cannot be checked")]
    Unknown(String),
    /// A drug in two places.
    #[error("it names `{0}` twice")]
    Twice(String),
    /// A probability that is none.
    #[error("the probability of `{0}` is not between 0 and 1")]
    Probability(String),
    /// A current drug that it says nothing of.
    #[error("it says nothing of `{0}`, which the patient takes; run `bogam suggest` again")]
    Missing(String),
}

/// What a record said of a drug.
struct Said<'r> {
    ingredient: &'r str,
    probability: f64,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Listed,
    Withheld,
    Considered,
}

impl Suggester<'_> {
    /// Checks a record that was made elsewhere, and makes its texts and findings anew. Notices say `rechecked`, for each
    /// drug that had to be taken out of the list `rechecked_withheld:INGREDIENT`, and `rechecked_from:HASH` where other
    /// knowledge had made it.
    ///
    /// # Errors
    /// When the record answers another case, or holds what cannot be checked.
    pub fn recheck(
        &self,
        record: &SuggestionRecord,
        case: &Case,
        (unknown_fields, case_hash): (&[String], &str),
    ) -> Result<SuggestionRecord, Unfit> {
        if record.status != Status::Ok || record.error.is_some() {
            return Err(Unfit::Error);
        }
        if record.case_id != case.case_id || record.provenance.case != case_hash {
            return Err(Unfit::OtherCase);
        }
        let codes: Vec<DiagnosisCodes> = case.diagnoses.iter().map(|d| self.knowledge.codes(d)).collect();
        let (ranked, places) = self.read(record, case, &codes)?;
        let setup = Setup {
            case,
            knowledge: self.knowledge,
            codes: &codes,
            max_drugs: usize::MAX,
            length: 1.0,
            whole_list: true,
        };
        let given: Vec<DrugUse> = ranked.iter().map(|r| r.candidate.as_used()).collect();
        let alone = check_each(&self.input(&setup, &given));
        let critical = self.contraindicated(&ranked, &alone);
        let at = |id: &str| ranked.iter().position(|r| self.id(r.candidate.drug) == id);
        let regimen = settle(&ranked, &critical, &setup, |withheld| {
            let mut regimen = Regimen::default();
            for (at, (r, place)) in ranked.iter().zip(&places).enumerate().filter(|(at, _)| !withheld.contains(at)) {
                // What the patient takes stays in the list, unless it must not.
                if *place == Place::Listed || r.candidate.current.is_some() {
                    regimen.listed.push(at);
                }
            }
            for drug in &record.drugs {
                let Some(by) = at(&drug.ingredient).filter(|by| regimen.listed.contains(by)) else { continue };
                let others = drug.alternatives.iter().filter_map(|id| at(id));
                regimen.alternative_to.extend(others.filter(|at| !regimen.listed.contains(at)).map(|at| (at, by)));
            }
            regimen
        });
        let evidence = self.evidence(record);
        let by_model = record.provenance.method.as_deref() == Some(Method::Generate.as_str());
        let written: BTreeSet<DrugIx> =
            evidence.iter().filter(|(_, e)| by_model && e.model.is_some()).map(|(drug, _)| *drug).collect();
        let mut made = self.assemble(&ranked, &regimen, (&evidence, &written), alone.not_evaluated, &setup);
        self.say_what_is_unknown(&mut made, case, unknown_fields);
        made.notices.push("rechecked".to_owned());
        for drug in made.withheld.iter().filter(|w| record.drugs.iter().any(|d| d.ingredient == w.ingredient)) {
            made.notices.push(format!("rechecked_withheld:{}", drug.ingredient));
        }
        if record.provenance.knowledge != self.knowledge.hash() {
            made.notices.push(format!("rechecked_from:{}", record.provenance.knowledge));
        }
        for notice in &record.notices {
            if !made.notices.contains(notice) {
                made.notices.push(notice.clone());
            }
        }
        made.provenance = record.provenance.clone();
        made.provenance.knowledge = self.knowledge.hash().to_owned();
        RULES_VERSION.clone_into(&mut made.provenance.rules);
        made.timing_ms = record.timing_ms.clone();
        if record.advice.is_some() {
            let drugs: Vec<DrugIx> = made.drugs.iter().filter_map(|d| self.knowledge.find(&d.ingredient)).collect();
            let text = advice(&drugs, self.knowledge);
            // What a model wrote elsewhere passed no check here.
            made.advice = Some(Advice { en: text.en, ko: text.ko, model_written: None });
            if record.advice.as_ref().is_some_and(|a| a.model_written.is_some()) {
                made.notices.push("rechecked_paragraph_left_out".to_owned());
            }
        }
        Ok(made)
    }

    /// The drugs of a record by probability, and where each stood.
    fn read(
        &self,
        record: &SuggestionRecord,
        case: &Case,
        codes: &[DiagnosisCodes],
    ) -> Result<(Vec<Ranked<'_>>, Vec<Place>), Unfit> {
        let mut candidates: BTreeMap<DrugIx, Candidate<'_>> =
            candidates(case, self.knowledge, codes).into_iter().map(|c| (c.drug, c)).collect();
        let listed = record.drugs.iter().map(|d| (&d.ingredient, d.probability, Place::Listed));
        let withheld = record.withheld.iter().map(|d| (&d.ingredient, d.probability, Place::Withheld));
        let considered = record.considered.iter().map(|d| (&d.ingredient, d.probability, Place::Considered));
        let all = listed.chain(withheld).chain(considered);
        let mut seen = BTreeSet::new();
        let mut drugs = Vec::new();
        for said in all.map(|(ingredient, probability, place)| Said { ingredient, probability, place }) {
            let id = || said.ingredient.to_owned();
            let drug = self.knowledge.find(said.ingredient).ok_or_else(|| Unfit::Unknown(id()))?;
            if !seen.insert(drug) {
                return Err(Unfit::Twice(id()));
            }
            if !(0.0..=1.0).contains(&said.probability) {
                return Err(Unfit::Probability(id()));
            }
            let candidate = candidates.remove(&drug).unwrap_or_else(|| Candidate::other(drug));
            drugs.push((Ranked { candidate, probability: said.probability, eligible: true }, said.place));
        }
        if let Some(missing) = candidates.values().find(|c| c.current.is_some()) {
            return Err(Unfit::Missing(self.id(missing.drug).to_owned()));
        }
        drugs.sort_by(|(a, _), (b, _)| {
            b.probability.total_cmp(&a.probability).then(a.candidate.drug.cmp(&b.candidate.drug))
        });
        Ok(drugs.into_iter().unzip())
    }

    fn evidence(&self, record: &SuggestionRecord) -> BTreeMap<DrugIx, Evidence> {
        let known = record.drugs.iter().filter_map(|d| Some((self.knowledge.find(&d.ingredient)?, d.evidence.clone())));
        known.collect()
    }
}
