//! The state of a feed, which this room alone changes, and what the feed listed last.

use std::ops::Deref;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::memory::FeedMemory;
use crate::id::ArticleId;

/// State of a feed: anybody may read what is remembered, only what happens to the feed changes it
/// ([`Self::take_answer`], [`Self::finish_poll`], [`Self::merge_with_twin`]).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedState(pub(super) FeedMemory);

impl Deref for FeedState {
    type Target = FeedMemory;

    fn deref(&self) -> &FeedMemory {
        &self.0
    }
}

/// A state that was stored.
impl From<FeedMemory> for FeedState {
    fn from(memory: FeedMemory) -> Self {
        Self(memory)
    }
}

/// What is remembered, on its own.
impl From<FeedState> for FeedMemory {
    fn from(state: FeedState) -> Self {
        state.0
    }
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
    /// When it was posted last; `None` for one that the first poll, or a flood, left out.
    pub posted: Option<Timestamp>,
}
