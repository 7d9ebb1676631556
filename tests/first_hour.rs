//! What a new user and an operator meet first: each test is named after what kept somebody waiting, guessing or misled.

use std::{
    fs::Permissions,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use dateline::{
    ledger::Ledger as _, sqlite::SqliteLedger, status::Board, status_server::StatusServer,
    telemetry::Metrics,
};

use crate::support::{
    http,
    raw_site::{RawSite, Step},
    skip,
    worker::{Home, Settings},
};

/// Runs the program in a folder.
fn ask(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let folder = folder();
    let help = out(&ask(&folder, &["--help"]));
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 12, "{help}");
    let bash = out(&ask(&folder, &["completions", "bash"]));
    let written = ask(&folder, &["man", "pages"]);
    assert!(written.status.success(), "{}", err(&written));
    for command in commands {
        assert!(bash.contains(command), "{command} is not completed");
        let page = folder.path().join(format!("pages/dateline-{command}.1"));
        let page = std::fs::read_to_string(page).expect("a page for each command");
        assert!(
            page.contains(&format!("dateline\\-{}", command.replace('-', "\\-"))),
            "{page}"
        );
    }
}

#[test]
fn the_version_says_whether_kafka_is_in_it() {
    let said = out(&ask(&folder(), &["--version"]));
    let kafka = if cfg!(feature = "kafka") {
        "with Kafka"
    } else {
        "without Kafka"
    };
    assert!(said.contains(kafka), "{said}");
    assert_eq!(
        said.contains("with Parquet"),
        cfg!(feature = "parquet"),
        "{said}"
    );
}

#[test]
fn init_lists_no_publisher_unless_asked_to() {
    let folder = folder();
    let plain = ask(&folder, &["init", "--contact", "ops@example.org", "plain"]);
    assert!(out(&plain).contains("no feed yet"), "{}", out(&plain));
    let listed = std::fs::read_to_string(folder.path().join("plain/feeds.toml")).expect("a list");
    assert!(!listed.contains("\n[[feed]]"), "{listed}");
    let checked = ask(&folder, &["check", "--config", "plain/dateline.toml"]);
    assert!(checked.status.success(), "{}", err(&checked));
    ask(
        &folder,
        &["init", "--contact", "ops@example.org", "--starter", "full"],
    );
    let listed = std::fs::read_to_string(folder.path().join("full/feeds.toml")).expect("a list");
    assert!(listed.contains("\n[[feed]]"), "{listed}");
}

#[test]
fn the_configuration_can_be_named_anywhere_on_the_line() {
    let folder = folder();
    ask(&folder, &["init", "--contact", "ops@example.org", "there"]);
    for line in [
        ["feeds", "list", "--config", "there/dateline.toml"],
        ["feeds", "--config", "there/dateline.toml", "list"],
    ] {
        let listed = ask(&folder, &line);
        assert!(listed.status.success(), "{line:?}: {}", err(&listed));
    }
}

#[test]
fn what_is_no_text_is_refused_with_exit_code_65() {
    let folder = folder();
    let image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0";
    for (name, bytes, said) in [
        ("photo.png", &image[..], "an image"),
        ("empty.html", b" \n", "empty"),
        ("report.txt", b"%PDF-1.7\n1 0 obj", "a PDF"),
        (
            "sound",
            b"OggS\0\x02\0\0\0\0\0\0\0\0aaaaaaaaaaaaaaaaaaaa",
            "binary",
        ),
    ] {
        std::fs::write(folder.path().join(name), bytes).expect("written");
        for command in ["article", "events"] {
            let answer = ask(&folder, &[command, name]);
            assert_eq!(answer.status.code(), Some(65), "{name}: {}", err(&answer));
            assert!(err(&answer).contains(said), "{name}: {}", err(&answer));
        }
    }
    let wide: Vec<u8> =
        "\u{feff}<html><body><p>The council met on Monday to vote on the budget.</p></body></html>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
    std::fs::write(folder.path().join("wide.html"), wide).expect("written");
    assert_ne!(
        ask(&folder, &["article", "wide.html"]).status.code(),
        Some(65)
    );
}

#[test]
fn a_reason_that_there_is_not_is_refused_with_those_there_are() {
    let refused = ask(&folder(), &["set-aside", "list", "--reason", "bogus"]);
    assert_eq!(refused.status.code(), Some(64));
    assert!(err(&refused).contains("redirect_loop"), "{}", err(&refused));
}

#[test]
fn tail_takes_days_and_says_what_it_takes_instead_of_a_wrong_one() {
    let folder = folder();
    let refused = ask(&folder, &["tail", "--from", "last tuesday"]);
    assert_eq!(refused.status.code(), Some(64));
    assert!(
        err(&refused).contains("2024-06-29T08:00:00Z"),
        "{}",
        err(&refused)
    );
    for from in ["yesterday", "today", "2024-06-29", "2024-06-29T08:00:00Z"] {
        let asked = ask(&folder, &["tail", "--from", from]);
        assert!(
            !err(&asked).contains("invalid value"),
            "{from}: {}",
            err(&asked)
        );
    }
}

/// A status server on a free port.
async fn server() -> StatusServer {
    let listen = "127.0.0.1:0".parse().expect("an address");
    StatusServer::start(listen, Board::default().into(), Metrics::default())
        .await
        .expect("a free port")
}

#[tokio::test]
async fn a_head_of_seventy_thousand_bytes_is_refused() {
    let server = server().await;
    let long = format!("x-long: {}\r\n", "a".repeat(70_000));
    let address = server.address();
    // The server may close while it is still being written to.
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        let request = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{long}\r\n");
        let sent = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        (sent.is_err() || read.is_err(), answer)
    });
    let (is_broken_off, answer) = answer.await.expect("no panic");
    assert!(
        is_broken_off || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_sends_nothing_is_closed() {
    let server = server().await;
    let address = server.address();
    let waited = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(b"GET /livez HT").expect("it reads");
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).expect("a time-out");
        let begun = Instant::now();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        (
            end.is_ok() || begun.elapsed() < Duration::from_secs(30),
            answer,
        )
    });
    let (is_closed, answer) = waited.await.expect("no panic");
    assert!(is_closed, "{}", String::from_utf8_lossy(&answer));
    server.stop().await;
}

#[tokio::test]
async fn metrics_come_in_the_format_that_is_asked_for() {
    let server = server().await;
    let plain = http::get(server.address(), "localhost", "/metrics", "").await;
    assert!(
        plain
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    assert!(!plain.body.contains("# EOF"));
    for line in plain.body.lines().filter(|line| line.ends_with(" counter")) {
        assert!(line.contains("_total counter"), "{line}");
    }
    let accept = "accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5\r\n";
    let open = http::get(server.address(), "localhost", "/metrics", accept).await;
    assert!(
        open.header("content-type")
            .starts_with("application/openmetrics-text")
    );
    assert!(open.body.ends_with("# EOF\n"));
    server.stop().await;
}

#[tokio::test]
async fn health_asks_the_running_worker_and_says_why_it_is_not_ready() {
    let server = server().await;
    let listen = server.address().to_string();
    let asked = |more: &'static str| {
        let listen = listen.clone();
        tokio::task::spawn_blocking(move || {
            let mut line = vec!["health", "--listen", &listen];
            line.extend(Some(more).filter(|more| !more.is_empty()));
            ask(&folder(), &line)
        })
    };
    let lives = asked("--live").await.expect("no panic");
    assert!(lives.status.success(), "{}", err(&lives));
    let ready = asked("").await.expect("no panic");
    assert_eq!(ready.status.code(), Some(69));
    assert!(err(&ready).contains("answered 503"), "{}", err(&ready));
    server.stop().await;
    let gone = asked("--live").await.expect("no panic");
    assert_eq!(gone.status.code(), Some(69));
    assert!(err(&gone).contains("no worker answers"), "{}", err(&gone));
}

#[cfg(feature = "kafka")]
#[test]
fn a_signal_ends_a_start_that_waits_for_a_cluster() {
    let folder = folder();
    ask(&folder, &["init", "--contact", "ops@example.org", "."]);
    let path = folder.path().join("dateline.toml");
    let text = "contact = \"ops@example.org\"\n[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"127.0.0.1:1\"\n\
                [http]\nlisten = \"\"\n";
    std::fs::write(path, text).expect("written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dateline"))
        .arg("run")
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It has begun to wait once it has said anything; a start that says nothing is given a second.
    std::thread::sleep(Duration::from_secs(1));
    let id = child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status();
    assert!(told.is_ok_and(|told| told.success()));
    let begun = Instant::now();
    let ended = child.wait().expect("it ends");
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(ended.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_library_writes_into_the_log_of_a_plain_run() {
    const FEED: &str = "<rss version=\"2.0\"><channel><title>T</title><item><title>The council votes</title>\
                        <link>/story</link></item></channel></rss>";
    // Text between a table and its rows: the parser of HTML has something to say about that.
    let page = format!(
        "<html><body><table>astray<tr><td>x</td></tr></table><article>{}</article></body></html>",
        "<p>The council of the island voted on Monday to move the school to the new building.</p>"
            .repeat(4)
    );
    let site = RawSite::serve("127.0.0.1:0".parse().expect("an address"), move |head| {
        let (kind, body) = if head.starts_with("GET /story") {
            ("text/html", page.as_str())
        } else {
            ("application/rss+xml", FEED)
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        vec![Step::Send(answer.into_bytes())]
    });
    let site = site.await.expect("a free port");
    let feeds = vec![format!("http://{}/feed", site.address)];
    let home = Home::new(&Settings::local(vec!["127.0.0.1".to_owned()], feeds));
    let asked = tokio::task::spawn_blocking(move || home.ask(&["run", "--dry-run"]));
    let run = asked.await.expect("no panic");
    assert!(run.status.success(), "{}", err(&run));
    assert!(out(&run).contains("1 articles"), "{}", out(&run));
    for line in err(&run).lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        let target = line["target"].as_str().expect("who says it");
        assert!(target.starts_with("dateline"), "{line}");
    }
}

#[test]
fn what_make_install_copies_is_the_program_its_manual_and_its_completions() {
    let folder = folder();
    // The profile that this test was built with lies where its program does.
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_dateline"));
    let profile = program.parent().and_then(|folder| folder.file_name());
    let installed = Command::new("deploy/install.sh")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PROFILE", profile.expect("a folder of a profile"))
        .env("DESTDIR", folder.path())
        .env("PREFIX", "/usr")
        .output()
        .expect("the script starts");
    assert!(installed.status.success(), "{}", err(&installed));
    for file in [
        "bin/dateline",
        "share/man/man1/dateline.1",
        "share/man/man1/dateline-run.1",
        "share/bash-completion/completions/dateline",
        "share/zsh/site-functions/_dateline",
        "share/fish/vendor_completions.d/dateline.fish",
    ] {
        let size = std::fs::metadata(folder.path().join("usr").join(file)).map(|file| file.len());
        assert!(size.is_ok_and(|size| size > 0), "{file}");
    }
}

#[test]
fn a_worker_that_another_of_its_name_ended_is_not_started_again_by_its_unit() {
    let read = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(path).expect("a file of deploy/")
    };
    let unit = read("deploy/dateline.service");
    assert!(unit.contains("\nRestartPreventExitStatus=64 75\n"));
    // Kubernetes starts every pod again, so each must have a name of its own.
    let pods = read("deploy/kubernetes/workers.yaml");
    assert!(pods.contains("kind: StatefulSet") && pods.contains("metadata.name"));
}

#[test]
fn the_image_asks_its_own_worker_whether_it_lives() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for file in ["Dockerfile", "image.sh"] {
        let text = std::fs::read_to_string(root.join(file)).expect("a file of deploy/");
        assert!(text.to_lowercase().contains("healthcheck"), "{file}");
        assert!(text.contains("dateline"), "{file}");
    }
}

/// A folder with a configuration and a ledger that was closed.
fn stopped_ledger() -> tempfile::TempDir {
    let folder = folder();
    let made = ask(&folder, &["init", "--contact", "ops@example.org", "."]);
    assert!(made.status.success(), "{}", err(&made));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let path = folder.path().join("dateline.db");
    let ledger = SqliteLedger::open(&path, None).expect("a new file");
    runtime.block_on(ledger.close()).expect("closed");
    folder
}

#[test]
fn where_there_is_nothing_to_list_a_line_says_so_and_stdout_stays_empty() {
    let folder = stopped_ledger();
    for (line, said) in [
        (&["tail", "events"][..], "no event there"),
        (&["tail", "articles", "--last", "3"], "no article there"),
        (&["set-aside", "list"], "nothing was set aside"),
        (
            &["set-aside", "list", "--reason", "robots"],
            "nothing was set aside",
        ),
        (&["feeds"], "no feed is listed"),
    ] {
        let listed = ask(&folder, line);
        assert!(listed.status.success(), "{line:?}: {}", err(&listed));
        assert!(err(&listed).contains(said), "{line:?}: {}", err(&listed));
        assert_eq!(out(&listed), "", "{line:?}");
    }
}

#[test]
fn a_stopped_ledger_in_a_folder_that_may_not_be_written_is_read_by_every_command() {
    let folder = stopped_ledger();
    let elsewhere = self::folder();
    std::fs::write(
        elsewhere.path().join("copy.toml"),
        "[ledger]\npath = \"copy.db\"\n",
    )
    .expect("written");
    let allow = |folder: &tempfile::TempDir, rights: u32| {
        std::fs::set_permissions(folder.path(), Permissions::from_mode(rights)).expect("ours");
    };
    allow(&folder, 0o555);
    allow(&elsewhere, 0o777);
    let copy = elsewhere.path().join("copy.toml");
    let copy = copy.to_string_lossy();
    // Root may write anywhere: it asks as nobody.
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let ask_as_nobody = |line: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(nobody).arg(env!("CARGO_BIN_EXE_dateline"));
        command.args(line).current_dir(folder.path()).output()
    };
    let is_root = std::fs::write(folder.path().join("trial"), "").is_ok();
    if is_root && !ask_as_nobody(&["--version"]).is_ok_and(|said| said.status.success()) {
        skip::left_out("root could not ask as nobody");
        return;
    }
    for line in [
        &["tail", "events"][..],
        &["tail", "--ledger", "dateline.db", "articles"],
        &["set-aside", "list"],
        &["feeds"],
        &["ledger", "copy", "--from", "dateline.toml", "--to", &copy],
    ] {
        let read = if is_root {
            ask_as_nobody(line).expect("it started before")
        } else {
            ask(&folder, line)
        };
        assert!(read.status.success(), "{line:?}: {}", err(&read));
    }
    allow(&folder, 0o755);
}
