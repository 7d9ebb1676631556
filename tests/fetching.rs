//! How the fetcher asks, and what it makes of honest answers.

use std::{
    io::{Read, Write},
    net::{IpAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};

use dateline::{
    fetch::{
        Accept, Again, Budget, Dial, Fault, FetchError, Fetcher, Lookup, Outcome, Phase, Policy,
        Request, Response, RobotsAnswer, SiteState, Validators, robots_url,
    },
    id::FeedId,
    sqlite::SqliteReader,
};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use url::Url;

use crate::support::{
    raw_site::{RawSite, Step, answer},
    worker::{Home, Settings, Worker},
};

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
        cookies: None,
        dial: Dial::default(),
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
        cookies: None,
        dial: Dial::default(),
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
    let known = |reason: &str| dateline::set_aside::SetAsideReason::parse(reason).is_some();
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

/// How long a request waits for its turn in these tests; the clock is paused.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn four_requests_at_most_are_in_flight_to_one_server_whatever_its_sites_are_called() {
    let mut policy = Policy::new("dateline-test/0 (ops@example.org)");
    policy.lookup = Lookup::with(|name| {
        let last = name.bytes().next().unwrap_or_default();
        let mut addresses: [IpAddr; 2] = [[93, 184, 216, 34].into(), [93, 184, 216, 35].into()];
        addresses.rotate_left(usize::from(last % 2));
        let other: IpAddr = [93, 184, 216, 36].into();
        Ok(if name == "elsewhere.test" {
            vec![other]
        } else {
            addresses.to_vec()
        })
    });
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let at = |name: &str| Url::parse(&format!("https://{name}/")).expect("an address");
    let urls: Vec<Url> = ["a.test", "b.test", "c.test", "d.test", "e.test"]
        .map(at)
        .to_vec();
    let mut turns = Vec::new();
    for url in &urls[..4] {
        turns.push(fetcher.turn(asking(url), PATIENCE).await.expect("a place"));
    }
    let fifth = fetcher.turn(asking(&urls[4]), PATIENCE).await;
    assert!(
        matches!(
            &fifth,
            Err(FetchError::Timeout {
                phase: Phase::Turn,
                ..
            })
        ),
        "{fifth:?}"
    );
    let elsewhere = at("elsewhere.test");
    assert!(fetcher.turn(asking(&elsewhere), PATIENCE).await.is_ok());
    drop(turns.pop());
    assert!(fetcher.turn(asking(&urls[4]), PATIENCE).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_address_that_the_operator_opened_takes_as_many_requests_as_come() {
    let fetcher = fetcher();
    let url = Url::parse("http://127.0.0.2:9/").expect("an address");
    let mut turns = Vec::new();
    for _ in 0..20 {
        turns.push(fetcher.turn(asking(&url), PATIENCE).await.expect("a place"));
    }
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
        cookies: None,
        dial: Dial::default(),
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

/// An HTTP/2 server that greets and goes away for a breach of protocol (RFC 9113 sections 6.5 and 6.8).
const BROKEN_HTTP2: &[u8] = &[
    0, 0, 0, 4, 0, 0, 0, 0, 0, // SETTINGS, none
    0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // GOAWAY, PROTOCOL_ERROR
];

/// What [`secure_site`] serves.
const PRIVATE: &[u8] = b"<rss version=\"2.0\"><channel><title>In private</title></channel></rss>";

/// Answers requests over TLS in the name of `site1.test`, by HTTP/2 badly where that is offered; returns its port.
fn secure_site(offered: &[&[u8]]) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(fixture("site.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(fixture("site.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that ring has")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a key of the certificate");
    config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, config) = (stream.expect("a connection"), Arc::clone(&config));
            thread::spawn(move || {
                let session = rustls::ServerConnection::new(config).expect("a session");
                let mut tls = rustls::StreamOwned::new(session, stream);
                if tls.read(&mut [0; 4096]).is_err() {
                    return;
                }
                let said = match tls.conn.alpn_protocol() {
                    Some(b"h2") => BROKEN_HTTP2.to_vec(),
                    _ => answer("200 OK", "", PRIVATE),
                };
                tls.write_all(&said).ok();
                tls.flush().ok();
                while tls.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0) {}
            });
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
    let url = Url::parse(&format!("https://{host}:{}/", secure_site(&[]))).expect("an address");
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
async fn a_certificate_is_taken_as_it_is_only_where_the_operator_says_so() {
    let mut policy = policy();
    let here = IpAddr::from([127, 0, 0, 1]);
    policy.hosts.insert("site1.test".to_owned(), here);
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let port = secure_site(&[b"http/1.1"]);
    let url = Url::parse(&format!("https://site1.test:{port}/")).expect("an address");
    let unverified = Request {
        dial: Dial {
            unverified: true,
            ..Dial::default()
        },
        ..asking(&url)
    };
    assert!(fetcher.get(unverified).await.is_ok());
    // The connection to it serves nobody else.
    let unknown = fetcher.get(asking(&url)).await;
    assert!(
        matches!(unknown, Err(FetchError::Network { .. })),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_site_whose_http2_breaks_is_asked_over_http1_for_a_week() {
    let mut policy = policy();
    let here = IpAddr::from([127, 0, 0, 1]);
    policy.hosts.insert("site1.test".to_owned(), here);
    policy.ca_file = Some(fixture("ca.pem"));
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let port = secure_site(&[b"h2", b"http/1.1"]);
    let url = Url::parse(&format!("https://site1.test:{port}/")).expect("an address");
    let (mut state, now) = (SiteState::default(), Timestamp::now());

    let broken = fetcher.get(asking(&url)).await;
    let by_http2 = broken.as_ref().is_err_and(FetchError::broke_http2);
    assert!(by_http2, "{broken:?}");
    assert!(!state.is_http1(now));
    state.learn_http1(&broken, now);
    let week = jiff::SignedDuration::from_hours(7 * 24);
    let remembered: SiteState = serde_json::to_string(&state.for_ledger())
        .and_then(|json| serde_json::from_str(&json))
        .expect("a record");
    assert!(remembered.is_http1(now) && !remembered.is_http1(now + week));

    let request = Request {
        dial: Dial {
            http1: remembered.is_http1(now),
            ..Dial::default()
        },
        ..asking(&url)
    };
    let answer = fetcher.get(request).await;
    state.learn_http1(&answer, now + week);
    assert!(!state.is_http1(now + week), "an answer is no break");
    let Ok(Response {
        outcome: Outcome::Page(page),
        ..
    }) = answer
    else {
        panic!("{answer:?}")
    };
    assert_eq!(page.bytes, PRIVATE);
}

/// Waits until a feed was polled so often; whether it has ever succeeded, and why it failed last.
fn polled(home: &Home, worker: &mut Worker, feed: &str, polls: u64) -> (bool, Option<String>) {
    let (ledger, id) = (home.ledger(), FeedId::of_address(feed));
    let state = home.until(worker, &format!("{polls} polls of {feed}"), || {
        let mut states = SqliteReader::open(&ledger).ok()?.read_feed_states().ok()?;
        let state = states.remove(id.as_str())?;
        (state.polls >= polls).then_some(state)
    });
    let failure = state.last_failure.as_ref();
    let failure = failure.map(|failure| failure.reason.clone());
    (state.last_success.is_some(), failure)
}

#[test]
fn the_worker_looks_at_certificates_but_where_a_site_is_excepted_and_leaves_http2_where_it_breaks()
{
    let hosts = ["open.test", "shut.test", "site1.test"];
    let offers: [&[&[u8]]; 3] = [&[b"http/1.1"], &[b"http/1.1"], &[b"h2", b"http/1.1"]];
    let feeds: [String; 3] =
        std::array::from_fn(|n| format!("https://{}:{}/feed", hosts[n], secure_site(offers[n])));
    let settings = Settings {
        fetch: format!("ca_file = {:?}", fixture("ca.pem")),
        more: "[fetch.sites]\n\"open.test\" = { verify_tls = false }\n".to_owned(),
        ..Settings::local(hosts.map(str::to_owned).to_vec(), feeds.to_vec())
    };
    let home = Home::new(&settings);
    let mut worker = home.start();
    let unknown = Some("unreachable".to_owned());
    assert_eq!(polled(&home, &mut worker, &feeds[0], 1), (true, None));
    assert_eq!(polled(&home, &mut worker, &feeds[1], 1), (false, unknown));
    // It breaks for as long as it is asked over HTTP/2: only without it can a poll succeed, on a busy machine the next.
    home.until(&mut worker, "a poll that succeeds", || {
        let mut states = SqliteReader::open(&home.ledger())
            .ok()?
            .read_feed_states()
            .ok()?;
        states
            .remove(FeedId::of_address(&feeds[2]).as_str())?
            .last_success
    });
    assert_eq!(worker.stop().code(), Some(0));
}

#[test]
fn a_feed_of_a_site_whose_certificate_is_excepted_can_be_added() {
    let hosts = ["open.test", "shut.test"];
    let port = secure_site(&[b"http/1.1"]);
    let settings = Settings {
        more: "[fetch.sites]\n\"open.test\" = { verify_tls = false }\n".to_owned(),
        ..Settings::local(hosts.map(str::to_owned).to_vec(), Vec::new())
    };
    let home = Home::new(&settings);
    let said = home.told(&["feeds", "add", &format!("https://open.test:{port}/feed")]);
    assert!(said.contains("added"), "{said}");
    let refused = home.ask(&["feeds", "add", &format!("https://shut.test:{port}/feed")]);
    assert_eq!(refused.status.code(), Some(69), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_connections_are_being_made_at_once_and_the_next_when_one_ends() {
    const ASKED: usize = 100;
    // It takes connections and says nothing: TLS, which is part of a connection, does not come about.
    let site = RawSite::at(ALLOWED, |_| vec![Step::Hang]).await;
    let mut policy = policy();
    let hosts: Vec<String> = (0..ASKED).map(|n| format!("site{n}.test")).collect();
    for host in &hosts {
        policy.hosts.insert(host.clone(), site.address.ip());
    }
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let asked: Vec<_> = hosts
        .iter()
        .map(|host| {
            let url = format!("https://{host}:{}/", site.address.port());
            let (url, fetcher) = (Url::parse(&url).expect("an address"), fetcher.clone());
            tokio::spawn(async move { fetcher.get(asking(&url)).await })
        })
        .collect();
    let until = async |count: usize| {
        while site.connections() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Whatever else would come has this long to do so.
        tokio::time::sleep(Duration::from_millis(200)).await;
        site.connections()
    };
    assert_eq!(until(64).await, 64);
    asked.iter().for_each(tokio::task::JoinHandle::abort);
    for given_up in asked {
        assert!(given_up.await.is_err(), "it was given up");
    }
    // One that waited may have got the place of another one before its own turn to be given up came.
    let begun = until(64).await;
    let url =
        Url::parse(&format!("https://site0.test:{}/", site.address.port())).expect("an address");
    let next = tokio::spawn(async move { fetcher.get(asking(&url)).await });
    assert_eq!(
        until(begun + 1).await,
        begun + 1,
        "the places of those that were given up are free"
    );
    next.abort();
}

#[tokio::test]
async fn an_error_of_another_kind_says_nothing_of_http2() {
    let url = Url::parse("http://127.0.0.2:9/").expect("an address");
    let refused = fetcher().get(asking(&url)).await;
    assert!(refused.is_err_and(|error| !error.broke_http2()));
}

#[tokio::test]
async fn cookies_of_a_way_are_told_on_the_way_to_a_page_and_to_a_feed() {
    let site = RawSite::at(ALLOWED, |head| {
        let wall = head.starts_with("GET /wall");
        let said = match (head.contains("cookie: seen=1"), wall) {
            (_, true) => answer(
                "302 Found",
                "Set-Cookie: seen=1; Path=/\r\nLocation: /a\r\n",
                b"",
            ),
            (false, false) => answer("302 Found", "Location: /wall\r\n", b""),
            (true, false) => answer("200 OK", "Content-Type: text/html\r\n", b"the page"),
        };
        vec![Step::Send(said)]
    })
    .await;
    let url = site.url("/a");
    let page = fetcher().get_following(asking(&url)).await;
    assert!(
        matches!(
            &page,
            Ok(Response {
                outcome: Outcome::Page(_),
                ..
            })
        ),
        "{page:?}"
    );
    assert_eq!(site.heads().len(), 3);
    let feed = Request {
        accept: Accept::Feed,
        ..asking(&url)
    };
    let listed = fetcher().get_following(feed).await;
    assert!(listed.is_ok(), "{listed:?}");
    let told = site
        .heads()
        .iter()
        .filter(|head| head.contains("cookie:"))
        .count();
    assert_eq!(told, 2, "once on each way");
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
