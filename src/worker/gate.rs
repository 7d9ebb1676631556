//! The gate of each site: every request to it passes here, one at a time and no sooner than its pace allows.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex as StdMutex;
use tokio::{sync::Mutex, task::JoinSet, time::Instant};

mod pass;
mod robots;

use self::pass::{load_pace, pass_gate};
pub(super) use self::robots::Permission;

use super::newsroom::{Broken, Newsroom};
use crate::{
    fetch::{Felt, FetchError, Now, Pace, Request, Response, SiteState},
    ledger::{Batch, Ledger, Tenure},
    site::Site,
    site_lines::{LineHash, SiteLines},
};

/// The state of a site is written at most this often.
// A kill forgets this much of what was learned, and the next owner begins with a wait anyway.
const WRITTEN_EVERY: Duration = Duration::from_secs(60);
/// A gate that nobody has passed for this long is forgotten; the ledger remembers what matters.
const IDLE: Duration = Duration::from_secs(3_600);

/// The gates of all sites asked so far.
#[derive(Debug, Default)]
pub(super) struct Gates(StdMutex<HashMap<Site, Arc<Mutex<SiteGate>>>>);

/// One site's pace and robots.txt.
#[derive(Debug, Default)]
struct SiteGate {
    /// `None` until what the ledger remembers is read.
    pace: Option<Pace>,
    state: SiteState,
    /// What the ledger has of it, since this process wrote it.
    written: Option<(Instant, SiteState)>,
    /// The lines in common that the ledger remembers.
    lines: SiteLines,
    polled_last: bool,
    passed: Option<Instant>,
}

impl SiteGate {
    /// Ends a request: the pace and what is known of the site follow from its answer, `None` where it was given up.
    fn learn_from(&mut self, answer: Option<&Result<Response, FetchError>>, site: &Site) {
        let felt = answer.map_or(Felt::Nothing, |answer| Felt::of(answer, site));
        if let Some(pace) = &mut self.pace {
            pace.end(felt, Now::read());
            self.state.pace = pace.state().clone();
        }
        if let Some(answer) = answer {
            self.state.learn_http1(answer, Timestamp::now());
        }
        self.passed = Some(Instant::now());
    }

    /// Whether a changed record is to be written now.
    fn is_due(&self, record: &SiteState) -> bool {
        self.written.as_ref().is_none_or(|(at, before)| {
            let held = record.pace.held_until;
            let asked = held.is_some() && held != before.pace.held_until;
            asked || at.elapsed() >= WRITTEN_EVERY
        })
    }
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The visit is over before it.
    Broken(Broken),
    /// The request failed.
    Fetch(FetchError),
}

impl From<Broken> for NoAnswer {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<FetchError> for NoAnswer {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

impl Gates {
    fn gate_of(&self, site: &Site) -> Arc<Mutex<SiteGate>> {
        let mut gates = self.0.lock();
        Arc::clone(gates.entry(site.clone()).or_default())
    }

    /// When the site may be asked next; reads what the ledger remembers of it first.
    pub(super) async fn open_gate<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
    ) -> Result<Instant, Broken> {
        let gate = self.gate_of(site);
        let mut gate = gate.lock().await;
        let pace = load_pace(room, site, &mut gate).await?;
        Ok(pace.free_at().unwrap_or_else(Instant::now))
    }

    /// When the site may be asked next.
    pub(super) async fn next_allowed(&self, site: &Site) -> Instant {
        let gate = self.gate_of(site);
        let gate = gate.lock().await;
        gate.pace
            .as_ref()
            .and_then(Pace::free_at)
            .unwrap_or_else(Instant::now)
    }

    /// Asks a site once its turn has come. The request is given up when stop is said.
    pub(super) async fn send_request<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        request: Request<'_>,
    ) -> Result<Response, NoAnswer> {
        let gate = self.gate_of(site);
        let mut gate = gate.lock().await;
        pass_gate(room, site, &mut gate, request).await
    }

    /// Writes what is known of a site where it changed: once a minute at most, but at once what it asks us to wait.
    pub(super) async fn remember_site<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        tenure: Tenure,
    ) -> Result<(), Broken> {
        self.write_sites(room, site, tenure, SiteGate::is_due).await
    }

    /// Writes all that is known of sites and not written yet; the end of the process is near.
    pub(super) async fn flush_sites<L: Ledger>(room: &Arc<Newsroom<L>>) {
        let sites: Vec<Site> = {
            let gates = room.gates.0.lock();
            gates.keys().cloned().collect()
        };
        let mut writing = JoinSet::new();
        for site in sites {
            let Some(tenure) = room.ledger.find_tenure(&site) else {
                continue;
            };
            let room = Arc::clone(room);
            writing.spawn(async move {
                let written = room
                    .gates
                    .write_sites(&room, &site, tenure, |_, _| true)
                    .await;
                if let Err(broken) = written {
                    tracing::debug!(%site, ?broken, "what was learned of a site is not written");
                }
            });
        }
        while writing.join_next().await.is_some() {}
    }

    async fn write_sites<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        tenure: Tenure,
        due: impl Fn(&SiteGate, &SiteState) -> bool,
    ) -> Result<(), Broken> {
        let gate = self.gate_of(site);
        let gate = gate.lock().await;
        // A gate that nobody has passed may not have read what the ledger remembers, and would write over it.
        if gate.passed.is_none() {
            return Ok(());
        }
        let record = gate.state.for_ledger();
        let changed = gate
            .written
            .as_ref()
            .is_none_or(|(_, before)| *before != record);
        if !changed || !due(&gate, &record) {
            return Ok(());
        }
        // The commit may wait for the ledger; requests to the site do not wait with it.
        drop(gate);
        room.commit_batch(Batch {
            site: Some((site.clone(), record.clone())),
            ..Batch::begin(tenure)
        })
        .await?;
        // Only what is committed counts as written: what a stop cut short is written again at the end.
        let gate = self.gate_of(site);
        let mut gate = gate.lock().await;
        gate.lines = record.lines.clone();
        gate.written = Some((Instant::now(), record));
        Ok(())
    }

    /// The lines that articles of the site have in common, as the ledger remembers them: what a kill forgets has changed
    /// nothing, and what is read again after it is read the same.
    pub(super) async fn find_site_lines(&self, site: &Site) -> SiteLines {
        self.gate_of(site).lock().await.lines.clone()
    }

    /// Takes in the lines of an article that is published for the first time; they count once they are written.
    pub(super) async fn learn_site_lines(&self, site: &Site, hashes: &[LineHash]) {
        let gate = self.gate_of(site);
        gate.lock().await.state.lines.learn_article(hashes);
    }

    /// Whether the last visit to the site was a poll: polls and entries take turns.
    pub(super) async fn polled_last(&self, site: &Site) -> bool {
        self.gate_of(site).lock().await.polled_last
    }

    pub(super) async fn set_polled_last(&self, site: &Site, polled: bool) {
        self.gate_of(site).lock().await.polled_last = polled;
    }

    /// Forgets all gates that nobody is passing: another worker may have asked these sites meanwhile.
    pub(super) fn forget_gates(&self) {
        self.keep_gates(|_| false);
    }

    /// Forgets the gates that nobody has passed for long.
    pub(super) fn forget_idle(&self) {
        self.keep_gates(|gate| gate.passed.is_none_or(|passed| passed.elapsed() < IDLE));
    }

    fn keep_gates(&self, wanted: impl Fn(&SiteGate) -> bool) {
        let mut gates = self.0.lock();
        gates.retain(|_, gate| {
            // Somebody holds it: a second gate of the site would let a second request in beside theirs.
            let used = Arc::strong_count(gate) > 1;
            used || gate.try_lock().is_ok_and(|gate| wanted(&gate))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_a_site_asks_for_is_written_at_once_and_all_else_once_a_minute() {
        let state = |held: Option<Timestamp>, slow_downs: u32| {
            let mut state = SiteState::default();
            state.pace.held_until = held;
            state.pace.slow_downs = slow_downs;
            state
        };
        let gate = SiteGate {
            written: Some((Instant::now(), state(None, 0))),
            ..SiteGate::default()
        };
        assert!(!gate.is_due(&state(None, 1)));
        assert!(gate.is_due(&state(Some(Timestamp::now()), 1)));
    }
}
