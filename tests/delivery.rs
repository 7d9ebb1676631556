//! Whatever is killed: nothing is lost, nothing is published twice, nothing settled is fetched again.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use dateline::{
    demo::server::{Answer, AskedPage, LoopbackServer},
    ledger::{Outlet, PublishedRecord},
};

use crate::support::{
    folder::{self, Folder},
    news::{News, Plan},
    raw_site::{RawSite, Step, answer},
};

/// The gap between two requests to one local site.
const PACE: Duration = Duration::from_millis(5);
/// A worker that is asked to end has so long, unless its configuration says otherwise.
const GRACE: Duration = Duration::from_secs(25);
/// Articles that flow.
const ARTICLES: usize = 2_000;

fn times(usual: usize, soak: usize) -> usize {
    if std::env::var_os("DATELINE_SOAK").is_some() {
        soak
    } else {
        usual
    }
}

/// A seeded number below a bound.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

async fn world(seed: u64) -> (News, Folder) {
    let news = News::start(Plan::flow(seed, ARTICLES))
        .await
        .expect("a local news server");
    let tables = "[poll]\nno_validators_floor = \"0s\"\nmin_interval = \"1s\"\ninterval = \"1s\"\nmax_interval = \"1s\"\nfirst_poll = 2000\n";
    let folder = Folder::new(&news.hosts(), &news.feeds(), PACE, tables);
    (news, folder)
}

/// How often each (id, revision) stands in an outlet.
fn doubles(records: &[PublishedRecord]) -> Vec<String> {
    let mut seen = HashSet::new();
    let twice = records
        .iter()
        .filter(|record| !seen.insert((record.id.clone(), record.revision)));
    twice.map(PublishedRecord::ce_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_moment_lose_nothing_and_publish_nothing_twice() {
    let seed = 20_240_629;
    let kills = times(40, 200);
    let (news, folder) = world(seed).await;
    let mut random = Random(seed);
    let mut fetched_before: HashMap<String, usize> = HashMap::new();
    let mut again = BTreeMap::new();
    for kill in 0..kills {
        // News comes bit by bit, so that there is something to do at each kill.
        news.list(100 * (kill + 1) / kills.max(1) + 1);
        let settled: HashSet<String> = folder
            .articles()
            .into_iter()
            .filter_map(|article| article.url)
            .collect();
        let visits = news.visits().len();
        let worker = folder.run();
        tokio::time::sleep(Duration::from_millis(100 + random.below(900))).await;
        worker.kill();
        for visit in &news.visits()[visits..] {
            let url = format!("http://{}{}", visit.host, visit.path);
            *fetched_before.entry(url.clone()).or_default() += 1;
            if settled.iter().any(|address| without_port(address) == url) {
                again.insert(url, kill);
            }
        }
    }
    news.list(usize::MAX);
    let worker = folder.run();
    folder.wait("all articles", Duration::from_secs(300), |folder| {
        let settled = folder.published(Outlet::Articles).len() + folder.aside().len();
        settled >= ARTICLES
    });
    assert!(
        worker.terminate().success(),
        "seed {seed}: {}",
        folder.log()
    );

    let articles = folder.articles();
    // Kills from outside may hit an innocent page each of the two times it is out alone: it is set aside, by name.
    let aside = folder.aside();
    let known = |marker: &str, url: &str| {
        let published = articles.iter().any(|article| article.text.contains(marker));
        published
            || aside
                .iter()
                .any(|aside| aside.url == url && aside.reason == "killed_worker")
    };
    let lost: Vec<String> = news
        .articles()
        .into_iter()
        .filter(|(marker, url)| !known(marker, url))
        .map(|(marker, _)| marker)
        .collect();
    let (twice, events) = (
        doubles(&folder.published(Outlet::Articles)),
        folder.published(Outlet::Events),
    );
    println!(
        "kills {kills}, articles {}, events {}, lost {}, articles twice {}, events twice {}, settled fetched again {}",
        articles.len(),
        events.len(),
        lost.len(),
        twice.len(),
        doubles(&events).len(),
        again.len()
    );
    assert!(lost.is_empty(), "seed {seed}: lost {lost:?}");
    assert!(
        twice.is_empty() && doubles(&events).is_empty(),
        "seed {seed}: twice {twice:?}"
    );
    assert!(
        again.is_empty(),
        "seed {seed}: fetched again though settled: {again:?}"
    );
    assert!(!events.is_empty(), "seed {seed}: no event");
    assert!(aside.len() <= kills / 10, "seed {seed}: {aside:?}");
    news.stop().await;
}

/// An address without its port, as a visit names it.
fn without_port(address: &str) -> String {
    let url = url::Url::parse(address).expect("a published address");
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!(
        "http://{}{}{query}",
        url.host_str().unwrap_or_default(),
        url.path()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_and_exits_with_0() {
    let seed = 7;
    let (news, folder) = world(seed).await;
    let mut random = Random(seed);
    for round in 0..times(10, 50) {
        let worker = folder.run();
        tokio::time::sleep(Duration::from_millis(150 + random.below(700))).await;
        let asked = Instant::now();
        let exit = worker.terminate();
        assert_eq!(exit.code(), Some(0), "round {round}: {}", folder.log());
        assert!(
            asked.elapsed() < GRACE,
            "round {round}: {:?}",
            asked.elapsed()
        );
    }
    assert!(doubles(&folder.published(Outlet::Articles)).is_empty());
    assert!(
        !folder.published(Outlet::Articles).is_empty(),
        "the worker got no article done: {}",
        folder.log()
    );
    news.stop().await;
}

const HOST: &str = "paper.test";

/// A paper of these stories; `read` hears of each page that is asked for, before it is answered.
async fn paper(
    stories: &'static [&'static str],
    latency: Duration,
    read: impl Fn(&str) + Send + Sync + 'static,
) -> LoopbackServer {
    LoopbackServer::start(latency, move |address| {
        let port = address.port();
        let items: String = stories
            .iter()
            .map(|name| format!("<item><title>{name}</title><link>http://{HOST}:{port}/{name}</link></item>"))
            .collect();
        let feed = format!("<rss version=\"2.0\"><channel><title>Paper</title>{items}</channel></rss>");
        let page = |content_type, body: &str| Answer::Page {
            content_type,
            body: body.into(),
        };
        Ok(Arc::new(move |asked: &AskedPage<'_>| {
            let name = asked.path.trim_start_matches('/');
            match name {
                "feed" => page("application/rss+xml", &feed),
                name if stories.contains(&name) => {
                    read(name);
                    let told = "It was told at some length, so that it is a story and not a list of links. ".repeat(4);
                    page("text/html", &format!("<article><h1>{name}</h1><p>Of {name}. {told}</p></article>"))
                }
                _ => Answer::Missing,
            }
        }))
    })
    .await
    .expect("a loopback port")
}

fn folder_of(site: &LoopbackServer) -> Folder {
    folder_at(site.address())
}

fn folder_at(site: SocketAddr) -> Folder {
    let feed = format!("http://{HOST}:{}/feed", site.port());
    let tables = "[poll]\nmin_interval = \"1s\"\ninterval = \"1s\"\n";
    let hosts = [HOST.to_owned(), format!("www.{HOST}")];
    Folder::new(&hosts, &[feed], PACE, tables)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_ends_the_process_is_set_aside_the_third_time_and_asked_for_again_counts_on() {
    let worker = Arc::new(AtomicU32::new(0));
    let pid = Arc::clone(&worker);
    // Whoever asks for this page ends before it is answered, as a page that exhausts memory would end it.
    let site = paper(&["good", "killer", "fine"], Duration::ZERO, move |name| {
        let pid = pid.load(Ordering::SeqCst);
        if name == "killer" && pid != 0 {
            Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .expect("kill");
        }
    })
    .await;
    let folder = folder_of(&site);
    let mut ends = 0;
    let mut running = folder.run();
    worker.store(running.id(), Ordering::SeqCst);
    let began = Instant::now();
    while folder.aside().is_empty() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "{}",
            folder.log()
        );
        if !running.runs() {
            ends += 1;
            running = folder.run();
            worker.store(running.id(), Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    folder.wait("the others", Duration::from_secs(60), |folder| {
        folder.articles().len() == 2
    });
    assert!(running.terminate().success());
    assert_eq!(ends, 3, "once among others, twice alone");
    let aside = &folder.aside()[0];
    assert_eq!(
        (aside.reason.as_str(), aside.attempts),
        ("killed_worker", 2)
    );

    // Asked for again it counts on, so that its records have numbers of their own.
    let config = folder.path("dateline.toml");
    let config = config.to_str().expect("UTF-8");
    let asked = folder::dateline(
        &folder.path(""),
        &["set-aside", "--config", config, "retry", &aside.id],
    );
    assert_eq!(asked.0, 0, "{asked:?}");
    worker.store(0, Ordering::SeqCst);
    let running = folder.run();
    folder.wait("the third", Duration::from_secs(60), |folder| {
        folder.articles().len() == 3
    });
    assert!(running.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_twice_has_two_numbers() {
    let gone = LoopbackServer::start(Duration::ZERO, |address| {
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>Paper</title><item><title>Gone</title>\
             <link>http://{HOST}:{}/gone</link></item></channel></rss>",
            address.port()
        );
        Ok(Arc::new(move |asked: &AskedPage<'_>| match asked.path {
            "/feed" => Answer::Page {
                content_type: "application/rss+xml",
                body: feed.as_str().into(),
            },
            _ => Answer::Missing,
        }))
    })
    .await
    .expect("a loopback port");
    let folder = folder_of(&gone);
    let running = folder.run();
    let config = folder.path("dateline.toml");
    let config = config.to_str().expect("UTF-8");
    for times in 1..=3 {
        folder.wait("it is set aside", Duration::from_secs(60), |folder| {
            folder.aside().len() >= times
        });
        let id = &folder.aside()[0].id;
        let asked = folder::dateline(
            &folder.path(""),
            &["set-aside", "--config", config, "retry", id],
        );
        assert_eq!(asked.0, 0, "{asked:?}");
    }
    assert!(running.terminate().success());
    let records = folder.published(Outlet::SetAside);
    assert!(
        records.len() >= 3 && doubles(&records).is_empty(),
        "{records:#?}"
    );
}

/// How often an entry was out alone and did not come back, at most; `None` before one was.
fn kills(folder: &Folder) -> Option<i64> {
    let file = rusqlite::Connection::open(folder.path("dateline.db")).expect("a ledger");
    let most = file.query_row("SELECT max(kills) FROM _seen", [], |row| row.get(0));
    most.expect("a table of marks")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_tried_alone_whose_site_then_asks_to_wait_counts_as_no_kill() {
    let answers = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&answers);
    let site = RawSite::at([127, 0, 0, 1], move |head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: "));
        let (host, path) = (
            host.unwrap_or_default(),
            head.split(' ').nth(1).unwrap_or_default(),
        );
        let feed = "<rss version=\"2.0\"><channel><title>Paper</title>\
                    <item><title>Story</title><link>/story</link></item></channel></rss>";
        let said = match path {
            "/feed" => answer(
                "200 OK",
                "Content-Type: application/rss+xml\r\n",
                feed.as_bytes(),
            ),
            "/robots.txt" if host.starts_with("www.") => {
                answer("403 Forbidden", "cf-mitigated: challenge\r\n", b"")
            }
            "/story" if now.load(Ordering::SeqCst) => answer(
                "302 Found",
                &format!("Location: http://www.{host}/story\r\n"),
                b"",
            ),
            "/story" => return vec![Step::Hang],
            _ => answer("404 Not Found", "", b""),
        };
        vec![Step::Send(said)]
    })
    .await;
    let asked_for = |path: &str, times: usize| {
        let heads = site.heads();
        let start = format!("get {path} ");
        heads.iter().filter(|head| head.starts_with(&start)).count() >= times
    };
    let folder = folder_at(site.address);
    let worker = folder.run();
    folder.wait("the entry is out", Duration::from_secs(60), |_| {
        asked_for("/story", 1)
    });
    worker.kill();
    answers.store(true, Ordering::SeqCst);
    let worker = folder.run();
    folder.wait(
        "it was out alone, and is given back",
        Duration::from_secs(60),
        |folder| asked_for("/robots.txt", 2) && kills(folder) == Some(0),
    );
    assert!(worker.terminate().success());
    assert_eq!(kills(&folder), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_while_an_entry_is_tried_alone_counts_as_no_kill() {
    let site = paper(&["slow"], Duration::from_millis(700), |_| {}).await;
    let asked_for = |times: usize| {
        let pages = || {
            site.list_visits()
                .iter()
                .filter(|v| v.path == "/slow")
                .count()
        };
        let began = Instant::now();
        while pages() < times {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "the page is not asked for"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let folder = folder_of(&site);
    let worker = folder.run();
    tokio::task::block_in_place(|| asked_for(1));
    worker.kill();
    let worker = folder.run();
    tokio::task::block_in_place(|| asked_for(2));
    assert_eq!(kills(&folder), Some(1), "it is out alone");
    assert!(worker.terminate().success());
    assert_eq!(kills(&folder), Some(0), "it was given back");
    let worker = folder.run();
    folder.wait("the story", Duration::from_secs(60), |folder| {
        folder.articles().len() == 1
    });
    assert!(worker.terminate().success());
}
