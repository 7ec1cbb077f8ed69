//! Values of columns, and errors of statements.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::VaultError;

impl From<rusqlite::Error> for VaultError {
    /// The path is filled in where the file is known ([`VaultError::at`]).
    fn from(error: rusqlite::Error) -> Self {
        Self::database(Path::new(""), error)
    }
}

impl VaultError {
    /// With the path, where a statement could not say it.
    pub(crate) fn at(mut self, file: &Path) -> Self {
        if let Self::Damaged(path) | Self::Full(path) | Self::NotWritten(path) | Self::Database { path, .. } = &mut self
            && path.as_os_str().is_empty()
        {
            file.clone_into(path);
        }
        self
    }
}

/// A time, kept as milliseconds since 1970.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let failed = |e: jiff::Error| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, Box::new(e));
    Timestamp::from_millisecond(row.get(column)?).map_err(failed)
}

/// A time that may be absent.
pub(crate) fn maybe_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(|_| time(row, column)).transpose()
}

/// Bytes of a fixed length.
pub(crate) fn blob<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    row.get(column)
}

/// A value as JSON.
pub(crate) fn json(what: &'static str, value: &impl Serialize) -> Result<String, VaultError> {
    serde_json::to_string(value).map_err(|e| VaultError::Stored { what, why: e.to_string() })
}

/// A value from JSON. The message of a fault says its place, and nothing of the content.
pub(crate) fn from_json<T: DeserializeOwned>(what: &'static str, text: &[u8]) -> Result<T, VaultError> {
    serde_json::from_slice(text).map_err(|e| VaultError::Stored {
        what,
        why: format!("its JSON is not as expected at line {}, column {}", e.line(), e.column()),
    })
}

/// Names of variants as they stand in columns and JSON, and back.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident, $what:literal { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is kept and exported.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl rusqlite::types::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.word().into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                let word = value.as_str()?;
                let found = Self::ALL.iter().find(|v| v.word() == word).copied();
                found.ok_or_else(|| rusqlite::types::FromSqlError::Other(concat!("unknown ", $what).into()))
            }
        }
    };
}

pub(crate) use words;
