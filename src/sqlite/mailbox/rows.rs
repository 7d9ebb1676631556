//! The rows of a mailbox: how many wait, the next in an order, and one with all that is known of it.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::PAGE;
use crate::{
    id::ArticleId,
    ledger::{LedgerError, Seen, Waiting},
    site::Site,
    sqlite::{
        apply::{read_mark, read_waiting},
        fault::{ledger_error, unreadable_error},
    },
};

/// A row of the mailbox by one of its two orders: by `posted` or by `turn`.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueuePlace {
    pub(super) at: i64,
    pub(super) seq: i64,
    pub(super) id: ArticleId,
}

/// An entry with all that is known of it.
#[derive(Debug)]
pub(super) struct KnownEntry {
    pub(super) version: i64,
    pub(super) waiting: Waiting,
    pub(super) seen: Option<Seen>,
}

/// How many entries of a site wait.
pub(super) fn count_waiting(file: &Connection, site: &Site) -> Result<usize, LedgerError> {
    file.prepare_cached("SELECT waiting FROM _mailboxes WHERE site = ?1")
        .and_then(|mut count| {
            count
                .query_row([site.as_str()], |row| row.get::<_, i64>(0))
                .optional()
        })
        .map(|count| usize::try_from(count.unwrap_or(0)).unwrap_or(0))
        .map_err(|error| ledger_error("count a mailbox", error))
}

/// The next entries of the site in one of its two orders; each has its index.
pub(super) fn read_page(
    file: &Connection,
    site: &Site,
    order: &str,
    after: (i64, i64),
) -> Result<Vec<QueuePlace>, LedgerError> {
    // A column cannot be bound as a value; `order` is one of two words of our own, never text from outside.
    let query = format!(
        "SELECT {order}, seq, id FROM _entries WHERE site = ?1 AND ({order}, seq) > (?2, ?3)
         ORDER BY {order}, seq LIMIT {PAGE}"
    );
    let rows: Vec<(i64, i64, String)> = file
        .prepare_cached(&query)
        .and_then(|mut page| {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            page.query_map(params![site.as_str(), after.0, after.1], row)?
                .collect()
        })
        .map_err(|error| ledger_error("read a mailbox", error))?;
    let place = |(at, seq, id): (i64, i64, String)| {
        let id = ArticleId::parse(&id).map_err(|error| unreadable_error("a mailbox", &error))?;
        Ok(QueuePlace { at, seq, id })
    };
    rows.into_iter().map(place).collect()
}

/// An entry and its mark as of one instant.
pub(super) fn read_known(
    file: &Connection,
    id: ArticleId,
    part: u32,
) -> Result<Option<KnownEntry>, LedgerError> {
    let row: Option<(i64, String, Option<String>)> = file
        .prepare_cached(
            "SELECT e.version, e.json, s.json FROM _entries AS e
             LEFT JOIN _seen AS s ON s.id = e.id AND s.part = e.part
             WHERE e.id = ?1 AND e.part = ?2",
        )
        .and_then(|mut entry| {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            entry
                .query_row(params![id.to_string(), part], row)
                .optional()
        })
        .map_err(|error| ledger_error("read an entry", error))?;
    let Some((version, waiting, seen)) = row else {
        return Ok(None);
    };
    let seen = seen
        .map(|seen| read_mark(&seen, &id.to_string()))
        .transpose()?;
    Ok(Some(KnownEntry {
        version,
        waiting: read_waiting(&waiting)?,
        seen,
    }))
}
