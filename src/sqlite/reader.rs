//! The records of a file that another process may be writing: what `tail`, `set-aside` and the status page read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{
    apply::outlet_number,
    copy::SourceTable,
    fault::{ledger_error, unreadable_error},
    retry_requests, schema,
};
use crate::{
    feed::state::FeedState,
    ledger::{LedgerError, Outlet, Position, PublishedRecord},
    record::SetAside,
};

const COLUMNS: &str = "SELECT seq, id, revision, recorded, type, json FROM _outlet";

/// A reader of records. Each call reads what is committed at that moment; nothing is kept, and the writer never waits.
#[derive(Debug)]
pub struct SqliteReader {
    path: PathBuf,
    file: Connection,
    sources: SourceTable,
}

impl SqliteReader {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// `Unfit` when there is no file or it is of another version or program.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let file = schema::open_to_read(path)?;
        Ok(Self {
            path: path.to_owned(),
            sources: SourceTable::read_sources(&file)?,
            file,
        })
    }

    /// The place after the last record: following from here tells only what comes.
    pub fn end_position(&self) -> Result<Position, LedgerError> {
        let last = self.find_position("SELECT max(seq) FROM _outlet", params![])?;
        Ok(last.unwrap_or_default())
    }

    /// The place in an outlet before the first record that was committed at an instant or later.
    pub fn position_since(
        &self,
        outlet: Outlet,
        instant: Timestamp,
    ) -> Result<Position, LedgerError> {
        let query = "SELECT seq - 1 FROM _outlet WHERE outlet = ?1 AND recorded >= ?2
             ORDER BY recorded, seq LIMIT 1";
        match self.find_position(query, params![outlet_number(outlet), instant.as_second()])? {
            Some(before) => Ok(before),
            None => self.end_position(),
        }
    }

    /// The records of an outlet after a place, in commit order, `limit` at most. To follow, ask again after the last.
    pub fn read_after(
        &self,
        outlet: Outlet,
        after: Position,
        limit: usize,
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        let after = i64::try_from(after.0).unwrap_or(i64::MAX);
        let query = format!("{COLUMNS} WHERE outlet = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");
        self.query_records(
            &query,
            outlet,
            params![outlet_number(outlet), after, row_limit(limit)],
        )
    }

    /// The newest records of an outlet, the newest first.
    pub fn read_newest(
        &self,
        outlet: Outlet,
        limit: usize,
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        let query = format!("{COLUMNS} WHERE outlet = ?1 ORDER BY seq DESC LIMIT ?2");
        self.query_records(
            &query,
            outlet,
            params![outlet_number(outlet), row_limit(limit)],
        )
    }

    /// Events as they stand, the newest first, those before a place where one is given; what was taken back is none.
    pub fn read_standing_events(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        let is_standing = "type <> 'dateline.event.retracted'";
        self.read_latest(Outlet::Events, is_standing, before, limit)
    }

    /// Articles of which events were held back, as they stand, the newest first, those before a place where one is given.
    pub fn read_withholding_articles(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        let withholds = "json ->> '$.coding.withheld' > 0";
        self.read_latest(Outlet::Articles, withholds, before, limit)
    }

    /// The records of an outlet that no later one of their id follows and that are as a condition says, the newest first.
    fn read_latest(
        &self,
        outlet: Outlet,
        condition: &str,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        let before = before.and_then(|before| i64::try_from(before.0).ok());
        let query = format!(
            "{COLUMNS} WHERE outlet = ?1 AND latest = 1 AND {condition} AND seq < ?2
             ORDER BY seq DESC LIMIT ?3"
        );
        let before = before.unwrap_or(i64::MAX);
        let given = params![outlet_number(outlet), before, row_limit(limit)];
        self.query_records(&query, outlet, given)
    }

    /// The last record of an id.
    pub fn find_record(
        &self,
        outlet: Outlet,
        id: &str,
    ) -> Result<Option<PublishedRecord>, LedgerError> {
        let query = format!("{COLUMNS} WHERE outlet = ?1 AND id = ?2 ORDER BY seq DESC LIMIT 1");
        Ok(self
            .query_records(&query, outlet, params![outlet_number(outlet), id])?
            .pop())
    }

    /// What is remembered of each feed, by id; of one whose address moved to another site, what was written last.
    pub fn read_feed_states(&self) -> Result<BTreeMap<String, FeedState>, LedgerError> {
        let rows: Result<Vec<(String, String)>, _> = self
            .file
            .prepare_cached("SELECT id, json FROM _feeds ORDER BY written")
            .and_then(|mut rows| {
                rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            });
        let rows = rows.map_err(|error| ledger_error("read the feeds", error))?;
        let mut feeds = BTreeMap::new();
        for (id, json) in rows {
            let state = serde_json::from_str(&json);
            let state =
                state.map_err(|error| unreadable_error(&format!("the state of {id}"), &error))?;
            feeds.insert(id, state);
        }
        Ok(feeds)
    }

    /// Asks that what was set aside under an id be read again; `false` when nothing was. Safe while a worker runs, which
    /// notices within seconds; else it is read at the next start.
    pub fn request_retry(&self, id: &str) -> Result<bool, LedgerError> {
        let Some(published) = self.find_record(Outlet::SetAside, id)? else {
            return Ok(false);
        };
        let record: SetAside = serde_json::from_str(&published.json)
            .map_err(|error| unreadable_error(&format!("the record of {id}"), &error))?;
        retry_requests::request_retry(&self.path, &record)?;
        Ok(true)
    }

    fn find_position(
        &self,
        query: &str,
        given: &[&dyn rusqlite::ToSql],
    ) -> Result<Option<Position>, LedgerError> {
        let at: Option<Option<i64>> = self
            .file
            .prepare_cached(query)
            .and_then(|mut at| at.query_row(given, |row| row.get(0)).optional())
            .map_err(|error| ledger_error("find a place in the records", error))?;
        Ok(at
            .flatten()
            .and_then(|at| u64::try_from(at).ok())
            .map(Position))
    }

    fn query_records(
        &self,
        query: &str,
        outlet: Outlet,
        given: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        self.file
            .prepare_cached(query)
            .and_then(|mut rows| {
                rows.query_map(given, |row| self.parse_published(outlet, row))?
                    .collect()
            })
            .map_err(|error| ledger_error("read records", error))
    }

    fn parse_published(&self, outlet: Outlet, row: &Row<'_>) -> rusqlite::Result<PublishedRecord> {
        let seq: i64 = row.get(0)?;
        Ok(PublishedRecord {
            position: Position(seq.try_into().unwrap_or(0)),
            outlet,
            id: row.get(1)?,
            revision: row.get(2)?,
            recorded: Timestamp::from_second(row.get(3)?).unwrap_or(Timestamp::MIN),
            ce_type: row.get(4)?,
            ce_source: self.sources.source_at(seq).to_owned(),
            json: row.get(5)?,
        })
    }
}

fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
