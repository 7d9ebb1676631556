//! One batch into one open transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    fault::{ledger_error, unreadable_error},
    halted_sites::Barred,
    schema::PARTITIONS,
};
use crate::{
    id::{ArticleId, FeedId},
    ledger::{
        Batch, Cleared, LedgerError, MAX_RECORD_BYTES, MAX_SITE_STATE_BYTES, Outlet, Post, Seen,
        Waiting, entry_rules,
    },
    record::Record,
    site::Site,
};

/// A batch with everything that can be refused already looked at.
#[derive(Debug)]
pub(super) struct PreparedRows {
    part: u32,
    cleared: Vec<Cleared>,
    posts: Vec<Post>,
    seen: Vec<(ArticleId, Seen, String)>,
    feed: Option<(String, String)>,
    listed: Option<(String, String)>,
    site: Option<(Site, String)>,
    records: Vec<RecordRow>,
}

/// A record on its way into `_outlet`.
#[derive(Debug)]
pub(super) struct RecordRow {
    pub(super) outlet: Outlet,
    pub(super) id: String,
    pub(super) revision: u32,
    pub(super) ce_type: String,
    /// The article of an event.
    pub(super) article: Option<String>,
    pub(super) json: String,
}

/// What is remembered of a feed, as a row.
fn feed_row<S: serde::Serialize>(
    (id, state): (FeedId, S),
) -> Result<(String, String), LedgerError> {
    let json = entry_rules::state_json(&state, MAX_RECORD_BYTES)?;
    Ok((id.to_string(), json))
}

impl PreparedRows {
    /// Stamps a batch and writes its states and records as JSON.
    pub(super) fn prepare_batch(
        mut batch: Batch,
        part: u32,
        recorded: Timestamp,
    ) -> Result<Self, LedgerError> {
        entry_rules::finish_batch(&mut batch, recorded);
        // Refused here already: inside the transaction it would cost every batch of the group a second try.
        for post in &batch.posts {
            entry_rules::state_json(&post.waiting, MAX_RECORD_BYTES)?;
        }
        let site = batch.site.map(|(site, state)| {
            let json = entry_rules::state_json(&state, MAX_SITE_STATE_BYTES);
            json.map(|json| (site, json))
        });
        let mut seen = Vec::with_capacity(batch.seen.len());
        for (id, mark) in batch.seen {
            let json = entry_rules::seen_json(&mark)?;
            seen.push((id, mark, json));
        }
        Ok(Self {
            part,
            cleared: batch.cleared,
            posts: batch.posts,
            seen,
            feed: batch.feed.map(feed_row).transpose()?,
            listed: batch.listed.map(feed_row).transpose()?,
            site: site.transpose()?,
            records: batch
                .records
                .iter()
                .map(RecordRow::of_record)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl RecordRow {
    fn of_record(record: &Record) -> Result<Self, LedgerError> {
        let (outlet, article) = match record {
            Record::Article(_) => (Outlet::Articles, None),
            Record::Event(event) => (Outlet::Events, Some(event.article.id.clone())),
            Record::SetAside(_) => (Outlet::SetAside, None),
        };
        Ok(Self {
            outlet,
            id: record.id().to_owned(),
            revision: record.revision(),
            ce_type: record.ce_type(),
            article,
            json: entry_rules::record_json(record)?,
        })
    }
}

/// The number of an outlet in the file.
pub(super) fn outlet_number(outlet: Outlet) -> i64 {
    match outlet {
        Outlet::Articles => 1,
        Outlet::Events => 2,
        Outlet::SetAside => 3,
    }
}

/// Writes a batch. Entries are cleared before others are posted: a post is newer than what is settled.
pub(super) fn apply_batch(
    tx: &Connection,
    batch: &PreparedRows,
    recorded: Timestamp,
    barred: &Barred,
    posted: &mut BTreeSet<Site>,
) -> Result<(), LedgerError> {
    let cannot = |error| ledger_error("write to the ledger", error);
    clear_entries(tx, batch.part, &batch.cleared).map_err(cannot)?;
    for (id, seen, json) in &batch.seen {
        write_mark(tx, batch.part, *id, seen, json, recorded).map_err(cannot)?;
    }
    for entry in &batch.posts {
        put_entry(tx, entry, barred)?;
        posted.insert(entry.site.clone());
    }
    write_states(tx, batch, recorded).map_err(cannot)?;
    write_records(tx, &batch.records, recorded).map_err(cannot)
}

/// Clears entries unless they were posted anew since they were looked at.
pub(super) fn clear_entries(
    tx: &Connection,
    part: u32,
    entries: &[Cleared],
) -> rusqlite::Result<()> {
    let mut clear =
        tx.prepare_cached("DELETE FROM _entries WHERE id = ?1 AND part = ?2 AND version = ?3")?;
    for entry in entries {
        clear.execute(params![entry.id.to_string(), part, entry.version])?;
    }
    Ok(())
}

/// Writes a mark and moves its entry to its due time.
fn write_mark(
    tx: &Connection,
    part: u32,
    id: ArticleId,
    seen: &Seen,
    json: &str,
    recorded: Timestamp,
) -> rusqlite::Result<()> {
    let id = id.to_string();
    let (counts_from, kills) = match seen {
        Seen::Retry { due, kills, .. } => (*due.max(&recorded), *kills),
        Seen::Settled(settled) => (settled.when, 0),
    };
    tx.prepare_cached("INSERT OR REPLACE INTO _seen VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, part, counts_from.as_microsecond(), kills, json])?;
    if let Seen::Retry { due, .. } = seen {
        tx.prepare_cached("UPDATE _entries SET turn = ?3 WHERE id = ?1 AND part = ?2")?
            .execute(params![id, part, due.as_microsecond()])?;
    }
    Ok(())
}

/// Puts an entry into the mailbox of its site, or into the place of the one that waits there for the same address. One
/// that cannot be read stays as it is, and its site is halted; whoever posts goes on.
pub(super) fn put_entry(tx: &Connection, entry: &Post, barred: &Barred) -> Result<(), LedgerError> {
    let cannot = |error| ledger_error("post an entry", error);
    let (id, part) = (entry.id.to_string(), entry.site.partition_among(PARTITIONS));
    let query = "SELECT json FROM _entries WHERE id = ?1 AND part = ?2";
    let known = find_json(tx, query, &id, part).map_err(cannot)?;
    let waiting = match known.map(|json| read_waiting(&json)).transpose() {
        Err(LedgerError::Unreadable { detail }) => {
            barred.halt_site(&entry.site, &detail);
            return Ok(());
        }
        Err(error) => return Err(error),
        Ok(Some(older)) => entry_rules::merge_entries(&older, entry.waiting.clone()),
        Ok(None) => entry.waiting.clone(),
    };
    let seen = match mark_of(tx, &id, part) {
        Err(LedgerError::Unreadable { detail }) => {
            barred.halt_site(&entry.site, &detail);
            None
        }
        seen => seen?,
    };
    let turn = entry_rules::turn_time(&waiting, seen.as_ref());
    let json = entry_rules::state_json(&waiting, MAX_RECORD_BYTES)?;
    // Not `OR REPLACE`: the row would lose its `seq`, its place in the queue, and SQLite fires no trigger for a row
    // that goes so, which the count of the mailbox would miss.
    tx.prepare_cached(
        "INSERT INTO _entries (id, part, site, posted, turn, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id, part) DO UPDATE SET
             posted = excluded.posted, turn = excluded.turn, json = excluded.json,
             version = version + 1",
    )
    .and_then(|mut post| {
        let (posted, turn) = (waiting.posted.as_microsecond(), turn.as_microsecond());
        post.execute(params![id, part, entry.site.as_str(), posted, turn, json])
    })
    .map(drop)
    .map_err(cannot)
}

/// What is kept as JSON under an id in a partition.
pub(super) fn find_json(
    file: &Connection,
    query: &str,
    id: &str,
    part: u32,
) -> rusqlite::Result<Option<String>> {
    let mut kept = file.prepare_cached(query)?;
    kept.query_row(params![id, part], |row| row.get(0))
        .optional()
}

/// The mark of an address, whatever its age.
pub(super) fn mark_of(file: &Connection, id: &str, part: u32) -> Result<Option<Seen>, LedgerError> {
    let query = "SELECT json FROM _seen WHERE id = ?1 AND part = ?2";
    let json = find_json(file, query, id, part);
    let json = json.map_err(|error| ledger_error("read a mark", error))?;
    json.map(|json| read_mark(&json, id)).transpose()
}

/// A mark from its JSON.
pub(super) fn read_mark(json: &str, id: &str) -> Result<Seen, LedgerError> {
    entry_rules::read_state(json)
        .map_err(|error| unreadable_error(&format!("the mark of {id}"), &error))
}

/// An entry from its JSON.
pub(super) fn read_waiting(json: &str) -> Result<Waiting, LedgerError> {
    entry_rules::read_state(json).map_err(|error| unreadable_error("an entry", &error))
}

fn write_states(
    tx: &Connection,
    batch: &PreparedRows,
    recorded: Timestamp,
) -> rusqlite::Result<()> {
    let written = recorded.as_microsecond();
    if let Some((id, json)) = &batch.feed {
        tx.prepare_cached("INSERT OR REPLACE INTO _feeds VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, batch.part, written, json])?;
    }
    if let Some((id, json)) = &batch.listed {
        tx.prepare_cached("INSERT OR REPLACE INTO _listed VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, batch.part, written, json])?;
    }
    if let Some((site, json)) = &batch.site {
        tx.prepare_cached("INSERT OR REPLACE INTO _sites VALUES (?1, ?2, ?3)")?
            .execute(params![site.as_str(), written, json])?;
    }
    Ok(())
}

/// Writes records that were committed at one instant.
pub(super) fn write_records(
    tx: &Connection,
    records: &[RecordRow],
    recorded: Timestamp,
) -> rusqlite::Result<()> {
    for row in records {
        let outlet = outlet_number(row.outlet);
        tx.prepare_cached(
            "UPDATE _outlet SET latest = 0 WHERE outlet = ?1 AND id = ?2 AND latest = 1",
        )?
        .execute(params![outlet, row.id])?;
        tx.prepare_cached(
            "INSERT INTO _outlet (outlet, id, revision, recorded, type, article, json)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            outlet,
            row.id,
            row.revision,
            recorded.as_second(),
            row.ce_type,
            row.article,
            row.json
        ])?;
    }
    Ok(())
}
