//! From a feed to events, through the public binary: stories with leftovers of their pages, and publishers' tangles.

use std::{collections::HashSet, time::Duration};

use dateline::{
    demo::{
        feeds::{FeedKind, Listing},
        server::{Answer, AskedPage, LoopbackServer, Visit},
    },
    ledger::Outlet,
};
use serde_json::Value;

use crate::support::{
    news::{News, Plan, breaches},
    samples::{ENVOY, read_users_sample},
    worker::{Home, Settings, json},
};

const HOST: &str = "paper.test";

/// The text as the page of a paper, each line a paragraph, between what surrounds every page of that paper.
fn page(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let lines = escaped.lines().filter(|line| !line.trim().is_empty());
    let paragraphs: String = lines.map(|line| format!("<p>{line}</p>\n")).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><title>Operation - Paper</title></head><body>\
         <nav><a href=\"/\">Home</a> <a href=\"/world\">World</a></nav><article>\
         <h1>The operation</h1>\n{paragraphs}</article>\
         <footer>About us. Contact.</footer></body></html>"
    )
}

async fn paper(text: &str) -> LoopbackServer {
    let page = page(text);
    LoopbackServer::start(Duration::ZERO, move |address| {
        let link = format!("http://{HOST}:{}/story", address.port());
        let listing = Listing {
            title: "The operation".to_owned(),
            summary: "The operation".to_owned(),
            link,
            published: "2024-06-29T08:00:00Z"
                .parse()
                .map_err(std::io::Error::other)?,
        };
        let feed = FeedKind::Rss.render_feed("Paper", &format!("http://{HOST}/"), &[listing]);
        let answer = |content_type, body: &str| Answer::Page {
            content_type,
            body: body.into(),
        };
        Ok(std::sync::Arc::new(
            move |asked: &AskedPage<'_>| match asked.path {
                "/feed" => answer(FeedKind::Rss.content_type(), &feed),
                "/story" => answer("text/html; charset=utf-8", &page),
                _ => Answer::Missing,
            },
        ))
    })
    .await
    .expect("a loopback port")
}

fn country(event: &Value, side: &str) -> Vec<String> {
    let parties = event[side].as_array().expect("a list");
    parties
        .iter()
        .filter_map(|party| party["country"].as_str().map(str::to_owned))
        .collect()
}

/// Asserts that a story on a paper's page becomes one article, which keeps and loses what is said, and its events.
async fn assert_published(story: &str, keeps: [&str; 2], loses: [&str; 4], wanted: [[&str; 3]; 3]) {
    let site = paper(story).await;
    let feed = format!("http://{HOST}:{}/feed", site.address().port());
    let home = Home::new(&Settings::local(vec![HOST.to_owned()], vec![feed]));
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 1);
    assert_eq!(worker.stop().code(), Some(0), "{}", home.log());

    let articles = home.told(&["tail", "articles", "--json"]);
    let articles: Vec<Value> = articles
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(articles.len(), 1);
    let text = articles[0]["text"].as_str().expect("a text");
    for boilerplate in loses {
        assert!(!text.contains(boilerplate), "{boilerplate:?} is in\n{text}");
    }
    for kept in keeps {
        assert!(text.contains(kept), "{kept:?} is not in\n{text}");
    }

    let events = home.told(&["tail", "events", "--json"]);
    let events: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let found: HashSet<(String, String, String)> = events
        .iter()
        .flat_map(|event| {
            let kind = event["type"].as_str().expect("a type").to_owned();
            let (from, to) = (country(event, "actors"), country(event, "recipients"));
            from.into_iter().flat_map(move |from| {
                let kind = kind.clone();
                to.clone()
                    .into_iter()
                    .map(move |to| (from.clone(), to, kind.clone()))
            })
        })
        .collect();
    for [from, to, kind] in wanted {
        let wanted = (from.to_owned(), to.to_owned(), kind.to_owned());
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
    let chars: Vec<char> = text.chars().collect();
    for event in &events {
        let (start, end) = (&event["trigger"]["start"], &event["trigger"]["end"]);
        let span =
            start.as_u64().expect("a number") as usize..end.as_u64().expect("a number") as usize;
        let said: String = chars[span].iter().collect();
        assert_eq!(event["trigger"]["text"], said.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_becomes_one_article_without_boilerplate_and_its_events() {
    let keeps = ["will not close village markets.", "a fair trial"];
    let loses = ["With input from", "YouTube", "subscribe", "harbour report"];
    let wanted = [
        ["MDA", "NOR", "REQUEST"],
        ["NOR", "MDA", "SUPPORT"],
        ["NOR", "MDA", "REQUEST"],
    ];
    assert_published(ENVOY, keeps, loses, wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_becomes_one_article_without_boilerplate_and_its_events() {
    let Some(sample) = read_users_sample() else {
        return;
    };
    let keeps = ["will not displace local residents.", "blasphemy laws"];
    let loses = ["With input from", "YouTube", "subscribe", "dawn report"];
    let wanted = [
        ["PAK", "USA", "REQUEST"],
        ["USA", "PAK", "SUPPORT"],
        ["USA", "PAK", "REQUEST"],
    ];
    assert_published(&sample, keeps, loses, wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_tangle_of_feeds_each_article_comes_once_and_no_site_is_pressed() {
    let plan = Plan::tangle(11);
    let news = News::start(plan.clone()).await.expect("a loopback port");
    assert_eq!((news.feeds().len(), plan.articles()), (30, 120));
    let pace = Duration::from_millis(60);
    let settings = Settings {
        pace: "60ms",
        ..Settings::local(news.hosts(), news.feeds())
    };
    let home = Home::new(&settings);
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, plan.articles());
    home.until_count(&mut worker, Outlet::SetAside, 2);
    let polled = |news: &News| {
        let visits = news.visits();
        let asked = |url: String| {
            let of = |visit: &Visit| {
                format!(
                    "http://{}:{}{}",
                    visit.host,
                    news.address().port(),
                    visit.path
                )
            };
            visits.iter().any(|visit| of(visit) == url)
        };
        news.feeds().into_iter().all(asked)
    };
    home.until(&mut worker, "all feeds are polled", || {
        polled(&news).then_some(())
    });
    home.until(&mut worker, "nothing waits any more", || {
        (home.waiting() == 0).then_some(())
    });
    assert_eq!(worker.stop().code(), Some(0), "{}", home.log());

    let known: HashSet<String> = home
        .told(&["feeds", "list", "--json"])
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter_map(|feed| feed["id"].as_str().map(str::to_owned))
        .collect();
    let mut several = 0;
    for article in home.records(Outlet::Articles).iter().map(json) {
        let source = &article["source"];
        let feeds = source["feeds"].as_array().expect("a list");
        let names: HashSet<&str> = feeds.iter().filter_map(Value::as_str).collect();
        assert_eq!(names.len(), feeds.len(), "{source}");
        assert!(names.iter().all(|feed| known.contains(*feed)), "{source}");
        assert_eq!(source["feed"]["id"], feeds[0], "the first stands first");
        several += usize::from(feeds.len() > 1);
    }
    // Each is listed by four feeds; those that named it before it was read are told.
    assert!(several > 0, "no article names a second feed");

    let mut published: Vec<String> = home
        .records(Outlet::Articles)
        .iter()
        .map(|record| {
            json(record)["title"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .map(|title| title.rsplit(' ').next().unwrap_or_default().to_owned())
        .collect();
    published.sort();
    let mut listed: Vec<String> = news
        .articles()
        .into_iter()
        .map(|(marker, _)| marker)
        .collect();
    listed.sort();
    assert_eq!(published, listed);
    let mut aside: Vec<(String, String)> = home
        .records(Outlet::SetAside)
        .iter()
        .map(json)
        .map(|record| (record["reason"].to_string(), record["url"].to_string()))
        .collect();
    aside.sort();
    let reasons: Vec<&str> = aside.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["\"consent_wall\"", "\"redirect_loop\""],
        "{aside:?}"
    );
    let mut fetched = HashSet::new();
    for visit in news
        .visits()
        .iter()
        .filter(|visit| visit.path.starts_with("/a/"))
    {
        let bare = visit.path.split('?').next().unwrap_or_default();
        assert!(
            fetched.insert((visit.host.clone(), bare.to_owned())),
            "twice: {visit:?}"
        );
    }
    let breaches = breaches(&news.visits(), pace, Duration::from_millis(1));
    assert!(breaches.is_empty(), "{breaches:#?}");
}
