//! TLS with a private authority, client certificates, SCRAM-SHA-512 and OAUTHBEARER against a real broker that asks for
//! grants; keys are made here.

use std::time::{Duration, Instant};

use dateline::{
    config::KafkaConfig,
    kafka::{KafkaLedger, KafkaReader},
    ledger::{Batch, Ledger as _, LedgerError, Outlet},
    site::Site,
};

mod cluster;
mod refused;
mod run;

use cluster::{CANARY, Client};

use crate::support::{
    broker,
    conformance::{self, records},
    http, skip, worker as program,
};

async fn open(config: &KafkaConfig) -> KafkaLedger {
    let ledger = KafkaLedger::open(config)
        .await
        .expect("the broker lets us in");
    let until = Instant::now() + Duration::from_secs(60);
    while ledger.owned_partitions().len() < 4 {
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
        records: vec![records::article(name, 1)],
        ..Batch::begin(ledger.find_tenure(&site).expect("an owned site"))
    };
    ledger.commit(batch).await.expect("committed");
    ledger.close().await.expect("closed");
    let reader = KafkaReader::open(config)
        .await
        .expect("the broker lets us in");
    let all = reader.read_all(Outlet::Articles).await.expect("records");
    let id = conformance::id(name).to_string();
    assert_eq!(all.iter().filter(|record| record.id == id).count(), 1);
}

/// An idle worker shows a new token before the old one is out of date, with each of its clients.
async fn tokens_are_replaced(folder: &std::path::Path, config: &KafkaConfig) {
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
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let config = cluster.config(&cluster.sasl, &cluster.with_password());
        let ungranted = KafkaConfig {
            prefix: format!("{}-ungranted.", cluster.prefix),
            ..config.clone()
        };
        let line = refused(&ungranted).await;
        assert!(
            line.contains("-ungranted.") && line.contains("dateline kafka topics"),
            "no grant: {line}"
        );
        a_record_arrives(&config, "scram").await;
        let mutual = cluster.config(&cluster.mutual, &cluster.with_certificate());
        a_record_arrives(&mutual, "mutual").await;

        let but = |key, value: Option<&str>| {
            let mut client = cluster.with_password();
            client.remove(key);
            client.extend(value.map(|value| (key, value.to_owned())));
            cluster.config(&cluster.sasl, &client)
        };
        let line = refused(&but("sasl.password", Some("canary-7f3a-secret-wrong"))).await;
        assert!(
            line.to_lowercase().contains("authentication"),
            "wrong password: {line}"
        );
        let line = refused(&but("ssl.ca.location", None)).await;
        assert!(
            line.contains("certificate"),
            "untrusted certificate: {line}"
        );
    });
}

#[test]
fn a_token_lets_its_user_in_and_is_replaced_before_it_is_out_of_date() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("token");
    std::fs::write(&file, token("dateline")).expect("a file");
    let bearer = Client::from([
        ("security.protocol", "SASL_SSL".to_owned()),
        ("sasl.mechanism", "OAUTHBEARER".to_owned()),
        cluster.trusted(),
    ]);
    let bearer = KafkaConfig {
        token_file: Some(file),
        ..cluster.config(&cluster.sasl, &bearer)
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        a_record_arrives(&bearer, "bearer").await;
        tokens_are_replaced(folder.path(), &bearer).await;
    });
}
