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
    record::{self, Record},
    site::Site,
};

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

pub(crate) use self::entry_rules::only_refreshes;
pub use self::entry_state::{EventMark, Seen, Settled, SettledAs, Waiting, Why};
pub use claims::{Claim, Claims};
pub use error::LedgerError;
pub use figure::{Figure, FigureReading};
pub use published::{Outlet, Position, PublishedRecord};

/// Entries of one site past this number are set aside, the oldest first, as `backlog`.
pub const MAX_WAITING_A_SITE: usize = 20_000;
/// Entries of one site held in memory; the rest is kept by key.
pub const MAX_HELD_A_SITE: usize = 1_000;
/// Entries older than this are set aside as `expired`.
pub const MAX_WAITING_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What was seen is forgotten this long after a feed listed it last.
pub const SEEN_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A mark is written again at most this often while a feed still lists its article.
pub const SEEN_REFRESHED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// After an unclean end, so many first entries of each site are handed out one at a time in their partition:
/// one request a site is in flight, so the page that killed the process is among them.
pub const SUSPECTS_A_SITE: usize = 3;
/// An entry that was handed out alone this often and ended the process each time is set aside when its turn comes the
/// third time: it causes three ends at most, for it is not suspected before the first.
pub const MAX_KILLS: u32 = 2;
/// Feeds of an entry whose names are kept.
pub const MAX_FEEDS_AN_ENTRY: usize = 64;
/// A site's state as JSON, at most.
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
    /// Which post of it was handed out: [`EntryTurn::version`].
    pub version: i64,
}

/// What became due or changed hands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Ownership of partitions changed: ask [`Ledger::find_tenure`] again for every site.
    pub ownership: bool,
    /// Sites with entries to look at now.
    pub sites: Vec<Site>,
}

/// The next entry of a site, or when to ask again.
#[derive(Debug)]
pub enum Take {
    /// An entry, claimed for the holder until the claim is dropped.
    Turn(Box<EntryTurn>),
    /// Nothing yet: the next retry is due then, or another entry of the partition is being tried alone, or all that
    /// is due is claimed.
    NotBefore(Timestamp),
    /// Nothing waits.
    Empty,
}

/// An entry whose turn it is.
#[derive(Debug)]
pub struct EntryTurn {
    /// The entry's id.
    pub id: ArticleId,
    /// Keeps the id to the holder, from hand-out to commit.
    pub claim: Claim,
    /// The owner's proof.
    pub tenure: Tenure,
    /// The entry.
    pub waiting: Waiting,
    /// Which post of it this is; a later one is greater.
    pub version: i64,
    /// Tries so far.
    pub attempt: u32,
    /// The first try; `None` before it.
    pub first_at: Option<Timestamp>,
    /// How it was settled before, when it is read again.
    pub before: Option<Settled>,
    /// The last owner of the partition ended uncleanly while this entry may have been in its hands: commit
    /// `Seen::Retry` with `kills + 1` before the fetch; `Some(MAX_KILLS)` is to be set aside as `killed_worker`. A
    /// clean stop in between gives the try back: `Seen::Retry` with `kills`.
    pub alone: Option<u32>,
    /// Not to be fetched but set aside: one too many, or too old.
    pub excess: Option<Excess>,
}

impl EntryTurn {
    /// The entry as one that is done with.
    pub fn to_cleared(&self) -> Cleared {
        Cleared {
            id: self.id,
            version: self.version,
        }
    }
}

/// Why an entry is not fetched any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// More than [`MAX_WAITING_A_SITE`] wait.
    Backlog,
    /// It waited longer than [`MAX_WAITING_AGE`].
    Expired,
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
