//! TLS with a private authority, client certificates, SCRAM-SHA-512 and OAUTHBEARER against a real broker that asks for
//! grants; keys are made here.
#![cfg(feature = "kafka")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use dateline::{
    config::{KafkaConfig, Secret},
    ledger::{
        Batch, Ledger as _, LedgerError, Outlet,
        kafka::{KafkaLedger, Reader, topics_plan},
    },
    site::Site,
};

#[path = "support/broker.rs"]
mod broker;
#[path = "support/conformance.rs"]
mod conformance;
#[path = "support/worker.rs"]
mod program;
#[path = "support/skip.rs"]
mod skip;

use conformance::records;
use program::{Home, Settings};

/// The password that `kafka.sh` gives the user `dateline`; it must be in nothing that is printed.
const CANARY: &str = "canary-7f3a-secret";

fn run(folder: &Path, program: &str, arguments: &str) -> bool {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(arguments.split_whitespace());
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// An authority, a certificate of the broker for 127.0.0.1 and one of a worker; whether the tools for it are there.
fn keys(folder: &Path) -> bool {
    std::fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1").expect("a file");
    let authority =
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem";
    let made = |name: &str| {
        run(
            folder,
            "openssl",
            &format!(
                "req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
            ),
        ) && run(
            folder,
            "openssl",
            &format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out {name}.pem"
            ),
        )
    };
    let store =
        "pkcs12 -export -in server.pem -inkey server.key -passout pass:dateline -out server.p12";
    let trust = "-importcert -noprompt -alias ca -file ca.pem -keystore ca.p12 -storetype PKCS12 -storepass dateline";
    run(folder, "openssl", authority)
        && made("server")
        && made("worker")
        && run(folder, "openssl", store)
        && run(folder, "keytool", trust)
}

fn with(address: &str, prefix: &str, client: &[(&str, &str)]) -> KafkaConfig {
    let secret =
        |(key, value): &(&str, &str)| ((*key).to_owned(), Secret::new((*value).to_owned()));
    let client: BTreeMap<String, Secret> = client.iter().map(secret).collect();
    KafkaConfig {
        client,
        ..broker::config(address, prefix)
    }
}

/// Does what `dateline kafka topics` prints, or only what it says of grants.
fn follow_the_plan(
    broker: &broker::Broker,
    plain: &str,
    config: &KafkaConfig,
    user: &str,
    programs: &[&str],
) {
    let config = KafkaConfig {
        brokers: plain.to_owned(),
        ..config.clone()
    };
    for line in topics_plan(&config, user).expect("a plan") {
        let words: Vec<&str> = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        let class = match *program {
            "kafka-topics" => "org.apache.kafka.tools.TopicCommand",
            "kafka-acls" => "org.apache.kafka.tools.AclCommand",
            other => panic!("{other}"),
        };
        if arguments.contains(&"--cluster") || !programs.contains(program) {
            continue;
        }
        assert!(broker.tool(class, arguments), "{line}");
    }
}

/// Gives or takes one grant of the user `dateline`.
fn grant(broker: &broker::Broker, plain: &str, what: &str, operation: &str, of: [&str; 2]) {
    let mut arguments = vec!["--bootstrap-server", plain, what];
    if what == "--remove" {
        arguments.push("--force");
    }
    arguments.extend([
        "--allow-principal",
        "User:dateline",
        "--operation",
        operation,
    ]);
    arguments.extend(of);
    let done = broker.tool("org.apache.kafka.tools.AclCommand", &arguments);
    assert!(done, "{arguments:?}");
}

async fn open(config: &KafkaConfig) -> KafkaLedger {
    let ledger = KafkaLedger::open(config)
        .await
        .expect("the broker lets us in");
    let until = Instant::now() + Duration::from_secs(60);
    while ledger.owned().len() < 4 {
        assert!(Instant::now() < until, "{:?}", ledger.health());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ledger
}

async fn a_record_arrives(config: &KafkaConfig, name: &str) {
    eprintln!("a record under {name}");
    let ledger = open(config).await;
    let site = Site::of_host("one.test");
    let batch = Batch {
        tenure: ledger.tenure(&site),
        records: vec![records::article(name, 1)],
        ..Batch::default()
    };
    ledger.commit(batch).await.expect("committed");
    ledger.close().await.expect("closed");
    let reader = Reader::open(config).await.expect("the broker lets us in");
    let all = reader.all(Outlet::Articles).await.expect("records");
    let id = conformance::id(name).to_string();
    assert_eq!(all.iter().filter(|record| record.id == id).count(), 1);
}

/// An outlet that may not be written to ends the ledger at the first record for it, with the topic's name; nothing of the
/// batch stands.
async fn an_outlet_that_may_not_be_written_is_named(config: &KafkaConfig, topic: &str) {
    let ledger = open(config).await;
    let site = Site::of_host("one.test");
    let batch = Batch {
        tenure: ledger.tenure(&site),
        records: vec![records::article("withheld", 1)],
        ..Batch::default()
    };
    let begun = Instant::now();
    let refused = ledger.commit(batch).await.expect_err("no grant");
    assert!(begun.elapsed() < Duration::from_secs(15), "{refused}");
    let ended = ledger.sound().expect_err("it cannot go on").to_string();
    assert!(
        ended.contains("dateline kafka topics") && ended.contains(topic),
        "{ended}"
    );
    drop(ledger);
}

/// An idle worker shows a new token before the old one is out of date, with each of its clients.
async fn tokens_are_replaced(folder: &Path, config: &KafkaConfig) {
    /// The clients of a ledger that live as long as it does.
    const CLIENTS: usize = 7;
    let calls = folder.join("calls");
    let config = KafkaConfig {
        token_file: None,
        // The claims of a token are read by the clock: it lives for ten seconds, and is replaced after eight.
        token_command: Some(format!(
            "echo called >> {}; b() {{ base64 -w0 | tr '+/' '-_' | tr -d '='; }}; n=$(date +%s); \
             printf '%s.%s.' \"$(printf '{{\"alg\":\"none\"}}' | b)\" \
             \"$(printf '{{\"sub\":\"dateline\",\"iat\":%s,\"exp\":%s}}' $n $((n + 10)) | b)\"",
            calls.display()
        )),
        ..config.clone()
    };
    let ledger = open(&config).await;
    let count = || {
        let text = std::fs::read_to_string(&calls).unwrap_or_default();
        text.lines().count()
    };
    let (first, until) = (count(), Instant::now() + Duration::from_secs(14));
    while count() < first + CLIENTS {
        assert!(Instant::now() < until, "{first}, then {}", count());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ledger.close().await.expect("closed");
}

/// Without one grant the program ends within 15 s with one line that says which, and writes no secret anywhere.
fn the_program_names_the_grant(config: &KafkaConfig, missing: &str) {
    let mut settings = Settings::local(Vec::new(), vec!["http://127.0.0.1:9/feed".to_owned()]);
    settings.more = format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{}\"\nprefix = \"{}\"\npartitions = 4\n[kafka.client]\n",
        config.brokers, config.prefix
    );
    for (key, value) in &config.client {
        let line = match key.as_str() {
            "sasl.password" => "\"sasl.password_file\" = \"password\"".to_owned(),
            _ => format!("\"{key}\" = \"{}\"", value.expose()),
        };
        writeln!(settings.more, "{line}").expect("a string grows");
    }
    let home = Home::new(&settings);
    home.write("password", CANARY);
    let begun = Instant::now();
    let mut worker = home.start_with(&[("DATELINE_LOG", "trace")]);
    let status = worker.ended();
    let took = begun.elapsed();
    let log = home.log();
    let end = log.lines().last().unwrap_or_default();
    eprintln!("without {missing}: {status} after {took:?}: {end}");
    assert!(matches!(status.code(), Some(64 | 69)), "{status}: {log}");
    assert!(took < Duration::from_secs(15), "{took:?}: {log}");
    assert!(
        end.contains("dateline kafka topics") && end.contains(missing),
        "{end}"
    );
    assert_eq!(log.matches(CANARY).count(), 0, "a secret was written");
}

/// The one line that a start ends with, within 15 s; it names no secret.
async fn refused(config: &KafkaConfig) -> String {
    let begun = Instant::now();
    let error = KafkaLedger::open(config)
        .await
        .expect_err("nobody lets this in");
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    let allowed = matches!(
        error,
        LedgerError::Unfit { .. } | LedgerError::Unreachable { .. }
    );
    let line = error.to_string();
    eprintln!("{:?}: {line}", begun.elapsed());
    assert!(
        allowed && !line.contains(CANARY) && !format!("{config:?}").contains(CANARY),
        "{line}"
    );
    line
}

/// An unsecured token (RFC 7515 appendix A.5), as a broker without a key server takes it.
fn token(user: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims = format!("{{\"sub\":\"{user}\",\"iat\":{now},\"exp\":{}}}", now + 600);
    format!(
        "{}.{}.",
        base64url(b"{\"alg\":\"none\"}"),
        base64url(claims.as_bytes())
    )
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let digit = |six: &[u8]| {
        (0..6).fold(0, |n, i| {
            n << 1 | usize::from(six.get(i).copied().unwrap_or(0))
        })
    };
    bits.chunks(6)
        .map(|six| char::from(LETTERS[digit(six)]))
        .collect()
}

#[test]
fn a_guarded_cluster_takes_who_is_known_and_refuses_the_others_in_one_clear_line() {
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    if !keys(folder.path()) {
        skip::skipped("openssl or keytool is missing, TLS and SASL are not tested");
        return;
    }
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let secure = vec![("KAFKA_SECURE", folder.path().to_string_lossy().into_owned())];
    let Some(broker) = broker::Broker::start("secure", secure) else {
        return;
    };
    let addresses: Vec<&str> = broker.address.split_whitespace().collect();
    let [plain, tls, sasl] = addresses[..] else {
        panic!("three listeners: {}", broker.address)
    };
    let (ca, certificate, key) = (path("ca.pem"), path("worker.pem"), path("worker.key"));
    let trusted = ("ssl.ca.location", ca.as_str());
    let scram = |password| {
        [
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", "dateline"),
            ("sasl.password", password),
        ]
    };
    let right = [&scram(CANARY)[..], &[trusted]].concat();
    let mutual = [
        ("security.protocol", "SSL"),
        trusted,
        ("ssl.certificate.location", &certificate),
        ("ssl.key.location", &key),
    ];
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let prefix = broker::unique("secure");
        let config = with(sasl, &prefix, &right);
        let line = refused(&config).await;
        assert!(
            line.contains("dateline kafka topics") || line.contains("kafka-topics"),
            "no grant: {line}"
        );
        let both = ["kafka-topics", "kafka-acls"];
        follow_the_plan(&broker, plain, &config, "dateline", &both);
        a_record_arrives(&config, "scram").await;

        let mutual = with(tls, &prefix, &mutual);
        follow_the_plan(&broker, plain, &mutual, "CN=worker", &both[1..]);
        a_record_arrives(&mutual, "mutual").await;

        // The same user by another way.
        let mut bearer = with(
            sasl,
            &prefix,
            &[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "OAUTHBEARER"),
                trusted,
            ],
        );
        let file = folder.path().join("token");
        std::fs::write(&file, token("dateline")).expect("a file");
        bearer.token_file = Some(file);
        a_record_arrives(&bearer, "bearer").await;
        tokens_are_replaced(folder.path(), &bearer).await;

        let (group, sites, seen) = (
            prefix.clone(),
            format!("{prefix}.sites"),
            format!("{prefix}.seen"),
        );
        for (operation, of) in [
            ("Read", ["--group", group.as_str()]),
            ("Write", ["--topic", sites.as_str()]),
            ("Read", ["--topic", seen.as_str()]),
        ] {
            grant(&broker, plain, "--remove", operation, of);
            the_program_names_the_grant(&config, of[1]);
            grant(&broker, plain, "--add", operation, of);
        }

        let articles = format!("{prefix}.articles");
        let of = ["--topic", articles.as_str()];
        grant(&broker, plain, "--remove", "Write", of);
        an_outlet_that_may_not_be_written_is_named(&config, &articles).await;
        grant(&broker, plain, "--add", "Write", of);
        a_record_arrives(&config, "granted-again").await;

        let wrong = [&scram("canary-7f3a-secret-wrong")[..], &[trusted]].concat();
        let line = refused(&with(sasl, &prefix, &wrong)).await;
        assert!(
            line.to_lowercase().contains("authentication"),
            "wrong password: {line}"
        );
        let line = refused(&with(sasl, &prefix, &scram(CANARY))).await;
        assert!(
            line.contains("certificate"),
            "untrusted certificate: {line}"
        );
    });
    broker.kill();
}
