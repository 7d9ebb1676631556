//! A poll as the feed sees it: how it is to be asked for, and what an answer does to what is remembered of it.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::{
    Feed, ParsedFeed,
    memory::{Asks, FeedMemory, READING},
    moves,
    poll::{self, PollOutcome, median_rhythm, settle_poll},
    state::FeedState,
};
use crate::{config::PollConfig, fetch::Validators, site::Site};

/// How a feed is to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollPlan {
    /// The learned address, else the configured one.
    pub start: Url,
    /// Neither validators nor the body hash count.
    pub whole: bool,
}

/// The request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// Validators were sent.
    pub conditional: bool,
    /// Where permanent redirects led; `None` without one.
    pub led_to: Option<String>,
    /// The address that answered.
    pub end: Url,
}

/// What came of asking for a feed.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedReply {
    /// 304, with the validators of its head.
    NotModified(Validators),
    /// The body of last time.
    SameBody(Validators),
    /// A feed.
    Listing {
        /// Of the head.
        validators: Validators,
        /// What the body says.
        parsed: Box<ParsedFeed>,
        /// SHA-256 of the body.
        sha256: String,
        /// Size of the body.
        bytes: u64,
    },
    /// No feed.
    Failed {
        /// A reason of a fixed set.
        reason: &'static str,
        /// The error in words.
        detail: String,
        /// The server asks to wait.
        asked_to_wait: Option<Duration>,
    },
}

/// What a listing says of the feed itself, besides its entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListingFacts {
    /// Items that the first poll, or a flood, left out.
    pub skipped: u64,
    /// Items without an address that can be read.
    pub without_link: u64,
    /// Items past the number that is read of one listing.
    pub past_the_cap: u64,
    /// The next listing is read whole from then on.
    pub whole_from: Option<Timestamp>,
    /// The feed's own title.
    pub title: Option<String>,
}

impl FeedReply {
    /// The feed that came of it.
    pub fn listing(&self) -> Option<&ParsedFeed> {
        match self {
            Self::Listing { parsed, .. } => Some(parsed),
            _ => None,
        }
    }

    /// How a poll with this reply ended, before its entries are compared with those known.
    fn to_outcome(&self) -> PollOutcome {
        match self {
            Self::NotModified(_) | Self::SameBody(_) => PollOutcome::Unchanged,
            Self::Listing { parsed, bytes, .. } => {
                let dates = parsed.entries.iter().filter_map(|entry| entry.published);
                PollOutcome::Parsed {
                    new: 0,
                    rhythm_s: median_rhythm(dates.collect()),
                    bytes: *bytes,
                }
            }
            Self::Failed {
                reason,
                detail,
                asked_to_wait,
            } => PollOutcome::Failed {
                reason,
                detail: detail.clone(),
                asked_to_wait: *asked_to_wait,
            },
        }
    }

    /// No feed came of it, and the server asked for nothing.
    pub fn failed(reason: &'static str, detail: String) -> Self {
        Self::Failed {
            reason,
            detail,
            asked_to_wait: None,
        }
    }
}

impl FeedState {
    /// How the feed is to be asked for now.
    pub fn plan_poll(&self, feed: &Feed, now: Timestamp) -> PollPlan {
        let learned = self
            .0
            .moved_to
            .as_deref()
            .and_then(|to| Url::parse(to).ok());
        PollPlan {
            start: learned.unwrap_or_else(|| feed.url.clone()),
            whole: poll::is_whole_due(feed, self, now),
        }
    }

    /// The validators to send to an address: only where it gave them, and where the listing is not to be read whole.
    pub fn validators_for(&self, url: &Url, plan: &PollPlan) -> Option<Validators> {
        let validators = self.0.validators.clone();
        validators.filter(|_| !plan.whole && self.is_known_end(url))
    }

    /// Whether a body is the one that was read last.
    pub fn knows_body(&self, url: &Url, sha256: &str, plan: &PollPlan) -> bool {
        !plan.whole && self.is_known_end(url) && self.0.body_sha256.as_deref() == Some(sha256)
    }

    fn is_known_end(&self, url: &Url) -> bool {
        self.0.validators_of.as_deref() == Some(url.as_str())
    }

    /// Enters what an answer says of the feed, and returns how the poll ended. `owned` says which sites this worker owns:
    /// a new address elsewhere is not learned. The poll itself is entered by [`FeedState::finish_poll`].
    pub fn take_answer(
        &mut self,
        feed: &Feed,
        reply: &FeedReply,
        sent: &SentRequest,
        owned: impl Fn(&Site) -> bool,
        now: Timestamp,
    ) -> PollOutcome {
        match reply {
            FeedReply::Failed { .. } => {}
            FeedReply::NotModified(_) if !sent.conditional => {
                return poll::unasked_304(&mut self.0);
            }
            FeedReply::NotModified(validators) => {
                let known = self.0.validators.clone().unwrap_or_default();
                self.0.validators = Some(known.updated_by(validators));
                self.0.unasked_304 = 0;
            }
            FeedReply::SameBody(validators) => self.remember_body(&sent.end, validators),
            FeedReply::Listing {
                validators,
                parsed,
                sha256,
                ..
            } => {
                self.remember_body(&sent.end, validators);
                self.remember_listing(parsed, sha256, now);
            }
        }
        let outcome = reply.to_outcome();
        // A redirect counts only where a feed was at its end: hijacked names and maintenance pages redirect too.
        if !matches!(outcome, PollOutcome::Failed { .. }) {
            self.learn_move(feed, sent, owned, now);
        }
        outcome
    }

    /// Keeps the validators of an answer with a body.
    fn remember_body(&mut self, url: &Url, validators: &Validators) {
        self.0.validators = Some(validators.clone()).filter(|validators| !validators.is_empty());
        self.0.validators_of = Some(url.to_string());
        self.0.unasked_304 = 0;
    }

    /// Keeps that a listing was read whole, and what it asks of pollers.
    fn remember_listing(&mut self, parsed: &ParsedFeed, sha256: &str, now: Timestamp) {
        self.0.body_sha256 = Some(sha256.to_owned());
        self.0.unconditional = Some(now);
        self.0.reading = READING;
        self.0.asks = Asks::from_hints(&parsed.hints);
    }

    /// Learns where the feed has moved: by redirects, else by what it says of itself.
    fn learn_move(
        &mut self,
        feed: &Feed,
        sent: &SentRequest,
        owned: impl Fn(&Site) -> bool,
        now: Timestamp,
    ) {
        let named = moves::named_address(&self.0.asks, sent.end.as_str(), owned);
        let led_to = sent.led_to.as_deref();
        if let Some(to) = moves::learn_move(&mut self.0, led_to, named.as_deref(), now) {
            tracing::info!(feed.id = %feed.id, to, "feed has moved for good");
        }
    }

    /// Enters a poll that has ended: interval, failures, when the feed is due next, and what its listing said. Gives the
    /// reason where the feed is polled only once a week from now on.
    pub fn finish_poll(
        &mut self,
        feed: &Feed,
        outcome: &PollOutcome,
        listing: Option<ListingFacts>,
        fresh_for: Option<Duration>,
        config: &PollConfig,
        now: Timestamp,
    ) -> Option<&str> {
        let was_disabled = self.0.disabled.is_some();
        if let Some(listing) = listing {
            self.0.skipped += listing.skipped;
            self.0.without_link = listing.without_link;
            self.0.past_the_cap = listing.past_the_cap;
            self.0.whole_from = listing.whole_from;
            self.0.title = listing.title.or(self.0.title.take());
        }
        settle_poll(feed, &mut self.0, outcome, fresh_for, config, now);
        self.0.disabled.as_deref().filter(|_| !was_disabled)
    }

    /// Enters that the feed ends where another one does, which is polled in its place.
    pub fn merge_with_twin(&mut self, feed: &Feed, twin: &Feed, now: Timestamp) {
        poll::merge_with_twin(feed, &mut self.0, twin, now);
    }

    /// Forgets what belongs to another address than the configured one, and what an older parser read.
    pub fn hold_to(&mut self, url: &Url) {
        self.0.hold_to(url);
    }

    /// The same without the words that came from outside: what is kept where even the state is too large.
    #[must_use]
    pub fn without_foreign_words(self) -> Self {
        Self(FeedMemory {
            title: None,
            last_failure: None,
            ..self.0
        })
    }
}
