//! The commands that show one stage: a feed, an article, its events, and what was published of them.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use dateline::{
    ledger::{Ledger as _, Outlet},
    site::Site,
    sqlite::{SqliteLedger, SqliteReader},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    skip,
    worker::{self, Home, Settings, json},
};

const ACT: &str = "Turkey accused Greece of spying on Tuesday.";

/// A folder without any configuration.
struct Bare(TempDir);

impl Bare {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).expect("a file in the test's own folder");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = worker::dateline();
        command.args(arguments).current_dir(self.0.path());
        command
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).output().expect("it starts")
    }

    fn told(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The same with lines on standard input; each answer as JSON.
    fn lines(&self, arguments: &[&str], input: &str) -> Vec<Value> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = child.stdin.take().expect("it is ours");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0));
        values(&String::from_utf8(output.stdout).expect("UTF-8"))
    }

    /// What it prints on a terminal; nothing where no terminal can be had.
    fn on_a_terminal(&self, arguments: &[&str]) -> Option<String> {
        let there = Command::new("script").arg("--version").output();
        if !there.is_ok_and(|output| output.status.success()) {
            skip::skipped("`script` of util-linux is missing");
            return None;
        }
        let line: Vec<String> = std::iter::once(env!("CARGO_BIN_EXE_dateline"))
            .chain(arguments.iter().copied())
            .map(|word| format!("'{word}'"))
            .collect();
        let output = Command::new("script")
            .args(["-qec", &line.join(" "), "/dev/null"])
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        Some(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
    }
}

fn values(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn feed_shows_what_a_feed_lists_as_json_and_to_a_person() {
    let bare = Bare::new();
    let path = fixture("feeds/rss2.xml");
    for arguments in [vec!["feed", &path, "--json"], vec!["feed", &path]] {
        let shown = values(&bare.told(&arguments)).swap_remove(0);
        let entries = shown["entries"].as_array().expect("a list");
        assert!(!entries.is_empty() && shown["feed_title"].is_string());
        assert!(
            entries[0]["link"]
                .as_str()
                .is_some_and(|link| link.starts_with("http"))
        );
    }
    let line = format!("{{\"id\":7,\"file\":\"{path}\"}}\n{{\"id\":8,\"file\":\"nothing\"}}\n");
    let answers = bare.lines(&["feed", "--jsonl"], &line);
    assert_eq!(
        (&answers[0]["id"], &answers[1]["id"]),
        (&Value::from(7), &Value::from(8))
    );
    assert!(answers[0]["entries"].is_array() && answers[1]["error"].is_string());
    assert_eq!(bare.ask(&["feed", "nothing.xml"]).status.code(), Some(64));
    assert_eq!(bare.ask(&["feed"]).status.code(), Some(64));
    if let Some(shown) = bare.on_a_terminal(&["feed", &path]) {
        assert!(
            shown.contains("PUBLISHED  ") && shown.contains("TITLE"),
            "{shown}"
        );
    }
}

#[test]
fn article_shows_the_story_as_a_record_as_text_and_with_what_was_removed() {
    let bare = Bare::new();
    let path = fixture("articles/harbour.html");
    let record = values(&bare.told(&["article", &path, "--json"])).swap_remove(0);
    let text = record["text"].as_str().expect("a text");
    assert!(!text.is_empty() && record["schema"] == "dateline.article/1");
    assert_eq!(
        record["coding"]["status"], "not_asked",
        "English has a model"
    );
    let explained = bare.told(&["article", &path, "--explain"]);
    assert!(
        explained.contains("Removed from that part of the page"),
        "{explained}"
    );
    let first = text.lines().next().expect("a paragraph");
    assert!(explained.contains(first), "{explained}");
    let line = format!("{{\"id\":\"h\",\"file\":\"{path}\",\"url\":\"https://a.test/h\"}}\n");
    let answers = bare.lines(&["article", "--jsonl"], &line);
    assert_eq!(
        (&answers[0]["articleBody"], &answers[0]["url"]),
        (&record["text"], &Value::from("https://a.test/h"))
    );
    let with = values(&bare.told(&["article", &path, "--url", "https://a.test/h"])).swap_remove(0);
    assert_ne!(
        with["id"], record["id"],
        "the id comes from the address where there is one"
    );
    if let Some(shown) = bare.on_a_terminal(&["article", &path]) {
        assert!(
            shown.contains(first) && !shown.contains("\"schema\""),
            "{shown}"
        );
    }
    let german =
        "Der Minister sagte am Freitag, die Gespräche mit den Aufständischen würden weitergehen.";
    bare.write("german.txt", german);
    let record = values(&bare.told(&["article", "german.txt", "--json"])).swap_remove(0);
    assert_eq!(record["coding"]["status"], "no_model", "{record}");
}

#[test]
fn an_article_record_is_taken_as_it_is_and_its_events_carry_id_address_and_dates() {
    let bare = Bare::new();
    let page = format!(
        "<html lang=\"en\"><head><title>Spying</title><meta property=\"article:published_time\" \
         content=\"2024-06-28T08:00:00Z\"></head><body><article><h1>Spying</h1><p>{ACT} It was said at some length, \
         so that it is a story and not a list of links, and so that it is long enough.</p></article></body></html>"
    );
    bare.write("page.html", &page);
    let printed = bare.told(&["article", "page.html", "--url", "https://a.test/spying"]);
    bare.write("record.json", &printed);
    assert_eq!(bare.told(&["article", "record.json"]), printed, "as it is");
    let record = values(&printed).swap_remove(0);
    let events = values(&bare.told(&["events", "record.json", "--json"]));
    let event = events.first().expect("an accusation");
    assert_eq!(event["article"]["id"], record["id"]);
    assert_eq!(event["article"]["url"], "https://a.test/spying");
    assert_eq!(event["article"]["published"], "2024-06-28T08:00:00Z");
    assert_eq!(event["article"]["language"], "en");
    assert_eq!(event["source"], record["source"]);
    assert_eq!(event["date"]["start"], "2024-06-25", "the Tuesday before");

    let moved = printed.replace("Greece", "Norway");
    bare.write("edited.json", &moved);
    let refused = bare.ask(&["events", "edited.json"]);
    assert_eq!(refused.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("text_sha256"));
    bare.write(
        "half.json",
        "{\"schema\":\"dateline.article/1\",\"id\":\"ar_x\"}",
    );
    assert_eq!(bare.ask(&["article", "half.json"]).status.code(), Some(64));
    let mut outside = record.clone();
    outside["paragraphs"][0]["end"] = Value::from(1_000_000);
    bare.write("outside.json", &outside.to_string());
    assert_eq!(
        bare.ask(&["events", "outside.json"]).status.code(),
        Some(64)
    );
}

#[test]
fn events_are_shown_as_records_to_a_person_with_reasons_and_with_what_is_held_back() {
    let bare = Bare::new();
    bare.write(
        "story.txt",
        &format!("{ACT}\nIf Iran attacks Israel, prices will rise.\n"),
    );
    let events = values(&bare.told(&["events", "story.txt", "--json"]));
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["type"], &events[0]["schema"]),
        (&Value::from("ACCUSE"), &Value::from("dateline.event/1"))
    );
    let all = values(&bare.told(&["events", "story.txt", "--json", "--all"]));
    assert!(
        all.iter().any(|event| event["modality"] == "hypothetical"),
        "{all:#?}"
    );
    let explained = bare.told(&["events", "story.txt", "--explain"]);
    for word in ["sentence", "rule", "trigger", "“accused”", "confidence"] {
        assert!(explained.contains(word), "{word} is not in\n{explained}");
    }
    let german =
        "Der Minister sagte am Freitag, die Gespräche mit den Aufständischen würden weitergehen.";
    let lines = format!(
        "{{\"id\":1,\"text\":\"{ACT}\",\"published\":\"2024-06-28T00:00:00Z\"}}\n{{\"id\":2}}\n\
         {{\"id\":3,\"text\":\"{german}\"}}\n{{\"id\":4,\"text\":\"{ACT}\",\"language\":\"fr\"}}\n"
    );
    let answers = bare.lines(&["events", "--jsonl"], &lines);
    assert_eq!(answers[0]["events"][0]["date"]["start"], "2024-06-25");
    assert_eq!(answers[0]["status"], "coded");
    assert!(answers[1]["error"].is_string());
    for other in &answers[2..] {
        assert_eq!(
            (&other["status"], &other["events"]),
            (&Value::from("no_model"), &Value::Array(Vec::new()))
        );
    }
    bare.write(
        "own.tsv",
        "name\tcountry\tsectors\nGondor\tGON\t\nArnor\tARN\t\n",
    );
    bare.write("own.txt", "Gondor accused Arnor of treason.\n");
    let own = values(&bare.told(&["events", "own.txt", "--actors", "own.tsv"]));
    assert_eq!(own[0]["actors"][0]["country"], "GON");
    let nothing = bare.ask(&["events"]);
    assert_eq!(nothing.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("dateline tail events"));
    if let Some(shown) = bare.on_a_terminal(&["events", "story.txt"]) {
        assert!(
            shown.contains("ACCUSE") && !shown.contains("\"schema\""),
            "{shown}"
        );
    }
}

#[test]
fn a_configuration_that_is_wrong_is_not_passed_by_when_an_address_is_fetched() {
    let bare = Bare::new();
    bare.write("dateline.toml", "[fetch]\nproxi = \"http://127.0.0.1:9\"\n");
    let refused = bare.ask(&["article", "https://example.invalid/a"]);
    assert_eq!(refused.status.code(), Some(64));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("dateline.toml:2") && said.contains("proxi"),
        "{said}"
    );
}

#[test]
fn check_lists_the_faults_of_what_the_configuration_names_with_all_others() {
    let home = Home::new(&Settings::local(
        Vec::new(),
        vec!["http://a.test/feed".to_owned()],
    ));
    let config = fs::read_to_string(home.config()).expect("written above");
    home.write("actors.tsv", "name\tcountry\n\tXXX\n");
    let named = "[coder]\nactors = [\"actors.tsv\", \"none.tsv\"]\n[article]\nboilerplate = [\"none.toml\"]\n";
    home.write("dateline.toml", &format!("{config}{named}"));
    home.write("feeds.toml", "[[feed]]\nurl = \"ftp://x\"\n");
    for command in ["check", "run"] {
        let output = home.ask(&[command]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{said}");
        for named in ["feeds.toml:2", "none.tsv", "none.toml"] {
            assert!(said.contains(named), "{command}: {named} is not in\n{said}");
        }
    }
}

#[test]
fn set_aside_reasons_are_listed_with_their_meaning() {
    let reasons = Bare::new().told(&["set-aside", "reasons"]);
    let names: Vec<&str> = reasons
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let table =
        dateline::set_aside::SetAsideReason::ALL.map(dateline::set_aside::SetAsideReason::as_str);
    assert_eq!(names, table);
    assert!(
        reasons
            .lines()
            .all(|line| line.split_whitespace().count() > 2),
        "{reasons}"
    );
}

/// A `tail` that follows; its lines come one by one.
struct Tail {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Tail {
    fn start(home: &Home, more: &[&str]) -> Self {
        let mut child = worker::dateline()
            .args(["tail", "events", "--follow", "--ledger"])
            .arg(home.ledger())
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let output = child.stdout.take().expect("it is ours");
        let (sender, lines) = mpsc::sync_channel(1_000);
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            for line in lines {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> Value {
        let line = self
            .lines
            .recv_timeout(worker::PATIENCE)
            .expect("a line in time");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Publishes an event of its own text.
async fn publish(ledger: &SqliteLedger, text: &str) -> String {
    use dateline::{
        event::{Coder, LexiconSource, Story},
        ledger::Batch,
        record::Record,
    };
    let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
    let event = coder.code(&Story::of_text(text)).pop().expect("an event");
    let id = event.id.clone();
    let batch = Batch {
        records: vec![Record::Event(Box::new(event))],
        ..Batch::begin(
            ledger
                .find_tenure(&Site::of_host("a.test"))
                .expect("an owned site"),
        )
    };
    ledger.commit(batch).await.expect("committed");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_follows_from_the_beginning_from_now_and_from_an_instant() {
    let home = Home::new(&Settings::local(Vec::new(), Vec::new()));
    let ledger = SqliteLedger::open(&home.ledger(), None).expect("a new file");
    let first = publish(&ledger, "Turkey accused Greece of spying.").await;
    let all = Tail::start(&home, &["--from", "beginning"]);
    assert_eq!(all.next()["id"], first.as_str());
    let since = Tail::start(&home, &["--from", "2000-01-01T00:00:00Z"]);
    assert_eq!(since.next()["id"], first.as_str());
    // Both that begin now have begun once they tell what comes; what was there before is not told.
    let now = [
        Tail::start(&home, &[]),
        Tail::start(&home, &["--from", "now"]),
    ];
    let mut published = vec![first.clone()];
    let told: Vec<String> = now
        .iter()
        .map(|tail| {
            loop {
                let text = format!(
                    "Peru accused Chile of spying in {}.",
                    published.len() + 1900
                );
                let (ledger, text) = (&ledger, text.as_str());
                let id = tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(publish(ledger, text))
                });
                published.push(id);
                if let Ok(line) = tail.lines.recv_timeout(Duration::from_millis(400)) {
                    let value: Value = serde_json::from_str(&line).expect("JSON");
                    break value["id"].as_str().unwrap_or_default().to_owned();
                }
            }
        })
        .collect();
    for id in told {
        assert_ne!(id, first, "what was there before is not told");
        assert!(published.contains(&id));
    }
    assert_eq!(all.next()["id"], published[1].as_str(), "it goes on");
    let reader = SqliteReader::open(&home.ledger()).expect("a ledger");
    let last = reader
        .read_newest(Outlet::Events, 1)
        .expect("records")
        .swap_remove(0);
    let later = home.told(&["tail", "events", "--from", "2999-01-01T00:00:00Z"]);
    assert_eq!(later, "");
    let at = last.recorded.to_string();
    let from = values(&home.told(&["tail", "events", "--from", &at]));
    assert_eq!(
        from.last().map(|event| &event["id"]),
        Some(&json(&last)["id"])
    );
    let now = home.told(&["tail", "events", "--from", "now"]);
    assert_eq!(now, "");
    assert_eq!(
        home.ask(&["tail", "events", "--from", "soon"])
            .status
            .code(),
        Some(64)
    );
    ledger.close().await.expect("closed");
}
