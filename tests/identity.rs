//! One story, once: feeds without guids whose addresses change with every poll publish nothing twice.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use dateline::{ledger::Outlet, sqlite::SqliteReader};

use crate::support::{
    raw_site::{RawSite, Step, answer},
    worker::{Home, Settings, Worker, json},
};

/// Feeds, each of a site of its own.
const FEEDS: usize = 20;
/// Stories of each.
const STORIES: usize = 2;

/// The address of a story as it is written at this poll, by what sites change in it.
fn path_of(kind: usize, story: usize, poll: usize) -> String {
    match kind % 5 {
        0 => format!("/s/{story}?sid={poll}ab"),
        1 => format!("/s/{story};jsessionid={poll}"),
        2 => format!("/(S(x{poll}y))/s/{story}"),
        3 => format!(
            "/s/{story}?Signature=a{poll}b{poll}c{poll}d7e8&Expires={}",
            1_700_000_000 + poll
        ),
        _ => format!("/s/{story}?_={}", 1_700_000_000_000_u64 + poll as u64),
    }
}

/// What the feed of a site lists at this poll; some count their readers in the description, so that every item changes.
fn feed(kind: usize, base: &str, poll: usize) -> String {
    let day = if kind.is_multiple_of(2) {
        "<pubDate>Mon, 01 Mar 2021 08:00:00 GMT</pubDate>"
    } else {
        ""
    };
    let item = |story: usize| {
        let counted = if kind.is_multiple_of(3) { poll } else { 0 };
        format!(
            "<item><title>Story {story} of {kind}</title><link>{base}{}</link>{day}\
             <description>Read {counted} times</description></item>",
            path_of(kind, story, poll)
        )
    };
    let items: String = (0..STORIES).map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>")
}

fn page(kind: usize, story: &str) -> String {
    format!(
        "<html lang=\"en\"><head><title>Story {story} of {kind}</title></head><body><article><h1>Story {story} of {kind}</h1>\
         <p>Norway praised Portugal for its help with harvest {story} of {kind}, and officials in both capitals said so.</p>\
         <p>Ministers of both countries described the step as useful and said that the details would take some time.</p>\
         <p>Traders on the quay welcomed the news and hoped for calmer weeks after a long and stormy winter.</p></article></body></html>"
    )
}

async fn site() -> RawSite {
    static POLLS: AtomicUsize = AtomicUsize::new(0);
    RawSite::at([127, 0, 0, 1], |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let lower = head.to_lowercase();
        let host = lower.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.unwrap_or_default();
        let kind = host
            .split('.')
            .next()
            .and_then(|name| name[1..].parse().ok());
        let kind: usize = kind.unwrap_or_default();
        let html = "Content-Type: text/html\r\n";
        let said = match path {
            "/robots.txt" => answer("404 Not Found", "", b""),
            "/feed" => {
                let poll = POLLS.fetch_add(1, Ordering::SeqCst);
                let body = feed(kind, &format!("http://{host}"), poll);
                answer("200 OK", "Content-Type: text/xml\r\n", body.as_bytes())
            }
            story => {
                let (_, rest) = story.split_once("s/").unwrap_or_default();
                let story: String = rest.chars().take_while(char::is_ascii_digit).collect();
                answer("200 OK", html, page(kind, &story).as_bytes())
            }
        };
        vec![Step::Send(said)]
    })
    .await
}

/// Waits until every feed was polled so often.
fn polled(home: &Home, worker: &mut Worker, times: u64) {
    let ledger = home.ledger();
    home.until(worker, &format!("{times} polls of each feed"), || {
        let states = SqliteReader::open(&ledger).ok()?.read_feed_states().ok()?;
        let all = states.len() == FEEDS && states.values().all(|state| state.polls >= times);
        all.then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_feeds_with_changing_addresses_and_no_guid_publish_every_story_once() {
    let site = site().await;
    let port = site.address.port();
    let hosts: Vec<String> = (0..FEEDS).map(|n| format!("p{n}.test")).collect();
    let feeds = hosts
        .iter()
        .map(|host| format!("http://{host}:{port}/feed"));
    let settings = Settings::local(hosts.clone(), feeds.collect());
    let home = Home::new(&settings);
    let mut worker = home.start();
    polled(&home, &mut worker, 10);
    worker.kill();
    let mut worker = home.start();
    polled(&home, &mut worker, 13);
    assert!(worker.stop().success());
    let articles: Vec<_> = home.records(Outlet::Articles).iter().map(json).collect();
    let titles: HashSet<String> = articles
        .iter()
        .map(|article| article["title"].to_string())
        .collect();
    assert_eq!(
        (articles.len(), titles.len()),
        (FEEDS * STORIES, FEEDS * STORIES)
    );
    let events: Vec<_> = home.records(Outlet::Events).iter().map(json).collect();
    let sentences: HashSet<String> = events
        .iter()
        .map(|event| format!("{} {}", event["type"], event["sentence"]["text"]))
        .collect();
    assert_eq!(events.len(), sentences.len());
}
