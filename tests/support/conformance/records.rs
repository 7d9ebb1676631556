//! Small records for the tests of ledgers.
#![allow(
    dead_code,
    reason = "each test crate includes this module and uses its own part of it"
)]

use dateline::{ledger::EventMark, record::Record};
use jiff::Timestamp;
use serde_json::json;

use super::id;

/// An article of a revision.
pub(crate) fn article(name: &str, revision: u32) -> Record {
    with_text(name, revision, &format!("text {revision} of {name}"))
}

/// An article of about so many bytes.
pub(crate) fn article_of_bytes(name: &str, bytes: usize) -> Record {
    with_text(name, 1, &"a".repeat(bytes))
}

fn with_text(name: &str, revision: u32, text: &str) -> Record {
    let status = if revision == 1 {
        "published"
    } else {
        "revised"
    };
    let article = json!({
        "schema": "dateline.article/1", "id": id(name).to_string(), "revision": revision, "status": status,
        "recorded": "1970-01-01T00:00:00Z", "run": "live", "url": format!("https://one.test/{name}"), "urls": [],
        "title": name, "text": text, "paragraphs": [], "removed": [], "authors": [], "published": {},
        "language": {"used": "en"}, "tags": [], "access": {"state": "free"}, "rights": {"robots": []},
        "method": "test", "body_source": "page", "text_sha256": "00", "simhash": "00", "simhash_bands": [],
        "source": {"feeds": [], "tags": [], "publisher": "One", "site": "one.test"},
        "coding": {"status": "coded", "events": 1, "withheld": 0, "coder": "test"}
    });
    Record::Article(serde_json::from_value(article).expect("a whole article record"))
}

/// An event of an article, the `ordinal`th.
pub(crate) fn event(name: &str, ordinal: u32, revision: u32, status: &str) -> Record {
    let party = |name: &str, country: &str| {
        json!({"text": name, "start": 0, "end": 3, "implied": false, "name": name, "country": country,
               "sectors": ["GOV"], "role_from": "syntax", "country_from": "name"})
    };
    let event = json!({
        "schema": "dateline.event/1", "id": event_id(name, ordinal), "revision": revision, "status": status,
        "recorded": "1970-01-01T00:00:00Z", "run": "live", "type": "REQUEST", "contexts": [], "quad": 1,
        "plover_score": 1.0, "modality": "asserted", "actors": [party("Pakistan", "PAK"), party("China", "CHN")],
        "recipients": [party("United States", "USA")], "trigger": {"text": "asked", "start": 9, "end": 14},
        "date": {"start": "2024-06-28", "end": "2024-06-28"},
        "location": {"text": "Quetta", "start": 30, "end": 36, "name": "Quetta", "country": "PAK", "lat": 30.18,
                     "lon": 67.0, "level": "city", "from": "clause"},
        "size": {"dead": {"min": 5, "max": 6, "text": "five", "start": 1, "end": 5}},
        "confidence": {"overall": 0.9, "type": 0.9},
        "sentence": {"index": 0, "start": 0, "end": 20, "text": "Pakistan asked the United States."},
        "mentions": [], "dedup_key": "d1:test",
        "article": {"id": id(name).to_string(), "revision": revision, "url": format!("https://one.test/{name}"),
                    "text_sha256": "00"},
        "source": {"feeds": [], "tags": [], "publisher": "One", "site": "one.test"},
        "coder": {"name": "dateline", "version": "test", "lexicon": "test", "tables": "test", "rule": "test"}
    });
    Record::Event(serde_json::from_value(event).expect("a whole event record"))
}

/// The id of a test's event.
pub(crate) fn event_id(name: &str, ordinal: u32) -> String {
    dateline::id::EventId::of(&["test", name, &ordinal.to_string()]).to_string()
}

/// The mark that an event leaves.
pub(crate) fn mark(event: &Record) -> EventMark {
    EventMark {
        id: event.id().to_owned(),
        revision: event.revision(),
        content: "test".to_owned(),
        recorded: Timestamp::UNIX_EPOCH,
        retracted: false,
    }
}

/// A record of what was set aside.
pub(crate) fn set_aside(name: &str, url: &str, attempts: u32) -> Record {
    let record = json!({
        "schema": "dateline.set_aside/1", "id": id(name).to_string(), "recorded": "1970-01-01T00:00:00Z",
        "stage": "fetch", "reason": "server_error", "detail": "503", "url": url, "attempts": attempts,
        "first_at": "2024-06-28T00:00:00Z", "last_at": "2024-06-28T01:00:00Z"
    });
    Record::SetAside(serde_json::from_value(record).expect("a whole set-aside record"))
}
