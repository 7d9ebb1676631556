//! `dateline check`: validates the configuration; with `--probe` fetches each feed once.

use std::{
    io::{self, Write},
    sync::Arc,
};

use clap::Args;
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use super::{
    CommandFailure, ConfigArgs, build_runtime, feeds::probe, load::load_and_look,
    places::check_ledger_place, print, wait::await_telling,
};
use crate::{
    config::{Config, unverified_warnings},
    feed::{Feed, limits::FeedLimits, list::FeedList},
    fetch::{Dial, Fetcher},
};

/// Feeds probed at once.
// Probes wait for servers, not for this machine, and each feed's site is another one.
const AT_ONCE: usize = 16;
/// Characters of a name, and of what came of a feed: the cause with its remedy.
const MAX_NAME: usize = 40;
const MAX_RESULT: usize = 400;

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
    let (config, list, _) = load_and_look(&args.config.config, check_ledger_place)?;
    #[cfg(not(feature = "kafka"))]
    if config.ledger.kind == crate::config::LedgerKind::Kafka {
        return Err(super::no_kafka());
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
    if args.probe {
        print_probes(&mut out, &config, &list)?;
    }
    Ok(())
}

/// Asks for every feed, and prints what came of it.
fn print_probes(
    out: &mut impl Write,
    config: &Config,
    list: &FeedList,
) -> Result<(), CommandFailure> {
    let fetcher = Fetcher::new(config.fetch_policy())
        .map_err(|error| CommandFailure::Usage(error.to_string()))?;
    let asking = format!("asking {} feeds", list.feeds.len());
    let asked = probe_feeds(&fetcher, config, list);
    let probes = build_runtime()?.block_on(await_telling(&asking, asked));
    let rows: Vec<Vec<String>> = probes.iter().map(|probe| probe.cells.clone()).collect();
    print::print_table(
        out,
        &["FEED", "ENTRIES", "NEWEST", "ADDRESS", "RESULT"],
        &rows,
    )?;
    let failed = probes.iter().filter(|probe| !probe.is_answered).count();
    if failed > 0 && failed == probes.len() {
        return Err(CommandFailure::Unavailable(format!(
            "none of the {failed} feeds could be read"
        )));
    }
    Ok(())
}

/// What came of asking for one feed.
struct FeedProbe {
    is_answered: bool,
    /// Of its row of the table.
    cells: Vec<String>,
}

/// Probes all feeds, the feeds of one site one after the other at its pace.
async fn probe_feeds(fetcher: &Fetcher, config: &Config, list: &FeedList) -> Vec<FeedProbe> {
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
                rows.push((i, probe_feed(&fetcher, &feed, dial, limits).await));
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

async fn probe_feed(fetcher: &Fetcher, feed: &Feed, dial: Dial, limits: FeedLimits) -> FeedProbe {
    let name = feed.name.as_deref().unwrap_or(feed.id.as_str());
    let name = print::plain_text(name, MAX_NAME);
    let probed = probe(fetcher, &feed.url, dial, limits).await;
    let is_answered = probed.is_ok();
    // The result stands last: a cause with its remedy is longer than a line.
    let (entries, newest, result) = match probed {
        Ok(parsed) => {
            let dates = parsed.entries.iter().filter_map(|entry| entry.published);
            let newest = dates.max().map(|at| at.to_string()).unwrap_or_default();
            (parsed.entries.len().to_string(), newest, "ok".to_owned())
        }
        Err(problem) => {
            let result = print::plain_text(&problem, MAX_RESULT);
            (String::new(), String::new(), result)
        }
    };
    let cells = vec![name, entries, newest, feed.url.to_string(), result];
    FeedProbe { is_answered, cells }
}
