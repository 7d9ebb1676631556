//! The gate of each site: every request to it passes here, one at a time and no sooner than its pace allows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};
use url::Url;

use super::room::{Broken, Newsroom};
use crate::{
    fetch::{
        Accept, Budget, FetchError, Outcome as Answer, Request, Response, SiteState,
        pace::Pace,
        robots::{self, Robots},
    },
    ledger::{Batch, Ledger},
    site::Site,
};

/// The state of a site is written at most this often.
const WRITTEN_EVERY: Duration = Duration::from_secs(60);
/// A gate that nobody has passed for this long is forgotten; the ledger remembers what matters.
const IDLE: Duration = Duration::from_secs(3_600);

/// The gates of all sites asked so far.
#[derive(Debug, Default)]
pub(super) struct Gates(StdMutex<HashMap<Site, Arc<Mutex<Gate>>>>);

/// One site's pace and robots.txt.
#[derive(Debug)]
struct Gate {
    pace: Pace,
    robots: HashMap<String, Robots>,
    loaded: bool,
    written: Option<Instant>,
    polled_last: bool,
    passed: Instant,
}

impl Gates {
    fn of<L: Ledger>(&self, room: &Newsroom<L>, site: &Site) -> Arc<Mutex<Gate>> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(site.clone()).or_insert_with(|| {
            Arc::new(Mutex::new(Gate {
                pace: Pace::new(room.pace(site)),
                robots: HashMap::new(),
                loaded: false,
                written: None,
                polled_last: false,
                passed: Instant::now(),
            }))
        });
        Arc::clone(gate)
    }
}
