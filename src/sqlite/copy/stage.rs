//! The temporary file into which a cluster's topics are read.

use std::collections::BTreeMap;

use super::{
    rows::CopyRows,
    source::{FileSource, SourceTable},
};
use crate::{
    ledger::{
        LedgerError, PublishedRecord,
        transfer::{MovedState, Spread},
    },
    site::Site,
    sqlite::{fault::ledger_error, schema},
};

/// The states and records of a cluster, gathered in a temporary file of the system: the log of a topic holds a key many
/// times, and its partitions have no order among them.
pub(crate) struct CopyStage {
    rows: CopyRows,
    partitions: u32,
    /// How the last owner of each partition ended.
    ends: BTreeMap<u32, bool>,
}

impl CopyStage {
    /// An empty one; the system removes it with the last that has it open.
    pub(crate) fn new(partitions: u32) -> Result<Self, LedgerError> {
        let file = schema::open_temporary()?;
        Ok(Self {
            rows: CopyRows::new(file)?,
            partitions,
            ends: BTreeMap::new(),
        })
    }

    /// How an owner of a partition ended; the last one given counts.
    pub(crate) fn note_end(&mut self, part: u32, cleanly: bool) {
        self.ends.insert(part, cleanly);
    }

    /// A state over the one that stood there under its key.
    pub(crate) fn put_state(&mut self, state: &MovedState) -> Result<(), LedgerError> {
        self.rows.put_state(state, state.part)
    }

    /// An entry was cleared.
    pub(crate) fn clear_entry(&mut self, id: &str, part: u32) -> Result<(), LedgerError> {
        let cannot = |error| ledger_error("write the copy", error);
        let query = "SELECT seq, site FROM _entries WHERE id = ?1";
        let rows: Vec<(i64, String)> = self
            .rows
            .file
            .prepare_cached(query)
            .and_then(|mut rows| {
                rows.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(cannot)?;
        for (seq, site) in rows {
            if Site::of_host(&site).partition_among(self.partitions) == part {
                self.rows
                    .file
                    .execute("DELETE FROM _entries WHERE seq = ?1", [seq])
                    .map_err(cannot)?;
            }
        }
        self.rows.count_row()
    }

    pub(crate) fn put_record(&mut self, record: &PublishedRecord) -> Result<(), LedgerError> {
        self.rows.put_record(record)
    }

    /// All is gathered.
    pub(crate) fn finish_stage(self) -> Result<FileSource, LedgerError> {
        let file = self.rows.finish_rows()?;
        Ok(FileSource {
            sources: SourceTable::read_sources(&file)?,
            spread: Spread {
                partitions: self.partitions,
                clean: self.ends.values().all(|cleanly| *cleanly),
            },
            file,
            order: "recorded, outlet, seq",
            _lock: None,
        })
    }
}
