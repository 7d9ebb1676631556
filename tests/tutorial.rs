//! The first hour of the documents, run as it is written there.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use dateline::demo::DemoSite;

use crate::support::{folder::BINARY, tools};

/// The site of the tutorial, in whose place the built-in one stands.
const PUBLISHER: &str = "https://www.example.org/";

/// A command of the tutorial with the lines that it shows.
struct Step {
    command: String,
    shown: Vec<String>,
}

fn steps() -> Vec<Step> {
    let page = fs::read_to_string("docs/TUTORIAL.md").expect("the tutorial");
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    shown: Vec::new(),
                }),
                (None, Some(step)) => step.shown.push(line.to_owned()),
                (None, None) => panic!("a block begins with a command: {line}"),
            }
        }
    }
    steps
}

/// Whether a line is as it is shown, `…` standing for any text.
fn is_as_shown(line: &str, shown: &str) -> bool {
    let parts: Vec<&str> = shown.split('…').collect();
    let [first, rest @ ..] = &parts[..] else {
        return false;
    };
    let Some(mut left) = line.strip_prefix(first) else {
        return false;
    };
    let Some((last, between)) = rest.split_last() else {
        return left.is_empty();
    };
    for part in between {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// Whether lines are as they are shown, a line `…` standing for any number of them.
fn are_as_shown(lines: &[&str], shown: &[String]) -> bool {
    match (lines, shown) {
        ([], []) => true,
        (_, [any, rest @ ..]) if any == "…" => {
            (0..=lines.len()).any(|skipped| are_as_shown(&lines[skipped..], rest))
        }
        ([line, lines @ ..], [one, rest @ ..]) => {
            is_as_shown(line, one) && are_as_shown(lines, rest)
        }
        _ => false,
    }
}

/// Runs a command as a shell does in a folder, with what lets it reach the built-in site.
fn run(folder: &Path, command: &str, site: &DemoSite) -> String {
    let bin = Path::new(BINARY)
        .parent()
        .expect("a binary lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let hosts: Vec<String> = site
        .hosts()
        .iter()
        .map(|host| format!("\"{host}\" = \"127.0.0.1\""))
        .collect();
    let output = Command::new("bash")
        .args(["-ec", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env(
            "DATELINE_FETCH_HOSTS",
            format!("{{ {} }}", hosts.join(", ")),
        )
        .env("DATELINE_FETCH_PRIVATE", "127.0.0.0/8")
        .env("DATELINE_FETCH_PACE", "20ms")
        .env("DATELINE_HTTP_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}\n{text}{said}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorial_runs_as_it_is_written_and_prints_what_it_shows() {
    if tools::tool("sqlite3", "sqlite3").is_none() {
        return;
    }
    let site = DemoSite::start().await.expect("the demo site");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let feed = site.feeds().remove(0);
    let home = url::Url::parse(&feed.url)
        .expect("an address")
        .join("/")
        .expect("an address");
    let steps = steps();
    assert!(steps.len() >= 12, "{}", steps.len());
    for Step { command, shown } in &steps {
        let printed = run(
            folder.path(),
            &command.replace(PUBLISHER, home.as_str()),
            &site,
        );
        let printed = printed.replace(home.as_str(), PUBLISHER);
        // The guards that the test opens are told; a reader of the tutorial opens none.
        let lines: Vec<&str> = printed
            .lines()
            .filter(|line| !line.starts_with("warning: fetch."))
            .collect();
        assert!(
            are_as_shown(&lines, shown),
            "$ {command}\n{}\nis not as shown:\n{}",
            lines.join("\n"),
            shown.join("\n")
        );
    }
    site.stop().await;
}
