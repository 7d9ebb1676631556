//! What is remembered of a feed between polls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{fetch::Validators, id::ArticleId};

/// State of a feed. Fields that a later version adds are ignored by this one and start empty here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// Version of this record, 1.
    pub v: u32,
    /// When it is due next; `None` before the first poll.
    pub next_poll: Option<Timestamp>,
    /// Why then, for people.
    pub next_why: String,
    /// Seconds between two polls before hints, jitter and back-off.
    pub interval_s: f64,
    /// The configured address that the validators were given for; another one forgets them.
    pub validators_of: Option<String>,
    /// Sent back verbatim at the next poll.
    pub validators: Option<Validators>,
    /// When a poll without validators last succeeded.
    pub unconditional: Option<Timestamp>,
    /// SHA-256 of the decoded body that was parsed last.
    pub body_sha256: Option<String>,
    /// Size of that body in bytes.
    pub body_bytes: u64,
    /// Polls so far.
    pub polls: u64,
    /// The last poll that ended with a feed or with 304.
    pub last_success: Option<Timestamp>,
    /// The last poll that listed something new.
    pub last_new: Option<Timestamp>,
    /// The last failure.
    pub last_failure: Option<Failure>,
    /// Failures in a row.
    pub failures: u32,
    /// When the row began.
    pub failing_since: Option<Timestamp>,
    /// Polled only once a week, for this reason.
    pub disabled: Option<String>,
    /// A permanent redirect that is being learned.
    pub moving: Option<Moving>,
    /// The address learned from a permanent redirect.
    pub moved_to: Option<String>,
    /// Median seconds between two of the newest 20 items.
    pub rhythm_s: Option<f64>,
    /// Entries that were new, since `counting_since`.
    pub new_entries: u64,
    /// Start of that count.
    pub counting_since: Option<Timestamp>,
    /// Items that the first poll, or a flood, left out.
    pub skipped: u64,
    /// The feed's own title.
    pub title: Option<String>,
}

/// Why a poll failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// The reason, one of a fixed set.
    pub reason: String,
    /// The error in words.
    pub detail: String,
}

/// A permanent redirect on its way to being believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    /// Where it leads.
    pub to: String,
    /// Polls that were led there, all hops permanent, and found a feed.
    pub polls: u32,
    /// The first of them.
    pub since: Timestamp,
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

impl FeedState {
    /// New entries a day, once a day of counting is over.
    pub fn new_a_day(&self, now: Timestamp) -> Option<f64> {
        let days = now.duration_since(self.counting_since?).as_secs_f64() / 86_400.0;
        (days >= 1.0).then(|| self.new_entries as f64 / days)
    }

    /// How much longer the feed has been silent than its own rhythm lets expect; `None` while that is unknown.
    pub fn silence(&self, now: Timestamp) -> Option<f64> {
        let silent = now.duration_since(self.last_new?).as_secs_f64();
        self.rhythm_s
            .filter(|rhythm| *rhythm > 0.0)
            .map(|rhythm| silent / rhythm)
    }
}
