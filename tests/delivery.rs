//! Whatever is killed: nothing is lost, nothing is published twice, nothing settled is fetched again.

#[path = "support/folder.rs"]
mod folder;
#[path = "support/news.rs"]
mod news;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use dateline::ledger::{Outlet, Published};
use folder::Folder;
use news::{News, Plan};

/// The gap between two requests to one local site.
const PACE: Duration = Duration::from_millis(5);
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
    let tables = "[poll]\nno_validators_floor = \"0s\"\nmin_interval = \"1s\"\ninterval = \"1s\"\nfirst_poll = 2000\n";
    let folder = Folder::new(&news.hosts(), &news.feeds(), PACE, tables);
    (news, folder)
}

/// How often each (id, revision) stands in an outlet.
fn doubles(records: &[Published]) -> Vec<String> {
    let mut seen = HashSet::new();
    let twice = records
        .iter()
        .filter(|record| !seen.insert((record.id.clone(), record.revision)));
    twice.map(Published::ce_id).collect()
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
    // A kill from outside may hit the same innocent page three times: it is then set aside, by name.
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
        let exit = worker.terminate();
        assert_eq!(exit.code(), Some(0), "round {round}: {}", folder.log());
    }
    assert!(doubles(&folder.published(Outlet::Articles)).is_empty());
    assert!(
        !folder.published(Outlet::Articles).is_empty(),
        "the worker got no article done: {}",
        folder.log()
    );
    news.stop().await;
}
