//! The board: what the worker shows of itself while it runs, kept small and never asked of the ledger.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::{
    feed::health::FeedHealth,
    id::FeedId,
    ledger::Health,
    record::{Article, Event},
};

/// Latest events shown.
// A screen of the status page, and some to scroll.
const LATEST: usize = 50;
/// Event records a slow reader may lag behind before it misses some.
const WATCHED: usize = 1_024;
/// Articles whose lag is kept.
// The middle one moves with the last articles, and one late page does not move it.
const LAGS: usize = 100;

/// The note that feeds are disabled.
const DISABLED: &str = "feeds_disabled";

/// What the worker shows of itself.
#[derive(Debug)]
pub struct Board {
    shown: Mutex<Shown>,
    watchers: broadcast::Sender<Event>,
    commits: broadcast::Sender<Arc<Committed>>,
    started: Timestamp,
}

#[derive(Debug, Default)]
struct Shown {
    health: Health,
    /// Boxed: the nodes of a map are half empty.
    feeds: BTreeMap<FeedId, Box<FeedHealth>>,
    latest: VecDeque<Event>,
    articles: u64,
    events: u64,
    retracted: u64,
    /// Seconds from publication to commit, the last one last.
    lags: VecDeque<f64>,
    notes: BTreeMap<&'static str, String>,
    stopping: bool,
}

/// An article that was committed, and the event records that were committed with it.
#[derive(Debug)]
pub struct Committed {
    /// The article.
    pub article: Article,
    /// New, revised and retracted ones.
    pub events: Vec<Event>,
}

/// The board as JSON behind the status page.
#[derive(Debug, Serialize)]
pub struct Status {
    /// `dateline`'s version.
    pub version: &'static str,
    /// When the worker started.
    pub started: Timestamp,
    /// Whether it is stopping.
    pub stopping: bool,
    /// Articles committed since the start.
    pub articles: u64,
    /// New events committed since the start.
    pub events: u64,
    /// Events retracted since the start.
    pub retracted: u64,
    /// From publication to commit; null until an article with a time is committed.
    pub lag: Option<Lag>,
    /// The health of the ledger.
    pub ledger: Health,
    /// What an operator should know.
    pub notes: Vec<String>,
    /// The feeds.
    pub feeds: Vec<FeedHealth>,
    /// The latest events, the newest first.
    pub latest: Vec<Event>,
}

/// From publication to commit of new articles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lag {
    /// Of the last article; seconds.
    pub last: f64,
    /// The median of the last 100; seconds.
    pub median: f64,
}

impl Lag {
    fn summarise_lags(lags: &VecDeque<f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = lags.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            last: *lags.back()?,
            median: *sorted.get(sorted.len() / 2)?,
        })
    }
}

impl Default for Board {
    fn default() -> Self {
        Self {
            shown: Mutex::default(),
            watchers: broadcast::Sender::new(WATCHED),
            commits: broadcast::Sender::new(WATCHED),
            started: Timestamp::now(),
        }
    }
}

impl Shown {
    /// An event is once in the list, as it was published last; one that was retracted is not.
    fn enter_event(&mut self, event: &Event) {
        self.latest.retain(|shown| shown.id != event.id);
        match event.status.as_str() {
            "retracted" => {
                self.retracted += 1;
                return;
            }
            "coded" => self.events += 1,
            _ => {}
        }
        self.latest.push_front(event.clone());
        self.latest.truncate(LATEST);
    }
}

impl Board {
    fn lock_shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock()
    }

    /// Enters what was committed with an article; `lag` is the seconds from its publication, of a new one that tells.
    pub fn enter_committed(&self, events: &[Event], lag: Option<f64>) {
        let mut shown = self.lock_shown();
        shown.articles += 1;
        if let Some(lag) = lag {
            shown.lags.push_back(lag);
        }
        if shown.lags.len() > LAGS {
            shown.lags.pop_front();
        }
        for event in events {
            shown.enter_event(event);
            // Nobody watching is no fault.
            drop(self.watchers.send(event.clone()));
        }
    }

    /// The event records from now on, as they are committed, revisions and retractions among them.
    pub fn watch_events(&self) -> broadcast::Receiver<Event> {
        self.watchers.subscribe()
    }

    /// Tells whoever watches what was committed; nothing is made up where nobody does.
    pub fn tell_commit(&self, commit: impl FnOnce() -> Committed) {
        if self.commits.receiver_count() > 0 {
            // The last one who watched may have gone meanwhile.
            drop(self.commits.send(Arc::new(commit())));
        }
    }

    /// What is committed from now on.
    pub fn watch_commits(&self) -> broadcast::Receiver<Arc<Committed>> {
        self.commits.subscribe()
    }

    /// Enters the health of a feed.
    pub fn show_feed(&self, feed: FeedHealth) {
        let mut shown = self.lock_shown();
        match shown.feeds.get_mut(&feed.id) {
            Some(known) => **known = feed,
            None => drop(shown.feeds.insert(feed.id.clone(), Box::new(feed))),
        }
    }

    /// Keeps only feeds that are listed.
    pub fn keep_feeds(&self, listed: impl Fn(&FeedId) -> bool) {
        self.lock_shown().feeds.retain(|id, _| listed(id));
    }

    /// Feeds listed, feeds failing, feeds disabled; what is disabled is also a note for the operator.
    pub fn feed_counts(&self) -> (usize, usize, usize) {
        let mut shown = self.lock_shown();
        let count = |wanted: fn(&FeedHealth) -> bool| {
            let feeds = shown.feeds.values();
            feeds.filter(|feed| wanted(feed)).count()
        };
        let failing = count(|feed| feed.failures > 0);
        let disabled = count(|feed| feed.state == "disabled");
        let feeds = shown.feeds.len();
        if disabled == 0 {
            shown.notes.remove(DISABLED);
        } else {
            let note =
                format!("{disabled} feeds are disabled, polled once a week: `dateline feeds`");
            shown.notes.insert(DISABLED, note);
        }
        (feeds, failing, disabled)
    }

    /// Enters the health of the ledger.
    pub fn show_ledger(&self, health: Health) {
        self.lock_shown().health = health;
    }

    /// Sets or clears a note for the operator.
    pub fn set_note(&self, kind: &'static str, note: Option<String>) {
        let mut shown = self.lock_shown();
        match note {
            Some(note) => shown.notes.insert(kind, note),
            None => shown.notes.remove(kind),
        };
    }

    /// The worker takes nothing new any more.
    pub fn show_stopping(&self) {
        self.lock_shown().stopping = true;
    }

    /// Whether the worker takes nothing new any more.
    pub fn is_stopping(&self) -> bool {
        self.lock_shown().stopping
    }

    /// All of it.
    pub fn read_status(&self) -> Status {
        let shown = self.lock_shown();
        Status {
            version: env!("CARGO_PKG_VERSION"),
            started: self.started,
            stopping: shown.stopping,
            articles: shown.articles,
            events: shown.events,
            retracted: shown.retracted,
            lag: Lag::summarise_lags(&shown.lags),
            ledger: shown.health.clone(),
            notes: shown
                .notes
                .values()
                .chain(&shown.health.notes)
                .cloned()
                .collect(),
            feeds: shown.feeds.values().map(|feed| (**feed).clone()).collect(),
            latest: shown.latest.iter().cloned().collect(),
        }
    }

    /// The health of the ledger.
    pub fn ledger_health(&self) -> Health {
        self.lock_shown().health.clone()
    }

    /// Notes for the operator.
    pub fn operator_notes(&self) -> Vec<String> {
        self.lock_shown().notes.values().cloned().collect()
    }
}
