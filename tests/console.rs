//! What the console answers: filters, pages, counts, one event, what was held back or set aside, the stream, and who may ask.

pub(crate) mod ledgers;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use dateline::status::{Board, Committed};
use rusqlite::Connection;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use self::ledgers::{Served, copy_of_demo, hundred_thousand};
use crate::support::http;

fn texts(events: &Value, key: &str) -> BTreeSet<String> {
    let list = events.as_array().expect("a list");
    let text = |event: &Value| event[key].as_str().unwrap_or_default().to_owned();
    list.iter().map(text).collect()
}

/// The ids that a question of SQL on the ledger's views gives.
fn asked(file: &Connection, condition: &str) -> BTreeSet<String> {
    let query = format!("SELECT event_id FROM events WHERE {condition}");
    let mut rows = file.prepare(&query).expect("SQL");
    let ids = rows.query_map([], |row| row.get(0)).expect("rows");
    ids.collect::<Result<_, _>>().expect("ids")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_of_the_console_admits_what_the_same_question_of_the_views_gives() {
    let (folder, path) = copy_of_demo();
    let served = Served::file(&path).await;
    let file = Connection::open(&path).expect("a ledger");
    let day: String = file
        .query_row("SELECT max(event_date) FROM events", [], |row| row.get(0))
        .expect("a day");
    let cases = [
        (String::new(), "true".to_owned()),
        ("type=accuse".to_owned(), "event_type = 'ACCUSE'".to_owned()),
        ("type=ACCUSE&type=CONSULT".to_owned(), "event_type IN ('ACCUSE', 'CONSULT')".to_owned()),
        ("actor=police".to_owned(), "actor LIKE '%police%'".to_owned()),
        ("recipient=government".to_owned(), "recipient LIKE '%government%'".to_owned()),
        (
            "country=usa".to_owned(),
            "'USA' IN (actor_country, recipient_country, place_country)".to_owned(),
        ),
        ("place=a".to_owned(), "place LIKE '%a%'".to_owned()),
        ("confidence=0.8".to_owned(), "confidence >= 0.8".to_owned()),
        (format!("from={day}"), format!("event_date >= '{day}'")),
        (format!("to={day}&type=PROTEST"), format!("event_date <= '{day}' AND event_type = 'PROTEST'")),
        (
            "q=minister".to_owned(),
            "sentence || ifnull(actor, '') || '|' || ifnull(recipient, '') || '|' || ifnull(place, '') || '|' || title LIKE '%minister%'".to_owned(),
        ),
    ];
    let mut told = 0;
    for (query, condition) in cases {
        let answer = served
            .settled(&format!("/api/events?limit=500&{query}"))
            .await;
        let found = texts(&answer["events"], "id");
        let condition = condition.replace(
            "title",
            "(SELECT ifnull(title, '') FROM articles WHERE articles.article_id = events.article_id)",
        );
        assert_eq!(found, asked(&file, &condition), "{query}");
        told += usize::from(!found.is_empty());
    }
    assert!(
        told >= 9,
        "the demo tells something of most of them: {told}"
    );
    let source = texts(&served.settled("/api/events").await["events"], "source");
    let site = source.first().expect("an event has a site");
    let of_site = served
        .settled(&format!("/api/events?source={site}&limit=500"))
        .await;
    assert_eq!(
        texts(&of_site["events"], "source"),
        BTreeSet::from([site.clone()])
    );
    served.stop().await;
    drop(folder);
}

#[tokio::test]
async fn a_question_that_is_none_is_refused_with_the_key_that_is_wrong() {
    let served = Served::nothing().await;
    for (query, told) in [
        ("colour=red", "colour"),
        ("confidence=2", "confidence"),
        ("from=May", "from"),
        ("to=2026-13-01", "to"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("before=yesterday", "before"),
    ] {
        let reply = served.get(&format!("/api/events?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.body);
        let said: Value = serde_json::from_str(&reply.body).expect("JSON");
        let said = said["error"].as_str().expect("a sentence");
        assert!(said.starts_with(told), "{query}: {said}");
    }
    let paged = served.get("/api/summary?limit=5").await;
    assert_eq!(paged.status, 400, "a summary has no pages");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_after_page_shows_each_event_once_the_newest_first() {
    let (folder, path) = copy_of_demo();
    let served = Served::file(&path).await;
    let all = served.settled("/api/events?limit=500").await;
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = served.json(&format!("/api/events?limit=7{before}")).await;
        let events = page["events"].as_array().expect("a list");
        seen.extend(events.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        before = format!("&before={next}");
    }
    assert_eq!(&Value::from(seen.clone()), &all["events"]);
    let recorded: Vec<&str> = seen
        .iter()
        .filter_map(|event| event["recorded"].as_str())
        .collect();
    assert!(recorded.is_sorted_by(|a, b| a >= b), "the newest first");
    assert_eq!(all["scope"]["whole"], true, "{}", all["scope"]);
    served.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_counts_days_types_and_places_as_the_views_do() {
    let (folder, path) = copy_of_demo();
    let served = Served::file(&path).await;
    let summary = served.settled("/api/summary").await;
    let file = Connection::open(&path).expect("a ledger");
    let counted = |query: &str| -> BTreeMap<String, i64> {
        let mut rows = file.prepare(query).expect("SQL");
        let pairs = rows
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("rows");
        pairs.collect::<Result<_, _>>().expect("pairs")
    };
    let sum = |quads: &Value| {
        let numbers = quads.as_array().expect("four").iter();
        numbers.filter_map(Value::as_i64).sum::<i64>()
    };
    let list = |key: &str| summary[key].as_array().expect("a list").clone();
    let named = |key: &str, name: &str| -> BTreeMap<String, i64> {
        let of = |one: &Value| {
            (
                one[name].as_str().unwrap_or_default().to_owned(),
                one["count"].as_i64().unwrap_or(0),
            )
        };
        list(key).iter().map(of).collect()
    };
    assert_eq!(
        named("types", "name"),
        counted("SELECT event_type, count(*) FROM events GROUP BY 1")
    );
    let days = list("days");
    let days = days.iter().map(|day| {
        (
            day["day"].as_str().unwrap_or_default().to_owned(),
            sum(&day["quads"]),
        )
    });
    assert_eq!(
        days.collect::<BTreeMap<_, _>>(),
        counted("SELECT event_date, count(*) FROM events WHERE event_date IS NOT NULL GROUP BY 1")
    );
    let places = list("places");
    let mut by_name = BTreeMap::<String, i64>::new();
    for place in &places {
        *by_name
            .entry(place["name"].as_str().unwrap_or_default().to_owned())
            .or_default() += sum(&place["quads"]);
    }
    assert_eq!(
        by_name,
        counted("SELECT place, count(*) FROM events WHERE latitude IS NOT NULL GROUP BY 1")
    );
    let quads = places
        .iter()
        .all(|place| place["quads"].as_array().map(Vec::len) == Some(4));
    assert!(quads && places.len() > 3, "{places:?}");
    served.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_with_its_record_and_the_text_it_was_read_in() {
    let (folder, path) = copy_of_demo();
    let served = Served::file(&path).await;
    let rows = served.settled("/api/events?limit=20").await;
    for row in rows["events"].as_array().expect("a list") {
        let id = row["id"].as_str().expect("an id");
        let answer = served.json(&format!("/api/events/{id}")).await;
        let (event, article) = (&answer["event"], &answer["article"]);
        assert_eq!(event["id"], id);
        assert_eq!(event["article"]["text_sha256"], article["text_sha256"]);
        let text: Vec<char> = article["text"].as_str().expect("a text").chars().collect();
        let at = |key: &str| event["trigger"][key].as_u64().expect("an offset") as usize;
        let words: String = text[at("start")..at("end")].iter().collect();
        assert_eq!(event["trigger"]["text"], words);
        let same = answer["same"].as_array().expect("a list");
        assert!(same.iter().all(|other| other["id"] != id));
    }
    let unknown = served.get("/api/events/ev_nothing").await;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
    served.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_back_is_found_again_with_its_reason() {
    let (folder, path) = copy_of_demo();
    let served = Served::file(&path).await;
    served.code_again();
    let (mut told, mut counted) = (0, 0);
    let page = served.json("/api/held?limit=200").await;
    for article in page["articles"].as_array().expect("a list") {
        counted += article["withheld"].as_u64().expect("a number");
        let id = article["article_id"].as_str().expect("an id");
        let held = served.json(&format!("/api/held/{id}")).await;
        for one in held["held"].as_array().expect("a list") {
            let (why, reason) = (one["why"].as_str(), one["reason"].as_str());
            assert!(matches!(why, Some("modality" | "confidence")), "{one}");
            assert!(
                reason.is_some_and(|reason| reason.contains("[coder]")),
                "{one}"
            );
            told += 1;
        }
    }
    assert!(counted > 0 && told == counted, "{told} of {counted}");
    served.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_consoles_own_page_may_ask_for_an_entry_again() {
    let (folder, path) = copy_of_demo();
    let served = Served::file(&path).await;
    let aside = served.json("/api/set-aside").await;
    let entry = &aside["entries"][0];
    let (id, reason) = (entry["id"].as_str(), entry["reason"].as_str());
    let id = id.expect("the demo sets pages aside");
    assert!(reason.is_some_and(|reason| !reason.is_empty()), "{entry}");
    let token = served.json("/api/session").await["token"].clone();
    let token = format!("X-Dateline-Token: {}\r\n", token.as_str().expect("a token"));
    let own = format!("Origin: http://localhost:{}\r\n", served.address().port());
    let wish = format!("/api/set-aside/{id}/retry");
    for (heads, status) in [
        (String::new(), 403),
        ("X-Dateline-Token: guessed\r\n".to_owned(), 403),
        (format!("{token}Origin: https://evil.example\r\n"), 403),
        (format!("{token}Sec-Fetch-Site: cross-site\r\n"), 403),
        (format!("{token}{own}Sec-Fetch-Site: same-origin\r\n"), 200),
    ] {
        let reply = served.post(&wish, &heads).await;
        assert_eq!(reply.status, status, "{heads}: {}", reply.body);
    }
    assert_eq!(served.get(&wish).await.status, 405, "a link does not ask");
    let unknown = served.post("/api/set-aside/ar_nothing/retry", &token).await;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
    served.board().show_stopping();
    let late = served.post(&wish, &token).await;
    assert_eq!(late.status, 409, "nobody would read it: {}", late.body);
    let file = Connection::open(&path).expect("a ledger");
    let asked: String = file
        .query_row("SELECT id FROM _asked", [], |row| row.get(0))
        .expect("one wish");
    assert_eq!(asked, id, "the worker finds it");
    served.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_sees_each_event_as_it_is_committed() {
    let served = Served::nothing().await;
    let mut following = served.follow().await;
    let (article, events) = ledgers::accusation();
    served.board().tell_commit(|| Committed { article, events });
    let mut heard = String::new();
    while !heard.contains("\n\n") || !heard.contains("event: event") {
        let mut bytes = [0; 4096];
        let count = following
            .read(&mut bytes)
            .await
            .expect("the stream is open");
        assert!(count > 0, "it ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    assert!(heard.contains("text/event-stream"), "{heard}");
    let line = heard
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .expect("data");
    let row: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(
        (&row["type"], &row["actor"]),
        (&"ACCUSE".into(), &"Turkey".into()),
        "{row}"
    );
    let page = served.json("/api/events").await;
    assert_eq!(page["events"][0]["id"], row["id"]);
    drop(following);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_followers_than_there_is_room_for_are_refused_and_the_probes_still_answer() {
    let served = Served::nothing().await;
    let mut following = Vec::new();
    for _ in 0..32 {
        following.push(served.follow().await);
    }
    let refused = served.get("/api/stream").await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(served.get("/livez").await.status, 200);
    drop(following);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_a_hundred_thousand_events_is_known_whole_in_little_memory() {
    let served = Served::file(hundred_thousand()).await;
    let first = served.json("/api/events?limit=50").await;
    assert!(
        first["events"]
            .as_array()
            .is_some_and(|events| events.len() <= 50)
    );
    let whole = served.settled("/api/summary").await;
    assert_eq!(
        (&whole["total"], &whole["scope"]["whole"]),
        (&100_000.into(), &true.into())
    );
    let newest = served.json("/api/events?limit=1").await;
    assert_eq!(newest["events"][0]["id"], "ev_many_100000");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_is_left_out_and_the_rest_is_not_called_whole() {
    let (folder, path) = copy_of_demo();
    let file = Connection::open(&path).expect("a ledger");
    let count = asked(&file, "true").len() as u64;
    let broken = "UPDATE _outlet SET json = '{}' WHERE seq = (SELECT seq FROM _outlet WHERE outlet = 2 AND latest = 1 ORDER BY seq LIMIT 1)";
    file.execute_batch(broken).expect("SQL");
    let served = Served::file(&path).await;
    let answer = served.settled("/api/events?limit=500").await;
    let known = answer["events"].as_array().map_or(0, Vec::len) as u64;
    assert_eq!(known, count - 1);
    assert_eq!(answer["scope"]["whole"], false, "{}", answer["scope"]);
    served.stop().await;
    drop(folder);
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_every_part_of_it_is_there() {
    let served = Served::nothing().await;
    let page = served.get("/").await;
    let policy = page.header("content-security-policy").to_owned();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let (mut parts, mut known) = (
        vec![
            "/console/console.css".to_owned(),
            "/console/console.js".to_owned(),
        ],
        BTreeSet::new(),
    );
    while let Some(part) = parts.pop() {
        if !known.insert(part.clone()) {
            continue;
        }
        let reply = served.get(&part).await;
        assert_eq!(reply.status, 200, "{part}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let imports = reply.body.split(" from './").skip(1);
        let names = imports.filter_map(|rest| rest.split('\'').next());
        parts.extend(names.map(|name| format!("/console/{name}")));
        let tag = reply.header("etag").to_owned();
        let again = http::get(
            served.address(),
            "localhost",
            &part,
            &format!("If-None-Match: {tag}\r\n"),
        )
        .await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{part}");
    }
    assert!(known.len() >= 10, "{known:?}");
    assert_eq!(served.get("/console/..%2fsecret").await.status, 404);
    for elsewhere in ["http://", "https://"] {
        assert!(!page.body.contains(elsewhere), "{elsewhere}");
    }
    served.stop().await;
}

#[tokio::test]
async fn the_console_answers_to_names_of_this_network_alone() {
    let served = Served::nothing().await;
    for path in ["/", "/api/events", "/api/session", "/api/stream"] {
        let reply = http::get(served.address(), "evil.example", path, "").await;
        assert_eq!(reply.status, 421, "{path}");
    }
    served.stop().await;
}

/// The board of a console that reads no ledger.
impl Served {
    fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// A connection that follows the stream, its head read.
    async fn follow(&self) -> tokio::net::TcpStream {
        let mut stream = tokio::net::TcpStream::connect(self.address())
            .await
            .expect("it listens");
        let request = "GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.expect("a head");
        assert_eq!(&first, b"HTTP/1.1 200");
        stream
    }
}
