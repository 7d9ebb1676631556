//! The consumers of deploy/consumers, each run as its own comment says, on what the demo publishes to a real broker.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    time::Duration,
};

use dateline::{
    kafka::{KafkaLedger, KafkaReader},
    ledger::{Batch, Ledger as _, Outlet, PublishedRecord},
    site::Site,
};
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer as _},
};

use crate::support::{
    broker,
    conformance::{batch, records},
    tools::{self, postgres::Postgres, tool},
};

/// What is waited for comes within this time; Java takes some seconds to compile its file.
const PATIENCE: Duration = Duration::from_secs(90);
/// A record too many would have come within this.
const LITTLE: Duration = Duration::from_millis(1_500);
/// Lines of a consumer that wait for the test.
const LINES: usize = 10_000;
/// The id of what was aborted.
const ABORTED: &str = "ev_aborted";
const PREFIX: &str = "dateline-demo";

/// What the demo published so far, with aborted records before it in every partition; made once a broker for all tests.
fn published(address: &str) -> Vec<PublishedRecord> {
    static MADE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if !made.contains(address) {
        demo(address);
        let known = runtime.block_on(events(address, PREFIX));
        abort(address, &known[0].json);
        // The second demo's events come after what was aborted.
        demo(address);
        made.insert(address.to_owned());
    }
    drop(made);
    runtime.block_on(events(address, PREFIX))
}

fn demo(address: &str) {
    let out = Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(["demo", "--quiet", "--kafka", address])
        .output()
        .expect("the program starts");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

async fn events(address: &str, prefix: &str) -> Vec<PublishedRecord> {
    let reader = KafkaReader::open(&broker::config(address, prefix))
        .await
        .expect("the broker answers");
    reader.read_all(Outlet::Events).await.expect("records")
}

/// Writes an event into each partition, and aborts.
fn abort(address: &str, event: &str) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("transactional.id", "consumers-test")
        .create()
        .expect("a producer");
    let at_most = Duration::from_secs(20);
    producer
        .init_transactions(at_most)
        .expect("a transactional id");
    producer.begin_transaction().expect("begun");
    let topic = format!("{PREFIX}.events");
    for partition in 0..12 {
        let record = BaseRecord::to(&topic)
            .partition(partition)
            .key(ABORTED)
            .payload(event);
        producer
            .send(record)
            .map_err(|(error, _)| error)
            .expect("sent");
    }
    producer.flush(at_most).expect("written");
    producer.abort_transaction(at_most).expect("aborted");
}

/// A consumer that runs, and its lines.
struct Consumer {
    child: Child,
    lines: Receiver<String>,
}

impl Consumer {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the consumer starts");
        let out = child.stdout.take().expect("a pipe was asked for");
        let (send, lines) = sync_channel(LINES);
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Its first lines, and whatever else comes within a little time.
    fn lines(&self, count: usize) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let wait = if all.len() < count { PATIENCE } else { LITTLE };
            match self.lines.recv_timeout(wait) {
                Ok(line) => all.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return all,
            }
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy/consumers")
        .join(name)
}

/// The lines of a consumer name every event as often as it was published, and none that was aborted.
fn are_committed(lines: &[String], published: &[PublishedRecord]) {
    let mut expected: Vec<&str> = published.iter().map(|event| event.id.as_str()).collect();
    let mut found: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split('\t').next())
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert!(
        expected.len() > 20,
        "two demos publish more than {}",
        expected.len()
    );
    assert_eq!(found, expected);
}

#[test]
fn the_python_consumer_prints_each_committed_event_once() {
    let (Some((broker, _turn)), Some(python)) =
        (broker::shared(), tools::python("confluent_kafka"))
    else {
        return;
    };
    let published = published(&broker.address);
    let mut command = Command::new(python);
    command
        .arg(script("events.py"))
        .args([&broker.address, "dateline-demo.events"]);
    let lines = Consumer::start(&mut command).lines(published.len());
    are_committed(&lines, &published);
    assert!(
        lines.iter().all(|line| line.split('\t').count() == 6),
        "{lines:?}"
    );
}

#[test]
fn the_java_consumer_prints_each_committed_event_once() {
    let libs = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kafka-libs-4.1.1");
    let (Some((broker, _turn)), Some(java)) =
        (broker::shared(), tool("java", "default-jdk-headless"))
    else {
        return;
    };
    if !libs.join("kafka-clients-4.1.1.jar").exists() {
        tools::missing("the jars of kafka-clients (the broker of the tests is not made of them)");
        return;
    }
    let published = published(&broker.address);
    let mut command = Command::new(java);
    let class_path = format!("{}/*", libs.display());
    command
        .args(["-Xmx256m", "-cp", &class_path])
        .arg(script("Events.java"))
        .args([&broker.address, "dateline-demo.events", "java"]);
    are_committed(
        &Consumer::start(&mut command).lines(published.len()),
        &published,
    );
}

#[test]
fn the_line_for_kcat_prints_each_committed_event_once_with_its_headers() {
    let (Some((broker, _turn)), Some(_)) = (broker::shared(), tool("kcat", "kcat")) else {
        return;
    };
    let published = published(&broker.address);
    let run = |more: &[&str]| {
        let mut command = Command::new("sh");
        let arguments = [broker.address.as_str(), "dateline-demo.events", "-e"];
        command.arg(script("events.sh")).args(arguments).args(more);
        Consumer::start(&mut command).lines(usize::MAX)
    };
    let lines = run(&[]);
    are_committed(&lines, &published);
    assert!(
        lines
            .iter()
            .all(|line| line.contains("ce_type=dateline.event.coded")),
        "{lines:?}"
    );
    // What was aborted is there for a reader that does not mind.
    let all = run(&["-X", "isolation.level=read_uncommitted"]);
    let aborted = all.iter().filter(|line| line.starts_with(ABORTED)).count();
    assert_eq!(aborted, 12);
}

#[test]
fn postgres_holds_the_highest_revision_of_each_event_however_often_they_come() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let (Some(python), Some(postgres)) = (tools::python("psycopg"), Postgres::start()) else {
        return;
    };
    let mut published = published(&broker.address);
    revise(&broker.address);
    let revised = tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(events(&broker.address, "revised"));
    assert_eq!(revised.len(), 5);
    let start = |topic: &str, group: &str| {
        let mut command = Command::new(&python);
        let database = postgres.address();
        command.arg(script("events_to_postgres.py")).args([
            &broker.address,
            topic,
            &database,
            group,
        ]);
        Consumer::start(&mut command)
    };
    // Everything comes twice: by two groups, as after a table that was restored from a backup.
    let consumers = [
        start("dateline-demo.events", "first"),
        start("revised.events", "first-revised"),
    ];
    published.extend(revised);
    let latest: BTreeMap<&str, u32> =
        published.iter().fold(BTreeMap::new(), |mut latest, event| {
            let revision = latest.entry(event.id.as_str()).or_default();
            *revision = event.revision.max(*revision);
            latest
        });
    let expected: Vec<String> = latest
        .iter()
        .map(|(id, revision)| format!("{id}|{revision}"))
        .collect();
    let rows = "SELECT id, revision FROM events ORDER BY id COLLATE \"C\"";
    postgres.until(rows, &expected);
    drop(consumers);
    let again = [
        start("dateline-demo.events", "second"),
        start("revised.events", "second-revised"),
    ];
    std::thread::sleep(LITTLE * 2);
    postgres.until(rows, &expected);
    drop(again);
    // One of the revised events was taken back.
    let standing = postgres.ask("SELECT count(*) FROM standing_events");
    assert_eq!(standing, [(latest.len() - 1).to_string()]);
    let row = postgres.ask(
        "SELECT type, actor, recipient, place, event_date FROM standing_events WHERE revision = 3",
    );
    assert_eq!(row, ["REQUEST|Pakistan|United States|Quetta|2024-06-28"]);
}

/// Publishes two events in several revisions, one of them taken back, under a prefix of its own.
fn revise(address: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let config = broker::config(address, "revised");
        let ledger = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        let site = Site::of_host("one.test");
        while ledger.find_tenure(&site).is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let steps = [
            (0, 1, "coded"),
            (1, 1, "coded"),
            (0, 2, "revised"),
            (1, 2, "retracted"),
            (0, 3, "revised"),
        ];
        for (ordinal, revision, status) in steps {
            let batch = Batch {
                records: vec![records::event("a", ordinal, revision, status)],
                ..batch(&ledger, &site)
            };
            ledger.commit(batch).await.expect("committed");
        }
        ledger.close().await.expect("closed");
    });
}
