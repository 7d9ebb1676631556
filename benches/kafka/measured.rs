//! The two measurements.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use dateline::{
    kafka::{Begin, KafkaLedger, KafkaReader},
    ledger::{Batch, Ledger as _, Outlet},
    record::Record,
    site::Site,
};
use serde_json::Value;

use crate::{
    broker,
    conformance::{batch, records},
    cpu::{Threads, alone, process_seconds},
    folder::Folder,
    http,
    news::{News, Plan},
};

/// Commits measured for each size of batch.
const COMMITS: usize = 200;
/// Articles that flow through the worker.
const ARTICLES: usize = 2_000;
/// Between two requests to one local site.
const PACE: Duration = Duration::from_millis(1);

/// Commits of 1, 10 and 100 records: median and 99th percentile.
pub(crate) async fn commits(address: &str) -> io::Result<()> {
    let ledger = KafkaLedger::open(&broker::config(address, "bench-commits")).await;
    let ledger = ledger.expect("the broker answers");
    let site = Site::of_host("one.test");
    while ledger.find_tenure(&site).is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for (count, aim) in [(1, "15 ms"), (10, "-"), (100, "40 ms")] {
        let mut times = Vec::with_capacity(COMMITS);
        for commit in 0..COMMITS {
            let events: Vec<Record> = (0..count)
                .map(|n| records::event(&format!("{count}-{commit}"), n, 1, "coded"))
                .collect();
            let batch = Batch {
                records: events,
                ..batch(&ledger, &site)
            };
            let begun = Instant::now();
            ledger.commit(batch).await.expect("a commit");
            times.push(begun.elapsed());
        }
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
        writeln!(
            io::stdout(),
            "commit of {count:>3} records: median {:.1} ms, p99 {:.1} ms (aim {aim})",
            at(50),
            at(99)
        )?;
    }
    ledger.close().await.expect("closed");
    Ok(())
}

/// One worker against local sites: articles a second, and processor time and time an article by stage.
pub(crate) async fn worker(address: &str) -> io::Result<()> {
    let news = News::start(Plan::flow(1, ARTICLES)).await?;
    let tables = format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{address}\"\nprefix = \"bench-worker.\"\n[poll]\nfirst_poll = 2000\n"
    );
    let folder = Folder::new(&news.hosts(), &news.feeds(), PACE, &tables);
    let worker = folder.run();
    let page = loop {
        if let Some(page) = status_page(&folder) {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // Counted from the first record to the last: the start is not an article's.
    let mut threads = Threads::of(worker.id());
    let (first, last) = tokio::task::block_in_place(|| read_all(address, &mut threads))?;
    threads.look();
    let whole = process_seconds(worker.id());
    let metrics = http::get(page, "localhost", "/metrics", "").await.body;
    let articles = ARTICLES as f64;
    let rate = (articles - 1.0) / (last - first).as_secs_f64();
    writeln!(
        io::stdout(),
        "one worker, 20 local sites: {rate:.0} articles/s, {:.1} ms CPU an article (all threads, the start too)",
        whole * 1e3 / articles
    )?;
    assert!(worker.terminate().success(), "{}", folder.log());
    by_cpu(&threads, whole, alone(&news).await?)?;
    by_time(&metrics)?;
    news.stop().await;
    Ok(())
}

/// Processor time of an article by stage.
fn by_cpu(threads: &Threads, whole: f64, (read, code): (f64, f64)) -> io::Result<()> {
    let each = |seconds: f64| seconds * 1e3 / ARTICLES as f64;
    let mut out = io::stdout();
    writeln!(out, "CPU an article, by the worker's threads:")?;
    let groups = threads.groups();
    for (group, seconds) in &groups {
        writeln!(out, "  {:>6.2} ms {}", each(*seconds), group.words())?;
    }
    let ended = whole - groups.values().sum::<f64>();
    writeln!(out, "  {:>6.2} ms threads that have ended", each(ended))?;
    writeln!(
        out,
        "CPU an article of what shares threads there, the same pages on one thread with nothing beside: read {:.2} ms, \
         code {:.2} ms",
        each(read),
        each(code)
    )
}

/// Time of an article by stage, as the worker's own metrics have it.
fn by_time(metrics: &str) -> io::Result<()> {
    let (mut out, articles) = (io::stdout(), ARTICLES as f64);
    writeln!(out, "time an article, waits among it:")?;
    for stage in ["poll", "fetch", "read", "code", "commit"] {
        let of = |what: &str| format!("dateline_stage_seconds_{what}{{stage=\"{stage}\"}}");
        let (sum, count) = (value(metrics, &of("sum")), value(metrics, &of("count")));
        writeln!(
            out,
            "  {stage:<6} {:>8.2} ms an article, {:>8.2} ms each of {count:.0}",
            sum * 1e3 / articles,
            sum * 1e3 / count.max(1.0)
        )?;
    }
    let transactions = value(
        metrics,
        "dateline_kafka_transactions_total{outcome=\"committed\"}",
    );
    writeln!(
        out,
        "  {:.1} articles a transaction",
        articles / transactions.max(1.0)
    )
}

/// Follows the articles until all are there; when the first and the last came.
fn read_all(address: &str, threads: &mut Threads) -> io::Result<(Instant, Instant)> {
    let config = broker::config(address, "bench-worker");
    let handle = tokio::runtime::Handle::current();
    let reader = handle
        .block_on(KafkaReader::open(&config))
        .map_err(io::Error::other)?;
    let tail = reader
        .follow_outlet(Outlet::Articles, Begin::Beginning)
        .map_err(io::Error::other)?;
    let (mut first, mut count) = (None, 0);
    let begun = Instant::now();
    while count < ARTICLES {
        threads.look_now_and_then();
        if tail
            .next(Duration::from_millis(200))
            .map_err(io::Error::other)?
            .is_some()
        {
            first.get_or_insert_with(Instant::now);
            count += 1;
        }
        if begun.elapsed() > Duration::from_secs(300) {
            return Err(io::Error::other(format!(
                "{count} of {ARTICLES} articles within 5 minutes"
            )));
        }
    }
    Ok((first.unwrap_or(begun), Instant::now()))
}

fn status_page(folder: &Folder) -> Option<std::net::SocketAddr> {
    let log = folder.log();
    let line = log.lines().find(|line| line.contains("status page open"))?;
    let line: Value = serde_json::from_str(line).ok()?;
    line["address"].as_str()?.parse().ok()
}

fn value(metrics: &str, name: &str) -> f64 {
    let found = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    found.unwrap_or(0.0)
}
