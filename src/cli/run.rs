//! `dateline run`: puts the worker together from its configuration and runs it.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    sync::Arc,
};

use tokio::sync::watch;

use super::{ConfigArgs, Failure, runtime, with_causes};
use crate::{
    article::Rules,
    board::Board,
    config::{Config, Fault, LedgerKind, Refused},
    event::{self, Coder, LexiconSource, Publish},
    feed::{list::FeedList, reload::watch_list},
    fetch::Fetcher,
    ledger::{Ledger, sqlite::SqliteLedger},
    serve::Server,
    stop::{self, Stop},
    telemetry::{Metrics, start_logging},
    worker::{self, Newsroom, Parts},
};

pub(super) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let (config, list) = load(&args.config)?;
    if config.contact.is_none() {
        return Err(Failure::Usage(missing_contact(&args.config)));
    }
    start_logging(io::stdout().is_terminal());
    for warning in config.warnings() {
        tracing::warn!(setting = warning, "a guard is open");
    }
    runtime()?.block_on(async {
        let stop = stop_at_a_signal()?;
        match config.ledger.kind {
            LedgerKind::Sqlite => {
                let ledger = SqliteLedger::open(&config.ledger.path, config.ledger.keep)?;
                tracing::info!(path = %config.ledger.path.display(), "ledger open");
                work(config, list, ledger, stop).await
            }
            LedgerKind::Kafka => on_kafka(config, list, stop).await,
        }
    })
}

#[cfg(feature = "kafka")]
async fn on_kafka(config: Config, list: FeedList, stop: Stop) -> Result<(), Failure> {
    let ledger = crate::ledger::kafka::KafkaLedger::open(&config.kafka).await?;
    tracing::info!(
        brokers = config.kafka.brokers,
        prefix = config.kafka.prefix,
        "ledger open"
    );
    work(config, list, ledger, stop).await
}

#[cfg(not(feature = "kafka"))]
#[allow(clippy::unused_async, reason = "the same shape as with Kafka")]
async fn on_kafka(_: Config, _: FeedList, _: Stop) -> Result<(), Failure> {
    Err(super::no_kafka())
}

fn missing_contact(path: &Path) -> String {
    let fault = Fault {
        file: path.to_owned(),
        line: 1,
        key: "contact".to_owned(),
        problem: "is missing".to_owned(),
        accepted: "an address or web page that publishers can write to, e.g. contact = \"ops@example.org\"".to_owned(),
    };
    fault.to_string()
}

/// Reads configuration and feed list; the faults of both are listed together.
pub(super) fn load(path: &Path) -> Result<(Config, FeedList), Refused> {
    let (config, mut faults) = match Config::load(path) {
        Ok(config) => (Some(config), Vec::new()),
        Err(refused) => (None, refused.0),
    };
    let feeds = config.as_ref().map_or_else(
        || path.with_file_name("feeds.toml"),
        |config| config.feeds.clone(),
    );
    let list = match FeedList::load(&feeds) {
        Ok(list) => Some(list),
        Err(refused) if config.is_some() || feeds.exists() => {
            faults.extend(refused.0);
            None
        }
        Err(_) => None,
    };
    match (config, list) {
        (Some(config), Some(list)) if faults.is_empty() => Ok((config, list)),
        _ => Err(Refused(faults)),
    }
}

/// What a worker reads, codes and fetches with, from its configuration.
pub(super) fn parts(config: &Config) -> Result<Parts, Failure> {
    let usage = |error: &dyn std::error::Error| Failure::Usage(with_causes(error));
    let lexicon = match &config.coder.lexicon {
        Some(folder) => LexiconSource::with_folder(folder)
            .map_err(|error| Failure::Usage(format!("{}: {error}", folder.display())))?,
        None => LexiconSource::embedded(),
    };
    let actors = super::events::actor_files(&config.coder.actors)?;
    Ok(Parts {
        fetcher: Fetcher::new(config.policy()).map_err(|error| usage(&error))?,
        rules: Arc::new(
            Rules::with_files(&config.article.boilerplate).map_err(|error| usage(&error))?,
        ),
        coder: Coder::new(&lexicon, &actors).map_err(|error| usage(&error))?,
        publish: Publish {
            min_confidence: config.coder.min_confidence,
            modalities: config.coder.publish.clone(),
        },
    })
}

/// Catches the signals that ask to stop; from the very start, so that no moment is too early for a clean end.
fn stop_at_a_signal() -> Result<Stop, Failure> {
    let (stopper, stop) = stop::channel();
    let signalled = stop::signalled()
        .map_err(|error| Failure::Fault(format!("signals cannot be caught: {error}")))?;
    tokio::spawn(async move {
        signalled.await;
        tracing::info!("stopping");
        stopper.stop();
    });
    Ok(stop)
}

/// Runs a worker on a ledger until SIGTERM or SIGINT.
async fn work<L: Ledger>(
    config: Config,
    list: FeedList,
    ledger: L,
    stop: Stop,
) -> Result<(), Failure> {
    let parts = parts(&config)?;
    let (board, metrics) = (Arc::new(Board::default()), Metrics::default());
    let server = match config.http.listen {
        Some(listen) => {
            let started = Server::start(listen, Arc::clone(&board), metrics.clone()).await;
            let server = started.map_err(|error| {
                Failure::Usage(format!("http.listen: cannot listen on {listen}: {error}"))
            })?;
            tracing::info!(address = %server.address(), "status page open");
            Some(server)
        }
        None => None,
    };
    let printing = io::stdout()
        .is_terminal()
        .then(|| tokio::spawn(print_events(Arc::clone(&board), stop.clone())));
    let (lists, listening) = watch::channel(Arc::new(list));
    let feeds = config.feeds.clone();
    let reload = tokio::spawn(watch_list(
        feeds,
        lists,
        Arc::clone(&board),
        metrics.clone(),
        stop.clone(),
    ));
    let room = Newsroom::new(
        config,
        ledger,
        parts,
        Arc::clone(&board),
        metrics,
        stop.clone(),
    );
    let ended = worker::run(Arc::new(room), listening, stop).await;
    reload.abort();
    if let Some(printing) = printing {
        printing.abort();
    }
    if let Some(server) = server {
        server.stop().await;
    }
    ended?;
    tracing::info!("stopped");
    Ok(())
}

/// Prints each event as it is committed, one line each.
pub(super) async fn print_events(board: Arc<Board>, stop: Stop) {
    let mut events = board.watch();
    while let Some(Ok(event)) = stop.unless_stopped(events.recv()).await {
        let line = event::line(&event, super::print::colours());
        if writeln!(io::stdout().lock(), "{line}").is_err() {
            return;
        }
    }
}
