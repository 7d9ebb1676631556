//! The library that speaks HTTP and TLS, and everything it must not do by itself.

use std::{error::Error as StdError, sync::Arc, time::Instant};

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, COOKIE, HeaderMap, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use url::Url;

mod client;

use client::Clients;
pub use client::check_certificates;

use super::{
    Request,
    body::{Body, Bounds, Encoding, PackingClaim},
    budget::Budget,
    error::{FetchError, Phase, Refusal},
    head::{Lines, described},
    policy::{Policy, forbidden, host_of},
    redirect::{hop, is_redirect},
    reply::{Failure, Head, Outcome, Page, Response},
    resolve::{Resolver, Unresolved},
    within,
};

/// Sends requests and reads what comes back.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    clients: Clients,
    policy: Arc<Policy>,
}

impl Wire {
    pub(super) fn new(policy: &Arc<Policy>, resolver: &Resolver) -> Result<Self, FetchError> {
        Ok(Self {
            clients: Clients::new(policy, resolver)?,
            policy: Arc::clone(policy),
        })
    }

    /// Sends a request and reads its answer.
    pub(super) async fn ask(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let began = Instant::now();
        let answer = self.answer(request, began).await;
        self.clients.over(request.url, Instant::now());
        answer
    }

    async fn answer(&self, request: Request<'_>, began: Instant) -> Result<Response, FetchError> {
        let (url, budget, at) = (request.url, request.budget, Timestamp::now());
        let sending = self
            .clients
            .of(request, began)
            .get(url.clone())
            .headers(asked_with(request))
            .send();
        let answer = within(url, Phase::FirstByte, budget.first_byte, sending).await?;
        let mut answer = answer.map_err(|error| self.not_sent(url, error))?;
        let head = Head::read(answer.headers(), at);
        let status = answer.status().as_u16();
        let outcome = match status {
            304 => Outcome::NotModified,
            // A part that was not asked for is no page, unless it is the whole of it.
            206 if !is_whole(answer.headers()) => Outcome::Failed(Failure {
                status,
                challenge: head.challenge,
            }),
            200..=299 => Outcome::Page(read(url, budget, &mut answer).await?),
            _ if is_redirect(status) => {
                let location = answer.headers().get("location").map(HeaderValue::as_bytes);
                Outcome::Moved(hop(url, status, location)?)
            }
            _ => Outcome::Failed(Failure {
                status,
                challenge: head.challenge,
            }),
        };
        Ok(Response {
            url: url.clone(),
            status,
            head,
            at,
            elapsed: began.elapsed(),
            outcome,
        })
    }

    /// What it means that a request brought no answer.
    fn not_sent(&self, url: &Url, error: reqwest::Error) -> FetchError {
        let host = host_of(url);
        match cause::<Unresolved>(&error) {
            Some(Unresolved::Private) => return forbidden(url, Refusal::Private),
            Some(Unresolved::None(_)) => {
                return FetchError::NoAddress {
                    host,
                    source: Box::new(error),
                };
            }
            None => {}
        }
        if error.is_timeout() {
            return FetchError::Timeout {
                host,
                phase: Phase::Connect,
                limit: self.policy.connect,
            };
        }
        let is_used = |proxy: &&Url| {
            let name = url.host_str().unwrap_or_default();
            self.policy.pinned(name).is_none() && proxy.host_str().is_some()
        };
        let proxy = self.policy.proxy.as_ref().filter(is_used);
        // Its message would contain the whole address: text from outside, which belongs in no log message.
        FetchError::Network {
            host: with_port(url),
            proxy: proxy.map(with_port),
            // Its message would contain the whole address: text from outside, which belongs in no log message.
            source: Box::new(error.without_url()),
        }
    }
}

/// Reads a body within its budget.
async fn read(
    url: &Url,
    budget: Budget,
    answer: &mut reqwest::Response,
) -> Result<Page, FetchError> {
    let packed = answer.headers().get_all(CONTENT_ENCODING);
    let claim = PackingClaim::of_headers(packed.iter().map(HeaderValue::as_bytes))?;
    let bounds = Bounds {
        max_bytes: budget.max_bytes,
        cut: budget.cut,
    };
    // The library unpacks nothing, or it would drop this length and know no bound: 1 MB of gzip became 1 GiB.
    let mut body = Body::new(claim, bounds, answer.content_length())?;
    loop {
        let next = within(url, Phase::Body, budget.between_chunks, answer.chunk()).await?;
        let Some(piece) = next.map_err(|error| cut_short(url, error))? else {
            return Ok(described(
                Page {
                    bytes: body.finish()?,
                    ..Page::default()
                },
                answer.headers(),
            ));
        };
        if !body.take(&piece)? {
            let page = Page {
                bytes: body.into_cut(),
                cut: true,
                ..Page::default()
            };
            return Ok(described(page, answer.headers()));
        }
    }
}

/// Whether a part (206) is the whole: it says so of itself (`bytes 0-99/100`), or says nothing.
fn is_whole(heads: &HeaderMap) -> bool {
    let Some(range) = heads.get(CONTENT_RANGE) else {
        return true;
    };
    let parts = range.to_str().ok().and_then(|range| {
        let (range, whole) = range.trim().strip_prefix("bytes")?.trim().split_once('/')?;
        let last: u64 = range.strip_prefix("0-")?.parse().ok()?;
        Some((last, whole.parse::<u64>().ok()?))
    });
    parts.is_some_and(|(last, whole)| last.checked_add(1) == Some(whole))
}

/// A request's own heads.
fn asked_with(request: Request<'_>) -> HeaderMap {
    let mut heads = HeaderMap::new();
    heads.insert(ACCEPT, HeaderValue::from_static(request.accept.value()));
    heads.insert(ACCEPT_ENCODING, HeaderValue::from_static(Encoding::OFFERED));
    let cookies = request.cookies.map(HeaderValue::from_str);
    heads.extend(cookies.and_then(Result::ok).map(|value| (COOKIE, value)));
    let Some(validators) = request.validators else {
        return heads;
    };
    let both = [
        (IF_NONE_MATCH, &validators.etag),
        (IF_MODIFIED_SINCE, &validators.last_modified),
    ];
    for (name, value) in both {
        let value = value
            .as_deref()
            .and_then(|bytes| HeaderValue::from_bytes(bytes).ok());
        heads.extend(value.map(|value| (name, value)));
    }
    heads
}

impl Lines for HeaderMap {
    fn of(&self, name: &str) -> Vec<&[u8]> {
        self.get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect()
    }
}

/// The host of an address, with its port where it is not that of its scheme.
fn with_port(url: &Url) -> String {
    let host = host_of(url);
    url.port()
        .map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

fn cut_short(url: &Url, error: reqwest::Error) -> FetchError {
    FetchError::Truncated {
        host: host_of(url),
        source: Box::new(error.without_url()),
    }
}

/// The first cause of a kind.
fn cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
