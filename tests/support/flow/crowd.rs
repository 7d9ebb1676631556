//! Several workers of a flow: who owns what, and whether the sites of one that is gone go on.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};

use super::{Flow, Worker, site};

/// Three workers of a small machine have come to share everything by then.
pub const SHARING: Duration = Duration::from_secs(60);

/// Where a worker stands: a line `own [0, 3] restored 2 lost 0 fenced 0`.
#[derive(Debug, Default)]
pub struct Owning {
    pub owned: BTreeSet<u32>,
    /// Partitions restored so far.
    pub restored: u32,
    /// Producers lost so far, after each of which all that is owned is restored again.
    pub lost: u32,
    /// Workers that were gone and whose transactions it ended.
    pub fenced: u32,
}

impl Owning {
    /// What such a line says.
    pub fn of(line: &str) -> Self {
        let list = line.split(['[', ']']).nth(1).unwrap_or_default();
        let after = |word: &str| {
            let mut words = line.split(' ').skip_while(|each| *each != word);
            words.nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        Self {
            owned: list.split(", ").filter_map(|n| n.parse().ok()).collect(),
            restored: after("restored"),
            lost: after("lost"),
            fenced: after("fenced"),
        }
    }
}

impl Worker {
    /// Where it last said it stands.
    pub fn owning(&mut self) -> Owning {
        Owning::of(&self.last("own").unwrap_or_default())
    }

    /// The partitions that it last said it owns.
    pub fn owned(&mut self) -> BTreeSet<u32> {
        self.owning().owned
    }
}

/// Waits until something is.
pub fn wait_until(what: &str, at_most: Duration, mut is: impl FnMut() -> bool) {
    let until = Instant::now() + at_most;
    while !is() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the workers own every partition, and each of them one at least.
pub fn share(workers: &mut [Worker], flow: &Flow) {
    let count = workers.len();
    wait_until(&format!("{count} share the partitions"), SHARING, || {
        let owned: Vec<BTreeSet<u32>> = workers.iter_mut().map(Worker::owned).collect();
        let all: BTreeSet<u32> = owned.iter().flatten().copied().collect();
        all.len() == flow.partitions as usize && owned.iter().all(|owned| !owned.is_empty())
    });
}

/// Kills the first worker in the middle of a transaction that stands open at the broker; what it owned, and when.
pub fn kill_in_a_transaction(workers: &mut Vec<Worker>) -> (BTreeSet<u32>, Instant) {
    let mut victim = workers.remove(0);
    victim.pause_at("drained");
    let owned = victim.owned();
    victim.kill();
    let killed = Instant::now();
    assert!(victim.is_in_transaction(), "{}", victim.state());
    assert!(!owned.is_empty(), "{}", victim.state());
    (owned, killed)
}

/// Pauses a worker in the middle of a transaction that every partition it owns has a part in: what waits goes into one
/// transaction, so most have, but a partition may have had nothing to do.
pub fn pause_in_a_transaction_of_all(worker: &mut Worker, flow: &Flow) {
    for _ in 0..50 {
        worker.pause_at("drained");
        let owned = worker.owned();
        if owned.is_subset(&open_partitions(flow)) {
            return;
        }
        worker.go_on();
        worker.hear("committed", Duration::from_secs(20));
    }
    panic!("no transaction has a part of all: {}", worker.state());
}

/// The partitions in which a transaction stands open: a reader of what is committed sees an earlier end there.
pub fn open_partitions(flow: &Flow) -> BTreeSet<u32> {
    let [all, committed] = ["read_uncommitted", "read_committed"].map(|isolation| {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &flow.address)
            .set("isolation.level", isolation)
            .create()
            .expect("a reader");
        consumer
    });
    let ends_at = |reader: &BaseConsumer, topic: &str, partition: u32| {
        let partition = i32::try_from(partition).expect("a few partitions");
        let mut end = 0;
        // A broker that has just come back does not lead its partitions at once.
        wait_until("the broker answers", Duration::from_secs(60), || {
            let marks = reader.fetch_watermarks(topic, partition, Duration::from_secs(10));
            marks.inspect(|(_, marked)| end = *marked).is_ok()
        });
        end
    };
    // A worker writes its own partitions alone in these two, and one of them with whatever it does.
    let topics = ["feeds", "seen"].map(|name| format!("{}.{name}", flow.prefix));
    let is_open = |partition: &u32| {
        let mut topics = topics.iter();
        topics
            .any(|topic| ends_at(&committed, topic, *partition) < ends_at(&all, topic, *partition))
    };
    (0..flow.partitions).filter(is_open).collect()
}

/// How long after an instant it took until every site of some partitions had gone on at one of these workers: polled,
/// or an entry of it settled.
pub fn gone_on(
    workers: &mut [Worker],
    flow: &Flow,
    partitions: &BTreeSet<u32>,
    since: Instant,
    at_most: Duration,
) -> Duration {
    let of_them =
        |number: &u32| partitions.contains(&site(*number).partition_among(flow.partitions));
    let all: BTreeSet<u32> = (0..flow.sites).filter(of_them).collect();
    let (mut missing, mut last) = (all, since);
    let until = Instant::now() + at_most;
    while !missing.is_empty() {
        assert!(
            Instant::now() < until,
            "sites {missing:?} of partitions {partitions:?} do not go on: {:?}",
            workers.iter_mut().map(Worker::state).collect::<Vec<_>>()
        );
        for worker in &mut *workers {
            worker.catch_up();
            let later = worker.said.iter().filter(|(at, _)| *at > since);
            for (at, number) in later.filter_map(|(at, line)| Some((at, went_on(line)?))) {
                if missing.remove(&number) {
                    last = last.max(*at);
                }
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    last - since
}

/// The site of a line that says that it goes on.
fn went_on(line: &str) -> Option<u32> {
    let (what, rest) = line.split_once(' ')?;
    let number = rest.split(' ').next()?.parse().ok()?;
    (what == "settled" || what == "polled").then_some(number)
}
