//! TLS with a private authority, client certificates, SCRAM-SHA-512 and OAUTHBEARER against a real broker that asks for
//! grants; keys are made here.
#![cfg(feature = "kafka")]

use std::{
    collections::BTreeMap,
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

use conformance::records;

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

/// Does what `dateline kafka topics` prints.
fn follow_the_plan(broker: &broker::Broker, plain: &str, config: &KafkaConfig, user: &str) {
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
        if arguments.contains(&"--cluster") {
            continue;
        }
        assert!(broker.tool(class, arguments), "{line}");
    }
}

async fn a_record_arrives(config: &KafkaConfig) {
    let ledger = KafkaLedger::open(config)
        .await
        .expect("the broker lets us in");
    while ledger.owned().len() < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let site = Site::of_host("one.test");
    let records = vec![records::article("secure", 1)];
    let batch = Batch {
        tenure: ledger.tenure(&site),
        records,
        ..Batch::default()
    };
    ledger.commit(batch).await.expect("committed");
    ledger.close().await.expect("closed");
    let reader = Reader::open(config).await.expect("the broker lets us in");
    assert_eq!(
        reader.all(Outlet::Articles).await.expect("records").len(),
        1
    );
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
        eprintln!("SKIPPED: openssl or keytool is missing, TLS and SASL are not tested");
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
        let config = with(sasl, "scram", &right);
        let line = refused(&config).await;
        assert!(
            line.contains("dateline kafka topics") || line.contains("kafka-topics"),
            "no grant: {line}"
        );
        follow_the_plan(&broker, plain, &config, "dateline");
        a_record_arrives(&config).await;

        let config = with(tls, "mutual", &mutual);
        follow_the_plan(&broker, plain, &config, "CN=worker");
        a_record_arrives(&config).await;

        let mut config = with(
            sasl,
            "bearer",
            &[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "OAUTHBEARER"),
                trusted,
            ],
        );
        let file = folder.path().join("token");
        std::fs::write(&file, token("dateline")).expect("a file");
        config.token_file = Some(file);
        follow_the_plan(&broker, plain, &config, "dateline");
        a_record_arrives(&config).await;

        let wrong = [&scram("canary-7f3a-secret-wrong")[..], &[trusted]].concat();
        let line = refused(&with(sasl, "scram", &wrong)).await;
        assert!(
            line.to_lowercase().contains("authentication"),
            "wrong password: {line}"
        );
        let line = refused(&with(sasl, "scram", &scram(CANARY))).await;
        assert!(
            line.contains("certificate"),
            "untrusted certificate: {line}"
        );
    });
    broker.kill();
}
