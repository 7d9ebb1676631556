//! Polling as publishers answer it: validators, redirects, refusals, broken answers, drifting ids, edited stories.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use dateline::{
    config::PollConfig,
    feed::{
        Feed,
        due::due_time,
        limits::FeedLimits,
        memory::FeedMemory,
        poll::{PollOutcome, settle_poll},
    },
    id::FeedId,
    ledger::Outlet,
    site::Site,
    sqlite::SqliteReader,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use url::Url;

use crate::support::{
    raw_site::{RawSite, Step, answer},
    worker::{self, Home, Settings, Worker, json},
};

const HOST: &str = "paper.test";
/// A second paper, whose polls tell how much time has passed.
const CLOCK: &str = "clock.test";
/// Another site, that leads to the paper.
const OLD: &str = "old.test";

/// A paper on loopback, and a worker that polls it each second.
struct Paper {
    site: RawSite,
    home: Home,
    worker: Worker,
}

/// A feed of items: title, path, guid (none where empty).
fn rss(items: &[(&str, &str, &str)]) -> String {
    let item = |(nth, (title, path, guid)): (usize, &(&str, &str, &str))| {
        let link = if path.is_empty() {
            String::new()
        } else {
            format!("<link>http://{HOST}:PORT{path}</link>")
        };
        let guid = if guid.is_empty() {
            String::new()
        } else {
            format!("<guid isPermaLink=\"false\">{guid}</guid>")
        };
        format!(
            "<item><title>{title}</title>{link}{guid}<pubDate>Mon, {:02} Mar 2021 08:00:00 GMT</pubDate></item>",
            nth + 1
        )
    };
    let items: String = items.iter().enumerate().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>Paper</title>{items}</channel></rss>")
}

/// The page of a story; `act` is its first sentence.
fn story(act: &str) -> Vec<u8> {
    let rest = "<p>Officials in both capitals described the step as useful and said that the details would take some \
                time, while traders on the quay hoped for calmer weeks and better prices in the spring.</p>";
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><title>Story</title></head><body><article><h1>Story</h1>\
         <p>{act}</p>{rest}{rest}</article></body></html>"
    );
    answer(
        "200 OK",
        "Content-Type: text/html; charset=utf-8\r\n",
        html.as_bytes(),
    )
}

fn page() -> Vec<u8> {
    story("Norway praised Portugal for its help with the harvest.")
}

fn feed(heads: &str, body: &str) -> Vec<u8> {
    answer(
        "200 OK",
        &format!("Content-Type: application/rss+xml\r\n{heads}"),
        body.as_bytes(),
    )
}

/// Starts a paper without a robots.txt.
async fn paper(
    settings: impl FnOnce(&mut Settings),
    script: impl Fn(&str, usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> Paper {
    let none = answer("404 Not Found", "", b"");
    paper_with(none, settings, script).await
}

/// Starts a paper: the script gets path, how often that was asked before, and the head of the request. An empty answer
/// breaks the connection.
async fn paper_with(
    robots: Vec<u8>,
    settings: impl FnOnce(&mut Settings),
    script: impl Fn(&str, usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> Paper {
    let asked: Mutex<HashMap<String, usize>> = Mutex::default();
    let site = RawSite::at([127, 0, 0, 1], move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let lower = head.to_lowercase();
        let host = lower
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap_or_default();
        let port = host.rsplit(':').next().unwrap_or_default();
        if path == "/robots.txt" && host.starts_with(HOST) {
            return vec![Step::Send(robots.clone())];
        }
        if path == "/robots.txt" {
            return vec![Step::Send(answer("404 Not Found", "", b""))];
        }
        if host.starts_with(CLOCK) {
            return vec![Step::Send(feed("", &rss(&[])))];
        }
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.entry(path.to_owned()).or_default();
        let said = script(path, *before, &lower);
        *before += 1;
        // What is said names the port as PORT.
        vec![Step::Send(with_port(&said, port))]
    })
    .await;
    let port = site.address.port();
    let feeds = vec![
        format!("http://{HOST}:{port}/feed"),
        format!("http://{CLOCK}:{port}/feed"),
    ];
    let mut local = Settings::local(vec![HOST.to_owned(), CLOCK.to_owned()], feeds);
    settings(&mut local);
    let home = Home::new(&local);
    let worker = home.start();
    Paper { site, home, worker }
}

/// Writes the port into an answer whose addresses say PORT, and its length anew.
fn with_port(said: &[u8], port: &str) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(said) else {
        return said.to_vec();
    };
    let text = text.replace("PORT", port);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return text.into_bytes();
    };
    let lines = head
        .lines()
        .map(|line| match line.strip_prefix("Content-Length: ") {
            Some(_) => format!("Content-Length: {}\r\n", body.len()),
            None => format!("{line}\r\n"),
        });
    let head: String = lines.collect();
    format!("{head}\r\n{body}").into_bytes()
}

impl Paper {
    fn state(&self, host: &str) -> Option<FeedMemory> {
        let states = SqliteReader::open(&self.home.ledger())
            .ok()?
            .read_feed_states()
            .ok()?;
        let of = |state: &FeedMemory| {
            state
                .address
                .as_deref()
                .is_some_and(|url| url.contains(host))
        };
        states.into_values().map(FeedMemory::from).find(of)
    }

    /// Waits until the paper's feed was polled so often, and gives what is remembered of it.
    fn polled(&mut self, times: u64) -> FeedMemory {
        self.after(HOST, times);
        self.state(HOST).expect("it was polled")
    }

    fn after(&mut self, host: &str, times: u64) {
        let ledger = self.home.ledger();
        let home = &self.home;
        home.until(
            &mut self.worker,
            &format!("{times} polls of {host}"),
            || {
                let states = SqliteReader::open(&ledger).ok()?.read_feed_states().ok()?;
                let of = |state: &FeedMemory| {
                    state
                        .address
                        .as_deref()
                        .is_some_and(|url| url.contains(host))
                };
                states
                    .into_values()
                    .any(|state| of(&state) && state.polls >= times)
                    .then_some(())
            },
        );
    }

    /// Waits for so many articles, ends the worker and gives all articles.
    fn articles(&mut self, count: usize) -> Vec<Value> {
        self.home
            .until_count(&mut self.worker, Outlet::Articles, count);
        self.home
            .records(Outlet::Articles)
            .iter()
            .map(json)
            .collect()
    }

    /// How often the paper was asked for anything but robots.txt.
    fn visited(&self) -> usize {
        let heads = self.site.heads();
        let of_paper = |head: &&String| {
            head.contains(&format!("host: {HOST}")) && !head.starts_with("get /robots.txt")
        };
        heads.iter().filter(of_paper).count()
    }

    /// Another worker on the folder of one that has ended.
    fn begun_again(site: RawSite, home: Home) -> Paper {
        let worker = home.start();
        Paper { site, home, worker }
    }

    /// Ends the worker at once and starts another one.
    fn killed(self) -> Paper {
        let Paper { site, home, worker } = self;
        worker.kill();
        Self::begun_again(site, home)
    }

    /// How often the paper was asked for its feed.
    fn asked(&self) -> Vec<String> {
        let heads = self.site.heads();
        let of_feed = |head: &String| {
            head.starts_with("get /feed") && head.contains(&format!("host: {HOST}"))
        };
        heads.into_iter().filter(of_feed).collect()
    }
}

fn one() -> String {
    rss(&[("Story", "/a", "1")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_etag_is_sent_back_as_it_came_and_304_publishes_nothing_again() {
    let mut paper = paper(
        |_| (),
        |path, _, head| match path {
            "/feed" if head.contains("if-none-match: w/\"a b,c\"") => {
                answer("304 Not Modified", "", b"")
            }
            "/feed" => feed("ETag: W/\"a b,c\"\r\n", &one()),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(1).len(), 1);
    let state = paper.polled(3);
    assert_eq!((state.failures, state.new_entries), (0, 1));
    assert_eq!(paper.home.count(Outlet::Articles), 1);
    let with = paper
        .asked()
        .iter()
        .filter(|head| head.contains("if-none-match: w/\"a b,c\""))
        .count();
    assert!(with >= 2, "{:?}", paper.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_304_that_nobody_asked_for_and_an_equal_body_are_no_failure_and_no_news() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match (path, before) {
            ("/feed", 1) => answer("304 Not Modified", "", b""),
            ("/feed", _) => feed("", &one()),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(1).len(), 1);
    let state = paper.polled(3);
    assert_eq!((state.failures, state.new_entries), (0, 1));
    assert_eq!(paper.home.count(Outlet::Articles), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_flips_between_two_addresses_keeps_its_own_and_repeats_nothing() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match (path, before) {
            ("/feed", n) if n % 2 == 1 => answer("302 Found", "Location: /feed2\r\n", b""),
            ("/feed" | "/feed2", _) => {
                feed("", &rss(&[("Story", "/a", "1"), ("Other", "/b", "2")]))
            }
            _ => page(),
        },
    )
    .await;
    paper.articles(2);
    let state = paper.polled(4);
    assert_eq!((state.failures, state.moved_to), (0, None));
    assert_eq!(paper.home.count(Outlet::Articles), 2);
}

/// A site that asks for patience is not asked again while another one is polled three times.
async fn patient(status: &'static str, retry_after: String) {
    let mut paper = paper(
        |_| (),
        move |_, _, _| answer(status, &format!("Retry-After: {retry_after}\r\n"), b""),
    )
    .await;
    let state = paper.polled(1);
    assert!(state.last_failure.is_some() && state.disabled.is_none());
    paper.after(CLOCK, 4);
    assert_eq!(paper.asked().len(), 1, "{:?}", paper.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_with_seconds_is_waited_for() {
    patient("429 Too Many Requests", "600".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_with_a_date_is_waited_for() {
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
    let later = later.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    patient(
        "429 Too Many Requests",
        later.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_503_with_seconds_is_waited_for() {
    patient("503 Service Unavailable", "600".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_with_a_word_is_waited_for_all_the_same() {
    patient("429 Too Many Requests", "soon".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_asks_of_its_site_outlives_a_kill_right_after_it() {
    let mut paper = paper(
        |_| (),
        |path, _, _| match path {
            "/feed" => feed("", &one()),
            _ => answer("429 Too Many Requests", "Retry-After: 600\r\n", b""),
        },
    )
    .await;
    let ledger = paper.home.ledger();
    paper
        .home
        .until(&mut paper.worker, "the wait is written", || {
            let file = rusqlite::Connection::open(&ledger).ok()?;
            let held =
                "SELECT count(*) FROM _sites WHERE site = ?1 AND json LIKE '%\"held_until\":\"%'";
            let count: i64 = file.query_row(held, [HOST], |row| row.get(0)).ok()?;
            (count > 0).then_some(())
        });
    let polls = paper.state(CLOCK).map_or(0, |state| state.polls);
    let mut paper = paper.killed();
    let before = paper.visited();
    paper.after(CLOCK, polls + 4);
    assert_eq!(paper.visited(), before, "{:?}", paper.site.heads());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_410_is_remembered_as_gone_and_ends_nothing_yet() {
    let mut paper = paper(|_| (), |_, _, _| answer("410 Gone", "", b"")).await;
    let state = paper.polled(1);
    let reason = state.last_failure.map(|failure| failure.reason);
    assert_eq!(
        (reason.as_deref(), state.disabled.is_none()),
        (Some("gone"), true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_gzip_and_a_page_instead_of_the_feed_are_failures_that_a_good_answer_mends() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match (path, before) {
            ("/feed", 0) => answer(
                "200 OK",
                "Content-Encoding: gzip\r\n",
                &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b],
            ),
            ("/feed", 1) => answer(
                "200 OK",
                "Content-Type: text/html\r\n",
                b"<html><body><p>Back soon</p></body></html>",
            ),
            ("/feed", _) => feed("", &one()),
            _ => page(),
        },
    )
    .await;
    let state = paper.polled(1);
    assert!(state.failures == 1 && state.last_failure.is_some());
    assert_eq!(
        paper
            .polled(2)
            .last_failure
            .map(|failure| failure.reason)
            .as_deref(),
        Some("no_feed")
    );
    assert_eq!(paper.articles(1).len(), 1);
    assert_eq!(paper.polled(3).failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn guids_that_change_with_each_poll_bring_nothing_twice() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match path {
            "/feed" => feed("", &rss(&[("Story", "/a", &format!("drift-{before}"))])),
            _ => page(),
        },
    )
    .await;
    paper.articles(1);
    let state = paper.polled(4);
    assert_eq!((state.new_entries, state.failures), (1, 0));
    assert_eq!(paper.home.count(Outlet::Articles), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_without_guid_is_known_by_its_link_and_one_without_both_is_left_out() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match path {
            "/feed" => feed(
                "",
                &(rss(&[("Story", "/a", ""), ("Leads nowhere", "", "")]) + &" ".repeat(before)),
            ),
            _ => page(),
        },
    )
    .await;
    paper.articles(1);
    let state = paper.polled(3);
    assert_eq!((state.new_entries, state.failures), (1, 0));
    assert_eq!(paper.home.count(Outlet::Articles), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_poll_takes_the_newest_and_counts_what_it_skips() {
    let items = |count: usize| {
        let paths: Vec<String> = (0..count).map(|n| format!("/a{n}")).collect();
        let items: Vec<(&str, &str, &str)> = paths
            .iter()
            .map(|path| ("Story", path.as_str(), path.as_str()))
            .collect();
        rss(&items)
    };
    let mut paper = paper(
        |settings| settings.first_poll = 2,
        move |path, before, _| match path {
            "/feed" => feed("", &items(if before == 0 { 5 } else { 6 })),
            // Equal words at two addresses would be one article.
            _ => story(&format!(
                "Norway praised Portugal for its help with harvest {path}."
            )),
        },
    )
    .await;
    // The two newest, and the one that came later.
    let mut urls: Vec<String> = paper
        .articles(3)
        .iter()
        .map(|article| article["url"].to_string())
        .map(|url| url[url.len() - 4..].to_owned())
        .collect();
    urls.sort();
    assert_eq!(urls, ["/a3\"", "/a4\"", "/a5\""]);
    assert_eq!(paper.polled(2).skipped, 3);
    assert_eq!(paper.home.count(Outlet::Articles), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_story_becomes_revision_2_and_what_it_no_longer_says_is_retracted() {
    let mut paper = paper(
        |settings| settings.more = "[article]\nrecheck = [\"2s\"]\n".to_owned(),
        |path, before, _| match (path, before) {
            ("/feed", _) => feed("", &one()),
            (_, 0) => story("Norway accused Russia of spying on its harbours on Monday."),
            _ => {
                story("The harbour was quiet on Monday, and nothing was signed by anybody at all.")
            }
        },
    )
    .await;
    let articles = paper.articles(2);
    assert_eq!(articles[0]["id"], articles[1]["id"]);
    assert_eq!(
        (
            articles[1]["revision"].as_u64(),
            articles[1]["status"].as_str()
        ),
        (Some(2), Some("revised"))
    );
    let events: Vec<Value> = paper
        .home
        .records(Outlet::Events)
        .iter()
        .map(json)
        .collect();
    let coded: Vec<&Value> = events
        .iter()
        .filter(|event| event["status"] == "coded")
        .collect();
    assert!(!coded.is_empty(), "the first text has an event");
    for event in coded {
        let back = events
            .iter()
            .find(|other| other["id"] == event["id"] && other["status"] == "retracted");
        assert_eq!(
            back.and_then(|event| event["revision"].as_u64()),
            Some(2),
            "{events:#?}"
        );
    }
}

/// A feed whose second item has a headline that no ledger takes.
fn with_a_giant() -> String {
    rss(&[
        ("Story", "/a", "1"),
        (&"x".repeat(1_200_000), "/giant", "2"),
        ("Other", "/b", "3"),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_size_that_no_ledger_takes_is_cut_and_read_like_the_others() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match path {
            "/feed" => feed("ETag: \"1\"\r\n", &(with_a_giant() + &" ".repeat(before))),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(3).len(), 3);
    let state = paper.polled(3);
    assert_eq!((state.failures, state.new_entries), (0, 3));
    assert!(paper.home.records(Outlet::SetAside).is_empty());
    assert_eq!(paper.worker.stop().code(), Some(0));
}

/// Item keys listed so far, and whether the poll that lists them has ended.
fn listed(home: &Home) -> Option<(usize, bool)> {
    let file = rusqlite::Connection::open(home.ledger()).ok()?;
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).ok();
    let posted = "SELECT count(*) FROM _listed, json_each(_listed.json, '$.items') AS item
        WHERE json_extract(item.value, '$.posted') IS NOT NULL";
    let ended = "SELECT count(*) FROM _feeds WHERE json LIKE '%paper.test%'";
    Some((usize::try_from(count(posted)?).ok()?, count(ended)? > 0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_poll_that_is_killed_half_way_posts_the_rest_after_the_restart() {
    const ITEMS: usize = 1_900;
    let paths: Vec<String> = (0..ITEMS).map(|n| format!("/a{n}")).collect();
    let items: Vec<(&str, &str, &str)> = paths
        .iter()
        .map(|p| ("Story", p.as_str(), p.as_str()))
        .collect();
    let body = rss(&items);
    for attempt in 1..=20 {
        let body = body.clone();
        let mut paper = paper(
            |settings| settings.first_poll = 2_000,
            move |path, _, _| match path {
                "/feed" => feed("ETag: \"1\"\r\n", &body),
                _ => page(),
            },
        )
        .await;
        let home = &paper.home;
        home.until(&mut paper.worker, "a first batch", || {
            listed(home).filter(|(posted, _)| *posted > 0)
        });
        let mut paper = paper.killed();
        let (posted, ended) = listed(&paper.home).expect("a ledger");
        if ended || posted == ITEMS {
            continue;
        }
        println!("killed after {posted} of {ITEMS}, attempt {attempt}");
        let state = paper.polled(1);
        assert_eq!(
            (listed(&paper.home), state.skipped),
            (Some((ITEMS, true)), 0)
        );
        return;
    }
    panic!("each first poll ended before the kill");
}

#[tokio::test(flavor = "multi_thread")]
async fn items_with_one_guid_for_all_are_each_published_once() {
    let mut paper = paper(
        |settings| settings.first_poll = 1,
        |path, before, _| match (path, before) {
            ("/feed", 0) => feed("", &rss(&[("Old", "/a", "x"), ("Story", "/b", "x")])),
            ("/feed", 1) => feed("", &rss(&[("Third", "/c", "x")])),
            ("/feed", _) => feed("", &rss(&[("Third", "/c", "x"), ("Fourth", "/d", "x")])),
            ("/b", _) => page(),
            ("/c", _) => story("Sweden thanked Norway for its help with the harvest."),
            _ => story("Chile accused Peru of closing the port at Arica to its ships."),
        },
    )
    .await;
    let mut urls: Vec<String> = paper
        .articles(3)
        .iter()
        .map(|a| a["url"].to_string())
        .collect();
    urls.sort();
    assert!(
        urls[0].ends_with("/b\"") && urls[2].ends_with("/d\""),
        "{urls:?}"
    );
    assert_eq!(paper.polled(5).skipped, 1);
    assert_eq!(paper.home.count(Outlet::Articles), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_robots_txt_forbids_is_set_aside_unasked_and_its_crawl_delay_is_kept() {
    let rules = b"User-agent: *\nDisallow: /private\nDisallow: /feed\nCrawl-delay: 1\n";
    let mut paper = paper_with(
        answer("200 OK", "", rules),
        |_| (),
        |path, _, _| match path {
            "/feed" => feed(
                "",
                &rss(&[("Story", "/a", "1"), ("Secret", "/private/b", "2")]),
            ),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(1).len(), 1);
    paper
        .home
        .until_count(&mut paper.worker, Outlet::SetAside, 1);
    let aside: Vec<Value> = paper
        .home
        .records(Outlet::SetAside)
        .iter()
        .map(json)
        .collect();
    assert_eq!(aside[0]["reason"], "robots");
    assert!(
        paper
            .site
            .heads()
            .iter()
            .all(|head| !head.starts_with("get /private"))
    );
    let (began, before) = (std::time::Instant::now(), paper.visited());
    paper.polled(4);
    let asked = paper.visited() - before;
    let seconds = began.elapsed().as_secs_f64();
    assert!(
        asked as f64 <= seconds + 2.0,
        "{asked} requests in {seconds} s"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_robots_txt_forbids_to_us_by_name_is_not_asked() {
    let rules = b"User-agent: dateline\nDisallow: /feed\n";
    let mut paper = paper_with(
        answer("200 OK", "", rules),
        |_| (),
        |_, _, _| feed("", &one()),
    )
    .await;
    let reason = paper.polled(1).last_failure.map(|failure| failure.reason);
    assert_eq!(reason.as_deref(), Some("robots"));
    assert!(paper.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robots_txt_that_cannot_be_had_does_not_keep_a_feed_from_being_polled() {
    let broken = answer("500 Oh", "", b"");
    let mut paper = paper_with(broken, |_| (), |_, _, _| feed("", &rss(&[]))).await;
    assert_eq!(paper.polled(2).failures, 0);
    let robots = |head: &&String| {
        head.starts_with("get /robots.txt") && head.contains(&format!("host: {HOST}"))
    };
    assert_eq!(paper.site.heads().iter().filter(robots).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_410_in_a_row_are_counted_but_end_nothing_within_a_day() {
    let mut paper = paper(|_| (), |_, _, _| answer("410 Gone", "", b"")).await;
    let state = paper.polled(3);
    assert_eq!((state.gone, state.failures, state.disabled), (3, 3, None));
}

/// Changes what is remembered of the feed of a host while no worker runs.
fn remembered(home: &Home, host: &str, change: impl Fn(&mut FeedMemory)) {
    let file = rusqlite::Connection::open(home.ledger()).expect("a ledger");
    let json: String = file
        .query_row(
            "SELECT json FROM _feeds WHERE json_extract(json, '$.address') LIKE '%' || ?1 || '%'",
            [host],
            |row| row.get(0),
        )
        .expect("the feed was polled");
    let mut state: FeedMemory = serde_json::from_str(&json).expect("a state");
    change(&mut state);
    let changed = serde_json::to_string(&state).expect("a state");
    let rows = file.execute(
        "UPDATE _feeds SET json = ?1 WHERE json = ?2",
        [&changed, &json],
    );
    assert_eq!(rows.expect("a change"), 1);
}

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

impl Paper {
    /// Ends the worker, changes what is remembered of the paper's feed, and starts another one.
    fn later(self, change: impl Fn(&mut FeedMemory)) -> Paper {
        let Paper { site, home, worker } = self;
        assert_eq!(worker.stop().code(), Some(0));
        remembered(&home, HOST, change);
        let worker = home.start();
        Paper { site, home, worker }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_410_over_a_day_disable_a_feed_until_it_is_back() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match (path, before) {
            ("/feed", 0..=3) => answer("410 Gone", "", b""),
            ("/feed", _) => feed("ETag: \"1\"\r\n", &one()),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.polled(2).disabled, None);
    let mut paper = paper.later(|state| {
        state.gone_since = Some(hours_ago(25));
        state.next_poll = Some(hours_ago(0));
    });
    let polls = paper.state(CLOCK).map_or(0, |state| state.polls);
    let state = paper.polled(3);
    assert_eq!((state.gone, state.disabled.as_deref()), (3, Some("gone")));
    let days = state
        .next_poll
        .map(|next| next.duration_since(Timestamp::now()).as_hours() / 24);
    assert!(days.is_some_and(|days| (6..=9).contains(&days)), "{days:?}");
    let shown = paper.home.told(&["feeds", "list", "--json"]);
    assert!(shown.contains("\"state\":\"disabled\""), "{shown}");
    assert!(
        paper.home.log().contains("feed disabled"),
        "{}",
        paper.home.log()
    );
    paper.after(CLOCK, polls + 3);
    assert_eq!(paper.asked().len(), 3);

    // A week later it is tried once more, and recovers by itself once it answers.
    let mut paper = paper.later(|state| state.next_poll = Some(hours_ago(0)));
    assert_eq!(paper.polled(4).disabled.as_deref(), Some("gone"));
    let mut paper = paper.later(|state| state.next_poll = Some(hours_ago(0)));
    assert_eq!(paper.articles(1).len(), 1);
    let state = paper.polled(5);
    assert_eq!(
        (state.disabled, state.gone, state.gone_since),
        (None, 0, None)
    );
}

/// A feed that names another address of the paper as its new one.
fn naming(path: &str, items: &str) -> String {
    let names =
        format!("<channel><itunes:new-feed-url>http://{HOST}:PORT{path}</itunes:new-feed-url>");
    let rss = "<rss xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" version";
    let items = items.replace("<channel>", &names);
    items.replace("<rss version", rss)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_a_feed_names_as_its_new_one_is_learned_like_a_redirect() {
    let mut paper = paper(
        |_| (),
        move |path, _, head| match path {
            "/feed" if head.contains("if-none-match") => answer("304 Not Modified", "", b""),
            "/feed" => feed("ETag: \"1\"\r\n", &naming("/new", &one())),
            "/new" => feed(
                "ETag: \"2\"\r\n",
                &naming("/new", &rss(&[("Story", "/a", "1"), ("Next", "/b", "2")])),
            ),
            _ => page(),
        },
    )
    .await;
    let moving = paper
        .polled(5)
        .moving
        .expect("an address that is being learned");
    assert!(
        moving.polls >= 4 && moving.to.ends_with("/new"),
        "{moving:?}"
    );
    assert_eq!(
        paper.asked().len(),
        paper.visited() - 1,
        "{:?}",
        paper.site.heads()
    );
    let mut paper = paper.later(|state| {
        state.next_poll = Some(hours_ago(0));
        if let Some(moving) = &mut state.moving {
            moving.since = hours_ago(49);
            moving.polls = 5;
        }
    });
    assert_eq!(paper.articles(2).len(), 2);
    let polls = paper.state(HOST).map_or(0, |state| state.polls);
    let state = paper.polled(polls + 2);
    assert!(state.moved_to.is_some_and(|to| to.ends_with("/new")));
    assert_eq!(state.moving, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_a_feed_names_and_that_is_dead_is_given_up_for_good() {
    let listed = Arc::new(AtomicBool::new(false));
    let more = Arc::clone(&listed);
    let mut paper = paper(
        |_| (),
        move |path, _, _| match path {
            "/feed" if more.load(Ordering::SeqCst) => {
                let two = rss(&[("Story", "/a", "1"), ("Next", "/b", "2")]);
                feed("", &naming("/dead", &two))
            }
            "/feed" => feed("", &naming("/dead", &one())),
            "/dead" => answer("404 Not Found", "", b""),
            _ => page(),
        },
    )
    .await;
    paper.polled(2);
    let mut paper = paper.later(|state| {
        state.next_poll = Some(hours_ago(0));
        if let Some(moving) = &mut state.moving {
            moving.since = hours_ago(49);
            moving.polls = 5;
        }
    });
    let state = paper.until_state("the new address fails", |state| state.failures == 1);
    assert!(state.moved_to.is_some_and(|to| to.ends_with("/dead")));
    let state = paper.until_state("it is given up", |state| state.moved_to.is_none());
    assert_eq!(state.failures, 3);
    listed.store(true, Ordering::SeqCst);
    assert_eq!(paper.articles(2).len(), 2);

    // The feed names it on; nobody believes it any more, however long.
    let polls = paper.state(HOST).map_or(0, |state| state.polls);
    let state = paper.polled(polls + 6);
    assert_eq!(
        (state.failures, state.moving, state.moved_to),
        (0, None, None)
    );
    assert!(
        state
            .given_up
            .is_some_and(|given_up| given_up.to.ends_with("/dead"))
    );
    let heads = paper.site.heads();
    let dead = heads.iter().filter(|head| head.starts_with("get /dead "));
    assert_eq!(dead.count(), 3);
}

/// What is remembered of the feed at a path of the paper.
fn at(paper: &Paper, path: &str) -> Option<FeedMemory> {
    let states = SqliteReader::open(&paper.home.ledger())
        .ok()?
        .read_feed_states()
        .ok()?;
    let end = format!("{}{path}", paper.site.address.port());
    let of = |state: &FeedMemory| {
        let address = state.address.as_deref();
        address.is_some_and(|url| url.contains(HOST) && url.ends_with(&end))
    };
    states.into_values().map(FeedMemory::from).find(of)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_feeds_that_end_at_one_address_one_is_polled_and_the_other_told_so() {
    let mut paper = paper(
        |settings| {
            let second = settings.feeds[0].replace("/feed", "/other");
            settings.feeds.push(second);
        },
        |path, before, _| match path {
            "/other" => answer("302 Found", "Location: /feed\r\n", b""),
            "/feed" if before > 6 => feed("", &rss(&[("Story", "/a", "1"), ("Next", "/b", "2")])),
            "/feed" => feed("", &one()),
            _ => page(),
        },
    )
    .await;
    let merged = |paper: &Paper| {
        let both = ["/feed", "/other"].map(|path| at(paper, path));
        let both = both.into_iter().flatten();
        both.filter(|state| state.disabled.as_deref() == Some("same_feed"))
            .collect::<Vec<_>>()
    };
    let (home, worker) = (&paper.home, &mut paper.worker);
    home.until(worker, "one of them is told", || {
        home.log().contains("by its end").then_some(())
    });
    let polls = paper.state(CLOCK).map_or(0, |state| state.polls);
    paper.after(CLOCK, polls + 3);
    let told = merged(&paper);
    let [second] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert!(second.next_why.contains("it ends where"), "{second:?}");
    assert_eq!((second.new_entries, second.failures), (0, 0));
    let shown = paper.home.told(&["feeds", "list", "--json"]);
    assert!(shown.contains("it ends where"), "{shown}");
    assert_eq!(paper.articles(2).len(), 2);

    // The list drops the one that is polled: the other one is at once.
    let gone = if second
        .address
        .as_deref()
        .is_some_and(|url| url.ends_with("/other"))
    {
        "/feed"
    } else {
        "/other"
    };
    let kept: Vec<String> = ["/feed", "/other"]
        .iter()
        .filter(|path| **path != gone)
        .map(|path| format!("http://{HOST}:{}{path}", paper.site.address.port()))
        .collect();
    paper.home.write("feeds.toml", &worker::feed_list(&kept));
    let (home, site) = (&paper.home, &paper.site);
    let path = if gone == "/feed" { "/other" } else { "/feed" };
    let state = || {
        let states = SqliteReader::open(&home.ledger())
            .ok()?
            .read_feed_states()
            .ok()?;
        let end = format!("{}{path}", site.address.port());
        let of = |state: &FeedMemory| {
            state
                .address
                .as_deref()
                .is_some_and(|url| url.ends_with(&end))
        };
        let state = states.into_values().map(FeedMemory::from).find(of)?;
        state.disabled.is_none().then_some(())
    };
    home.until(&mut paper.worker, "the other is polled again", state);
    assert_eq!(paper.home.count(Outlet::Articles), 2);
}

/// What becomes of the feed in whose place another one is polled, or of that other one.
#[derive(Clone, Copy)]
enum Turns {
    /// The other one answers 404.
    Fails,
    /// It leads to another feed.
    EndsElsewhere,
    /// It asks to be left alone for a day.
    AsksToWait,
}

/// A paper whose feed is merged into one of another site that leads to it, until a switch is thrown: then the other
/// one turns, and the paper lists a second story.
async fn merged_paper(turns: Turns) -> (Paper, Arc<AtomicBool>) {
    let thrown = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&thrown);
    let mut paper = paper(
        |settings| {
            let old = settings.feeds[0]
                .replace(HOST, OLD)
                .replace("/feed", "/old");
            settings.hosts.push(OLD.to_owned());
            settings.feeds[0] = old;
        },
        move |path, _, _| {
            let thrown = switch.load(Ordering::SeqCst);
            let to = format!("Location: http://{HOST}:PORT/feed\r\n");
            match (path, turns) {
                ("/old", Turns::Fails) if thrown => answer("404 Not Found", "", b""),
                ("/old", Turns::EndsElsewhere) if thrown => {
                    answer("302 Found", "Location: /elsewhere\r\n", b"")
                }
                ("/old", Turns::AsksToWait) if thrown => {
                    answer("429 Too Many Requests", "Retry-After: 86400\r\n", b"")
                }
                ("/old", _) => answer("302 Found", &to, b""),
                ("/elsewhere", _) => feed("", &rss(&[])),
                ("/feed", _) if thrown => {
                    feed("", &rss(&[("Story", "/a", "1"), ("Next", "/b", "2")]))
                }
                ("/feed", _) => feed("", &one()),
                _ => page(),
            }
        },
    )
    .await;
    assert_eq!(paper.articles(1).len(), 1);
    paper.after(OLD, 1);
    paper
        .home
        .write("feeds.toml", &list_of(&paper, &[OLD, HOST, CLOCK]));
    let old = FeedId::of_address(&address_of(&paper, OLD));
    let state = paper.until_state("merged", |state| state.disabled.is_some());
    let same = state.same_as.expect("another feed is polled in its place");
    assert_eq!(
        (state.disabled.as_deref(), same.feed),
        (Some("same_feed"), old)
    );
    assert_eq!(same.end, address_of(&paper, HOST));
    (paper, thrown)
}

fn address_of(paper: &Paper, host: &str) -> String {
    let path = if host == OLD { "/old" } else { "/feed" };
    format!("http://{host}:{}{path}", paper.site.address.port())
}

fn list_of(paper: &Paper, hosts: &[&str]) -> String {
    let feeds: Vec<String> = hosts.iter().map(|host| address_of(paper, host)).collect();
    worker::feed_list(&feeds)
}

impl Paper {
    /// Waits until what is remembered of the paper's feed is such.
    fn until_state(&mut self, what: &str, such: impl Fn(&FeedMemory) -> bool) -> FeedMemory {
        let ledger = self.home.ledger();
        self.home.until(&mut self.worker, what, || {
            let states = SqliteReader::open(&ledger).ok()?.read_feed_states().ok()?;
            let of = |state: &FeedMemory| {
                let address = state.address.as_deref();
                address.is_some_and(|url| url.contains(HOST)) && such(state)
            };
            states.into_values().map(FeedMemory::from).find(of)
        })
    }

    /// The merged feed is polled for itself again, and what it lists by now is published.
    fn is_polled_for_itself(&mut self) {
        let state = self.until_state("a feed of its own", |state| state.disabled.is_none());
        assert_eq!((state.same_as, state.failures), (None, 0));
        assert_eq!(self.articles(2).len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_feed_is_polled_again_as_soon_as_the_other_one_fails() {
    let (mut paper, thrown) = merged_paper(Turns::Fails).await;
    let polls = paper.state(CLOCK).map_or(0, |state| state.polls);
    paper.after(CLOCK, polls + 2);
    let state = paper.state(HOST).expect("it was polled");
    assert_eq!(
        state.disabled.as_deref(),
        Some("same_feed"),
        "while it works"
    );
    thrown.store(true, Ordering::SeqCst);
    paper.is_polled_for_itself();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_feed_is_polled_again_as_soon_as_the_other_one_ends_elsewhere() {
    let (mut paper, thrown) = merged_paper(Turns::EndsElsewhere).await;
    thrown.store(true, Ordering::SeqCst);
    paper.is_polled_for_itself();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_feed_is_polled_again_as_soon_as_the_other_one_is_asked_to_wait() {
    let (mut paper, thrown) = merged_paper(Turns::AsksToWait).await;
    thrown.store(true, Ordering::SeqCst);
    paper.is_polled_for_itself();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_feed_is_polled_again_after_a_restart_with_a_list_that_lacks_the_other_one() {
    let (paper, thrown) = merged_paper(Turns::Fails).await;
    let list = list_of(&paper, &[HOST, CLOCK]);
    let Paper { site, home, worker } = paper;
    assert_eq!(worker.stop().code(), Some(0));
    home.write("feeds.toml", &list);
    thrown.store(true, Ordering::SeqCst);
    let mut paper = Paper::begun_again(site, home);
    paper.is_polled_for_itself();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_feed_is_polled_again_after_a_kill_between_the_failure_of_the_other_one_and_its_poll()
 {
    let (paper, thrown) = merged_paper(Turns::Fails).await;
    let Paper { site, home, worker } = paper;
    assert_eq!(worker.stop().code(), Some(0));
    // The failure of the other one was committed, and nothing after it.
    remembered(&home, OLD, |state| {
        state.failures = 1;
        state.next_poll = Some(Timestamp::now() + SignedDuration::from_hours(20));
    });
    thrown.store(true, Ordering::SeqCst);
    let mut paper = Paper::begun_again(site, home);
    paper.is_polled_for_itself();
    let old = paper.state(OLD).map(|state| state.failures);
    assert_eq!(old, Some(1), "the other one was not polled meanwhile");
}

/// A page with one more line in its head, and a story of its own.
fn page_with(head: &str, act: &str, heads: &str) -> Vec<u8> {
    let told = (0..12)
        .map(|n| format!("{act} It was the {n}th such step of {act}"))
        .collect::<Vec<_>>();
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><title>Story</title>{head}</head><body><article><h1>Story</h1><p>{}</p>\
         </article></body></html>",
        told.join("</p><p>")
    );
    answer(
        "200 OK",
        &format!("Content-Type: text/html; charset=utf-8\r\n{heads}"),
        html.as_bytes(),
    )
}

const ACTS: [&str; 3] = [
    "Norway praised Portugal for its help with the harvest of the northern islands.",
    "Chile accused Peru of sending patrol boats across the border at night.",
    "Kenya signed an agreement with Ghana on grain, railways and fishing rights.",
];

/// A paper of three stories that all name one address as their own.
async fn of_one_address(heads: &'static str) -> Paper {
    let items = rss(&[("A", "/a-1", "1"), ("B", "/b-2", "2"), ("C", "/c-3", "3")]);
    paper(
        |_| (),
        move |path, _, _| {
            let same = format!("<link rel=\"canonical\" href=\"http://{HOST}:PORT/all-news-1\">");
            match path {
                "/feed" => feed("ETag: \"1\"\r\n", &items),
                "/a-1" => page_with(&same, ACTS[0], heads),
                "/b-2" => page_with(&same, ACTS[1], heads),
                _ => page_with(&same, ACTS[2], heads),
            }
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_many_pages_name_as_their_own_joins_none_of_them() {
    let articles = of_one_address("").await.articles(3);
    for act in ACTS {
        let told = articles.iter().filter(|article| {
            article["text"]
                .as_str()
                .is_some_and(|text| text.contains(act))
        });
        assert_eq!(told.count(), 1, "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_name_one_address_and_forbid_their_text_are_told_apart_by_it() {
    let mut paper = of_one_address("X-Robots-Tag: noindex\r\n").await;
    let articles = paper.articles(3);
    assert!(articles.iter().all(|article| article["text"] == ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_story_under_two_addresses_that_name_a_third_is_one_article() {
    let items = rss(&[
        ("A", "/a-1", "1"),
        ("A", "/a-1/print", "2"),
        ("B", "/b-2", "3"),
        ("C", "/c-3", "4"),
    ]);
    let mut paper = paper(
        |_| (),
        move |path, _, _| {
            let link = |to: &str| format!("<link rel=\"canonical\" href=\"{to}\">");
            let whole = |to: &str| link(&format!("http://{HOST}:PORT{to}"));
            match path {
                "/feed" => feed("ETag: \"1\"\r\n", &items),
                "/b-2" => page_with(&format!("{}{}", whole("/x-8"), whole("/x-9")), ACTS[1], ""),
                "/c-3" => page_with(&link("/x-7"), ACTS[2], ""),
                _ => page_with(&whole("/story-1"), ACTS[0], ""),
            }
        },
    )
    .await;
    paper.articles(3);
    let pages = ["/a-1 ", "/a-1/print ", "/b-2 ", "/c-3 "].map(|path| format!("get {path}"));
    let (home, worker) = (&paper.home, &mut paper.worker);
    home.until(worker, "all four are asked and settled", || {
        let heads = paper.site.heads();
        let asked = |page: &String| heads.iter().any(|head| head.starts_with(page.as_str()));
        (pages.iter().all(asked) && home.waiting() == 0).then_some(())
    });
    let articles = paper.articles(3);
    let mut urls: Vec<&str> = articles
        .iter()
        .filter_map(|article| article["url"].as_str())
        .collect();
    urls.sort_unstable();
    let ends: Vec<&str> = urls
        .iter()
        .filter_map(|url| url.rsplit('/').next())
        .collect();
    assert_eq!(
        ends,
        ["b-2", "c-3", "story-1"],
        "two canonical addresses are none, and so is half of one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_to_be_kept_is_published_without_its_text() {
    let items = rss(&[("A", "/a-1", "1"), ("B", "/b-2", "2"), ("C", "/c-3", "3")]);
    let mut paper = paper(|_| (), move |path, _, _| match path {
        "/feed" => feed("ETag: \"1\"\r\n", &items),
        "/a-1" => page_with("<meta name=\"robots\" content=\"NoIndex, follow\">", ACTS[0], ""),
        "/b-2" => page_with("", ACTS[1], "X-Robots-Tag: none\r\n"),
        _ => page_with("", ACTS[2], "X-Robots-Tag: otherbot: noarchive, noindex\r\nX-Robots-Tag: noai\r\nTDM-Reservation: 1\r\n"),
    })
    .await;
    let articles = paper.articles(3);
    let of = |end: &str| {
        let of = |article: &&Value| {
            article["url"]
                .as_str()
                .is_some_and(|url| url.ends_with(end))
        };
        articles.iter().find(of).expect("an article of each page")
    };
    for (end, said) in [("/a-1", "noindex"), ("/b-2", "none")] {
        let article = of(end);
        assert_eq!(
            (&article["text"], &article["title"]),
            (&"".into(), &"Story".into())
        );
        assert_eq!(article["coding"]["status"], "metadata_only", "{article}");
        assert_eq!(article["coding"]["events"], 0);
        assert!(article["paragraphs"].as_array().is_some_and(Vec::is_empty));
        let robots = article["rights"]["robots"].as_array().expect("a list");
        assert!(robots.contains(&said.into()), "{robots:?}");
    }
    let read = of("/c-3");
    assert!(
        read["text"]
            .as_str()
            .is_some_and(|text| text.contains(ACTS[2]))
    );
    let robots = serde_json::json!(["noai", "otherbot: noarchive", "otherbot: noindex"]);
    assert_eq!(
        (&read["rights"]["robots"], &read["rights"]["tdm"]),
        (&robots, &"reserved".into())
    );
    assert_eq!(read["coding"]["status"], "coded");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_says_which_directives_withhold_a_text() {
    let items = rss(&[("A", "/a-1", "1"), ("B", "/b-2", "2")]);
    let more = "[article]\nmetadata_only = [\"noai\", \"tdm-reservation\"]\n";
    let mut paper = paper(
        |settings| more.clone_into(&mut settings.more),
        move |path, _, _| match path {
            "/feed" => feed("ETag: \"1\"\r\n", &items),
            "/a-1" => page_with("", ACTS[0], "X-Robots-Tag: noindex\r\n"),
            _ => page_with("", ACTS[1], "TDM-Reservation: 1\r\n"),
        },
    )
    .await;
    let articles = paper.articles(2);
    let mut status: Vec<&str> = articles
        .iter()
        .filter_map(|article| article["coding"]["status"].as_str())
        .collect();
    status.sort_unstable();
    assert_eq!(status, ["coded", "metadata_only"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_publication_that_is_still_to_come_is_the_time_of_the_fetch_and_says_so() {
    let items = rss(&[("A", "/a-1", "1"), ("B", "/b-2", "2")]).replace(
        "Mon, 01 Mar 2021 08:00:00 GMT",
        "Mon, 01 Mar 2100 08:00:00 GMT",
    );
    let began = Timestamp::now();
    let mut paper = paper(
        |_| (),
        move |path, _, _| {
            let meta =
                "<meta property=\"article:published_time\" content=\"2100-03-01T08:00:00Z\">";
            match path {
                "/feed" => feed("ETag: \"1\"\r\n", &items),
                "/a-1" => page_with(meta, ACTS[0], ""),
                _ => page_with(meta, ACTS[1], ""),
            }
        },
    )
    .await;
    let articles = paper.articles(2);
    for article in &articles {
        let published = &article["published"];
        let at: Timestamp = published["at"]
            .as_str()
            .and_then(|at| at.parse().ok())
            .expect("a time");
        if article["url"]
            .as_str()
            .is_some_and(|url| url.ends_with("/a-1"))
        {
            assert_eq!(published["source"], "fetched", "{published}");
            assert!(at >= began && at <= Timestamp::now(), "{published}");
        } else {
            // The feed's own time is believed where it can be.
            assert_eq!(
                (&published["source"], &published["day"]),
                (&"feed".into(), &"2021-03-02".into())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_kept_on_the_way_to_one_page_and_dropped_with_it() {
    let items = rss(&[("A", "/a-1", "1"), ("B", "/b-2", "2")]);
    let mut paper = paper(
        |_| (),
        move |path, _, head| {
            let back = |to: &str| {
                answer(
                    "302 Found",
                    &format!("Set-Cookie: way=1; Path=/\r\nLocation: {to}\r\n"),
                    b"",
                )
            };
            match path {
                "/feed" => feed("ETag: \"1\"\r\nSet-Cookie: feed=1\r\n", &items),
                "/wall?a" => back("/a-1"),
                "/wall?b" => back("/b-2"),
                "/a-1" if head.contains("cookie: way=1") => page_with("", ACTS[0], ""),
                "/b-2" if head.contains("cookie: way=1") => page_with("", ACTS[1], ""),
                "/a-1" => answer("302 Found", "Location: /wall?a\r\n", b""),
                _ => answer("302 Found", "Location: /wall?b\r\n", b""),
            }
        },
    )
    .await;
    assert_eq!(paper.articles(2).len(), 2);
    let heads = paper.site.heads();
    let told: Vec<&String> = heads
        .iter()
        .filter(|head| head.contains("cookie:"))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .all(|head| !head.contains("feed=1") && !head.starts_with("get /wall"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_body_under_the_old_etag_is_read() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match (path, before) {
            ("/feed", 0) => feed("ETag: \"1\"\r\n", &one()),
            ("/feed", _) => feed(
                "ETag: \"1\"\r\n",
                &rss(&[("Story", "/a", "1"), ("Next", "/b", "2")]),
            ),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(2).len(), 2);
    assert_eq!(paper.polled(3).new_entries, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_of_permanent_redirects_is_learned_also_from_304_and_validators_go_only_to_its_end() {
    let mut paper = paper(
        |_| (),
        |path, _, head| match path {
            "/feed" => answer("301 Moved", "Location: /second\r\n", b""),
            "/second" => answer("308 Moved", "Location: /third\r\n", b""),
            "/third" if head.contains("if-none-match: \"1\"") => {
                answer("304 Not Modified", "", b"")
            }
            "/third" => feed("ETag: \"1\"\r\n", &one()),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(1).len(), 1);
    let state = paper.polled(4);
    let moving = state.moving.expect("a redirect that is being learned");
    assert!(
        moving.polls >= 4 && moving.to.ends_with("/third"),
        "{moving:?}"
    );
    let heads = paper.site.heads();
    let sent = |path: &str| {
        let of = |head: &&String| {
            head.starts_with(&format!("get {path} ")) && head.contains("if-none-match")
        };
        heads.iter().filter(of).count()
    };
    assert!(sent("/third") >= 3);
    assert_eq!((sent("/feed"), sent("/second")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_in_a_circle_are_left_when_they_come_round() {
    let mut paper = paper(
        |_| (),
        |path, _, _| match path {
            "/feed" => answer("301 Moved", "Location: /other\r\n", b""),
            _ => answer("301 Moved", "Location: /feed\r\n", b""),
        },
    )
    .await;
    let state = paper.polled(1);
    let reason = state.last_failure.map(|failure| failure.reason);
    assert_eq!(reason.as_deref(), Some("redirect_loop"));
    assert!(state.moving.is_none());
    assert_eq!(paper.visited() % 2, 0, "{:?}", paper.site.heads());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_304_to_whoever_asks_first_is_failing_from_the_second_time_on() {
    let mut paper = paper(|_| (), |_, _, _| answer("304 Not Modified", "", b"")).await;
    assert_eq!(paper.polled(1).failures, 0);
    let state = paper.polled(2);
    let reason = state.last_failure.map(|failure| failure.reason);
    assert_eq!(
        (state.failures, reason.as_deref()),
        (1, Some("not_modified"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_tried_once_more_within_the_poll() {
    let mut paper = paper(
        |_| (),
        |path, before, _| match (path, before) {
            ("/feed", 0) => Vec::new(),
            ("/feed", _) => feed("", &rss(&[])),
            _ => page(),
        },
    )
    .await;
    let state = paper.polled(1);
    assert_eq!((state.failures, state.last_failure), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_and_a_page_that_are_cut_short_are_asked_for_again() {
    // Not UTF-8, so that the length it lies about stays as it is.
    let cut =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\n<p>caf\xe9"
            .to_vec();
    let mut paper = paper(
        |_| (),
        move |path, before, _| match (path, before) {
            ("/feed" | "/a", 0) => cut.clone(),
            ("/feed", _) => feed("", &one()),
            _ => page(),
        },
    )
    .await;
    assert_eq!(paper.articles(1).len(), 1);
    let pages = paper
        .site
        .heads()
        .iter()
        .filter(|head| head.starts_with("get /a "))
        .count();
    assert_eq!(pages, 2);
    assert!(paper.home.records(Outlet::SetAside).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_under_the_same_id_starts_without_what_belonged_to_the_old_one() {
    let mut paper = paper(
        |_| (),
        |path, _, head| match path {
            "/feed" | "/feed/next" if head.contains("if-none-match") => {
                answer("304 Not Modified", "", b"")
            }
            "/feed" => feed("ETag: \"1\"\r\n", &one()),
            "/feed/next" => feed(
                "ETag: \"2\"\r\n",
                &rss(&[("Story", "/a", "1"), ("Next", "/b", "2")]),
            ),
            _ => page(),
        },
    )
    .await;
    let port = paper.site.address.port();
    let list = |path: &str| {
        let clock = format!("[[feed]]\nurl = \"http://{CLOCK}:{port}/feed\"\n");
        format!(
            "[[feed]]\nid = \"own\"\nurl = \"http://{HOST}:{port}{path}\"\ninterval = \"1s\"\n{clock}"
        )
    };
    paper.home.write("feeds.toml", &list("/feed"));
    assert_eq!(paper.articles(1).len(), 1);
    paper.polled(3);
    paper.home.write("feeds.toml", &list("/feed/next"));
    assert_eq!(paper.articles(2).len(), 2);
    let next = paper
        .site
        .heads()
        .into_iter()
        .find(|head| head.starts_with("get /feed/next"));
    assert!(next.is_some_and(|head| !head.contains("if-none-match")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_interval_and_another_pace_of_the_list_take_effect_at_once() {
    let mut paper = paper(
        |_| (),
        |path, _, _| match path {
            "/feed" => feed("", &rss(&[])),
            _ => page(),
        },
    )
    .await;
    let port = paper.site.address.port();
    let list = |interval: &str, pace: &str| {
        format!(
            "[[feed]]\nurl = \"http://{HOST}:{port}/feed\"\ninterval = \"{interval}\"\n\
             [[feed]]\nurl = \"http://{CLOCK}:{port}/feed\"\n[sites.\"www.{HOST}\"]\npace = \"{pace}\"\n"
        )
    };
    let reload = |paper: &Paper, text: &str| {
        paper.home.write("feeds.toml", text);
        paper.worker.signal("HUP");
    };
    paper.polled(1);
    reload(&paper, &list("1h", "5ms"));
    paper.home.logged(&mut paper.worker, "feed list taken over");
    // A poll may have been on its way.
    let polls = paper.state(HOST).map_or(0, |state| state.polls);
    let clock = paper.state(CLOCK).map_or(0, |state| state.polls);
    paper.after(CLOCK, clock + 4);
    let polls_in_an_hour = paper.state(HOST).map_or(0, |state| state.polls) - polls;
    assert!(polls_in_an_hour <= 1, "{polls_in_an_hour}");
    let polls = polls + polls_in_an_hour;
    reload(&paper, &list("1s", "3s"));
    let began = std::time::Instant::now();
    paper.polled(polls + 4);
    assert!(
        began.elapsed() >= Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
}

/// Many papers behind one address, each polled each second; the script gets the number of the paper, how often it was
/// asked before, and the path.
async fn papers(
    count: usize,
    more: &str,
    script: impl Fn(usize, usize, &str) -> Vec<Step> + Send + Sync + 'static,
) -> (RawSite, Home) {
    let asked: Mutex<HashMap<usize, usize>> = Mutex::default();
    let site = RawSite::at([127, 0, 0, 1], move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let lower = head.to_lowercase();
        let host = lower
            .lines()
            .find_map(|line| line.strip_prefix("host: paper"));
        let number = host
            .and_then(|host| host.split('.').next()?.parse().ok())
            .unwrap_or(usize::MAX);
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.entry(number).or_default();
        *before += 1;
        script(number, *before - 1, path)
    })
    .await;
    let port = site.address.port();
    let hosts: Vec<String> = (0..count).map(|n| format!("paper{n}.test")).collect();
    let feeds = hosts
        .iter()
        .map(|host| format!("http://{host}:{port}/feed"))
        .collect();
    let mut settings = Settings::local(hosts, feeds);
    more.clone_into(&mut settings.more);
    let home = Home::new(&settings);
    (site, home)
}

/// What is remembered of each paper's feed, by its number.
fn states(home: &Home) -> HashMap<usize, FeedMemory> {
    let states = SqliteReader::open(&home.ledger()).and_then(|reader| reader.read_feed_states());
    let number = |state: &FeedMemory| {
        let host = state.address.as_deref()?.strip_prefix("http://paper")?;
        host.split('.').next()?.parse().ok()
    };
    let states = states
        .into_iter()
        .flat_map(std::collections::BTreeMap::into_values)
        .map(FeedMemory::from);
    states
        .filter_map(|state| Some((number(&state)?, state)))
        .collect()
}

fn robots_or(path: &str, said: Vec<u8>) -> Vec<Step> {
    let none = answer("404 Not Found", "", b"");
    vec![Step::Send(if path == "/robots.txt" { none } else { said })]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_of_a_feed_is_what_the_table_says() {
    // Status, reason, and whether it counts as a failure: what asks to wait does not.
    const TABLE: [(u16, &str, u32); 20] = [
        (400, "refused", 1),
        (401, "refused", 1),
        (402, "refused", 1),
        (403, "refused", 1),
        (404, "not_found", 1),
        (405, "refused", 1),
        (406, "refused", 1),
        (408, "server_error", 1),
        (410, "gone", 1),
        (418, "refused", 1),
        (425, "server_error", 1),
        (429, "server_error", 0),
        (451, "refused", 1),
        (500, "server_error", 1),
        (501, "server_error", 1),
        (502, "server_error", 1),
        (503, "server_error", 0),
        (504, "server_error", 1),
        (522, "server_error", 1),
        (599, "server_error", 1),
    ];
    let (_site, home) = papers(TABLE.len(), "", |number, _, path| {
        let status = TABLE.get(number).map_or(404, |row| row.0);
        robots_or(path, answer(&format!("{status} Status"), "", b"sorry"))
    })
    .await;
    let mut worker = home.start();
    home.until(&mut worker, "each is polled", || {
        (states(&home).len() == TABLE.len()).then_some(())
    });
    worker.kill();
    let states = states(&home);
    for (number, (status, reason, failures)) in TABLE.into_iter().enumerate() {
        let state = &states[&number];
        let failure = state.last_failure.as_ref().expect("none of them is a feed");
        assert_eq!(failure.reason, reason, "{status}");
        assert!(failure.detail.contains(&status.to_string()), "{failure:?}");
        assert_eq!(state.failures.min(1), failures, "{status}");
        assert_eq!(state.held_until.is_some(), failures == 0, "{status}");
        assert_eq!(state.disabled, None, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_hangs_keeps_none_of_the_others_waiting() {
    const ROUNDS: u64 = 5;
    let (site, home) = papers(100, "", |number, _, path| match number {
        0 => vec![Step::Hang],
        _ => robots_or(path, feed("", &rss(&[]))),
    })
    .await;
    let mut worker = home.start();
    home.until(&mut worker, "five rounds of the others", || {
        let states = states(&home);
        let polled = states
            .iter()
            .filter(|(n, state)| **n != 0 && state.polls >= ROUNDS);
        (polled.count() == 99).then_some(())
    });
    let hung = site
        .heads()
        .iter()
        .filter(|head| head.contains("host: paper0.test"))
        .count();
    let most = states(&home).values().map(|state| state.polls).max();
    println!(
        "99 sites polled {ROUNDS} to {most:?} times, the one that hangs was asked {hung} times"
    );
    assert!((1..=4).contains(&hung), "{hung}");
    assert_eq!(worker.stop().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_sites_all_hang_ends_within_its_grace() {
    let grace = Duration::from_secs(6);
    let (site, home) = papers(20, "[worker]\ngrace = \"6s\"\n", |_, _, _| vec![Step::Hang]).await;
    let mut worker = home.start();
    home.until(&mut worker, "each hangs", || {
        (site.heads().len() >= 20).then_some(())
    });
    let began = std::time::Instant::now();
    assert_eq!(worker.stop().code(), Some(0));
    println!("ended after {:?} of {grace:?}", began.elapsed());
    assert!(began.elapsed() < grace, "{:?}", began.elapsed());
}

/// A feed on its own, with the settings that the clock test polls it by.
fn lone_feed() -> (Feed, PollConfig) {
    let url = Url::parse("https://example.org/feed").expect("an address");
    let feed = Feed {
        id: FeedId::of_address(url.as_str()),
        site: Site::of_url(&url).expect("a host"),
        url,
        name: None,
        interval: None,
        language: None,
        country: None,
        tags: Vec::new(),
    };
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let config = PollConfig {
        interval: minutes(15),
        min_interval: minutes(15),
        max_interval: minutes(24 * 60),
        no_validators_floor: minutes(60),
        first_poll: 20,
        limits: FeedLimits::default(),
    };
    (feed, config)
}

#[test]
fn jumps_of_the_clock_make_no_feed_wait_longer_than_any_rule_does_nor_poll_it_twice() {
    /// Hours by which the clock is set on, each with a restart, for a process that runs on counts by another clock.
    const JUMPS: [i64; 8] = [1, -1, 24, -24, 30 * 24, -30 * 24, 900 * 24, -900 * 24];
    let (feed, config) = lone_feed();
    let start: Timestamp = "2026-03-29T00:30:00Z".parse().expect("an instant");
    let hours = SignedDuration::from_hours;
    let (mut state, mut polls) = (FeedMemory::default(), Vec::new());
    let (mut offset, mut jumps) = (hours(0), JUMPS.into_iter());
    let (mut next_poll, mut next_jump) = (start, start + hours(37));
    while polls.len() < 400 {
        if next_jump <= next_poll {
            let real = next_jump;
            let Some(jump) = jumps.next() else {
                next_jump = start + hours(10_000);
                continue;
            };
            offset += hours(jump);
            next_jump = real + hours(37);
            let wait =
                due_time(&feed, &state, &config, real + offset).duration_since(real + offset);
            next_poll = real + wait.max(SignedDuration::ZERO);
            continue;
        }
        let real = next_poll;
        polls.push(real);
        let changed = usize::from(polls.len() % 3 == 0);
        let outcome = PollOutcome::Parsed {
            new: changed,
            rhythm_s: Some(3_600.0),
            bytes: 9,
        };
        settle_poll(&feed, &mut state, &outcome, None, &config, real + offset);
        let next = state.next_poll.expect("a poll is planned");
        next_poll = real + next.duration_since(real + offset);
    }
    let gaps: Vec<SignedDuration> = polls
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]))
        .collect();
    let floor = SignedDuration::try_from(config.no_validators_floor).expect("an hour");
    let (early, longest) = (
        gaps.iter().filter(|gap| **gap < floor).count(),
        gaps.iter().max(),
    );
    println!(
        "8 jumps: {} polls, {early} before their time, the longest wait {longest:?}",
        polls.len()
    );
    // A clock that is set on makes one poll due, which is then no other.
    let forward = JUMPS.iter().filter(|jump| **jump > 0).count();
    assert!(early <= forward, "{early}");
    // A day and a fifth from the restart on, and what had passed of the wait before.
    assert!(longest.is_some_and(|gap| *gap <= hours(31)), "{longest:?}");
}
