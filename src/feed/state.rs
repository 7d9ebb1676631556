//! What is remembered of a feed between polls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::ArticleId;

/// State of a feed; unknown fields of a later version are kept out of the way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// Version of this record, 1.
    pub v: u32,
    /// When it is due next.
    pub next_poll: Option<Timestamp>,
}

/// The items a feed listed last, as the poller posted them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listed {
    /// Version of this record, 1.
    pub v: u32,
    /// One row an item.
    pub items: Vec<ListedItem>,
}

/// An item of a feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedItem {
    /// Hash of the item's key in its feed.
    pub key: u64,
    /// Hash of title, text and update time: tells whether the entry changed.
    pub content: u64,
    /// The article it led to.
    pub id: ArticleId,
    /// When it was posted last.
    pub posted: Timestamp,
}
