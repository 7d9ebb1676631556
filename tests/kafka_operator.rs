//! What an operator does to a cluster and meets on it, with the built program and a real broker.
#![cfg(feature = "kafka")]

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

#[path = "support/broker.rs"]
mod broker;
#[path = "support/worker.rs"]
mod program;

use program::dateline;

#[test]
fn a_demo_after_one_that_was_killed_waits_for_nothing_of_it() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let demo = ["demo", "--kafka", &broker.address];
    let mut killed = dateline()
        .args(demo)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
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
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let took = begun.elapsed();
    eprintln!("the demo after it took {took:?}");
    assert!(output.status.success(), "{said}");
    // The group takes its member for dead after 6 s, quiet is waited for 5 s; it gives up after 120 s.
    assert!(took < Duration::from_secs(60), "{took:?}");
    let articles = said.lines().find(|line| line.starts_with("articles"));
    assert!(articles.is_some_and(|line| line.contains(" 45 ")), "{said}");
}
