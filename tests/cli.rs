//! The command line is a contract: what each command writes, refuses and exits with.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use dateline::{
    config::Config,
    demo::server::{Answer, AskedPage, LoopbackServer},
    ledger::Outlet,
};
use serde_json::Value;
use url::Url;

use crate::support::{
    http,
    news::{News, Plan},
    tools,
    worker::{Home, Settings, dateline, feed_list, json},
};

/// A folder whose configuration is right and whose feeds lead nowhere.
fn idle() -> Home {
    Home::new(&Settings::local(
        vec!["a.test".to_owned()],
        vec!["http://a.test:9/feed".to_owned()],
    ))
}

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn init_writes_a_configuration_that_check_accepts_and_never_overwrites_one() {
    let home = idle();
    let folder = home.path("new");
    let folder = folder.to_str().expect("UTF-8");
    home.told(&["init", "--contact", "ops@example.org", folder]);
    let config = format!("{folder}/dateline.toml");
    let checked = home.told(&["check", "--config", &config]);
    assert!(checked.contains("right"), "{checked}");
    let again = home.ask(&["init", "--contact", "ops@example.org", folder]);
    assert_eq!(again.status.code(), Some(64));
    assert!(said(&again).contains("nothing was written"));
}

#[test]
fn a_wrong_configuration_exits_64_and_every_fault_is_named_with_file_line_and_key() {
    let home = idle();
    home.write(
        "dateline.toml",
        "contact = \"${DATELINE_TEST_UNSET}\"\n[fetch]\npace = \"quick\"\nspeed = 3\n[ledger]\nkind = \"mysql\"\n\
         [poll]\nmin_interval = \"2d\"\nmax_interval = \"1d\"\n",
    );
    home.write(
        "feeds.toml",
        "[[feed]]\nurl = \"ftp://x\"\n[[feed]]\nname = \"nameless\"\n",
    );
    for command in ["check", "run"] {
        let output = home.ask(&[command]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(64), "{said}");
        for named in [
            "dateline.toml:1",
            "DATELINE_TEST_UNSET",
            "dateline.toml:3",
            "fetch.pace",
            "dateline.toml:4",
            "speed",
            "dateline.toml:6",
            "ledger.kind",
            "min_interval",
            "feeds.toml:2",
            "feeds.toml:3",
        ] {
            assert!(said.contains(named), "{command}: {named} is not in\n{said}");
        }
    }
}

#[test]
fn a_hundred_wrong_files_each_name_the_wrong_key_and_its_line() {
    let home = idle();
    let right = fs::read_to_string(home.config()).expect("written above");
    let durations = [
        "fetch.pace",
        "poll.interval",
        "poll.min_interval",
        "poll.max_interval",
        "worker.grace",
        "kafka.start_timeout",
        "poll.no_validators_floor",
    ];
    let numbers = [
        "fetch.concurrency",
        "poll.first_poll",
        "worker.threads",
        "kafka.partitions",
        "kafka.replication",
    ];
    let mut wrong: Vec<(String, String)> = Vec::new();
    for key in durations {
        for value in ["5", "\"5\"", "\"fast\"", "\"-5s\"", "[]", "true"] {
            wrong.push((key.to_owned(), value.to_owned()));
        }
    }
    for key in numbers {
        for value in ["\"many\"", "-1", "1.5", "[1]", "99999999999"] {
            wrong.push((key.to_owned(), value.to_owned()));
        }
    }
    for (key, value) in [
        ("ledger.kind", "\"mysql\""),
        ("ledger.keep", "\"soon\""),
        ("ledger.pth", "\"x\""),
        ("fetch.private", "[\"localhost\"]"),
        ("fetch.proxy", "\"not a url\""),
        ("fetch.retries", "[\"1\"]"),
        ("poll.max_feed_size", "\"10\""),
        ("poll.max_items", "0"),
        ("coder.min_confidence", "2"),
        ("coder.publish", "[\"maybe\"]"),
        ("http.listen", "\"nowhere\""),
        ("http.listen", "9464"),
        ("http.hosts", "\"news.example.org\""),
        ("article.recheck", "[1]"),
        ("article.recheck", "[\"6h\", \"1h\"]"),
        ("article.keep_removed", "\"yes\""),
        ("article.boilerplate", "[\"nowhere.toml\"]"),
        ("article.metadata_only", "[\"nofollow\"]"),
        ("coder.actors", "[\"nobody.tsv\"]"),
        ("coder.lexicon", "\"nowhere\""),
        ("coder.min_confidance", "0.5"),
        ("fetch.ca_file", "\"nowhere.pem\""),
        ("fetch.user_agent", "\"me\""),
        ("fetch.proxy", "\"ftp://proxy.example.org\""),
        ("fetch.private", "[\"10.0.0.0/64\"]"),
        ("ledger.path", "3"),
        ("ledger.keep", "\"1s\""),
        ("ledger.path_file", "\"nowhere\""),
        ("kafka.brokers", "[\"kafka:9092\"]"),
        ("kafka.prefix", "7"),
        ("worker.thread", "2"),
        ("poll.intervall", "\"15m\""),
        ("article.rechek", "[]"),
        ("http.port", "9464"),
    ] {
        wrong.push((key.to_owned(), value.to_owned()));
    }
    assert!(wrong.len() >= 100, "{}", wrong.len());
    let mut accepted = Vec::new();
    for (key, value) in wrong {
        let (table, name) = key.split_once('.').expect("a table and a name");
        let line = format!("{name} = {value}\n");
        let without: String = right
            .lines()
            .filter(|line| !line.starts_with(&format!("{name} =")))
            .fold(String::new(), |text, line| text + line + "\n");
        let header = format!("[{table}]\n");
        let text = if without.contains(&header) {
            without.replacen(&header, &format!("{header}{line}"), 1)
        } else {
            format!("{without}{header}{line}")
        };
        home.write("dateline.toml", &text);
        let output = home.ask(&["check"]);
        let said = said(&output);
        let stands = text.lines().position(|read| read == line.trim_end());
        let at = stands.expect("it was put there") + 1;
        let named = said.contains(&format!("dateline.toml:{at}: {key}"));
        if output.status.code() != Some(64) || !named {
            accepted.push(format!(
                "{key} = {value}: {:?} {said}",
                output.status.code()
            ));
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

#[test]
fn run_without_a_contact_is_refused_with_the_line_to_write() {
    let home = idle();
    let config = fs::read_to_string(home.config()).expect("written above");
    home.write(
        "dateline.toml",
        &config.replace("contact = \"tests@example.org\"\n", ""),
    );
    let output = home.ask(&["run"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(said(&output).contains("contact = "), "{}", said(&output));
}

#[test]
fn a_second_worker_on_the_same_file_exits_75_and_the_first_goes_on() {
    let home = idle();
    let mut worker = home.start();
    home.logged(&mut worker, "ledger open");
    let second = home.ask(&["run"]);
    assert_eq!(second.status.code(), Some(75), "{}", said(&second));
    assert!(worker.runs());
    assert_eq!(worker.stop().code(), Some(0));
}

#[test]
fn a_ledger_of_an_unknown_version_or_of_another_program_exits_64_and_is_left_alone() {
    let home = idle();
    let mut worker = home.start();
    home.logged(&mut worker, "ledger open");
    assert_eq!(worker.stop().code(), Some(0));
    let mut bytes = fs::read(home.ledger()).expect("a ledger");
    // The user version of an SQLite file stands in bytes 60 to 63 of its header.
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    fs::write(home.ledger(), &bytes).expect("ours");
    let output = home.ask(&["run"]);
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));
    assert!(said(&output).contains("9999"), "{}", said(&output));
    home.write("dateline.db", &"something else ".repeat(400));
    let output = home.ask(&["run"]);
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));
    assert!(fs::read_to_string(home.ledger()).is_ok_and(|text| text.starts_with("something else")));
}

#[test]
fn a_ledger_that_cannot_be_written_exits_74() {
    let home = idle();
    let config = fs::read_to_string(home.config()).expect("written above");
    home.write(
        "dateline.toml",
        &format!("{config}[ledger]\npath = \"/proc/dateline.db\"\n"),
    );
    let output = home.ask(&["run"]);
    assert_eq!(output.status.code(), Some(74), "{}", said(&output));
    assert!(
        said(&output).contains("/proc/dateline.db"),
        "{}",
        said(&output)
    );
}

/// Starts the worker where no file may grow past 1 MiB, as on a disk that is full: no right to mount one is needed.
fn on_a_full_disk(home: &Home) -> std::process::ExitStatus {
    // Without the trap the system ends the process at the limit; with it the write fails, as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" run --config \"$1\"";
    Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_dateline")])
        .arg(home.config())
        .current_dir(home.dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(home.path("log")).expect("a log file"))
        .status()
        .expect("a shell")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_exits_74_and_with_room_again_nothing_is_lost() {
    let news = News::start(Plan::flow(5, 400))
        .await
        .expect("a loopback port");
    let home = Home::new(&Settings::local(news.hosts(), news.feeds()));
    let status = tokio::task::block_in_place(|| on_a_full_disk(&home));
    assert_eq!(status.code(), Some(74), "{}", home.log());
    let before = home.count(Outlet::Articles);
    assert!(before < 400, "the disk was never full");
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 400);
    assert_eq!(worker.stop().code(), Some(0));
    let mut ids: Vec<String> = home
        .records(Outlet::Articles)
        .into_iter()
        .map(|r| r.id)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_and_set_aside_is_read_back_and_tried_again_when_asked() {
    let news = News::start(Plan {
        sites: 2,
        articles_per_feed: 3,
        ..Plan::flow(3, 0)
    })
    .await
    .expect("a port");
    let gone = LoopbackServer::start(Duration::ZERO, |address| {
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>x</title><item><title>Gone</title>\
             <link>http://gone.test:{}/a</link></item></channel></rss>",
            address.port()
        );
        Ok(std::sync::Arc::new(
            move |asked: &AskedPage<'_>| match asked.path {
                "/feed" => Answer::Page {
                    content_type: "application/rss+xml",
                    body: feed.as_str().into(),
                },
                _ => Answer::Missing,
            },
        ))
    })
    .await
    .expect("a port");
    let mut feeds = news.feeds();
    feeds.push(format!("http://gone.test:{}/feed", gone.address().port()));
    let hosts = news
        .hosts()
        .into_iter()
        .chain(["gone.test".to_owned()])
        .collect();
    let home = Home::new(&Settings::local(hosts, feeds));
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 6);
    home.until_count(&mut worker, Outlet::SetAside, 1);
    let line = home.told(&["set-aside", "list", "--json"]);
    let record: Value = serde_json::from_str(line.trim()).expect("one line of JSON");
    let id = record["id"].as_str().expect("an id");
    assert!(
        home.told(&["set-aside", "show", id])
            .contains(&format!("gone.test:{}/a", gone.address().port()))
    );
    assert_eq!(
        home.told(&["set-aside", "list", "--reason", "panicked"]),
        ""
    );
    assert_eq!(
        home.ask(&["set-aside", "show", "ar_nothing"]).status.code(),
        Some(64)
    );
    home.told(&["set-aside", "retry", id]);
    home.until_count(&mut worker, Outlet::SetAside, 2);
    assert_eq!(worker.stop().code(), Some(0));

    let all = home.told(&["tail", "events"]);
    let events: Vec<Value> = all
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(
        !events.is_empty()
            && events
                .iter()
                .all(|event| event["schema"] == "dateline.event/1")
    );
    assert_eq!(
        home.told(&["tail", "articles", "--limit", "2"])
            .lines()
            .count(),
        2
    );
    assert_eq!(
        home.told(&["tail", "events", "--from", "2999-01-01T00:00:00Z"]),
        ""
    );
    assert_eq!(home.ask(&["tail", "nothing"]).status.code(), Some(64));
    let health = home.told(&["feeds", "list", "--json"]);
    assert_eq!(health.lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_are_added_once_and_go_out_and_in_as_opml() {
    let news = News::start(Plan {
        sites: 2,
        articles_per_feed: 3,
        ..Plan::flow(3, 0)
    })
    .await
    .expect("a port");
    let home = Home::new(&Settings::local(
        news.hosts(),
        vec![news.feeds()[0].clone()],
    ));
    let other = news.feeds()[1].clone();
    let (home, added) = tokio::task::spawn_blocking(move || {
        home.told(&["feeds", "add", &other]);
        let opml = home.told(&["feeds", "export"]);
        (home, opml)
    })
    .await
    .expect("no panic");
    assert!(
        news.feeds().iter().all(|feed| added.contains(feed)),
        "{added}"
    );
    let before = fs::read_to_string(home.path("feeds.toml")).expect("a list");
    home.write("list.opml", &added);
    home.told(&["feeds", "import", "list.opml"]);
    assert_eq!(
        fs::read_to_string(home.path("feeds.toml")).expect("a list"),
        before,
        "all were listed already"
    );
    home.write("feeds.toml", &feed_list(&[news.feeds()[0].clone()]));
    home.told(&["feeds", "import", "list.opml"]);
    assert!(
        fs::read_to_string(home.path("feeds.toml"))
            .expect("a list")
            .contains(&news.feeds()[1])
    );
    assert!(
        !home
            .ask(&["feeds", "import", "nothing.opml"])
            .status
            .success()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_of_a_site_that_refuses_its_front_page_is_found_where_feeds_usually_are() {
    let site = LoopbackServer::start(Duration::ZERO, |_| {
        Ok(std::sync::Arc::new(|asked: &AskedPage<'_>| {
            match asked.path {
                "/rss" => Answer::Page {
                    content_type: "application/rss+xml",
                    body: "<rss><channel><item><title>t</title></item></channel></rss>".into(),
                },
                _ => Answer::Missing,
            }
        }))
    })
    .await
    .expect("a port");
    let front = format!("http://refusing.test:{}/", site.address().port());
    let home = Home::new(&Settings::local(
        vec!["refusing.test".to_owned()],
        vec!["http://refusing.test:9/other".to_owned()],
    ));
    let (added, page) = tokio::task::spawn_blocking(move || {
        let added = home.told(&["feeds", "add", &front]);
        home.write(
            "page.html",
            "<html><link rel=alternate type='application/rss+xml' href='https://a.example.org/f'>",
        );
        let page = home.ask(&["feed", "page.html"]);
        (added, page)
    })
    .await
    .expect("no panic");
    assert!(added.contains("/rss"), "{added}");
    assert_eq!(page.status.code(), Some(64));
    assert!(
        said(&page).contains("https://a.example.org/f"),
        "{}",
        said(&page)
    );
    site.stop().await;
}

#[test]
fn schemas_are_printed_for_every_record() {
    let home = idle();
    for record in ["event", "article", "set-aside"] {
        let schema: Value = serde_json::from_str(&home.told(&["schema", record])).expect("JSON");
        assert!(schema["properties"]["id"].is_object(), "{record}");
        assert!(
            home.told(&["schema", record, "--format", "duckdb"])
                .starts_with("{'schema'")
        );
    }
}

#[test]
fn columns_for_duckdb_keep_places_that_begin_after_twenty_thousand_rows() {
    let Some(python) = tools::python("duckdb") else {
        return;
    };
    let home = idle();
    let events = home.told(&["events", "--jsonl"]);
    assert_eq!(events, "", "nothing in, nothing out");
    let columns = home.told(&["schema", "event", "--format", "duckdb"]);
    let mut lines = String::new();
    for row in 0..20_010 {
        let place = if row < 20_000 {
            "null".to_owned()
        } else {
            "{\"text\":\"Oslo\",\"name\":\"Oslo\",\"country\":\"NOR\",\"lat\":59.9,\"lon\":10.7,\"from\":\"clause\"}".to_owned()
        };
        writeln!(
            lines,
            "{{\"id\":\"ev_{row}\",\"revision\":1,\"type\":\"CONSULT\",\"location\":{place}}}"
        )
        .expect("a string grows");
    }
    home.write("events.jsonl", &lines);
    let query = format!(
        "SELECT count(*), count(location), min(location.name), max(location.lat) \
         FROM read_json('events.jsonl', format='newline_delimited', columns={})",
        columns.trim()
    );
    let read = Command::new(&python)
        .args([
            "-c",
            "import duckdb, sys; print(duckdb.sql(sys.argv[1]).fetchall())",
            &query,
        ])
        .current_dir(home.dir.path())
        .output()
        .expect("Python starts");
    let printed = String::from_utf8_lossy(&read.stdout);
    assert_eq!(
        printed.trim(),
        "[(20010, 10, 'Oslo', 59.9)]",
        "{}",
        said(&read)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_list_is_taken_over_through_symlinks_and_a_wrong_one_keeps_the_old() {
    let news = News::start(Plan {
        sites: 3,
        articles_per_feed: 2,
        ..Plan::flow(3, 0)
    })
    .await
    .expect("a port");
    let feeds = news.feeds();
    let mut settings = Settings::local(news.hosts(), Vec::new());
    settings.more = "[http]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    let config = settings.config();
    settings.more.clear();
    let home = Home::new(&settings);
    // As Kubernetes mounts a ConfigMap: the file is a link into a folder that is itself a link, swapped as one.
    let put = |version: &str, list: &str| {
        let folder = home.path(version);
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("feeds.toml"), list).expect("a file");
        symlink(&folder, home.path("..new")).expect("a link");
        fs::rename(home.path("..new"), home.path("..data")).expect("one step");
    };
    put("..1", &feed_list(&feeds[..1]));
    fs::remove_file(home.path("feeds.toml")).expect("written above");
    symlink("..data/feeds.toml", home.path("feeds.toml")).expect("a link");
    home.write("dateline.toml", &config);
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, 2);
    put("..2", &feed_list(&feeds[..2]));
    home.until_count(&mut worker, Outlet::Articles, 4);

    put("..3", "[[feed]]\nurl = \"no address\"\n");
    worker.signal("HUP");
    home.logged(&mut worker, "the old one stays");
    let address = home.status_page(&mut worker);
    let status = http::get(address, "localhost", "/status.json", "")
        .await
        .body;
    assert!(status.contains("the old one stays"), "{status}");
    let ready = http::get(address, "localhost", "/readyz", "").await;
    assert_eq!(
        ready.status, 200,
        "a wrong list is detail, not the end of readiness"
    );
    put("..4", &feed_list(&feeds));
    worker.signal("HUP");
    home.until_count(&mut worker, Outlet::Articles, 6);
    assert_eq!(worker.stop().code(), Some(0));
    let mut ids: Vec<String> = home
        .records(Outlet::Articles)
        .iter()
        .map(|record| json(record)["id"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_comes_out_of_logs_metrics_status_or_check_at_trace_level() {
    const CANARY: &str = "canary-5b1f";
    let news = News::start(Plan {
        sites: 2,
        articles_per_feed: 2,
        ..Plan::flow(3, 0)
    })
    .await
    .expect("a port");
    let mut settings = Settings::local(news.hosts(), news.feeds());
    settings.more = format!(
        "[kafka.client]\n\"sasl.username\" = \"u\"\n\"sasl.password\" = \"{CANARY}\"\n[http]\nlisten = \"127.0.0.1:0\"\n"
    );
    let home = Home::new(&settings);
    let mut worker = home.start_with(&[("DATELINE_LOG", "trace")]);
    home.until_count(&mut worker, Outlet::Articles, 4);
    let address = home.status_page(&mut worker);
    let mut all = home.told(&["check"]);
    for page in ["/", "/status.json", "/metrics", "/readyz"] {
        all += &http::get(address, "localhost", page, "").await.body;
    }
    assert_eq!(worker.stop().code(), Some(0));
    assert!(all.contains("dateline_"), "metrics were read");
    all += &home.log();
    assert!(all.contains("\"TRACE\""), "the log is at trace level");
    // The same with a proxy, which no request gets past.
    settings.hosts.clear();
    let config = settings.config().replace(
        "[fetch]\n",
        &format!("[fetch]\nproxy = \"http://user:{CANARY}@127.0.0.1:9\"\n"),
    );
    home.write("dateline.toml", &config);
    fs::remove_file(home.path("log")).expect("a log");
    fs::remove_file(home.ledger()).expect("a ledger");
    let mut worker = home.start_with(&[("DATELINE_LOG", "trace")]);
    home.logged(&mut worker, "poll failed");
    let address = home.status_page(&mut worker);
    all += &home.told(&["check"]);
    for page in ["/", "/status.json", "/metrics", "/readyz"] {
        all += &http::get(address, "localhost", page, "").await.body;
    }
    assert_eq!(worker.stop().code(), Some(0));
    all += &home.log();
    let told: Vec<&str> = all.lines().filter(|line| line.contains(CANARY)).collect();
    assert!(told.is_empty(), "the secret came out: {told:?}");
}

#[test]
fn a_reader_that_follows_ends_once_nobody_reads_what_it_prints() {
    let home = idle();
    let mut worker = home.start();
    home.logged(&mut worker, "ledger open");
    assert!(worker.stop().success());
    let mut reader = dateline()
        .args(["tail", "--follow", "--config"])
        .arg(home.config())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    sleep(Duration::from_millis(500));
    assert!(reader.try_wait().expect("a child").is_none(), "it follows");
    drop(reader.stdout.take());
    let until = Instant::now() + Duration::from_secs(10);
    let ended = loop {
        match reader.try_wait().expect("a child can be waited for") {
            Some(ended) => break ended,
            None => assert!(Instant::now() < until, "it follows for nobody"),
        }
        sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "{ended}");
}

#[test]
fn a_hundred_thousand_hosts_are_read_within_a_second_and_in_either_spelling() {
    let mut text =
        "contact = \"ops@example.org\"\n[fetch.hosts]\n\"b\u{fc}cher.test\" = \"127.0.0.2\"\n\
                    \"xn--mnchen-3ya.test\" = \"127.0.0.3\"\n"
            .to_owned();
    for n in 0..100_000 {
        writeln!(text, "\"h{n}.test\" = \"127.0.0.1\"").expect("a string grows");
    }
    // What the thread was at work, so that a busy machine does not count.
    let worked = || {
        let told = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
        let nanoseconds = told.split(' ').next().and_then(|text| text.parse().ok());
        Duration::from_nanos(nanoseconds.expect("a number"))
    };
    let began = worked();
    let config = Config::parse(Path::new("dateline.toml"), &text).expect("a right configuration");
    let took = worked().saturating_sub(began);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(config.fetch.hosts.len(), 100_002);
    for (host, address) in [
        ("b\u{fc}cher.test", "127.0.0.2"),
        ("m\u{fc}nchen.test", "127.0.0.3"),
    ] {
        let url = Url::parse(&format!("http://{host}/feed")).expect("an address");
        let asked = url.host_str().expect("a host");
        assert_eq!(
            config.fetch.hosts.get(asked),
            address.parse().ok().as_ref(),
            "{host}"
        );
    }
}
