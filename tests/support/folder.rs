//! The built binary as a worker: a configuration folder, a child process, what it published.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test crate includes this module and uses its own part of it"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use dateline::{
    ledger::{Outlet, Position, PublishedRecord},
    record::{Article, Event, SetAside},
    sqlite::SqliteReader,
};
use tempfile::TempDir;

/// The program under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_dateline");

/// A folder with the configuration of a worker for local sites.
#[derive(Debug)]
pub struct Folder {
    dir: TempDir,
}

impl Folder {
    /// Writes `dateline.toml` and `feeds.toml`; `tables` are added to the former.
    pub fn new(hosts: &[String], feeds: &[String], pace: Duration, tables: &str) -> Self {
        Self::of("test", hosts, feeds, pace, tables)
    }

    /// The same for a worker with a name, which sites see in its User-Agent as `https://NAME.invalid/`.
    pub fn of(
        name: &str,
        hosts: &[String],
        feeds: &[String],
        pace: Duration,
        tables: &str,
    ) -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let folder = Self { dir };
        let hosts: Vec<String> = hosts
            .iter()
            .map(|host| format!("\"{host}\" = \"127.0.0.1\"\n"))
            .collect();
        let hosts = hosts.concat();
        let text = format!(
            "contact = \"https://{name}.invalid/\"\n[http]\nlisten = \"127.0.0.1:0\"\n[fetch]\npace = \"{}ms\"\n\
             private = [\"127.0.0.0/8\"]\n[fetch.hosts]\n{hosts}\n{tables}",
            pace.as_millis()
        );
        fs::write(folder.path("dateline.toml"), text).expect("a writable folder");
        folder.feeds(feeds);
        folder
    }

    /// Writes the feed list.
    pub fn feeds(&self, feeds: &[String]) {
        let list: Vec<String> = feeds
            .iter()
            .map(|url| format!("[[feed]]\nurl = \"{url}\"\ninterval = \"1s\"\n"))
            .collect();
        fs::write(self.path("feeds.toml"), list.concat()).expect("a writable folder");
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts `dateline run`.
    pub fn run(&self) -> Worker {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .expect("a writable folder");
        let child = Command::new(BINARY)
            .args(["run", "--config"])
            .arg(self.path("dateline.toml"))
            .env("DATELINE_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the built binary starts");
        Worker { child }
    }

    /// What the worker has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The records of an outlet so far, in commit order; none before the ledger is there.
    pub fn published(&self, outlet: Outlet) -> Vec<PublishedRecord> {
        let Ok(reader) = SqliteReader::open(&self.path("dateline.db")) else {
            return Vec::new();
        };
        let (mut all, mut position) = (Vec::new(), Position::default());
        loop {
            let records = reader
                .read_after(outlet, position, 1_000)
                .expect("a readable ledger");
            let Some(last) = records.last() else {
                return all;
            };
            position = last.position;
            all.extend(records);
        }
    }

    /// Articles published so far.
    pub fn articles(&self) -> Vec<Article> {
        read(&self.published(Outlet::Articles))
    }

    /// Events published so far.
    pub fn events(&self) -> Vec<Event> {
        read(&self.published(Outlet::Events))
    }

    /// What was set aside so far.
    pub fn aside(&self) -> Vec<SetAside> {
        read(&self.published(Outlet::SetAside))
    }

    /// Waits until `done` says so.
    pub fn wait(&self, what: &str, at_most: Duration, done: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            let log = self.log();
            let tail: String = log.lines().rev().take(20).collect::<Vec<_>>().join("\n");
            assert!(
                began.elapsed() < at_most,
                "waited {at_most:?} for {what}; the log ends with\n{tail}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(records: &[PublishedRecord]) -> Vec<T> {
    records
        .iter()
        .map(|record| serde_json::from_str(&record.json).expect("records read back"))
        .collect()
}

/// A running worker; killed when dropped.
#[derive(Debug)]
pub struct Worker {
    child: Child,
}

impl Worker {
    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("a child that runs");
        self.child.wait().expect("a child that was killed");
    }

    /// SIGTERM, and how it exits.
    pub fn terminate(mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        self.child.wait().expect("a child that was asked to end")
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it exits by itself.
    pub fn exit(mut self) -> ExitStatus {
        self.child.wait().expect("a child")
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends a signal to a process.
pub fn signal(process: u32, name: &str) {
    let done = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "kill -{name} {process}"
    );
}

/// Runs a command of the binary to its end: exit code, stdout and stderr.
pub fn dateline(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(BINARY)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        out.status.code().unwrap_or(-1),
        text(&out.stdout),
        text(&out.stderr),
    )
}

/// Why a worker could not go on, as the lines of a log say that end it: each fault a line.
pub fn fatal_faults(log: &str) -> Vec<String> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let ends = lines.filter(|line: &serde_json::Value| line["message"] == "dateline cannot go on");
    let details = ends.filter_map(|line| line["detail"].as_str().map(str::to_owned));
    details.collect()
}
