//! A broker that is away while the worker runs.

use std::time::{Duration, Instant};

use dateline::ledger::Outlet;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    broker, folder::Folder, http, papers::Papers, published, runtime, status_page, tables, until,
};

/// The status of a page, and its body.
async fn page(folder: &Folder, path: &str) -> (u16, Value) {
    let address = status_page(folder).expect("the status page is open");
    let reply = http::get(address, "127.0.0.1", path, "").await;
    (
        reply.status,
        serde_json::from_str(&reply.body).unwrap_or_default(),
    )
}

/// The worker is ready and names no outage: soon, for the group may still be dealing the partitions out again.
async fn ready_and_in_reach(folder: &Folder) {
    until(folder, "it is ready and in reach", async || {
        let (status, ready) = page(folder, "/readyz").await;
        (status == 200 && ready["unreachable_since"].is_null()).then_some(())
    })
    .await;
}

/// The pages name the outage; the worker is alive all the same.
async fn it_says_that_kafka_is_away(folder: &Folder) {
    until(folder, "it says that Kafka is away", async || {
        let (_, ready) = page(folder, "/readyz").await;
        ready["unreachable_since"].is_string().then_some(())
    })
    .await;
    let (_, told) = page(folder, "/status.json").await;
    let ledger = &told["ledger"];
    assert!(ledger["unreachable_since"].is_string(), "{ledger}");
    assert_eq!(page(folder, "/livez").await.0, 200);
}

#[test]
fn while_kafka_is_away_readyz_says_so_and_no_feed_is_polled_and_afterwards_all_goes_on() {
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    let Some(broker) = broker::Broker::start("paused", Vec::new()) else {
        return;
    };
    let (address, prefix) = (broker.address.as_str(), "paused");
    runtime().block_on(async {
        let papers = Papers::start(|_| {}).await;
        let folder = papers.folder("test", &tables(address, prefix));
        let all = papers.feeds(usize::MAX);
        folder.feeds(&all[1..]);
        let worker = folder.run();
        until(&folder, "the first articles", async || {
            let articles = published(address, prefix, Outlet::Articles).await.len();
            (articles == all.len() - 1 && papers.requests() >= 40).then_some(())
        })
        .await;
        ready_and_in_reach(&folder).await;

        tokio::task::block_in_place(|| broker.kill());
        it_says_that_kafka_is_away(&folder).await;
        // What was begun before may end.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (before, stories) = (papers.requests(), papers.list(2));
        // Five feeds are due each second, and one that nobody has asked for yet at once.
        folder.feeds(&all);
        worker.signal("HUP");
        tokio::time::sleep(Duration::from_secs(6)).await;
        if std::env::var_os("DATELINE_SOAK").is_some() {
            not_ready_after_a_minute(&folder).await;
        }
        assert_eq!(papers.requests(), before, "polled though kafka is away");

        tokio::task::block_in_place(|| broker.restart());
        let back = Instant::now();
        until(&folder, "what was listed meanwhile", async || {
            (published(address, prefix, Outlet::Articles).await.len() == stories).then_some(())
        })
        .await;
        println!("all of it {:?} after the broker is back", back.elapsed());
        ready_and_in_reach(&folder).await;
        assert!(worker.terminate().success(), "{}", folder.log());
    });
    broker.kill();
}

/// From a minute on the worker is not ready, and alive all the same.
async fn not_ready_after_a_minute(folder: &Folder) {
    until(folder, "503", async || {
        let (status, _) = page(folder, "/readyz").await;
        (status == 503).then_some(())
    })
    .await;
    let (_, ready) = page(folder, "/readyz").await;
    assert_eq!(ready["ready"], Value::from(false), "{ready}");
    let since = ready["unreachable_since"].as_str().unwrap_or_default();
    let since: Timestamp = since.parse().expect("an instant");
    let took = Timestamp::now().duration_since(since).as_secs();
    assert!((60..80).contains(&took), "{took} s");
}
