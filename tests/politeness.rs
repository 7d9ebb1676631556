//! Each article once, each site at its own pace, whichever feeds list it and whatever redirects lead to it.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    time::{Duration, Instant},
};

use dateline::{demo::server::Visit, set_aside::SetAsideReason};
use jiff::{SignedDuration, Timestamp};

use crate::support::{
    folder::Folder,
    news::{News, Plan, breaches},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_site_is_asked_twice_at_once_or_too_soon_and_each_article_is_read_once() {
    let pace = Duration::from_millis(40);
    let news = News::start(Plan::tangle(11))
        .await
        .expect("a local news server");
    let tables = "[poll]\nno_validators_floor = \"0s\"\nmin_interval = \"2s\"\ninterval = \"2s\"\nfirst_poll = 2000\n";
    let folder = Folder::new(&news.hosts(), &news.feeds(), pace, tables);
    let worker = folder.run();
    let expected = news.articles();
    folder.wait(
        "all articles and the two that lead nowhere",
        Duration::from_secs(180),
        |folder| folder.articles().len() >= expected.len() && folder.aside().len() >= 2,
    );
    assert!(worker.terminate().success(), "{}", folder.log());

    let articles = folder.articles();
    for (marker, url) in &expected {
        let found = articles
            .iter()
            .filter(|article| article.text.contains(marker))
            .count();
        assert_eq!(found, 1, "{marker} at {url}");
    }
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for aside in folder.aside() {
        assert!(SetAsideReason::parse(&aside.reason).is_some(), "{aside:?}");
        *reasons.entry(aside.reason).or_default() += 1;
    }
    assert!(
        reasons.contains_key("redirect_loop") && reasons.contains_key("consent_wall"),
        "{reasons:?}"
    );
    let hurried = breaches(&news.visits(), pace, Duration::from_millis(5));
    println!(
        "articles {}, visits {}, set aside {reasons:?}, hurried {}",
        articles.len(),
        news.visits().len(),
        hurried.len()
    );
    assert!(hurried.is_empty(), "{hurried:?}");
    news.stop().await;
}

/// Requests that were open at once, at most.
fn at_once(visits: &[Visit]) -> usize {
    let mut turns: Vec<(Instant, i32)> = Vec::new();
    for visit in visits {
        turns.push((visit.started, 1));
        turns.extend(visit.ended.map(|ended| (ended, -1)));
    }
    turns.sort_unstable();
    let mut open = 0;
    let opened = turns.into_iter().map(|(_, turn)| {
        open += turn;
        open
    });
    opened.max().unwrap_or_default().unsigned_abs() as usize
}

/// Sites of ten feeds each.
const SITES: usize = 1_000;

/// Polls of feeds among requests.
fn polls(visits: &[Visit]) -> impl Iterator<Item = &Visit> {
    visits.iter().filter(|visit| visit.path.starts_with("/f/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_that_are_all_due_at_once_after_a_restart_are_polled_once_each_at_the_pace_of_their_sites()
 {
    let (feeds, pace) = (10 * SITES, Duration::from_millis(50));
    let plan = Plan {
        sites: SITES,
        feeds_per_site: 10,
        articles_per_feed: 1,
        latency: Duration::from_millis(2),
        ..Plan::flow(5, 0)
    };
    let news = News::start(plan).await.expect("a local news server");
    news.list(0);
    let tables = "[poll]\nno_validators_floor = \"0s\"\nmin_interval = \"1h\"\ninterval = \"1h\"\n";
    let folder = Folder::new(&news.hosts(), &news.feeds(), pace, tables);
    let list: Vec<String> = news
        .feeds()
        .iter()
        .map(|url| format!("[[feed]]\nurl = \"{url}\"\n"))
        .collect();
    fs::write(folder.path("feeds.toml"), list.concat()).expect("a writable folder");
    let worker = folder.run();
    let first_round = "the first polls are remembered";
    folder.wait(first_round, Duration::from_secs(600), |folder| {
        let file = rusqlite::Connection::open(folder.path("dateline.db"));
        let count = "SELECT count(*) FROM _feeds";
        let count = file.and_then(|file| file.query_row(count, [], |row| row.get(0)));
        count.is_ok_and(|count: i64| usize::try_from(count).is_ok_and(|count| count >= feeds))
    });
    assert!(worker.terminate().success(), "{}", folder.log());

    // The machine was off for two hours; meanwhile each feed lists an article.
    let file = rusqlite::Connection::open(folder.path("dateline.db")).expect("a ledger");
    let overdue = (Timestamp::now() - SignedDuration::from_hours(1)).to_string();
    let due = "UPDATE _feeds SET json = json_set(json, '$.next_poll', ?1)";
    assert_eq!(file.execute(due, [&overdue]).expect("the feeds"), feeds);
    drop(file);
    news.list(1);
    let before = news.visits().len();
    let (began, began_at) = (Instant::now(), Timestamp::now());
    let worker = folder.run();
    // Once all is done, a second in which nothing is asked: twenty more turns of each site.
    folder.wait("all feeds, then silence", Duration::from_secs(600), |_| {
        let visits = news.visits();
        let quiet = visits.last().map(|visit| visit.started.elapsed());
        polls(&visits[before..]).count() >= feeds && quiet > Some(20 * pace)
    });
    let visits = news.visits();
    assert!(worker.terminate().success(), "{}", folder.log());

    let restarted = &visits[before..];
    let different: HashSet<(&str, &str)> = polls(restarted)
        .map(|visit| (visit.host.as_str(), visit.path.as_str()))
        .collect();
    let hurried = breaches(restarted, pace, Duration::from_millis(5));
    let since = |visit: &Visit| visit.started.duration_since(began);
    let mut rate: BTreeMap<u64, usize> = BTreeMap::new();
    for visit in restarted {
        *rate.entry(since(visit).as_secs()).or_default() += 1;
    }
    let peak = rate.values().max().copied().unwrap_or_default();
    let ceiling = SITES * 1_000 / 50;
    let last_poll = polls(restarted).map(since).max().expect("feeds are polled");
    let events = folder.events();
    let first_event = events.iter().map(|event| event.recorded).min();
    let first_event = first_event.expect("an event").duration_since(began_at);
    let first_event = Duration::try_from(first_event).unwrap_or_default();
    println!(
        "{} feeds due at once: first event after {first_event:.1?}, last poll after {last_poll:.1?}, {peak} requests in \
         the fullest second of {ceiling} that the pace allows, {} open at once, {} hurried",
        different.len(),
        at_once(restarted),
        hurried.len()
    );
    assert_eq!(
        (different.len(), polls(restarted).count()),
        (feeds, feeds),
        "each once"
    );
    assert!(hurried.is_empty(), "{:?}", hurried.first());
    assert!(peak <= ceiling && at_once(restarted) <= SITES, "{peak}");
    assert!(
        first_event < last_poll,
        "articles are read before all feeds are polled"
    );
    news.stop().await;
}
