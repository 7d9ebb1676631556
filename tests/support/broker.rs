//! A real Apache Kafka for tests: brokers on free ports that end with the process of the tests.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of it"
)]

use std::{
    collections::BTreeMap,
    env,
    io::{self, Write as _},
    path::PathBuf,
    process::Command,
    sync::{
        Condvar, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use dateline::{
    config::{KafkaConfig, Secret},
    kafka::KafkaLedger,
};

/// Kafka's own tool for grants.
pub const ACLS: &str = "org.apache.kafka.tools.AclCommand";

/// A broker that was brought up by `kafka.sh`.
#[derive(Debug)]
pub struct Broker {
    /// `host:port`.
    pub address: String,
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Broker {
    /// Brings one up with a folder of its own under `target/`; `None` where none is possible, which is said loudly, and
    /// ends the tests under `CI=true`.
    pub fn start(name: &str, environment: Vec<(&'static str, String)>) -> Option<Self> {
        let mut broker = Self {
            address: String::new(),
            folder: Self::folder(name),
            environment,
        };
        broker.address = broker.script("start")?;
        Some(broker)
    }

    /// The folder of one; it goes when the process has ended.
    pub fn folder(name: &str) -> PathBuf {
        let folder = format!("kafka-{name}-{}", std::process::id());
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("target")
            .join(folder)
    }

    /// Ends it as a power cut would; its data stays.
    pub fn kill(&self) {
        self.script("kill");
    }

    /// Ends it as an operator would; its data stays.
    pub fn stop(&self) {
        self.script("stop");
    }

    /// Brings it back where it was.
    pub fn restart(&self) {
        self.script("start").expect("the broker comes back");
    }

    /// Runs one of Kafka's own tools.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> bool {
        let mut command = self.command("tool");
        command
            .arg(class)
            .args(arguments)
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Runs a command as dateline prints it, of `kafka-topics.sh`, `kafka-configs.sh` or `kafka-acls.sh`.
    pub fn run_printed(&self, line: &str) {
        // Cut into words as a shell does it that the line is pasted into.
        let shell = Command::new("sh")
            .args(["-c", &format!("printf '%s\\n' {line}")])
            .output()
            .expect("a shell");
        let words = String::from_utf8(shell.stdout).expect("UTF-8");
        let words: Vec<&str> = words.lines().collect();
        let (program, arguments) = words.split_first().expect("a command");
        let class = match *program {
            "kafka-topics.sh" => "org.apache.kafka.tools.TopicCommand",
            "kafka-configs.sh" => "kafka.admin.ConfigCommand",
            "kafka-acls.sh" => ACLS,
            other => panic!("{other} in {line}"),
        };
        assert!(self.tool(class, arguments), "{line}");
    }

    fn command(&self, what: &str) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/kafka.sh");
        let mut command = Command::new(script);
        command
            .arg(what)
            .env("KAFKA_DIR", &self.folder)
            .env("KAFKA_FOR", std::process::id().to_string());
        if !self.folder.to_string_lossy().contains("kafka-shared") {
            // One that is to be killed, or set up otherwise, is always our own.
            command.env_remove("DATELINE_TEST_KAFKA");
        }
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    /// The last line the script printed.
    fn script(&self, what: &str) -> Option<String> {
        let output = self.command(what).output().expect("bash runs the script");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            // Past the test runner, which shows nothing of a test that passes.
            drop(writeln!(io::stderr(), "SKIPPED: {said}"));
            assert!(output.status.code() != Some(3), "no Kafka under CI=true");
            return None;
        }
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        Some(printed.lines().last().unwrap_or_default().to_owned())
    }
}

/// Most brokers that the tests of one process share.
const MOST_SHARED: usize = 4;

/// Brokers that tests share, each brought up for the first test that gets it.
static SHARED: [OnceLock<Option<Broker>>; MOST_SHARED] = [const { OnceLock::new() }; MOST_SHARED];
/// Those of them that no test uses now; none before the first test asks.
static FREE: Mutex<Option<Vec<usize>>> = Mutex::new(None);
static GIVEN_BACK: Condvar = Condvar::new();

/// The right of one test to a shared broker; the next one has it when this is dropped.
#[derive(Debug)]
pub struct Turn(usize);

impl Turn {
    /// Waits until a broker is free.
    fn wait() -> Self {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let numbers = free.get_or_insert_with(|| (0..shared_brokers()).rev().collect());
            if let Some(number) = numbers.pop() {
                return Self(number);
            }
            free = GIVEN_BACK
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.get_or_insert_default().push(self.0);
        GIVEN_BACK.notify_one();
    }
}

/// How many brokers the tests of this process share: one, or `DATELINE_TEST_BROKERS` where they start their own.
fn shared_brokers() -> usize {
    let asked = env::var("DATELINE_TEST_BROKERS").ok();
    let asked = asked.and_then(|text| text.parse().ok()).unwrap_or(1);
    let is_given = env::var_os("DATELINE_TEST_KAFKA").is_some();
    if is_given {
        1
    } else {
        asked.clamp(1, MOST_SHARED)
    }
}

/// A broker that tests share, and the right to use it: on one broker they go one after another, for they measure times.
pub fn shared() -> Option<(&'static Broker, Turn)> {
    let turn = Turn::wait();
    let broker = SHARED[turn.0]
        .get_or_init(|| Broker::start(&format!("shared-{}", turn.0), Vec::new()))
        .as_ref()?;
    Some((broker, turn))
}

/// A prefix that no other test or run has: several may use one broker, one after another or at once.
pub fn unique(prefix: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = jiff::Timestamp::now().as_millisecond();
    format!("{prefix}-{}-{now}-{number}", std::process::id())
}

/// A configuration with topics under a prefix.
pub fn config(address: &str, prefix: &str) -> KafkaConfig {
    KafkaConfig {
        brokers: address.to_owned(),
        prefix: format!("{prefix}."),
        instance: String::new(),
        partitions: 4,
        replication: 1,
        min_insync: None,
        start_timeout: Duration::from_secs(15),
        client: BTreeMap::<String, Secret>::new(),
        topics: BTreeMap::new(),
        retention: BTreeMap::new(),
        token_command: None,
        token_file: None,
    }
}

/// Waits until a ledger owns so many partitions.
pub async fn owning_all(ledger: &KafkaLedger, count: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    while ledger.owned_partitions().len() != count {
        assert!(
            Instant::now() < until,
            "owns {:?}",
            ledger.owned_partitions()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
