//! A small worker around the ledger on Kafka, run as a process of its own so that it can be killed: feeds post entries,
//! entries become an article and two events. Everything is computed from names, so that a reader can say what must be
//! published, and how often.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of it"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
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
        Batch, Figure, Ledger as _, LedgerError, MAX_KILLS, Outlet, Published, Reading, Seen, Take,
        Turn, Why,
        kafka::{Begin, Hook, KafkaLedger, Reader, Step, Tail},
    },
    site::Site,
};
use jiff::Timestamp;

use crate::{
    broker,
    conformance::{post, records, settled},
};

/// Without any progress for so long, what is missing will not come.
const STANDSTILL: Duration = Duration::from_secs(60);
/// Entries that wait, a site: with more, nothing is polled.
const BACKLOG: usize = 4;

/// Polls of each site's feed.
type Polls = BTreeMap<u32, u64>;

/// What flows.
#[derive(Debug, Clone)]
pub struct Flow {
    pub address: String,
    pub prefix: String,
    pub partitions: u32,
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
            .env("FLOW_LAST", &flow.last)
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

    /// What it said last, and how its ledger fares.
    fn state(&mut self) -> String {
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
        last: env::var_os("FLOW_LAST").unwrap_or_default().into(),
        told: Arc::default(),
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
fn hook(flow: Flow) -> Hook {
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
        if step == Step::Drained && hold > 0 && !flow.is_last() {
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
    let ledger = match KafkaLedger::open_with(&config, Some(hook(flow.clone()))).await {
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
    let mut fares = (Instant::now(), String::new());
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
                    let figures = ledger.figures();
                    let (restored, lost) = (figure(&figures, "kafka_restores"), figure(&figures, "kafka_transactions"));
                    say(&format!("own {now:?} restored {restored} lost {lost}"));
                    owned = now;
                }
                if fares.0.elapsed() > Duration::from_secs(1) {
                    let line = format!("health {:?}", ledger.health());
                    if line != fares.1 {
                        say(&line);
                    }
                    fares = (Instant::now(), line);
                }
                if let (Err(error), 0) = (ledger.sound(), code) {
                    say(&format!("error {error}"));
                    code = exit_code(&error);
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

/// A total of the ledger's figures; of transactions, those that ended unknown or fenced.
fn figure(figures: &[Figure], name: &str) -> f64 {
    let found = figures.iter().find(|figure| figure.name == name);
    match found.map(|figure| &figure.reading) {
        Some(Reading::Total(total)) => *total,
        Some(Reading::Outcomes(outcomes)) => {
            let lost = outcomes.iter().find(|(outcome, _)| *outcome == "lost");
            lost.map_or(0.0, |(_, count)| *count)
        }
        _ => 0.0,
    }
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
    let taken = ledger.take(&site, Timestamp::now()).await?;
    if let Take::Turn(turn) = taken {
        read(ledger, &site, *turn).await?;
        say(&format!("settled {number}"));
        return Ok(true);
    }
    let feed = FeedId::configured(&format!("feed{number}"));
    let state = ledger.feed(&site, &feed).await?.unwrap_or_default();
    let enough = ledger.health().waiting > BACKLOG * flow.sites as usize;
    if state.polls >= flow.polls || enough || flow.is_last() {
        return Ok(false);
    }
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
    let polls = state.polls;
    let batch = Batch {
        tenure: Some(tenure),
        posts,
        feed: Some((feed, state)),
        ..Batch::default()
    };
    ledger.commit(batch).await?;
    say(&format!("polled {number} {polls}"));
    Ok(true)
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
        cleared: vec![turn.cleared()],
        records: published,
        ..Batch::default()
    };
    ledger.commit(batch).await.map(drop)
}

/// What a reader of committed records finds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Articles that were posted.
    pub posted: usize,
    pub articles: usize,
    pub set_aside: usize,
    pub lost: usize,
    pub repeated: usize,
}

/// Reads the outlets and compares them with what flowed.
fn tally(flow: &Flow) -> Tally {
    let (articles, events, aside, polls) = block_on(async {
        let reader = Reader::open(&flow.config())
            .await
            .expect("the broker answers");
        let all = async |outlet| counted(&reader.all(outlet).await.expect("records can be read"));
        (
            all(Outlet::Articles).await,
            all(Outlet::Events).await,
            all(Outlet::SetAside).await,
            polls(&reader, flow).await,
        )
    });
    let names = flow.names(polls);
    let mut tally = Tally {
        posted: names.len(),
        articles: articles.len(),
        set_aside: aside.len(),
        ..Tally::default()
    };
    for name in names {
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

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(future)
}

/// The polls that stand in the states of the feeds.
async fn polls(reader: &Reader, flow: &Flow) -> Polls {
    let states = reader.feeds().await.expect("states can be read");
    let of = |site: u32| {
        let id = FeedId::configured(&format!("feed{site}")).to_string();
        states.get(&id).map_or(0, |state| state.polls)
    };
    (0..flow.sites).map(|site| (site, of(site))).collect()
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

/// Follows what is published as it comes.
pub struct Watch<'a> {
    flow: &'a Flow,
    reader: Reader,
    articles: Tail,
    aside: Tail,
    published: BTreeSet<String>,
}

impl<'a> Watch<'a> {
    pub fn of(flow: &'a Flow) -> Self {
        let reader = block_on(Reader::open(&flow.config())).expect("the broker answers");
        let tail = |outlet| {
            reader
                .tail(outlet, Begin::Beginning)
                .expect("records can be read")
        };
        Self {
            flow,
            articles: tail(Outlet::Articles),
            aside: tail(Outlet::SetAside),
            published: BTreeSet::new(),
            reader,
        }
    }

    /// Takes in what comes within a moment; whether anything new did.
    pub fn follow(&mut self) -> bool {
        let before = self.published.len();
        let (long, short) = (Duration::from_millis(300), Duration::from_millis(20));
        for (tail, wait) in [(&self.articles, long), (&self.aside, short)] {
            // A flow that goes on leaves no silence: the moment ends it.
            let until = Instant::now() + wait;
            loop {
                let left = until.saturating_duration_since(Instant::now());
                let Some(record) = tail.next(left).expect("records can be read") else {
                    break;
                };
                self.published.insert(record.id);
                if left.is_zero() {
                    break;
                }
            }
        }
        self.published.len() > before
    }

    /// Whether an article was published or set aside.
    pub fn has(&self, name: &str) -> bool {
        let id = crate::conformance::id(name).to_string();
        self.published.contains(&id)
    }

    /// What was posted by now, and which of it is not published.
    fn missing(&self) -> (usize, Vec<String>) {
        let names = self.flow.names(block_on(polls(&self.reader, self.flow)));
        let posted = names.len();
        let missing = names.into_iter().filter(|name| !self.has(name));
        (posted, missing.collect())
    }
}

/// Ends the flow, waits until everything is published, and stops the workers. How long that takes is the machine's
/// affair; only when nothing at all goes on any more it fails, and says what is missing and how each worker fares.
pub fn finish(flow: &Flow, workers: &mut [Worker]) -> Tally {
    let begun = Instant::now();
    flag(&flow.last);
    let mut watch = Watch::of(flow);
    let (mut moved, mut posted) = (Instant::now(), None);
    loop {
        if watch.follow() {
            moved = Instant::now();
            continue;
        }
        let (now, missing) = watch.missing();
        // A poll that was on its way when the flow ended may have come between.
        if missing.is_empty() && posted.replace(now) == Some(now) {
            eprintln!("all of it published within {:?}", begun.elapsed());
            break;
        }
        assert!(
            moved.elapsed() < STANDSTILL,
            "nothing goes on: {} of {now} are missing\n{}\n{}",
            missing.len(),
            places(flow, &missing),
            workers
                .iter_mut()
                .map(Worker::state)
                .collect::<Vec<_>>()
                .join("\n")
        );
        thread::sleep(Duration::from_millis(500));
    }
    for worker in workers {
        let code = worker.stop();
        assert_eq!(
            code,
            Some(0),
            "a worker that is asked to stop ends with 0: {}",
            worker.state()
        );
    }
    tally(flow)
}

/// Names by partition and site.
fn places(flow: &Flow, names: &[String]) -> String {
    let mut places: BTreeMap<(u32, u32), Vec<&str>> = BTreeMap::new();
    for name in names {
        let number = name
            .split('-')
            .nth(2)
            .and_then(|number| number.parse().ok());
        let number: u32 = number.unwrap_or(u32::MAX);
        let partition = site(number).partition(flow.partitions);
        places.entry((partition, number)).or_default().push(name);
    }
    let lines = places.iter().map(|((partition, site), names)| {
        format!("partition {partition}, site {site}: {}", names.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A file that is there.
pub fn flag(path: &Path) {
    std::fs::write(path, "").expect("a flag can be set");
}
