//! What an error of SQLite means to an operator.

use std::io;

use rusqlite::{Error, ErrorCode};

use crate::ledger::LedgerError;

/// The ledger's word for an error, with what was being done.
pub(super) fn ledger_error(what: &str, error: Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::DatabaseCorrupt,
        ) => LedgerError::Disk {
            what: format!("cannot {what}: {error}"),
            source: io::Error::other(error),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerError::Unreachable {
            detail: format!("cannot {what}: another process holds the file: {error}"),
        },
        Some(ErrorCode::NotADatabase) => LedgerError::Unfit {
            detail: format!("cannot {what}: the file is not an SQLite database"),
        },
        _ => LedgerError::Fault {
            detail: format!("cannot {what}: {error}"),
        },
    }
}

/// The same for a fault of the file system.
pub(super) fn disk_error(what: &str, source: io::Error) -> LedgerError {
    LedgerError::Disk {
        what: format!("{what}: {source}"),
        source,
    }
}

/// A record of ours that cannot be read back.
pub(super) fn unreadable_error(what: &str, error: &dyn std::fmt::Display) -> LedgerError {
    LedgerError::Unreadable {
        detail: format!("{what} cannot be read: {error}"),
    }
}
