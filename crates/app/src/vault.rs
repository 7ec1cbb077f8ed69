//! Work in the vault: every use case asks for its role first, under the command line and the window alike.
//!
//! A [`Session`] is an open vault and whoever opened it. Nothing else in this program reaches into a vault. The time is
//! given with each call.

mod add;
mod columns;
mod deidentify;
mod desk;
mod export;
mod import;
mod records;
mod replaced;
mod roles;
mod search;

use std::path::{Path, PathBuf};

use bogam_clinical::input::CaseInput;
use bogam_clinical::record::SuggestionRecord;
use bogam_vault::{
    AdviceText, AuditHead, AuditLine, Backup, CaseJob, CaseKey, CaseStatus, CaseVersion, Confirmation, Conversation,
    ConversationId, Credential, Decided, Decision, Draft, Hit, Job, JobId, JobState, Judged, Kept, Message, Opening,
    Override, Person, PersonId, ReadOnly, RecoveryKey, Rescued, Review, Roles, Said, Signature, Suggestion,
    SuggestionId, ToReview, Vault, VaultError, Verified,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub use add::{AddRequest, Added};
pub use bogam_vault as store;
pub use columns::{COLUMNS, Column, MARK, table as columns_table};
pub use desk::{Desk, LockCause, Moment};
pub use export::{ExportRequest, Exported};
pub use import::{ImportedReviews, ReviewFault};
pub use records::{DecisionRecord, audit_heads};
pub(crate) use replaced::{drug_name, kept, replacement};
pub use roles::UseCase;
pub use search::SearchRequest;

use crate::error::AppError;

/// What a second program is told has the vault open.
const PROGRAM: &str = concat!("Bogam ", env!("CARGO_PKG_VERSION"));

/// Minutes without a key or a movement after which the window locks, unless a site says otherwise.
pub const IDLE_MINUTES: u64 = 5;

/// An open vault, and whoever opened it.
#[derive(Debug)]
pub struct Session {
    vault: Vault,
}

/// How a vault is.
#[derive(Debug, Clone, Serialize)]
pub struct VaultStatus {
    /// The database.
    pub path: PathBuf,
    /// Who opened it; null for the recovery key.
    pub person: Option<String>,
    /// What they may do.
    pub roles: Roles,
    /// Cases by how far they are.
    pub cases: Vec<(CaseStatus, u64)>,
    /// People who can open it.
    pub people: usize,
    /// Suggestions that were cut off.
    pub interrupted: usize,
    /// Code of why it is open for reading only; null when it is not.
    pub read_only: Option<&'static str>,
    /// That in words.
    pub read_only_text: Option<String>,
    /// Why the header is behind the audit; null when it is not.
    pub header_behind: Option<String>,
    /// Whether something that was read did not hold: nothing is written from then on.
    pub damaged: bool,
    /// The last line of the audit.
    pub audit: AuditHead,
}

impl VaultStatus {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.path.display());
        if let Some(why) = &self.read_only_text {
            text.push_str(&format!("open for reading only: {why}\n"));
        }
        let person = self.person.as_deref().unwrap_or("(recovery key)");
        let roles: Vec<&str> = self.roles.iter().map(|r| r.word()).collect();
        text.push_str(&format!("{person}: {}\n", roles.join(", ")));
        let cases: Vec<String> = self.cases.iter().map(|(status, n)| format!("{n} {}", status.word())).collect();
        let total: u64 = self.cases.iter().map(|(_, n)| n).sum();
        text.push_str(&format!("{total} cases ({})\n", cases.join(", ")));
        text.push_str(&format!("{} people, {} interrupted jobs\n", self.people, self.interrupted));
        if self.damaged {
            text.push_str("a part of the file is damaged, and nothing is written any more: run verify\n");
        }
        if let Some(why) = &self.header_behind {
            text.push_str(&format!("the header is behind the audit: {why}\n"));
        }
        text.push_str(&format!("audit: {} lines\n", self.audit.sequence));
        text
    }
}

impl Session {
    /// Makes a vault. The first person holds all roles; the recovery key is handed out here and never again.
    ///
    /// # Errors
    /// When something is there already, the name or passphrase will not do, or the folder cannot be written to.
    pub fn create(
        path: &Path,
        person: &str,
        passphrase: &str,
        now: Timestamp,
    ) -> Result<(Self, RecoveryKey), AppError> {
        let (vault, recovery) = Vault::create(path, person, passphrase, Opening::new(PROGRAM, now))?;
        Ok((Self { vault }, recovery))
    }

    /// Opens a vault.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open(path: &Path, credential: Credential<'_>, now: Timestamp) -> Result<Self, AppError> {
        Ok(Self { vault: Vault::open(path, credential, Opening::new(PROGRAM, now))? })
    }

    /// A session of a vault that was opened otherwise, as tests do.
    #[must_use]
    pub const fn of(vault: Vault) -> Self {
        Self { vault }
    }

    /// Closes the vault: its keys are wiped.
    ///
    /// # Errors
    /// When the log could not be folded into the file; nothing is lost then.
    pub fn close(self) -> Result<(), AppError> {
        Ok(self.vault.close()?)
    }

    /// Makes a vault of a backup, with everything checked before it is in its place. Whoever has a passphrase of the
    /// backup's time may.
    ///
    /// # Errors
    /// As [`Vault::restore`].
    pub fn restore(
        from: &Path,
        to: &Path,
        credential: Credential<'_>,
        now: Timestamp,
    ) -> Result<(Self, Verified), AppError> {
        let (vault, verified) = Vault::restore(from, to, credential, Opening::new(PROGRAM, now))?;
        Ok((Self { vault }, verified))
    }

    /// Brings what can be read of a damaged vault into a new one.
    ///
    /// # Errors
    /// As [`Vault::rescue`].
    pub fn rescue(
        from: &Path,
        to: &Path,
        credential: Credential<'_>,
        now: Timestamp,
    ) -> Result<(Self, Rescued), AppError> {
        let (vault, rescued) = Vault::rescue(from, to, credential, Opening::new(PROGRAM, now))?;
        Ok((Self { vault }, rescued))
    }

    /// Writes a damaged or missing header anew from its copy. The damaged one is kept beside it.
    ///
    /// # Errors
    /// When whoever opens the vault is no administrator; otherwise as [`Vault::repair_header`].
    pub fn repair_header(path: &Path, credential: Credential<'_>, now: Timestamp) -> Result<Self, AppError> {
        // Opened for reading first: who may repair is known only with the key.
        let reading = Self { vault: Vault::open(path, credential, Opening::new(PROGRAM, now).read_only())? };
        reading.may(UseCase::ManageKeys)?;
        drop(reading);
        Ok(Self { vault: Vault::repair_header(path, credential, Opening::new(PROGRAM, now))? })
    }

    /// The roles as they are now.
    ///
    /// # Errors
    /// When the vault cannot be read.
    pub fn roles(&self) -> Result<Roles, AppError> {
        Ok(self.vault.roles()?)
    }

    /// Who opened the vault.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.vault.person()
    }

    /// Why the vault is open for reading only.
    #[must_use]
    pub const fn read_only(&self) -> Option<&ReadOnly> {
        self.vault.read_only()
    }

    /// Whether whoever opened the vault may do this: asked of the vault each time, so that a role that was taken away
    /// holds no longer.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] when they may not.
    pub fn may(&self, what: UseCase) -> Result<(), AppError> {
        if what.is_for(&self.vault.roles()?) { Ok(()) } else { Err(AppError::Forbidden { what }) }
    }

    fn by(&self, what: UseCase) -> Result<&Vault, AppError> {
        self.may(what)?;
        Ok(&self.vault)
    }

    /// How the vault is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn status(&self) -> Result<VaultStatus, AppError> {
        let vault = self.by(UseCase::Verify)?;
        let people = vault.people()?;
        let own = people.iter().find(|p| p.id == vault.person()).map(|p| p.name.clone());
        let why = vault.read_only();
        Ok(VaultStatus {
            path: vault.path().to_owned(),
            person: own,
            roles: vault.roles()?,
            cases: vault.count_by_status()?,
            people: people.iter().filter(|p| p.removed.is_none()).count(),
            interrupted: vault.jobs(JobState::Interrupted)?.len(),
            read_only: why.map(ReadOnly::code),
            read_only_text: why.map(ToString::to_string),
            header_behind: vault.header_behind(),
            damaged: vault.damaged(),
            audit: vault.audit_head()?,
        })
    }
}

/// A use case that is one call of the vault, behind its role.
macro_rules! calls {
    ($($(#[$doc:meta])* $what:ident: fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty;)+) => {
        impl Session {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When the role is missing; otherwise as the vault's own function of this name.
                pub fn $name(&self, $($arg: $type),*) -> Result<$result, AppError> {
                    Ok(self.by(UseCase::$what)?.$name($($arg),*)?)
                }
            )+
        }
    };
}

calls! {
    /// Saves a case, as a new one or a new version.
    SaveCases: fn save_case(case: &CaseInput, now: Timestamp) -> (CaseKey, u32);
    /// Keeps an own draft.
    SaveCases: fn save_draft(draft: &str, content: &Value, now: Timestamp) -> ();
    /// Throws an own draft away.
    SaveCases: fn discard_draft(draft: &str, now: Timestamp) -> ();
    /// Own drafts.
    SaveCases: fn drafts() -> Vec<Draft>;
    /// A case by its identifier.
    Read: fn find_case(case_id: &str) -> CaseKey;
    /// A version of a case.
    Read: fn case(key: CaseKey, version: Option<u32>) -> CaseVersion;
    /// A case as a search would find it.
    Read: fn hit(key: CaseKey) -> Hit;
    /// Versions of a case, the newest first.
    Read: fn versions(key: CaseKey) -> Vec<(u32, Timestamp, PersonId)>;
    /// The newest job of a case.
    Read: fn newest_job(key: CaseKey) -> Option<CaseJob>;
    /// A suggestion.
    Read: fn suggestion(id: SuggestionId) -> Suggestion;
    /// Suggestions for a case, the newest first.
    Read: fn suggestions_of(key: CaseKey) -> Vec<SuggestionId>;
    /// Decisions that stand, or stood under a signature.
    Read: fn decisions(id: SuggestionId, version: Option<u32>) -> Vec<Decided>;
    /// Signatures under a suggestion.
    Read: fn signatures(id: SuggestionId) -> Vec<Signature>;
    /// Overrides of findings.
    Read: fn overrides(id: SuggestionId) -> Vec<(Override, Timestamp, PersonId)>;
    /// Reviews of a suggestion.
    Read: fn reviews(id: SuggestionId) -> Vec<(Review, Timestamp, PersonId)>;
    /// Enters a job.
    Suggest: fn add_job(kind: &str, case: Option<(CaseKey, u32)>, now: Timestamp) -> JobId;
    /// Says how far a job is.
    Suggest: fn set_job(id: JobId, state: JobState, reason: Option<&str>, now: Timestamp) -> ();
    /// Jobs in a state.
    Suggest: fn jobs(state: JobState) -> Vec<Job>;
    /// Saves a suggestion with everything that belongs to it, and ends its job.
    Suggest: fn save_suggestion(case: (CaseKey, u32), record: &SuggestionRecord, job: Option<JobId>, now: Timestamp) -> SuggestionId;
    /// Decides on a drug.
    Decide: fn decide(id: SuggestionId, decision: &Decision, now: Timestamp) -> ();
    /// Decides on drugs, all in one transaction.
    Decide: fn decide_all(id: SuggestionId, decisions: (&[Decision], &[Override]), now: Timestamp) -> ();
    /// Puts a drug beside a suggestion, or takes it out again.
    Decide: fn add_drug(id: SuggestionId, drug: (&str, Option<&Value>, &[Override]), now: Timestamp) -> ();
    /// Drugs that stand beside a suggestion.
    Read: fn added_drugs(id: SuggestionId) -> Vec<(String, Value)>;
    /// Keeps advice in a clinician's words.
    Decide: fn save_advice(id: SuggestionId, lang: &str, text: &str, now: Timestamp) -> ();
    /// Advice in a clinician's words.
    Read: fn advice(id: SuggestionId, lang: &str) -> Option<AdviceText>;
    /// When the drugs that will be given changed last.
    Read: fn regimen_changed_at(id: SuggestionId) -> Option<Timestamp>;
    /// Says that the advice as it stands was read and may be handed out.
    Decide: fn confirm_advice(id: SuggestionId, with_model_written: bool, now: Timestamp) -> ();
    /// The confirmation of the advice as it stands.
    Read: fn confirmation(id: SuggestionId) -> Option<Confirmation>;
    /// Overrides a finding, with a reason.
    Decide: fn save_override(id: SuggestionId, what: &Override, now: Timestamp) -> ();
    /// Signs the decisions.
    Sign: fn sign(id: SuggestionId, now: Timestamp) -> Signature;
    /// Says what to think of suggested drugs.
    Review: fn save_reviews(reviews: &[(SuggestionId, Review)], now: Timestamp) -> ();
    /// Suggestions to be reviewed, and how many there are.
    Review: fn review_queue(after: Option<SuggestionId>, limit: usize, undone: bool) -> (Vec<ToReview>, u64);
    /// Judgements of all reviewers that stand.
    Review: fn judgements() -> Vec<Judged>;
    /// Begins a conversation.
    Converse: fn begin_conversation(case: Option<CaseKey>, now: Timestamp) -> ConversationId;
    /// Adds a message to an own conversation.
    Converse: fn say(id: ConversationId, what: &Said<'_>, now: Timestamp) -> u32;
    /// Own conversations about a case, or about none.
    Converse: fn conversations(case: Option<CaseKey>) -> Vec<Conversation>;
    /// An own conversation.
    Converse: fn conversation(id: ConversationId) -> Conversation;
    /// Messages of an own conversation.
    Converse: fn messages(id: ConversationId) -> Vec<Message>;
    /// Everybody.
    KeepOwn: fn people() -> Vec<Person>;
    /// Adds a person.
    ManagePeople: fn add_person(name: &str, passphrase: &str, roles: &Roles, now: Timestamp) -> PersonId;
    /// Removes a person.
    ManagePeople: fn remove_person(id: PersonId, now: Timestamp) -> ();
    /// Renames a person.
    ManagePeople: fn rename_person(id: PersonId, name: &str, now: Timestamp) -> ();
    /// Gives a person other roles.
    ManagePeople: fn set_roles(id: PersonId, roles: &Roles, now: Timestamp) -> ();
    /// Sets the passphrase of somebody who lost theirs.
    ManagePeople: fn reset_passphrase(id: PersonId, new: &str, now: Timestamp) -> ();
    /// Changes the own passphrase.
    KeepOwn: fn change_passphrase(present: &str, new: &str, now: Timestamp) -> ();
    /// Draws a new recovery key.
    ManageKeys: fn renew_recovery_key(now: Timestamp) -> RecoveryKey;
    /// Writes a backup.
    Backup: fn backup(to: &Path, now: Timestamp) -> Backup;
    /// Writes a backup into a folder, and removes the oldest beyond a number.
    Backup: fn backup_into(folder: &Path, keep: usize, now: Timestamp) -> Backup;
    /// Checks every page, reference and line of the audit, and the header.
    Verify: fn verify(kept: &[AuditHead]) -> Verified;
    /// The last line of the audit.
    ReadAudit: fn audit_head() -> AuditHead;
    /// Hands out every line of the audit.
    ReadAudit: fn audit(line: &mut dyn FnMut(AuditLine)) -> ();
}

impl Session {
    /// Draws a new database key and encrypts everything anew.
    ///
    /// # Errors
    /// When the role is missing; otherwise as [`Vault::rotate`].
    pub fn rotate(&mut self, now: Timestamp) -> Result<(), AppError> {
        self.may(UseCase::ManageKeys)?;
        Ok(self.vault.rotate(now)?)
    }

    /// Whether this is the recovery key of the vault.
    ///
    /// # Errors
    /// When the role is missing.
    pub fn is_recovery_key(&self, key: &RecoveryKey) -> Result<bool, AppError> {
        Ok(self.by(UseCase::ManageKeys)?.is_recovery_key(key))
    }

    /// Keeps an own preference or template, or a setting of the site.
    ///
    /// # Errors
    /// When the role is missing; otherwise as [`Vault::keep`].
    pub fn keep(&self, what: Kept, name: &str, value: Option<&Value>, now: Timestamp) -> Result<(), AppError> {
        let case = match what {
            Kept::SiteSetting => UseCase::ManageSite,
            Kept::Template | Kept::Preference => UseCase::KeepOwn,
        };
        Ok(self.by(case)?.keep(what, name, value, now)?)
    }

    /// What was kept.
    ///
    /// # Errors
    /// As [`Vault::kept`].
    pub fn kept(&self, what: Kept, name: &str) -> Result<Option<Value>, AppError> {
        Ok(self.by(UseCase::KeepOwn)?.kept(what, name)?)
    }

    /// The number of a person who was not removed, by name.
    ///
    /// # Errors
    /// When there is none.
    pub fn person_named(&self, name: &str) -> Result<PersonId, AppError> {
        let people = self.people()?;
        let found = people.iter().find(|p| p.removed.is_none() && p.name == name.trim()).map(|p| p.id);
        Ok(found.ok_or_else(|| VaultError::NotFound { what: "person", id: name.trim().to_owned() })?)
    }
}
