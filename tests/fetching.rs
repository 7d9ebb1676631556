//! How the fetcher asks, and what it makes of honest answers.

#[path = "support/raw_site.rs"]
mod raw_site;

use std::{
    io::{Read, Write},
    net::{IpAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};

use dateline::fetch::{
    Accept, Again, Budget, Fault, FetchError, Fetcher, Outcome, Policy, Request, Response,
    RobotsAnswer, SiteState, Validators, robots_url,
};
use jiff::Timestamp;
use raw_site::{RawSite, Step, answer};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use url::Url;

const ALLOWED: [u8; 4] = [127, 0, 0, 2];

fn policy() -> Policy {
    let mut policy = Policy::new("dateline-test/0 (ops@example.org)");
    policy.private = vec!["127.0.0.0/8".parse().expect("a range")];
    policy
}

fn fetcher() -> Fetcher {
    Fetcher::new(policy()).expect("a policy that can be used")
}

fn asking(url: &Url) -> Request<'_> {
    Request {
        url,
        budget: Budget::ARTICLE,
        validators: None,
        accept: Accept::Page,
    }
}

async fn told(bytes: impl Into<Vec<u8>>) -> Result<Response, FetchError> {
    let site = RawSite::saying(ALLOWED, bytes).await;
    fetcher().get(asking(&site.url("/"))).await
}

#[tokio::test]
async fn a_page_comes_with_its_bytes_its_type_and_what_to_ask_again_with() {
    let heads = "Content-Type: text/html; charset=\"ISO-8859-1\"\r\nETag: W/\"a\u{e9}\"\r\nLast-Modified: yesterday\r\n\
                 X-Robots-Tag: NoArchive\r\nX-Robots-Tag: googlebot: noindex\r\nTDM-Reservation: 1\r\n\
                 Link: <https://hub.example/>; rel=hub\r\nCache-Control: max-age=90\r\n";
    let response = told(answer("200 OK", heads, b"<p>caf\xe9</p>"))
        .await
        .expect("an answer");
    let Outcome::Page(page) = &response.outcome else {
        panic!("{response:?}")
    };
    assert_eq!(page.bytes, b"<p>caf\xe9</p>");
    assert_eq!(page.media_type.as_deref(), Some("text/html"));
    assert_eq!(page.charset.as_deref(), Some("ISO-8859-1"));
    let head = &response.head;
    assert_eq!(
        head.validators.etag.as_deref(),
        Some("W/\"a\u{e9}\"".as_bytes())
    );
    assert_eq!(
        head.validators.last_modified.as_deref(),
        Some(&b"yesterday"[..])
    );
    assert_eq!(head.robots, ["noarchive", "googlebot: noindex"]);
    assert_eq!(head.tdm_reservation, Some(true));
    assert_eq!(head.links, ["<https://hub.example/>; rel=hub"]);
    assert_eq!(head.fresh_for, Some(Duration::from_secs(90)));
}

#[tokio::test]
async fn validators_are_sent_back_byte_for_byte_and_304_says_nothing_is_new() {
    let site = RawSite::saying(ALLOWED, answer("304 Not Modified", "ETag: \"b\"\r\n", b"")).await;
    let validators = Validators {
        etag: Some("W/\"a\u{e9} \\\"".into()),
        last_modified: Some(b"not a date at all".to_vec()),
    };
    let url = site.url("/feed");
    let request = Request {
        validators: Some(&validators),
        accept: Accept::Feed,
        ..asking(&url)
    };
    let response = fetcher().get(request).await.expect("an answer");
    assert!(matches!(response.outcome, Outcome::NotModified));
    let head = &site.heads()[0];
    assert!(
        head.contains("if-none-match: w/\"a\u{e9} \\\"\r\n"),
        "{head}"
    );
    assert!(
        head.contains("if-modified-since: not a date at all\r\n"),
        "{head}"
    );
    let known = validators.updated_by(&response.head.validators);
    assert_eq!(known.etag.as_deref(), Some(&b"\"b\""[..]));
    assert_eq!(known.last_modified, validators.last_modified);
}

#[tokio::test]
async fn validators_that_cannot_be_sent_are_left_out() {
    let site = RawSite::saying(ALLOWED, answer("200 OK", "", b"x")).await;
    let validators = Validators {
        etag: Some(b"a\r\nX-Evil: 1".to_vec()),
        last_modified: None,
    };
    let url = site.url("/");
    let request = Request {
        validators: Some(&validators),
        ..asking(&url)
    };
    fetcher().get(request).await.expect("an answer");
    assert!(!site.heads()[0].contains("evil"));
}

#[tokio::test]
async fn each_status_means_what_the_table_says() {
    use Again::{Later, Never};
    for (status, reason, again) in [
        (206, "server_error", Never),
        (400, "refused", Never),
        (401, "refused", Never),
        (402, "refused", Never),
        (403, "refused", Never),
        (404, "gone", Never),
        (405, "refused", Never),
        (406, "refused", Never),
        (408, "server_error", Later),
        (410, "gone", Never),
        (418, "refused", Never),
        (425, "server_error", Later),
        (429, "server_error", Later),
        (451, "refused", Never),
        (500, "server_error", Later),
        (501, "server_error", Later),
        (502, "server_error", Later),
        (503, "server_error", Later),
        (504, "server_error", Later),
        (522, "server_error", Later),
        (599, "server_error", Later),
    ] {
        let bytes = answer(
            &format!("{status} Status"),
            "Retry-After: 120\r\n",
            b"sorry",
        );
        let response = told(bytes).await.expect("an answer");
        let Outcome::Failed(failure) = response.outcome else {
            panic!("{status}: {response:?}")
        };
        assert_eq!(
            (failure.reason(), failure.again()),
            (reason, again),
            "{status}"
        );
        assert_eq!(failure.slow_down(), matches!(status, 429 | 503), "{status}");
        assert_eq!(
            response.head.retry_after,
            Some(Duration::from_secs(120)),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_challenge_page_is_told_from_a_refusal() {
    let bytes = answer(
        "403 Forbidden",
        "CF-Mitigated: challenge\r\n",
        b"<html>prove it</html>",
    );
    let response = told(bytes).await.expect("an answer");
    let Outcome::Failed(failure) = response.outcome else {
        panic!("{response:?}")
    };
    assert_eq!(
        (failure.reason(), failure.again()),
        ("blocked", Again::Later)
    );
}

#[tokio::test]
async fn every_reason_is_in_the_table_of_reasons() {
    let known = |reason: &str| {
        dateline::set_aside::REASONS
            .iter()
            .any(|(name, _)| *name == reason)
    };
    let host = || "a.example".to_owned();
    let errors = [
        FetchError::BadRedirect { host: host() },
        FetchError::Loop {
            host: host(),
            hops: 5,
        },
        FetchError::NoAddress {
            host: host(),
            source: "x".into(),
        },
        FetchError::TooLarge { limit: 1 },
        FetchError::Bomb { ratio: 100 },
        FetchError::UnsupportedEncoding {
            encoding: "x".to_owned(),
        },
        FetchError::Truncated {
            host: host(),
            source: "x".into(),
        },
        FetchError::Client {
            what: "x".to_owned(),
            source: "x".into(),
        },
    ];
    for error in errors {
        assert!(known(error.reason()), "{error}");
        assert_eq!(
            error.fault() == Fault::Us,
            matches!(error, FetchError::Client { .. }),
            "{error}"
        );
    }
}

/// A site whose paths are numbers: each but the last leads to the next.
async fn staircase(last: usize) -> RawSite {
    RawSite::at(ALLOWED, move |head| {
        let at: usize = head
            .split(['/', ' '])
            .nth(2)
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let bytes = if at == last {
            answer("200 OK", "", b"arrived")
        } else {
            answer("301 Moved", &format!("Location: {}\r\n", at + 1), b"")
        };
        vec![Step::Send(bytes)]
    })
    .await
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let site = staircase(5).await;
    let response = fetcher()
        .get_following(asking(&site.url("/0")))
        .await
        .expect("five hops");
    assert_eq!(response.url, site.url("/5"));
    let site = staircase(6).await;
    let result = fetcher().get_following(asking(&site.url("/0"))).await;
    assert!(matches!(result, Err(FetchError::Loop { .. })), "{result:?}");
    assert_eq!(site.connections(), 6);
}

#[tokio::test]
async fn two_addresses_that_lead_to_each_other_are_left_at_once() {
    let site = RawSite::at(ALLOWED, |head| {
        let next = if head.starts_with("GET /a") {
            "/b"
        } else {
            "/a"
        };
        vec![Step::Send(answer(
            "302 Found",
            &format!("Location: {next}\r\n"),
            b"",
        ))]
    })
    .await;
    let result = fetcher().get_following(asking(&site.url("/a"))).await;
    assert!(matches!(result, Err(FetchError::Loop { .. })), "{result:?}");
    assert_eq!(site.connections(), 2);
}

#[tokio::test]
async fn validators_of_one_address_are_not_sent_to_the_next() {
    let site = staircase(1).await;
    let validators = Validators {
        etag: Some(b"\"a\"".to_vec()),
        last_modified: None,
    };
    let url = site.url("/0");
    let request = Request {
        validators: Some(&validators),
        ..asking(&url)
    };
    fetcher().get_following(request).await.expect("one hop");
    let sent: Vec<bool> = site
        .heads()
        .iter()
        .map(|head| head.contains("if-none-match"))
        .collect();
    assert_eq!(sent, [true, false]);
}

#[tokio::test]
async fn robots_txt_is_fetched_and_then_known_for_its_host() {
    let rules = b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\n";
    let site = RawSite::saying(
        ALLOWED,
        answer("200 OK", "Content-Type: text/plain\r\n", rules),
    )
    .await;
    let robots = robots_url(&site.url("/a/b?c")).expect("a web address");
    let request = Request {
        budget: Budget::ROBOTS,
        accept: Accept::Text,
        ..asking(&robots)
    };
    let result = fetcher().get_following(request).await;
    let (mut state, now) = (SiteState::default(), Timestamp::now());
    state.learn_robots(&robots, RobotsAnswer::of(&result), now);
    let known = state
        .robots(&site.url("/any"), now)
        .expect("a copy of this minute");
    assert!(known.allows(&site.url("/a"), now) && !known.allows(&site.url("/private/a"), now));
    assert_eq!(
        known.rules(now).and_then(|rules| rules.crawl_delay()),
        Some(Duration::from_secs(3))
    );
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(name)
}

/// Answers one request over TLS in the name of `site1.test`; returns its port.
fn secure_site() -> u16 {
    let chain = vec![CertificateDer::from_pem_file(fixture("site.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(fixture("site.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that ring has")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a key of the certificate");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let session = rustls::ServerConnection::new(Arc::new(config)).expect("a session");
        let mut tls = rustls::StreamOwned::new(session, stream);
        if tls.read(&mut [0; 4096]).is_ok() {
            tls.write_all(&answer("200 OK", "", b"in private")).ok();
            tls.flush().ok();
        }
    });
    port
}

async fn ask_secure(host: &str, ca_file: Option<PathBuf>) -> Result<Response, FetchError> {
    let mut policy = policy();
    policy
        .hosts
        .insert(host.to_owned(), IpAddr::from([127, 0, 0, 1]));
    policy.ca_file = ca_file;
    let url = Url::parse(&format!("https://{host}:{}/", secure_site())).expect("an address");
    Fetcher::new(policy)?.get(asking(&url)).await
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_operators_authorities_and_its_name() {
    assert!(
        ask_secure("site1.test", Some(fixture("ca.pem")))
            .await
            .is_ok()
    );
    let unknown = ask_secure("site1.test", None).await;
    assert!(
        matches!(unknown, Err(FetchError::Network { .. })),
        "{unknown:?}"
    );
    let misnamed = ask_secure("site2.test", Some(fixture("ca.pem"))).await;
    assert!(
        matches!(misnamed, Err(FetchError::Network { .. })),
        "{misnamed:?}"
    );
}

#[tokio::test]
async fn a_file_without_certificates_is_our_fault_and_named() {
    for name in ["nowhere.pem", "site.key"] {
        let result = ask_secure("site1.test", Some(fixture(name))).await;
        let named = matches!(&result, Err(error @ FetchError::CaFile { path, .. })
            if path.ends_with(name) && error.fault() == Fault::Us);
        assert!(named, "{name}: {result:?}");
    }
}
