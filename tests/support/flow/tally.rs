//! What a reader finds of a flow: what is published, what is missing, what came twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use dateline::{
    id::FeedId,
    kafka::{Begin, KafkaReader, Tail},
    ledger::{Outlet, PublishedRecord},
};

use super::{Flow, Polls, Worker, flag, site};
use crate::support::conformance::{id, records};

/// Without any progress for so long, what is missing will not come.
const STANDSTILL: Duration = Duration::from_secs(60);

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
        let reader = KafkaReader::open(&flow.config())
            .await
            .expect("the broker answers");
        let all =
            async |outlet| counted(&reader.read_all(outlet).await.expect("records can be read"));
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
        let id = id(&name).to_string();
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
async fn polls(reader: &KafkaReader, flow: &Flow) -> Polls {
    let states = reader.read_feed_states().await.expect("states can be read");
    let of = |site: u32| {
        let id = FeedId::configured(&format!("feed{site}")).to_string();
        states.get(&id).map_or(0, |state| state.polls)
    };
    (0..flow.sites).map(|site| (site, of(site))).collect()
}

fn counted(all: &[PublishedRecord]) -> BTreeMap<(String, u32), usize> {
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
    reader: KafkaReader,
    articles: Tail,
    aside: Tail,
    published: BTreeSet<String>,
}

impl<'a> Watch<'a> {
    pub fn of(flow: &'a Flow) -> Self {
        let reader = block_on(KafkaReader::open(&flow.config())).expect("the broker answers");
        let tail = |outlet| {
            reader
                .follow_outlet(outlet, Begin::Beginning)
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
        let id = id(name).to_string();
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
        let partition = site(number).partition_among(flow.partitions);
        places.entry((partition, number)).or_default().push(name);
    }
    let lines = places.iter().map(|((partition, site), names)| {
        format!("partition {partition}, site {site}: {}", names.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// All that was posted is published, or set aside, once.
pub fn none_lost_none_repeated(tally: &Tally, what: &str) {
    eprintln!("{what}: {tally:?}");
    assert!(tally.posted > 0, "{what}: nothing flowed");
    assert_eq!((tally.lost, tally.repeated), (0, 0), "{what}: {tally:?}");
    assert_eq!(
        tally.articles + tally.set_aside,
        tally.posted,
        "{what}: {tally:?}"
    );
}
