//! What an operator and their tools see of a running worker: health, metrics, status, and the terminal.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use dateline::{
    event::{Coder, LexiconSource, Story},
    ledger::{Health, Outlet},
    record::Event,
    status::Board,
    status_server::StatusServer,
    telemetry::{EventLabels, Metrics, Reason},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::{
    http::{self, Reply},
    news::{News, Plan},
    skip, tools,
    worker::{self, Home, Settings},
};

/// A worker's face without a worker.
struct Face {
    board: Arc<Board>,
    metrics: Metrics,
    server: StatusServer,
}

impl Face {
    async fn new() -> Self {
        let (board, metrics) = (Arc::new(Board::default()), Metrics::default());
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = StatusServer::start(listen, Arc::clone(&board), metrics.clone())
            .await
            .expect("a loopback port");
        Self {
            board,
            metrics,
            server,
        }
    }

    async fn get(&self, path: &str) -> Reply {
        http::get(self.server.address(), "localhost", path, "").await
    }

    async fn ready(&self, health: Health) -> (u16, Value) {
        self.board.show_ledger(health);
        let reply = self.get("/readyz").await;
        (
            reply.status,
            serde_json::from_str(&reply.body).expect("JSON"),
        )
    }
}

fn accusation(status: &str) -> Event {
    let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
    let mut events = coder.code(&Story::of_text("Turkey accused Greece of spying."));
    let mut event = events.pop().expect("an accusation");
    status.clone_into(&mut event.status);
    event
}

fn out_of_reach(seconds: i64) -> Health {
    Health {
        restored: true,
        unreachable_since: Some(Timestamp::now() - SignedDuration::from_secs(seconds)),
        notes: vec!["the disk is full".to_owned()],
        ..Health::default()
    }
}

#[tokio::test]
async fn a_worker_is_ready_once_restored_and_until_its_ledger_is_away_for_a_minute() {
    let face = Face::new().await;
    let (status, body) = face.ready(Health::default()).await;
    assert_eq!(
        (status, &body["ready"], &body["restored"]),
        (503, &Value::from(false), &Value::from(false))
    );
    let restored = Health {
        restored: true,
        partitions: 16,
        waiting: 3,
        ..Health::default()
    };
    let (status, body) = face.ready(restored).await;
    assert_eq!((status, &body["ready"]), (200, &Value::from(true)));
    assert_eq!(
        (&body["partitions"], &body["waiting"]),
        (&Value::from(16), &Value::from(3))
    );
    let (status, body) = face.ready(out_of_reach(58)).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["unreachable_since"].is_string(), "{body}");
    let (status, body) = face.ready(out_of_reach(61)).await;
    assert_eq!(status, 503, "{body}");
    assert_eq!(body["notes"][0], "the disk is full");
    assert_eq!(face.get("/livez").await.status, 200, "alive all the same");
    face.server.stop().await;
}

#[tokio::test]
async fn livez_says_alive_before_anything_is_restored_and_unknown_paths_are_404() {
    let face = Face::new().await;
    assert_eq!(face.get("/livez").await.status, 200);
    for path in ["/nothing", "/livez/x", "/metrics.json", "/../etc/passwd"] {
        assert_eq!(face.get(path).await.status, 404, "{path}");
    }
    let page = face.get("/").await;
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    face.server.stop().await;
}

/// Gauges that count things, which have no unit of their own.
const COUNTS: [&str; 10] = [
    "dateline_feeds",
    "dateline_feeds_disabled",
    "dateline_feeds_failing",
    "dateline_feed_lists_differing",
    "dateline_waiting_entries",
    "dateline_unreadable_records",
    "dateline_partitions_owned",
    "dateline_visits_in_flight",
    "dateline_build_info",
    "dateline_waiting_oldest_seconds",
];
/// All labels there are.
const LABELS: [&str; 7] = [
    "outcome", "reason", "type", "status", "stage", "version", "le",
];

#[tokio::test]
async fn names_of_metrics_end_in_their_unit_or_total_and_labels_come_from_a_fixed_set() {
    let face = Face::new().await;
    let metrics = &face.metrics;
    for family in [
        &metrics.polls,
        &metrics.articles,
        &metrics.withheld,
        &metrics.reloads,
    ] {
        Metrics::count_outcome(family, "parsed");
    }
    let reason = "robots";
    metrics.set_aside.get_or_create(&Reason { reason }).inc();
    metrics.retries.get_or_create(&Reason { reason }).inc();
    for status in ["coded", "revised", "retracted", "whatever"] {
        let event = accusation(status);
        metrics
            .events
            .get_or_create(&EventLabels::of_event(&event))
            .inc();
    }
    metrics.count_stage_time("fetch", Duration::from_millis(5));
    metrics.lag.observe(3.0);
    let accept = "accept: application/openmetrics-text;version=1.0.0\r\n";
    let reply = http::get(face.server.address(), "localhost", "/metrics", accept).await;
    assert!(
        reply
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = reply.body;
    assert!(
        text.contains("status=\"coded\"} 2"),
        "the set of states is closed: {text}"
    );

    let mut labels = BTreeSet::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            let fine = match kind {
                // The samples of a counter are named `…_total` (OpenMetrics 1.0).
                "counter" => text.contains(&format!("\n{name}_total")),
                "histogram" => name.ends_with("_seconds"),
                _ => name.ends_with("_seconds") || COUNTS.contains(&name),
            };
            assert!(fine, "{line}");
        } else if let Some((_, set)) = line.split_once('{') {
            let set = set.split('}').next().unwrap_or_default();
            let names = set.split("\",").filter_map(|pair| pair.split('=').next());
            labels.extend(names.map(str::to_owned));
        }
    }
    assert!(
        labels.iter().all(|label| LABELS.contains(&label.as_str())),
        "{labels:?}"
    );
    face.server.stop().await;
}

#[tokio::test]
async fn an_event_stands_once_among_the_latest_and_one_taken_back_does_not() {
    let face = Face::new().await;
    let latest = async || -> Value {
        serde_json::from_str(&face.get("/status.json").await.body).expect("JSON")
    };
    assert_eq!(latest().await["lag"], Value::Null);
    for seconds in [2.0, 400.0, 4.0] {
        face.board.enter_committed(&[], Some(seconds));
    }
    face.board.enter_committed(&[accusation("coded")], None);
    face.board.enter_committed(&[accusation("revised")], None);
    let status = latest().await;
    assert_eq!(status["latest"].as_array().map(Vec::len), Some(1));
    assert_eq!(status["latest"][0]["status"], "revised");
    assert_eq!(
        (&status["articles"], &status["events"]),
        (&Value::from(5), &Value::from(1))
    );
    assert_eq!(
        (&status["lag"]["last"], &status["lag"]["median"]),
        (&Value::from(4.0), &Value::from(4.0))
    );
    face.board.enter_committed(&[accusation("retracted")], None);
    let status = latest().await;
    assert_eq!(status["latest"].as_array().map(Vec::len), Some(0));
    assert_eq!(
        (&status["events"], &status["retracted"]),
        (&Value::from(1), &Value::from(1))
    );
    face.server.stop().await;
}

/// A world of a few articles, and a worker's folder with a status page.
async fn small_world() -> (News, Home) {
    let plan = Plan {
        sites: 2,
        articles_per_feed: 4,
        ..Plan::flow(3, 0)
    };
    let news = News::start(plan).await.expect("a loopback port");
    let mut settings = Settings::local(news.hosts(), news.feeds());
    "[http]\nlisten = \"127.0.0.1:0\"\n".clone_into(&mut settings.more);
    let home = Home::new(&settings);
    (news, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_shows_its_feeds_its_lag_and_its_latest_events() {
    let (_news, home) = small_world().await;
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 8);
    let address = home.status_page(&mut worker);
    let reply = http::get(address, "localhost", "/status.json", "").await;
    let status: Value = serde_json::from_str(&reply.body).expect("JSON");
    assert_eq!(
        status["feeds"].as_array().map(Vec::len),
        Some(2),
        "{status}"
    );
    assert!(
        status["lag"]["median"]
            .as_f64()
            .is_some_and(|lag| lag > 0.0),
        "{status}"
    );
    let latest = status["latest"].as_array().expect("a list");
    assert!(!latest.is_empty() && latest.iter().all(|event| event["type"].is_string()));
    let ready = http::get(address, "localhost", "/readyz", "").await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    assert_eq!(worker.stop().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_the_worker_prints_events_as_they_come() {
    let there = Command::new("script").arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        skip::skipped("`script` of util-linux is missing");
        return;
    }
    let (_news, home) = small_world().await;
    let command = format!(
        "echo $$ > {}; exec {} run --config {}",
        home.path("pid").display(),
        env!("CARGO_BIN_EXE_dateline"),
        home.config().display()
    );
    let typescript = home.path("typescript");
    let mut terminal = Command::new("script")
        .args(["-qefc", &command])
        .arg(&typescript)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let began = std::time::Instant::now();
    let shown = loop {
        let text = std::fs::read(&typescript).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.matches('“').count() >= 4 {
            break text;
        }
        let ended = terminal.try_wait().expect("a child can be waited for");
        assert!(
            began.elapsed() < worker::PATIENCE && ended.is_none(),
            "{ended:?}: {text}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let pid = std::fs::read_to_string(home.path("pid")).expect("the shell wrote it");
    let asked = Command::new("kill").args(["-TERM", pid.trim()]).status();
    assert!(asked.is_ok_and(|status| status.success()));
    let ended = terminal.wait().expect("a child can be waited for");
    assert_eq!(ended.code(), Some(0));
    assert!(shown.contains("\u{1b}["), "in colours: {shown}");
    let all = std::fs::read(&typescript).expect("it was written");
    let all = String::from_utf8_lossy(&all).into_owned();
    for part in [
        "  ledger       ",
        "  console      ",
        " events. To read them again: ",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

/// Reads both formats with the parsers of Prometheus' own library, and applies what `promtool check metrics` asks for.
const CHECK_METRICS: &str = r##"
import re, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

plain, open_text = open(sys.argv[1]).read(), open(sys.argv[2]).read()
families = list(read_plain(plain))
assert {f.name for f in families} == {f.name for f in read_open(open_text)}
assert len(families) > 15, len(families)
helped = dict(line.split(" ", 3)[2:] for line in plain.splitlines() if line.startswith("# HELP "))
typed = dict(line.split(" ", 3)[2:] for line in plain.splitlines() if line.startswith("# TYPE "))
abbreviations = re.compile(r"_(s|ms|us|ns|sec|secs|msec|b|kb|mb|kib|mib|byte|second|minutes|hours|days|percent)(_|$)")
for name, kind in typed.items():
    assert helped.get(name, "").strip(), f"{name} has no help"
    assert name.endswith("_total") == (kind == "counter"), f"{name} is a {kind}"
    assert not abbreviations.search(name), f"{name} has another unit than the base one"
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name), f"{name} is not in snake case"
    assert not re.search(r"_(gauge|counter|histogram|summary|bucket|count|sum|info_total)$", name), name
for family in families:
    assert typed.get(family.name) or typed.get(family.name + "_total"), f"{family.name} has no type"
    for sample in family.samples:
        assert ("le" in sample.labels) == sample.name.endswith("_bucket"), sample
"##;

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_a_running_worker_pass_the_parsers_and_the_rules_of_prometheus() {
    let Some(python) = tools::python("prometheus_client.openmetrics") else {
        return;
    };
    let (_news, home) = small_world().await;
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 8);
    let address = home.status_page(&mut worker);
    let open = "accept: application/openmetrics-text; version=1.0.0\r\n";
    for (name, accept) in [("plain", ""), ("open", open)] {
        let metrics = http::get(address, "localhost", "/metrics", accept).await;
        home.write(name, &metrics.body);
    }
    assert_eq!(worker.stop().code(), Some(0));
    let checked = Command::new(python)
        .args(["-c", CHECK_METRICS])
        .args([home.path("plain"), home.path("open")])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success(), "{said}");
}
