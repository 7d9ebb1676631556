//! What servers and addresses may try, and what becomes of it.

use std::{
    collections::BTreeMap,
    io::Write,
    net::{IpAddr, SocketAddr},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dateline::fetch::{
    Accept, Budget, Dial, FetchError, Fetcher, Lookup, Outcome, Phase, Policy, Refusal, Request,
    Response,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use crate::support::raw_site::{RawSite, Step, answer};

/// The address of sites that the tests allow; everything else on loopback stays forbidden.
const ALLOWED: [u8; 4] = [127, 0, 0, 2];
const FORBIDDEN: [u8; 4] = [127, 0, 0, 1];

fn policy() -> Policy {
    let mut policy = Policy::new("dateline-test/0 (+https://example.org; ops@example.org)");
    policy.private = vec!["127.0.0.2/32".parse().expect("a range")];
    policy
}

fn fetcher() -> Fetcher {
    Fetcher::new(policy()).expect("a policy that can be used")
}

fn asking(url: &Url, budget: Budget) -> Request<'_> {
    Request {
        url,
        budget,
        validators: None,
        accept: Accept::Page,
        cookies: None,
        dial: Dial::default(),
    }
}

async fn get(url: &Url) -> Result<Response, FetchError> {
    fetcher().get(asking(url, Budget::ARTICLE)).await
}

/// Asks a site that sends these bytes.
async fn told(bytes: impl Into<Vec<u8>>) -> Result<Response, FetchError> {
    let site = RawSite::saying(ALLOWED, bytes).await;
    get(&site.url("/")).await
}

/// A forbidden listener and an allowed one at the same port, so that only the address tells them apart.
async fn twins() -> (RawSite, RawSite) {
    for _ in 0..100 {
        let allowed = RawSite::saying(ALLOWED, answer("200 OK", "", b"allowed")).await;
        let address = SocketAddr::from((FORBIDDEN, allowed.address.port()));
        let secret = |_: &str| vec![Step::Send(answer("200 OK", "", b"secret"))];
        if let Ok(forbidden) = RawSite::serve(address, secret).await {
            return (allowed, forbidden);
        }
    }
    panic!("no port is free on both addresses");
}

/// Spellings that lead a plain client to a listener on 127.0.0.1.
const LOOPBACK: &[&str] = &[
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://localhost:PORT/",
    "http://localhost.:PORT/",
    "http://LOCALHOST:PORT/",
    "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1:PORT/",
    "http://127\u{3002}0\u{3002}0\u{3002}1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
];

/// Others that must not be dialled, or are no web addresses.
const ELSEWHERE: &[&str] = &[
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[::ffff:169.254.169.254]/",
    "https://127.0.0.1:PORT/",
    "http://user:pw@127.0.0.2:PORT/",
    "http://@127.0.0.1:PORT/",
    "file:///etc/passwd",
    "ftp://127.0.0.2:PORT/",
    "gopher://127.0.0.2:PORT/_GET",
    "data:text/html,x",
];

fn with_port(text: &str, port: u16) -> Url {
    Url::parse(&text.replace("PORT", &port.to_string())).expect("an address of the test")
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_dialled() {
    let (_allowed, forbidden) = twins().await;
    let fetcher = fetcher();
    assert!(LOOPBACK.len() + ELSEWHERE.len() >= 40);
    for text in LOOPBACK.iter().chain(ELSEWHERE) {
        let url = with_port(text, forbidden.address.port());
        let result = fetcher.get(asking(&url, Budget::ARTICLE)).await;
        assert!(
            matches!(result, Err(FetchError::Forbidden { .. })),
            "{text}: {result:?}"
        );
    }
    assert_eq!(forbidden.connections(), 0);
}

#[tokio::test]
async fn the_same_spellings_reach_the_listener_when_the_operator_opens_loopback() {
    let (_allowed, forbidden) = twins().await;
    let mut open = policy();
    open.private = vec![
        "127.0.0.0/8".parse().expect("a range"),
        "0.0.0.0".parse().expect("a range"),
        "::1".parse().expect("a range"),
    ];
    let fetcher = Fetcher::new(open).expect("a policy that can be used");
    for text in LOOPBACK {
        let url = with_port(text, forbidden.address.port());
        fetcher.get(asking(&url, Budget::ARTICLE)).await.ok();
    }
    let reached = forbidden.connections();
    assert!(
        reached >= 16,
        "only {reached}: the test of the guard would prove little"
    );
}

#[tokio::test]
async fn a_name_is_dialled_by_the_addresses_that_were_judged_until_it_is_looked_up_and_judged_anew()
{
    let (allowed, forbidden) = twins().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mut policy = policy();
    policy.lookup = Lookup::with(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(vec![[127, 0, 0, if first { 2 } else { 1 }].into()])
    });
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let url = with_port("http://turns.test:PORT/", allowed.address.port());
    for _ in 0..3 {
        let answer = fetcher.get(asking(&url, Budget::ARTICLE)).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let answer = fetcher.get(asking(&url, Budget::ARTICLE)).await;
    let private = Refusal::Private;
    assert!(
        matches!(&answer, Err(FetchError::Forbidden { why, .. }) if *why == private),
        "{answer:?}"
    );
    assert_eq!(
        (forbidden.connections(), asked.load(Ordering::SeqCst)),
        (0, 2)
    );
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_never_dialled_at_a_private_one() {
    let answers: [(&str, [&[&str]; 3]); 5] = [
        (
            "mixes.test",
            [
                &["127.0.0.2", "127.0.0.1"],
                &["127.0.0.1", "127.0.0.2"],
                &["127.0.0.1"],
            ],
        ),
        (
            "maps.test",
            [
                &["::ffff:127.0.0.1"],
                &["64:ff9b::7f00:1"],
                &["2002:7f00:1::"],
            ],
        ),
        ("hides.test", [&[], &["127.0.0.1"], &["0.0.0.0"]]),
        ("six.test", [&["::1"], &["::"], &["fe80::1"]]),
        (
            "cloud.test",
            [&["169.254.169.254"], &["10.0.0.1"], &["100.64.0.1"]],
        ),
    ];
    let (allowed, forbidden) = twins().await;
    for (name, rounds) in answers {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let mut policy = policy();
        policy.lookup = Lookup::with(move |_| {
            let round = count.fetch_add(1, Ordering::SeqCst).min(2);
            Ok(rounds[round]
                .iter()
                .map(|text| text.parse().expect("an address"))
                .collect())
        });
        let fetcher = Fetcher::new(policy).expect("a policy that can be used");
        let url = with_port(&format!("http://{name}:PORT/"), allowed.address.port());
        for _ in 0..3 {
            let result = fetcher.get(asking(&url, Budget::ARTICLE)).await;
            let refused = matches!(
                result,
                Err(FetchError::Forbidden {
                    why: Refusal::Private,
                    ..
                } | FetchError::NoAddress { .. })
            );
            assert!(refused, "{name}: {result:?}");
        }
        assert!(asked.load(Ordering::SeqCst) >= 3, "{name}");
    }
    assert_eq!((forbidden.connections(), allowed.connections()), (0, 0));
}

#[tokio::test]
async fn no_chain_of_redirects_leads_to_a_private_address() {
    let (allowed, forbidden) = twins().await;
    drop(allowed);
    let port = forbidden.address.port();
    // Each chain: the status of its hops, how many there are, where the last one leads.
    let chains: [(&str, usize, String); 12] = [
        ("301", 1, format!("http://127.0.0.1:{port}/")),
        ("302", 1, format!("//127.0.0.1:{port}/")),
        ("303", 2, format!("http://0x7f.1:{port}/")),
        ("307", 3, format!("http://[::ffff:127.0.0.1]:{port}/")),
        ("308", 5, format!("http://2130706433:{port}/")),
        ("302", 1, format!("http://localhost:{port}/")),
        ("302", 1, format!("http://user:pw@127.0.0.1:{port}/")),
        ("302", 1, "file:///etc/passwd".to_owned()),
        (
            "302",
            1,
            "http://169.254.169.254/latest/meta-data/".to_owned(),
        ),
        ("302", 1, format!("http://127.0.0.1.:{port}/")),
        ("302", 9, format!("http://127.0.0.1:{port}/")),
        ("302", 2, "/0".to_owned()),
    ];
    for (status, hops, end) in chains {
        let last = end.clone();
        let site = RawSite::at(ALLOWED, move |head| {
            let at: usize = head
                .split(['/', ' '])
                .nth(2)
                .and_then(|n| n.parse().ok())
                .unwrap_or(0);
            let next = if at + 1 == hops {
                last.clone()
            } else {
                format!("/{}", at + 1)
            };
            vec![Step::Send(answer(
                &format!("{status} Moved"),
                &format!("Location: {next}\r\n"),
                b"",
            ))]
        })
        .await;
        let result = fetcher()
            .get_following(asking(&site.url("/0"), Budget::ARTICLE))
            .await;
        let refused = matches!(
            result,
            Err(FetchError::Forbidden { .. } | FetchError::Loop { .. })
        );
        assert!(refused, "{status} x{hops} to {end}: {result:?}");
        assert!(
            site.heads()
                .iter()
                .all(|head| !head.contains("authorization"))
        );
    }
    assert_eq!(forbidden.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_only_one_request_is_made() {
    let site = RawSite::saying(
        ALLOWED,
        answer("308 Gone on", "Location: /next#part\r\n", b"x"),
    )
    .await;
    let response = get(&site.url("/")).await.expect("an answer");
    let Outcome::Moved(hop) = response.outcome else {
        panic!("{response:?}")
    };
    assert_eq!((hop.location, hop.permanent), (site.url("/next"), true));
    assert_eq!(site.connections(), 1);
}

#[tokio::test]
async fn web_ports_only_unless_the_operator_opened_the_address() {
    let mut policy = policy();
    policy.lookup = Lookup::with(|_| Ok(vec!["93.184.216.34".parse().expect("an address")]));
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    for (text, why) in [
        ("http://example.org:22/", Refusal::Port),
        ("https://93.184.216.34:6379/", Refusal::Port),
        ("http://127.0.0.3:80/", Refusal::Private),
    ] {
        let url = Url::parse(text).expect("an address");
        let result = fetcher.get(asking(&url, Budget::ARTICLE)).await;
        let refused = matches!(result, Err(FetchError::Forbidden { why: was, .. }) if was == why);
        assert!(refused, "{text}: {result:?}");
    }
    let site = RawSite::saying(ALLOWED, answer("200 OK", "", b"x")).await;
    assert!(get(&site.url("/")).await.is_ok());
}

#[tokio::test]
async fn a_name_of_the_operator_is_reached_at_its_address_and_keeps_its_host_and_port() {
    let site = RawSite::saying(FORBIDDEN, answer("200 OK", "", b"demo")).await;
    let mut policy = policy();
    policy.hosts = BTreeMap::from([("site1.test".to_owned(), IpAddr::from(FORBIDDEN))]);
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let url = with_port("http://SITE1.test:PORT/a", site.address.port());
    let response = fetcher
        .get(asking(&url, Budget::ARTICLE))
        .await
        .expect("an answer");
    assert_eq!(response.status, 200);
    assert!(site.heads()[0].contains(&format!("host: site1.test:{}", site.address.port())));
}

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_more() {
    let site = RawSite::saying(ALLOWED, answer("200 OK", "Set-Cookie: a=b\r\n", b"x")).await;
    let fetcher = fetcher();
    for _ in 0..2 {
        fetcher
            .get(asking(&site.url("/a?b=c#d"), Budget::ARTICLE))
            .await
            .expect("an answer");
    }
    for head in site.heads() {
        let mut names: Vec<&str> = head
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once(':')?.0))
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["accept", "accept-encoding", "host", "user-agent"],
            "{head}"
        );
        assert!(
            head.starts_with("get /a?b=c http/1.1") && head.contains("ops@example.org"),
            "{head}"
        );
        assert!(
            head.contains("accept-encoding: gzip, br, zstd, deflate"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn bodies_that_are_cut_short_or_lie_about_themselves_are_refused() {
    let gzip = |text: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer
            .write_all(text)
            .and_then(|()| packer.finish())
            .expect("a vector takes all")
    };
    let packed = gzip(b"<p>a story</p>");
    let head = "HTTP/1.1 200 OK\r\n";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "less than its length",
            format!("{head}Content-Length: 100\r\n\r\nshort").into(),
            "bad_encoding",
        ),
        (
            "a chunk cut short",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n20\r\nshort").into(),
            "bad_encoding",
        ),
        (
            "no last chunk",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n").into(),
            "bad_encoding",
        ),
        (
            "a chunk without a size",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\nx").into(),
            "bad_encoding",
        ),
        (
            "a packed body cut short",
            answer(
                "200 OK",
                "Content-Encoding: gzip\r\n",
                &packed[..packed.len() - 9],
            ),
            "bad_encoding",
        ),
        (
            "packed twice",
            answer("200 OK", "Content-Encoding: gzip, gzip\r\n", &gzip(&packed)),
            "bad_encoding",
        ),
        (
            "packed twice in two lines",
            answer(
                "200 OK",
                "Content-Encoding: gzip\r\nContent-Encoding: br\r\n",
                &packed,
            ),
            "bad_encoding",
        ),
        (
            "a length past the budget",
            format!("{head}Content-Length: 99999999\r\n\r\n").into(),
            "too_large",
        ),
        (
            "a length that is no number",
            format!("{head}Content-Length: x\r\n\r\n").into(),
            "unreachable",
        ),
        (
            "two lengths",
            format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab").into(),
            "unreachable",
        ),
        (
            "a head of 4 MiB",
            format!("{head}X: {}\r\n\r\n", "x".repeat(4 << 20)).into(),
            "unreachable",
        ),
        (
            "5000 head lines",
            format!("{head}{}\r\n", "X: y\r\n".repeat(5000)).into(),
            "unreachable",
        ),
        (
            "no HTTP at all",
            b"SSH-2.0-OpenSSH_9.0\r\n\r\n".to_vec(),
            "unreachable",
        ),
        ("nothing", Vec::new(), "unreachable"),
    ];
    for (what, bytes, reason) in cases {
        let result = told(bytes).await;
        assert_eq!(
            result.as_ref().map_err(FetchError::reason).err(),
            Some(reason),
            "{what}: {result:?}"
        );
    }
}

#[tokio::test]
async fn plain_text_that_is_called_gzip_is_taken_for_what_it_is() {
    let bytes = answer("200 OK", "Content-Encoding: gzip\r\n", b"<p>plain</p>");
    let result = told(bytes).await;
    assert!(
        matches!(&result, Ok(response) if matches!(&response.outcome, Outcome::Page(page) if page.bytes == b"<p>plain</p>")),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_endless_body_stops_at_the_budget() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let chunk = if head.contains("chunked") {
            b"400\r\n".to_vec()
        } else {
            Vec::new()
        };
        let end: &[u8] = if chunk.is_empty() { b"" } else { b"\r\n" };
        let piece = [chunk, vec![b'x'; 1024], end.to_vec()].concat();
        let site = RawSite::at(ALLOWED, move |_| {
            vec![
                Step::Send(head.as_bytes().to_vec()),
                Step::Forever(piece.clone()),
            ]
        })
        .await;
        let result = get(&site.url("/")).await;
        assert!(
            matches!(result, Err(FetchError::TooLarge { limit: 5_242_880 })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn robots_txt_is_cut_at_its_budget_and_not_refused() {
    let head = "HTTP/1.1 200 OK\r\n\r\n".as_bytes().to_vec();
    let site = RawSite::at(ALLOWED, move |_| {
        vec![
            Step::Send(head.clone()),
            Step::Forever(b"Disallow: /x\n".to_vec()),
        ]
    })
    .await;
    let response = fetcher()
        .get(asking(&site.url("/robots.txt"), Budget::ROBOTS))
        .await
        .expect("a page");
    let Outcome::Page(page) = response.outcome else {
        panic!("not a page")
    };
    assert_eq!((page.bytes.len(), page.cut), (500 * 1024, true));
}

/// The clock is paused: it leaps to the next deadline or drip whenever nobody has anything to do.
async fn slow(script: fn() -> Vec<Step>) -> Phase {
    let site = RawSite::at(ALLOWED, move |_| script()).await;
    match get(&site.url("/")).await {
        Err(FetchError::Timeout { phase, .. }) => phase,
        other => panic!("{other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_left_after_the_first_bound() {
    assert_eq!(slow(|| vec![Step::Hang]).await, Phase::FirstByte);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_left_after_the_first_bound() {
    let script = || {
        vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Step::Drip(b"X: y\r\n".to_vec(), SECOND),
        ]
    };
    assert_eq!(slow(script).await, Phase::FirstByte);
}

#[tokio::test(start_paused = true)]
async fn preliminary_answers_without_end_are_left_after_the_first_bound() {
    let script = || {
        vec![Step::Drip(
            b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(),
            SECOND,
        )]
    };
    assert_eq!(slow(script).await, Phase::FirstByte);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_left_after_the_bound_between_pieces() {
    let script = || {
        vec![
            Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab".to_vec()),
            Step::Hang,
        ]
    };
    assert_eq!(slow(script).await, Phase::Body);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_left_after_the_bound_on_everything() {
    let script = || {
        vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            Step::Drip(b"x".to_vec(), SECOND),
        ]
    };
    assert_eq!(slow(script).await, Phase::Whole);
}

/// A listener that sends these bytes again and again with a pause before each, and counts what it sent.
async fn dripping(
    piece: Vec<u8>,
    pause: Duration,
    first: &'static [u8],
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(SocketAddr::from((ALLOWED, 0)))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (piece, count) = (piece.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let asked = stream.read(&mut [0; 4096]).await;
                let mut going = asked.is_ok() && stream.write_all(first).await.is_ok();
                while going {
                    tokio::time::sleep(pause).await;
                    going = stream.write_all(&piece).await.is_ok();
                    count.fetch_add(piece.len(), Ordering::SeqCst);
                }
            });
        }
    });
    (address, sent)
}

#[tokio::test(start_paused = true)]
async fn a_tls_handshake_that_drips_is_left_after_the_bound_on_connecting() {
    let (address, _) = dripping(vec![0], SECOND, &[0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]).await;
    let url = Url::parse(&format!("https://{address}/")).expect("an address");
    let result = get(&url).await;
    assert!(
        matches!(
            result,
            Err(FetchError::Timeout {
                phase: Phase::Connect,
                ..
            })
        ),
        "{result:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_more_than_64_kib_past_the_budget_are_taken_from_an_endless_body() {
    const MORE: usize = 64 * 1024;
    let pause = Duration::from_millis(1);
    let (address, sent) = dripping(vec![b'x'; 16 * 1024], pause, b"HTTP/1.1 200 OK\r\n\r\n").await;
    let url = Url::parse(&format!("http://{address}/")).expect("an address");
    let result = get(&url).await;
    assert!(
        matches!(result, Err(FetchError::TooLarge { .. })),
        "{result:?}"
    );
    let (sent, budget) = (sent.load(Ordering::SeqCst), Budget::ARTICLE.max_bytes);
    println!("{sent} bytes were sent, {budget} are allowed");
    assert!(sent <= budget + MORE, "{sent}");
}

/// Run by the next test in a process of its own, with proxies in its environment.
#[tokio::test]
async fn a_plain_fetch_reaches_its_site() {
    let site = RawSite::saying(ALLOWED, answer("200 OK", "", b"x")).await;
    assert!(get(&site.url("/")).await.is_ok());
    assert_eq!(site.connections(), 1);
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let proxy = RawSite::saying(FORBIDDEN, answer("200 OK", "", b"proxied")).await;
    let address = format!("http://{}", proxy.address);
    let myself = std::env::current_exe().expect("the path of this test");
    let child = move || {
        Command::new(myself)
            .args(["--exact", "hostile_http::a_plain_fetch_reaches_its_site"])
            .envs(
                ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
                    .map(|name| (name, address.clone())),
            )
            .output()
    };
    let output = tokio::task::spawn_blocking(child)
        .await
        .expect("no panic")
        .expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn an_explicit_proxy_is_used_and_the_text_of_an_address_is_still_judged() {
    let proxy = RawSite::saying(FORBIDDEN, answer("200 OK", "", b"proxied")).await;
    let mut policy = Policy::new("dateline-test");
    policy.proxy = Some(proxy.url("/"));
    assert!(policy.unchecked().is_some());
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    let url = Url::parse("http://example.org/a").expect("an address");
    assert!(fetcher.get(asking(&url, Budget::ARTICLE)).await.is_ok());
    assert!(proxy.heads()[0].starts_with("get http://example.org/a http/1.1"));
    for text in [
        "http://10.0.0.1/",
        "http://localhost/",
        "http://wiki.internal/",
        "http://printer/",
        "http://a.test:22/",
    ] {
        let result = fetcher
            .get(asking(
                &Url::parse(text).expect("an address"),
                Budget::ARTICLE,
            ))
            .await;
        assert!(
            matches!(result, Err(FetchError::Forbidden { .. })),
            "{text}: {result:?}"
        );
    }
    assert_eq!(proxy.connections(), 1);
}
