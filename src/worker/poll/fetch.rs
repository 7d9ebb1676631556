//! Asks for a feed: conditional GET, redirects at the gate of each site, one more try, and what the answer means.
//!
//! A redirect is followed at the gate of the site it leads to, which only that site's owner may pass. So where several
//! workers share the sites, a feed whose address leads to a site of another worker is not asked there: its poll fails
//! as `other_site`, and says the address by which the operator should list it.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::time::sleep;
use url::Url;

use crate::{
    feed::{
        Feed, ParsedFeed,
        due::fraction,
        moves, parse,
        poll::{self, PollOutcome, rhythm, unasked_304},
        state::{Asks, FeedState, READING},
    },
    fetch::{
        Accept, Budget, Dial, Failure, FetchError, Outcome as Answer, Page, Request, Response,
        Validators, Way,
    },
    id::hex,
    ledger::Ledger,
    site::Site,
    worker::{
        gate::Permission,
        newsroom::{Broken, Newsroom},
    },
};

/// A connection that failed is tried once more within the poll, after this long at least …
const AGAIN_LEAST: Duration = Duration::from_secs(2);
/// … and up to so much later, another part of it for each feed.
const AGAIN_SPREAD: Duration = Duration::from_secs(3);

/// What a poll brought.
pub(in crate::worker) struct Polled {
    pub(in crate::worker) outcome: PollOutcome,
    /// How long the answer stays fresh, by its heads.
    pub(in crate::worker) fresh_for: Option<Duration>,
    pub(in crate::worker) feed: Option<ParsedFeed>,
}

/// How the request was made that is answered.
struct SentRequest {
    /// Neither validators nor the body hash count.
    whole: bool,
    /// Validators were sent.
    conditional: bool,
    /// Where permanent redirects led; `None` without one.
    led_to: Option<String>,
    /// The address that answered.
    end: String,
}

/// Asks for the feed, following redirects at each site's pace.
pub(in crate::worker) async fn ask<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &mut FeedState,
) -> Result<Polled, Broken> {
    let learned = state.moved_to.as_deref().and_then(|to| Url::parse(to).ok());
    let start = learned.unwrap_or_else(|| feed.url.clone());
    let whole = poll::whole(feed, state, Timestamp::now());
    let (mut url, mut way) = (start.clone(), Way::from(&start));
    let (mut permanent, mut again) = (true, true);
    loop {
        let site = match may_ask(room, feed, &url).await? {
            Ok(site) => site,
            Err(refused) => return Ok(refused),
        };
        let own = state.validators_of.as_deref() == Some(url.as_str());
        let validators = state.validators.clone().filter(|_| own && !whole);
        let answer = request(room, feed, (&site, &url), validators.as_ref(), &mut again).await?;
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Ok(failed(error.reason(), error.to_string(), None)),
        };
        let Answer::Moved(hop) = &response.outcome else {
            let asked = SentRequest {
                whole,
                conditional: validators.is_some(),
                led_to: (permanent && url != start).then(|| url.to_string()),
                end: url.to_string(),
            };
            return Ok(answered(room, feed, state, response, &asked).await);
        };
        permanent &= hop.permanent;
        url = hop.location.clone();
        if let Err(error) = way.go(url.clone()) {
            return Ok(failed(error.reason(), error.to_string(), None));
        }
    }
}

/// The site at which an address of the way is asked, if this worker may.
async fn may_ask<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    url: &Url,
) -> Result<Result<Site, Polled>, Broken> {
    let Some(site) = Site::of_url(url) else {
        let detail = format!("{} redirects to no address", feed.url);
        return Ok(Err(failed("redirect_loop", detail, None)));
    };
    if room.ledger.tenure(&site).is_none() {
        if site == feed.site {
            return Err(Broken::Stale);
        }
        let detail = format!("it leads to a site of another worker: list it as {url}");
        return Ok(Err(failed("other_site", detail, None)));
    }
    if room.gates.may_poll(room, &site, url).await? == Permission::Denied {
        let detail = "robots.txt forbids it to us by name".to_owned();
        return Ok(Err(failed("robots", detail, None)));
    }
    Ok(Ok(site))
}

/// Asks once, and once more in a poll where the connection failed.
async fn request<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    (site, url): (&Site, &Url),
    validators: Option<&Validators>,
    again: &mut bool,
) -> Result<Result<Response, FetchError>, Broken> {
    let request = Request {
        url,
        budget: Budget::FEED,
        validators,
        accept: Accept::Feed,
        cookies: None,
        dial: Dial::default(),
    };
    let mut answer = room.gates.request(room, site, request).await?;
    if *again && answer.as_ref().is_err_and(FetchError::is_passing) {
        *again = false;
        let share = fraction(feed, Timestamp::now().as_second().unsigned_abs());
        let pause = AGAIN_LEAST + AGAIN_SPREAD.mul_f64(share);
        let slept = room.stop.unless_stopped(sleep(pause)).await;
        slept.ok_or(Broken::Stopped)?;
        answer = room.gates.request(room, site, request).await?;
    }
    if let Some(tenure) = room.ledger.tenure(site).filter(|_| *site != feed.site) {
        room.gates.remember(room, site, tenure).await?;
    }
    Ok(answer)
}

fn failed(reason: &'static str, detail: String, asked_to_wait: Option<Duration>) -> Polled {
    let outcome = PollOutcome::Failed {
        reason,
        detail,
        asked_to_wait,
    };
    Polled {
        outcome,
        fresh_for: None,
        feed: None,
    }
}

/// What an answer that is no redirect means.
async fn answered<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &mut FeedState,
    response: Response,
    asked: &SentRequest,
) -> Polled {
    let fresh_for = response.head.fresh_for;
    let unchanged = |outcome| Polled {
        outcome,
        fresh_for,
        feed: None,
    };
    match response.outcome {
        Answer::NotModified if !asked.conditional => unchanged(unasked_304(state)),
        Answer::NotModified => {
            let known = state.validators.clone().unwrap_or_default();
            state.validators = Some(known.updated_by(&response.head.validators));
            state.unasked_304 = 0;
            moved(room, feed, state, asked);
            unchanged(PollOutcome::Unchanged)
        }
        Answer::Failed(failure) => refused(failure, response.head.retry_after),
        Answer::Moved(_) => failed("redirect_loop", "a redirect".to_owned(), None),
        Answer::Page(page) => {
            let (url, validators) = (response.url, response.head.validators);
            match body(room, state, &url, page, asked.whole).await {
                ReadBody::Same => {
                    remember(state, &url, validators, None);
                    moved(room, feed, state, asked);
                    unchanged(PollOutcome::Unchanged)
                }
                ReadBody::Feed(parsed, sha256, bytes) => {
                    remember(state, &url, validators, Some(sha256));
                    state.asks = Asks::of(&parsed.hints);
                    moved(room, feed, state, asked);
                    let dates = parsed.entries.iter().filter_map(|entry| entry.published);
                    let outcome = PollOutcome::Parsed {
                        new: 0,
                        rhythm_s: rhythm(dates.collect()),
                        bytes,
                    };
                    Polled {
                        feed: Some(*parsed),
                        ..unchanged(outcome)
                    }
                }
                ReadBody::Unreadable(reason, detail) => failed(reason, detail, None),
            }
        }
    }
}

/// A status that is no feed.
fn refused(failure: Failure, retry_after: Option<Duration>) -> Polled {
    let wait = failure.slow_down().then(|| retry_after.unwrap_or_default());
    let reason = match failure.status {
        410 => "gone",
        404 => "not_found",
        _ => failure.reason(),
    };
    let detail = format!("the server answered {}", failure.status);
    failed(reason, detail, wait)
}

/// What a body is.
enum ReadBody {
    /// The one of last time.
    Same,
    /// A feed, with hash and size of its body.
    Feed(Box<ParsedFeed>, String, u64),
    /// No feed: the reason, and the error in words.
    Unreadable(&'static str, String),
}

async fn body<L: Ledger>(
    room: &Newsroom<L>,
    state: &FeedState,
    url: &Url,
    page: Page,
    whole: bool,
) -> ReadBody {
    let sha256 = hex(&Sha256::digest(&page.bytes));
    let same = state.body_sha256.as_ref() == Some(&sha256);
    if same && !whole && state.validators_of.as_deref() == Some(url.as_str()) {
        return ReadBody::Same;
    }
    let bytes = page.bytes.len() as u64;
    let (kind, address) = (page.content_type(), url.clone());
    let reading = move || parse::parse(&page.bytes, &address, kind.as_deref());
    match room.cpu.run(reading).await {
        Err(panicked) => ReadBody::Unreadable("panicked", panicked.to_string()),
        Ok(Err(error)) => ReadBody::Unreadable("no_feed", error.to_string()),
        Ok(Ok(parsed)) => ReadBody::Feed(Box::new(parsed), sha256, bytes),
    }
}

/// Keeps the validators of an answer with a body; where it was read, its hash and that the listing was read whole.
fn remember(state: &mut FeedState, url: &Url, validators: Validators, read: Option<String>) {
    state.validators = Some(validators).filter(|validators| !validators.is_empty());
    state.validators_of = Some(url.to_string());
    state.unasked_304 = 0;
    if let Some(sha256) = read {
        state.body_sha256 = Some(sha256);
        state.unconditional = Some(Timestamp::now());
        state.reading = READING;
    }
}

/// Learns where the feed has moved: by redirects, else by what it says of itself.
fn moved<L: Ledger>(room: &Newsroom<L>, feed: &Feed, state: &mut FeedState, asked: &SentRequest) {
    let owned = |site: &Site| room.ledger.tenure(site).is_some();
    let named = moves::named(&state.asks, &asked.end, owned);
    let (led_to, now) = (asked.led_to.as_deref(), Timestamp::now());
    if let Some(to) = moves::learn(state, led_to, named.as_deref(), now) {
        tracing::info!(feed.id = %feed.id, to, "feed has moved for good");
    }
}
