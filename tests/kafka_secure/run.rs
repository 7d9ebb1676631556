//! The built program on the guarded cluster: the demo's records arrive, and no secret is told.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    process::Output,
    time::{Duration, Instant},
};

use dateline::{
    demo::DemoSite,
    kafka::KafkaReader,
    ledger::{Outlet, PublishedRecord},
};
use tokio::runtime::Runtime;

use super::{
    cluster::{self, CANARY, Client, Cluster, KEY_CANARY},
    http,
    program::{Home, Settings, Worker},
};

/// The variable that a password is taken from.
pub(crate) const VARIABLE: &str = "DATELINE_TEST_PASSWORD";
/// Everything is logged.
pub(crate) const TRACE: (&str, &str) = ("DATELINE_LOG", "trace");

/// Where the program takes a secret from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    File,
    Variable,
    /// As the value of a key that the library does not know.
    Misspelt,
}

/// A configuration folder for a listener of the cluster, with the demo's feeds where there is a site.
pub(crate) fn home(
    cluster: &Cluster,
    address: &str,
    client: &Client,
    from: From,
    site: Option<&DemoSite>,
) -> Home {
    let nowhere = || vec!["http://127.0.0.1:9/feed".to_owned()];
    let hosts = site.map(DemoSite::hosts).unwrap_or_default();
    let feeds = site.map(|site| site.feeds().into_iter().map(|feed| feed.url).collect());
    let hosts = hosts.into_iter().map(str::to_owned).collect();
    let mut settings = Settings::local(hosts, feeds.unwrap_or_else(nowhere));
    settings.more = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[ledger]\nkind = \"kafka\"\n\
         [kafka]\nbrokers = \"{address}\"\nprefix = \"{}.\"\npartitions = 4\n[kafka.client]\n",
        cluster.prefix
    );
    for (key, value) in client {
        let line = match (key.ends_with("password"), from) {
            (false, _) => format!("\"{key}\" = \"{value}\""),
            (true, From::File) => format!("\"{key}_file\" = \"{key}\""),
            (true, From::Variable) => format!("\"{key}\" = \"${{{VARIABLE}}}\""),
            (true, From::Misspelt) => format!("\"{key}s\" = \"{value}\""),
        };
        writeln!(settings.more, "{line}").expect("a string grows");
    }
    let home = Home::new(&settings);
    for (key, value) in client.iter().filter(|(key, _)| key.ends_with("password")) {
        home.write(key, &format!("{value}\n"));
    }
    home
}

pub(crate) fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

pub(crate) fn nothing_is_told(of: &str, said: &str) {
    for secret in [CANARY, KEY_CANARY] {
        assert_eq!(said.matches(secret).count(), 0, "{of} tells a secret");
    }
}

pub(crate) fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr];
    texts.map(|text| String::from_utf8_lossy(text)).concat()
}

/// Commands that read the configuration tell no secret of it.
fn commands_tell_nothing(home: &Home) {
    for arguments in [
        &["check"][..],
        &["kafka", "topics"],
        &["tail", "events", "--limit", "1"],
        &["feeds", "list"],
        &["set-aside", "list"],
    ] {
        let mut command = super::program::dateline();
        let output = command
            .args(arguments)
            .env("DATELINE_CONFIG", home.config())
            .envs([TRACE, (VARIABLE, CANARY)])
            .output()
            .expect("the program starts");
        let said = said(&output);
        assert!(output.status.success(), "{arguments:?}: {said}");
        nothing_is_told(&format!("{arguments:?}"), &said);
    }
}

/// What the worker serves tells no secret.
async fn pages_tell_nothing(home: &Home, worker: &mut Worker) {
    let address = home.status_page(worker);
    for path in ["/", "/status.json", "/metrics", "/readyz", "/livez"] {
        let reply = http::get(address, "127.0.0.1", path, "").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        nothing_is_told(path, &reply.body);
    }
}

/// The records of an outlet that came from one start of the demo site, as somebody reads them who sees what is committed.
pub(crate) async fn arrived(
    cluster: &Cluster,
    outlet: Outlet,
    site: &DemoSite,
) -> Vec<PublishedRecord> {
    let config = cluster.config(&cluster.plain, &Client::new());
    let reader = KafkaReader::open(&config)
        .await
        .expect("the broker answers");
    let mut all = reader.read_all(outlet).await.expect("records");
    let port = format!(".test:{}/", site.address().port());
    all.retain(|record| record.json.contains(&port));
    all
}

/// Runs the program on the demo site until its records are there; all it says and serves is looked through.
async fn the_demos_records_arrive(cluster: &Cluster, address: &str, client: Client, from: From) {
    let mut client = client;
    // What an operator turns on who wants to know why a connection fails.
    client.insert("debug", "all".to_owned());
    let site = DemoSite::start().await.expect("a loopback port");
    let home = home(cluster, address, &client, from, Some(&site));
    let began = Instant::now();
    let mut worker = home.start_with(&[TRACE, (VARIABLE, CANARY)]);
    let until = Instant::now() + Duration::from_secs(90);
    // `the_demo_has_the_promised_size`: 40 different stories.
    while arrived(cluster, Outlet::Articles, &site).await.len() < 40
        || arrived(cluster, Outlet::SetAside, &site).await.is_empty()
    {
        assert!(worker.runs() && Instant::now() < until, "{}", tail(&home));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let took = began.elapsed();
    pages_tell_nothing(&home, &mut worker).await;
    commands_tell_nothing(&home);
    assert_eq!(worker.stop().code(), Some(0), "{}", tail(&home));
    let events = arrived(cluster, Outlet::Events, &site).await;
    assert!(events.len() >= 40, "{} events", events.len());
    let articles = arrived(cluster, Outlet::Articles, &site).await;
    each_once(&articles);
    let log = home.log();
    eprintln!(
        "{address} {from:?}: {} articles, {} events after {took:?}, {} lines of log",
        articles.len(),
        events.len(),
        log.lines().count()
    );
    assert!(
        log.contains("\"level\":\"TRACE\"") && log.contains("dateline::librdkafka"),
        "everything was logged"
    );
    nothing_is_told("the log", &log);
    site.stop().await;
}

fn each_once(articles: &[PublishedRecord]) {
    let ids: BTreeSet<String> = articles.iter().map(PublishedRecord::ce_id).collect();
    assert_eq!(ids.len(), articles.len(), "each article once");
}

pub(crate) fn tail(home: &Home) -> String {
    let log = home.log();
    let lines: Vec<&str> = log.lines().rev().take(12).collect();
    lines.join("\n")
}

#[test]
fn the_demos_records_arrive_over_tls_with_a_certificate_and_with_a_password_and_no_secret_is_told()
{
    let Some((cluster, _turn)) = cluster::shared() else {
        return;
    };
    for (address, client, from) in [
        (&cluster.tls, cluster.over_tls(), From::File),
        (&cluster.mutual, cluster.with_certificate(), From::File),
        (&cluster.sasl, cluster.with_password(), From::File),
        (&cluster.sasl, cluster.with_password(), From::Variable),
    ] {
        runtime().block_on(the_demos_records_arrive(cluster, address, client, from));
    }
}
