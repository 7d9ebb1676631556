//! One visit to a site: one due poll, or one entry whose turn it is.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    entry::read_entry,
    newsroom::{Broken, Newsroom},
    poll::{enter_due, poll_feed, twins::is_freed},
};
use crate::{
    feed::{Feed, due, health::FeedHealth},
    ledger::{Ledger, LedgerError, Take, Tenure},
    site::Site,
};

/// Another feed's site that is not this worker's now may be in a moment, while the ledger takes over one partition after
/// the other: a change of owner asks again.
const TAKEN_OVER: Duration = Duration::from_secs(10);
/// After a visit that nothing could come of, the site is left alone for so long.
// What is too large now is too large in a second as well, and the site is not to be asked for it again and again.
const TROUBLED: Duration = Duration::from_secs(600);

/// What a visit leaves behind.
#[derive(Debug)]
pub(super) struct Visited {
    pub(super) site: Site,
    /// When the site has something to do again; `None` until the ledger says so.
    pub(super) next: Option<Instant>,
    /// When its pace allows the next request.
    pub(super) allowed: Instant,
}

/// Visits a site once.
pub(super) async fn visit_site<L: Ledger>(
    room: Arc<Newsroom<L>>,
    site: Site,
) -> Result<Visited, LedgerError> {
    let next = match do_one_step(&room, &site).await {
        Ok(next) => next,
        Err(Broken::Stopped | Broken::Stale) => None,
        Err(Broken::Held(until)) => Some(until),
        Err(Broken::Ledger(error @ LedgerError::TooLarge { .. })) => {
            tracing::error!(%site, %error, "what came of a visit is too large for the ledger");
            Some(Instant::now() + TROUBLED)
        }
        Err(Broken::Ledger(error)) => return Err(error),
    };
    let allowed = room.gates.next_allowed(&site).await;
    Ok(Visited {
        site,
        next,
        allowed,
    })
}

/// Does one thing and returns when there is another.
async fn do_one_step<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
) -> Result<Option<Instant>, Broken> {
    let Some(tenure) = room.ledger.find_tenure(site) else {
        return Ok(None);
    };
    let done = take_step(room, site, tenure).await;
    // After a stop all sites are written together; what is stale is the next owner's to write.
    if matches!(done, Ok(_) | Err(Broken::Held(_))) {
        room.gates.remember_site(room, site, tenure).await?;
    }
    done
}

async fn take_step<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    tenure: Tenure,
) -> Result<Option<Instant>, Broken> {
    if room.gates.open_gate(room, site).await? > Instant::now() {
        return Ok(Some(room.gates.next_allowed(site).await));
    }
    let (feed, next_feed) = due_feed(room, site).await?;
    // Polls and entries take turns, so that neither waits for the other to run dry.
    let entry_first = room.gates.polled_last(site).await;
    if let (Some(feed), false) = (&feed, entry_first) {
        return Ok(Some(poll_due_feed(room, feed, tenure).await?));
    }
    let taken = room
        .ask_ledger(|| room.ledger.take_entry(site, Timestamp::now()))
        .await?;
    let next_entry = match taken {
        Take::Turn(turn) => {
            room.gates.set_polled_last(site, false).await;
            read_entry(room, site, *turn).await?;
            return Ok(Some(Instant::now()));
        }
        Take::NotBefore(at) => Some(instant_of(at)),
        Take::Empty => None,
    };
    match feed {
        Some(feed) => Ok(Some(poll_due_feed(room, &feed, tenure).await?)),
        None => Ok([next_feed, next_entry].into_iter().flatten().min()),
    }
}

async fn poll_due_feed<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Arc<Feed>,
    tenure: Tenure,
) -> Result<Instant, Broken> {
    let began = std::time::Instant::now();
    let due = match poll_feed(room, feed, tenure).await {
        Err(Broken::Held(until)) => until,
        due => due?,
    };
    room.metrics.count_stage_time("poll", began.elapsed());
    enter_due(room, feed, due);
    room.gates.set_polled_last(&feed.site, true).await;
    // Not when the feed is due: what it posted to this site can be read, as soon as the pace allows.
    Ok(Instant::now())
}

/// A feed of the site that is due now, and when the next one of the others is.
async fn due_feed<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
) -> Result<(Option<Arc<Feed>>, Option<Instant>), Broken> {
    let round = room.current_round();
    let (mut first, mut next): (Option<(Instant, Arc<Feed>)>, Option<Instant>) = (None, None);
    for feed in round.by_site.get(site).into_iter().flatten() {
        let at = due_at(room, feed).await?;
        match &first {
            Some((earliest, _)) if *earliest <= at => {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
            _ => {
                next = [next, first.as_ref().map(|(earlier, _)| *earlier)]
                    .into_iter()
                    .flatten()
                    .min();
                first = Some((at, Arc::clone(feed)));
            }
        }
    }
    let now = Instant::now();
    Ok(match first {
        Some((at, feed)) if at <= now => (Some(feed), next),
        Some((at, _)) => (None, Some(at)),
        None => (None, None),
    })
}

/// When a feed is due: as planned since the start, else as the ledger remembers; a new one at once.
async fn due_at<L: Ledger>(room: &Newsroom<L>, feed: &Arc<Feed>) -> Result<Instant, Broken> {
    let planned = room.due.lock().get(&feed.id).copied();
    let was_freed = room.ends.take_freed(&feed.id);
    if let (Some(planned), false) = (planned, was_freed) {
        return Ok(planned);
    }
    let due = remembered_due(room, feed, was_freed).await?;
    enter_due(room, feed, due);
    Ok(due)
}

/// When a feed is due as the ledger remembers; one that was freed as soon as it may be asked for the whole again.
async fn remembered_due<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    was_freed: bool,
) -> Result<Instant, Broken> {
    let state = room
        .ask_ledger(|| room.ledger.read_feed(&feed.site, &feed.id))
        .await?;
    let now = Timestamp::now();
    room.board
        .show_feed(FeedHealth::of_state(feed, state.as_deref(), now));
    let Some(state) = state else {
        return Ok(Instant::now());
    };
    if let Some(end) = state.polled_end() {
        room.ends.hold_address(&feed.id, end);
    }
    let whole = instant_of(due::whole_due_time(&state, &room.config.poll, now));
    if was_freed {
        return Ok(whole);
    }
    if is_freed(room, feed, &state).await? {
        return Ok(whole.max(Instant::now() + TAKEN_OVER));
    }
    Ok(instant_of(due::due_time(
        feed,
        &state,
        &room.config.poll,
        now,
    )))
}

/// The monotonic instant of a point in time; one in the past is now.
pub(super) fn instant_of(at: Timestamp) -> Instant {
    let ahead = at.duration_since(Timestamp::now());
    Instant::now() + std::time::Duration::try_from(ahead).unwrap_or_default()
}
