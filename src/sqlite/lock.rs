//! One writing process a file: a lock beside it that the system releases when its holder ends, however it ends.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::fault::disk_error;
use crate::ledger::LedgerError;

/// The right to write a ledger; given back when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    /// Holds the system's lock while it is open.
    _file: File,
}

impl Lock {
    /// Takes the lock of a ledger, or says who has it.
    pub(super) fn take_lock(ledger: &Path) -> Result<Self, LedgerError> {
        let path = lock_path(ledger);
        let cannot = |doing: &str| format!("cannot {doing} {}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // Not emptied: it holds the number of the process that has the lock, which a second one shows to people.
            .truncate(false)
            .open(&path)
            .map_err(|error| disk_error(&cannot("open"), error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken_error(ledger, &mut file)),
            Err(TryLockError::Error(error)) => return Err(disk_error(&cannot("lock"), error)),
        }
        // Who holds it is a help for people only: a disk too full for it is no reason to stop here.
        if file.set_len(0).is_ok() {
            writeln!(file, "{}", std::process::id()).ok();
        }
        Ok(Self { _file: file })
    }
}

fn lock_path(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".lock");
    PathBuf::from(name)
}

fn taken_error(ledger: &Path, file: &mut File) -> LedgerError {
    let mut holder = String::new();
    // The longest number has twenty digits; what else may be in there is of no interest.
    let who = match file.take(20).read_to_string(&mut holder) {
        Ok(_) if !holder.trim().is_empty() => format!("process {}", holder.trim()),
        _ => "another process".to_owned(),
    };
    LedgerError::Taken {
        detail: format!(
            "{who} already runs on {}: one worker a file; stop it, or set another `ledger.path`",
            ledger.display()
        ),
    }
}
