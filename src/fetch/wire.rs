//! The library that speaks HTTP and TLS, and everything it must not do by itself.

use std::{
    error::Error as StdError,
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{
    Client, ClientBuilder, Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{
        ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
        IF_NONE_MATCH,
    },
};
use url::Url;

use super::{
    Request,
    body::{Body, Bounds, Encoding},
    budget::Budget,
    error::{BoxedError, FetchError, Phase, Refusal},
    head::{Lines, described},
    policy::{Policy, forbidden, host_of},
    redirect::{hop, is_redirect},
    reply::{Failure, Head, Outcome, Page, Response},
    resolve::{Resolver, Unresolved},
    within,
};

/// Idle connections kept a host, and for how long: one request a site is in flight, the next page follows within the
/// pace, and a poller comes back late; each costs some 20 KB.
const MAX_IDLE_A_HOST: usize = 1;
const IDLE: Duration = Duration::from_secs(10);
/// The head of an answer over HTTP/2; over HTTP/1.1 the library's own bounds hold, 100 lines and about 400 KB.
const MAX_HEAD_BYTES: u32 = 64 * 1024;

/// The client: no redirects, no retries, no cookies, no proxy but the operator's, no unpacking.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    client: Client,
    connect: Duration,
}

impl Wire {
    pub(super) fn new(policy: &Arc<Policy>, resolver: &Resolver) -> Result<Self, FetchError> {
        install_tls();
        Ok(Self {
            client: client(policy, resolver)?,
            connect: policy.connect,
        })
    }

    /// Sends a request and reads its answer.
    pub(super) async fn ask(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let (url, budget) = (request.url, request.budget);
        let (began, at) = (Instant::now(), Timestamp::now());
        let sending = self
            .client
            .get(url.clone())
            .headers(asked_with(request))
            .send();
        let answer = within(url, Phase::FirstByte, budget.first_byte, sending).await?;
        let mut answer = answer.map_err(|error| self.not_sent(url, error))?;
        let head = Head::read(answer.headers(), at);
        let status = answer.status().as_u16();
        let outcome = match status {
            304 => Outcome::NotModified,
            // A part (206) was not asked for, so it is no page.
            200..=205 | 207..=299 => Outcome::Page(read(url, budget, &mut answer).await?),
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
                limit: self.connect,
            };
        }
        FetchError::Network {
            host,
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
    let encoding = Encoding::of_headers(packed.iter().map(HeaderValue::as_bytes))?;
    let bounds = Bounds {
        max_bytes: budget.max_bytes,
        cut: budget.cut,
    };
    let mut body = Body::new(encoding, bounds, answer.content_length())?;
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

/// A request's own heads.
fn asked_with(request: Request<'_>) -> HeaderMap {
    let mut heads = HeaderMap::new();
    heads.insert(ACCEPT, HeaderValue::from_static(request.accept.value()));
    heads.insert(ACCEPT_ENCODING, HeaderValue::from_static(Encoding::OFFERED));
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

fn client(policy: &Arc<Policy>, resolver: &Resolver) -> Result<Client, FetchError> {
    let built = settings(policy, resolver)?.build();
    // Without the system's certificates http still works, and https with those of `ca_file`.
    let built = match built {
        Err(error) if policy.ca_file.is_none() => {
            tracing::warn!(error = %chain(&error), "no system certificates, https will fail");
            settings(policy, resolver)?.tls_certs_only([]).build()
        }
        built => built,
    };
    built.map_err(|source| FetchError::Client {
        what: "certificates".to_owned(),
        source: Box::new(source),
    })
}

fn settings(policy: &Arc<Policy>, resolver: &Resolver) -> Result<ClientBuilder, FetchError> {
    let wrong = |what: &str, source| FetchError::Client {
        what: what.to_owned(),
        source,
    };
    let user_agent =
        HeaderValue::from_str(&policy.user_agent).map_err(|e| wrong("user agent", Box::new(e)))?;
    let mut settings = Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(resolver.clone())
        .connect_timeout(policy.connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE_A_HOST)
        .http2_max_header_list_size(MAX_HEAD_BYTES);
    if let Some(url) = &policy.proxy {
        let pinned = Arc::clone(policy);
        let proxy = url.clone();
        let chosen = move |asked: &Url| {
            let past = asked
                .host_str()
                .is_some_and(|name| pinned.pinned(name).is_some());
            (!past).then(|| proxy.clone())
        };
        settings = settings.proxy(Proxy::custom(chosen));
    }
    for certificate in certificates(policy)? {
        settings = settings.add_root_certificate(certificate);
    }
    Ok(settings)
}

fn certificates(policy: &Policy) -> Result<Vec<reqwest::Certificate>, FetchError> {
    let Some(path) = &policy.ca_file else {
        return Ok(Vec::new());
    };
    let unreadable = |source: BoxedError| FetchError::CaFile {
        path: path.clone(),
        source,
    };
    let pem = std::fs::read(path).map_err(|error| unreadable(Box::new(error)))?;
    let found =
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unreadable(Box::new(error)))?;
    if found.is_empty() {
        Err(unreadable("it holds no certificate".into()))
    } else {
        Ok(found)
    }
}

/// One TLS stack for the process: rustls with ring.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Another part of the process may have installed one already; any does.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Lines for HeaderMap {
    fn of(&self, name: &str) -> Vec<&[u8]> {
        self.get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect()
    }
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

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}
