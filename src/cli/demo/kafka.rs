//! `dateline demo --kafka`: the same on topics `dateline-demo.*`.

use std::collections::BTreeSet;

use super::{create_folder, demo_config, keep_console, play_demo, summary::Made, write_feeds};
use crate::{
    cli::{CommandFailure, build_runtime, tail::parse_record},
    config::LedgerKind,
    demo::DemoSite,
    feed::list::FeedList,
    kafka,
    ledger::{Outlet, Position, PublishedRecord},
};

/// The same on topics `dateline-demo.*`.
pub(super) fn run_on_kafka(brokers: &str, quiet: bool) -> Result<(), CommandFailure> {
    build_runtime()?.block_on(async {
        let site = DemoSite::start().await?;
        let folder = create_folder()?;
        let mut config = demo_config(&site, &folder)?;
        config.ledger.kind = LedgerKind::Kafka;
        brokers.clone_into(&mut config.kafka.brokers);
        "dateline-demo.".clone_into(&mut config.kafka.prefix);
        let topics = config.kafka.clone();
        std::fs::write(
            folder.join("dateline.toml"),
            format!("[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{brokers}\"\nprefix = \"dateline-demo.\"\n"),
        )?;
        let list = FeedList::parse(&folder.join("feeds.toml"), &write_feeds(&site))?;
        std::fs::write(folder.join("feeds.toml"), write_feeds(&site))?;
        let ledger = kafka::KafkaLedger::open(&topics).await?;
        let reader = kafka::KafkaReader::open(&topics).await?;
        let earlier = [
            record_places(&reader, Outlet::Events).await?,
            record_places(&reader, Outlet::Articles).await?,
            record_places(&reader, Outlet::SetAside).await?,
        ];
        let (took, face) = play_demo(config, list, ledger, &site, quiet).await?;
        let [events, articles, aside] = &earlier;
        let made = Made {
            events: read_new_records(&reader.read_all(Outlet::Events).await?, events)?,
            articles: read_new_records(&reader.read_all(Outlet::Articles).await?, articles)?,
            aside: read_new_records(&reader.read_all(Outlet::SetAside).await?, aside)?,
        };
        let file = folder.join("dateline.toml");
        let place = format!("topics dateline-demo.* at {brokers}");
        made.print_summary(took, &place, &format!("--config {}", file.display()))?;
        site.stop().await;
        keep_console(face, quiet).await
    })
}

/// Where the records of earlier demos are on these topics.
async fn record_places(
    reader: &kafka::KafkaReader,
    outlet: Outlet,
) -> Result<BTreeSet<Position>, CommandFailure> {
    let records = reader.read_all(outlet).await?;
    Ok(records.iter().map(|record| record.position).collect())
}

/// The records of this demo.
fn read_new_records<T: serde::de::DeserializeOwned>(
    records: &[PublishedRecord],
    earlier: &BTreeSet<Position>,
) -> Result<Vec<T>, CommandFailure> {
    let ours = records
        .iter()
        .filter(|record| !earlier.contains(&record.position));
    ours.map(parse_record).collect()
}
