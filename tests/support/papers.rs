//! Papers whose feeds have no guid and write other addresses at every poll, and one that tells a story again and again.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use dateline::ledger::Outlet;
use serde_json::Value;

use super::{
    raw_site::{RawSite, Step, answer},
    worker::{Home, Settings, Worker, json},
};

/// Feeds, each of a site of its own.
pub(crate) const FEEDS: usize = 20;
/// Stories of each.
pub(crate) const STORIES: usize = 2;

/// The address of a story as it is written at this poll, by what sites change in it.
pub(crate) fn path_of(kind: usize, story: usize, poll: usize) -> String {
    match kind % 7 {
        0 => format!("/s/{story}?sid={poll}ab"),
        1 => format!("/s/{story};jsessionid={poll}"),
        2 => format!("/(S(x{poll}y))/s/{story}"),
        3 => format!(
            "/s/{story}?Signature=a{poll}b{poll}c{poll}d7e8&Expires={}",
            1_700_000_000 + poll
        ),
        4 => format!("/s/{story}?_={}", 1_700_000_000_000_u64 + poll as u64),
        // Not a sign that it means nothing: only title and text tell.
        5 => format!("/s/{story}?v={poll}"),
        _ => format!("/s/{story}/{poll}.html"),
    }
}

/// What the feed of a site lists at this poll; some count their readers in the description, so that every item changes.
pub(crate) fn feed(kind: usize, base: &str, poll: usize) -> String {
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

pub(crate) fn page(kind: usize, story: &str) -> String {
    format!(
        "<html lang=\"en\"><head><title>Story {story} of {kind}</title></head><body><article><h1>Story {story} of {kind}</h1>\
         <p>Norway praised Portugal for its help with harvest {story} of {kind}, and officials in both capitals said so.</p>\
         <p>Ministers of both countries described the step as useful and said that the details would take some time.</p>\
         <p>Traders on the quay welcomed the news and hoped for calmer weeks after a long and stormy winter.</p></article></body></html>"
    )
}

/// Twenty papers on one server, and how often the feed of each was asked for.
pub(crate) struct Papers {
    site: RawSite,
    polls: Arc<Vec<AtomicUsize>>,
}

impl Papers {
    pub(crate) async fn open() -> Self {
        let polls: Arc<Vec<AtomicUsize>> =
            Arc::new((0..FEEDS).map(|_| AtomicUsize::new(0)).collect());
        let counted = Arc::clone(&polls);
        let site = RawSite::at([127, 0, 0, 1], move |head| {
            vec![Step::Send(told(head, &counted))]
        });
        Self {
            site: site.await,
            polls,
        }
    }

    pub(crate) fn settings(&self, more: &str) -> Settings {
        let port = self.site.address.port();
        let hosts: Vec<String> = (0..FEEDS).map(|n| format!("p{n}.test")).collect();
        let feeds = hosts
            .iter()
            .map(|host| format!("http://{host}:{port}/feed"));
        let mut settings = Settings::local(hosts.clone(), feeds.collect());
        more.clone_into(&mut settings.more);
        settings
    }

    /// Runs a worker until each feed was polled so often again.
    pub(crate) fn poll(&self, home: &Home, times: usize) -> Worker {
        let before: Vec<usize> = self.counts();
        let mut worker = home.start();
        home.until(&mut worker, &format!("{times} polls of each feed"), || {
            let now = self.counts();
            let done = now
                .iter()
                .zip(&before)
                .all(|(now, before)| now - before > times);
            done.then_some(())
        });
        worker
    }

    fn counts(&self) -> Vec<usize> {
        self.polls
            .iter()
            .map(|polls| polls.load(Ordering::SeqCst))
            .collect()
    }
}

/// What the paper of a host answers.
pub(crate) fn told(head: &str, polls: &[AtomicUsize]) -> Vec<u8> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let lower = head.to_lowercase();
    let host = lower.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.unwrap_or_default();
    let name = host.split('.').next().and_then(|name| name.get(1..));
    let kind: usize = name.and_then(|name| name.parse().ok()).unwrap_or_default();
    match path {
        "/robots.txt" => answer("404 Not Found", "", b""),
        "/feed" => {
            let poll = polls[kind].fetch_add(1, Ordering::SeqCst);
            let body = feed(kind, &format!("http://{host}"), poll);
            answer("200 OK", "Content-Type: text/xml\r\n", body.as_bytes())
        }
        story => {
            let (_, rest) = story.split_once("s/").unwrap_or_default();
            let story: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let html = "Content-Type: text/html\r\n";
            answer("200 OK", html, page(kind, &story).as_bytes())
        }
    }
}

/// Every story is published once, and no event of it twice.
pub(crate) fn check_once(home: &Home) {
    let articles = published(home, Outlet::Articles);
    let titles: HashSet<String> = articles
        .iter()
        .map(|article| article["title"].to_string())
        .collect();
    let revised = articles.iter().filter(|article| article["revision"] != 1);
    assert_eq!(
        (articles.len(), titles.len(), revised.count()),
        (FEEDS * STORIES, FEEDS * STORIES, 0)
    );
    let events = published(home, Outlet::Events);
    let sentences: HashSet<String> = events
        .iter()
        .map(|event| format!("{} {}", event["type"], event["sentence"]["text"]))
        .collect();
    assert!(events.len() >= FEEDS * STORIES, "{} events", events.len());
    assert_eq!(events.len(), sentences.len());
}

pub(crate) fn published(home: &Home, outlet: Outlet) -> Vec<Value> {
    home.records(outlet).iter().map(json).collect()
}

pub(crate) fn copy_ledger(from: &Home, to: &Home) {
    let (from_file, to_file) = (from.config(), to.config());
    let (from_file, to_file) = (from_file.to_string_lossy(), to_file.to_string_lossy());
    from.told(&["ledger", "copy", "--from", &from_file, "--to", &to_file]);
}

/// A paper with one story at each of these paths, in the order in which its feed lists them later and later: path, title
/// in the feed, title of the page, sentences.
type Told = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// The acts of the stories, and what stands around them.
pub(crate) const PRAISED: &str = "Norway praised Portugal for its help with the harvest, and officials in both capitals said so.";
pub(crate) const ACCUSED: &str =
    "Peru accused Chile of espionage on Monday, and the foreign ministry in Lima confirmed that.";
pub(crate) const AROUND: &str = "Ministers of both countries described the step as useful and said that the details would take some \
    time. Traders on the quay welcomed the news and hoped for calmer weeks after a long and stormy winter. The talks \
    had begun in the spring, were broken off twice and went on in the summer, when a new team of negotiators came. \
    Nobody would say how long the next round might take, and the mood in the harbour was said to be good all the same.";

pub(crate) const STORIES_TOLD: [Told; 5] = [
    (
        "/politics/1",
        "Praise for harvest",
        "Praise",
        &[PRAISED, AROUND],
    ),
    // The same under another section.
    (
        "/world/1",
        "Praise for harvest",
        "Praise",
        &[PRAISED, AROUND],
    ),
    // The same under another title.
    (
        "/world/2",
        "Norway and Portugal",
        "Praise",
        &[PRAISED, AROUND],
    ),
    // A line more.
    (
        "/live/1",
        "Praise for harvest",
        "Praise",
        &[PRAISED, AROUND, ACCUSED],
    ),
    // Another story.
    ("/other/1", "Espionage", "Espionage", &[ACCUSED]),
];

/// A paper that lists one story more at each poll.
pub(crate) async fn sections() -> RawSite {
    let polls = AtomicUsize::new(0);
    RawSite::at([127, 0, 0, 1], move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let lower = head.to_lowercase();
        let host = lower.lines().find_map(|line| line.strip_prefix("host: "));
        let said = match STORIES_TOLD.iter().find(|(at, ..)| *at == path) {
            Some((_, _, title, said)) => {
                let said: String = said.iter().map(|said| format!("<p>{said}</p>")).collect();
                let page = format!(
                    "<html lang=\"en\"><head><title>{title}</title></head><body><article><h1>{title}</h1>{said}\
                     </article></body></html>"
                );
                answer("200 OK", "Content-Type: text/html\r\n", page.as_bytes())
            }
            None if path == "/feed" => {
                let listed = polls.fetch_add(1, Ordering::SeqCst) + 1;
                let item = |(path, title, ..): &Told| {
                    let link = format!("http://{}{path}", host.unwrap_or_default());
                    format!("<item><title>{title}</title><link>{link}</link><guid>{link}</guid></item>")
                };
                let items: String = STORIES_TOLD.iter().take(listed).map(item).collect();
                let feed = format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>");
                answer("200 OK", "Content-Type: text/xml\r\n", feed.as_bytes())
            }
            None => answer("404 Not Found", "", b""),
        };
        vec![Step::Send(said)]
    })
    .await
}

/// Of the same words and title there is one article; what repeats it otherwise names it and tells only what is new.
pub(crate) fn check_copies(home: &Home) {
    let articles = published(home, Outlet::Articles);
    let of = |path: &str| {
        let url = |article: &&Value| {
            article["url"]
                .as_str()
                .is_some_and(|url| url.ends_with(path))
        };
        let found: Vec<&Value> = articles.iter().filter(url).collect();
        assert!(found.len() <= 1, "{found:#?}");
        found.first().copied()
    };
    let first = of("/politics/1").expect("published");
    assert_eq!(first["copy_of"], Value::Null);
    assert!(of("/world/1").is_none(), "it is the same article");
    let events = published(home, Outlet::Events);
    let told = |article: &Value| {
        let own = events
            .iter()
            .filter(|event| event["article"]["id"] == article["id"]);
        own.map(|event| event["type"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(!told(first).is_empty());
    let retold = of("/world/2").expect("published under its own title");
    assert_eq!(retold["copy_of"], first["id"]);
    assert_eq!(told(retold), Vec::<String>::new());
    assert!(retold["coding"]["withheld"].as_u64() > Some(0));
    let longer = of("/live/1").expect("published with what is new in it");
    assert_eq!(longer["copy_of"], first["id"]);
    assert_eq!(told(longer), ["ACCUSE"]);
    let other = of("/other/1").expect("another story");
    assert_eq!(other["copy_of"], Value::Null);
}

/// The paper's host, and a feed of it.
pub(crate) const PAPER: &str = "paper.test";

pub(crate) fn sections_settings(site: &RawSite, more: &str) -> Settings {
    let feed = format!("http://{PAPER}:{}/feed", site.address.port());
    let mut settings = Settings::local(vec![PAPER.to_owned()], vec![feed]);
    more.clone_into(&mut settings.more);
    settings
}
