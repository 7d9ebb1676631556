//! Polls a second in the fetch layer, against a local server that shares the cores: `cargo bench --bench fetch`.
//! 64 sites, one request in flight each, as the worker asks; without a ledger, then with an SQLite ledger that
//! remembers each poll, then with each feed parsed and its items looked up.

use std::{
    collections::{BTreeMap, HashSet},
    io::Write,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use dateline::{
    article::identity::ArticleUrl,
    feed::{memory::FeedMemory, parse, state::FeedState},
    fetch::{Accept, Budget, Dial, Fetcher, Outcome, Policy, Request, Validators},
    id::{ArticleId, FeedId},
    ledger::{Batch, Ledger},
    site::Site,
    sqlite::SqliteLedger,
};
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

const SITES: usize = 64;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);
const ETAG: &str = "\"v1\"";
const FEED_BYTES: usize = 46_600;

/// The size and about the compressibility of a news feed.
fn feed() -> Vec<u8> {
    let mut feed = Vec::with_capacity(FEED_BYTES);
    feed.extend_from_slice(b"<rss version=\"2.0\"><channel><title>Paper</title>\n");
    let mut state: u32 = 7;
    while feed.len() < FEED_BYTES {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let item = format!(
            "<item><title>Story {state} of the day</title><link>https://example.org/{state:x}</link>\
             <description>Officials in district {} said {} people were there</description></item>\n",
            state >> 20,
            state >> 12
        );
        feed.extend_from_slice(item.as_bytes());
    }
    feed.extend_from_slice(b"</channel></rss>");
    feed
}

async fn serve() -> std::io::Result<u16> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&feed())?;
    let packed: Arc<[u8]> = gzip.finish()?.into();
    let answer = move |heads: HeaderMap| {
        let packed = Arc::clone(&packed);
        async move { answered(&heads, &packed) }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(
        async move { axum::serve(listener, Router::new().route("/feed", get(answer))).await },
    );
    Ok(port)
}

fn answered(heads: &HeaderMap, packed: &[u8]) -> Response {
    if heads
        .get(header::IF_NONE_MATCH)
        .is_some_and(|etag| etag == ETAG)
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, ETAG)]).into_response();
    }
    (
        [(header::CONTENT_ENCODING, "gzip"), (header::ETAG, ETAG)],
        packed.to_vec(),
    )
        .into_response()
}

/// What is done with each answer.
#[derive(Clone)]
enum After {
    Nothing,
    /// The state of the feed is read and written, as a poll does.
    Remember(Arc<SqliteLedger>),
    /// The feed is parsed and each of its items looked up among those known.
    Parse,
}

/// Polls one site again and again; returns how often it answered.
async fn poll(
    fetcher: Fetcher,
    url: Url,
    validators: Validators,
    after: After,
    end: Instant,
) -> u64 {
    let mut polls = 0;
    let mut known: HashSet<ArticleId> = HashSet::new();
    while Instant::now() < end {
        let request = Request {
            url: &url,
            budget: Budget::FEED,
            validators: Some(&validators),
            accept: Accept::Feed,
            cookies: None,
            dial: Dial::default(),
        };
        let bytes = match fetcher.get(request).await.map(|response| response.outcome) {
            Ok(Outcome::NotModified) => Vec::new(),
            Ok(Outcome::Page(page)) if page.bytes.len() >= FEED_BYTES => page.bytes,
            other => panic!("not an answer of the benchmark's server: {other:?}"),
        };
        match &after {
            After::Nothing => {}
            After::Remember(ledger) => remember(ledger, &url, &validators).await,
            After::Parse => known = parsed(bytes, url.clone(), known).await,
        }
        polls += 1;
    }
    polls
}

async fn remember(ledger: &SqliteLedger, url: &Url, validators: &Validators) {
    let (site, id) = (
        Site::of_url(url).expect("a host"),
        FeedId::of_address(url.as_str()),
    );
    let state = ledger
        .read_feed(&site, &id)
        .await
        .expect("the state of a feed");
    let state = FeedState::from(FeedMemory {
        polls: state.map_or(0, |state| state.polls) + 1,
        validators: Some(validators.clone()),
        ..FeedMemory::default()
    });
    let batch = Batch {
        feed: Some((id, state)),
        ..Batch::begin(ledger.find_tenure(&site).expect("an owned site"))
    };
    ledger.commit(batch).await.expect("a poll is remembered");
}

async fn parsed(bytes: Vec<u8>, url: Url, mut known: HashSet<ArticleId>) -> HashSet<ArticleId> {
    let reading = tokio::task::spawn_blocking(move || {
        let feed = parse::parse(&bytes, &url, Some("application/rss+xml")).expect("a feed");
        let addresses = feed.entries.iter().filter_map(|entry| entry.link.as_ref());
        let ids: Vec<ArticleId> = addresses
            .filter_map(|url| ArticleUrl::parse(url.as_str()).ok())
            .map(|url| url.id())
            .collect();
        assert!(ids.len() > 100, "the items of the benchmark's feed");
        known.extend(ids);
        known
    });
    reading.await.expect("no panic")
}

/// The median of the rounds, polls a second.
async fn measure(fetcher: &Fetcher, port: u16, validators: &Validators, after: &After) -> f64 {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (began, end) = (Instant::now(), Instant::now() + ROUND);
        let mut tasks = JoinSet::new();
        for site in 0..SITES {
            let url =
                Url::parse(&format!("http://site{site}.test:{port}/feed")).expect("an address");
            tasks.spawn(poll(
                fetcher.clone(),
                url,
                validators.clone(),
                after.clone(),
                end,
            ));
        }
        let polls: u64 = tasks.join_all().await.into_iter().sum();
        rates.push(polls as f64 / began.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = serve().await?;
    let mut policy = Policy::new("dateline-bench");
    let name = |site| (format!("site{site}.test"), IpAddr::from([127, 0, 0, 1]));
    policy.hosts = (0..SITES).map(name).collect::<BTreeMap<_, _>>();
    let fetcher = Fetcher::new(policy)?;
    let folder = tempfile::tempdir()?;
    let ledger = SqliteLedger::open(&folder.path().join("bench.db"), None)?;
    let known = Validators {
        etag: Some(ETAG.into()),
        last_modified: None,
    };
    let none = Validators::default();
    let unchanged = measure(&fetcher, port, &known, &After::Nothing).await;
    let ledger = After::Remember(Arc::new(ledger));
    let remembered = measure(&fetcher, port, &known, &ledger).await;
    let whole = measure(&fetcher, port, &none, &After::Nothing).await;
    let read = measure(&fetcher, port, &none, &After::Parse).await;
    let mut out = std::io::stdout();
    writeln!(out, "304 polls: {unchanged:.0}/s (bar: 10000)")?;
    writeln!(
        out,
        "304 polls, each remembered by the SQLite ledger: {remembered:.0}/s"
    )?;
    writeln!(
        out,
        "200 polls, gzip, {FEED_BYTES} bytes, no parse: {whole:.0}/s"
    )?;
    writeln!(
        out,
        "200 polls, gzip, {FEED_BYTES} bytes, parsed and looked up: {read:.0}/s (bar: 1000)"
    )?;
    Ok(())
}
