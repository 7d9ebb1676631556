//! Asks for the page of an entry: through the gate of its site, by redirects within it, never in a circle.

use std::time::Instant as Moment;

use url::Url;

use super::work::{EntryWork, Trouble, Unpublished};
use crate::{
    article::{self, url::ArticleUrl},
    fetch::{Accept, Again, Budget, Dial, Jar, MAX_HOPS, Outcome as Answer, Request, Response},
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

/// The way to a page: what its hosts have set on it, and which address was asked with how much of that.
#[derive(Default)]
struct PageWay {
    jar: Jar,
    asked: Vec<(Url, u32)>,
}

impl PageWay {
    /// Whether an address may be asked: a new one, or one with cookies that it had not before.
    fn may_go_on(&mut self, job: &EntryWork, url: &Url) -> bool {
        let here = (url.clone(), self.jar.changes());
        let anew =
            !self.asked.contains(&here) && self.asked.iter().any(|(before, _)| before == url);
        self.asked.push(here);
        let before = job.visited.iter().any(|before| before == url.as_str());
        job.visited.len() <= MAX_HOPS && (!before || anew)
    }
}

/// Asks for the page, following redirects within the site. What its hosts set on the way is told to them on the way, so
/// an address may come round again with cookies that it had not before.
pub(in crate::worker) async fn fetch_page<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
) -> Result<Brought, Unpublished> {
    let mut url = job.url.url().clone();
    let mut way = PageWay::default();
    loop {
        if !way.may_go_on(job, &url) {
            return Err(loop_trouble(job, &url).into());
        }
        job.visited.push(url.to_string());
        let response = request_page(room, &job.site, &url, &way.jar).await?;
        job.fetched = Some(response.at);
        let Answer::Moved(hop) = &response.outcome else {
            return Ok(judge_answer(response)?);
        };
        way.jar.take(&url, &response.head.cookies, response.at);
        url = hop.location.clone();
        if Site::of_url(&url).as_ref() != Some(&job.site) {
            // An address that is settled as moved would be dropped there.
            if came_round(job, &url) {
                return Err(loop_trouble(job, &url).into());
            }
            return Ok(Brought::Elsewhere(url));
        }
    }
}

/// Asks for one address of the site where its robots.txt allows it.
async fn request_page<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    url: &Url,
    jar: &Jar,
) -> Result<Response, Unpublished> {
    match room.gates.may_fetch(room, site, url).await? {
        Permission::Granted => {}
        Permission::Denied => {
            let detail = "robots.txt does not allow it";
            return Err(
                Trouble::never_again(EntryStage::Fetch, SetAsideReason::Robots, detail).into(),
            );
        }
        Permission::Unknown => {
            let detail = "robots.txt cannot be had";
            let trouble =
                Trouble::never_again(EntryStage::Fetch, SetAsideReason::Unreachable, detail);
            return Err(trouble.with_retry(Again::Later).into());
        }
    }
    let began = Moment::now();
    let cookies = jar.told(url);
    let request = Request {
        url,
        budget: Budget::ARTICLE,
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
