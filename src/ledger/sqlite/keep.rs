//! What is let go: marks and states by their age, records when `keep` is set; never much at once.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::fault::fault;
use crate::ledger::{LedgerError, SEEN_KEPT};

/// Between two sweeps that found nothing left to do.
const PAUSE: Duration = Duration::from_secs(3600);
/// Rows of a kind that one sweep lets go, so that no commit waits for long.
const ROWS: u32 = 500;
/// Pages given back to the file system after a sweep.
const PAGES: u32 = 256;

/// What is let go, each oldest first. Events go before their articles: an article stays while one of its events does.
const STATES: &[&str] = &[
    "DELETE FROM _seen WHERE rowid IN
        (SELECT rowid FROM _seen WHERE counts_from < ?1 ORDER BY counts_from LIMIT ?2)",
    "DELETE FROM _feeds WHERE rowid IN (SELECT rowid FROM _feeds WHERE written < ?1 LIMIT ?2)",
    "DELETE FROM _listed WHERE rowid IN (SELECT l.rowid FROM _listed AS l WHERE l.written < ?1
        AND NOT EXISTS (SELECT 1 FROM _feeds AS f WHERE f.id = l.id AND f.part = l.part) LIMIT ?2)",
    "DELETE FROM _sites WHERE site IN (SELECT site FROM _sites WHERE written < ?1 LIMIT ?2)",
];
const RECORDS: &[&str] = &[
    "DELETE FROM _outlet WHERE seq IN
        (SELECT seq FROM _outlet WHERE outlet IN (2, 3) AND recorded < ?1 LIMIT ?2)",
    "DELETE FROM _outlet WHERE seq IN
        (SELECT seq FROM _outlet AS a WHERE outlet = 1 AND recorded < ?1
            AND NOT EXISTS (SELECT 1 FROM _outlet AS e WHERE e.article = a.id) LIMIT ?2)",
];

/// How long things are kept, and when that was looked after last.
#[derive(Debug)]
pub(super) struct Keep {
    records: Option<SignedDuration>,
    next: Instant,
}

impl Keep {
    /// Keeps records for so long, or for ever.
    pub(super) fn new(records: Option<Duration>) -> Self {
        let records =
            records.map(|keep| SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX));
        Self {
            records,
            next: Instant::now(),
        }
    }

    /// Lets some of what is too old go; soon again while there may be more.
    pub(super) fn sweep(
        &mut self,
        file: &mut Connection,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if Instant::now() < self.next {
            return Ok(());
        }
        self.next = Instant::now() + PAUSE;
        if sweep_once(file, self.records, now)? {
            self.next = Instant::now();
        }
        Ok(())
    }
}

/// One sweep; whether there may be more to let go.
pub(super) fn sweep_once(
    file: &mut Connection,
    records: Option<SignedDuration>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let cannot = |error| fault("let old records go", error);
    let tx = file.transaction().map_err(cannot)?;
    let mut most = 0;
    let before = |age: SignedDuration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let state = before(SEEN_KEPT).as_microsecond();
    for statement in STATES {
        most = most.max(
            tx.execute(statement, params![state, ROWS])
                .map_err(cannot)?,
        );
    }
    if let Some(keep) = records {
        for statement in RECORDS {
            let gone = tx.execute(statement, params![before(keep).as_second(), ROWS]);
            most = most.max(gone.map_err(cannot)?);
        }
    }
    tx.commit().map_err(cannot)?;
    if most > 0 {
        let free = format!("PRAGMA incremental_vacuum({PAGES})");
        file.execute_batch(&free).map_err(cannot)?;
    }
    Ok(most == ROWS as usize)
}
