//! `dateline check`: validates the configuration; with `--probe` fetches each feed once.

use std::{
    io::{self, Write},
    sync::Arc,
};

use clap::Args;
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use super::{
    CommandFailure, ConfigArgs, build_runtime, feeds::probe, load::load_with_parts, print,
};
use crate::{
    config::{Config, LedgerKind, unverified_warnings},
    feed::{Feed, limits::FeedLimits, list::FeedList},
    fetch::{Dial, Fetcher},
};

/// Feeds probed at once.
// Probes wait for servers, not for this machine, and each feed's site is another one.
const AT_ONCE: usize = 16;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Fetch each feed once and print what came of it
    #[arg(long)]
    probe: bool,
}

pub(super) fn check_configuration(args: &CheckArgs) -> Result<(), CommandFailure> {
    let (config, list, _) = load_with_parts(&args.config.config)?;
    if config.ledger.kind == LedgerKind::Kafka {
        on_kafka(&config)?;
    }
    let mut out = io::stdout().lock();
    for warning in config
        .list_warnings()
        .into_iter()
        .chain(unverified_warnings(&list.sites))
    {
        writeln!(out, "warning: {warning}")?;
    }
    if config.contact.is_none() {
        writeln!(
            out,
            "warning: contact is missing; `dateline run` refuses to start without it"
        )?;
    }
    writeln!(
        out,
        "{}: right, {} feeds",
        args.config.config.display(),
        list.feeds.len()
    )?;
    if !args.probe {
        return Ok(());
    }
    let fetcher = Fetcher::new(config.fetch_policy())
        .map_err(|error| CommandFailure::Usage(error.to_string()))?;
    let rows = build_runtime()?.block_on(probe_feeds(&fetcher, &config, &list));
    print::print_table(
        &mut out,
        &["FEED", "RESULT", "ENTRIES", "NEWEST", "ADDRESS"],
        &rows,
    )?;
    Ok(())
}

#[cfg(feature = "kafka")]
fn on_kafka(config: &Config) -> Result<(), CommandFailure> {
    Ok(crate::kafka::check_config(&config.kafka)?)
}

#[cfg(not(feature = "kafka"))]
fn on_kafka(_: &Config) -> Result<(), CommandFailure> {
    Err(super::no_kafka())
}

/// Probes all feeds, the feeds of one site one after the other at its pace.
async fn probe_feeds(fetcher: &Fetcher, config: &Config, list: &FeedList) -> Vec<Vec<String>> {
    let mut by_site: std::collections::BTreeMap<_, Vec<(usize, Arc<Feed>)>> =
        std::collections::BTreeMap::new();
    for (i, feed) in list.feeds.iter().enumerate() {
        by_site
            .entry(feed.site.clone())
            .or_default()
            .push((i, Arc::clone(feed)));
    }
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut sites = JoinSet::new();
    for (site, feeds) in by_site {
        let rules = config.fetch.rules_of(&list.sites, &site);
        let pace = rules.pace.unwrap_or(config.fetch.pace);
        let dial = Dial {
            unverified: rules.is_unverified(),
            ..Dial::default()
        };
        let (permits, fetcher) = (Arc::clone(&permits), fetcher.clone());
        let limits = config.poll.limits;
        sites.spawn(async move {
            let mut rows = Vec::new();
            for (i, feed) in feeds {
                let permit = permits.acquire().await;
                rows.push((i, probe_row(&fetcher, &feed, dial, limits).await));
                drop(permit);
                sleep(pace).await;
            }
            rows
        });
    }
    let mut rows: Vec<_> = sites.join_all().await.into_iter().flatten().collect();
    rows.sort_by_key(|(i, _)| *i);
    rows.into_iter().map(|(_, row)| row).collect()
}

async fn probe_row(fetcher: &Fetcher, feed: &Feed, dial: Dial, limits: FeedLimits) -> Vec<String> {
    let name = print::plain_text(feed.name.as_deref().unwrap_or(feed.id.as_str()), 40);
    let (result, entries, newest) = match probe(fetcher, &feed.url, dial, limits).await {
        Ok(parsed) => {
            let newest = parsed
                .entries
                .iter()
                .filter_map(|entry| entry.published)
                .max();
            (
                "ok".to_owned(),
                parsed.entries.len().to_string(),
                newest.map(|at| at.to_string()).unwrap_or_default(),
            )
        }
        Err(problem) => (
            print::plain_text(&problem, 80),
            String::new(),
            String::new(),
        ),
    };
    vec![name, result, entries, newest, feed.url.to_string()]
}
