//! What an operator meets at night: the reason of a failed request wherever it is told, log lines for people and for
//! machines, a port that is not read from elsewhere, a list that changes.

use std::{
    io::Write as _,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use dateline::{ledger::Outlet, status::Board, status_server::StatusServer, telemetry::Metrics};
use serde_json::Value;

use crate::support::{
    http,
    news::{News, Plan},
    raw_site::{RawSite, Step},
    skip,
    worker::{Home, PATIENCE, Settings, dateline},
};

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// A folder whose feeds cannot be had: nobody listens, a private address, a port that is not asked.
fn unreachable() -> Home {
    let feeds = [
        "http://127.0.0.1:9/feed",
        "http://10.0.0.1/feed",
        "https://192.0.2.7:25/feed",
    ];
    Home::new(&Settings::local(
        Vec::new(),
        feeds.map(str::to_owned).to_vec(),
    ))
}

const REASONS: [&str; 3] = [
    "127.0.0.1:9 failed: tcp connect error: Connection refused",
    "10.0.0.1 is not asked: not a public address; [fetch] private",
    "not asked:",
];

#[test]
fn a_probe_of_which_nothing_answers_fails_and_tells_each_cause_with_its_remedy() {
    let home = unreachable();
    let output = home.ask(&["check", "--probe"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(69), "{said}");
    for reason in REASONS {
        assert!(said.contains(reason), "{reason}: {said}");
    }
}

#[test]
fn the_whole_cause_of_a_failed_poll_is_in_the_log_the_feed_table_and_the_status_page() {
    let home = unreachable();
    let config = std::fs::read_to_string(home.config()).expect("written before");
    home.write(
        "dateline.toml",
        &config.replace("listen = \"\"", "listen = \"127.0.0.1:0\""),
    );
    let mut worker = home.start();
    let address = home.status_page(&mut worker);
    for reason in REASONS {
        home.logged(&mut worker, reason);
    }
    let line = home.log();
    let line = line
        .lines()
        .find(|line| line.contains("Connection refused"));
    let line: Value = serde_json::from_str(line.expect("it was logged")).expect("JSON");
    assert_eq!(line["span"]["url"], "http://127.0.0.1:9/feed");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // A failure is logged a moment before it is shown.
    let began = std::time::Instant::now();
    let page = loop {
        let page = runtime.block_on(http::get(address, "localhost", "/status.json", ""));
        let is_all = REASONS.iter().all(|reason| page.body.contains(reason));
        if is_all || began.elapsed() > PATIENCE {
            break page;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert!(worker.stop().success());
    let table = home.told(&["feeds"]);
    for reason in REASONS {
        assert!(page.body.contains(reason), "{reason}: {}", page.body);
        assert!(table.contains(reason), "{reason}: {table}");
    }
    home.write(
        "dateline.toml",
        &config.replace("[fetch]\n", "[fetch]\nproxy = \"http://127.0.0.1:9\"\n"),
    );
    home.write(
        "feeds.toml",
        "[[feed]]\nurl = \"http://paper.example/feed\"\n",
    );
    let probed = said(&home.ask(&["check", "--probe"]));
    assert!(
        probed.contains("through 127.0.0.1:9, which is [fetch] proxy"),
        "{probed}"
    );
}

#[test]
fn the_error_that_ends_a_worker_is_a_log_line_like_others_and_text_where_text_is_asked_for() {
    let home = unreachable();
    home.write("dateline.toml", "[fetch]\npace = \"quick\"\nspeed = 3\n");
    let output = home.ask(&["run"]);
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(lines.len(), 2, "one for each fault: {text}");
    for line in &lines {
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["exit_code"], 64);
        let detail = line["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("dateline.toml:"), "{line}");
    }
    let output = home.ask(&["run", "--log-format", "text"]);
    assert!(said(&output).starts_with("dateline: "), "{}", said(&output));
    let output = home.ask(&["check", "--log-format", "json"]);
    let first = said(&output);
    let first = first.lines().next().unwrap_or_default();
    assert!(serde_json::from_str::<Value>(first).is_ok(), "{first}");
}

#[test]
fn verbose_logs_each_decision_and_quiet_only_what_needs_a_person() {
    let counted = |flag: &str| {
        let home = unreachable();
        let output = dateline()
            .args(["run", "--dry-run", flag, "--config"])
            .arg(home.config())
            .output()
            .expect("the program starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let of = |level: &str| text.matches(&format!("\"level\":\"{level}\"")).count();
        (of("DEBUG"), of("INFO") + of("WARN"))
    };
    let (debug, info) = counted("-v");
    assert!(debug > 0 && info > 0, "{debug} {info}");
    assert_eq!(counted("-q"), (0, 0));
    let home = unreachable();
    let refused = dateline()
        .args(["run", "--config"])
        .arg(home.config())
        .env("DATELINE_LOG", "nonsense")
        .output()
        .expect("the program starts");
    assert_eq!(refused.status.code(), Some(64), "{}", said(&refused));
    assert!(
        said(&refused).contains("DATELINE_LOG"),
        "{}",
        said(&refused)
    );
}

#[test]
fn what_a_page_says_reaches_a_terminal_without_turning_or_moving_it() {
    let there = dateline().arg("--version").output().is_ok()
        && std::process::Command::new("script")
            .arg("--version")
            .output()
            .is_ok();
    if !there {
        skip::skipped("`script` of util-linux is missing");
        return;
    }
    let home = unreachable();
    let hostile =
        "The council \u{202e}met\u{202c} on Monday to \u{1b}[2Jvote on the \u{9b}31mbudget.";
    let page = format!(
        "<html><head><title>Talks \u{202e}begin</title></head><body><article>{}</article></body></html>",
        format!(
            "<p>{hostile} It was a long session for everybody who came to the hall that day.</p>"
        )
        .repeat(3)
    );
    home.write("page.html", &page);
    for arguments in [
        "article page.html",
        "article page.html --json",
        "events page.html --all --explain",
    ] {
        let command = format!(
            "cd {}; {} {arguments}",
            home.dir.path().display(),
            env!("CARGO_BIN_EXE_dateline")
        );
        let output = std::process::Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_hostile = |c: char| matches!(c, '\u{202e}' | '\u{202c}' | '\u{9b}');
        assert!(
            !shown.is_empty() && !shown.contains(is_hostile),
            "{arguments}: {shown}"
        );
        assert!(!shown.contains("\u{1b}[2J"), "{arguments}: {shown}");
    }
}

#[tokio::test]
async fn a_name_of_elsewhere_is_not_answered_by_the_port_unless_it_is_listed() {
    let start = |names: &[&str]| {
        StatusServer::start_named(
            "127.0.0.1:0".parse().expect("an address"),
            names.iter().map(ToString::to_string).collect(),
            Board::default().into(),
            Metrics::default(),
        )
    };
    let server = start(&["status.example.org"]).await.expect("a free port");
    for (host, status) in [
        ("localhost", 200),
        ("127.0.0.1", 200),
        ("dateline", 200),
        ("status.example.org", 200),
        ("rebound.example", 421),
    ] {
        for path in ["/livez", "/metrics", "/status.json", "/"] {
            let reply = http::get(server.address(), host, path, "").await;
            assert_eq!(reply.status, status, "{host} {path}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_the_events_of_one_round_and_leaves_nothing_behind() {
    let plan = Plan {
        sites: 2,
        articles_per_feed: 4,
        ..Plan::flow(3, 0)
    };
    let news = News::start(plan).await.expect("a loopback port");
    let mut feeds = news.feeds();
    feeds.push("http://127.0.0.1:9/feed".to_owned());
    let home = Home::new(&Settings::local(news.hosts(), feeds));
    let began = Instant::now();
    let asked = {
        let config = home.config();
        tokio::task::spawn_blocking(move || {
            let mut run = dateline();
            run.args(["run", "--dry-run", "--config"])
                .arg(config)
                .output()
        })
    };
    let output = asked.await.expect("no panic").expect("the program starts");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("8 articles and "), "{said}");
    assert!(
        said.contains("failed: http://127.0.0.1:9/feed: unreachable: "),
        "{said}"
    );
    assert!(said.contains("Nothing was published"), "{said}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains('“'),
        "events: {said}"
    );
    assert!(!home.ledger().exists());
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(home.count(Outlet::Articles), 0);
}

#[test]
fn a_feed_is_taken_out_by_its_address_name_or_id_and_the_rest_of_the_file_stays_as_it_was() {
    let home = unreachable();
    let list = "# my feeds\n[[feed]]\nurl = \"http://a.test/feed\"\nname = \"A\"\n\n# the second\n[[feed]]\n\
                url = \"http://b.test/feed\"\nid = \"bee\"\ntags = [\n  \"x\",\n]\n\n[[feed]]\nurl = \"http://c.test/\"\n\n\
                [sites]\n\"c.test\" = { pace = \"5s\" }\n";
    home.write("feeds.toml", list);
    let read = || std::fs::read_to_string(home.path("feeds.toml")).expect("the list");
    assert_eq!(home.ask(&["feeds", "remove", "D"]).status.code(), Some(64));
    assert_eq!(read(), list);
    home.told(&["feeds", "remove", "A"]);
    home.told(&["feeds", "remove", "http://c.test/"]);
    assert_eq!(
        read(),
        "# my feeds\n# the second\n[[feed]]\nurl = \"http://b.test/feed\"\nid = \"bee\"\ntags = [\n  \"x\",\n]\n\n\
         [sites]\n\"c.test\" = { pace = \"5s\" }\n"
    );
    home.told(&["feeds", "remove", "bee"]);
    home.told(&["check"]);
    assert!(!read().contains("[[feed]]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_none_of_our_kinds_is_asked_for_anything_whatever_number_it_says_so_by()
{
    const FEED: &str = "<rss version=\"2.0\"><channel><title>T</title><item><title>A</title>\
                        <link>http://paper.test/a</link></item></channel></rss>";
    for status in ["406 Not Acceptable", "415 Unsupported Media Type"] {
        let site = RawSite::serve("127.0.0.1:0".parse().expect("an address"), move |head| {
            let takes_all = head.contains("*/*;q=0.8");
            let (status, body) = if takes_all {
                ("200 OK", FEED)
            } else {
                (status, "")
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            vec![Step::Send(answer.into_bytes())]
        });
        let site = site.await.expect("a free port");
        let home = unreachable();
        home.write(
            "feeds.toml",
            &format!("[[feed]]\nurl = \"http://{}/feed\"\n", site.address),
        );
        let output = tokio::task::spawn_blocking(move || home.ask(&["check", "--probe"]));
        let output = output.await.expect("no panic");
        assert!(output.status.success(), "{status}: {}", said(&output));
    }
}

/// Texts that try to be a line of their own, to colour, to turn, or to end a value.
const PAYLOADS: [&str; 12] = [
    "a\nWARN forged",
    "a\r\n{\"level\":\"ERROR\"}",
    "\u{1b}[2J\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{202e}drawkcab",
    "\u{2066}isolated",
    "line\u{2028}separator\u{2029}",
    "\u{85}next line",
    "\u{9b}31m",
    "quote\",\"level\":\"ERROR\",\"x\":\"",
    "back\\slash\\",
    "nul\u{0}byte\u{7f}",
];

#[test]
fn hostile_names_and_titles_are_one_valid_log_line_each() {
    let home = unreachable();
    let feeds = PAYLOADS.iter().zip(0..).map(|(name, number)| {
        let name = toml::Value::from(*name);
        format!("[[feed]]\nurl = \"http://127.0.0.1:9/{number}\"\nname = {name}\n")
    });
    home.write("feeds.toml", &feeds.collect::<String>());
    let mut run = dateline();
    run.args(["run", "--dry-run", "--log-format", "json", "-v", "--config"])
        .arg(home.config());
    let output = run.output().expect("the program starts");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    let mut named = std::collections::BTreeSet::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(!line.contains(|c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
        named.extend(value["span"]["feed.name"].as_str().map(str::to_owned));
    }
    assert_eq!(
        named.len(),
        PAYLOADS.len(),
        "each was logged as it is: {named:?}"
    );
    assert!(PAYLOADS.iter().all(|payload| named.contains(*payload)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_hostile_titles_give_plain_ids_and_nothing_else() {
    const TITLES: usize = 1_000;
    let items = (0..TITLES).map(|number| {
        let payload = PAYLOADS[number % PAYLOADS.len()].replace('\u{0}', "");
        format!(
            "<item><title><![CDATA[{payload} {number}]]></title><guid isPermaLink=\"false\"><![CDATA[{payload}/{number}]]></guid>\
             <link>http://127.0.0.1:PORT/a/{number}</link></item>"
        )
    });
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>T</title>{}</channel></rss>",
        items.collect::<String>()
    );
    let site = RawSite::serve("127.0.0.1:0".parse().expect("an address"), move |head| {
        let port = head
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("host: 127.0.0.1:")
                    .map(str::to_owned)
            })
            .unwrap_or_default();
        let (status, body) = if head.starts_with("GET /feed") {
            ("200 OK", feed.replace("PORT", port.trim()))
        } else {
            ("410 Gone", String::new())
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        vec![Step::Send(answer.into_bytes())]
    });
    let site = site.await.expect("a free port");
    let feeds = vec![format!("http://{}/feed", site.address)];
    let mut settings = Settings::local(Vec::new(), feeds);
    (settings.pace, settings.first_poll, settings.interval) = ("0ms", 2_000, "1h");
    let home = Home::new(&settings);
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::SetAside, TITLES);
    assert!(worker.stop().success());
    let records = home.records(Outlet::SetAside);
    assert_eq!(records.len(), TITLES);
    for record in records {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(
            record.id.chars().all(is_plain) && record.id.len() < 64,
            "{:?}",
            record.id
        );
    }
}

#[tokio::test]
async fn the_port_answers_its_paths_alone_and_to_get_alone() {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let server = StatusServer::start(listen, Board::default().into(), Metrics::default());
    let server = server.await.expect("a free port");
    let ask = async |method: &str, path: &str| {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let stream = tokio::net::TcpStream::connect(server.address()).await;
        let mut stream = stream.expect("the server listens");
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    for path in ["/", "/status.json", "/livez", "/metrics"] {
        assert_eq!(ask("GET", path).await, "200", "{path}");
        for method in ["POST", "PUT", "DELETE"] {
            assert_eq!(ask(method, path).await, "405", "{method} {path}");
        }
    }
    assert_eq!(ask("GET", "/readyz").await, "503");
    for path in [
        "/config",
        "/dateline.toml",
        "/../dateline.toml",
        "/%2e%2e/",
        "/debug",
        "/status",
        "//livez",
        "/livez/",
    ] {
        assert_ne!(ask("GET", path).await, "200", "{path}");
    }
    let metrics = http::get(server.address(), "localhost", "/metrics", "").await;
    let series = metrics.body.lines().filter(|line| !line.starts_with('#'));
    assert!(series.count() < 300);
    server.stop().await;
}

#[test]
fn a_hangup_says_that_a_changed_configuration_needs_a_restart_and_names_what_is_wrong_in_it() {
    let home = unreachable();
    let config = std::fs::read_to_string(home.config()).expect("written before");
    let mut worker = home.start();
    home.logged(&mut worker, "ledger open");
    home.write(
        "dateline.toml",
        &format!("{config}\n[worker]\nthreads = 1\n"),
    );
    worker.signal("HUP");
    home.logged(&mut worker, "takes effect at a restart");
    home.write(
        "dateline.toml",
        &format!("{config}\n[worker]\nthreads = \"all\"\n"),
    );
    worker.signal("HUP");
    home.logged(&mut worker, "worker.threads");
    assert!(worker.stop().success());
}

#[test]
fn a_list_comes_in_from_standard_input() {
    let home = unreachable();
    let mut import = dateline()
        .args(["feeds", "import", "-", "--config"])
        .arg(home.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut list = import.stdin.take().expect("piped above");
    list.write_all(b"https://one.example/feed\nhttps://two.example/feed\n")
        .expect("it reads");
    drop(list);
    let output = import.wait_with_output().expect("it ends");
    assert!(said(&output).contains("added 2 feeds"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_its_scheme_is_one_unless_a_file_has_that_name() {
    let home = unreachable();
    home.write(
        "paper.example",
        "A story of some length about the town and its people.",
    );
    let ask = |what: &str| home.ask(&["article", what]);
    assert!(ask("paper.example").status.success());
    let refused = said(&ask("story.html"));
    assert!(refused.contains("No such file"), "{refused}");
    // 0 is no address of the internet: nothing is asked, and the answer is about the address.
    let refused = ask("10.0.0.1/story");
    assert_eq!(refused.status.code(), Some(69), "{}", said(&refused));
    assert!(
        said(&refused).contains("not a public address"),
        "{}",
        said(&refused)
    );
}
