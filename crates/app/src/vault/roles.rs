//! Who may do what in a vault.

use std::fmt;

use bogam_vault::{Role, Roles};

/// What somebody does in a vault, as far as roles tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UseCase {
    /// Reads and searches cases, suggestions, decisions and reviews.
    Read,
    /// Saves cases and drafts.
    SaveCases,
    /// Asks for suggestions, and brings them in from files.
    Suggest,
    /// Decides on suggested drugs, and overrides findings.
    Decide,
    /// Signs decisions.
    Sign,
    /// Talks about a case with the model.
    Converse,
    /// Says what to think of suggested drugs, and brings filled-in tables back.
    Review,
    /// Writes cases, suggestions and decisions to a file.
    Export,
    /// Adds, removes and renames people, and gives them roles and passphrases.
    ManagePeople,
    /// Changes the database key, and draws a new recovery key.
    ManageKeys,
    /// Writes backups, and brings what is left of a damaged vault into a new one.
    Backup,
    /// Reads and exports the audit.
    ReadAudit,
    /// Changes settings of the site, models and knowledge packs.
    ManageSite,
    /// Reads how the vault is, and checks every part of it.
    Verify,
    /// Changes the own passphrase, preferences and templates.
    KeepOwn,
}

impl UseCase {
    /// Every one.
    pub const ALL: [Self; 15] = [
        Self::Read,
        Self::SaveCases,
        Self::Suggest,
        Self::Decide,
        Self::Sign,
        Self::Converse,
        Self::Review,
        Self::Export,
        Self::ManagePeople,
        Self::ManageKeys,
        Self::Backup,
        Self::ReadAudit,
        Self::ManageSite,
        Self::Verify,
        Self::KeepOwn,
    ];

    /// A name that stays.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::SaveCases => "save_cases",
            Self::Suggest => "suggest",
            Self::Decide => "decide",
            Self::Sign => "sign",
            Self::Converse => "converse",
            Self::Review => "review",
            Self::Export => "export",
            Self::ManagePeople => "manage_people",
            Self::ManageKeys => "manage_keys",
            Self::Backup => "backup",
            Self::ReadAudit => "read_audit",
            Self::ManageSite => "manage_site",
            Self::Verify => "verify",
            Self::KeepOwn => "keep_own",
        }
    }

    /// Roles any of which is enough.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Read => &[Role::Clinician, Role::Reviewer],
            Self::SaveCases | Self::Suggest | Self::Decide | Self::Sign | Self::Converse => &[Role::Clinician],
            Self::Review | Self::Export => &[Role::Reviewer],
            Self::ManagePeople | Self::ManageKeys | Self::Backup | Self::ReadAudit | Self::ManageSite => {
                &[Role::Administrator]
            }
            Self::Verify | Self::KeepOwn => Role::ALL,
        }
    }

    /// Whether somebody with these roles may.
    #[must_use]
    pub fn is_for(self, roles: &Roles) -> bool {
        self.roles().iter().any(|role| roles.contains(role))
    }

    /// The roles in words.
    #[must_use]
    pub fn roles_text(self) -> String {
        self.roles().iter().map(|role| role.word()).collect::<Vec<_>>().join(" or ")
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "reading cases",
            Self::SaveCases => "saving cases",
            Self::Suggest => "asking for and adding suggestions",
            Self::Decide => "deciding on drugs",
            Self::Sign => "signing",
            Self::Converse => "consultation",
            Self::Review => "reviewing",
            Self::Export => "exporting",
            Self::ManagePeople => "managing people",
            Self::ManageKeys => "managing keys",
            Self::Backup => "making backups",
            Self::ReadAudit => "reading the audit",
            Self::ManageSite => "managing settings of the site",
            Self::Verify => "verifying",
            Self::KeepOwn => "own settings",
        })
    }
}
