//! What a ledger keeps of an address: an entry that waits, the outcome of its tries, how it was settled.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::id::{ArticleId, FeedId};

/// Why an entry waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A feed lists it and this poller had not listed it before; dropped where it is settled already.
    New,
    /// A feed still lists it: its mark is written again when older than [`super::SEEN_REFRESHED`], nothing is fetched
    /// unless it was never seen.
    StillListed,
    /// Its entry in the feed has changed; read again.
    Changed,
    /// One of the ages of `article.recheck` has come; read again.
    Recheck,
    /// An operator asked (`set-aside retry`); read again.
    Asked,
    /// Another site's address led here; dropped where it is settled already.
    Moved,
}

impl Why {
    /// Whether an article that is settled already is read again for this.
    pub fn reads_again(self) -> bool {
        matches!(self, Self::Changed | Self::Recheck | Self::Asked)
    }
}

/// An entry in the mailbox of its site: never an attempt or a due time, which are the owner's to keep in `seen`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Version of this record, 1.
    pub v: u32,
    /// The address to fetch.
    pub url: String,
    /// Why it waits.
    pub why: Why,
    /// When it was posted.
    pub posted: Timestamp,
    /// When a feed first listed it here.
    pub first_seen: Timestamp,
    /// The feed that named it first.
    pub feed: Option<FeedId>,
    /// Feeds that named it since, at most [`super::MAX_FEEDS_AN_ENTRY`] with the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<FeedId>,
    /// Title in the feed, plain text.
    pub title: Option<String>,
    /// Authors in the feed.
    pub authors: Vec<String>,
    /// Publication time in the feed.
    pub published: Option<Timestamp>,
    /// Whether the feed named a time that is not believed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub date_refused: bool,
    /// The feed's own text as HTML, at most [`crate::feed::limits::MAX_FEED_TEXT_BYTES`].
    pub text: Option<String>,
    /// Addresses that led here, the first first.
    pub visited: Vec<String>,
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Seen {
    /// It failed, or is being tried alone; it stays in the mailbox until it is settled.
    Retry {
        /// Tries so far.
        attempt: u32,
        /// Tries that were handed out alone after an unclean end, and did not come back.
        kills: u32,
        /// Not before.
        due: Timestamp,
        /// The first try.
        first_at: Timestamp,
        /// The reason of the last failure, one of [`crate::set_aside`].
        why: String,
        /// How it was settled before, when it is being read again: without it the next revision would be lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Settled>>,
    },
    /// It was published, set aside or found to be another one.
    Settled(Settled),
}

impl Seen {
    /// How it was settled last; `None` where it never was.
    pub(crate) fn into_settled(self) -> Option<Settled> {
        match self {
            Self::Settled(settled) => Some(settled),
            Self::Retry { before, .. } => before.map(|before| *before),
        }
    }
}

/// As what an address was settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledAs {
    /// An article.
    #[default]
    Published,
    /// Not published, with a reason.
    SetAside,
    /// An address of another site.
    Moved,
    /// Another address of an article.
    Same,
    /// What a later version has added; kept as it is.
    #[serde(untagged)]
    Unknown(String),
}

/// How an address was settled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// As what.
    pub outcome: SettledAs,
    /// When, or when a feed listed it last; expiry counts from here.
    pub when: Timestamp,
    /// When it was settled.
    pub settled: Timestamp,
    /// The article this address belongs to, when it is not its own.
    pub same_as: Option<ArticleId>,
    /// Where it leads, when it has moved to another site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Tries at the time it was set aside; they go on counting, so that no two records of an entry have one number.
    #[serde(default)]
    pub tries: u32,
    /// How often in a row its page was read again, because its entry in the feed had changed, and brought no change.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unchanged: u32,
    /// Whether the text published last was the feed's own.
    #[serde(default)]
    pub from_feed: bool,
    /// Revision published last; 0 when nothing was.
    pub revision: u32,
    /// SHA-256 of the text published last.
    pub text_sha256: Option<String>,
    /// SimHash of the text published last.
    pub simhash: Option<String>,
    /// What tells its story from the others of its site; none where it was published before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<StoryMark>,
    /// Events published with it, those retracted since among them.
    pub events: Vec<EventMark>,
}

impl Settled {
    /// Whether an article stands published under it.
    pub(crate) fn is_published(&self) -> bool {
        self.revision > 0
    }
}

/// What tells a story from the others of its site, whatever its address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryMark {
    /// Under which its title is marked.
    pub title: ArticleId,
    /// Under which its text is marked.
    pub text: ArticleId,
    /// The day it was published, as its page says, else as its feed does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// What is the same of its address for every visitor, where a part of that is made anew for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<ArticleId>,
    /// The article that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<ArticleId>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_false(told: &bool) -> bool {
    !told
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An event as it was published last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventMark {
    /// The event's id.
    pub id: String,
    /// Its revision.
    pub revision: u32,
    /// Hash of its content without revision, status, times and coder version: tells whether it changed.
    pub content: String,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Whether that revision retracted it; the mark stays so that revisions go on counting.
    #[serde(default)]
    pub retracted: bool,
}
