//! Wires the stages: plans visits to sites, bounds them, drains and stops. Every visit is spawned and awaited here.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Instant, sleep_until, timeout_at},
};

pub(crate) use self::entry::story::code_article;
pub use self::newsroom::{Newsroom, NewsroomParts};

use self::{
    gate::Gates,
    newsroom::RoundList,
    schedule::Schedule,
    visit::{Visited, visit_site},
};
use crate::{
    feed::list::FeedList,
    ledger::{Change, Ledger, LedgerError},
    stop::Stop,
};

mod cpu;
mod entry;
mod feed_list_agreement;
pub mod feed_list_reload;
mod gate;
mod newsroom;
mod poll;
mod schedule;
mod story_address;
mod visit;

/// The board and the gauges are brought up to date this often.
// A person who watches the page sees it move; metrics are read far less often.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Of the grace period, this much is kept for closing the ledger and the process.
const CLOSING: Duration = Duration::from_secs(3);

/// Runs until stop is said, then takes nothing new, commits what is held and closes the ledger.
pub async fn run_worker<L: Ledger>(
    room: Arc<Newsroom<L>>,
    mut lists: watch::Receiver<Arc<FeedList>>,
    mut stop: Stop,
) -> Result<(), LedgerError> {
    let mut desk = VisitDesk {
        room: Arc::clone(&room),
        schedule: Schedule::default(),
        visits: JoinSet::new(),
    };
    desk.take_list(&lists.borrow_and_update().clone());
    let ended = desk.visit_until_stopped(&mut lists, &mut stop).await;
    room.board.show_stopping();
    // After a fault of the ledger too: no task outlives the one who started it.
    desk.drain_visits(room.config.worker.grace.saturating_sub(CLOSING))
        .await;
    ended?;
    room.ledger.close().await
}

/// The loop's own state.
struct VisitDesk<L> {
    room: Arc<Newsroom<L>>,
    schedule: Schedule,
    visits: JoinSet<Result<Visited, LedgerError>>,
}

impl<L: Ledger> VisitDesk<L> {
    /// Visits sites until stop is said, or the ledger cannot go on.
    async fn visit_until_stopped(
        &mut self,
        lists: &mut watch::Receiver<Arc<FeedList>>,
        stop: &mut Stop,
    ) -> Result<(), LedgerError> {
        let room = Arc::clone(&self.room);
        let mut comparing = Box::pin(feed_list_agreement::compare_lists(
            Arc::clone(&self.room),
            lists.clone(),
        ));
        let mut housekeeping = tokio::time::interval(HOUSEKEEPING);
        // After the machine has slept one look is as good as all that were missed.
        housekeeping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.start_due();
            let next = self.next();
            tokio::select! {
                () = stop.wait_until_said() => return Ok(()),
                Some(done) = self.visits.join_next() => {
                    self.note_visit(done)?;
                }
                change = room.ledger.next_change() => {
                    self.note_change(&change);
                    room.ledger.refuse_unless_sound()?;
                }
                Ok(()) = lists.changed() => {
                    let list = lists.borrow_and_update().clone();
                    self.take_list(&list);
                }
                () = sleep_until(next) => {}
                // It never ends, and is dropped with the loop.
                () = &mut comparing => {}
                _ = housekeeping.tick() => {
                    self.keep_house();
                    // A ledger that cannot go on is noticed here even where nobody commits.
                    room.ledger.refuse_unless_sound()?;
                }
            }
        }
    }

    /// Takes over a feed list and plans a visit to each of its sites.
    fn take_list(&mut self, list: &Arc<FeedList>) {
        let round = RoundList::from_list(list);
        let before = self.room.current_round();
        let now = Instant::now();
        for site in round.by_site.keys() {
            self.schedule.wake_at(site, now);
        }
        self.room
            .board
            .keep_feeds(|id| round.by_id.contains_key(id));
        let mut due = self.room.due.lock();
        // What the list says of a feed takes effect at once: when it is due is asked again.
        due.retain(|id, _| {
            let now = round.by_id.get(id);
            now.is_some() && now == before.by_id.get(id)
        });
        *self.room.round.lock() = Arc::new(round);
        drop(due);
        self.room.keep_ends();
    }

    /// Starts the visits that are due, as many as may be in flight; none while the ledger is out of reach.
    fn start_due(&mut self) {
        // What they bring could not be kept, and a site would be asked for it again.
        if self.room.ledger.unreachable_since().is_some() {
            return;
        }
        let most = self.room.config.fetch.concurrency;
        let now = Instant::now();
        while self.visits.len() < most {
            let Some(site) = self.schedule.take_due(now) else {
                break;
            };
            self.visits.spawn(visit_site(Arc::clone(&self.room), site));
        }
    }

    /// When to look again; far off while everything that may be in flight is, and, for housekeeping asks each time,
    /// while the ledger is out of reach.
    fn next(&mut self) -> Instant {
        let far = Instant::now() + Duration::from_secs(3_600);
        if self.room.ledger.unreachable_since().is_some() {
            return far;
        }
        if self.visits.len() >= self.room.config.fetch.concurrency {
            return far;
        }
        self.schedule.next().unwrap_or(far)
    }

    fn note_visit(
        &mut self,
        done: Result<Result<Visited, LedgerError>, JoinError>,
    ) -> Result<(), LedgerError> {
        let visited = done.map_err(|error| LedgerError::Fault {
            detail: format!("a visit ended badly: {error}"),
        })??;
        self.schedule
            .end_visit(&visited.site, visited.next, visited.allowed);
        let (round, now) = (self.room.current_round(), Instant::now());
        for id in self.room.ends.to_wake() {
            if let Some(feed) = round.by_id.get(&id) {
                self.schedule.wake_at(&feed.site, now);
            }
        }
        Ok(())
    }

    fn note_change(&mut self, change: &Change) {
        let now = Instant::now();
        for site in &change.sites {
            self.schedule.wake_at(site, now);
        }
        if change.ownership {
            self.room.gates.forget_gates();
            // Another owner may have polled meanwhile: when feeds are due is the ledger's to say again.
            self.room.due.lock().clear();
            self.room.keep_ends();
            for site in self.room.current_round().by_site.keys() {
                self.schedule.wake_at(site, now);
            }
        }
    }

    /// Brings the board and the gauges up to date.
    fn keep_house(&self) {
        let (room, health) = (&self.room, self.room.ledger.health());
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        room.metrics.waiting.set(gauge(health.waiting));
        room.metrics.partitions.set(gauge(health.partitions));
        room.metrics.unreadable.set(gauge(health.unreadable));
        room.metrics.in_flight.set(gauge(self.visits.len()));
        let oldest = health.oldest.map_or(0, |oldest| {
            Timestamp::now().duration_since(oldest).as_secs()
        });
        room.metrics.waiting_oldest.set(oldest);
        room.board.show_ledger(health);
        let (feeds, failing, disabled) = room.board.feed_counts();
        room.metrics.feeds.set(gauge(feeds));
        room.metrics.feeds_failing.set(gauge(failing));
        room.metrics.feeds_disabled.set(gauge(disabled));
        room.gates.forget_idle();
    }

    /// Finishes what is held, for so long at most; what is cut short stays unsettled in the ledger.
    async fn drain_visits(&mut self, grace: Duration) {
        let until = Instant::now() + grace;
        let held = self.visits.len();
        while let Ok(Some(done)) = timeout_at(until, self.visits.join_next()).await {
            if let Ok(Err(error)) = done {
                tracing::error!(%error, "a visit failed while stopping");
            }
        }
        if !self.visits.is_empty() {
            tracing::warn!(
                held,
                left = self.visits.len(),
                "grace period is over, visits are cut short"
            );
            self.visits.shutdown().await;
        }
        // After the visits, which learn of their sites until their last answer.
        if timeout_at(until, Gates::flush_sites(&self.room))
            .await
            .is_err()
        {
            tracing::warn!("grace period is over, what was learned of sites lately is not written");
        }
    }
}
