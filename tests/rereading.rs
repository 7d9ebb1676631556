//! An article that is read again, or listed for long: what stands stays, what is gone is taken back and not told as news.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dateline::{
    demo::server::{Answer, AskedPage, LoopbackServer},
    ledger::Outlet,
};
use serde_json::Value;

use crate::support::{
    http,
    worker::{Home, Settings, json},
};

const HOST: &str = "paper.test";
const HTML: &str = "text/html; charset=utf-8";
/// What a page has beside the sentence that a test is about, so that it is a story.
const REST: &str = "The harbour was quiet in the morning, and the boats stayed at their moorings until the wind \
     fell. People stood at the quay for a while and then went home, since there was nothing to see there. Nobody knew \
     how long the weather would hold, and the forecast for the rest of the week said little that anybody could use.";
const ACT: &str = "Turkey accused Greece of spying on Monday.";

fn html(body: &str) -> Answer {
    Answer::Page {
        content_type: HTML,
        body: body.into(),
    }
}

fn page(sentences: &[&str]) -> Answer {
    let paragraphs: String = sentences.iter().map(|s| format!("<p>{s}</p>\n")).collect();
    html(&format!(
        "<!doctype html><html lang=\"en\"><head><title>A quiet harbour - Paper</title></head><body><article>\
         <h1>A quiet harbour</h1>\n{paragraphs}<p>{REST}</p></article></body></html>"
    ))
}

/// A feed of one item that leads to `path`, with words of its own; it is never the same, so that it is always read.
fn feed(port: u16, path: &str, words: &str) -> Answer {
    static EDITION: AtomicUsize = AtomicUsize::new(0);
    let edition = EDITION.fetch_add(1, Ordering::SeqCst);
    Answer::Page {
        content_type: "application/rss+xml",
        body: format!(
            "<rss version=\"2.0\"><channel><title>Paper {edition}</title><item><title>A quiet harbour</title>\
             <link>http://{HOST}:{port}{path}</link><description>{words}</description></item></channel></rss>"
        )
        .into(),
    }
}

/// A paper whose page is answered anew at each reading.
async fn paper(words: &'static str, read: fn(usize) -> Answer) -> LoopbackServer {
    let readings = AtomicUsize::new(0);
    LoopbackServer::start(Duration::ZERO, move |address| {
        let port = address.port();
        Ok(Arc::new(move |asked: &AskedPage<'_>| match asked.path {
            "/feed" => feed(port, "/story", words),
            "/story" => read(readings.fetch_add(1, Ordering::SeqCst)),
            _ => Answer::Missing,
        }))
    })
    .await
    .expect("a loopback port")
}

fn home(site: &LoopbackServer, more: &str) -> Home {
    let feed = format!("http://{HOST}:{}/feed", site.address().port());
    let mut settings = Settings::local(vec![HOST.to_owned()], vec![feed]);
    more.clone_into(&mut settings.more);
    Home::new(&settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_gone_is_taken_back_and_told_as_no_news() {
    let site = paper("", |reading| match reading {
        0 => page(&[ACT, "Peru praised Chile."]),
        _ => page(&["Peru praised Chile."]),
    })
    .await;
    let home = home(
        &site,
        "[article]\nrecheck = [\"1s\"]\n[http]\nlisten = \"127.0.0.1:0\"\n",
    );
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 2);
    let events: Vec<Value> = home.records(Outlet::Events).iter().map(json).collect();
    let retracted: Vec<&Value> = events
        .iter()
        .filter(|event| event["status"] == "retracted")
        .collect();
    assert_eq!(retracted.len(), 1, "{events:#?}");
    assert_eq!(
        (&retracted[0]["type"], &retracted[0]["revision"]),
        (&Value::from("ACCUSE"), &Value::from(2))
    );

    let address = home.status_page(&mut worker);
    let metrics = http::get(address, "localhost", "/metrics", "").await.body;
    for line in [
        "dateline_events_total{type=\"ACCUSE\",status=\"coded\"} 1",
        "dateline_events_total{type=\"ACCUSE\",status=\"retracted\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    let status = http::get(address, "localhost", "/status.json", "")
        .await
        .body;
    let status: Value = serde_json::from_str(&status).expect("JSON");
    let latest = status["latest"].as_array().expect("a list");
    assert!(
        latest.iter().all(|event| event["id"] != retracted[0]["id"]),
        "{latest:#?}"
    );
    assert_eq!(status["retracted"], 1);
    let coded = events.iter().filter(|event| event["status"] == "coded");
    assert_eq!(status["events"], coded.count());
    assert_eq!(worker.stop().code(), Some(0));
}

/// More than a teaser, and less than the page tells.
const FEEDS_OWN: &str = "The harbour was quiet in the morning, and the boats stayed at their moorings until the wind fell. \
     People stood at the quay for a while and then went home, since there was nothing to see there. Nobody knew how long \
     the weather would hold, and the forecast for the rest of the week said little that anybody could use. In the evening \
     the wind came back from the west and the last of the boats were pulled up on the shore, where they stayed until the \
     end of the week. The fishermen mended their nets in the meantime, as they do each year at this time, and waited for \
     the season to begin, which it did on the first day of the month.";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_behind_a_wall_at_its_second_reading_takes_nothing_back() {
    let site = walled().await;
    let home = home(&site, "[article]\nrecheck = [\"1s\"]\n");
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::SetAside, 1);
    assert_eq!(worker.stop().code(), Some(0));
    let aside = json(&home.records(Outlet::SetAside)[0]);
    assert_eq!(aside["reason"], "consent_wall", "{aside}");
    let articles: Vec<Value> = home.records(Outlet::Articles).iter().map(json).collect();
    assert_eq!(articles.len(), 1, "{articles:#?}");
    assert_eq!(articles[0]["body_source"], "page");
    let events: Vec<Value> = home.records(Outlet::Events).iter().map(json).collect();
    assert!(!events.is_empty());
    assert!(
        events.iter().all(|event| event["status"] == "coded"),
        "{events:#?}"
    );
}

/// A paper whose page sends its second reader to a page of its own that asks for consent.
async fn walled() -> LoopbackServer {
    let readings = AtomicUsize::new(0);
    LoopbackServer::start(Duration::ZERO, move |address| {
        let port = address.port();
        let to = move |path: &str| Answer::Moved {
            status: 302,
            to: format!("http://{HOST}:{port}{path}"),
        };
        Ok(Arc::new(move |asked: &AskedPage<'_>| match asked.path {
            "/feed" => feed(port, "/story", FEEDS_OWN),
            "/story" if readings.fetch_add(1, Ordering::SeqCst) == 0 => page(&[ACT]),
            "/story" => to("/consent?back=/story"),
            "/consent" => to("/story"),
            _ => Answer::Missing,
        }))
    })
    .await
    .expect("a loopback port")
}

/// Days as the ledger writes them, so long ago.
fn days_ago(days: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hop_within_a_site_is_marked_and_lives_as_long_as_the_alias_is_listed() {
    let site = LoopbackServer::start(Duration::ZERO, move |address| {
        let port = address.port();
        let to = move |path: &str| Answer::Moved {
            status: 301,
            to: format!("http://{HOST}:{port}{path}"),
        };
        Ok(Arc::new(move |asked: &AskedPage<'_>| match asked.path {
            "/feed" => feed(port, "/a", ""),
            "/a" => to("/b"),
            "/b" => to("/c"),
            "/c" => page(&[ACT]),
            _ => Answer::Missing,
        }))
    })
    .await
    .expect("a loopback port");
    let home = home(&site, "");
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 1);
    home.until(&mut worker, "nothing waits any more", || {
        (home.waiting() == 0).then_some(())
    });
    assert_eq!(worker.stop().code(), Some(0));
    let urls = json(&home.records(Outlet::Articles)[0])["urls"].clone();
    assert_eq!(urls.as_array().map(Vec::len), Some(3), "{urls}");

    // Eight days later, of which the worker has slept all.
    let file = rusqlite::Connection::open(home.ledger()).expect("a ledger");
    let old = days_ago(8);
    let marks = file
        .execute(
            "UPDATE _seen SET json = json_set(json, '$.when', ?1), counts_from = ?2",
            rusqlite::params![old.to_string(), old.as_microsecond()],
        )
        .expect("marks");
    // Of three addresses, a title and a text.
    assert_eq!(marks, 5);
    file.execute(
        "UPDATE _listed SET json = json_set(json, '$.items[0].posted', ?1)",
        [old.to_string()],
    )
    .expect("a list");
    // The server said how long its feed may be kept, which the worker heeds.
    file.execute(
        "UPDATE _feeds SET json = json_set(json, '$.next_poll', ?1)",
        [old.to_string()],
    )
    .expect("a feed");
    drop(file);
    let visits = site.list_visits().len();
    let mut worker = home.start();
    home.until(
        &mut worker,
        "the marks of alias and article are new",
        || {
            let file = rusqlite::Connection::open(home.ledger()).ok()?;
            let fresh: i64 = file
                .query_row(
                    "SELECT count(*) FROM _seen WHERE counts_from > ?1",
                    [days_ago(1).as_microsecond()],
                    |row| row.get(0),
                )
                .ok()?;
            (fresh >= 2).then_some(())
        },
    );
    assert_eq!(worker.stop().code(), Some(0));
    let asked: Vec<String> = site.list_visits()[visits..]
        .iter()
        .map(|visit| visit.path.clone())
        .filter(|path| path.len() == 2)
        .collect();
    assert!(asked.is_empty(), "asked for again: {asked:?}");
    assert_eq!(home.count(Outlet::Articles), 1);
}

/// Lets the feed be polled and its entry be posted again, with the mark of the article as `changed` leaves it.
fn an_hour_later(home: &Home, changed: &str) {
    let file = rusqlite::Connection::open(home.ledger()).expect("a ledger");
    let hour_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1)).to_string();
    for set in [
        "UPDATE _listed SET json = json_set(json, '$.items[0].posted', ?1)",
        "UPDATE _feeds SET json = json_set(json, '$.next_poll', ?1)",
    ] {
        assert_eq!(file.execute(set, [&hour_ago]).expect("a row"), 1);
    }
    let set = format!(
        "UPDATE _seen SET json = json_set(json, {changed}) WHERE json ->> '$.revision' = 1"
    );
    assert_eq!(file.execute(&set, []).expect("a mark"), 1);
}

/// A value of the one mark whose JSON has it.
fn marked(home: &Home, value: &str) -> Option<Value> {
    let file = rusqlite::Connection::open(home.ledger()).ok()?;
    let query = format!("SELECT json -> '{value}' FROM _seen WHERE json -> '{value}' IS NOT NULL");
    let json: String = file.query_row(&query, [], |row| row.get(0)).ok()?;
    serde_json::from_str(&json).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_feed_counts_its_readers_is_asked_ever_more_rarely() {
    let polls = AtomicUsize::new(0);
    let site = LoopbackServer::start(Duration::ZERO, move |address| {
        let port = address.port();
        Ok(Arc::new(move |asked: &AskedPage<'_>| match asked.path {
            "/feed" => {
                let readers = polls.fetch_add(1, Ordering::SeqCst);
                feed(port, "/story", &format!("Read {readers} times."))
            }
            "/story" => page(&[ACT]),
            _ => Answer::Missing,
        }))
    })
    .await
    .expect("a loopback port");
    let asked = || {
        let visits = site.list_visits();
        let of_story = visits.iter().filter(|visit| visit.path == "/story");
        of_story.count()
    };
    let home = home(&site, "");
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 1);
    assert_eq!(worker.stop().code(), Some(0));
    assert_eq!(asked(), 1);

    an_hour_later(&home, "'$.tries', 0");
    let mut worker = home.start();
    home.until(&mut worker, "it is read again, in vain", || {
        (marked(&home, "$.unchanged") == Some(Value::from(1))).then_some(())
    });
    assert_eq!(worker.stop().code(), Some(0));
    assert_eq!(asked(), 2);

    an_hour_later(&home, "'$.unchanged', 2");
    let mut worker = home.start();
    home.until(&mut worker, "it is put off", || {
        (marked(&home, "$.why") == Some(Value::from("unchanged"))).then_some(())
    });
    assert_eq!(worker.stop().code(), Some(0));
    assert_eq!((asked(), home.count(Outlet::Articles)), (2, 1));
}
