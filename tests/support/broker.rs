//! A real Apache Kafka for tests: one a test binary, on free ports, ended with it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of it"
)]

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::PathBuf,
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
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

/// The broker of this test binary, and the right to use it: its tests go one after another, for they measure times.
pub fn shared() -> Option<(&'static Broker, MutexGuard<'static, ()>)> {
    static BROKER: OnceLock<Option<Broker>> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let broker = BROKER
        .get_or_init(|| Broker::start("shared", Vec::new()))
        .as_ref()?;
    Some((broker, turn))
}

/// A prefix that no other run has: several may use one broker, one after another or at once.
pub fn unique(prefix: &str) -> String {
    let now = jiff::Timestamp::now().as_millisecond();
    format!("{prefix}-{}-{now}", std::process::id())
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
