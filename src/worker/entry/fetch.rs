//! Asks for the page of an entry: through the gate of its site, by redirects within it, never in a circle.

use std::time::Instant as Moment;

use url::Url;

use super::work::{EntryWork, Trouble, Unpublished};
use crate::{
    article::{self, identity::ArticleUrl},
    fetch::{Accept, Again, Budget, Dial, Journey, Outcome as Answer, Request, Response},
    ledger::Ledger,
    set_aside::{EntryStage, SetAsideReason},
    site::Site,
    worker::{gate::Permission, newsroom::Newsroom},
};

/// What asking for a page came to.
pub(in crate::worker) enum Brought {
    Page(Box<Response>),
    /// A redirect to another site.
    Elsewhere(Url),
}

/// Asks for the page, following redirects within the site, after those of other sites that led to it.
pub(in crate::worker) async fn fetch_page<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
) -> Result<Brought, Unpublished> {
    let mut journey = Journey::begin_after(&job.visited, job.url.url().clone());
    loop {
        let url = journey.url().clone();
        if journey.set_out().is_err() {
            return Err(loop_trouble(job, &url).into());
        }
        job.visited.push(url.to_string());
        let response = request_page(room, &job.site, &journey).await?;
        job.fetched = Some(response.at);
        if let Some(response) = journey.arrive(response) {
            return Ok(judge_answer(response)?);
        }
        let next = journey.url();
        if Site::of_url(next).as_ref() != Some(&job.site) {
            // An address that is settled as moved would be dropped there.
            if came_round(job, next) {
                return Err(loop_trouble(job, next).into());
            }
            return Ok(Brought::Elsewhere(next.clone()));
        }
    }
}

/// Asks for one address of the site where its robots.txt allows it.
async fn request_page<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    journey: &Journey,
) -> Result<Response, Unpublished> {
    let url = journey.url();
    judge_permission(room.gates.may_fetch(room, site, url).await?)?;
    let began = Moment::now();
    let cookies = journey.cookies();
    let request = Request {
        url,
        budget: Budget::ARTICLE,
        // No page is kept that a 304 could speak of.
        validators: None,
        accept: Accept::Page,
        cookies: cookies.as_deref(),
        dial: Dial::default(),
    };
    let response = room.gates.send_request(room, site, request).await?;
    room.metrics.count_stage_time("fetch", began.elapsed());
    tracing::debug!(
        url = url.as_str(),
        status = response.status,
        "page asked for"
    );
    Ok(response)
}

/// What robots.txt says of a page, or why it is not asked for.
fn judge_permission(permission: Permission) -> Result<(), Trouble> {
    let (reason, detail, again) = match permission {
        Permission::Granted => return Ok(()),
        Permission::Denied => (
            SetAsideReason::Robots,
            "robots.txt does not allow it",
            Again::Never,
        ),
        Permission::Unknown => (
            SetAsideReason::Unreachable,
            "robots.txt cannot be had",
            Again::Later,
        ),
    };
    Err(Trouble::never_again(EntryStage::Fetch, reason, detail).with_retry(again))
}

/// Whether an address of another site was asked on the way already, however it was written.
fn came_round(job: &EntryWork, url: &Url) -> bool {
    let Ok(address) = ArticleUrl::of(url.clone()) else {
        return false;
    };
    let mut way = job
        .visited
        .iter()
        .filter_map(|before| ArticleUrl::parse(before).ok());
    way.any(|before| before.id() == address.id())
}

/// A way that comes round again: where it led past a page that asks for consent, that is why.
fn loop_trouble(job: &EntryWork, url: &Url) -> Trouble {
    let mut way = job
        .visited
        .iter()
        .filter_map(|before| Url::parse(before).ok());
    let walled =
        article::is_consent_address(url) || way.any(|url| article::is_consent_address(&url));
    let reason = if walled {
        SetAsideReason::ConsentWall
    } else {
        SetAsideReason::RedirectLoop
    };
    Trouble::never_again(
        EntryStage::Fetch,
        reason,
        format!("after {} hops, at {url}", job.visited.len()),
    )
}

/// The page of an answer that is no redirect, or why there is none.
fn judge_answer(response: Response) -> Result<Brought, Trouble> {
    let detail = format!("the server answered {}", response.status);
    match &response.outcome {
        Answer::Page(_) => Ok(Brought::Page(Box::new(response))),
        Answer::Failed(failure) => {
            let retry_after = response.head.retry_after.filter(|_| failure.slow_down());
            let trouble = Trouble::never_again(
                EntryStage::Fetch,
                SetAsideReason::of_stage(failure.reason()),
                detail,
            );
            Err(Trouble {
                retry_after,
                ..trouble.with_retry(failure.again())
            })
        }
        Answer::NotModified | Answer::Moved(_) => Err(Trouble::never_again(
            EntryStage::Fetch,
            SetAsideReason::ServerError,
            detail,
        )),
    }
}
