//! What is remembered of a feed between polls, as it is stored.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::FeedHints;
use crate::{fetch::Validators, id::FeedId};

/// What this program reads out of a document. Raised with each change of the feed parser that finds more in the same
/// bytes: validators and body hash of older readings are forgotten, so that the document is read again.
pub const READING: u32 = 1;
/// Characters of a feed's own title and of the words of a failure that are kept.
const MAX_WORDS: usize = 500;
/// Why a feed that ends where another one does is disabled.
const SAME_FEED: &str = "same_feed";

/// What is remembered of a feed. Fields that a later version adds are ignored by this one and start empty here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedMemory {
    /// Version of this record, 1.
    pub v: u32,
    /// When it is due next; `None` before the first poll.
    pub next_poll: Option<Timestamp>,
    /// Why then, for people.
    pub next_why: String,
    /// Seconds between two polls before hints, jitter and back-off.
    pub interval_s: f64,
    /// The configured start value of the interval when it was last reckoned, in seconds; another one starts it anew.
    pub start_s: f64,
    /// The configured address that all this was learned from; another one forgets what belongs to an address.
    pub address: Option<String>,
    /// The address that gave the validators and the body, after all redirects: they are sent nowhere else.
    pub validators_of: Option<String>,
    /// Sent back verbatim at the next poll.
    pub validators: Option<Validators>,
    /// [`READING`] when the body was parsed.
    pub reading: u32,
    /// When its listing was last read whole, without validators and without regard to the body hash.
    pub unconditional: Option<Timestamp>,
    /// The next listing is read whole from then on: an edit came too soon after its item was posted, and waits.
    pub whole_from: Option<Timestamp>,
    /// Answers 304 in a row that nobody asked for.
    pub unasked_304: u32,
    /// SHA-256 of the decoded body that was parsed last.
    pub body_sha256: Option<String>,
    /// Size of that body in bytes; 0 until the first listing was posted whole.
    pub body_bytes: u64,
    /// What the feed itself asks of pollers, as its last listing says.
    pub asks: Asks,
    /// Polls so far.
    pub polls: u64,
    /// The last poll that ended with a feed or with 304.
    pub last_success: Option<Timestamp>,
    /// The last poll that listed something new.
    pub last_new: Option<Timestamp>,
    /// The last failure.
    pub last_failure: Option<PollFailure>,
    /// Failures in a row.
    pub failures: u32,
    /// The last of them in which the server said that the feed is gone …
    pub gone: u32,
    /// … since then.
    pub gone_since: Option<Timestamp>,
    /// Those of them in which a body came that is no feed.
    pub unreadable: u32,
    /// When the row began.
    pub failing_since: Option<Timestamp>,
    /// The server asked to be left alone until then; the last poll ended with that …
    pub held_until: Option<Timestamp>,
    /// … and so did all since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// Polled only once a week, for this reason.
    pub disabled: Option<String>,
    /// The feed that is polled in its place, for both end at one address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<SameAs>,
    /// A new address that is being learned.
    pub moving: Option<Moving>,
    /// The address learned from permanent redirects, or from what the feed says.
    pub moved_to: Option<String>,
    /// The address learned last that was given up: the feed may name it on, it is not believed again for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    /// Median seconds between two of the newest 20 items.
    pub rhythm_s: Option<f64>,
    /// Entries that were new, since `counting_since`.
    pub new_entries: u64,
    /// Start of that count.
    pub counting_since: Option<Timestamp>,
    /// Items that the first poll, or a flood, left out.
    pub skipped: u64,
    /// Items of the last listing without an address that can be read.
    pub without_link: u64,
    /// Items of the last listing past the number that is read of one.
    pub past_the_cap: u64,
    /// The feed's own title.
    pub title: Option<String>,
}

/// What a feed's document asks of pollers: kept, since 304 and an equal body say it no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asks {
    /// The longer of `ttl` and `sy:updatePeriod` / `updateFrequency`, seconds.
    pub at_least_s: Option<u64>,
    /// Hours of the day (GMT, 0 to 23) without polls, each once.
    pub skip_hours: Vec<u8>,
    /// Days of the week (0 = Monday) without polls, each once.
    pub skip_days: Vec<u8>,
    /// `itunes:new-feed-url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_address: Option<String>,
}

impl Asks {
    /// What a listing says.
    pub fn from_hints(hints: &FeedHints) -> Self {
        let each_once = |numbers: &[u8], below: u8| {
            let known: BTreeSet<u8> = numbers.iter().copied().filter(|n| *n < below).collect();
            known.into_iter().collect()
        };
        Self {
            at_least_s: hints.at_least().map(|wait| wait.as_secs()),
            skip_hours: each_once(&hints.skip_hours, 24),
            skip_days: each_once(&hints.skip_days, 7),
            new_address: hints.new_address.as_ref().map(Url::to_string),
        }
    }
}

/// Why a poll failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PollFailure {
    /// When.
    pub at: Timestamp,
    /// The reason, one of a fixed set.
    pub reason: String,
    /// The error in words.
    pub detail: String,
}

/// A new address at which no feed was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// Which one.
    pub to: String,
    /// When it was given up.
    pub at: Timestamp,
}

/// Another feed that ends where this one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameAs {
    /// Which one.
    pub feed: FeedId,
    /// Where both ended.
    pub end: String,
}

/// A new address on its way to being believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    /// Which one.
    pub to: String,
    /// Polls that found a feed, and that permanent redirects led there or whose feed named it.
    pub polls: u32,
    /// The first of them.
    pub since: Timestamp,
}

impl FeedMemory {
    /// Forgets what belongs to another address than the configured one, and what an older parser read.
    pub fn hold_to(&mut self, url: &Url) {
        let moved = self.address.as_deref() != Some(url.as_str());
        if moved {
            self.address = Some(url.to_string());
            self.moving = None;
            self.moved_to = None;
            self.given_up = None;
            self.asks = Asks::default();
        }
        if moved || self.reading != READING {
            self.forget_body();
        }
    }

    /// Forgets what would let a server, or a hash, say that nothing is new.
    pub fn forget_body(&mut self) {
        self.validators = None;
        self.validators_of = None;
        self.body_sha256 = None;
    }

    /// The address at which it is polled with success, after all redirects; `None` while polls fail, or wait because
    /// the server asked for it.
    pub fn polled_end(&self) -> Option<&str> {
        let polled = self.disabled.is_none() && self.failures == 0 && self.held_until.is_none();
        self.validators_of.as_deref().filter(|_| polled)
    }

    /// Another feed is polled in this one's place.
    pub fn merge_into(&mut self, feed: FeedId, end: String) {
        self.disabled = Some(SAME_FEED.to_owned());
        self.same_as = Some(SameAs { feed, end });
    }

    /// It is a feed of its own again.
    pub fn part_from_twin(&mut self) {
        if self.is_merged() {
            self.disabled = None;
        }
        self.same_as = None;
    }

    /// Whether another feed is polled in this one's place.
    pub fn is_merged(&self) -> bool {
        self.disabled.as_deref() == Some(SAME_FEED)
    }

    /// Whether the first listing was posted whole. Until then its poll goes on as a first one, also after a kill
    /// between two of its batches.
    pub fn knows_a_listing(&self) -> bool {
        self.body_bytes > 0
    }

    /// Cuts the words that come from outside, so that the record stays small whatever a feed says.
    pub fn cut_words(&mut self) {
        let cut = |text: &mut String| {
            if let Some((end, _)) = text.char_indices().nth(MAX_WORDS) {
                text.truncate(end);
            }
        };
        self.title.iter_mut().for_each(cut);
        if let Some(failure) = &mut self.last_failure {
            cut(&mut failure.detail);
        }
    }

    /// When it was last asked.
    pub fn last_asked(&self) -> Option<Timestamp> {
        let failed = self.last_failure.as_ref().map(|failure| failure.at);
        self.last_success.max(failed)
    }

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
