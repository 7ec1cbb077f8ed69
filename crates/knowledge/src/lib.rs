//! Knowledge packs to one indexed structure: formulary, names, indications, interactions, dosing.
//!
//! [`KnowledgeBase::from_files`] parses bytes that the application read; nothing here touches a file, a clock or a
//! model. The format of the packs stands in `assets/knowledge/README.md`; every fault is reported with file and line.

mod allergens;
mod base;
pub mod facts;
mod icd;
pub mod import;
mod indications;
mod interactions;
mod labs;
mod load;
mod names;
pub mod pack;
mod search;

pub use allergens::{Allergen, CrossReactivity, Grade};
pub use base::{Class, DrugIx, Ingredient, KnowledgeBase, Omission, Purpose, Together};
pub use icd::{DiagnosisCodes, IcdTitle, has_prefix};
pub use indications::MatchedIndication;
pub use interactions::InteractionFact;
pub use labs::{LabReading, Unusable};
pub use load::{PackError, PackFault, PackFile};
pub use names::Normalised;
pub use search::{DiagnosisHit, DiagnosisSearch};
