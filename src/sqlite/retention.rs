//! What is deleted: marks and states by their age, records when `keep` is set; never much at once.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::fault::ledger_error;
use crate::ledger::{LedgerError, SEEN_KEPT};

/// Between two sweeps that found nothing left to do.
// Records grow too old by the hour, not by the second.
const PAUSE: Duration = Duration::from_secs(3600);
/// Rows of a kind that one sweep deletes, so that no commit waits for long.
const ROWS: u32 = 500;
/// Pages given back to the file system after a sweep.
// 1 MiB: batches wait for a moment only.
const PAGES: u32 = 256;

/// What is deleted, each oldest first.
// Events go before their articles: an article stays while one of its events does.
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

    /// Deletes some of what is too old; soon again while there may be more.
    pub(super) fn sweep_old(
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

/// One sweep; whether there may be more to delete.
pub(super) fn sweep_once(
    file: &mut Connection,
    records: Option<SignedDuration>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let cannot = |error| ledger_error("let old records go", error);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::schema;

    const DAY: i64 = 86_400;

    fn now() -> Timestamp {
        Timestamp::from_second(1_000 * DAY).expect("a day in 1972")
    }

    fn left(file: &Connection, query: &str) -> Vec<String> {
        let mut rows = file.prepare(query).expect("a query of a test");
        let rows = rows.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<rusqlite::Result<_>>().expect("texts")
    }

    #[test]
    fn an_article_never_goes_before_its_events() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = schema::open_to_write(&folder.path().join("a.db")).expect("a new file");
        let rows = [
            (1, "old article of a new event", 900, None),
            (2, "new event", 999, Some("old article of a new event")),
            (1, "old article of an old event", 900, None),
            (2, "old event", 900, Some("old article of an old event")),
            (3, "old", 900, None),
        ];
        for (outlet, id, day, article) in rows {
            file.execute(
                "INSERT INTO _outlet (outlet, id, revision, recorded, type, article, json)
                 VALUES (?1, ?2, 1, ?3, '', ?4, '{}')",
                params![outlet, id, day * DAY, article],
            )
            .expect("a record");
        }
        let keep = Some(SignedDuration::from_hours(90 * 24));
        assert!(!sweep_once(&mut file, None, now()).expect("nothing to let go"));
        assert_eq!(left(&file, "SELECT id FROM _outlet").len(), 5);
        assert!(!sweep_once(&mut file, keep, now()).expect("swept"));
        let kept = left(&file, "SELECT id FROM _outlet ORDER BY seq");
        assert_eq!(kept, ["old article of a new event", "new event"]);
    }

    #[test]
    fn marks_and_states_go_90_days_after_they_were_of_use_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = schema::open_to_write(&folder.path().join("a.db")).expect("a new file");
        for (id, day) in [("old", 909), ("recent", 911)] {
            let at = day * DAY * 1_000_000;
            file.execute(
                "INSERT INTO _seen VALUES (?1, 0, ?2, 0, '{}')",
                params![id, at],
            )
            .and_then(|_| {
                file.execute(
                    "INSERT INTO _feeds VALUES (?1, 0, ?2, '{}')",
                    params![id, at],
                )
            })
            .and_then(|_| file.execute("INSERT INTO _listed VALUES (?1, 0, 0, '{}')", [id]))
            .and_then(|_| file.execute("INSERT INTO _sites VALUES (?1, ?2, '{}')", params![id, at]))
            .expect("rows");
        }
        assert!(!sweep_once(&mut file, None, now()).expect("swept"));
        for table in ["_seen", "_feeds", "_listed"] {
            assert_eq!(
                left(&file, &format!("SELECT id FROM {table}")),
                ["recent"],
                "{table}"
            );
        }
        assert_eq!(left(&file, "SELECT site FROM _sites"), ["recent"]);
    }
}
