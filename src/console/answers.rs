//! What the console answers beside its rows, and the word by which it knows its own page.

use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;
use serde::Serialize;

use super::{row::EventRow, source::WholeEvent};

/// Of what an answer speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// `sqlite` or `kafka`.
    pub ledger: &'static str,
    /// Everything that was published and stands.
    pub whole: bool,
    /// Older events are being read still.
    pub reading: bool,
    /// Only what was committed since; null where that is no bound.
    pub since: Option<Timestamp>,
    /// Events known.
    pub events: usize,
}

/// Who asks, and of what.
#[derive(Debug, Serialize)]
pub struct Session {
    /// What a request that changes something must show.
    pub token: String,
    /// `dateline`'s version.
    pub version: &'static str,
    /// `sqlite` or `kafka`.
    pub ledger: &'static str,
}

/// An event, its article, and the same happening elsewhere.
#[derive(Debug, Serialize)]
pub struct EventAnswer {
    /// Event and article.
    #[serde(flatten)]
    pub whole: WholeEvent,
    /// Other events with the same `dedup_key`.
    pub same: Vec<EventRow>,
    /// Of what this speaks.
    pub scope: Scope,
}

/// A word that only this worker's page knows.
// The keys of the standard library's tables are drawn from the system's source of random numbers.
pub(super) fn draw_token() -> String {
    let draw = || RandomState::new().hash_one(Timestamp::now().as_nanosecond());
    format!("{:016x}{:016x}", draw(), draw())
}
