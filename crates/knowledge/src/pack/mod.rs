//! The tables of a pack file as they stand in TOML. See `assets/knowledge/README.md`.

use bogam_clinical::case::{ChildPugh, Setting, Sex};
use bogam_clinical::record::{Strength, Tier};
use bogam_clinical::text::Bilingual;
use serde::{Deserialize, Serialize};

mod shared;

pub(crate) use shared::for_each_fact_table;
pub use shared::{
    AgeLimitEntry, ConditionEntry, DoNotSplitEntry, DoseLimitEntry, DrugFact, DurationLimitEntry, ElderlyEntry, Food,
    FoodEntry, GenotypeEntry, LabEntry, LabLimitEntry, LactationEntry, MissedDoseEntry, MonitoringEntry, OfDrugs,
    OmissionEntry, PregnancyLimitEntry, RoleEntry, RoleMember, RouteLimitEntry, SiteTierEntry, TogetherEntry,
};

/// `[pack]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackInfo {
    /// Name.
    pub id: String,
    /// Version.
    pub version: String,
    /// Date of the last review, `2026-11-20`.
    pub reviewed: String,
    /// Date after which it is shown as expired.
    pub expires: String,
    /// Who approved it.
    pub approved_by: String,
}

/// How a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The document was open.
    Read,
    /// Common professional knowledge.
    Recalled,
    /// Recalled alike by two people independently.
    RecalledTwice,
}

impl Basis {
    /// Whether a critical finding may stand on it.
    #[must_use]
    pub const fn carries_critical(self) -> bool {
        matches!(self, Self::Read | Self::RecalledTwice)
    }
}

/// `[[source]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Tag.
    pub id: String,
    /// Full title.
    pub title: String,
    /// Kind of document.
    pub kind: String,
}

/// What two drugs of one class are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicate {
    /// A duplicate.
    Warning,
    /// Often meant.
    Note,
    /// Nothing to say.
    Allowed,
}

/// `[[class]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassEntry {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// What two of them are.
    pub duplicate: Duplicate,
}

/// `[[purpose]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeEntry {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// Purposes that are served along with it.
    #[serde(default)]
    pub covers: Vec<String>,
}

/// What an allergy to one member of a group means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BetweenMembers {
    /// Nothing: the group counts only when a record names it.
    None,
    /// Be aware.
    Note,
    /// Only with a plan.
    #[default]
    Warning,
    /// Contraindicated.
    Critical,
}

/// `[[allergy_group]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllergyGroupEntry {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// What a record may call it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What an allergy to one member means for the others.
    #[serde(default)]
    pub between_members: BetweenMembers,
}

/// `[[cross_reactivity]]`: from a group or ingredient to a group or ingredient.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossReactivityEntry {
    /// Group or ingredient of the recorded allergy.
    pub from: String,
    /// Group or ingredient of the drug.
    pub to: String,
    /// How much it matters.
    pub severity: Tier,
    /// Counts only when the recorded reaction was severe.
    #[serde(default)]
    pub only_severe: bool,
    /// Why.
    pub reason: Bilingual,
    /// Source tag.
    pub source: String,
    /// How it is known.
    pub basis: Basis,
}

/// `[[allergen]]`: recognised, concerns no drug here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllergenEntry {
    /// Name.
    pub name: Bilingual,
    /// What a record may call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// How bad a reaction is, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactionGrade {
    /// A side effect, not an allergy.
    Intolerance,
    /// An allergic reaction.
    Moderate,
    /// Anaphylaxis and the like.
    Severe,
}

/// `[[reaction]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReactionEntry {
    /// Words, lower case.
    pub words: Vec<String>,
    /// What they mean.
    pub grade: ReactionGrade,
}

/// `[[ingredient]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngredientEntry {
    /// Id: lower-case US name; combinations joined by ` / `.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// ATC codes.
    pub atc: Vec<String>,
    /// Class id.
    pub class: String,
    /// Routes.
    pub routes: Vec<Route>,
    /// Other generic names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Brand names.
    #[serde(default)]
    pub brands: Vec<String>,
    /// Parts of a combination.
    #[serde(default)]
    pub components: Vec<String>,
    /// Allergy group ids.
    #[serde(default)]
    pub allergy_groups: Vec<String>,
    /// Narrow therapeutic index.
    #[serde(default)]
    pub narrow_therapeutic_index: bool,
    /// Source of what names none.
    pub source: String,
    /// Basis of what names none.
    pub basis: Basis,
    /// Indications.
    #[serde(default)]
    pub indication: Vec<IndicationEntry>,
    /// Usual adult dose.
    pub dose: Option<DoseEntry>,
    /// Bands of renal function.
    #[serde(default)]
    pub renal: Vec<RenalBand>,
    /// On dialysis.
    pub dialysis: Option<DialysisEntry>,
    /// Liver impairment.
    #[serde(default)]
    pub hepatic: Vec<HepaticEntry>,
    /// Pregnancy.
    #[serde(default)]
    pub pregnancy: Vec<PregnancyEntry>,
    /// Words for the patient.
    pub counselling: Option<Counselling>,
}

/// Routes of administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Route {
    /// By mouth.
    Po,
    /// Intravenous.
    Iv,
    /// Intramuscular.
    Im,
    /// Subcutaneous.
    Sc,
    /// Sublingual or buccal.
    Sl,
    /// Rectal.
    Pr,
    /// Inhaled.
    Inh,
    /// Nebulised.
    Neb,
    /// On the skin.
    Top,
    /// Transdermal.
    Td,
    /// Nasal.
    Nas,
    /// Eye.
    Oph,
    /// Ear.
    Ot,
    /// Vaginal.
    Vag,
    /// Intrathecal.
    Intrathecal,
}

/// Of inpatients with the diagnosis, how many get the drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseShare {
    /// Under 2 %.
    Rare,
    /// 2 to 8 %.
    Few,
    /// 8 to 25 %.
    Some,
    /// 25 to 60 %.
    Often,
    /// Over 60 %.
    Most,
}

/// `[[ingredient.indication]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicationEntry {
    /// ICD-10 prefixes with dot; empty for whatever diagnosis.
    pub icd10: Vec<String>,
    /// How strongly.
    pub strength: Strength,
    /// Purpose id.
    pub purpose: String,
    /// How commonly.
    #[serde(rename = "use")]
    pub share: UseShare,
    /// Conditions.
    #[serde(default)]
    pub when: When,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// Conditions that a rule can read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// At least so old.
    pub age_min: Option<f64>,
    /// At most so old.
    pub age_max: Option<f64>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Pregnant or surely not.
    pub pregnant: Option<bool>,
    /// One of these diagnoses (ICD-10 prefixes) as well.
    pub with: Vec<String>,
    /// None of these diagnoses.
    pub without: Vec<String>,
    /// Only in these settings.
    pub setting: Vec<Setting>,
    /// Only for the main diagnosis, the first by rank.
    pub main: bool,
}

/// What a dose depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DoseNeed {
    /// Renal function.
    Renal,
    /// Hepatic function.
    Hepatic,
    /// Weight.
    Weight,
}

/// `[ingredient.dose]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseEntry {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
    /// What it depends on.
    #[serde(default)]
    pub needs: Vec<DoseNeed>,
    /// Set by INR.
    #[serde(default)]
    pub start_by_inr: bool,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// What to do in a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Do not give.
    Avoid,
    /// Another dose.
    Reduce,
    /// Watch.
    Caution,
    /// No change.
    None,
}

/// A measure of renal function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RenalMeasure {
    /// Creatinine clearance by Cockcroft-Gault, mL/min.
    Crcl,
    /// GFR, mL/min/1.73 m2.
    Egfr,
}

/// `[[ingredient.renal]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenalBand {
    /// By which measure.
    pub measure: RenalMeasure,
    /// From, inclusive.
    #[serde(default)]
    pub at_least: f64,
    /// To, exclusive.
    pub below: f64,
    /// What to do.
    pub action: Action,
    /// How much it matters.
    pub severity: Tier,
    /// Dose in the band.
    pub dose: Option<Bilingual>,
    /// Why.
    pub reason: Option<Bilingual>,
    /// What instead.
    pub instead: Option<Bilingual>,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// `[ingredient.dialysis]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialysisEntry {
    /// What to do.
    pub action: Action,
    /// How much it matters; needed unless nothing changes.
    pub severity: Option<Tier>,
    /// Dose on dialysis.
    pub dose: Option<Bilingual>,
    /// Why.
    pub reason: Option<Bilingual>,
    /// What instead.
    pub instead: Option<Bilingual>,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// `[[ingredient.hepatic]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HepaticEntry {
    /// Child-Pugh classes.
    pub child_pugh: Vec<ChildPugh>,
    /// What to do.
    pub action: Action,
    /// How much it matters.
    pub severity: Tier,
    /// Dose in these classes.
    pub dose: Option<Bilingual>,
    /// Why.
    pub reason: Option<Bilingual>,
    /// What instead.
    pub instead: Option<Bilingual>,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// `[[ingredient.pregnancy]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PregnancyEntry {
    /// Trimesters, 1 to 3.
    pub trimesters: Vec<u8>,
    /// How much it matters.
    pub severity: Tier,
    /// Why.
    pub reason: Bilingual,
    /// What instead.
    pub instead: Option<Bilingual>,
    /// Diagnoses (ICD-10 prefixes) in which it is nevertheless right.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// `[ingredient.counselling]`: words for patients.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counselling {
    /// What it is for.
    #[serde(rename = "for")]
    pub purpose: Bilingual,
    /// How to take it.
    pub how: Option<Bilingual>,
    /// What to watch.
    #[serde(default)]
    pub watch: Vec<Bilingual>,
    /// When to come back at once.
    #[serde(default)]
    pub urgent: Vec<Bilingual>,
    /// Source tag.
    pub source: Option<String>,
    /// Basis.
    pub basis: Option<Basis>,
}

/// How soon an interaction shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Onset {
    /// Within a day.
    Rapid,
    /// Later.
    Delayed,
}

/// How well an interaction is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Studies or many cases.
    Established,
    /// Cases and a mechanism.
    Probable,
    /// A mechanism.
    Theoretical,
}

/// The most that may be given of a drug beside another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseCeiling {
    /// Ingredient id.
    pub drug: String,
    /// Most in a day.
    pub daily: f64,
    /// Its unit.
    pub unit: String,
}

/// `[[interaction]]`: every `a` with every `b`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InteractionEntry {
    /// Ingredient ids, `class:ID`, `role:ID`.
    pub a: Vec<String>,
    /// The other side.
    pub b: Vec<String>,
    /// Drugs taken out of both sides.
    #[serde(default)]
    pub except: Vec<String>,
    /// What kind of harm or mechanism, a word.
    pub mechanism: Option<String>,
    /// Critical when the dose of one of the drugs is above this.
    pub critical_above: Option<DoseCeiling>,
    /// Diagnoses (ICD-10 prefixes) whose treatment the pair belongs to: then at most a warning.
    #[serde(default)]
    pub expected_in: Vec<String>,
    /// How soon.
    pub onset: Option<Onset>,
    /// How well it is documented.
    pub evidence: Option<Evidence>,
    /// How much it matters.
    pub severity: Tier,
    /// What happens.
    pub effect: Bilingual,
    /// What to do.
    pub action: Bilingual,
    /// Source tag.
    pub source: String,
    /// Basis.
    pub basis: Basis,
}

/// `[[icd9]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Icd9Entry {
    /// Prefix without dot; `?` is one digit.
    pub code: String,
    /// ICD-10 prefixes with dot.
    pub icd10: Vec<String>,
}

/// `[[diagnosis]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisEntry {
    /// ICD-10 prefix with dot.
    pub icd10: String,
    /// Name.
    pub name: Bilingual,
}

/// `[[not_drug]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotDrugEntry {
    /// What it is.
    pub kind: String,
    /// Whole names.
    #[serde(default)]
    pub names: Vec<String>,
    /// Phrases that alone make an order no drug.
    #[serde(default)]
    pub contains: Vec<String>,
}

/// `[[local_name]]`: what a site calls an ingredient of the packs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalNameEntry {
    /// The name. One that the packs know already must mean this ingredient.
    pub name: String,
    /// Ingredient id.
    pub ingredient: String,
    /// The site's code of the drug: as good as a name, as a whole only.
    pub code: Option<String>,
}
