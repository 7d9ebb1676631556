//! What a commit to the SQLite ledger costs: latency by records a batch, throughput of many at once, and a mailbox of
//! 20,000 entries. Run with `cargo bench --bench ledger`; a folder may follow, else the system's temporary one is used.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use dateline::{
    feed::state::FeedState,
    id::FeedId,
    ledger::{Batch, Ledger as _, Take, Why},
    record::Record,
    site::Site,
    sqlite::SqliteLedger,
};

#[path = "../tests/support/conformance.rs"]
mod conformance;

use conformance::{batch, post, records, settle, settled, start};

/// Commits measured for each size of batch.
const COMMITS: usize = 300;
/// Batches that are on their way at once in the throughput run.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() -> io::Result<()> {
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
    let place = tempfile::tempdir_in(&folder)?;
    let mut out = io::stdout().lock();
    writeln!(out, "SQLite ledger in {}", folder.display())?;
    latency(&place.path().join("latency.db"), &mut out).await?;
    throughput(&place.path().join("throughput.db"), &mut out).await?;
    feeds(&place.path().join("feeds.db"), &mut out).await?;
    mailbox(&place.path().join("mailbox.db"), &mut out).await
}

fn site() -> Site {
    Site::of_host("one.test")
}

fn open(path: &Path) -> SqliteLedger {
    SqliteLedger::open(path, None).expect("a ledger in a fresh folder opens")
}

fn events(commit: usize, count: usize) -> Vec<Record> {
    let events = 0..count as u32;
    events
        .map(|n| records::event(&format!("{commit}"), n, 1, "coded"))
        .collect()
}

/// The median and the 99th percentile, in milliseconds.
fn summary(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    (at(50), at(99))
}

async fn latency(path: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let ledger = open(path);
    for count in [1, 10, 100] {
        let mut times = Vec::with_capacity(COMMITS);
        for commit in 0..COMMITS {
            let batch = Batch {
                records: events(commit, count),
                ..batch(&ledger, &site())
            };
            let begun = Instant::now();
            ledger.commit(batch).await.expect("a commit");
            times.push(begun.elapsed());
        }
        let (median, p99) = summary(times);
        writeln!(
            out,
            "commit of {count:>3} records: median {median:.2} ms, p99 {p99:.2} ms"
        )?;
    }
    Ok(())
}

async fn throughput(path: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let ledger = Arc::new(open(path));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..AT_ONCE {
        let ledger = Arc::clone(&ledger);
        tasks.spawn(async move {
            for commit in 0..50 {
                let records = events(task * 1_000 + commit, 3);
                let batch = Batch {
                    records,
                    ..batch(ledger.as_ref(), &site())
                };
                ledger.commit(batch).await.expect("a commit");
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let rate = (AT_ONCE * 50) as f64 / begun.elapsed().as_secs_f64();
    writeln!(
        out,
        "{AT_ONCE} at once, 3 records each: {rate:.0} batches/s"
    )
}

async fn feeds(path: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let ledger = Arc::new(open(path));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..AT_ONCE {
        let ledger = Arc::clone(&ledger);
        tasks.spawn(async move {
            for n in (task..10_000).step_by(AT_ONCE) {
                let site = Site::of_host(&format!("site{n}.test"));
                let feed = Some((FeedId::configured(&format!("{n}")), FeedState::default()));
                let batch = Batch {
                    feed,
                    ..batch(ledger.as_ref(), &site)
                };
                ledger.commit(batch).await.expect("a commit");
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let written = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    for n in 0..10_000 {
        let site = Site::of_host(&format!("site{n}.test"));
        let feed = ledger
            .read_feed(&site, &FeedId::configured(&format!("{n}")))
            .await;
        assert!(
            feed.is_ok_and(|feed| feed.is_some()),
            "feed {n} was written"
        );
    }
    let read = begun.elapsed().as_secs_f64() / 10_000.0 * 1e6;
    writeln!(
        out,
        "10,000 feeds' states: written in {written:.1} s, read in {read:.0} µs each"
    )
}

async fn mailbox(path: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let (ledger, now) = (open(path), start());
    for chunk in 0..20 {
        let names = chunk * 1_000..(chunk + 1) * 1_000;
        let posts = names
            .map(|n| post(&site(), &format!("{n}"), Why::New, now))
            .collect();
        conformance::post_all(&ledger, &site(), posts).await;
    }
    let (mut taken, mut done) = (Vec::new(), Vec::new());
    for _ in 0..COMMITS {
        let begun = Instant::now();
        let take = ledger
            .take_entry(&site(), now)
            .await
            .expect("a mailbox can be read");
        taken.push(begun.elapsed());
        let Take::Turn(turn) = take else {
            unreachable!("20,000 entries wait")
        };
        let begun = Instant::now();
        settle(&ledger, &turn, settled(now, 1), Vec::new())
            .await
            .expect("settled");
        done.push(begun.elapsed());
    }
    let ((take, take99), (settle, settle99)) = (summary(taken), summary(done));
    writeln!(
        out,
        "of 20,000 entries at a site: take median {take:.3} ms, p99 {take99:.3} ms; \
         settle median {settle:.2} ms, p99 {settle99:.2} ms"
    )
}
