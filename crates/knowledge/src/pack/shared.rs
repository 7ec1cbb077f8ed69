//! Facts that hold for many drugs: each stands once and names its drugs.

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use serde::{Deserialize, Serialize};

use super::{Basis, Route, When};

/// What every fact of many drugs has.
pub trait DrugFact {
    /// The drugs that it holds for, each list once: ingredient ids, `class:ID`, `role:ID`.
    fn drug_lists(&self) -> Vec<(&'static str, &[String])>;
    /// The lists that must not be empty.
    fn needed(&self) -> Vec<&'static str>;
    /// Source tag.
    fn source(&self) -> &str;
    /// How it is known.
    fn basis(&self) -> Basis;
    /// How much it matters; `None` where the table says so itself.
    fn severity(&self) -> Option<Tier>;
    /// Its texts, by key.
    fn texts(&self) -> Vec<(&'static str, &Bilingual)>;
    /// ICD-10 prefixes, by key.
    fn codes(&self) -> Vec<(&'static str, &str)>;
    /// The lab that it names.
    fn lab(&self) -> Option<&str> {
        None
    }
    /// What else is wrong with it: key and message.
    fn faults(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A fact of which [`crate::facts::Facts`] keeps an index by drug.
pub trait OfDrugs: DrugFact {
    /// The drugs that it holds for.
    fn drugs(&self) -> &[String];
    /// Those that it does not hold for.
    fn except(&self) -> &[String];
    /// The routes that it holds for; empty: the usual use of the drug.
    fn routes(&self) -> &[Route];
    /// Conditions.
    fn when(&self) -> &When;
}

/// Fields that are there in every table.
macro_rules! fact {
    (
        $(#[$doc:meta])* $name:ident { $($body:tt)* }
        severity: $severity:expr; texts: $texts:expr; codes: $codes:expr; faults: $faults:expr; lab: $lab:expr;
        lists: $lists:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The drugs that it holds for: ingredient ids, `class:ID`, `role:ID`.
            pub drugs: Vec<String>,
            /// Those of them that it does not hold for.
            #[serde(default)]
            pub except: Vec<String>,
            /// The routes that it holds for; empty: the usual use of the drug.
            #[serde(default)]
            pub routes: Vec<Route>,
            /// Conditions.
            #[serde(default)]
            pub when: When,
            /// What instead.
            pub instead: Option<Bilingual>,
            /// Source tag.
            pub source: String,
            /// How it is known.
            pub basis: Basis,
            $($body)*
        }

        impl OfDrugs for $name {
            fn drugs(&self) -> &[String] {
                &self.drugs
            }
            fn except(&self) -> &[String] {
                &self.except
            }
            fn routes(&self) -> &[Route] {
                &self.routes
            }
            fn when(&self) -> &When {
                &self.when
            }
        }

        impl DrugFact for $name {
            fn drug_lists(&self) -> Vec<(&'static str, &[String])> {
                let more: fn(&Self) -> Vec<(&'static str, &[String])> = $lists;
                let mut lists = vec![("drugs", self.drugs.as_slice()), ("except", self.except.as_slice())];
                lists.extend(more(self));
                lists
            }
            fn needed(&self) -> Vec<&'static str> {
                vec!["drugs"]
            }
            fn source(&self) -> &str {
                &self.source
            }
            fn basis(&self) -> Basis {
                self.basis
            }
            fn severity(&self) -> Option<Tier> {
                let severity: fn(&Self) -> Option<Tier> = $severity;
                severity(self)
            }
            fn texts(&self) -> Vec<(&'static str, &Bilingual)> {
                let texts: fn(&Self) -> Vec<(&'static str, &Bilingual)> = $texts;
                let mut all = texts(self);
                all.extend(self.instead.iter().map(|text| ("instead", text)));
                all
            }
            fn codes(&self) -> Vec<(&'static str, &str)> {
                let codes: fn(&Self) -> Vec<(&'static str, &[String])> = $codes;
                let when = [("when", self.when.with.as_slice()), ("when", self.when.without.as_slice())];
                codes(self).into_iter().chain(when).flat_map(|(key, list)| list.iter().map(move |c| (key, c.as_str()))).collect()
            }
            fn lab(&self) -> Option<&str> {
                let lab: fn(&Self) -> Option<&str> = $lab;
                lab(self)
            }
            fn faults(&self) -> Vec<(&'static str, String)> {
                let faults: fn(&Self) -> Vec<(&'static str, String)> = $faults;
                faults(self)
            }
        }
    };
}

fn unless(bad: bool, key: &'static str, message: &str) -> Vec<(&'static str, String)> {
    if bad { vec![(key, message.to_owned())] } else { Vec::new() }
}

fn positive(value: Option<f64>) -> bool {
    value.is_none_or(|v| v.is_finite() && v > 0.0)
}

fact! {
    /// `[[condition]]`: a disease in which a drug must not, or should not, be given.
    ConditionEntry {
        /// One of the diagnoses of the case.
        pub icd10: Vec<String>,
        /// Diagnoses of earlier admissions count as well.
        #[serde(default)]
        pub history: bool,
        /// Diagnoses in which it is nevertheless right.
        #[serde(default)]
        pub unless: Vec<String>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |e| vec![("icd10", &e.icd10), ("unless", &e.unless)];
    faults: |e| unless(e.icd10.is_empty(), "icd10", "icd10 is empty: name the diagnoses");
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[route_limit]]`: a route by which a drug is never given.
    RouteLimitEntry {
        /// The routes.
        pub never: Vec<Route>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(e.never.is_empty(), "never", "never is empty: name the routes");
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[lactation]]`.
    LactationEntry {
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |_| Vec::new();
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[pregnancy_limit]]`: pregnancy, for drugs of which their own entries say nothing.
    PregnancyLimitEntry {
        /// Trimesters, 1 to 3.
        pub trimesters: Vec<u8>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(
        e.trimesters.is_empty() || e.trimesters.iter().any(|t| !(1..=3).contains(t)),
        "trimesters",
        "trimesters must name some of 1, 2, 3"
    );
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[age_limit]]`.
    AgeLimitEntry {
        /// Holds below this age, years.
        pub below: Option<f64>,
        /// Holds from this age, years.
        pub at_least: Option<f64>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(
        e.below.is_none() && e.at_least.is_none() || !positive(e.below) || !positive(e.at_least),
        "below",
        "an age limit needs `below` or `at_least` in years, above 0"
    );
    lab: |_| None;
    lists: |_| Vec::new()
}

const fn sixty_five() -> f64 {
    65.0
}

fact! {
    /// `[[elderly]]`: Beers, STOPP.
    ElderlyEntry {
        /// From this age, years.
        #[serde(default = "sixty_five")]
        pub age_min: f64,
        /// One of these diagnoses (ICD-10 prefixes) as well.
        #[serde(default)]
        pub with: Vec<String>,
        /// None of these diagnoses.
        #[serde(default)]
        pub without: Vec<String>,
        /// Given with one of these drugs as well.
        #[serde(default)]
        pub together: Vec<String>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |e| vec![("with", &e.with), ("without", &e.without)];
    faults: |e| unless(!positive(Some(e.age_min)), "age_min", "age_min is an age in years, above 0");
    lab: |_| None;
    lists: |e| vec![("together", e.together.as_slice())]
}

fact! {
    /// `[[lab_limit]]`: a result at which a drug must not, or should not, be given.
    LabLimitEntry {
        /// A `[[lab]]`, or `qtc`.
        pub lab: String,
        /// Holds above this value.
        pub above: Option<f64>,
        /// Holds below this value.
        pub below: Option<f64>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(
        e.above.is_some() == e.below.is_some(),
        "lab",
        "a lab limit needs one of `above` and `below`"
    );
    lab: |e| Some(&e.lab);
    lists: |_| Vec::new()
}

fact! {
    /// `[[monitoring]]`: a result that is expected while the drug is taken.
    MonitoringEntry {
        /// A `[[lab]]`, or `qtc`.
        pub lab: String,
        /// Not older than this.
        pub within_days: f64,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |_| None;
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(!positive(Some(e.within_days)), "within_days", "within_days is a number of days above 0");
    lab: |e| Some(&e.lab);
    lists: |_| Vec::new()
}

fact! {
    /// `[[genotype]]`.
    GenotypeEntry {
        /// The marker, or the phenotype.
        pub marker: String,
        /// Other ways of writing it.
        #[serde(default)]
        pub aliases: Vec<String>,
        /// When nothing is known, it is listed as not evaluated.
        #[serde(default)]
        pub ask: bool,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(e.marker.trim().is_empty(), "marker", "marker is empty: write it");
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[dose_limit]]`.
    DoseLimitEntry {
        /// The unit; `/kg` behind it: per kg of weight.
        pub unit: String,
        /// Most in one dose.
        pub single: Option<f64>,
        /// Most in a day.
        pub daily: Option<f64>,
        /// Most doses a day.
        pub per_day: Option<f64>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Option<Bilingual>,
    }
    severity: |e| Some(e.severity);
    texts: |e| e.reason.iter().map(|text| ("reason", text)).collect();
    codes: |_| Vec::new();
    faults: |e| {
        let none = e.single.is_none() && e.daily.is_none() && e.per_day.is_none();
        let mut faults = unless(none, "unit", "a dose limit needs one of `single`, `daily`, `per_day`");
        let bad = [e.single, e.daily, e.per_day].into_iter().any(|v| !positive(v));
        faults.extend(unless(bad, "single", "limits are above 0"));
        let unit = bogam_clinical::dose::DoseUnit::read(e.unit.trim_end_matches("/kg"));
        faults.extend(unless(unit.is_none(), "unit", "this unit of a dose is not known: mcg, mg, g, units, mmol, meq, ml"));
        faults
    };
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[duration_limit]]`.
    DurationLimitEntry {
        /// Not longer than this.
        pub days: f64,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| unless(!positive(Some(e.days)), "days", "days is a number above 0");
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[do_not_split]]`: tablets and capsules that are not split, crushed or opened.
    DoNotSplitEntry {
        /// Only when the recorded name has one of these words; empty: always.
        #[serde(default)]
        pub names: Vec<String>,
        /// How much it matters.
        pub severity: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |_| Vec::new();
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[food]]`.
    FoodEntry {
        /// What is eaten or drunk.
        pub food: Food,
        /// How much it matters.
        pub severity: Tier,
        /// What happens.
        pub effect: Bilingual,
        /// What to do.
        pub action: Bilingual,
    }
    severity: |e| Some(e.severity);
    texts: |e| vec![("effect", &e.effect), ("action", &e.action)];
    codes: |_| Vec::new();
    faults: |_| Vec::new();
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[missed_dose]]`: words for patients.
    MissedDoseEntry {
        /// What to do.
        pub text: Bilingual,
    }
    severity: |_| None;
    texts: |e| vec![("text", &e.text)];
    codes: |_| Vec::new();
    faults: |_| Vec::new();
    lab: |_| None;
    lists: |_| Vec::new()
}

fact! {
    /// `[[site_tier]]`: how much a finding matters at a site, and why it differs.
    SiteTierEntry {
        /// The code of the finding.
        pub code: String,
        /// How much it matters here.
        pub tier: Tier,
        /// Why.
        pub reason: Bilingual,
    }
    severity: |_| None;
    texts: |e| vec![("reason", &e.reason)];
    codes: |_| Vec::new();
    faults: |e| {
        let pair = e.code.starts_with("interaction.");
        let mut faults = unless(pair, "code", "what two drugs do together is said anew by an [[interaction]] of the site");
        faults.extend(unless(!e.code.contains('.'), "code", "this is no code of a finding: see docs/rules.md"));
        faults
    };
    lab: |_| None;
    lists: |_| Vec::new()
}

/// What is eaten or drunk with a drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Food {
    /// Grapefruit and its juice.
    Grapefruit,
    /// Milk and milk products.
    Dairy,
    /// Green vegetables and other food rich in vitamin K.
    VitaminK,
    /// Aged cheese, cured meat, fermented soy.
    Tyramine,
    /// Alcohol.
    Alcohol,
    /// Salt substitutes and food rich in potassium.
    Potassium,
    /// Coffee, tea, energy drinks.
    Caffeine,
    /// A meal at all.
    Meal,
}

/// `[[omission]]`: a drug that guidelines start with and that is absent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OmissionEntry {
    /// Id.
    pub id: String,
    /// One of the diagnoses of the case.
    pub icd10: Vec<String>,
    /// Conditions.
    #[serde(default)]
    pub when: When,
    /// One of these is expected.
    pub any_of: Vec<String>,
    /// Not expected beside these.
    #[serde(default)]
    pub unless_drugs: Vec<String>,
    /// Why.
    pub reason: Bilingual,
    /// Source tag.
    pub source: String,
    /// How it is known.
    pub basis: Basis,
}

impl DrugFact for OmissionEntry {
    fn drug_lists(&self) -> Vec<(&'static str, &[String])> {
        vec![("any_of", &self.any_of), ("unless_drugs", &self.unless_drugs)]
    }
    fn needed(&self) -> Vec<&'static str> {
        vec!["any_of"]
    }
    fn source(&self) -> &str {
        &self.source
    }
    fn basis(&self) -> Basis {
        self.basis
    }
    fn severity(&self) -> Option<Tier> {
        None
    }
    fn texts(&self) -> Vec<(&'static str, &Bilingual)> {
        vec![("reason", &self.reason)]
    }
    fn codes(&self) -> Vec<(&'static str, &str)> {
        let lists = [("icd10", &self.icd10), ("when", &self.when.with), ("when", &self.when.without)];
        lists.into_iter().flat_map(|(key, list)| list.iter().map(move |c| (key, c.as_str()))).collect()
    }
    fn faults(&self) -> Vec<(&'static str, String)> {
        unless(self.icd10.is_empty(), "icd10", "icd10 is empty: name the diagnoses")
    }
}

/// `[[together]]`: drugs that are harmful all together.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TogetherEntry {
    /// Id.
    pub id: String,
    /// One drug of each.
    pub sides: Vec<Vec<String>>,
    /// Those that it does not hold for.
    #[serde(default)]
    pub except: Vec<String>,
    /// What kind of harm, a word.
    pub mechanism: Option<String>,
    /// How much it matters.
    pub severity: Tier,
    /// What happens.
    pub effect: Bilingual,
    /// What to do.
    pub action: Bilingual,
    /// Source tag.
    pub source: String,
    /// How it is known.
    pub basis: Basis,
}

impl DrugFact for TogetherEntry {
    fn drug_lists(&self) -> Vec<(&'static str, &[String])> {
        self.sides.iter().map(|side| ("sides", side.as_slice())).chain([("except", self.except.as_slice())]).collect()
    }
    fn needed(&self) -> Vec<&'static str> {
        vec!["sides"]
    }
    fn source(&self) -> &str {
        &self.source
    }
    fn basis(&self) -> Basis {
        self.basis
    }
    fn severity(&self) -> Option<Tier> {
        Some(self.severity)
    }
    fn texts(&self) -> Vec<(&'static str, &Bilingual)> {
        vec![("effect", &self.effect), ("action", &self.action)]
    }
    fn codes(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }
    fn faults(&self) -> Vec<(&'static str, String)> {
        unless(self.sides.len() < 3, "sides", "drugs of which two are harmful are an [[interaction]]: name three sides")
    }
}

/// `[[role]]`: what drugs do, across classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// Its drugs.
    pub members: Vec<RoleMember>,
}

/// Some drugs of a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleMember {
    /// Ingredient ids, `class:ID`.
    pub drugs: Vec<String>,
    /// Those of them that are not meant.
    #[serde(default)]
    pub except: Vec<String>,
    /// How much each counts in a sum.
    #[serde(default = "one")]
    pub weight: u32,
    /// Members of one group count once.
    #[serde(default)]
    pub group: String,
    /// Source tag.
    pub source: String,
    /// How it is known.
    pub basis: Basis,
}

const fn one() -> u32 {
    1
}

/// `[[lab]]`: a laboratory result that rules read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabEntry {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// LOINC codes.
    #[serde(default)]
    pub loinc: Vec<String>,
    /// Whole names, lower case.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The unit of limits.
    pub unit: String,
    /// Other units, lower case: a value times the factor is in `unit`.
    #[serde(default)]
    pub units: std::collections::BTreeMap<String, f64>,
    /// Outside of this a result is not believed.
    pub plausible: Option<(f64, f64)>,
    /// An older result is not evaluated.
    #[serde(default = "a_week")]
    pub valid_days: f64,
}

const fn a_week() -> f64 {
    7.0
}

/// Calls a macro with the tables of facts that are indexed by drug: field, table, type.
macro_rules! for_each_fact_table {
    ($then:ident) => {
        $then! {
            condition: ConditionEntry,
            route_limit: RouteLimitEntry,
            lactation: LactationEntry,
            pregnancy_limit: PregnancyLimitEntry,
            age_limit: AgeLimitEntry,
            elderly: ElderlyEntry,
            lab_limit: LabLimitEntry,
            monitoring: MonitoringEntry,
            genotype: GenotypeEntry,
            dose_limit: DoseLimitEntry,
            duration_limit: DurationLimitEntry,
            do_not_split: DoNotSplitEntry,
            food: FoodEntry,
            missed_dose: MissedDoseEntry,
            site_tier: SiteTierEntry,
        }
    };
}
pub(crate) use for_each_fact_table;
