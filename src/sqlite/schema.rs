//! The file: how it is opened, what is in it, and which versions of it this program can use.

use std::{ffi::OsString, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};

use super::fault::ledger_error;
use crate::ledger::LedgerError;

const TABLES: &str = include_str!("schema.sql");
const VIEWS: &str = include_str!("views.sql");
/// Marks the file as ours: `dtln`.
const APPLICATION: i32 = 0x6474_6c6e;
/// The version of tables and views that this program reads and writes.
const VERSION: i32 = 1;
/// Partitions of the state, as on Kafka unless set there.
// Frozen: the partition of a site is part of the key of its rows.
pub(crate) const PARTITIONS: u32 = 16;
/// How long a write waits for the other process that may write: `set-aside retry`, which holds the file for one commit.
const BUSY: Duration = Duration::from_secs(10);
/// Bytes of the write-ahead log that stay on disk once it was folded in.
// Without a bound it keeps the largest size it ever had.
const LOG_KEPT: i64 = 64 << 20;

/// Opens the file for writing, and makes it if there is none.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, LedgerError> {
    let what = format!("open {}", path.display());
    let cannot = |error| ledger_error(&what, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut file = Connection::open_with_flags(path, flags).map_err(cannot)?;
    file.busy_timeout(BUSY).map_err(cannot)?;
    let made = read_version(&file, path)?.is_some();
    // Only before its first table can a file be told to give pages back.
    if !made {
        file.pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .map_err(cannot)?;
    }
    // Durable at each commit, through power loss; readers never wait for the writer.
    file.pragma_update(None, "journal_mode", "WAL")
        .map_err(cannot)?;
    file.pragma_update(None, "synchronous", "FULL")
        .map_err(cannot)?;
    file.pragma_update(None, "journal_size_limit", LOG_KEPT)
        .map_err(cannot)?;
    if !made {
        create_tables(&mut file, path).map_err(cannot)?;
    }
    same_partitions(&file, path)?;
    Ok(file)
}

/// Opens the file for reading beside the process that writes it.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    let file = open_read_only(path)?;
    match read_version(&file, path)? {
        Some(()) => Ok(file),
        None => Err(unfit_error(path, "it is empty; `dateline run` fills it")),
    }
}

fn open_read_only(path: &Path) -> Result<Connection, LedgerError> {
    let what = format!("read {}", path.display());
    if !path.exists() {
        let detail = format!("cannot {what}: there is no such file; `dateline run` makes it");
        return Err(LedgerError::Unfit { detail });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let cannot = |error| ledger_error(&what, error);
    let mut file = Connection::open_with_flags(path, flags).map_err(cannot)?;
    if !may_be_shared(&file) && log_is_empty(path) {
        // On a read-only disk no index of the log can be made; with no log there is nothing to share.
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        file = Connection::open_with_flags(immutable_address(path), flags).map_err(cannot)?;
    }
    file.busy_timeout(BUSY).map_err(cannot)?;
    Ok(file)
}

/// Opens the file for reading what a copy takes; one of the next version too, which keeps tables and columns of this one.
pub(super) fn open_to_copy(path: &Path) -> Result<Connection, LedgerError> {
    let file = open_read_only(path)?;
    match read_numbers(&file, path)? {
        (APPLICATION, version, _) if version == VERSION || version == VERSION + 1 => Ok(file),
        _ => match read_version(&file, path)? {
            Some(()) => Ok(file),
            None => Err(unfit_error(path, "it is empty")),
        },
    }
}

/// An empty database with the tables of a ledger, which the system removes when it is closed.
#[cfg(feature = "kafka")]
pub(super) fn open_temporary() -> Result<Connection, LedgerError> {
    let cannot = |error| ledger_error("make a temporary file", error);
    // An empty name is a file of the system's own; in memory the records of a whole cluster may not fit.
    let file = Connection::open("").map_err(cannot)?;
    // It need not outlive this process.
    file.pragma_update(None, "synchronous", "OFF")
        .and_then(|()| file.execute_batch(TABLES))
        .map_err(cannot)?;
    Ok(file)
}

fn may_be_shared(file: &Connection) -> bool {
    let read = file.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0));
    // A read-only disk says the first, a folder that this user may not write the second.
    let is_refused = |code| matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly));
    !read.is_err_and(|error| is_refused(error.sqlite_error_code()))
}

fn log_is_empty(path: &Path) -> bool {
    let mut log = OsString::from(path);
    log.push("-wal");
    std::fs::metadata(log).map_or(true, |log| log.len() == 0)
}

/// The address of a file that nobody changes (SQLite: URI file names).
fn immutable_address(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    format!("file:{path}?immutable=1")
}

fn create_tables(file: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let tx = file.transaction()?;
    tx.execute_batch(TABLES)?;
    tx.execute_batch(VIEWS)?;
    write_meta(&tx, "partitions", &PARTITIONS.to_string())?;
    write_meta(&tx, "ce_source", &format!("/dateline/{name}"))?;
    // No run has held anything of it yet.
    write_meta(&tx, "clean", "1")?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

/// Whether the file is a ledger of the version known here; `None` when nothing is in it yet.
fn read_version(file: &Connection, path: &Path) -> Result<Option<()>, LedgerError> {
    let (application, version, changes) = read_numbers(file, path)?;
    match (application, version) {
        // Other programs leave both numbers at 0 too, but then the file has tables.
        (0, 0) if changes == 0 => Ok(None),
        (APPLICATION, VERSION) => Ok(Some(())),
        (APPLICATION, other) => {
            let or_copy = if other == VERSION + 1 {
                ", or copy it with `dateline ledger copy`"
            } else {
                ""
            };
            Err(unfit_error(
                path,
                &format!(
                    "its version is {other} and this program knows version {VERSION}; \
                     use the dateline that wrote it{or_copy}"
                ),
            ))
        }
        _ => Err(unfit_error(
            path,
            "it is the database of another program; set another `ledger.path`",
        )),
    }
}

/// `application_id`, `user_version` and `schema_version` of a file.
fn read_numbers(file: &Connection, path: &Path) -> Result<(i32, i32, i32), LedgerError> {
    let what = format!("read {}", path.display());
    let number = |name| {
        file.pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .map_err(|error| ledger_error(&what, error))
    };
    Ok((
        number("application_id")?,
        number("user_version")?,
        number("schema_version")?,
    ))
}

fn same_partitions(file: &Connection, path: &Path) -> Result<(), LedgerError> {
    let count = read_meta(file, "partitions")
        .map_err(|error| ledger_error("read the partition count", error))?;
    if count.as_deref() == Some(&PARTITIONS.to_string()) {
        return Ok(());
    }
    Err(unfit_error(
        path,
        &format!(
            "it is cut into other partitions than {PARTITIONS}; copy it with `dateline ledger copy`"
        ),
    ))
}

fn unfit_error(path: &Path, why: &str) -> LedgerError {
    LedgerError::Unfit {
        detail: format!("cannot use {}: {why}", path.display()),
    }
}

/// A value of `_meta`.
pub(super) fn read_meta(file: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    file.prepare_cached("SELECT value FROM _meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// Sets a value of `_meta`.
pub(super) fn write_meta(file: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    file.prepare_cached("INSERT OR REPLACE INTO _meta VALUES (?1, ?2)")?
        .execute([key, value])
        .map(drop)
}

/// Opens the file beside the process that writes it, to leave word in `_asked`.
pub(super) fn open_to_ask(path: &Path) -> Result<Connection, LedgerError> {
    let what = format!("write to {}", path.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file =
        Connection::open_with_flags(path, flags).map_err(|error| ledger_error(&what, error))?;
    file.busy_timeout(BUSY)
        .map_err(|error| ledger_error(&what, error))?;
    file.pragma_update(None, "synchronous", "FULL")
        .map_err(|error| ledger_error(&what, error))?;
    match read_version(&file, path)? {
        Some(()) => Ok(file),
        None => Err(unfit_error(path, "it is empty")),
    }
}
