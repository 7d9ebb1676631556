//! What the last run left: mailboxes that are not empty, and the entries it may have held when it ended uncleanly.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    FileShared,
    fault::ledger_error,
    schema::{self, PARTITIONS},
};
use crate::{
    id::ArticleId,
    ledger::{LedgerError, SUSPECTS_A_SITE},
    site::Site,
};

/// Marks a run as begun; whether the last one ended cleanly, and the number of this one.
pub(super) fn begin_run(file: &mut Connection) -> rusqlite::Result<(bool, u64)> {
    let tx = file.transaction()?;
    let clean = schema::read_meta(&tx, "clean")?.as_deref() == Some("1");
    let opened = schema::read_meta(&tx, "opened")?
        .and_then(|count| count.parse().ok())
        .unwrap_or(0)
        + 1;
    schema::write_meta(&tx, "clean", "0")?;
    schema::write_meta(&tx, "opened", &opened.to_string())?;
    tx.commit()?;
    Ok((clean, opened))
}

/// The sites whose mailboxes are not empty.
pub(super) fn sites_with_entries(file: &Connection) -> Result<Vec<Site>, LedgerError> {
    file.prepare_cached("SELECT site FROM _mailboxes")
        .and_then(|mut sites| {
            sites
                .query_map([], |row| row.get::<_, String>(0).map(|s| Site::of_host(&s)))?
                .collect()
        })
        .map_err(|error| ledger_error("read the mailboxes", error))
}

/// Notes which entries may have been in the hands of the process that ended uncleanly.
pub(super) fn suspect_entries(
    file: &Connection,
    shared: &FileShared,
    sites: &[Site],
    now: Timestamp,
) -> Result<(), LedgerError> {
    for partition in 0..PARTITIONS {
        shared.suspects.taken_over(partition, now);
    }
    // Entries that were out alone at an earlier end are left out: their kills make them go alone anyway.
    let mut first = file
        .prepare_cached(
            "SELECT e.id FROM _entries AS e LEFT JOIN _seen AS s ON s.id = e.id AND s.part = e.part
             WHERE e.site = ?1 AND e.turn <= ?2 AND coalesce(s.kills, 0) = 0
             ORDER BY e.turn, e.seq LIMIT ?3",
        )
        .map_err(|error| ledger_error("read the mailboxes", error))?;
    let most = i64::try_from(SUSPECTS_A_SITE).unwrap_or(i64::MAX);
    for site in sites {
        let ids: Vec<String> = first
            .query_map(params![site.as_str(), now.as_microsecond(), most], |row| {
                row.get(0)
            })
            .and_then(Iterator::collect)
            .map_err(|error| ledger_error("read the mailboxes", error))?;
        for id in ids {
            add_suspect(shared, site, &id);
        }
    }
    Ok(())
}

fn add_suspect(shared: &FileShared, site: &Site, id: &str) {
    match ArticleId::parse(id) {
        Ok(id) => {
            let partition = site.partition_among(PARTITIONS);
            shared.suspects.add_suspect(partition, site.clone(), id);
        }
        Err(error) => {
            let detail = format!("the id `{id}` in its mailbox cannot be read: {error}");
            shared.barred.halt_site(site, &detail);
        }
    }
}
