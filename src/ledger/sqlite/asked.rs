//! Entries that another process asks for again: written beside the worker, moved in by it.

use std::{collections::BTreeSet, path::Path};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use url::Url;

use super::{
    apply,
    fault::{fault, unreadable},
    schema,
};
use crate::{
    id::{ArticleId, FeedId},
    ledger::{LedgerError, Post, Waiting, Why},
    record::SetAside,
    site::Site,
};

/// Asks that what was set aside be read again. Safe beside a running worker, which notices within a second or two; with
/// none running it is read at the next start.
pub(super) fn ask(path: &Path, record: &SetAside) -> Result<(), LedgerError> {
    let post = again(record, Timestamp::now())?;
    let json = serde_json::to_string(&post.waiting).map_err(|e| unreadable("an entry", &e))?;
    let file = schema::open_to_ask(path)?;
    file.execute(
        "INSERT OR REPLACE INTO _asked VALUES (?1, ?2, ?3)",
        params![post.id.to_string(), post.site.as_str(), json],
    )
    .map(drop)
    .map_err(|error| fault("ask for an entry again", error))
}

/// The entry of a set-aside record, without the feed's own words, which the record does not keep.
pub(in crate::ledger) fn again(record: &SetAside, now: Timestamp) -> Result<Post, LedgerError> {
    let cannot = |error: &dyn std::fmt::Display| LedgerError::Unfit {
        detail: format!("{} cannot be tried again: {error}", record.id),
    };
    let id = ArticleId::parse(&record.id).map_err(|error| cannot(&error))?;
    let url = Url::parse(&record.url).map_err(|error| cannot(&error))?;
    let site = Site::of_url(&url).ok_or_else(|| cannot(&"its address has no host"))?;
    let waiting = Waiting {
        v: 1,
        url: record.url.clone(),
        why: Why::Asked,
        posted: now,
        first_seen: record.first_at,
        feed: record.feed.as_deref().map(FeedId::configured),
        title: None,
        authors: Vec::new(),
        published: None,
        text: None,
        visited: Vec::new(),
    };
    Ok(Post { id, site, waiting })
}

/// Moves what was asked for into the mailboxes; the sites it went to.
pub(super) fn move_in(file: &mut Connection) -> Result<BTreeSet<Site>, LedgerError> {
    let cannot = |error| fault("take what was asked for", error);
    let tx = file
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
        let post = Post {
            id: ArticleId::parse(&id).map_err(|error| unreadable("what was asked for", &error))?,
            site: Site::of_host(&site),
            waiting: apply::read_waiting(&json)?,
        };
        apply::post(&tx, &post)?;
        sites.insert(post.site);
    }
    if !sites.is_empty() {
        tx.execute("DELETE FROM _asked", []).map_err(cannot)?;
        tx.commit().map_err(cannot)?;
    }
    Ok(sites)
}
