//! What an operator does to a cluster and meets on it, with the built program and a real broker.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::support::{
    broker,
    worker::{Home, Settings, dateline},
};

#[test]
fn a_demo_after_one_that_was_killed_waits_for_nothing_of_it() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let demo = ["demo", "--kafka", &broker.address];
    let mut killed = dateline()
        .args(demo)
        .env("DATELINE_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let said = BufReader::new(killed.stdout.take().expect("piped above"));
    let mut lines = said.lines().map_while(Result::ok);
    // The first event: entries of many sites wait.
    assert!(lines.any(|line| line.contains("CONSULT")));
    killed.kill().expect("it is ours to kill");
    killed.wait().expect("a child can be waited for");

    let begun = Instant::now();
    let output = dateline().args(demo).arg("--quiet").output();
    let output = output.expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let took = begun.elapsed();
    eprintln!("the demo after it took {took:?}");
    assert!(output.status.success(), "{said}");
    // The group takes its member for dead after 6 s, quiet is waited for 5 s; it gives up after 120 s.
    assert!(took < Duration::from_secs(60), "{took:?}");
    let articles = said.lines().find(|line| line.starts_with("articles"));
    assert!(articles.is_some_and(|line| line.contains(" 45 ")), "{said}");
}

/// A worker on topics of a prefix that keeps events for so long, as the file says.
fn keeping(address: &str, prefix: &str, events: &str) -> Home {
    let mut settings = Settings::local(Vec::new(), vec!["http://127.0.0.1:9/feed".to_owned()]);
    settings.more = format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}.\"\npartitions = 1\n\
         [kafka.retention]\n{events}\n"
    );
    Home::new(&settings)
}

/// What a start says of the settings of topics.
fn advised(home: &Home) -> String {
    let mut worker = home.start();
    home.logged(&mut worker, "ledger open");
    assert!(worker.stop().success());
    let log = home.log();
    let advice = log.lines().filter(|line| line.contains("topic settings"));
    advice.collect()
}

#[test]
fn a_retention_that_the_file_changes_later_is_told_with_its_cost_and_the_command_that_mends_it() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let prefix = broker::unique("kept");
    let address = &broker.address;
    assert_eq!(advised(&keeping(address, &prefix, "events = \"2d\"")), "");
    for other in ["events = \"1d\"", "events = \"3d\"", "events = \"forever\""] {
        let said = advised(&keeping(address, &prefix, other));
        for part in [
            &format!("{prefix}.events"),
            "[kafka.retention]",
            "kafka-configs.sh --bootstrap-server",
            "--add-config retention.ms=",
        ] {
            assert!(said.contains(part), "{other}: {part}: {said}");
        }
    }
    assert_eq!(
        advised(&keeping(address, &prefix, "")),
        "",
        "nothing is set"
    );
}

#[test]
fn a_worker_that_was_asked_to_stop_is_counted_by_its_group_no_more_at_whatever_moment() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    // While it joins, once it has, and while it compares feed lists over the group.
    for (nth, said) in ["partitions assigned", "ledger open", "ledger open"]
        .into_iter()
        .enumerate()
    {
        let home = keeping(&broker.address, &broker::unique("left"), "");
        home.write("copy.toml", "[ledger]\npath = \"copy.db\"\n");
        let mut worker = home.start();
        home.logged(&mut worker, said);
        sleep(Duration::from_millis(200) * u32::try_from(nth).expect("three moments"));
        assert!(worker.stop().success(), "{}", home.log());
        let copied = home.ask(&[
            "ledger",
            "copy",
            "--from",
            "dateline.toml",
            "--to",
            "copy.toml",
        ]);
        let said = String::from_utf8_lossy(&copied.stderr).into_owned();
        assert!(
            copied.status.success(),
            "moment {nth}: {said}\n{}",
            home.log()
        );
    }
}
