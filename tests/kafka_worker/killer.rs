//! A page that ends the process that reads it, among three workers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use dateline::ledger::Outlet;
use serde_json::Value;

use super::{
    broker,
    folder::{Folder, Worker, signal},
    json,
    papers::{Papers, all_are_there_once},
    published, runtime, tables,
};

/// A dead worker comes back after this; longer than its session of 6 s, so that the others take its sites over.
const BACK_AFTER: Duration = Duration::from_secs(8);
/// Three ends with a session each, 20 s before the last try, and room for a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// The processes by the number of their worker, 0 where none runs.
type Processes = Arc<[AtomicU32; 3]>;

/// Whoever asks for the killing page ends before it is answered, as a page that exhausts memory would end it.
async fn killing_papers(processes: Processes) -> Papers {
    Papers::start(move |head| {
        let worker = number(head).map(|number| &processes[number]);
        let process = worker.map_or(0, |worker| worker.swap(0, Ordering::SeqCst));
        if process != 0 {
            signal(process, "KILL");
        }
    })
    .await
}

/// The number of the worker that asks, by its User-Agent.
fn number(head: &str) -> Option<usize> {
    let (_, rest) = head.split_once("(+https://worker")?;
    rest.split('.').next()?.parse().ok()
}

/// One worker's place: its folder, its process, and how it fared.
struct Place {
    folder: Folder,
    worker: Option<Worker>,
    died: Vec<Instant>,
}

impl Place {
    fn start(&mut self, number: usize, processes: &Processes) {
        let worker = self.folder.run();
        processes[number].store(worker.id(), Ordering::SeqCst);
        self.worker = Some(worker);
    }

    /// Notes an end, and starts the worker again after a while.
    fn look_after(&mut self, number: usize, processes: &Processes) {
        let Some(worker) = &mut self.worker else {
            let away = self.died.last().map(Instant::elapsed);
            if away.is_none_or(|away| away >= BACK_AFTER) {
                self.start(number, processes);
            }
            return;
        };
        if !worker.runs() {
            let was_killed = processes[number].load(Ordering::SeqCst) == 0;
            assert!(was_killed, "it ended by itself: {}", self.folder.log());
            self.died.push(Instant::now());
            self.worker = None;
        }
    }
}

/// How it went until the page was set aside.
struct Course {
    /// The worker that the page ended first.
    first: usize,
    /// Articles published when it did.
    before: usize,
    /// The record of the page.
    aside: Value,
}

/// Looks after the workers, while more and more is listed, until something is set aside.
async fn until_set_aside(
    places: &mut [Place; 3],
    processes: &Processes,
    papers: &Papers,
    published: &impl AsyncFn(Outlet) -> Vec<Value>,
) -> Course {
    let (began, mut first) = (Instant::now(), None);
    loop {
        for (number, place) in places.iter_mut().enumerate() {
            place.look_after(number, processes);
            if first.is_none() && !place.died.is_empty() {
                first = Some((number, published(Outlet::Articles).await.len()));
            }
        }
        let aside = published(Outlet::SetAside).await.into_iter().next();
        if let (Some(aside), Some((first, before))) = (aside, first) {
            return Course {
                first,
                before,
                aside,
            };
        }
        papers.list(began.elapsed().as_secs() as usize / 3 + 1);
        assert!(began.elapsed() < PATIENCE, "deaths {:?}", deaths(places));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn among_three_workers_a_page_that_kills_ends_three_in_all_and_everything_else_is_published() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let (address, prefix) = (broker.address.as_str(), broker::unique("killer"));
    let published = async |outlet| -> Vec<Value> {
        let records = published(address, &prefix, outlet).await;
        records.iter().map(json).collect()
    };
    runtime().block_on(async {
        let processes = Processes::default();
        let papers = killing_papers(Arc::clone(&processes)).await;
        let tables = tables(address, &prefix);
        let mut places = [0, 1, 2].map(|number| Place {
            folder: papers.folder(&format!("worker{number}"), &tables),
            worker: None,
            died: Vec::new(),
        });
        let began = Instant::now();
        let course = until_set_aside(&mut places, &processes, &papers, &published).await;
        let (took, meanwhile) = (began.elapsed(), published(Outlet::Articles).await.len());
        let stories = papers.list(usize::MAX);
        while published(Outlet::Articles).await.len() < stories {
            assert!(began.elapsed() < PATIENCE, "not all else is published");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let (deaths, first, aside) = (deaths(&places), course.first, &course.aside);
        println!(
            "set aside after {took:?}, deaths {deaths:?}, the first of worker {first}; articles: {} at the first end, \
             {meanwhile} when it was set aside",
            course.before
        );
        for worker in places.iter_mut().filter_map(|place| place.worker.take()) {
            assert!(worker.terminate().success());
        }
        let (reason, attempts) = (aside["reason"].as_str(), aside["attempts"].as_u64());
        assert_eq!((reason, attempts), (Some("killed_worker"), Some(2)), "{aside}");
        let is_killer = aside["url"].as_str().is_some_and(|url| url.ends_with("/killer"));
        assert!(is_killer && published(Outlet::SetAside).await.len() == 1, "{aside}");
        assert_eq!(deaths.iter().sum::<usize>(), 3, "once among others, twice alone: {deaths:?}");
        let mut others = deaths.iter().enumerate().filter(|(number, _)| *number != first);
        assert!(others.all(|(_, deaths)| *deaths <= 2), "{deaths:?}, first {first}");
        assert!(meanwhile > course.before, "nothing else flowed meanwhile");
        all_are_there_once(&published(Outlet::Articles).await);
    });
}

fn deaths(places: &[Place; 3]) -> [usize; 3] {
    places.each_ref().map(|place| place.died.len())
}
