//! deploy/compose.yaml: its broker settings on a real broker, its consumer's command line, its demo.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};
use serde_json::Value;

use crate::support::tools;

/// The broker is up, and a consumer has read, within this.
const PATIENCE: Duration = Duration::from_secs(90);

/// The file as JSON; `None` where the tests' Python is not here.
fn compose() -> Option<Value> {
    let python = tools::python("yaml")?;
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(open('deploy/compose.yaml')), sys.stdout)";
    let out = Command::new(python)
        .args(["-c", program])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("python starts");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    Some(serde_json::from_slice(&out.stdout).expect("JSON"))
}

fn words(value: &Value) -> Vec<String> {
    let list = value.as_array().expect("a list");
    list.iter()
        .map(|word| word.as_str().expect("a word").to_owned())
        .collect()
}

#[test]
fn every_container_of_dateline_runs_without_rights_and_the_consumer_reads_committed() {
    let Some(compose) = compose() else { return };
    let services = &compose["services"];
    for name in ["demo", "worker"] {
        let service = &services[name];
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(words(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(words(&service["tmpfs"]), ["/tmp"], "{name}");
        assert_eq!(service["build"]["context"], "..", "{name}");
    }
    assert!(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("deploy/Dockerfile")
            .exists()
    );
    let consumer = words(&services["events"]["command"]);
    assert!(
        consumer.contains(&"--isolation-level=read_committed".to_owned()),
        "{consumer:?}"
    );
    // An operator's own feeds are not fetched by `up` alone.
    assert_eq!(words(&services["worker"]["profiles"]), ["feeds"]);
}

#[test]
fn docker_accepts_the_file_where_its_compose_is_installed() {
    let config = Command::new("docker")
        .args(["compose", "-f", "deploy/compose.yaml", "config", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let there = Command::new("docker").args(["compose", "version"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        drop(writeln!(
            io::stderr(),
            "not checked: `docker compose config`, which is not installed here"
        ));
        return;
    }
    let output = config.expect("docker starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A broker of the settings that the image makes of its environment.
struct Broker {
    child: Child,
    dir: PathBuf,
    inside: u16,
    host: u16,
}

fn script() -> Command {
    let mut command = Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/support/kafka.sh"
    ));
    command.stdin(Stdio::null());
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// The settings in the form of a properties file, as the image's own start-up writes them: without `KAFKA_`, in lower
/// case, with dots. The two host names are this machine, the ports free ones.
fn properties(environment: &Value, dir: &Path, ports: [u16; 3]) -> String {
    let environment = environment.as_object().expect("a table");
    let [inside, host, controller] = ports;
    let mut settings = BTreeMap::new();
    for (key, value) in environment {
        let key = key.strip_prefix("KAFKA_").expect("a setting of Kafka");
        let value = value.as_str().expect("settings are texts");
        let value = value
            .replace("kafka:", "127.0.0.1:")
            .replace(":9092", &format!(":{inside}"))
            .replace(":29092", &format!(":{host}"))
            .replace(":9093", &format!(":{controller}"));
        settings.insert(key.to_lowercase().replace('_', "."), value);
    }
    let data = settings.insert(
        "log.dirs".to_owned(),
        dir.join("data").display().to_string(),
    );
    assert_eq!(
        data.as_deref(),
        Some("/var/lib/kafka/data"),
        "the volume of the file"
    );
    settings
        .iter()
        .map(|(key, value)| format!("{key}={value}\n"))
        .collect()
}

impl Broker {
    fn start(environment: &Value) -> Option<Self> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target")
            .join(format!("kafka-compose-{}", std::process::id()));
        // Brings the jars where they are missing; the broker it starts is not needed.
        let fetched = script()
            .arg("start")
            .env("KAFKA_DIR", &dir)
            .env_remove("DATELINE_TEST_KAFKA")
            .output();
        let fetched = fetched.expect("bash runs the script");
        script()
            .arg("clean")
            .env("KAFKA_DIR", &dir)
            .status()
            .expect("bash runs the script");
        let libs = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kafka-libs-4.1.1");
        if !fetched.status.success() || !libs.join(".complete").exists() {
            tools::missing("Kafka from its jars");
            return None;
        }
        fs::create_dir_all(dir.join("logs")).expect("a folder under target");
        let ports = [free_port(), free_port(), free_port()];
        let config = dir.join("compose.properties");
        fs::write(&config, properties(environment, &dir, ports)).expect("a file there");
        let tool = |arguments: &[&str]| {
            let mut command = script();
            command
                .arg("tool")
                .args(arguments)
                .arg(&config)
                .env("KAFKA_DIR", &dir);
            command
        };
        let id = "5L6g3nShT-eMCtK--X86sw";
        let formatted = tool(&["kafka.tools.StorageTool", "format", "-t", id, "-c"]).output();
        let formatted = formatted.expect("bash runs the script");
        assert!(
            formatted.status.success(),
            "{}",
            String::from_utf8_lossy(&formatted.stderr)
        );
        let child = tool(&["kafka.Kafka"])
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("bash runs the script");
        Some(Self {
            child,
            dir,
            inside: ports[0],
            host: ports[1],
        })
    }

    /// The addresses to which a client of a listener is told to come back.
    fn told(port: u16) -> Vec<String> {
        let began = Instant::now();
        loop {
            let consumer: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", format!("127.0.0.1:{port}"))
                .create()
                .expect("a consumer");
            match consumer.fetch_metadata(None, Duration::from_secs(2)) {
                Ok(found) if !found.brokers().is_empty() => {
                    let brokers = found.brokers().iter();
                    return brokers
                        .map(|broker| format!("{}:{}", broker.host(), broker.port()))
                        .collect();
                }
                _ => assert!(
                    began.elapsed() < PATIENCE,
                    "the listener at {port} does not answer"
                ),
            }
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // The shell of the script and the broker that it waits for are a group of processes of their own.
        let group = format!("-{}", self.child.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).status());
        self.child.wait().map(drop).unwrap_or_default();
        fs::remove_dir_all(&self.dir).unwrap_or_default();
    }
}

#[test]
fn its_broker_answers_on_both_listeners_and_its_consumer_prints_what_its_demo_publishes() {
    let Some(compose) = compose() else { return };
    let services = &compose["services"];
    let Some(broker) = Broker::start(&services["kafka"]["environment"]) else {
        return;
    };
    let (inside, host) = (broker.inside, broker.host);
    assert_eq!(Broker::told(inside), [format!("127.0.0.1:{inside}")]);
    assert_eq!(Broker::told(host), [format!("localhost:{host}")]);
    let here = |word: &str| word.replace("kafka:9092", &format!("127.0.0.1:{inside}"));

    let demo: Vec<String> = words(&services["demo"]["command"])
        .iter()
        .map(|word| here(word))
        .collect();
    let out = Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(&demo)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let events = said
        .lines()
        .find(|line| line.starts_with("events"))
        .expect("a row of the summary");
    let events = events
        .split_whitespace()
        .nth(1)
        .expect("a number")
        .to_owned();

    let consumer = words(&services["events"]["command"]);
    assert!(
        consumer[0].ends_with("kafka-console-consumer.sh"),
        "{consumer:?}"
    );
    let out = script()
        .args(["tool", "org.apache.kafka.tools.consumer.ConsoleConsumer"])
        .args(consumer[1..].iter().map(|word| here(word)))
        // It would wait for more for ever.
        .args(["--max-messages", &events])
        .args(["--timeout-ms", "30000"])
        .env("KAFKA_DIR", &broker.dir)
        .output()
        .expect("bash runs the script");
    let printed = String::from_utf8_lossy(&out.stdout);
    let printed: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("\"dateline.event/1\""))
        .collect();
    assert_eq!(printed.len().to_string(), events);
}
