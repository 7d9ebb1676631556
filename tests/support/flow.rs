//! Small workers around the ledger on Kafka, run as processes of their own so that they can be killed: feeds post
//! entries, entries become an article and two events. Everything is computed from names, so that a reader can say what
//! must be published, and how often.
#![allow(unused_imports, reason = "the binary without Kafka starts no flow")]

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use dateline::{config::KafkaConfig, site::Site};

use super::broker;

pub mod crowd;
mod process;
mod tally;
mod work;

pub use process::be_a_worker;
use process::resident;
pub use tally::{Watch, finish, none_lost_none_repeated};

/// Polls of each site's feed.
type Polls = BTreeMap<u32, u64>;

/// What flows.
#[derive(Debug, Clone)]
pub struct Flow {
    pub address: String,
    pub prefix: String,
    pub partitions: u32,
    /// Copies of each topic, which as many brokers must be there for.
    pub replication: u32,
    pub sites: u32,
    /// Polls of each site's feed at most; each posts an entry of its own site and one of the next.
    pub polls: u64,
    /// A file that is there once nothing more is to be polled, and no transaction held open.
    last: PathBuf,
    /// Polls that workers, whether they live or not, were told to stand.
    told: Arc<Mutex<Polls>>,
}

impl Flow {
    /// A flow without an end until [`finish`].
    pub fn endless(address: &str, prefix: &str, sites: u32) -> Self {
        let prefix = broker::unique(prefix);
        let folder = env!("CARGO_TARGET_TMPDIR");
        Self {
            address: address.to_owned(),
            partitions: 6,
            replication: 1,
            sites,
            polls: u64::MAX,
            last: Path::new(folder).join(&prefix),
            prefix,
            told: Arc::default(),
        }
    }

    pub fn config(&self) -> KafkaConfig {
        KafkaConfig {
            partitions: self.partitions,
            replication: self.replication,
            ..broker::config(&self.address, &self.prefix)
        }
    }

    /// Names of all articles that were posted: by what stands, and by what workers were told to stand.
    fn names(&self, mut polls: Polls) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for (site, count) in told.iter() {
            let stands = polls.entry(*site).or_default();
            *stands = (*stands).max(*count);
        }
        let all = polls
            .into_iter()
            .flat_map(|(site, count)| (0..count).map(move |poll| (site, poll)));
        all.flat_map(|(site, poll)| {
            [
                format!("a-{site}-{site}-{poll}"),
                format!("a-{site}-{}-{poll}", (site + 1) % self.sites),
            ]
        })
        .collect()
    }

    fn is_last(&self) -> bool {
        self.last.exists()
    }

    /// Starts a worker.
    pub fn worker(&self, options: &[(&str, &str)]) -> Worker {
        Worker::start(self, options)
    }
}

fn site(number: u32) -> Site {
    Site::of_host(&format!("site{number}.test"))
}

/// A worker's process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    lines: mpsc::Receiver<(Instant, String)>,
    pub started: Instant,
    /// All it said so far.
    pub said: Vec<(Instant, String)>,
    /// A file that names the step at which its next transaction pauses.
    pause: PathBuf,
}

impl Worker {
    fn start(flow: &Flow, options: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let pause = flow.last.with_extension(format!("pause{number}"));
        let mut command = Command::new(env::current_exe().expect("a test knows its own file"));
        command
            .args([
                "a_process_of_its_own",
                "--exact",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("FLOW_ADDRESS", &flow.address)
            .env("FLOW_PREFIX", &flow.prefix)
            .env("FLOW_PARTITIONS", flow.partitions.to_string())
            .env("FLOW_REPLICATION", flow.replication.to_string())
            .env("FLOW_SITES", flow.sites.to_string())
            .env("FLOW_POLLS", flow.polls.to_string())
            .env("FLOW_LAST", &flow.last)
            .env("FLOW_PAUSE", &pause)
            .envs(options.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("this file can be run");
        let output = child.stdout.take().expect("its output is ours");
        let (line, lines) = mpsc::sync_channel(100_000);
        let told = Arc::clone(&flow.told);
        thread::spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
                let mut words = text.split(' ');
                if words.next() == Some("polled") {
                    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
                    if let (Some(site), Some(count)) = (number(), number()) {
                        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                        told.insert(site as u32, count);
                    }
                }
                if line.send((Instant::now(), text)).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            lines,
            started,
            said: Vec::new(),
            pause,
        }
    }

    /// Waits for a line that begins so; `None` when it did not come in time or the process ended.
    pub fn hear(&mut self, begin: &str, at_most: Duration) -> Option<(Instant, String)> {
        let until = Instant::now() + at_most;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).ok()?;
            self.said.push(line.clone());
            if line.1.starts_with(begin) {
                return Some(line);
            }
        }
    }

    /// Stops its next transaction that comes to a step there, until [`Worker::go_on`].
    pub fn pause_at(&mut self, step: &str) {
        std::fs::write(&self.pause, step).expect("a flag can be set");
        let paused = self.hear("paused", Duration::from_secs(30));
        assert!(
            paused.is_some_and(|(_, line)| line == format!("paused {step}")),
            "its transactions come to this step: {}",
            self.state()
        );
    }

    /// Lets a transaction that pauses go on.
    pub fn go_on(&self) {
        flag(&self.pause.with_added_extension("over"));
    }

    /// Whether the last it said of its transactions is that one is open.
    pub fn is_in_transaction(&mut self) -> bool {
        self.catch_up();
        let steps = ["begun", "drained", "sent", "committed"];
        let step = |(_, line): &&(Instant, String)| steps.contains(&line.as_str());
        let last = self.said.iter().rev().find(step);
        last.is_some_and(|(_, line)| line == "drained" || line == "sent")
    }

    /// What it said last, and how its ledger fares.
    pub fn state(&mut self) -> String {
        let health = self.last("health").unwrap_or_default();
        let error = self.last("error").unwrap_or_default();
        let from = self.said.len().saturating_sub(8);
        let lines: Vec<&str> = self.said[from..]
            .iter()
            .map(|(_, line)| line.as_str())
            .collect();
        format!("{health}; {error}; {lines:?}")
    }

    /// Takes in what it said meanwhile.
    pub fn catch_up(&mut self) {
        while let Ok(line) = self.lines.try_recv() {
            self.said.push(line);
        }
    }

    /// The last line that begins so.
    pub fn last(&mut self, begin: &str) -> Option<String> {
        self.catch_up();
        self.said
            .iter()
            .rev()
            .find(|(_, line)| line.starts_with(begin))
            .map(|(_, line)| line.clone())
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "signal {name}");
    }

    /// `kill -9`, and waits for its end.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        self.catch_up();
    }

    /// Asks it to stop and returns its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        drop(self.child.stdin.take());
        self.end(Duration::from_secs(30))
    }

    /// Its exit code, once it has ended by itself.
    pub fn end(&mut self, at_most: Duration) -> Option<i32> {
        let until = Instant::now() + at_most;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                self.catch_up();
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Whether it has ended, by whatever.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Resident memory in KiB, of a worker that lives.
    pub fn resident(&mut self) -> u64 {
        assert!(!self.has_ended(), "it has ended: {}", self.state());
        resident(&self.child.id().to_string())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A file that is there.
fn flag(path: &Path) {
    std::fs::write(path, "").expect("a flag can be set");
}
