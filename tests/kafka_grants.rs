//! What a person is told who may not read, or whose cluster goes away while it is read: against a real broker that asks
//! for grants.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use crate::support::{
    broker::Broker,
    skip,
    worker::{Home, Settings, dateline},
};

/// What is refused, and what is away, is told of within this time.
const SOON: Duration = Duration::from_secs(15);

/// A certificate of the broker's own, which its clients do not look at.
fn keys(folder: &Path) -> bool {
    let run = |program: &str, arguments: &str| {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .args(arguments.split_whitespace());
        command.output().is_ok_and(|output| output.status.success())
    };
    run(
        "openssl",
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=broker -keyout server.key -out server.pem",
    ) && run(
        "openssl",
        "pkcs12 -export -in server.pem -inkey server.key -passout pass:dateline -out server.p12",
    ) && run(
        "keytool",
        "-importcert -noprompt -alias ca -file server.pem -keystore ca.p12 -storetype PKCS12 -storepass dateline",
    )
}

/// The user `dateline`, who has no grant at first.
fn home(address: &str, prefix: &str) -> Home {
    let mut settings = Settings::local(Vec::new(), vec!["http://127.0.0.1:9/feed".to_owned()]);
    settings.more = format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}.\"\npartitions = 4\n\
         [kafka.client]\n\"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"SCRAM-SHA-512\"\n\
         \"sasl.username\" = \"dateline\"\n\"sasl.password\" = \"canary-7f3a-secret\"\n\
         \"enable.ssl.certificate.verification\" = \"false\"\n"
    );
    Home::new(&settings)
}

/// Kafka's own tools at the listener where anybody may do anything.
struct Operator<'a> {
    broker: &'a Broker,
    plain: &'a str,
}

impl Operator<'_> {
    fn grant(&self, operation: &str, of: &[&str]) {
        let user = ["--add", "--allow-principal", "User:dateline", "--operation"];
        let more = [&user[..], &[operation], of].concat();
        self.tool("org.apache.kafka.tools.AclCommand", &more);
    }

    fn make(&self, topic: &str) {
        let more = ["--create", "--topic", topic, "--partitions", "2"];
        self.tool("org.apache.kafka.tools.TopicCommand", &more);
    }

    fn tool(&self, class: &str, more: &[&str]) {
        let arguments = [&["--bootstrap-server", self.plain][..], more].concat();
        assert!(self.broker.tool(class, &arguments), "{class} {more:?}");
    }
}

/// Asserts that a command ended soon with this code and one line that says these words.
fn ended(what: &str, home: &Home, arguments: &[&str], code: i32, words: &[&str]) {
    let begun = Instant::now();
    let output: Output = home.ask(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    eprintln!("{what}: {:?}: {said}", begun.elapsed());
    assert!(begun.elapsed() < SOON, "{what}: {:?}", begun.elapsed());
    assert_eq!(output.status.code(), Some(code), "{what}: {said}");
    let end = said.lines().last().unwrap_or_default();
    for word in words {
        assert!(end.contains(word), "{what}: {word}: {said}");
    }
}

/// A reader that follows; its lines on stderr come through the channel.
fn following(home: &Home) -> (Child, mpsc::Receiver<String>) {
    let mut child = dateline()
        .args(["tail", "--follow", "--config"])
        .arg(home.config())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let said = BufReader::new(child.stderr.take().expect("piped above"));
    let (lines_in, lines) = mpsc::sync_channel(64);
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            // The test may have ended.
            drop(lines_in.send(line));
        }
    });
    (child, lines)
}

#[test]
fn a_missing_grant_and_a_cluster_that_goes_away_are_told_in_one_line_and_soon() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if !keys(folder.path()) {
        skip::skipped("openssl or keytool is missing, grants are not tested");
        return;
    }
    let secure = vec![("KAFKA_SECURE", folder.path().to_string_lossy().into_owned())];
    let Some(broker) = Broker::start("grants", secure) else {
        return;
    };
    // The first listener asks for nothing, the last for a password.
    let mut listeners = broker.address.split_whitespace();
    let plain = listeners.next().expect("a listener");
    let home = home(listeners.next_back().expect("a second one"), "granted");
    let operator = Operator {
        broker: &broker,
        plain,
    };
    let refused = |topic| [topic, "does not allow", "dateline kafka topics"];

    // Topics that are there and may not be seen are not taken for missing ones.
    for topic in ["granted.events", "granted.sites"] {
        operator.make(topic);
    }
    let run = ["run"];
    ended("run", &home, &run, 64, &refused("granted.sites"));
    operator.grant("Create", &["--cluster"]);
    ended("run, create", &home, &run, 64, &refused("granted.sites"));

    let tail = ["tail", "events"];
    ended("tail", &home, &tail, 64, &refused("granted.events"));
    operator.grant("Describe", &["--topic", "granted.events"]);
    let seen = ["tail", "events", "--follow", "--from", "beginning"];
    ended("tail, seen", &home, &tail, 64, &refused("granted.events"));
    ended("follow, seen", &home, &seen, 64, &refused("granted.events"));

    operator.grant("Read", &["--topic", "granted.events"]);
    ended("tail, granted", &home, &tail, 0, &[]);
    let (mut reader, lines) = following(&home);
    assert!(lines.recv_timeout(Duration::from_secs(3)).is_err());
    broker.kill();
    let said = lines.recv_timeout(SOON).expect("a line");
    assert!(said.contains("out of reach"), "{said}");
    let again = lines.recv_timeout(Duration::from_secs(3));
    reader.kill().expect("it waits");
    reader.wait().expect("a child can be waited for");
    assert!(again.is_err(), "told once: {again:?}");
}
