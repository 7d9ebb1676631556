//! Starts that the guarded cluster refuses: the program says why in one line.

use std::time::{Duration, Instant};

use dateline::{demo::DemoSite, ledger::Outlet};
use serde_json::Value;

use super::{
    cluster::{self, CANARY, Client, Cluster, Grant, KEY_CANARY},
    program::{Home, Settings},
    run::{From, TRACE, VARIABLE, arrived, home, nothing_is_told, runtime, said, tail},
};
use crate::support::folder::fatal_faults;

/// A start that cannot succeed ends within this.
const SOON: Duration = Duration::from_secs(15);

/// The faults that a start ends with, a line each, with exit 64 or 69, within 15 s; all is log. No secret is told, though
/// everything is logged.
fn refusal(home: &Home) -> String {
    let began = Instant::now();
    let mut worker = home.start_with(&[TRACE, (VARIABLE, CANARY)]);
    let status = worker.ended();
    let took = began.elapsed();
    let log = home.log();
    assert!(
        matches!(status.code(), Some(64 | 69)),
        "{status}: {}",
        tail(home)
    );
    assert!(took < SOON, "{took:?}: {}", tail(home));
    nothing_is_told("the log", &log);
    let is_json = |line: &str| serde_json::from_str::<Value>(line).is_ok();
    assert!(log.lines().all(is_json), "JSON alone: {}", tail(home));
    // Threads of the client library that are on their way out may trace after it.
    let is_traced =
        |line: &&str| line.contains("\"level\":\"TRACE\"") || line.contains("\"level\":\"DEBUG\"");
    let last = log.lines().rev().find(|line| !is_traced(line));
    assert!(
        !fatal_faults(last.unwrap_or_default()).is_empty(),
        "why it ends is said last: {}",
        tail(home)
    );
    let faults = fatal_faults(&log).join("\n");
    eprintln!("{status} after {took:?}: {faults}");
    faults
}

/// A start for a listener is refused in a line with these words.
fn is_refused(cluster: &Cluster, address: &str, client: &Client, from: From, words: &str) {
    let line = refusal(&home(cluster, address, client, from, None));
    assert!(line.contains(words), "{words}: {line}");
}

fn but(mut client: Client, key: &'static str, value: String) -> Client {
    client.insert(key, value);
    client
}

#[test]
fn a_wrong_password_is_told_in_one_line_within_15_seconds() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let wrong = but(
        cluster.with_password(),
        "sasl.password",
        format!("{CANARY}-wrong"),
    );
    let words = "Authentication failed";
    is_refused(cluster, &cluster.sasl, &wrong, From::File, words);
    let wrong = but(
        cluster.with_certificate(),
        "ssl.key.password",
        format!("{KEY_CANARY}-wrong"),
    );
    let words = "ssl.key.location failed";
    is_refused(cluster, &cluster.mutual, &wrong, From::File, words);
}

#[test]
fn a_certificate_that_one_side_does_not_trust_is_told_in_one_line_within_15_seconds() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let mut nobody = cluster.with_password();
    nobody.remove("ssl.ca.location");
    let stranger = || cluster.key("stranger.pem");
    let strange = |client| but(client, "ssl.ca.location", stranger());
    let (password, tls) = (
        strange(cluster.with_password()),
        strange(cluster.over_tls()),
    );
    let words = "broker certificate could not be verified";
    is_refused(cluster, &cluster.sasl, &nobody, From::Variable, words);
    is_refused(cluster, &cluster.sasl, &password, From::File, words);
    is_refused(cluster, &cluster.tls, &tls, From::File, words);

    let words = "it wants a certificate that it trusts";
    let strange = cluster.showing("strange-worker.pem", "strange-worker.key");
    is_refused(cluster, &cluster.mutual, &strange, From::File, words);
    is_refused(
        cluster,
        &cluster.mutual,
        &cluster.over_tls(),
        From::File,
        words,
    );
}

#[test]
fn a_misspelt_setting_is_named_without_its_value() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let (password, certificate) = (cluster.with_password(), cluster.with_certificate());
    is_refused(
        cluster,
        &cluster.sasl,
        &password,
        From::Misspelt,
        "`sasl.passwords`",
    );
    is_refused(
        cluster,
        &cluster.mutual,
        &certificate,
        From::Misspelt,
        "`ssl.key.passwords`",
    );
}

#[test]
fn a_missing_grant_is_named_in_one_line_within_15_seconds() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let topic = |name: &str| format!("{}.{name}", cluster.prefix);
    let (sites, seen) = (topic("sites"), topic("seen"));
    let password = (&cluster.sasl, cluster.with_password(), "dateline");
    let certificate = (&cluster.mutual, cluster.with_certificate(), "CN=worker");
    for ((address, client, user), operation, kind, name) in [
        (&password, "Read", "--group", &cluster.prefix),
        (&password, "Write", "--topic", &sites),
        (&password, "Read", "--topic", &seen),
        (&certificate, "Read", "--topic", &seen),
    ] {
        let grant = Grant {
            user,
            operation,
            kind,
            name,
        };
        let line = cluster.without(grant, || {
            refusal(&home(cluster, address, client, From::File, None))
        });
        assert!(
            line.contains("dateline kafka topics") && line.contains(name.as_str()),
            "{name}: {line}"
        );
    }
}

#[test]
fn an_outlet_that_may_not_be_written_ends_the_program_at_its_first_record() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let runtime = runtime();
    let site = runtime
        .block_on(DemoSite::start())
        .expect("a loopback port");
    let there = || {
        runtime
            .block_on(arrived(cluster, Outlet::Articles, &site))
            .len()
    };
    let articles = format!("{}.articles", cluster.prefix);
    let grant = Grant {
        user: "dateline",
        operation: "Write",
        kind: "--topic",
        name: &articles,
    };
    let home = home(
        cluster,
        &cluster.sasl,
        &cluster.with_password(),
        From::File,
        Some(&site),
    );
    let line = cluster.without(grant, || refusal(&home));
    assert!(
        line.contains("dateline kafka topics") && line.contains(&articles),
        "{line}"
    );
    assert_eq!(there(), 0);
    // What was to be published then is published once it may be.
    let mut worker = home.start();
    home.until(&mut worker, "the articles", || {
        (there() >= 40).then_some(())
    });
    assert_eq!(worker.stop().code(), Some(0), "{}", tail(&home));
    runtime.block_on(site.stop());
}

#[test]
fn a_missing_topic_that_may_not_be_made_is_made_by_the_command_that_is_printed() {
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    let other = format!("{}.marks", cluster.prefix);
    let home = home(
        cluster,
        &cluster.sasl,
        &cluster.with_password(),
        From::File,
        None,
    );
    let config = std::fs::read_to_string(home.config()).expect("a configuration");
    home.write(
        "dateline.toml",
        &format!("{config}[kafka.topics]\nseen = \"{other}\"\n"),
    );
    let grants = home.told(&["kafka", "topics"]);
    let grant =
        |line: &&str| line.starts_with("kafka-acls") && line.ends_with(&format!(" {other}"));
    let grant = grants.lines().find(grant).expect("a grant for the topic");
    let on_plain = |line: &str| line.replace(&cluster.sasl, &cluster.plain);
    cluster.broker.run_printed(&on_plain(grant));
    let line = refusal(&home);
    let (_, command) = line.split_once("make it with: ").expect("a command");
    assert!(
        command.starts_with("kafka-topics.sh ") && command.contains(&other),
        "{line}"
    );
    cluster.broker.run_printed(&on_plain(command));
    let mut worker = home.start();
    home.logged(&mut worker, "partition restored");
    assert_eq!(worker.stop().code(), Some(0), "{}", tail(&home));
}

#[test]
fn a_password_in_a_configuration_that_is_refused_is_not_in_what_is_said_of_it() {
    for line in [
        format!("\"sasl.password\" = \"{CANARY}\"\n\"sasl.password_file\" = \"password\""),
        format!("\"sasl.password\" = \"{CANARY}"),
        format!("\"sasl.password\" = [\"{CANARY}\"]"),
        format!("\"sasl.password\" = \"{CANARY}${{DATELINE_TEST_NOT_SET}}\""),
        format!("\"acks\" = \"{CANARY}\""),
        format!("\"security.protocol\" = \"{CANARY}\""),
    ] {
        let mut settings = Settings::local(Vec::new(), vec!["http://127.0.0.1:9/feed".to_owned()]);
        settings.more = format!("[ledger]\nkind = \"kafka\"\n[kafka.client]\n{line}\n");
        let home = Home::new(&settings);
        home.write("password", CANARY);
        let output = home.ask(&["run"]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(64), "{line}: {said}");
        assert!(
            said.contains("kafka.client") || said.contains("dateline.toml:"),
            "{said}"
        );
        nothing_is_told(&line, &said);
    }
}
