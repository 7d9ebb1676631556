//! One entry: fetch its page, read the story, code it, settle it in one batch.

use std::time::Instant as Moment;

use jiff::Timestamp;
use url::Url;

use super::{
    room::{Broken, Newsroom},
    settle::{self, Job, Trouble},
};
use crate::{
    article::{self, ArticleError, Extracted, url::ArticleUrl},
    event::Story,
    fetch::{Accept, Again, Budget, MAX_HOPS, Outcome as Answer, Request, Response},
    id::ArticleId,
    ledger::{Batch, Excess, Ledger, MAX_KILLS, Seen, Turn},
    site::Site,
};

/// Feed text shorter than this is a teaser, not a story; characters.
const MIN_FEED_STORY: usize = 600;

/// What asking for a page came to.
enum Brought {
    Page(Box<Response>),
    /// A redirect to another site.
    Elsewhere(Url),
    Trouble(Trouble),
}

/// Reads an entry and settles it, or enters the retry.
pub(super) async fn read<L: Ledger>(room: &Newsroom<L>, site: &Site, turn: Turn) -> Result<(), Broken> {
    let mut job = Job::of(site, turn, Timestamp::now());
    if let Some(trouble) = not_to_be_fetched(&job.turn) {
        return settle::set_aside(room, &job, trouble).await;
    }
    if let Some(kills) = job.turn.alone {
        let retry = Seen::Retry {
            attempt: job.turn.attempt,
            kills: kills + 1,
            due: Timestamp::now(),
            first_at: job.first_at,
            why: "killed_worker".to_owned(),
        };
        let seen = vec![(job.turn.id, retry)];
        room.commit(Batch { tenure: Some(job.turn.tenure), seen, ..Batch::default() }).await?;
    }
    let trouble = match bring(room, &mut job).await? {
        Brought::Elsewhere(url) => return settle::moved(room, &job, &url).await,
        Brought::Trouble(trouble) => trouble,
        Brought::Page(response) => match page(room, &mut job, *response).await? {
            Ok(()) => return Ok(()),
            Err(trouble) => trouble,
        },
    };
    if trouble.again == Again::Never && trouble.reason != "gone" && trouble.reason != "robots" {
        if let Some(extracted) = feed_story(room, &job).await {
            return publish(room, &mut job, extracted, None, "feed").await;
        }
    }
    settle::failed(room, &job, trouble).await
}

fn not_to_be_fetched(turn: &Turn) -> Option<Trouble> {
    let never = |reason, detail: &str| Some(Trouble::never("post", reason, detail));
    match turn.excess {
        Some(Excess::Backlog) => never("backlog", "more entries of its site wait than are kept"),
        Some(Excess::Expired) => never("expired", "it waited longer than entries are kept"),
        None if turn.alone.is_some_and(|kills| kills >= MAX_KILLS) => {
            never("killed_worker", "the process ended each time it was worked on")
        }
        None => None,
    }
}

/// Asks for the page, following redirects within the site.
async fn bring<L: Ledger>(room: &Newsroom<L>, job: &mut Job) -> Result<Brought, Broken> {
    let Ok(mut url) = Url::parse(&job.turn.waiting.url) else {
        return Ok(Brought::Trouble(Trouble::never("fetch", "forbidden_address", "not an address")));
    };
    loop {
        if job.visited.len() > MAX_HOPS || job.visited.iter().any(|before| before == url.as_str()) {
            return Ok(Brought::Trouble(circle(job, &url)));
        }
        job.visited.push(url.to_string());
        if !room.gates.may_fetch(room, &job.site, &url).await? {
            return Ok(Brought::Trouble(Trouble::never("fetch", "robots", "robots.txt does not allow it")));
        }
        let request = Request { url: &url, budget: Budget::ARTICLE, validators: None, accept: Accept::Page };
        let began = Moment::now();
        let response = match room.gates.request(room, &job.site, request).await? {
            Ok(response) => response,
            Err(error) => {
                let again = error.again();
                let trouble = Trouble { again, ..Trouble::never("fetch", error.reason(), error.to_string()) };
                return Ok(Brought::Trouble(trouble));
            }
        };
        room.metrics.stage("fetch", began.elapsed());
        job.fetched = Some(response.at);
        let Answer::Moved(hop) = &response.outcome else { return Ok(answered(response)) };
        url = hop.location.clone();
        if Site::of_url(&url).as_ref() != Some(&job.site) {
            return Ok(Brought::Elsewhere(url));
        }
        job.alias(&url);
    }
}

/// A way that comes round again: through another site it is most often a wall that wants consent.
fn circle(job: &Job, url: &Url) -> Trouble {
    let walled = article::is_consent_address(url)
        || job.visited.iter().filter_map(|before| Url::parse(before).ok()).any(|url| article::is_consent_address(&url));
    let reason = if walled { "consent_wall" } else { "redirect_loop" };
    Trouble::never("fetch", reason, format!("after {} hops at {url}", job.visited.len()))
}

fn answered(response: Response) -> Brought {
    let detail = format!("the server answered {}", response.status);
    match &response.outcome {
        Answer::Page(_) => Brought::Page(Box::new(response)),
        Answer::Failed(failure) => {
            let trouble = Trouble::never("fetch", failure.reason(), detail);
            let retry_after = response.head.retry_after.filter(|_| failure.slow_down());
            Brought::Trouble(Trouble { again: failure.again(), retry_after, ..trouble })
        }
        Answer::NotModified | Answer::Moved(_) => Brought::Trouble(Trouble::never("fetch", "server_error", detail)),
    }
}

/// Reads the page, unless it is one that is in other hands or settled already.
async fn page<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut Job,
    response: Response,
) -> Result<Result<(), Trouble>, Broken> {
    if let Ok(address) = ArticleUrl::parse(response.url.as_str()) {
        if known_already(room, job, address.id()).await? {
            return settle::same(room, job, address.id()).await.map(Ok);
        }
        job.url = address;
    }
    let Answer::Page(page) = response.outcome else { return Ok(Ok(())) };
    if page.media_type.as_deref().is_some_and(|kind| !article::is_page(kind)) {
        let kind = page.media_type.unwrap_or_default();
        return Ok(Err(Trouble::never("article", "not_html", format!("it is {kind}"))));
    }
    let began = Moment::now();
    let (rules, address, head) = (room.rules.clone(), response.url, response.head);
    let site_rules = room.site_rules(&job.site);
    let work = move || {
        let page = article::Page { bytes: &page.bytes, content_type: page.content_type().as_deref(), address: Some(&address), head: Some(&head) };
        article::extract(&page, &rules, &site_rules)
    };
    let extracted = match room.cpu.run(work).await {
        Err(panicked) => return Ok(Err(Trouble::never("article", "panicked", panicked.to_string()))),
        Ok(Err(error)) => return Ok(Err(unread(&error))),
        Ok(Ok(extracted)) => extracted,
    };
    room.metrics.stage("read", began.elapsed());
    if let Some(canonical) = extracted.canonical.as_ref().and_then(|url| job.url.agrees_with(url)) {
        if known_already(room, job, canonical.id()).await? {
            return settle::same(room, job, canonical.id()).await.map(Ok);
        }
        job.url = canonical;
    }
    publish(room, job, extracted, Some(()), "page").await.map(Ok)
}

fn unread(error: &ArticleError) -> Trouble {
    Trouble::never("article", error.reason(), error.to_string())
}

/// Whether an address of the site is somebody else's work, or settled; an article that is read again is not.
async fn known_already<L: Ledger>(room: &Newsroom<L>, job: &mut Job, id: ArticleId) -> Result<bool, Broken> {
    if id == job.turn.id || job.holds(id) {
        return Ok(false);
    }
    let Some(claim) = room.ledger.claims().claim(id) else { return Ok(true) };
    job.claims.push(claim);
    let seen = room.ask(|| room.ledger.seen(&job.site, id)).await?;
    let Some(Seen::Settled(before)) = seen else { return Ok(false) };
    if job.turn.waiting.why.reads_again() {
        job.before = Some(before);
        return Ok(false);
    }
    Ok(before.outcome != "set_aside")
}

/// The feed's own text as the story, where it is more than a teaser.
async fn feed_story<L: Ledger>(room: &Newsroom<L>, job: &Job) -> Option<Extracted> {
    let text = job.turn.waiting.text.clone()?;
    let rules = room.rules.clone();
    let title = job.turn.waiting.title.clone();
    let extracted = room.cpu.run(move || article::from_feed_html(&text, title.as_deref(), &rules)).await.ok()?.ok()?;
    (extracted.text.chars().count() >= MIN_FEED_STORY).then_some(extracted)
}

/// Codes the story and settles it.
async fn publish<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut Job,
    extracted: Extracted,
    _page: Option<()>,
    body_source: &'static str,
) -> Result<(), Broken> {
    let article = settle::article(room, job, extracted, body_source);
    let coder = room.coder.clone();
    let began = Moment::now();
    let coded = room.cpu.run(move || {
        let events = coder.code(&Story::of(&article));
        (article, events)
    });
    match coded.await {
        Ok((article, events)) => {
            room.metrics.stage("code", began.elapsed());
            settle::published(room, job, article, events).await
        }
        Err(panicked) => settle::failed(room, job, Trouble::never("code", "panicked", panicked.to_string())).await,
    }
}
