//! Nothing lost, nothing twice, nothing fetched again once settled: whatever is killed, whenever.

use std::{
    collections::{HashMap, HashSet},
    thread::sleep,
    time::{Duration, Instant},
};

use dateline::{demo::server::Visit, ledger::Outlet};

#[path = "support/news.rs"]
mod news;
#[path = "support/worker.rs"]
mod worker;

use news::{News, Plan};
use worker::{Home, Settings, json, records};

const ARTICLES: usize = 2_000;

fn soak() -> bool {
    std::env::var_os("DATELINE_SOAK").is_some_and(|value| value == "1")
}

/// A seed of the clock's, or the one of a failure: `DATELINE_SEED`.
fn seed() -> u64 {
    let given = std::env::var("DATELINE_SEED").ok().and_then(|seed| seed.parse().ok());
    let clock = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(7, |now| now.as_nanos() as u64 % 1_000_000)
    };
    given.unwrap_or_else(clock)
}

/// The next moment to strike, drawn from the seed.
fn moment(plan: &Plan, strike: usize, spread_ms: usize) -> Duration {
    Duration::from_millis(100 + plan.draw(strike, 99, spread_ms) as u64)
}

/// Starts the workers that take all articles between strikes.
async fn flow(plan: &Plan, pace: &'static str) -> (News, Home) {
    let news = News::start(plan.clone()).await.expect("a loopback port");
    let settings = Settings { pace, ..Settings::local(news.hosts(), news.feeds()) };
    let home = Home::new(&settings);
    (news, home)
}

/// What stands in the ledger against what the sites listed and saw, as sentences; none when all is well.
fn faults(home: &Home, news: &News, kills: usize) -> (Vec<String>, [usize; 3]) {
    let mut faults = Vec::new();
    let published = home.records(Outlet::Articles);
    let mut by_marker: HashMap<String, usize> = HashMap::new();
    for record in &published {
        let article = json(record);
        let title = article["title"].as_str().unwrap_or_default();
        let marker = title.rsplit(' ').next().unwrap_or_default().to_owned();
        *by_marker.entry(marker).or_default() += 1;
    }
    let mut lost = 0;
    for (marker, address) in news.articles() {
        match by_marker.get(&marker) {
            None => {
                lost += 1;
                faults.push(format!("lost: {marker} at {address}"));
            }
            Some(1) => {}
            Some(times) => faults.push(format!("{times} times: {marker} at {address}")),
        }
    }
    let mut twice = 0;
    for outlet in [Outlet::Articles, Outlet::Events, Outlet::SetAside] {
        let mut seen = HashSet::new();
        for record in home.records(outlet) {
            if !seen.insert((record.id.clone(), record.revision)) {
                twice += 1;
                faults.push(format!("{outlet} twice: {} revision {}", record.id, record.revision));
            }
        }
    }
    let visits = news.visits().into_iter().filter(|visit| visit.path.starts_with("/a/"));
    let mut asked: HashMap<(String, String), usize> = HashMap::new();
    for visit in visits {
        *asked.entry((visit.host, visit.path)).or_default() += 1;
    }
    let again = asked.values().map(|times| times - 1).sum::<usize>();
    // Each end may cost the one request that each site had open, or what was read of it but not committed.
    if again > kills * 20 {
        faults.push(format!("{again} pages were asked for again in {kills} ends"));
    }
    for record in home.records(Outlet::SetAside) {
        faults.push(format!("set aside: {}", record.json));
    }
    (faults, [lost, twice, again])
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_is_lost_repeated_or_fetched_again() {
    let (seed, kills) = (seed(), if soak() { 200 } else { 40 });
    // Five feeds a site, so that polls go on between pages, at a pace that leaves work for the last kill.
    let plan = Plan { feeds_per_site: 5, articles_per_feed: ARTICLES / 100, ..Plan::flow(seed, 0) };
    let (news, home) = flow(&plan, if soak() { "600ms" } else { "110ms" }).await;
    let began = Instant::now();
    // What was settled at each kill: its page must not be asked for after it.
    let mut settled: Vec<(Instant, HashSet<String>)> = Vec::new();
    for kill in 0..kills {
        let worker = home.start();
        sleep(moment(&plan, kill, if soak() { 900 } else { 700 }));
        worker.kill();
        let published = records(&home.ledger(), Outlet::Articles);
        let urls = published.iter().map(|record| {
            json(record)["url"].as_str().map(str::to_owned).unwrap_or_default()
        });
        settled.push((Instant::now(), urls.collect()));
    }
    let at_the_kills = home.count(Outlet::Articles);
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, ARTICLES);
    assert_eq!(worker.stop().code(), Some(0), "seed {seed}: the last stop");
    let (mut faults, [lost, twice, again]) = faults(&home, &news, kills);
    let port = news.address().port();
    let (mut refetched, mut from) = (0, began);
    for to in settled.iter().map(|(at, _)| *at).chain([Instant::now()]) {
        let mut asked = HashSet::new();
        let within = |visit: &Visit| visit.started > from && visit.started <= to;
        for visit in news.visits().into_iter().filter(|visit| visit.path.starts_with("/a/") && within(visit)) {
            if !asked.insert((visit.host.clone(), visit.path.clone())) {
                faults.push(format!("asked for twice by one process: {}{}", visit.host, visit.path));
            }
        }
        from = to;
    }
    for (at, urls) in &settled {
        let later = news.visits().into_iter().filter(|visit| visit.started > *at);
        for visit in later.filter(|visit| visit.path.starts_with("/a/")) {
            let url = format!("http://{}:{port}{}", visit.host, visit.path);
            if urls.contains(&url) {
                refetched += 1;
                faults.push(format!("fetched again after it was settled: {url}"));
            }
        }
    }
    println!("articles  kills  published at the last kill  lost  duplicate  settled and fetched again  asked again  s");
    println!(
        "{ARTICLES:8}  {kills:5}  {at_the_kills:26}  {lost:4}  {twice:9}  {refetched:25}  {again:11}  {:.1}",
        began.elapsed().as_secs_f64()
    );
    assert!(faults.is_empty(), "DATELINE_SEED={seed}: {} faults:\n{}", faults.len(), faults.join("\n"));
    let flowed = at_the_kills > ARTICLES / 4 && at_the_kills < ARTICLES;
    assert!(flowed, "DATELINE_SEED={seed}: the kills came when nothing flowed ({at_the_kills} published)");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_drains_and_exits_with_0_each_time() {
    let (seed, stops) = (seed(), if soak() { 50 } else { 10 });
    let plan = Plan::flow(seed, 600);
    let (news, home) = flow(&plan, "10ms").await;
    let mut table = Vec::new();
    for stop in 0..stops {
        let mut worker = home.start();
        // Signals are caught before the ledger opens.
        home.until(&mut worker, "the ledger opens", || {
            (home.log().matches("ledger open").count() > stop).then_some(())
        });
        sleep(moment(&plan, stop, 600));
        let asked = Instant::now();
        let status = worker.stop();
        table.push(format!("{stop}: {:?} after {:?}", status.code(), asked.elapsed()));
        assert_eq!(status.code(), Some(0), "DATELINE_SEED={seed}: {}", table.join("\n"));
    }
    println!("{}", table.join("\n"));
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 600);
    assert_eq!(worker.stop().code(), Some(0));
    let (faults, _) = faults(&home, &news, stops);
    assert!(faults.is_empty(), "DATELINE_SEED={seed}: {}", faults.join("\n"));
}
