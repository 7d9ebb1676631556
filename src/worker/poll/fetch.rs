//! Asks for a feed: conditional GET, redirects at the gate of each site, one more try, and what the answer means.
//!
//! A redirect is followed at the gate of the site it leads to, which only that site's owner may pass. So where several
//! workers share the sites, a feed whose address leads to a site of another worker is not asked there: its poll fails
//! as `other_site`, and says the address by which the operator should list it.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::{
    feed::{
        Feed,
        answer::{FeedReply, PollPlan, SentRequest},
        due::spread_fraction,
        parse,
        state::FeedState,
    },
    fetch::{
        Accept, Dial, Failure, FetchError, Journey, Outcome as Answer, Page, Request, Response,
        Validators, refuses_kinds,
    },
    id::to_hex,
    ledger::Ledger,
    site::Site,
    worker::{
        gate::{NoAnswer, Permission},
        newsroom::{Broken, Newsroom},
    },
};

/// A connection that failed is tried once more within the poll, after this long at least …
// A server that is restarted needs a moment; feeds of one host must not come back together.
const AGAIN_LEAST: Duration = Duration::from_secs(2);
/// … and up to so much later, another part of it for each feed.
const AGAIN_SPREAD: Duration = Duration::from_secs(3);

/// What a poll brought.
pub(in crate::worker) struct Polled {
    pub(in crate::worker) reply: FeedReply,
    pub(in crate::worker) sent: SentRequest,
    /// How long the answer stays fresh, by its heads.
    pub(in crate::worker) fresh_for: Option<Duration>,
}

/// Why an address of the way is not asked, or gave no answer.
enum NotFetched {
    /// The visit is over.
    Broken(Broken),
    /// The poll has failed.
    Failed(FeedReply),
}

impl From<Broken> for NotFetched {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<FetchError> for NotFetched {
    fn from(error: FetchError) -> Self {
        Self::Failed(FeedReply::failed(error.reason(), error.in_words()))
    }
}

impl From<NoAnswer> for NotFetched {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Broken(broken) => broken.into(),
            NoAnswer::Fetch(error) => error.into(),
        }
    }
}

/// Asks for the feed, following redirects at each site's pace.
pub(in crate::worker) async fn fetch_feed<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &FeedState,
) -> Result<Polled, Broken> {
    let plan = state.plan_poll(feed, Timestamp::now());
    let mut journey = Journey::begin(plan.start.clone());
    let mut sent = SentRequest {
        conditional: false,
        led_to: None,
        end: plan.start.clone(),
    };
    let answered = follow_feed(room, feed, state, &plan, &mut journey, &mut sent).await;
    let (reply, fresh_for) = match answered {
        Ok(response) => {
            let fresh_for = response.head.fresh_for;
            (read_answer(room, state, &plan, response).await, fresh_for)
        }
        Err(NotFetched::Failed(reply)) => (reply, None),
        Err(NotFetched::Broken(broken)) => return Err(broken),
    };
    // An error has a head as well, but nothing that could stay fresh.
    let fresh_for = fresh_for.filter(|_| !matches!(reply, FeedReply::Failed { .. }));
    Ok(Polled {
        reply,
        sent,
        fresh_for,
    })
}

/// Asks one address after the other until one answers otherwise than by a redirect.
async fn follow_feed<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &FeedState,
    plan: &PollPlan,
    journey: &mut Journey,
    sent: &mut SentRequest,
) -> Result<Response, NotFetched> {
    let mut may_repeat = true;
    loop {
        journey.set_out()?;
        let site = may_ask(room, feed, journey.url()).await?;
        let validators = state.validators_for(journey.url(), plan);
        let cookies = journey.cookies();
        let request = Request {
            url: journey.url(),
            budget: room.config.poll.limits.budget(),
            validators: validators.as_ref(),
            accept: Accept::Feed,
            cookies: cookies.as_deref(),
            dial: Dial::default(),
        };
        let response = request_with_retry(room, feed, &site, request, &mut may_repeat).await?;
        tracing::debug!(url = %response.url, status = response.status, "feed asked for");
        if let Some(response) = journey.arrive(response) {
            sent.conditional = validators.is_some();
            sent.led_to = journey.permanently_led_to();
            sent.end = journey.url().clone();
            return Ok(response);
        }
    }
}

/// The site at which an address of the way is asked, if this worker may.
async fn may_ask<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    url: &Url,
) -> Result<Site, NotFetched> {
    let refused = |reason, detail| Err(NotFetched::Failed(FeedReply::failed(reason, detail)));
    let Some(site) = Site::of_url(url) else {
        let detail = format!("{} redirects to no address", feed.url);
        return refused("redirect_loop", detail);
    };
    if room.ledger.find_tenure(&site).is_none() {
        if site == feed.site {
            return Err(Broken::Stale.into());
        }
        let detail = format!("it leads to a site of another worker: list it as {url}");
        return refused("other_site", detail);
    }
    if room.gates.may_poll(room, &site, url).await? == Permission::Denied {
        let detail = "robots.txt forbids it to us by name".to_owned();
        return refused("robots", detail);
    }
    Ok(site)
}

/// Asks once, and once more in a poll where the connection failed, or where the server has nothing of what was asked for.
async fn request_with_retry<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    site: &Site,
    request: Request<'_>,
    may_repeat: &mut bool,
) -> Result<Response, NoAnswer> {
    let mut answer = room.gates.send_request(room, site, request).await;
    let is_passing = |answer: &Result<Response, NoAnswer>| matches!(answer, Err(NoAnswer::Fetch(error)) if error.is_passing());
    if *may_repeat && is_passing(&answer) {
        *may_repeat = false;
        let share = spread_fraction(feed, Timestamp::now().as_second().unsigned_abs());
        let pause = AGAIN_LEAST + AGAIN_SPREAD.mul_f64(share);
        let slept = room.stop.unless_stopped(sleep(pause)).await;
        slept.ok_or(Broken::Stopped)?;
        answer = room.gates.send_request(room, site, request).await;
    }
    if matches!(&answer, Ok(response) if refuses_kinds(response.status)) {
        let accept = Accept::Anything;
        answer = room
            .gates
            .send_request(room, site, Request { accept, ..request })
            .await;
    }
    if let Err(NoAnswer::Broken(_)) = answer {
        return answer;
    }
    // The end of the visit writes its own site only; what another one on the way taught would be forgotten.
    if let Some(tenure) = room.ledger.find_tenure(site).filter(|_| *site != feed.site) {
        room.gates.remember_site(room, site, tenure).await?;
    }
    answer
}

/// What an answer that is no redirect means.
async fn read_answer<L: Ledger>(
    room: &Newsroom<L>,
    state: &FeedState,
    plan: &PollPlan,
    response: Response,
) -> FeedReply {
    match response.outcome {
        Answer::NotModified => FeedReply::NotModified(response.head.validators),
        Answer::Failed(failure) => {
            let asked = response.head.retry_after;
            refused_reply(room, &response.url, failure, asked).await
        }
        Answer::Moved(_) => FeedReply::failed("redirect_loop", "a redirect".to_owned()),
        Answer::Page(page) => {
            let validators = response.head.validators;
            read_body(room, state, plan, (&response.url, validators), page).await
        }
    }
}

/// A status that is no feed. Where a server asks to wait, its site is left alone for longer than it said, or said nothing:
/// the feed waits as long.
async fn refused_reply<L>(
    room: &Newsroom<L>,
    url: &Url,
    failure: Failure,
    retry_after: Option<Duration>,
) -> FeedReply {
    let held = match Site::of_url(url).filter(|_| failure.slow_down()) {
        Some(site) => room
            .gates
            .next_allowed(&site)
            .await
            .saturating_duration_since(Instant::now()),
        None => Duration::ZERO,
    };
    tracing::debug!(
        url = url.as_str(),
        status = failure.status,
        held_s = held.as_secs(),
        "feed refused"
    );
    let reason = match failure.status {
        410 => "gone",
        404 => "not_found",
        _ => failure.reason(),
    };
    FeedReply::Failed {
        reason,
        detail: format!("the server answered {}", failure.status),
        asked_to_wait: failure
            .slow_down()
            .then(|| retry_after.unwrap_or_default().max(held)),
    }
}

/// Reads a body, off the async threads; the one of last time is not read again.
async fn read_body<L: Ledger>(
    room: &Newsroom<L>,
    state: &FeedState,
    plan: &PollPlan,
    (url, validators): (&Url, Validators),
    page: Page,
) -> FeedReply {
    let sha256 = to_hex(&Sha256::digest(&page.bytes));
    if state.knows_body(url, &sha256, plan) {
        return FeedReply::SameBody(validators);
    }
    let bytes = page.bytes.len() as u64;
    let (kind, address) = (page.content_type(), url.clone());
    let limits = room.config.poll.limits;
    let reading = move || parse::parse_within(&page.bytes, &address, kind.as_deref(), limits);
    match room.cpu.run_blocking(reading).await {
        Err(panicked) => FeedReply::failed("panicked", panicked.to_string()),
        Ok(Err(error)) => FeedReply::failed("no_feed", error.to_string()),
        Ok(Ok(parsed)) => FeedReply::Listing {
            validators,
            parsed: Box::new(parsed),
            sha256,
            bytes,
        },
    }
}
