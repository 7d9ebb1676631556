//! One writing process a file: a lock beside it that the system releases when its holder ends, however it ends.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read as _, Write as _},
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
        let file = open_lock(&path).map_err(|error| cannot("open", &path, error))?;
        let mut file = lock_file(file, ledger)?;
        // Who holds it is a help for people only: a disk too full for it is no reason to stop here.
        if file.set_len(0).is_ok() {
            writeln!(file, "{}", std::process::id()).ok();
        }
        Ok(Self { _file: file })
    }

    /// Takes it for one who only reads: where the folder may not be written, on the lock's file as it is. `None` where there
    /// is none, and so no process that writes.
    pub(super) fn take_lock_to_read(ledger: &Path) -> Result<Option<Self>, LedgerError> {
        let path = lock_path(ledger);
        let file = match open_lock(&path) {
            Err(error) if is_read_only(&error) => File::open(&path),
            opened => opened,
        };
        match file {
            Ok(file) => Ok(Some(Self {
                _file: lock_file(file, ledger)?,
            })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot("open", &path, error)),
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        // Not emptied: it holds the number of the process that has the lock, which a second one shows to people.
        .truncate(false)
        .open(path)
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    )
}

fn lock_file(mut file: File, ledger: &Path) -> Result<File, LedgerError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(taken_error(ledger, &mut file)),
        Err(TryLockError::Error(error)) => Err(cannot("lock", &lock_path(ledger), error)),
    }
}

fn cannot(doing: &str, path: &Path, error: io::Error) -> LedgerError {
    disk_error(&format!("cannot {doing} {}", path.display()), error)
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
