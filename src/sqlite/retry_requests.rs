//! Entries that another process asks for again: written beside the worker, moved in by it.

use std::{collections::BTreeSet, path::Path};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::{
    apply,
    fault::{ledger_error, unreadable_error},
    halted_sites::Barred,
    schema,
};
use crate::{
    id::ArticleId,
    ledger::{LedgerError, Post, retry_post::post_again},
    record::SetAside,
    site::Site,
};

/// Asks that what was set aside be read again. Safe beside a running worker, which notices within a second or two; with
/// none running it is read at the next start.
pub(super) fn request_retry(path: &Path, record: &SetAside) -> Result<(), LedgerError> {
    let post = post_again(record, Timestamp::now())?;
    let json =
        serde_json::to_string(&post.waiting).map_err(|e| unreadable_error("an entry", &e))?;
    let file = schema::open_to_ask(path)?;
    file.execute(
        "INSERT OR REPLACE INTO _asked VALUES (?1, ?2, ?3)",
        params![post.id.to_string(), post.site.as_str(), json],
    )
    .map(drop)
    .map_err(|error| ledger_error("ask for an entry again", error))
}

/// Moves what was asked for into the mailboxes; the sites it went to. What cannot be read is left and logged.
pub(super) fn move_in(
    file: &mut Connection,
    barred: &Barred,
) -> Result<BTreeSet<Site>, LedgerError> {
    let cannot = |error| ledger_error("take what was asked for", error);
    let tx = file
        // Begun as a writer: one that reads first fails at once where the other process commits in between.
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(cannot)?;
    let rows: Vec<(String, String, String)> = tx
        .prepare_cached("SELECT id, site, json FROM _asked")
        .and_then(|mut asked| {
            asked
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })
        .map_err(cannot)?;
    let mut sites = BTreeSet::new();
    for (id, site, json) in rows {
        let (Ok(known), Ok(waiting)) = (ArticleId::parse(&id), apply::read_waiting(&json)) else {
            tracing::error!(id, "what was asked for cannot be read");
            continue;
        };
        let post = Post {
            id: known,
            site: Site::of_host(&site),
            waiting,
        };
        apply::put_entry(&tx, &post, barred)?;
        tx.execute("DELETE FROM _asked WHERE id = ?1", [id])
            .map_err(cannot)?;
        sites.insert(post.site);
    }
    tx.commit().map_err(cannot)?;
    Ok(sites)
}
