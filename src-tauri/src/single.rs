//! One window to a home folder: a second start brings the first one forward and ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// Held for as long as the program runs. The system releases it, whatever ends the program.
const LOCK: &str = "window.lock";

/// Made by a second start: the first one looks for it.
const CALL: &str = "window.call";

/// Takes the lock; `None` when another window has it, which is then called.
///
/// # Errors
/// When the home folder cannot be written to.
pub fn claim(home: &Path) -> io::Result<Option<File>> {
    std::fs::create_dir_all(home)?;
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(home.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => {
            called(home);
            Ok(Some(lock))
        }
        Err(TryLockError::WouldBlock) => {
            File::create(home.join(CALL))?;
            Ok(None)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a second start called since the last look.
pub fn called(home: &Path) -> bool {
    std::fs::remove_file(home.join(CALL)).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_calls_the_first_one_and_ends() {
        let home = std::env::temp_dir().join(format!("bogam-single-{}", std::process::id()));
        let first = claim(&home).unwrap();
        assert!(first.is_some());
        assert!(!called(&home));
        assert!(claim(&home).unwrap().is_none());
        assert!(called(&home), "the first one hears of it");
        assert!(!called(&home), "once");
        drop(first);
        assert!(claim(&home).unwrap().is_some(), "the lock ends with its holder");
        std::fs::remove_dir_all(&home).unwrap();
    }
}
