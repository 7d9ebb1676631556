//! One entry: fetch its page, read the story, code it, settle it in one batch.

use jiff::Timestamp;
use tracing::Instrument as _;

use self::{
    accept::{accept_page, code_and_publish},
    fetch::{Brought, fetch_page},
    fuller::read_feed_text,
    known::find_settled_alias,
    put_off::{put_off, put_off_until},
    work::{EntryWork, Trouble, Unpublished},
};
use super::newsroom::{Broken, Newsroom};
use crate::{
    article::Extracted,
    fetch::Again,
    ledger::{Batch, EntryTurn, Excess, Ledger, MAX_KILLS, only_refreshes},
    set_aside::{EntryStage, SetAsideReason},
    site::Site,
};

mod accept;
mod fetch;
mod fuller;
mod known;
mod publish;
mod put_off;
mod same_text;
mod settle;
pub(super) mod story;
mod work;

/// Reasons for which the feed's own text does not stand in for the page.
// The publisher has taken it away, or keeps it from us.
const NO_STAND_IN: [SetAsideReason; 3] = [
    SetAsideReason::Gone,
    SetAsideReason::Robots,
    SetAsideReason::RedirectLoop,
];
/// Feed text shorter than this is a teaser, not a story; characters.
const MIN_FEED_STORY: usize = 600;

/// Reads an entry and settles it, or enters the retry. All that is logged meanwhile carries its id.
pub(super) async fn read_entry<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    turn: EntryTurn,
) -> Result<(), Broken> {
    let feed = turn.waiting.feed.as_ref().map(ToString::to_string);
    let span = tracing::error_span!(
        "entry",
        article.id = %turn.id,
        %site,
        feed.id = feed,
        attempt = turn.attempt + 1,
    );
    work_on_entry(room, site, turn).instrument(span).await
}

async fn work_on_entry<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    turn: EntryTurn,
) -> Result<(), Broken> {
    let mut job = match EntryWork::begin_work(site, turn, Timestamp::now()) {
        Ok(job) => job,
        Err(turn) => {
            let trouble = Trouble::never_again(
                EntryStage::Post,
                SetAsideReason::ForbiddenAddress,
                "it is no web address",
            );
            return settle::turn_set_aside(room, &turn, turn.before.as_ref(), trouble).await;
        }
    };
    if let Some(trouble) = not_to_be_fetched(&job.turn) {
        return settle::set_aside(room, &job, trouble).await;
    }
    if only_refreshes(&job.turn.waiting, job.before.as_ref()) {
        return settle::refresh_marks(room, &mut job).await;
    }
    if let Some(due) = put_off_until(&job, Timestamp::now()) {
        return put_off(room, &job, due).await;
    }
    let Some(kills) = job.turn.alone else {
        return read_page(room, &mut job).await;
    };
    // An entry that may have ended the process before is entered as tried before it is touched.
    enter_alone(room, &job, kills + 1).await?;
    let done = read_page(room, &mut job).await;
    // It came back, and is not to be held against the page.
    if matches!(done, Err(Broken::Stopped | Broken::Held(_))) {
        enter_alone(room, &job, kills).await?;
    }
    done
}

/// Fetches the page and settles what came of it.
async fn read_page<L: Ledger>(room: &Newsroom<L>, job: &mut EntryWork) -> Result<(), Broken> {
    if let Some(id) = find_settled_alias(room, job).await? {
        return settle::settle_as_same(room, job, id).await;
    }
    let trouble = match fetch_and_accept(room, job).await {
        Ok(()) => return Ok(()),
        Err(Unpublished::Broken(broken)) => return Err(broken),
        Err(Unpublished::Trouble(trouble)) => trouble,
    };
    if trouble.again == Again::Never
        && !NO_STAND_IN.contains(&trouble.cause.reason)
        && job.may_take_feed_text()
        && let Some(extracted) = feed_story(room, job).await
    {
        return code_and_publish(room, job, extracted, "feed").await;
    }
    settle::retry_or_set_aside(room, job, trouble).await
}

/// Fetches the page and reads it; one that leads to another site is handed over.
async fn fetch_and_accept<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
) -> Result<(), Unpublished> {
    match fetch_page(room, job).await? {
        Brought::Elsewhere(url) => Ok(settle::hand_over_moved(room, job, &url).await?),
        Brought::Page(response) => accept_page(room, job, *response).await,
    }
}

fn not_to_be_fetched(turn: &EntryTurn) -> Option<Trouble> {
    let never = |reason, detail: &str| Some(Trouble::never_again(EntryStage::Post, reason, detail));
    match turn.excess {
        Some(Excess::Backlog) => never(
            SetAsideReason::Backlog,
            "more entries of its site wait than are kept",
        ),
        Some(Excess::Expired) => never(
            SetAsideReason::Expired,
            "it waited longer than entries are kept",
        ),
        None if turn.alone.is_some_and(|kills| kills >= MAX_KILLS) => never(
            SetAsideReason::KilledWorker,
            "the process ended each time it was worked on",
        ),
        None => None,
    }
}

/// Enters how often an entry was handed out alone and did not come back.
async fn enter_alone<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    kills: u32,
) -> Result<(), Broken> {
    let tries = (job.turn.attempt, kills);
    let seen = vec![job.retry_mark(tries, Timestamp::now(), SetAsideReason::KilledWorker)];
    room.commit_batch(Batch {
        seen,
        ..Batch::begin(job.turn.tenure)
    })
    .await?;
    Ok(())
}

/// The feed's own text as the story, where it is more than a teaser.
async fn feed_story<L: Ledger>(room: &Newsroom<L>, job: &EntryWork) -> Option<Extracted> {
    let extracted = read_feed_text(room, job).await?;
    (extracted.text.chars().count() >= MIN_FEED_STORY).then_some(extracted)
}
