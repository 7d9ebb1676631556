//! Memory stays where it is: with many idle feeds, and however many articles have passed.

use dateline::ledger::Outlet;

#[path = "support/news.rs"]
mod news;
#[path = "support/worker.rs"]
mod worker;

use news::{News, Plan};
use worker::{Home, Settings};

const MB: u64 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_feeds_stay_under_100_mb() {
    let plan = Plan {
        sites: 1_000,
        feeds_per_site: 10,
        articles_per_feed: 1,
        ..Plan::flow(3, 0)
    };
    let news = News::start(plan).await.expect("a loopback port");
    // Nothing of what they list is taken: the feeds are polled once and then idle.
    let settings = Settings {
        first_poll: 0,
        interval: "1h",
        ..Settings::local(news.hosts(), news.feeds())
    };
    let home = Home::new(&settings);
    let mut worker = home.start();
    home.until(&mut worker, "each feed is polled", || {
        let polled = news
            .visits()
            .iter()
            .filter(|visit| visit.path.starts_with("/f/"))
            .count();
        (polled >= 10_000).then_some(())
    });
    let (now, most) = worker.memory();
    println!(
        "10,000 idle feeds: {} MB resident, {} MB at most",
        now / MB,
        most / MB
    );
    assert_eq!(worker.stop().code(), Some(0));
    assert!(now > 0 && now < 100 * MB, "{} MB", now / MB);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_the_articles_that_passed() {
    let soak = std::env::var_os("DATELINE_SOAK").is_some();
    let (early, all) = if soak {
        (5_000, 20_000)
    } else {
        (1_500, 6_000)
    };
    let plan = Plan {
        feeds_per_site: all / 2_000,
        articles_per_feed: 100,
        ..Plan::flow(4, 0)
    };
    let news = News::start(plan).await.expect("a loopback port");
    let home = Home::new(&Settings {
        pace: "1ms",
        ..Settings::local(news.hosts(), news.feeds())
    });
    let mut worker = home.start();
    // Reading and coding take their most within the first pages; counted by the sites, which costs the worker nothing.
    let mut passed = |count: usize| {
        home.until(&mut worker, &format!("{count} articles"), || {
            let pages = news
                .visits()
                .iter()
                .filter(|visit| visit.path.starts_with("/a/"))
                .count();
            (pages >= count).then_some(())
        });
        worker.memory().0
    };
    let (before, after) = (passed(early), passed(all));
    home.until_count(&mut worker, Outlet::Articles, all);
    println!(
        "{} MB after {early} articles, {} MB after {all}",
        before / MB,
        after / MB
    );
    assert_eq!(worker.stop().code(), Some(0));
    assert!(
        after as f64 <= before as f64 * 1.1,
        "{} MB, then {} MB",
        before / MB,
        after / MB
    );
}
