//! Writes rows of a ledger's tables.

use rusqlite::{Connection, params};

use crate::{
    id::ArticleId,
    ledger::{
        LedgerError, MAX_RECORD_BYTES, Outlet, Post, PublishedRecord, Seen, Waiting, entry_rules,
        transfer::{MovedState, StateKind},
    },
    sqlite::{
        apply,
        fault::{ledger_error, unreadable_error},
        halted_sites::Barred,
    },
};

/// Rows of the target that share one transaction.
const ROWS: usize = 5_000;

/// Writes rows of a ledger's tables, some thousand to a transaction.
pub(super) struct CopyRows {
    pub(super) file: Connection,
    pending: usize,
    source: Option<String>,
}

impl CopyRows {
    pub(super) fn new(file: Connection) -> Result<Self, LedgerError> {
        file.execute_batch(
            "CREATE TABLE _sources (up_to INTEGER PRIMARY KEY, source TEXT NOT NULL); BEGIN",
        )
        .map_err(|error| ledger_error("begin a copy", error))?;
        Ok(Self {
            file,
            pending: 0,
            source: None,
        })
    }

    /// One row more; now and then what was written so far is dropped from memory.
    pub(super) fn count_row(&mut self) -> Result<(), LedgerError> {
        self.pending += 1;
        if self.pending < ROWS {
            return Ok(());
        }
        self.pending = 0;
        self.file
            .execute_batch("COMMIT; BEGIN")
            .map_err(|error| ledger_error("write the copy", error))
    }

    pub(super) fn put_state(&mut self, state: &MovedState, part: u32) -> Result<(), LedgerError> {
        let (key, json, file) = (&state.key, &state.json, &self.file);
        let written = state.written.as_microsecond();
        let insert = |query: &str, given: &[&dyn rusqlite::ToSql]| {
            file.prepare_cached(query)
                .and_then(|mut insert| insert.execute(given))
                .map(drop)
                .map_err(|error| ledger_error("write the copy", error))
        };
        match state.kind {
            StateKind::Site => insert(
                "INSERT OR REPLACE INTO _sites VALUES (?1, ?2, ?3)",
                params![key, written, json],
            ),
            StateKind::Feed => insert(
                "INSERT OR REPLACE INTO _feeds VALUES (?1, ?2, ?3, ?4)",
                params![key, part, written, json],
            ),
            StateKind::Listed => insert(
                "INSERT OR REPLACE INTO _listed VALUES (?1, ?2, ?3, ?4)",
                params![key, part, written, json],
            ),
            StateKind::Mark => {
                let (counts_from, kills) = mark_columns(key, json)?;
                insert(
                    "INSERT OR REPLACE INTO _seen VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![key, part, counts_from, kills, json],
                )
            }
            // A file that was empty has no row that cannot be read.
            StateKind::Entry => apply::put_entry(file, &parse_post(state)?, &Barred::default()),
        }?;
        self.count_row()
    }

    pub(super) fn put_record(&mut self, record: &PublishedRecord) -> Result<(), LedgerError> {
        let cannot = |error| ledger_error("write the copy", error);
        if self.source.as_ref() != Some(&record.ce_source) {
            self.close_source().map_err(cannot)?;
            self.source = Some(record.ce_source.clone());
        }
        let article = (record.outlet == Outlet::Events)
            .then(|| article_of(&record.json))
            .flatten();
        let row = apply::RecordRow {
            outlet: record.outlet,
            id: record.id.clone(),
            revision: record.revision,
            ce_type: record.ce_type.clone(),
            article,
            json: record.json.clone(),
        };
        apply::write_records(&self.file, &[row], record.recorded).map_err(cannot)?;
        self.count_row()
    }

    /// Notes under which source the records up to the last were published.
    fn close_source(&mut self) -> rusqlite::Result<()> {
        let Some(source) = self.source.take() else {
            return Ok(());
        };
        let up_to = self.file.last_insert_rowid();
        self.file
            .execute(
                "INSERT INTO _sources VALUES (?1, ?2)",
                params![up_to, source],
            )
            .map(drop)
    }

    pub(super) fn finish_rows(mut self) -> Result<Connection, LedgerError> {
        self.close_source()
            .and_then(|()| self.file.execute_batch("COMMIT"))
            .map_err(|error| ledger_error("write the copy", error))?;
        Ok(self.file)
    }
}

/// From when a mark's expiry counts, and its kills, as the columns of `_seen` have them.
fn mark_columns(key: &str, json: &str) -> Result<(i64, u32), LedgerError> {
    let seen: Seen = serde_json::from_str(json)
        .map_err(|error| unreadable_error(&format!("the mark of {key}"), &error))?;
    Ok(match seen {
        Seen::Retry { due, kills, .. } => (due.as_microsecond(), kills),
        Seen::Settled(settled) => (settled.when.as_microsecond(), 0),
    })
}

fn parse_post(state: &MovedState) -> Result<Post, LedgerError> {
    let waiting: Waiting = apply::read_waiting(&state.json)?;
    let id = ArticleId::parse(&state.key).map_err(|error| unreadable_error("an entry", &error))?;
    let site = state.site.clone().ok_or_else(|| LedgerError::Fault {
        detail: format!("the entry {id} has no site"),
    })?;
    entry_rules::state_json(&waiting, MAX_RECORD_BYTES)?;
    Ok(Post { id, site, waiting })
}

/// The article of an event's record.
fn article_of(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct EventColumns {
        article: ArticleColumns,
    }
    #[derive(serde::Deserialize)]
    struct ArticleColumns {
        id: String,
    }
    let event: EventColumns = serde_json::from_str(json).ok()?;
    Some(event.article.id)
}
