//! What the program says and does with settings of a ledger on Kafka, without a broker.

use std::{
    io::Read as _,
    net::TcpListener,
    process::{Command, Output},
    time::{Duration, Instant},
};

use crate::support::worker::{Home, Settings, dateline};

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// A folder whose ledger is on Kafka, with more keys of `[kafka]` and tables below it.
fn home(brokers: &str, more: &str) -> Home {
    let mut settings = Settings::local(Vec::new(), vec!["http://127.0.0.1:9/feed".to_owned()]);
    settings.more =
        format!("[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{brokers}\"\n{more}\n");
    Home::new(&settings)
}

/// Runs the worker, which cannot start.
fn run(home: &Home) -> Output {
    dateline()
        .args(["run", "--config"])
        .arg(home.config())
        .env("DATELINE_LOG", "debug")
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR")
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_client_of_tls_looks_for_the_authorities_of_the_system() {
    let home = home(
        NOWHERE,
        "start_timeout = \"1s\"\n[kafka.client]\n\"security.protocol\" = \"SSL\"\ndebug = \"security\"",
    );
    let said = said(&run(&home));
    // It says which it took, or that there is none on this machine.
    assert!(
        said.contains("default CA certificate location") || said.contains("any standard CA"),
        "{said}"
    );
}

#[test]
fn a_plain_client_at_a_listener_of_tls_is_told_so_and_how_long_it_waited() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    // What is no TLS handshake is answered by the end of the connection.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            drop(stream.read(&mut [0; 64]));
        }
    });
    let home = home(&address, "start_timeout = \"2s\"");
    let begun = Instant::now();
    let output = run(&home);
    let said = said(&output);
    let end = said.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{said}");
    for part in [address.as_str(), "within 2 s", "security.protocol", "TLS"] {
        assert!(end.contains(part), "{part}: {end}");
    }
}

/// What `check` says of these settings, and its exit code.
fn checked(more: &str) -> (Option<i32>, String) {
    let output = home(NOWHERE, more).ask(&["check"]);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.code(), said)
}

#[test]
fn check_refuses_what_a_start_would_refuse_and_needs_no_broker() {
    let client = |lines: &str| format!("[kafka.client]\n{lines}");
    let scram = "\"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"SCRAM-SHA-512\"";
    for (settings, named) in [
        (client("acks = \"1\""), "acks"),
        (client("\"no.such.key\" = \"1\""), "no.such.key"),
        (client("\"linger.ms\" = \"soon\""), "linger.ms"),
        (
            client("\"transaction.timeout.ms\" = \"7\""),
            "transaction.timeout.ms",
        ),
        (
            client("\"session.timeout.ms\" = \"9000000\""),
            "session.timeout.ms",
        ),
        (client(scram), "sasl"),
        (
            client("\"security.protocol\" = \"SASL_SSL\""),
            "SASL mechanism",
        ),
        (
            client("\"security.protocol\" = \"SSL\"\n\"ssl.ca.location\" = \"/none.pem\""),
            "ssl.ca.location",
        ),
        (
            client("\"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"OAUTHBEARER\""),
            "token_path",
        ),
        (
            "[kafka.topics]\nevents = \"x\"\narticles = \"x\"".to_owned(),
            "[kafka.topics]",
        ),
        (
            "[kafka.topics]\ngroup = \"\"".to_owned(),
            "kafka.topics.group",
        ),
        (
            "[kafka.topics]\nevents = \"\"".to_owned(),
            "kafka.topics.events",
        ),
        ("prefix = \"\"".to_owned(), "kafka.prefix"),
        ("prefix = \"-\"".to_owned(), "kafka.prefix"),
    ] {
        let (code, said) = checked(&settings);
        assert_eq!(code, Some(64), "{settings}: {said}");
        assert!(said.contains(named), "{settings}: {said}");
    }
    let output = home("", "").ask(&["check"]);
    assert_eq!(output.status.code(), Some(64));
    for sound in ["", "prefix = \"\"\n[kafka.topics]\ngroup = \"news\""] {
        let (code, said) = checked(sound);
        assert_eq!(code, Some(0), "{sound}: {said}");
    }
}

#[test]
fn a_token_that_is_not_to_be_had_is_waited_for_and_told_with_the_reason_and_without_a_token() {
    let home = home(
        NOWHERE,
        "start_timeout = \"2s\"\ntoken_command = \"echo canary; echo no key for realm >&2; exit 3\"\n\
         [kafka.client]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanism\" = \"OAUTHBEARER\"",
    );
    let output = run(&home);
    let said = said(&output);
    let end = said.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(69), "{said}");
    for part in ["within 2 s", "exit status: 3", "no key for realm"] {
        assert!(end.contains(part), "{part}: {end}");
    }
    assert!(!said.contains("canary"), "{said}");
}

/// Runs what was printed in a shell whose Kafka tools print their arguments, one a line.
fn pasted(home: &Home, commands: &str) -> String {
    for tool in ["kafka-topics.sh", "kafka-acls.sh", "kafka-configs.sh"] {
        home.write(tool, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        let done = Command::new("chmod")
            .arg("+x")
            .arg(home.path(tool))
            .status();
        assert!(done.is_ok_and(|done| done.success()));
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-euc", commands])
        .env("PATH", format!("{}:{path}", home.dir.path().display()))
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn grants_are_given_to_whom_they_are_asked_for_when_they_are_pasted() {
    let home = home(NOWHERE, "");
    let user = "CN=worker,O=Acme Corp";
    let plan = home.told(&["kafka", "topics", "--user", user]);
    assert!(plan.contains("--command-config FILE"), "{plan}");
    let run = pasted(&home, &plan);
    let principals: Vec<&str> = run
        .lines()
        .filter(|line| line.starts_with("User:"))
        .collect();
    // Seven topics, the group, the transactional ids, and the right to make topics.
    assert_eq!(principals, ["User:CN=worker,O=Acme Corp"; 10], "{run}");
    assert!(
        run.lines()
            .any(|line| line == "cleanup.policy=compact,delete")
    );
}
