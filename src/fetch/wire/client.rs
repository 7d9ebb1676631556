//! The clients of the library: what each must not do by itself, and which connections each keeps.

use std::{
    error::Error as StdError,
    path::Path,
    sync::{Arc, Once},
    time::Instant,
};

use reqwest::{
    Client, ClientBuilder, Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderValue,
};
use tokio::sync::Semaphore;
use tower::limit::GlobalConcurrencyLimitLayer;
use url::Url;

use crate::fetch::{
    Request,
    error::{BoxedError, FetchError},
    idle::{IDLE, Idle},
    policy::Policy,
    resolve::Resolver,
};

/// Connections that are being made at once, over all sites: lookup, connection and TLS. A wait for one is no part of
/// the time that a connection may take, but of that in which an answer must begin.
const MAX_CONNECTS: usize = 64;
/// The head of an answer over HTTP/2; over HTTP/1.1 the library's own bounds hold, 100 lines and about 400 KB.
const MAX_HEAD_BYTES: u32 = 64 * 1024;

/// The clients: no redirects, no retries, no cookies, no proxy but the operator's, no unpacking.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    /// Keeps one connection a host for the next request: one request a site is in flight.
    keeping: Client,
    /// Closes each connection after its answer.
    closing: Client,
    /// The same with HTTP/1.1 alone.
    http1: Client,
    /// The same without a look at certificates.
    unverified: Client,
    idle: Idle,
}

impl Clients {
    pub(super) fn new(policy: &Arc<Policy>, resolver: &Resolver) -> Result<Self, FetchError> {
        install_tls();
        let connects = Arc::new(Semaphore::new(MAX_CONNECTS));
        let limited = |settings: ClientBuilder| {
            let connects = Arc::clone(&connects);
            settings.connector_layer(GlobalConcurrencyLimitLayer::with_semaphore(connects))
        };
        let made = |of_kind: fn(ClientBuilder) -> ClientBuilder| {
            client(policy, resolver, |settings| limited(of_kind(settings)))
        };
        Ok(Self {
            keeping: made(|settings| settings.pool_max_idle_per_host(1))?,
            closing: made(|settings| settings.pool_max_idle_per_host(0))?,
            http1: made(|settings| settings.pool_max_idle_per_host(0).http1_only())?,
            unverified: made(|settings| {
                let settings = settings.pool_max_idle_per_host(0).http1_only();
                settings.tls_danger_accept_invalid_certs(true)
            })?,
            idle: Idle::default(),
        })
    }

    /// The client for a request that starts `now`.
    pub(super) fn of(&self, request: Request<'_>, now: Instant) -> &Client {
        let host = request.url.host_str().unwrap_or_default();
        if request.dial.unverified {
            &self.unverified
        } else if request.dial.http1 {
            &self.http1
        } else if self.idle.keeps(host, now, request.budget.total) {
            &self.keeping
        } else {
            &self.closing
        }
    }

    /// A request to an address is over `now`.
    pub(super) fn over(&self, url: &Url, now: Instant) {
        self.idle.over(url.host_str().unwrap_or_default(), now);
    }
}

fn client(
    policy: &Arc<Policy>,
    resolver: &Resolver,
    of_kind: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Result<Client, FetchError> {
    let settings = || settings(policy, resolver).map(&of_kind);
    let built = settings()?.build();
    // Without the system's certificates http still works, and https with those of `ca_file`.
    let built = match built {
        Err(error) if policy.ca_file.is_none() => {
            tracing::warn!(error = %chain(&error), "no system certificates, https will fail");
            settings()?.tls_certs_only([]).build()
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
        // By itself it follows to private addresses without a question to the guard.
        .redirect(reqwest::redirect::Policy::none())
        // A try of its own would be a request outside the site's turn and pace.
        .retry(reqwest::retry::never())
        .referer(false)
        // `http_proxy` of the environment would take every request past our resolver.
        .no_proxy()
        .dns_resolver(resolver.clone())
        .connect_timeout(policy.connect)
        .pool_idle_timeout(IDLE)
        // As browsers and curl do: a line that is none is passed over, it does not cost the answer.
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
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
    policy
        .ca_file
        .as_deref()
        .map_or_else(|| Ok(Vec::new()), read_certificates)
}

/// Whether a file holds certificates that a client could be told to trust.
pub fn check_certificates(path: &Path) -> Result<(), FetchError> {
    read_certificates(path).map(drop)
}

fn read_certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, FetchError> {
    let unreadable = |source: BoxedError| FetchError::CaFile {
        path: path.to_owned(),
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
