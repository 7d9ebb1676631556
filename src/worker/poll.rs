//! One poll of a feed: asked, compared with what was listed before, settled, posted, shown.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

use self::{
    commit::post,
    fetch::{Polled, ask},
    news::{KnownListing, News, news},
    twins::twin,
};
use super::{
    newsroom::{Broken, Newsroom},
    visit::instant_of,
};
use crate::{
    feed::{
        Feed, ParsedFeed,
        health::FeedHealth,
        poll::{PollOutcome, merge, settle},
        state::FeedState,
    },
    ledger::{Ledger, Tenure},
    telemetry::Metrics,
};

mod commit;
mod fetch;
mod news;
pub(super) mod twins;

/// Polls a feed and returns when it is due next.
pub(super) async fn poll<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Arc<Feed>,
    tenure: Tenure,
) -> Result<Instant, Broken> {
    let mut state = room
        .ask(|| room.ledger.feed(&feed.site, &feed.id))
        .await?
        .unwrap_or_default();
    state.hold_to(&feed.url);
    room.ends.part(&feed.id);
    let mut polled = ask(room, feed, &mut state).await?;
    let now = Timestamp::now();
    if let Some(twin) = twin(room, feed, &state, &polled.outcome).await? {
        merge(feed, &mut state, &twin, now);
        told(
            room,
            feed,
            &state,
            &PollOutcome::Unchanged,
            &News::default(),
        );
        return kept(room, feed, tenure, state, News::default()).await;
    }
    let work = compared(room, feed, &mut state, &mut polled, now).await?;
    let (outcome, fresh_for) = (&polled.outcome, polled.fresh_for);
    let was = state.disabled.is_some();
    settle(feed, &mut state, outcome, fresh_for, &room.config.poll, now);
    told(room, feed, &state, outcome, &work);
    if let Some(reason) = state.disabled.as_deref().filter(|_| !was) {
        tracing::warn!(feed.id = %feed.id, url = %feed.url, reason, "feed disabled, it is tried once a week");
    }
    kept(room, feed, tenure, state, work).await
}

/// What a poll brought that was not listed before.
async fn compared<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &mut FeedState,
    polled: &mut Polled,
    now: Timestamp,
) -> Result<News, Broken> {
    let Some(parsed) = &polled.feed else {
        return Ok(News::default());
    };
    let listed = room
        .ask(|| room.ledger.listed(&feed.site, &feed.id))
        .await?;
    let known = KnownListing {
        listed: listed.as_ref(),
        whole: state.knows_a_listing(),
    };
    let work = news(feed, parsed, known, room.config.poll.first_poll, now);
    if let PollOutcome::Parsed { new, .. } = &mut polled.outcome {
        *new = work.new;
    }
    learned(state, parsed, &work);
    Ok(work)
}

/// Posts what a poll brought, shows the feed as it is now remembered, and frees the feeds behind this one that it leaves;
/// returns when it is due next.
async fn kept<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Arc<Feed>,
    tenure: Tenure,
    state: FeedState,
    work: News,
) -> Result<Instant, Broken> {
    let (next, end) = (state.next_poll, state.end().map(str::to_owned));
    let health = FeedHealth::of(feed, Some(&state), Timestamp::now());
    post(room, feed, tenure, state, work).await?;
    room.board.feed(health);
    room.ends.ended(&feed.id, end.as_deref());
    Ok(next.map_or_else(|| Instant::now() + room.config.poll.interval, instant_of))
}

/// Keeps what a listing says of the feed itself.
fn learned(state: &mut FeedState, parsed: &ParsedFeed, work: &News) {
    state.skipped += work.skipped;
    state.without_link = work.without_link;
    state.past_the_cap = parsed.past_the_cap;
    state.whole_from = work.whole_from;
    state.title = parsed.title.clone().or(state.title.take());
}

/// Counts and logs how a poll ended.
fn told<L>(room: &Newsroom<L>, feed: &Feed, state: &FeedState, outcome: &PollOutcome, work: &News) {
    let ending = match outcome {
        PollOutcome::Unchanged => "unchanged",
        PollOutcome::Parsed { .. } => "parsed",
        PollOutcome::Failed { asked_to_wait, .. } if asked_to_wait.is_some() => "held",
        PollOutcome::Failed { .. } if state.unreadable > 0 => "unreadable",
        PollOutcome::Failed { .. } => "failed",
    };
    Metrics::count(&room.metrics.polls, ending);
    room.metrics.items_skipped.inc_by(work.skipped);
    room.metrics.entries_posted.inc_by(work.posts.len() as u64);
    match outcome {
        PollOutcome::Failed { reason, detail, .. } => {
            tracing::warn!(feed.id = %feed.id, reason, detail, failures = state.failures, "poll failed");
        }
        _ => {
            tracing::debug!(feed.id = %feed.id, outcome = ending, entries = work.posts.len(), "feed polled");
        }
    }
    if work.flood {
        tracing::warn!(feed.id = %feed.id, skipped = work.skipped, "feed lists many new items at once, the newest are taken");
    }
}

/// Enters when a feed is due next, whatever became of its poll.
pub(super) fn enter_due<L>(room: &Newsroom<L>, feed: &Feed, due: Instant) {
    room.due
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(feed.id.clone(), due);
}
