//! A page that came: accepted unless its article is known already, its story read, coded and published.

use std::time::Instant as Moment;

use url::Url;

use super::{
    fuller::take_fuller,
    known::{take_canonical, take_last_address},
    publish,
    same_text::{Repeated, StoryKeys, find_repeated},
    settle, story,
    work::{EntryWork, Trouble, Unpublished},
};
use crate::{
    article::Extracted,
    fetch::Response,
    ledger::Ledger,
    record::{Article, Event},
    set_aside::{EntryStage, SetAsideReason},
    worker::newsroom::{Broken, Newsroom},
};

/// Reads the page, unless it is one that is claimed elsewhere or settled already.
pub(super) async fn accept_page<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    response: Response,
) -> Result<(), Unpublished> {
    // Before the page is read: a look into the ledger costs less than the reading.
    if let Some(id) = take_last_address(room, job, &response.url).await? {
        return Ok(settle::settle_as_same(room, job, id).await?);
    }
    let extracted = extract_story(room, job, response).await?;
    if let Some(id) = take_canonical(room, job, &extracted).await? {
        return Ok(settle::settle_as_same(room, job, id).await?);
    }
    let (extracted, body_source) = take_fuller(room, job, extracted).await;
    Ok(code_and_publish(room, job, extracted, body_source).await?)
}

/// Takes the story out of a page, off the async threads.
async fn extract_story<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    response: Response,
) -> Result<Extracted, Trouble> {
    let began = Moment::now();
    let (rules, site) = (room.rules.clone(), room.rules_of(&job.site));
    let lines = if room.config.article.learn_site_lines {
        Some(room.gates.find_site_lines(&job.site).await)
    } else {
        None
    };
    let work = move || story::read_page(response, &rules, &site, lines.as_ref());
    let refuse = |reason, detail: String| Trouble::never_again(EntryStage::Article, reason, detail);
    let extracted = match room.cpu.run_blocking(work).await {
        Err(panicked) => return Err(refuse(SetAsideReason::Panicked, panicked.to_string())),
        Ok(Err((reason, detail))) => return Err(refuse(SetAsideReason::of_stage(reason), detail)),
        Ok(Ok(extracted)) => extracted,
    };
    room.metrics.count_stage_time("read", began.elapsed());
    tracing::debug!(
        bytes = extracted.text.len(),
        method = extracted.method,
        removed = extracted.removed.len(),
        access = extracted.access.state,
        language = extracted.language.detected,
        canonical = extracted.canonical.as_ref().map(Url::as_str),
        "story read"
    );
    Ok(extracted)
}

/// Codes the story and settles it; one that stands published under another address of its site is not published again.
pub(super) async fn code_and_publish<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    extracted: Extracted,
    body_source: &'static str,
) -> Result<(), Broken> {
    job.simhash = (!extracted.text.is_empty()).then(|| extracted.simhash.clone());
    job.story = StoryKeys::of_story(job, &extracted);
    job.line_hashes.clone_from(&extracted.line_hashes);
    // Before it is coded: a story that stands published already needs none of that work.
    match find_repeated(room, job).await? {
        Some(Repeated::Whole(known)) => {
            return settle::settle_as_repeated(room, job, &known).await;
        }
        Some(Repeated::Nearly(copied)) => job.copied = Some(copied),
        None => {}
    }
    let article = story::build_article(room, job, extracted, body_source);
    match code_story(room, article).await {
        Ok((article, events)) => publish::publish_article(room, job, article, events).await,
        Err(trouble) => settle::retry_or_set_aside(room, job, trouble).await,
    }
}

/// Codes the events of an article, off the async threads.
async fn code_story<L: Ledger>(
    room: &Newsroom<L>,
    mut article: Article,
) -> Result<(Article, Vec<Event>), Trouble> {
    let coder = room.coder.clone();
    let began = Moment::now();
    let work = move || {
        let events = story::code_article(&coder, &mut article);
        (article, events)
    };
    let (article, events) = room.cpu.run_blocking(work).await.map_err(|panicked| {
        let detail = panicked.to_string();
        Trouble::never_again(EntryStage::Code, SetAsideReason::Panicked, detail)
    })?;
    room.metrics.count_stage_time("code", began.elapsed());
    tracing::debug!(
        events = events.len(),
        language = article.language.used,
        "story coded"
    );
    Ok((article, events))
}
