//! One poll of a feed: conditional GET, parse, post what is new to the mailboxes of its sites.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::Url;

use super::{
    post::{News, news},
    room::{Broken, Newsroom},
    visit::instant_of,
};
use crate::{
    feed::{
        Feed, ParsedFeed,
        health::FeedHealth,
        parse,
        poll::{Hints, Outcome, learn_move, rhythm, settle, unconditional},
        state::{FeedState, Listed},
    },
    fetch::{Accept, Budget, Head, MAX_HOPS, Outcome as Answer, Request, Response},
    id::hex,
    ledger::{Batch, Ledger, Post, Tenure},
    site::Site,
    telemetry::Metrics,
};

/// Entries posted in one batch: a batch is one transaction, and must stay far below what a broker takes.
const POSTS_A_BATCH: usize = 100;

/// What a poll brought.
struct Polled {
    outcome: Outcome,
    hints: Hints,
    feed: Option<ParsedFeed>,
}

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
    let mut polled = ask(room, feed, &mut state).await?;
    let now = Timestamp::now();
    let mut work = News::default();
    if let Some(parsed) = &polled.feed {
        let before = room
            .ask(|| room.ledger.listed(&feed.site, &feed.id))
            .await?;
        work = news(
            feed,
            parsed,
            before.as_ref(),
            room.config.poll.first_poll,
            now,
        );
        if let Outcome::Parsed { new, .. } = &mut polled.outcome {
            *new = work.new;
        }
        state.skipped += work.skipped;
        state.title = parsed.title.clone().or(state.title);
    }
    settle(
        feed,
        &mut state,
        &polled.outcome,
        &polled.hints,
        &room.config.poll,
        now,
    );
    shown(room, feed, &state, &polled.outcome, &work);
    post(room, feed, tenure, state.clone(), work).await?;
    Ok(state
        .next_poll
        .map_or_else(|| Instant::now() + room.config.poll.interval, instant_of))
}

/// Counts, logs and shows how a poll ended.
fn shown<L>(room: &Newsroom<L>, feed: &Feed, state: &FeedState, outcome: &Outcome, work: &News) {
    let ending = match outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Parsed { .. } => "parsed",
        Outcome::Failed { .. } => "failed",
    };
    Metrics::count(&room.metrics.polls, ending);
    room.metrics.items_skipped.inc_by(work.skipped);
    room.metrics.entries_posted.inc_by(work.posts.len() as u64);
    match outcome {
        Outcome::Failed { reason, detail, .. } => {
            tracing::warn!(feed.id = %feed.id, reason, detail, failures = state.failures, "poll failed");
        }
        _ => {
            tracing::debug!(feed.id = %feed.id, outcome = ending, entries = work.posts.len(), "feed polled");
        }
    }
    if work.flood {
        tracing::warn!(feed.id = %feed.id, skipped = work.skipped, "feed lists many new items at once, the newest are taken");
    }
    room.board
        .feed(FeedHealth::of(feed, Some(state), Timestamp::now()));
    let (feeds, failing) = room.board.feed_counts();
    room.metrics
        .feeds
        .set(i64::try_from(feeds).unwrap_or(i64::MAX));
    room.metrics
        .feeds_failing
        .set(i64::try_from(failing).unwrap_or(i64::MAX));
}

/// Commits a poll: several batches where there is much news; what is listed grows with what is posted, and the
/// state with its new validators comes last, so that nothing unposted is answered 304 next time.
async fn post<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    tenure: Tenure,
    state: FeedState,
    work: News,
) -> Result<(), Broken> {
    let mut chunks: Vec<Vec<Post>> = Vec::new();
    let mut posts = work.posts.into_iter().peekable();
    while posts.peek().is_some() {
        chunks.push(posts.by_ref().take(POSTS_A_BATCH).collect());
    }
    let last = chunks.pop().unwrap_or_default();
    let mut unposted: std::collections::HashSet<_> = chunks
        .iter()
        .flatten()
        .chain(&last)
        .map(|post| post.id)
        .collect();
    for chunk in chunks {
        for post in &chunk {
            unposted.remove(&post.id);
        }
        let listed = work.listed.as_ref().map(|listed| {
            let items = listed
                .items
                .iter()
                .filter(|item| !unposted.contains(&item.id))
                .cloned()
                .collect();
            (feed.id.clone(), Listed { v: 1, items })
        });
        room.commit(Batch {
            tenure: Some(tenure),
            posts: chunk,
            listed,
            ..Batch::default()
        })
        .await?;
    }
    let listed = work.listed.map(|listed| (feed.id.clone(), listed));
    let feed_state = Some((feed.id.clone(), state));
    room.commit(Batch {
        tenure: Some(tenure),
        posts: last,
        listed,
        feed: feed_state,
        ..Batch::default()
    })
    .await?;
    Ok(())
}

/// Asks for the feed, following redirects at each site's pace.
async fn ask<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &mut FeedState,
) -> Result<Polled, Broken> {
    let start = state
        .moved_to
        .as_deref()
        .and_then(|to| Url::parse(to).ok())
        .unwrap_or_else(|| feed.url.clone());
    if state.validators_of.as_deref() != Some(feed.url.as_str()) {
        state.validators = None;
        state.validators_of = Some(feed.url.to_string());
    }
    let conditional = !unconditional(feed, state, Timestamp::now());
    let mut url = start.clone();
    let mut permanent = true;
    for _ in 0..=MAX_HOPS {
        let Some(site) = Site::of_url(&url) else {
            break;
        };
        let validators = state.validators.clone().filter(|_| conditional);
        let request = Request {
            url: &url,
            budget: Budget::FEED,
            validators: validators.as_ref(),
            accept: Accept::Feed,
        };
        let response = match room.gates.request(room, &site, request).await? {
            Ok(response) => response,
            Err(error) => return Ok(failed(error.reason(), error.to_string(), None)),
        };
        if let Answer::Moved(hop) = &response.outcome {
            permanent &= hop.permanent;
            url = hop.location.clone();
            continue;
        }
        let led_to = (permanent && url != start).then(|| url.to_string());
        return answered(room, feed, state, response, led_to).await;
    }
    Ok(failed(
        "redirect_loop",
        format!("{} redirects in a circle or too often", feed.url),
        None,
    ))
}

fn failed(reason: &'static str, detail: String, asked_to_wait: Option<Duration>) -> Polled {
    Polled {
        outcome: Outcome::Failed {
            reason,
            detail,
            asked_to_wait,
        },
        hints: Hints::default(),
        feed: None,
    }
}

async fn answered<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &mut FeedState,
    response: Response,
    led_to: Option<String>,
) -> Result<Polled, Broken> {
    let now = Timestamp::now();
    let hints = Hints {
        at_least: response.head.fresh_for,
        ..Hints::default()
    };
    match response.outcome {
        Answer::NotModified => {
            let known = state.validators.clone().unwrap_or_default();
            state.validators = Some(known.updated_by(&response.head.validators));
            Ok(Polled {
                outcome: Outcome::Unchanged,
                hints,
                feed: None,
            })
        }
        Answer::Failed(failure) => {
            let wait = failure
                .slow_down()
                .then(|| response.head.retry_after.unwrap_or_default());
            let reason = if failure.status == 410 {
                "gone"
            } else {
                failure.reason()
            };
            let reason = if failure.status == 404 {
                "not_found"
            } else {
                reason
            };
            Ok(failed(
                reason,
                format!("the server answered {}", failure.status),
                wait,
            ))
        }
        Answer::Moved(_) => Ok(failed("redirect_loop", "a redirect".to_owned(), None)),
        Answer::Page(page) => {
            let sha256 = hex(&Sha256::digest(&page.bytes));
            let same = state.body_sha256.as_ref() == Some(&sha256);
            let bytes = page.bytes.len() as u64;
            let (kind, address) = (page.content_type(), response.url.clone());
            if same {
                remember(state, &response.head, sha256, now);
                return Ok(Polled {
                    outcome: Outcome::Unchanged,
                    hints,
                    feed: None,
                });
            }
            let parsed = room
                .cpu
                .run(move || parse::parse(&page.bytes, &address, kind.as_deref()))
                .await;
            match parsed {
                Err(panicked) => Ok(failed("panicked", panicked.to_string(), None)),
                Ok(Err(error)) => Ok(failed("no_feed", error.to_string(), None)),
                Ok(Ok(parsed)) => {
                    remember(state, &response.head, sha256, now);
                    if let Some(to) = learn_move(state, led_to.as_deref(), now) {
                        tracing::info!(feed.id = %feed.id, to, "feed has moved for good");
                    }
                    let rhythm_s = rhythm(
                        parsed
                            .entries
                            .iter()
                            .filter_map(|entry| entry.published)
                            .collect(),
                    );
                    let hints = with_feed_hints(&hints, &parsed);
                    let outcome = Outcome::Parsed {
                        new: 0,
                        rhythm_s,
                        bytes,
                    };
                    Ok(Polled {
                        outcome,
                        hints,
                        feed: Some(parsed),
                    })
                }
            }
        }
    }
}

/// Keeps the validators of an answer with a body, and that it came without having been asked conditionally.
fn remember(state: &mut FeedState, head: &Head, sha256: String, now: Timestamp) {
    state.validators = Some(head.validators.clone()).filter(|validators| !validators.is_empty());
    state.body_sha256 = Some(sha256);
    state.unconditional = Some(now);
}

/// The longest of what the server and the feed itself ask for.
fn with_feed_hints(hints: &Hints, parsed: &ParsedFeed) -> Hints {
    Hints {
        at_least: [hints.at_least, parsed.hints.at_least()]
            .into_iter()
            .flatten()
            .max(),
        skip_hours: parsed.hints.skip_hours.clone(),
        skip_days: parsed.hints.skip_days.clone(),
    }
}
