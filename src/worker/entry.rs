//! One entry: fetch its page, read the story, code it, settle it in one batch.

use std::time::Instant as Moment;

use jiff::Timestamp;
use tracing::Instrument as _;
use url::Url;

use self::{
    fetch::{Brought, fetch_page},
    fuller::{read_feed_text, take_fuller},
    put_off::{put_off, put_off_until},
    same_text::find_same,
    work::{EntryWork, Trouble, Unpublished},
};
use super::newsroom::{Broken, Newsroom};
use crate::{
    article::{Extracted, simhash::far_apart, url::ArticleUrl},
    fetch::{Again, Response},
    id::ArticleId,
    ledger::{Batch, EntryTurn, Excess, Ledger, MAX_KILLS, Seen, SettledAs, only_refreshes},
    set_aside::{EntryStage, SetAsideReason},
    site::Site,
};

mod fetch;
mod fuller;
mod publish;
mod put_off;
mod same_text;
mod settle;
pub(super) mod story;
mod work;

/// Reasons for which the feed's own text does not stand in for the page: the publisher has taken it away, or keeps it
/// from us.
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
    if let Some(id) = settled_alias(room, job).await? {
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

/// The id under which the article is known without parameters that only track, where it is settled.
async fn settled_alias<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
) -> Result<Option<ArticleId>, Broken> {
    let Some(id) = job.url.alias(&room.tracking_of(&job.site)) else {
        return Ok(None);
    };
    job.tracked = Some(id);
    Ok(known_already(room, job, id).await?.then_some(id))
}

/// Reads the page, unless it is one that is claimed elsewhere or settled already.
async fn accept_page<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    response: Response,
) -> Result<(), Unpublished> {
    if let Ok(address) = ArticleUrl::of(response.url.clone()) {
        let id = address.id();
        let known = known_already(room, job, id).await?;
        job.hops = visited_hops(room, job, id).await?;
        if known {
            return Ok(settle::settle_as_same(room, job, id).await?);
        }
        job.answers_to(address);
    }
    let began = Moment::now();
    let extracted = extract_story(room, job, response).await?;
    room.metrics.count_stage_time("read", began.elapsed());
    tracing::debug!(
        bytes = extracted.text.len(),
        canonical = extracted.canonical.as_ref().map(Url::as_str),
        "story read"
    );
    let canonical = extracted.canonical.as_ref();
    let canonical = canonical.and_then(|url| job.url.agreed(url.as_str()));
    if let Some(canonical) = canonical
        && !is_anothers(room, job, canonical.id(), &extracted).await?
    {
        let id = canonical.id();
        if known_already(room, job, id).await? {
            return Ok(settle::settle_as_same(room, job, id).await?);
        }
        job.answers_to(canonical);
    }
    let (extracted, body_source) = take_fuller(room, job, extracted).await;
    let title = extracted
        .title
        .as_deref()
        .or(job.turn.waiting.title.as_deref());
    if let Some(id) = find_same(room, job, title, &extracted.text).await? {
        return Ok(settle::settle_as_same(room, job, id).await?);
    }
    Ok(code_and_publish(room, job, extracted, body_source).await?)
}

/// The addresses of the site that were asked on the way to one; not those under which an article is published.
async fn visited_hops<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    to: ArticleId,
) -> Result<Vec<ArticleUrl>, Broken> {
    let mut hops: Vec<ArticleUrl> = Vec::new();
    let way = job
        .visited
        .iter()
        .filter_map(|url| ArticleUrl::parse(url).ok());
    for hop in way.filter(|hop| hop.site() == job.site) {
        let id = hop.id();
        if id == to || id == job.turn.id || hops.iter().any(|known| known.id() == id) {
            continue;
        }
        let seen = room
            .ask_ledger(|| room.ledger.read_seen(&job.site, id))
            .await?;
        let stands = seen.is_some_and(|seen| match seen {
            Seen::Settled(settled) => settled.revision > 0,
            Seen::Retry { before, .. } => before.is_some_and(|before| before.revision > 0),
        });
        if !stands {
            hops.push(hop);
        }
    }
    Ok(hops)
}

/// Whether an address that a page names as its own is known for another story: some sites name one address on every
/// page.
async fn is_anothers<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    id: ArticleId,
    extracted: &Extracted,
) -> Result<bool, Broken> {
    if job.holds_claim(id) || job.before.as_ref().and_then(|before| before.same_as) == Some(id) {
        return Ok(false);
    }
    let stands = match room
        .ask_ledger(|| room.ledger.read_seen(&job.site, id))
        .await?
    {
        Some(Seen::Settled(settled)) => Some(settled),
        Some(Seen::Retry { before, .. }) => before.map(|before| *before),
        None => None,
    };
    let simhash = stands
        .filter(|stands| stands.revision > 0)
        .and_then(|stands| stands.simhash);
    Ok(simhash.is_some_and(|simhash| far_apart(&simhash, &extracted.simhash)))
}

/// Takes the story out of a page, off the async threads.
async fn extract_story<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    response: Response,
) -> Result<Extracted, Trouble> {
    let (rules, site) = (room.rules.clone(), room.rules_of(&job.site));
    let work = move || story::read_page(response, &rules, &site);
    match room.cpu.run_blocking(work).await {
        Err(panicked) => Err(Trouble::never_again(
            EntryStage::Article,
            SetAsideReason::Panicked,
            panicked.to_string(),
        )),
        Ok(Err((reason, detail))) => Err(Trouble::never_again(
            EntryStage::Article,
            SetAsideReason::of_stage(reason),
            detail,
        )),
        Ok(Ok(extracted)) => Ok(extracted),
    }
}

/// Whether an address of the site is claimed elsewhere, or settled; an article that is read again is not.
async fn known_already<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    id: ArticleId,
) -> Result<bool, Broken> {
    if job.holds_claim(id) {
        return Ok(false);
    }
    let Some(claim) = room.ledger.claims().claim_id(id) else {
        return Ok(true);
    };
    job.claims.push(claim);
    let seen = room
        .ask_ledger(|| room.ledger.read_seen(&job.site, id))
        .await?;
    let before = match seen {
        Some(Seen::Settled(before)) => before,
        Some(Seen::Retry {
            before: Some(before),
            ..
        }) => *before,
        _ => return Ok(false),
    };
    if job.turn.waiting.why.reads_again() {
        job.before = Some(before);
        return Ok(false);
    }
    Ok(before.outcome != SettledAs::SetAside)
}

/// The feed's own text as the story, where it is more than a teaser.
async fn feed_story<L: Ledger>(room: &Newsroom<L>, job: &EntryWork) -> Option<Extracted> {
    let extracted = read_feed_text(room, job).await?;
    (extracted.text.chars().count() >= MIN_FEED_STORY).then_some(extracted)
}

/// Codes the story and settles it.
async fn code_and_publish<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    extracted: Extracted,
    body_source: &'static str,
) -> Result<(), Broken> {
    job.simhash = (!extracted.text.is_empty()).then(|| extracted.simhash.clone());
    let mut article = story::build_article(room, job, extracted, body_source);
    let coder = room.coder.clone();
    let began = Moment::now();
    let reading = room.cpu.run_blocking(move || {
        let events = story::code_article(&coder, &mut article);
        (article, events)
    });
    match reading.await {
        Ok((article, events)) => {
            room.metrics.count_stage_time("code", began.elapsed());
            tracing::debug!(
                events = events.len(),
                language = article.language.used,
                "story coded"
            );
            publish::publish_article(room, job, article, events).await
        }
        Err(panicked) => {
            let trouble = Trouble::never_again(
                EntryStage::Code,
                SetAsideReason::Panicked,
                panicked.to_string(),
            );
            settle::retry_or_set_aside(room, job, trouble).await
        }
    }
}
