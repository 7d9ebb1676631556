//! The post by which what was set aside is asked for again.

use jiff::Timestamp;
use url::Url;

use super::{LedgerError, Post, Waiting, Why};
use crate::{
    id::{ArticleId, FeedId},
    record::SetAside,
    site::Site,
};

/// The entry of a set-aside record, without the feed's own words, which the record does not keep.
pub(crate) fn post_again(record: &SetAside, now: Timestamp) -> Result<Post, LedgerError> {
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
        also: Vec::new(),
        title: None,
        authors: Vec::new(),
        published: None,
        date_refused: false,
        text: None,
        visited: Vec::new(),
    };
    Ok(Post { id, site, waiting })
}
