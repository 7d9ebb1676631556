//! A small worker around the ledger on Kafka, run as a process of its own so that it can be killed: feeds post entries,
//! entries become an article and two events. Everything is computed from names, so that a reader can say what must be
//! published, and how often.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of it"
)]

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use dateline::{
    config::KafkaConfig,
    feed::state::FeedState,
    id::FeedId,
    ledger::{
        Batch, Ledger as _, LedgerError, MAX_KILLS, Outlet, Published, Seen, Take, Turn, Why,
        kafka::{Hook, KafkaLedger, Reader, Step},
    },
    site::Site,
};
use jiff::Timestamp;

use crate::{
    broker,
    conformance::{post, records, settled},
};

/// What flows.
#[derive(Debug, Clone)]
pub struct Flow {
    pub address: String,
    pub prefix: String,
    pub partitions: u32,
    pub sites: u32,
    /// Polls of each site's feed; each posts an entry of its own site and one of the next.
    pub polls: u64,
}

impl Flow {
    pub fn config(&self) -> KafkaConfig {
        KafkaConfig {
            partitions: self.partitions,
            ..broker::config(&self.address, &self.prefix)
        }
    }

    /// Names of all articles.
    pub fn names(&self) -> Vec<String> {
        let all = (0..self.sites).flat_map(|site| (0..self.polls).map(move |poll| (site, poll)));
        all.flat_map(|(site, poll)| {
            [
                format!("a-{site}-{site}-{poll}"),
                format!("a-{site}-{}-{poll}", (site + 1) % self.sites),
            ]
        })
        .collect()
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
}

impl Worker {
    fn start(flow: &Flow, options: &[(&str, &str)]) -> Self {
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
            .env("FLOW_SITES", flow.sites.to_string())
            .env("FLOW_POLLS", flow.polls.to_string())
            .envs(options.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("this file can be run");
        let output = child.stdout.take().expect("its output is ours");
        let (line, lines) = mpsc::sync_channel(100_000);
        thread::spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
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

    /// Resident memory in KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let line = status.unwrap_or_default();
        let line = line
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .map(str::to_owned);
        line.and_then(|line| {
            line.split_whitespace()
                .nth(1)
                .and_then(|kib| kib.parse().ok())
        })
        .unwrap_or(0)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush())
        .ok();
}

/// The process: reads its part from the environment, ends with an exit code of its own.
pub fn be_a_worker() {
    let Ok(address) = env::var("FLOW_ADDRESS") else {
        return;
    };
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let flow = Flow {
        address,
        prefix: env::var("FLOW_PREFIX").unwrap_or_default(),
        partitions: number("FLOW_PARTITIONS") as u32,
        sites: number("FLOW_SITES") as u32,
        polls: number("FLOW_POLLS"),
    };
    dateline::telemetry::start_logging(false);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let code = runtime.expect("a runtime").block_on(run(flow));
    std::process::exit(code);
}

/// Holds each transaction open for a while, and says at which step it is.
fn hook() -> Hook {
    let hold = env::var("FLOW_HOLD_MS")
        .ok()
        .and_then(|ms| ms.parse().ok())
        .unwrap_or(0);
    let pause_at = env::var("FLOW_PAUSE_AT").unwrap_or_default();
    let flag = env::var("FLOW_PAUSE_FLAG").unwrap_or_default();
    Arc::new(move |step| {
        let name = match step {
            Step::Begun => "begun",
            Step::Drained => "drained",
            Step::OffsetsSent => "sent",
            Step::Committed => "committed",
        };
        say(name);
        if step == Step::Drained {
            thread::sleep(Duration::from_millis(hold));
        }
        if name == pause_at && std::fs::remove_file(&flag).is_ok() {
            say("paused");
            thread::sleep(Duration::from_secs(2));
        }
    })
}

async fn run(flow: Flow) -> i32 {
    let begun = Instant::now();
    let mut config = flow.config();
    config.instance = env::var("FLOW_INSTANCE").unwrap_or_default();
    let ledger = match KafkaLedger::open_with(&config, Some(hook())).await {
        Ok(ledger) => Arc::new(ledger),
        Err(error) => {
            say(&format!("error {error}"));
            return exit_code(&error);
        }
    };
    say(&format!("open {}", begun.elapsed().as_millis()));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    thread::spawn(move || {
        drop(std::io::stdin().read(&mut [0]));
        stopped.store(true, Ordering::Release);
    });
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..flow.sites {
        tasks.spawn(work(
            Arc::clone(&ledger),
            flow.clone(),
            number,
            Arc::clone(&stop),
        ));
    }
    let mut owned = Vec::new();
    let mut code = 0;
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                None => break,
                Some(Ok(Err(error))) => {
                    say(&format!("error {error}"));
                    code = exit_code(&error);
                    stop.store(true, Ordering::Release);
                }
                Some(_) => {}
            },
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                let now = ledger.owned();
                if now != owned {
                    say(&format!("own {now:?}"));
                    owned = now;
                }
                let health = ledger.health();
                if health.notes.iter().any(|note| note.contains("instance name")) {
                    code = 75;
                    stop.store(true, Ordering::Release);
                }
            }
        }
    }
    if code == 0
        && let Err(error) = ledger.close().await
    {
        say(&format!("error {error}"));
        return exit_code(&error);
    }
    code
}

fn exit_code(error: &LedgerError) -> i32 {
    match error {
        LedgerError::Unreachable { .. } => 69,
        LedgerError::Taken { .. } => 75,
        LedgerError::Unfit { .. } => 64,
        _ => 70,
    }
}

/// One site: polls its feed, then works off its mailbox.
async fn work(
    ledger: Arc<KafkaLedger>,
    flow: Flow,
    number: u32,
    stop: Arc<AtomicBool>,
) -> Result<(), LedgerError> {
    let mut first = true;
    while !stop.load(Ordering::Acquire) {
        let done = match step(&ledger, &flow, number).await {
            Ok(done) => done,
            Err(LedgerError::Stale { .. } | LedgerError::Unreachable { .. }) => false,
            Err(error) => return Err(error),
        };
        if done && first {
            first = false;
            say(&format!("first {number}"));
        }
        if !done {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

async fn step(ledger: &KafkaLedger, flow: &Flow, number: u32) -> Result<bool, LedgerError> {
    let site = site(number);
    let Some(tenure) = ledger.tenure(&site) else {
        return Ok(false);
    };
    let feed = FeedId::configured(&format!("feed{number}"));
    let state = ledger.feed(&site, &feed).await?.unwrap_or_default();
    let mut did = false;
    if state.polls < flow.polls {
        let posts = [number, (number + 1) % flow.sites]
            .map(|to| {
                let name = format!("a-{number}-{to}-{}", state.polls);
                post(&self::site(to), &name, Why::New, Timestamp::now())
            })
            .to_vec();
        let state = FeedState {
            v: 1,
            polls: state.polls + 1,
            ..state
        };
        let batch = Batch {
            tenure: Some(tenure),
            posts,
            feed: Some((feed, state)),
            ..Batch::default()
        };
        ledger.commit(batch).await?;
        did = true;
    }
    match ledger.take(&site, Timestamp::now()).await? {
        Take::Turn(turn) => {
            read(ledger, &site, *turn).await?;
            say(&format!("settled {number}"));
            Ok(true)
        }
        Take::NotBefore(_) | Take::Empty => Ok(did),
    }
}

async fn read(ledger: &KafkaLedger, site: &Site, turn: Turn) -> Result<(), LedgerError> {
    let name = turn
        .waiting
        .url
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let now = Timestamp::now();
    let killed = turn.alone.is_some_and(|kills| kills >= MAX_KILLS);
    if let (Some(kills), false) = (turn.alone, killed) {
        let seen = Seen::Retry {
            attempt: turn.attempt,
            kills: kills + 1,
            due: now,
            first_at: turn.first_at.unwrap_or(now),
            why: "killed_worker".to_owned(),
            before: None,
        };
        let tried = Batch {
            tenure: Some(turn.tenure),
            seen: vec![(turn.id, seen)],
            ..Batch::default()
        };
        ledger.commit(tried).await?;
    }
    if env::var("FLOW_KILLER").is_ok_and(|killer| killer == name) && !killed {
        say("killed by a page");
        std::process::abort();
    }
    let revision = turn.before.as_ref().map_or(1, |before| before.revision + 1);
    let published = if killed {
        vec![records::set_aside(
            &name,
            &format!("https://{site}/{name}"),
            3,
        )]
    } else {
        vec![
            records::article(&name, revision),
            records::event(&name, 0, revision, "coded"),
            records::event(&name, 1, revision, "coded"),
        ]
    };
    let batch = Batch {
        tenure: Some(turn.tenure),
        seen: vec![(turn.id, settled(now, revision))],
        cleared: vec![turn.id],
        records: published,
        ..Batch::default()
    };
    ledger.commit(batch).await.map(drop)
}

/// What a reader of committed records finds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub articles: usize,
    pub set_aside: usize,
    pub lost: usize,
    pub repeated: usize,
}

/// Reads the outlets and compares them with what flowed.
pub fn tally(flow: &Flow) -> Tally {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (articles, events, aside) = runtime.block_on(async {
        let reader = Reader::open(&flow.config())
            .await
            .expect("the broker answers");
        let all = async |outlet| reader.all(outlet).await.expect("records can be read");
        (
            all(Outlet::Articles).await,
            all(Outlet::Events).await,
            all(Outlet::SetAside).await,
        )
    });
    let (articles, events, aside) = (counted(&articles), counted(&events), counted(&aside));
    let mut tally = Tally {
        articles: articles.len(),
        set_aside: aside.len(),
        ..Tally::default()
    };
    for name in flow.names() {
        let id = crate::conformance::id(&name).to_string();
        let article = articles.contains_key(&(id.clone(), 1));
        let event = |n| events.contains_key(&(records::event_id(&name, n), 1));
        let whole = article && event(0) && event(1);
        let put_aside = aside.keys().any(|(other, _)| *other == id);
        tally.lost += usize::from(!whole && (article || !put_aside));
        tally.repeated += usize::from(whole && put_aside);
    }
    let more =
        |counts: &BTreeMap<(String, u32), usize>| -> usize { counts.values().map(|n| n - 1).sum() };
    let revised = articles
        .keys()
        .chain(events.keys())
        .filter(|(_, revision)| *revision > 1)
        .count();
    tally.repeated += more(&articles) + more(&events) + more(&aside) + revised;
    tally
}

/// Whether everything that flows was published or set aside.
pub fn is_complete(flow: &Flow) -> bool {
    let tally = tally(flow);
    tally.articles + tally.set_aside >= flow.names().len()
}

fn counted(all: &[Published]) -> BTreeMap<(String, u32), usize> {
    let mut counts = BTreeMap::new();
    for record in all {
        *counts
            .entry((record.id.clone(), record.revision))
            .or_default() += 1;
    }
    counts
}

/// Waits until everything is published, and stops the workers.
pub fn finish(flow: &Flow, workers: &mut [Worker], at_most: Duration) -> Tally {
    let until = Instant::now() + at_most;
    while !is_complete(flow) && Instant::now() < until {
        thread::sleep(Duration::from_millis(500));
    }
    for worker in workers {
        assert_eq!(
            worker.stop(),
            Some(0),
            "a worker that is asked to stop ends with 0"
        );
    }
    tally(flow)
}

/// A file that is there.
pub fn flag(path: &Path) {
    std::fs::write(path, "").expect("a flag can be set");
}
