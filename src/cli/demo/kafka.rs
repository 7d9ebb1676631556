//! `dateline demo --kafka`: the same on topics `dateline-demo.*`.

use std::collections::BTreeSet;

use super::{config, feeds, folder, parsed, played, summary::Made};
use crate::{
    cli::{CommandFailure, runtime},
    config::LedgerKind,
    demo::DemoSite,
    feed::list::FeedList,
    kafka,
    ledger::{Outlet, Position, PublishedRecord},
};

/// The same on topics `dateline-demo.*`.
pub(super) fn demo(brokers: &str, quiet: bool) -> Result<(), CommandFailure> {
    runtime()?.block_on(async {
        let site = DemoSite::start().await?;
        let folder = folder()?;
        let mut config = config(&site, &folder)?;
        config.ledger.kind = LedgerKind::Kafka;
        brokers.clone_into(&mut config.kafka.brokers);
        "dateline-demo.".clone_into(&mut config.kafka.prefix);
        let topics = config.kafka.clone();
        std::fs::write(
            folder.join("dateline.toml"),
            format!("[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{brokers}\"\nprefix = \"dateline-demo.\"\n"),
        )?;
        let list = FeedList::parse(&folder.join("feeds.toml"), &feeds(&site))?;
        std::fs::write(folder.join("feeds.toml"), feeds(&site))?;
        let ledger = kafka::KafkaLedger::open(&topics).await?;
        let reader = kafka::KafkaReader::open(&topics).await?;
        let earlier = [
            places(&reader, Outlet::Events).await?,
            places(&reader, Outlet::Articles).await?,
            places(&reader, Outlet::SetAside).await?,
        ];
        let took = played(config, list, ledger, &site, quiet).await?;
        let [events, articles, aside] = &earlier;
        let made = Made {
            events: read(&reader.all(Outlet::Events).await?, events)?,
            articles: read(&reader.all(Outlet::Articles).await?, articles)?,
            aside: read(&reader.all(Outlet::SetAside).await?, aside)?,
        };
        let file = folder.join("dateline.toml");
        let place = format!("topics dateline-demo.* at {brokers}");
        made.summary(took, &place, &format!("--config {}", file.display()))?;
        site.stop().await;
        Ok(())
    })
}

/// Where the records of earlier demos stand on these topics.
async fn places(
    reader: &kafka::KafkaReader,
    outlet: Outlet,
) -> Result<BTreeSet<Position>, CommandFailure> {
    let records = reader.all(outlet).await?;
    Ok(records.iter().map(|record| record.position).collect())
}

/// The records of this demo.
fn read<T: serde::de::DeserializeOwned>(
    records: &[PublishedRecord],
    earlier: &BTreeSet<Position>,
) -> Result<Vec<T>, CommandFailure> {
    let ours = records
        .iter()
        .filter(|record| !earlier.contains(&record.position));
    ours.map(parsed).collect()
}
