//! One poll of a feed: asked, compared with what was listed before, settled, posted, shown.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::Instrument as _;

use self::{
    commit::commit_in_batches,
    fetch::fetch_feed,
    news::{KnownListing, News, find_news},
    twins::find_twin,
};
use super::{
    newsroom::{Broken, Newsroom},
    visit::instant_of,
};
use crate::{
    feed::{
        Feed, ParsedFeed, answer::ListingFacts, health::FeedHealth, poll::PollOutcome,
        state::FeedState,
    },
    ledger::{Ledger, Tenure},
    site::Site,
    telemetry::Metrics,
};

mod commit;
mod fetch;
mod news;
pub(super) mod twins;

/// Polls a feed and returns when it is due next. All that is logged meanwhile carries the feed's id,
/// name and address.
pub(super) async fn poll_feed<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Arc<Feed>,
    tenure: Tenure,
) -> Result<Instant, Broken> {
    let span = tracing::error_span!(
        "poll",
        feed.id = %feed.id,
        feed.name = feed.name,
        url = %feed.url,
        site = %feed.site,
    );
    poll_once(room, feed, tenure).instrument(span).await
}

async fn poll_once<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Arc<Feed>,
    tenure: Tenure,
) -> Result<Instant, Broken> {
    let mut state = room
        .ask_ledger(|| room.ledger.read_feed(&feed.site, &feed.id))
        .await?
        .unwrap_or_default();
    state.hold_to(&feed.url);
    room.ends.part_feed(&feed.id);
    let polled = fetch_feed(room, feed, &state).await?;
    let now = Timestamp::now();
    let owned = |site: &Site| room.ledger.find_tenure(site).is_some();
    let outcome = state.take_answer(feed, &polled.reply, &polled.sent, owned, now);
    if let Some(twin) = find_twin(room, feed, &state, &outcome).await? {
        state.merge_with_twin(feed, &twin, now);
        report_poll(
            room,
            feed,
            &state,
            &PollOutcome::Unchanged,
            &News::default(),
        );
        return commit_poll(room, feed, tenure, state, News::default()).await;
    }
    let parsed = polled.reply.listing();
    let news = compare_listing(room, feed, &state, parsed, now).await?;
    let outcome = outcome.with_new(news.new);
    let facts = parsed.map(|parsed| listing_facts(parsed, &news));
    let config = &room.config.poll;
    let disabled = state.finish_poll(feed, &outcome, facts, polled.fresh_for, config, now);
    if let Some(reason) = disabled {
        tracing::warn!(feed.id = %feed.id, url = %feed.url, reason, "feed disabled, it is tried once a week");
    }
    report_poll(room, feed, &state, &outcome, &news);
    commit_poll(room, feed, tenure, state, news).await
}

/// What a listing brought that was not listed before.
async fn compare_listing<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &FeedState,
    parsed: Option<&ParsedFeed>,
    now: Timestamp,
) -> Result<News, Broken> {
    let Some(parsed) = parsed else {
        return Ok(News::default());
    };
    let listed = room
        .ask_ledger(|| room.ledger.read_listed(&feed.site, &feed.id))
        .await?;
    let known = KnownListing {
        listed: listed.as_ref(),
        whole: state.knows_a_listing(),
    };
    let first_poll = room.config.poll.first_poll;
    let news = find_news(feed, parsed, known, first_poll, now);
    tracing::debug!(
        items = parsed.entries.len(),
        new = news.new,
        posts = news.posts.len(),
        skipped = news.skipped,
        "listing compared"
    );
    Ok(news)
}

/// What a listing says of the feed itself.
fn listing_facts(parsed: &ParsedFeed, news: &News) -> ListingFacts {
    ListingFacts {
        skipped: news.skipped,
        without_link: news.without_link,
        past_the_cap: parsed.past_the_cap,
        whole_from: news.whole_from,
        title: parsed.title.clone(),
    }
}

/// Posts what a poll brought, shows the feed as it is now remembered, and frees the feeds behind this one that it leaves;
/// returns when it is due next.
async fn commit_poll<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Arc<Feed>,
    tenure: Tenure,
    state: FeedState,
    work: News,
) -> Result<Instant, Broken> {
    let (next, end) = (state.next_poll, state.polled_end().map(str::to_owned));
    let health = FeedHealth::of_state(feed, Some(&state), Timestamp::now());
    commit_in_batches(room, feed, tenure, state, work).await?;
    // Once committed: shown before, a demo on a slow cluster was over before its first article.
    room.board.show_feed(health);
    room.ends.note_end(&feed.id, end.as_deref());
    Ok(next.map_or_else(|| Instant::now() + room.config.poll.interval, instant_of))
}

/// Counts and logs how a poll ended.
fn report_poll<L>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &FeedState,
    outcome: &PollOutcome,
    work: &News,
) {
    let ending = match outcome {
        PollOutcome::Unchanged => "unchanged",
        PollOutcome::Parsed { .. } => "parsed",
        PollOutcome::Failed { asked_to_wait, .. } if asked_to_wait.is_some() => "held",
        PollOutcome::Failed { .. } if state.unreadable > 0 => "unreadable",
        PollOutcome::Failed { .. } => "failed",
    };
    Metrics::count_outcome(&room.metrics.polls, ending);
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

/// Enters when a feed is due next, however its poll ended.
pub(super) fn enter_due<L>(room: &Newsroom<L>, feed: &Feed, due: Instant) {
    room.due.lock().insert(feed.id.clone(), due);
}
