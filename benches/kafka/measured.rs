//! The two measurements.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use dateline::{
    ledger::{
        Batch, Ledger as _, Outlet,
        kafka::{Begin, KafkaLedger, Reader},
    },
    record::Record,
    site::Site,
};
use serde_json::Value;

use crate::{
    broker,
    conformance::{batch, records},
    folder::Folder,
    news::{News, Plan},
};

/// Commits measured for each size of batch.
const COMMITS: usize = 200;
/// Articles that flow through the worker.
const ARTICLES: usize = 2_000;
/// Between two requests to one local site.
const PACE: Duration = Duration::from_millis(1);
/// Clock ticks a second in /proc/PID/stat (USER_HZ, which Linux fixes for programs).
const TICKS: f64 = 100.0;

/// Commits of 1, 10 and 100 records: median and 99th percentile.
pub(crate) async fn commits(address: &str) -> io::Result<()> {
    let ledger = KafkaLedger::open(&broker::config(address, "bench-commits")).await;
    let ledger = ledger.expect("the broker answers");
    let site = Site::of_host("one.test");
    while ledger.tenure(&site).is_none() {
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

/// One worker against local sites: articles a second, CPU an article, and time an article by stage.
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
    let (first, last) = tokio::task::block_in_place(|| read_all(address))?;
    let (cpu, metrics) = (cpu_seconds(worker.id()), metrics_of(page).await?);
    let articles = ARTICLES as f64;
    let rate = (articles - 1.0) / (last - first).as_secs_f64();
    writeln!(
        io::stdout(),
        "one worker, 20 local sites: {rate:.0} articles/s, {:.1} ms CPU an article (all threads, the start too)",
        cpu * 1e3 / articles
    )?;
    for stage in ["poll", "fetch", "read", "code", "commit"] {
        let sum = value(
            &metrics,
            &format!("dateline_stage_seconds_sum{{stage=\"{stage}\"}}"),
        );
        let count = value(
            &metrics,
            &format!("dateline_stage_seconds_count{{stage=\"{stage}\"}}"),
        );
        writeln!(
            io::stdout(),
            "  {stage:<6} {:>8.2} ms an article, {:>8.2} ms each of {count:.0}",
            sum * 1e3 / articles,
            sum * 1e3 / count.max(1.0)
        )?;
    }
    let transactions = value(
        &metrics,
        "dateline_kafka_transactions_total{outcome=\"committed\"}",
    );
    writeln!(
        io::stdout(),
        "  {:.1} articles a transaction",
        articles / transactions.max(1.0)
    )?;
    writeln!(
        io::stdout(),
        "  (read and code keep a core busy; poll, fetch and commit mostly wait)"
    )?;
    assert!(worker.terminate().success(), "{}", folder.log());
    news.stop().await;
    Ok(())
}

/// Follows the articles until all are there; when the first and the last came.
fn read_all(address: &str) -> io::Result<(Instant, Instant)> {
    let config = broker::config(address, "bench-worker");
    let handle = tokio::runtime::Handle::current();
    let reader = handle
        .block_on(Reader::open(&config))
        .map_err(io::Error::other)?;
    let tail = reader
        .tail(Outlet::Articles, Begin::Beginning)
        .map_err(io::Error::other)?;
    let (mut first, mut count) = (None, 0);
    let begun = Instant::now();
    while count < ARTICLES {
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

/// CPU seconds of a process and its threads, in itself and in the kernel.
fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

async fn metrics_of(page: std::net::SocketAddr) -> io::Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(page).await?;
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

fn value(metrics: &str, name: &str) -> f64 {
    let found = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    found.unwrap_or(0.0)
}
