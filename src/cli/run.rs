//! `dateline run`: puts the worker together from its configuration and runs it.

use std::{
    io::{self, IsTerminal},
    path::Path,
    sync::Arc,
    time::Duration,
};

use clap::Args;

use self::event_lines::print_events;
use super::{
    CommandFailure, ConfigArgs, build_runtime,
    face::{Face, Shows},
    load::load_with_parts,
    log::LogArgs,
    wiring::WiredWorker,
};
use crate::{
    config::{Config, ConfigFault, LedgerKind, unverified_warnings},
    feed::list::FeedList,
    ledger::{Ledger, LedgerError},
    sqlite::SqliteLedger,
    stop::{self, Stop},
    worker::{NewsroomParts, feed_list_reload::watch_list},
};

mod dry;
mod event_lines;
mod reload;

/// A thread that still asks a cluster out of reach is not waited for longer than this; everything else has ended by then.
const LEFT_OVER: Duration = Duration::from_secs(1);

/// What a start has read.
type WhatWasRead = (Config, FeedList, NewsroomParts);

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Print a line for each event as it is published (the default on a terminal)
    #[arg(long)]
    events: bool,
    /// One round of all feeds: print the events, publish and remember nothing, end
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run_command(args: &RunArgs, log: &LogArgs) -> Result<(), CommandFailure> {
    // Signals are caught before anything else: reading lexicon and models takes a fifth of a second.
    let runtime = build_runtime()?;
    let stop = runtime.block_on(async { stop_at_a_signal() })?;
    log.start_logging(io::stdout().is_terminal())?;
    let path = &args.config.config;
    let (config, list, parts) = load_with_parts(path)?;
    if config.contact.is_none() {
        return Err(CommandFailure::Usage(missing_contact(path)));
    }
    report_settings(&config, &list);
    let on_terminal = io::stdout().is_terminal();
    let shows = Shows {
        events: args.events || on_terminal,
        orientation: on_terminal && io::stderr().is_terminal() && !log.quiet,
    };
    let read = (config, list, parts);
    let ended = runtime.block_on(async {
        if args.dry_run {
            return dry::play_one_round(read, stop).await;
        }
        let telling = tokio::spawn(reload::tell_of_changes(path.clone(), stop.clone())?);
        let ended = match read.0.ledger.kind {
            LedgerKind::Sqlite => run_on_file(read, shows, stop).await,
            LedgerKind::Kafka => run_on_kafka(read, shows, stop).await,
        };
        telling.abort();
        ended
    });
    runtime.shutdown_timeout(LEFT_OVER);
    ended
}

/// Tells of guards that are open, and of a list that brings nothing.
fn report_settings(config: &Config, list: &FeedList) {
    let warnings = config.list_warnings().into_iter();
    for warning in warnings.chain(unverified_warnings(&list.sites)) {
        tracing::warn!(setting = warning, "a guard is open");
    }
    if list.feeds.is_empty() {
        tracing::warn!(list = %config.feeds.display(), "no feed is listed, nothing will come; dateline feeds add");
    }
}

async fn run_on_file(read: WhatWasRead, shows: Shows, stop: Stop) -> Result<(), CommandFailure> {
    let (config, ..) = &read;
    let ledger = SqliteLedger::open(&config.ledger.path, config.ledger.keep)?;
    tracing::info!(path = %config.ledger.path.display(), "ledger open");
    let face = Face::open(config, shows).await?;
    run_worker_on(read, ledger, face, stop).await
}

#[cfg(feature = "kafka")]
async fn run_on_kafka(read: WhatWasRead, shows: Shows, stop: Stop) -> Result<(), CommandFailure> {
    let (config, ..) = &read;
    // The port answers while the cluster does not, so that a probe does not end a worker that waits for it.
    let face = Face::open(config, shows).await?;
    // A cluster that is out of reach is waited for: a signal ends that too.
    let opening = crate::kafka::KafkaLedger::open_unless_stopped(&config.kafka, &stop);
    let Some(ledger) = opening.await? else {
        tracing::info!("stopped before the ledger was open");
        return Ok(());
    };
    tracing::info!(
        brokers = config.kafka.brokers,
        prefix = config.kafka.prefix,
        "ledger open"
    );
    run_worker_on(read, ledger, face, stop).await
}

#[cfg(not(feature = "kafka"))]
#[allow(clippy::unused_async, reason = "the same shape as with Kafka")]
async fn run_on_kafka(_: WhatWasRead, _: Shows, _: Stop) -> Result<(), CommandFailure> {
    Err(super::no_kafka())
}

fn missing_contact(path: &Path) -> String {
    let fault = ConfigFault {
        file: path.to_owned(),
        line: 1,
        key: "contact".to_owned(),
        problem: "is missing".to_owned(),
        accepted: "an address or web page that publishers can write to, e.g. contact = \"ops@example.org\"".to_owned(),
    };
    fault.to_string()
}

/// Catches the signals that ask to stop; from the very start.
fn stop_at_a_signal() -> Result<Stop, CommandFailure> {
    // So that no moment is too early for a clean end.
    let (stopper, stop) = stop::stop_channel();
    let signalled = stop::wait_for_signal()
        .map_err(|error| CommandFailure::Fault(format!("signals cannot be caught: {error}")))?;
    tokio::spawn(async move {
        signalled.await;
        tracing::info!("stopping");
        stopper.stop();
    });
    Ok(stop)
}

/// Runs a worker on a ledger until SIGTERM or SIGINT.
async fn run_worker_on<L: Ledger>(
    read: WhatWasRead,
    ledger: L,
    face: Face,
    stop: Stop,
) -> Result<(), CommandFailure> {
    let orients = face.shows.orientation;
    if orients {
        eprintln!("{}", face.describe_start(&read.0, &read.1));
    }
    let ended = work_until_stopped(read, ledger, &face, stop).await;
    let summary = face.describe_end();
    face.close().await;
    ended?;
    if orients {
        eprintln!("{summary}");
    }
    tracing::info!("stopped");
    Ok(())
}

/// The worker, beside it what prints its events and what watches its feed list.
async fn work_until_stopped<L: Ledger>(
    read: WhatWasRead,
    ledger: L,
    face: &Face,
    stop: Stop,
) -> Result<(), LedgerError> {
    let feeds = read.0.feeds.clone();
    let (board, metrics) = (Arc::clone(&face.board), face.metrics.clone());
    let printing = face
        .shows
        .events
        .then(|| tokio::spawn(print_events(Arc::clone(&board), stop.clone())));
    let (worker, lists) = WiredWorker::wire_worker(read, ledger, face, stop.clone());
    let reload = tokio::spawn(watch_list(feeds, lists, board, metrics, stop));
    let ended = worker.run_until_stopped().await;
    reload.abort();
    if let Some(printing) = printing {
        printing.abort();
    }
    ended
}
