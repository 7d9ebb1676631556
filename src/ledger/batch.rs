//! What one step settles, committed whole or not at all.

use super::{Seen, Tenure, Waiting};
use crate::{
    feed::state::{FeedState, Listed},
    fetch::SiteState,
    id::{ArticleId, FeedId},
    record::Record,
    site::Site,
};

/// All that one step settles: state changes together with the records they publish. Whole or not at all.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The tenure of the site whose owner settles this; one that has passed is refused.
    pub tenure: Tenure,
    /// Entries for the mailboxes of their own sites; posted after the batch's own entries are cleared. An entry that
    /// waits already keeps its place, and the stronger of the two reasons.
    pub posts: Vec<Post>,
    /// Marks of addresses of the owner's site.
    pub seen: Vec<(ArticleId, Seen)>,
    /// Entries of the owner's site that are done with, each as it was handed out.
    pub cleared: Vec<Cleared>,
    /// State of a feed of the owner's site.
    pub feed: Option<(FeedId, FeedState)>,
    /// What that feed listed last; written only when it changed.
    pub listed: Option<(FeedId, Listed)>,
    /// State of the owner's site.
    pub site: Option<(Site, SiteState)>,
    /// Records to publish; `recorded` is stamped by the ledger.
    pub records: Vec<Record>,
}

impl Batch {
    /// A batch of the owner that a tenure proves, with nothing in it yet.
    pub fn begin(tenure: Tenure) -> Self {
        Self {
            tenure,
            posts: Vec::new(),
            seen: Vec::new(),
            cleared: Vec::new(),
            feed: None,
            listed: None,
            site: None,
            records: Vec::new(),
        }
    }
}

/// An entry on its way to the mailbox of its site.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Its id: the identity of its address.
    pub id: ArticleId,
    /// The site whose owner is to read it.
    pub site: Site,
    /// The entry.
    pub waiting: Waiting,
}

/// An entry that is done with. What was posted for its address after it was handed out stays, and is processed in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleared {
    /// The entry.
    pub id: ArticleId,
    /// Which post of it was handed out: [`super::EntryTurn::version`].
    pub version: i64,
}
