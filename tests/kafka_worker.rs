//! The built program on a real broker: the demo, the worker with its commands beside it, three workers on one group, a
//! page that kills, topics that are set wrong, and a broker that is away.

mod away;
mod killer;
mod papers;
mod topics;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::mpsc::sync_channel,
    time::{Duration, Instant},
};

use dateline::{
    kafka::KafkaReader,
    ledger::{Outlet, PublishedRecord},
};
use serde_json::Value;

use crate::support::{
    broker,
    folder::{self, BINARY, Folder, Worker},
    http,
    news::{News, Plan, breaches},
    raw_site,
};

/// What is waited for comes within this time, or the test fails; far above what it takes.
const PATIENCE: Duration = Duration::from_secs(180);

fn tables(address: &str, prefix: &str) -> String {
    format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}.\"\npartitions = 6\n\
         [poll]\nmin_interval = \"1s\"\ninterval = \"1s\"\nmax_interval = \"1s\"\n\
         no_validators_floor = \"0s\"\nfirst_poll = 2000\n"
    )
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// The records of an outlet; none before its topic is there.
async fn published(address: &str, prefix: &str, outlet: Outlet) -> Vec<PublishedRecord> {
    let reader = KafkaReader::open(&broker::config(address, prefix))
        .await
        .expect("the broker answers");
    reader.read_all(outlet).await.unwrap_or_default()
}

fn json(record: &PublishedRecord) -> Value {
    serde_json::from_str(&record.json).expect("records are JSON")
}

/// Waits until a question has an answer.
async fn until<T>(folder: &Folder, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        let log = folder.log();
        let tail: Vec<&str> = log.lines().rev().take(15).collect();
        assert!(
            began.elapsed() < PATIENCE,
            "waited for {what}; the log ends\n{}",
            tail.join("\n")
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Runs a command of the program on a folder; it must succeed. Gives what it printed.
fn told(folder: &Folder, arguments: &[&str]) -> String {
    let out = Command::new(BINARY)
        .args(arguments)
        .env("DATELINE_CONFIG", folder.path("dateline.toml"))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{arguments:?}: {said}");
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// The row of a demo's summary.
fn row(said: &str, name: &str) -> Vec<String> {
    let line = said.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no row {name} in\n{said}"));
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_demo_on_a_broker_counts_its_own_records_the_second_time_too() {
    // On a shared one other tests may have made the demo's topics.
    let Some(broker) = broker::Broker::start("demo-twice", Vec::new()) else {
        return;
    };
    let demo = || {
        let arguments = ["demo", "--kafka", &broker.address];
        let (code, out, err) = folder::dateline(std::path::Path::new("."), &arguments);
        assert_eq!(code, 0, "{out}{err}");
        (out, err)
    };
    let ((first, log), (second, _)) = (demo(), demo());
    // What is kept, and how long, is said once.
    assert!(log.contains("dateline-demo.events kept for ever"), "{log}");
    assert!(log.contains("dateline-demo.articles kept 90 days"), "{log}");
    for name in ["articles", "events", "held back", "set aside"] {
        assert_eq!(row(&first, name), row(&second, name));
    }
    let events: usize = row(&first, "events")[1].parse().expect("a number");
    assert!(events > 10, "{first}");
    let all = runtime().block_on(published(&broker.address, "dateline-demo", Outlet::Events));
    assert_eq!(all.len(), 2 * events);
}

#[test]
fn a_worker_on_a_broker_publishes_each_article_once_and_every_command_reads_it() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let (address, prefix) = (broker.address.as_str(), "worker");
    runtime().block_on(async {
        let mut plan = Plan::flow(3, 100);
        (plan.listers, plan.consent) = (1, true);
        let news = News::start(plan).await.expect("a local news server");
        let pace = Duration::from_millis(20);
        let folder = Folder::new(&news.hosts(), &news.feeds(), pace, &tables(address, prefix));
        let worker = folder.run();
        let shown = until(&folder, "the status page", async || status_page(&folder)).await;
        until(&folder, "the first event", async || {
            (!published(address, prefix, Outlet::Events).await.is_empty()).then_some(())
        })
        .await;
        // From the beginning and on: what is there, then what comes.
        let mut following = Command::new(BINARY)
            .args([
                "tail",
                "articles",
                "--follow",
                "--from",
                "beginning",
                "--config",
            ])
            .arg(folder.path("dateline.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(following.stdout.take().expect("a pipe was asked for")).lines();
        let (send, followed) = sync_channel(1_000);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        until(&folder, "all articles and the consent form", async || {
            let articles = published(address, prefix, Outlet::Articles).await;
            let aside = published(address, prefix, Outlet::SetAside).await;
            (articles.len() >= 100 && !aside.is_empty()).then_some(())
        })
        .await;
        once(&news, &published(address, prefix, Outlet::Articles).await);

        let metrics = http::get(shown, "127.0.0.1", "/metrics", "").await.body;
        metrics_tell(&metrics);
        console_tells(&folder, shown, address, prefix).await;
        let tailed = told(&folder, &["tail", "articles", "--json"]);
        assert_eq!(tailed.lines().count(), 100);
        assert_eq!(
            told(&folder, &["tail", "events", "--json", "--limit", "3"])
                .lines()
                .count(),
            3
        );
        let feeds = told(&folder, &["feeds", "list", "--json"]);
        for line in feeds.lines() {
            let feed: Value = serde_json::from_str(line).expect("JSON");
            assert!(feed["polls"].as_u64() >= Some(1), "{feed}");
        }
        assert_eq!(feeds.lines().count(), news.feeds().len());
        let mut lines = Vec::new();
        while lines.len() < 100 {
            lines.push(
                followed
                    .recv_timeout(Duration::from_secs(30))
                    .expect("a line an article"),
            );
        }
        following.kill().expect("a child that runs");
        following.wait().expect("a child that was killed");
        let mut sorted: Vec<&str> = tailed.lines().collect();
        sorted.sort_unstable();
        lines.sort_unstable();
        assert_eq!(lines, sorted);
        set_aside(&folder, address, prefix).await;
        assert!(worker.terminate().success(), "{}", folder.log());
        news.stop().await;
    });
}

/// Each article of the news is published once.
fn once(news: &News, articles: &[PublishedRecord]) {
    let mut found: HashMap<String, usize> = HashMap::new();
    for article in articles {
        let title = json(article)["title"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        for (marker, _) in news
            .articles()
            .iter()
            .filter(|(marker, _)| title.contains(marker))
        {
            *found.entry(marker.clone()).or_default() += 1;
        }
    }
    for (marker, url) in news.articles() {
        assert_eq!(found.get(&marker), Some(&1), "{marker} at {url}");
    }
}

fn status_page(folder: &Folder) -> Option<SocketAddr> {
    let log = folder.log();
    let line = log
        .lines()
        .rfind(|line| line.contains("status page open"))?;
    let line: Value = serde_json::from_str(line).ok()?;
    line["address"].as_str()?.parse().ok()
}

/// The console speaks of what this worker has published since it started, and says so.
async fn console_tells(folder: &Folder, shown: SocketAddr, address: &str, prefix: &str) {
    let ask = async |path: String| -> Value {
        let reply = http::get(shown, "127.0.0.1", &path, "").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).expect("JSON")
    };
    let events = published(address, prefix, Outlet::Events).await;
    let ids: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    let page = until(folder, "the console knows all events", async || {
        let page = ask("/api/events?limit=500".to_owned()).await;
        (page["scope"]["events"] == ids.len()).then_some(page)
    })
    .await;
    let scope = &page["scope"];
    assert_eq!(
        (&scope["ledger"], &scope["whole"]),
        (&"kafka".into(), &false.into())
    );
    assert!(scope["since"].is_string(), "{scope}");
    let row = &page["events"][0];
    let id = row["id"].as_str().expect("an id");
    assert!(ids.contains(id), "{row}");
    let whole = ask(format!("/api/events/{id}")).await;
    assert_eq!(
        whole["event"]["article"]["text_sha256"],
        whole["article"]["text_sha256"]
    );
    let aside = ask("/api/set-aside".to_owned()).await;
    assert_eq!(aside["entries"][0]["reason"], "consent_wall", "{aside}");
}

/// The ledger's own figures stand among the metrics.
fn metrics_tell(metrics: &str) {
    let value = |name: &str| {
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let line = line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"));
        line.parse::<f64>().expect("a number")
    };
    assert!(
        value("dateline_kafka_transactions_total{outcome=\"committed\"}") >= 1.0,
        "{metrics}"
    );
    assert!(value("dateline_kafka_transactions_total{outcome=\"aborted\"}") >= 0.0);
    assert!(value("dateline_kafka_transactions_total{outcome=\"lost\"}") >= 0.0);
    assert!(value("dateline_kafka_transaction_seconds_total") > 0.0);
    assert!(value("dateline_kafka_restores_total") >= 1.0);
    assert!(value("dateline_kafka_restore_seconds_total") > 0.0);
    assert!(value("dateline_kafka_owners_fenced_total") >= 0.0);
    assert!(value("dateline_kafka_seen_addresses") >= 100.0);
    assert!(value("dateline_kafka_seen_bytes") > 0.0);
    assert!(value("dateline_kafka_partitions_stopped").abs() < 0.5);
    assert!(value("dateline_kafka_unreachable_seconds").abs() < 0.5);
    assert!(
        (value("dateline_partitions_owned") - 6.0).abs() < 0.5,
        "{metrics}"
    );
    assert!(value("dateline_waiting_entries") >= 0.0);
    assert!(value("dateline_waiting_oldest_seconds") >= 0.0);
}

/// What was set aside is listed and shown, and read again when it is asked for.
async fn set_aside(folder: &Folder, address: &str, prefix: &str) {
    let listed = told(
        folder,
        &["set-aside", "list", "--json", "--reason", "consent_wall"],
    );
    let first: Value =
        serde_json::from_str(listed.lines().next().expect("the form")).expect("JSON");
    let id = first["id"].as_str().expect("an id");
    let shown: Value =
        serde_json::from_str(&told(folder, &["set-aside", "show", id])).expect("JSON");
    assert_eq!(shown["reason"], "consent_wall");
    let records = |all: &[PublishedRecord]| all.iter().filter(|record| record.id == id).count();
    let before = records(&published(address, prefix, Outlet::SetAside).await);
    let asked = told(folder, &["set-aside", "retry", id]);
    assert!(asked.contains(id), "{asked}");
    until(folder, "it is read again", async || {
        let now = records(&published(address, prefix, Outlet::SetAside).await);
        (now > before).then_some(())
    })
    .await;
}

#[test]
fn three_workers_read_each_article_once_and_no_site_sees_two_requests_at_once_or_too_soon() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let (address, prefix) = (broker.address.as_str(), "tangle");
    runtime().block_on(async {
        let pace = Duration::from_millis(40);
        let news = News::start(Plan::tangle(12))
            .await
            .expect("a local news server");
        let tables = tables(address, prefix);
        let folders = ["worker0", "worker1", "worker2"]
            .map(|name| Folder::of(name, &news.hosts(), &[], pace, &tables));
        let workers = started_together(&folders, &news.feeds()).await;
        let expected = news.articles();
        until(
            &folders[0],
            "all articles and the two that lead nowhere",
            async || {
                let articles = published(address, prefix, Outlet::Articles).await.len();
                let aside = published(address, prefix, Outlet::SetAside).await.len();
                (articles >= expected.len() && aside >= 2).then_some(())
            },
        )
        .await;
        for (worker, folder) in workers.into_iter().zip(&folders) {
            assert!(worker.terminate().success(), "{}", folder.log());
        }
        once(&news, &published(address, prefix, Outlet::Articles).await);
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for record in published(address, prefix, Outlet::SetAside).await {
            let reason = json(&record)["reason"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            *reasons.entry(reason).or_default() += 1;
        }
        assert!(
            reasons.contains_key("redirect_loop") && reasons.contains_key("consent_wall"),
            "{reasons:?}"
        );
        each_did_its_share(&folders, &news);
        let hurried = breaches(&news.visits(), pace, Duration::from_millis(5));
        assert!(hurried.is_empty(), "{hurried:?}");
        news.stop().await;
    });
}

/// Starts workers of one group; nothing is to be read before each of them owns a part.
async fn started_together(folders: &[Folder; 3], feeds: &[String]) -> [Worker; 3] {
    let workers = folders.each_ref().map(Folder::run);
    for folder in folders {
        until(folder, "its first partition", async || {
            folder.log().contains("partition restored").then_some(())
        })
        .await;
    }
    for (worker, folder) in workers.iter().zip(folders) {
        folder.feeds(feeds);
        worker.signal("HUP");
    }
    workers
}

/// Each of the workers owned partitions and asked for pages, as the sites know it by its User-Agent.
fn each_did_its_share(folders: &[Folder; 3], news: &News) {
    let restored = folders.each_ref().map(|folder| {
        let log = folder.log();
        log.matches("partition restored").count()
    });
    let visits = news.visits();
    let asked = ["worker0", "worker1", "worker2"].map(|name| {
        let name = format!("(+https://{name}.invalid/)");
        let of = visits.iter().filter(|visit| visit.agent.contains(&name));
        of.filter(|visit| visit.path.starts_with("/a/")).count()
    });
    eprintln!("partitions restored {restored:?}, pages asked for {asked:?}");
    assert!(restored.iter().all(|count| *count > 0), "{restored:?}");
    assert!(asked.iter().all(|count| *count > 0), "{asked:?}");
}

#[test]
fn a_broker_that_is_away_at_the_start_is_named_with_the_reason_and_the_exit_is_69() {
    let tables =
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"127.0.0.1:9\"\nstart_timeout = \"3s\"\n";
    let feeds = ["http://one.test/feed".to_owned()];
    let folder = Folder::new(&[], &feeds, Duration::from_millis(5), tables);
    let config = folder.path("dateline.toml");
    let began = Instant::now();
    let (code, _, said) = folder::dateline(
        &folder.path(""),
        &["run", "--config", &config.to_string_lossy()],
    );
    assert_eq!(code, 69, "{said}");
    assert!(
        said.contains("127.0.0.1:9") && said.contains("refused"),
        "{said}"
    );
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(15),
        "{took:?}"
    );
}
