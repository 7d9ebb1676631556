//! A file as the target of a copy.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::rows::CopyRows;
use crate::{
    ledger::{LedgerError, PublishedRecord, transfer::MovedState},
    sqlite::{
        fault::{disk_error, ledger_error},
        lock::Lock,
        schema,
    },
};

/// A file that is being filled. It has its name only once it is complete: what is left of a copy that was broken off is
/// removed by the next.
pub(crate) struct FileTarget {
    path: PathBuf,
    rows: CopyRows,
    _lock: Lock,
}

impl FileTarget {
    /// Takes the lock of a file that is not there, or holds nothing.
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let lock = Lock::take_lock(path)?;
        if path.exists() && !is_empty(path)? {
            let detail = format!(
                "{} holds a ledger already; a copy needs a file that is not there",
                path.display()
            );
            return Err(LedgerError::Unfit { detail });
        }
        let unfinished = unfinished_path(path);
        remove_database(&unfinished)?;
        let file = schema::open_to_write(&unfinished)?;
        Ok(Self {
            path: path.to_owned(),
            rows: CopyRows::new(file)?,
            _lock: lock,
        })
    }

    pub(crate) fn begin_copy(&mut self, clean: bool) -> Result<(), LedgerError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let set = |key, value: &str| schema::write_meta(&self.rows.file, key, value);
        set("ce_source", &format!("/dateline/{name}"))
            .and_then(|()| set("clean", if clean { "1" } else { "0" }))
            .map_err(|error| ledger_error("begin a copy", error))
    }

    pub(crate) fn put_state(&mut self, state: &MovedState, part: u32) -> Result<(), LedgerError> {
        self.rows.put_state(state, part)
    }

    pub(crate) fn publish_record(&mut self, record: &PublishedRecord) -> Result<(), LedgerError> {
        self.rows.put_record(record)
    }

    /// Gives the file its name.
    pub(crate) fn finish_copy(self) -> Result<(), LedgerError> {
        let file = self.rows.finish_rows()?;
        let cannot = |error| ledger_error("finish the copy", error);
        // Only the file itself is renamed: what is still in its log would be left behind under the old name.
        file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(cannot)?;
        file.close().map_err(|(_, error)| cannot(error))?;
        let unfinished = unfinished_path(&self.path);
        let what = format!("cannot finish {}", self.path.display());
        // What an empty file left beside it belongs to nothing.
        remove_database(&self.path)?;
        fs::rename(&unfinished, &self.path)
            .and_then(|()| {
                let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
                // The folder too, or a loss of power takes the new name away again.
                File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
            })
            .map_err(|error| disk_error(&what, error))
    }
}

fn unfinished_path(path: &Path) -> PathBuf {
    with_ending(path, ".copying")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Removes a database with its log.
fn remove_database(path: &Path) -> Result<(), LedgerError> {
    for ending in ["", "-wal", "-shm"] {
        let path = with_ending(path, ending);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(disk_error(
                    &format!("cannot remove {}", path.display()),
                    error,
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_empty(path: &Path) -> Result<bool, LedgerError> {
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return Ok(true);
    }
    let file = schema::open_to_copy(path)?;
    let tables = [
        "_sites", "_feeds", "_listed", "_entries", "_asked", "_seen", "_outlet",
    ];
    has_any(&file, &tables).map(|any| !any)
}

fn has_any(file: &Connection, tables: &[&str]) -> Result<bool, LedgerError> {
    for table in tables {
        let query = format!("SELECT EXISTS (SELECT 1 FROM {table})");
        let any: bool = file
            .query_row(&query, [], |row| row.get(0))
            .map_err(|error| ledger_error("read the file", error))?;
        if any {
            return Ok(true);
        }
    }
    Ok(false)
}
