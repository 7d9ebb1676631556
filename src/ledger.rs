//! The ledger: memory, mailbox and outlet in one, behind one trait and one call, `commit`.
//!
//! | | what | written by |
//! |---|---|---|
//! | sites | `Site -> SiteState` | the site's owner |
//! | feeds | `FeedId -> FeedState`, and the item keys last listed | the owner of the feed's site |
//! | entries | `ArticleId -> Waiting`: the mailbox of each site | anyone; the owner clears |
//! | seen | `ArticleId -> Retry or Settled` | the owner only |
//! | outlet | articles, events, what was set aside | the owner |
//!
//! A site has one owner, so that one place decides what is fetched, when, and that each article is fetched once.

use std::{collections::BTreeSet, future::Future};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    feed::state::{FeedState, Listed},
    fetch::SiteState,
    id::{ArticleId, FeedId},
    record,
    site::Site,
};

mod batch;
pub(crate) mod changes;
mod claims;
pub(crate) mod entry_rules;
mod entry_state;
mod error;
pub(crate) mod figure;
pub(crate) mod published;
pub(crate) mod retry_post;
pub(crate) mod suspects;
pub(crate) mod transfer;
mod turn;

pub(crate) use self::entry_rules::only_refreshes;
pub use self::{
    batch::{Batch, Cleared, Post},
    claims::{Claim, Claims},
    entry_state::{EventMark, Seen, Settled, SettledAs, StoryMark, Waiting, Why},
    error::LedgerError,
    figure::{Figure, FigureReading},
    published::{Outlet, Position, PublishedRecord},
    turn::{EntryTurn, Excess, Take},
};
pub(crate) use turn::ClaimedEntry;

/// Entries of one site past this number are set aside, the oldest first, as `backlog`.
// At a pace of 1.5 s these are eight hours of reading: what lies behind them is no news when it is read.
pub const MAX_WAITING_A_SITE: usize = 20_000;
/// Entries of one site held in memory; the rest is kept by key.
pub const MAX_HELD_A_SITE: usize = 1_000;
/// Entries older than this are set aside as `expired`.
// A feed that is reached again after a month lists what counts now.
pub const MAX_WAITING_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What was seen is forgotten this long after a feed listed it last.
// A feed that lists an old story after that would have it published as a new one.
pub const SEEN_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A mark is written again at most this often while a feed still lists its article.
// Well before [`SEEN_KEPT`] is over, so that a feed which fails for weeks loses no mark.
pub const SEEN_REFRESHED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// After an unclean end, so many first entries of each site are handed out one at a time in their partition:
/// one request a site is in flight, so the page that killed the process is among them.
pub const SUSPECTS_A_SITE: usize = 3;
/// An entry that was handed out alone this often and ended the process each time is set aside when its turn comes the
/// third time: it causes three ends at most, for it is not suspected before the first.
pub const MAX_KILLS: u32 = 2;
/// Feeds of an entry whose names are kept.
// One publisher lists a story in the feeds of several sections, not of hundreds.
pub const MAX_FEEDS_AN_ENTRY: usize = 64;
/// A site's state as JSON, at most.
// It is written up to once a minute for each site that is asked.
pub const MAX_SITE_STATE_BYTES: usize = 16 * 1024;
/// Any other state or record as JSON, at most: what a broker with default settings takes (1,048,588 bytes with
/// headers), kept by every ledger so that the default is not kinder than Kafka.
pub const MAX_RECORD_BYTES: usize = 1_000_000;

/// Proof that this process owned a partition at some time; `commit` refuses a batch whose tenure has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenure {
    /// The partition of the site.
    pub partition: u32,
    /// Raised at each assignment and each loss of the partition.
    pub epoch: u64,
}

/// What became due or changed hands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Ownership of partitions changed: ask [`Ledger::find_tenure`] again for every site.
    pub ownership: bool,
    /// Sites with entries to look at now.
    pub sites: Vec<Site>,
}

/// The health of the ledger; read by `/readyz` and the status page, never blocking.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The first restore is done.
    pub restored: bool,
    /// Out of reach since; `None` while it answers.
    pub unreachable_since: Option<Timestamp>,
    /// Partitions owned.
    pub partitions: usize,
    /// Entries waiting in the owned mailboxes.
    pub waiting: usize,
    /// When the oldest of them was posted.
    pub oldest: Option<Timestamp>,
    /// Records of state that cannot be read; what they belong to is halted.
    pub unreadable: usize,
    /// What an operator should know, one sentence each.
    pub notes: Vec<String>,
}

/// Memory, mailbox and outlet of one worker.
pub trait Ledger: Send + Sync + 'static {
    /// Waits until ownership changes or entries come in; never returns an empty change.
    fn next_change(&self) -> impl Future<Output = Change> + Send;

    /// The proof that this process owns the site now; `None` when it does not.
    fn find_tenure(&self, site: &Site) -> Option<Tenure>;

    /// What is remembered of a feed of an owned site.
    fn read_feed(
        &self,
        site: &Site,
        id: &FeedId,
    ) -> impl Future<Output = Result<Option<FeedState>, LedgerError>> + Send;

    /// What a feed of an owned site listed last.
    fn read_listed(
        &self,
        site: &Site,
        id: &FeedId,
    ) -> impl Future<Output = Result<Option<Listed>, LedgerError>> + Send;

    /// What is remembered of an owned site.
    fn read_site(
        &self,
        site: &Site,
    ) -> impl Future<Output = Result<Option<SiteState>, LedgerError>> + Send;

    /// The next entry of an owned site. Entries that are settled already and not to be read again are dropped and
    /// cleared on the way; entries in excess come first. Entries come oldest post first, those due for retry at their time.
    fn take_entry(
        &self,
        site: &Site,
        now: Timestamp,
    ) -> impl Future<Output = Result<Take, LedgerError>> + Send;

    /// What is known of an address of an owned site.
    fn read_seen(
        &self,
        site: &Site,
        id: ArticleId,
    ) -> impl Future<Output = Result<Option<Seen>, LedgerError>> + Send;

    /// The ids that are claimed in this process.
    fn claims(&self) -> &Claims;

    /// Commits a batch whole or not at all; returns when it is durable. The instant is the records' `recorded`.
    fn commit(&self, batch: Batch) -> impl Future<Output = Result<Timestamp, LedgerError>> + Send;

    /// The event as published last: what a retraction repeats.
    fn read_event(
        &self,
        mark: &EventMark,
    ) -> impl Future<Output = Result<Option<record::Event>, LedgerError>> + Send;

    /// Its health; never waits.
    fn health(&self) -> Health;

    /// Whether it can go on: an error is for ever, and why the process is to end, even where it owns nothing.
    fn refuse_unless_sound(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    /// Out of reach since; nothing new is begun until it answers again. Never waits.
    fn unreachable_since(&self) -> Option<Timestamp> {
        None
    }

    /// Tells the other workers of this ledger which feed list this one holds, and gives the other lists that they hold,
    /// all by their hashes; of a ledger with one worker none.
    fn exchange_lists(
        &self,
        own: &str,
    ) -> impl Future<Output = Result<BTreeSet<String>, LedgerError>> + Send {
        let _ = own;
        async { Ok(BTreeSet::new()) }
    }

    /// What it counts of itself, for `/metrics`; never waits.
    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }

    /// Marks a clean end: call when nothing is in flight any more.
    fn close(&self) -> impl Future<Output = Result<(), LedgerError>> + Send;
}
