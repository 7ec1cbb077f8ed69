//! The encrypted store: people and their keys, cases with every version, suggestions, decisions, reviews, audit. One
//! database (SQLCipher) and beside it one small header with what must be read before there is a key.
//!
//! What must stay true, and what holds it:
//!
//! - **What a call returned from is on the disk.** Every change is one transaction with its line of the audit, synced
//!   before the call returns.
//! - **Nothing of a patient is in the clear on the disk.** Only the database and backups hold it, both encrypted.
//! - **Only the key makes a header.** Its HMAC is checked before anything in it is believed.
//! - **A damaged or strange file is not changed.** It is refused with its own message, or opened for reading only.
//!
//! The time enters from outside (`now`); keys and nonces are drawn here. Who may do what is for the caller to see to:
//! [`Vault::roles`] says which roles whoever opened the vault has.

mod additions;
mod audit;
mod backup;
mod cases;
mod connection;
mod conversations;
mod error;
mod header;
mod hex;
mod jobs;
mod key;
mod migrate;
mod open;
mod people;
mod place;
mod preferences;
mod queue;
mod rescue;
mod reviews;
mod rotate;
mod search;
mod sql;
mod suggestions;
mod vault;
mod verify;
mod walk;
mod wipe;
mod worklist;

pub use additions::{AdviceText, Confirmation};
pub use audit::{AuditFault, AuditHead, AuditLine, check_audit};
pub use backup::Backup;
pub use cases::{CaseKey, CaseStatus, CaseVersion, Draft};
pub use conversations::{Context, Conversation, ConversationId, Message, Said, Speaker};
pub use error::VaultError;
pub use jobs::{Job, JobId, JobState};
pub use key::{KdfParameters, RecoveryKey, SHORTEST_PASSPHRASE};
pub use migrate::SCHEMA;
pub use open::{Credential, names};
pub use people::{Person, PersonId, Role, Roles};
pub use preferences::Kept;
pub use queue::{Judged, ToReview};
pub use rescue::{Lost, Rescued};
pub use reviews::{Decided, Decision, DecisionKind, Override, Review, Signature, Verdict};
pub use search::{Field, Hit, SearchQuery};
pub use suggestions::{Suggestion, SuggestionId};
pub use vault::{Opening, ReadOnly, Vault};
pub use verify::{Faults, Verified};
pub use walk::{WalkFilter, Walked};
#[cfg(feature = "testing")]
pub use wipe::{Wiping, wiping};
pub use worklist::CaseJob;
