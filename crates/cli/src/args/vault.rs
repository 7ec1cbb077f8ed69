//! Arguments of `bogam vault`.

use std::path::PathBuf;

use bogam_app::vault::store::{CaseStatus, Role};
use bogam_app::vault::{AddRequest, ExportRequest, SearchRequest};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Which vault, and who opens it.
#[derive(Debug, Args)]
pub struct Key {
    /// The vault.
    #[arg(long)]
    pub vault: PathBuf,
    /// Who opens it. The passphrase is the first line of standard input when that is no terminal, else it is asked for.
    #[arg(long)]
    pub person: String,
}

/// Which cases.
#[derive(Debug, Args)]
pub struct Which {
    /// How far the case is.
    #[arg(long, value_parser = status_parser())]
    pub status: Option<CaseStatus>,
    /// Name of who made the case.
    #[arg(long)]
    pub author: Option<String>,
    /// From this day or moment on (2026-03-02, or 2026-03-02T09:00:00Z; days are of UTC).
    #[arg(long, value_parser = moment)]
    pub from: Option<Timestamp>,
    /// Before this day or moment.
    #[arg(long, value_parser = moment)]
    pub until: Option<Timestamp>,
}

/// `bogam vault`.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make a vault. The first person holds all roles. The recovery key is printed once, on standard output.
    Init(Key),
    /// Save cases, and suggestions for them, which are checked again.
    Add(AddArgs),
    /// Cases by name, number, diagnosis, drug, author: JSON lines.
    Search(SearchArgs),
    /// How the vault is.
    Status {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Suggestions as a table for reviewers (docs/csv.md).
    ExportCsv(ExportArgs),
    /// Bring a filled-in table back.
    ImportReview {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// The table.
        #[arg(long)]
        reviews: PathBuf,
    },
    /// Signed decisions, and their cases without name and number, for `bogam learn --reviews`.
    ExportDecisions {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// The decisions, as JSON lines.
        #[arg(long)]
        reviews: PathBuf,
        /// The cases, as JSON lines.
        #[arg(long)]
        cases: PathBuf,
    },
    /// Write a backup: one encrypted file.
    Backup(BackupArgs),
    /// Make a vault of a backup, with everything checked first.
    Restore {
        /// The backup.
        #[arg(long)]
        from: PathBuf,
        /// Vault and person.
        #[command(flatten)]
        key: Key,
    },
    /// Bring what can be read of a damaged vault into a new one.
    Rescue {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// The new vault.
        #[arg(long)]
        to: PathBuf,
    },
    /// Write a damaged or missing header anew from its copy.
    Repair(Key),
    /// Check header, pages, references and audit.
    Verify {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// An audit that was exported before (JSON lines): its last line must still be there.
        #[arg(long)]
        kept: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Change the own passphrase: the new one is the second line of standard input.
    Passwd {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// The passphrase is lost: the first line is the recovery key.
        #[arg(long)]
        recovery: bool,
    },
    /// People and their roles.
    People {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// What to do; a list when not given.
        #[command(subcommand)]
        what: Option<PeopleCommand>,
    },
    /// Change the key of the database, so that copies from before open nothing that comes after.
    Rekey {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// Draw a new recovery key instead; it is printed once, on standard output.
        #[arg(long)]
        recovery_key: bool,
    },
    /// The audit as JSON lines.
    Audit {
        /// Vault and person.
        #[command(flatten)]
        key: Key,
        /// Where to; - is standard output.
        #[arg(long, default_value = "-")]
        out: PathBuf,
    },
}

/// `bogam vault people`.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Everybody.
    List,
    /// Add a person: their first passphrase is the second line of standard input.
    Add {
        /// Name.
        name: String,
        /// Role; may stand several times.
        #[arg(long, required = true, value_parser = role_parser())]
        role: Vec<Role>,
    },
    /// Remove a person. What they did stays. `rekey` makes their copies of the files worthless for what comes after.
    Remove {
        /// Name.
        name: String,
    },
    /// Give a person another name.
    Rename {
        /// Name.
        name: String,
        /// New name.
        to: String,
    },
    /// Give a person other roles.
    Roles {
        /// Name.
        name: String,
        /// Role; may stand several times.
        #[arg(long, required = true, value_parser = role_parser())]
        role: Vec<Role>,
    },
    /// Set the passphrase of somebody who lost theirs: it is the second line of standard input.
    Reset {
        /// Name.
        name: String,
    },
}

/// `bogam vault add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Vault and person.
    #[command(flatten)]
    pub key: Key,
    /// Cases as JSON lines; - is what follows the passphrase on standard input.
    #[arg(long)]
    pub cases: PathBuf,
    /// Suggestions for them (`bogam suggest`).
    #[arg(long)]
    pub suggestions: Option<PathBuf>,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

impl AddArgs {
    /// As a request.
    pub fn request(self) -> (Key, AddRequest) {
        (self.key, AddRequest { cases: self.cases, suggestions: self.suggestions, knowledge: self.knowledge })
    }
}

/// `bogam vault search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Vault and person.
    #[command(flatten)]
    pub key: Key,
    /// Words, each somewhere in the case; all cases when it is empty.
    #[arg(long)]
    pub query: String,
    /// Where to; - is standard output.
    #[arg(long)]
    pub out: PathBuf,
    /// Which cases.
    #[command(flatten)]
    pub which: Which,
}

impl Which {
    /// As a request.
    pub fn request(self, text: String) -> SearchRequest {
        SearchRequest { text, status: self.status, author: self.author, from: self.from, until: self.until }
    }
}

/// `bogam vault export-csv`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Vault and person.
    #[command(flatten)]
    pub key: Key,
    /// The table; - is standard output.
    #[arg(long)]
    pub out: PathBuf,
    /// Without names, numbers, dates and what was typed; ages of 90 and more are one group.
    #[arg(long)]
    pub deidentified: bool,
    /// Older suggestions of a case as well; without it the newest of each.
    #[arg(long)]
    pub every: bool,
    /// Only suggestions that list or withhold this drug.
    #[arg(long)]
    pub drug: Option<String>,
    /// Which cases; times are those of the suggestions.
    #[command(flatten)]
    pub which: Which,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

impl ExportArgs {
    /// As a request.
    pub fn request(self) -> (Key, ExportRequest) {
        let request = ExportRequest {
            out: self.out,
            deidentified: self.deidentified,
            every: self.every,
            only: self.which.request(String::new()),
            drug: self.drug,
            knowledge: self.knowledge,
        };
        (self.key, request)
    }
}

/// `bogam vault backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Vault and person.
    #[command(flatten)]
    pub key: Key,
    /// The backup.
    #[arg(long, required_unless_present = "into", conflicts_with = "into")]
    pub to: Option<PathBuf>,
    /// A folder: the backup is named by vault and time, and the oldest beyond --keep are removed.
    #[arg(long)]
    pub into: Option<PathBuf>,
    /// Backups of this vault to keep in the folder.
    #[arg(long, default_value_t = 14, requires = "into")]
    pub keep: usize,
}

fn status_parser() -> impl clap::builder::TypedValueParser<Value = CaseStatus> {
    let words = CaseStatus::ALL.iter().map(|s| s.word());
    PossibleValuesParser::new(words)
        .try_map(|word| CaseStatus::ALL.iter().find(|s| s.word() == word).copied().ok_or("not a status of a case"))
}

fn role_parser() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.iter().map(|r| r.word()))
        .try_map(|word| Role::ALL.iter().find(|r| r.word() == word).copied().ok_or("not a role"))
}

/// A day of UTC, or a moment.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let moment = text.parse::<Timestamp>().ok().or_else(day);
    moment.ok_or_else(|| "not a day (2026-03-02) or a moment (2026-03-02T09:00:00Z)".to_owned())
}
