//! `dateline run`: puts the worker together from its configuration and runs it.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

use self::face::Face;
use super::{CommandFailure, ConfigArgs, build_runtime, with_causes};
use crate::{
    article::Rules,
    config::{Config, ConfigFault, LedgerKind, Refused, unverified_warnings},
    event::{self, Coder, LexiconSource, Publish},
    feed::list::FeedList,
    fetch::Fetcher,
    ledger::Ledger,
    record::Event,
    sqlite::SqliteLedger,
    status::Board,
    stop::{self, Stop},
    telemetry::start_logging,
    worker::{self, Newsroom, NewsroomParts, feed_list_reload::watch_list},
};

mod face;

/// A thread that still asks a cluster out of reach is not waited for longer than this; everything else has ended by then.
const LEFT_OVER: Duration = Duration::from_secs(1);

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Print a line for each event as it is published (the default on a terminal)
    #[arg(long)]
    events: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run_command(args: &RunArgs) -> Result<(), CommandFailure> {
    // Signals are caught before anything else: reading lexicon and models takes a fifth of a second.
    let runtime = build_runtime()?;
    let stop = runtime.block_on(async { stop_at_a_signal() })?;
    let path = &args.config.config;
    let (config, list, parts) = load_with_parts(path)?;
    if config.contact.is_none() {
        return Err(CommandFailure::Usage(missing_contact(path)));
    }
    start_logging(io::stdout().is_terminal());
    for warning in config
        .list_warnings()
        .into_iter()
        .chain(unverified_warnings(&list.sites))
    {
        tracing::warn!(setting = warning, "a guard is open");
    }
    let prints_events = args.events || io::stdout().is_terminal();
    let ended = runtime.block_on(async {
        match config.ledger.kind {
            LedgerKind::Sqlite => {
                let ledger = SqliteLedger::open(&config.ledger.path, config.ledger.keep)?;
                tracing::info!(path = %config.ledger.path.display(), "ledger open");
                let face = Face::open(&config, prints_events).await?;
                run_worker_on(config, list, parts, ledger, face, stop).await
            }
            LedgerKind::Kafka => on_kafka(config, list, parts, prints_events, stop).await,
        }
    });
    runtime.shutdown_timeout(LEFT_OVER);
    ended
}

#[cfg(feature = "kafka")]
async fn on_kafka(
    config: Config,
    list: FeedList,
    parts: NewsroomParts,
    prints_events: bool,
    stop: Stop,
) -> Result<(), CommandFailure> {
    // The port answers while the cluster does not, so that a probe does not end a worker that waits for it.
    let face = Face::open(&config, prints_events).await?;
    // A cluster that is out of reach is waited for: a signal ends that too.
    let opening = crate::kafka::KafkaLedger::open(&config.kafka);
    let Some(opened) = stop.unless_stopped(opening).await else {
        tracing::info!("stopped before the cluster answered");
        return Ok(());
    };
    let ledger = opened?;
    tracing::info!(
        brokers = config.kafka.brokers,
        prefix = config.kafka.prefix,
        "ledger open"
    );
    run_worker_on(config, list, parts, ledger, face, stop).await
}

#[cfg(not(feature = "kafka"))]
#[allow(clippy::unused_async, reason = "the same shape as with Kafka")]
async fn on_kafka(
    _: Config,
    _: FeedList,
    _: NewsroomParts,
    _: bool,
    _: Stop,
) -> Result<(), CommandFailure> {
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

/// Reads configuration and feed list; the faults of both are listed together.
pub(super) fn load_configuration(path: &Path) -> Result<(Config, FeedList), Refused> {
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

/// The same with what the configuration names: lexicon, actors, boilerplate, certificates; all faults together.
pub(super) fn load_with_parts(
    path: &Path,
) -> Result<(Config, FeedList, NewsroomParts), CommandFailure> {
    let loaded = load_configuration(path);
    let named = match &loaded {
        Ok((config, _)) => build_parts(config),
        Err(_) => Config::load(path).map_or_else(
            |_| Err(CommandFailure::Usage(String::new())),
            |config| build_parts(&config),
        ),
    };
    match (loaded, named) {
        (Ok((config, list)), Ok(parts)) => Ok((config, list, parts)),
        (Ok(_), Err(failure)) => Err(failure),
        (Err(refused), Err(CommandFailure::Usage(faults))) if !faults.is_empty() => {
            Err(CommandFailure::Usage(format!("{refused}\n{faults}")))
        }
        (Err(refused), _) => Err(refused.into()),
    }
}

/// What a worker reads, codes and fetches with, from its configuration; all faults together.
pub(super) fn build_parts(config: &Config) -> Result<NewsroomParts, CommandFailure> {
    let mut faults = Vec::new();
    let fetcher = note_fault(Fetcher::new(config.fetch_policy()), &mut faults);
    let rules = note_fault(Rules::with_files(&config.article.boilerplate), &mut faults);
    let coder = build_coder(config, &mut faults);
    let (Some(fetcher), Some(rules), Some(coder)) = (fetcher, rules, coder) else {
        return Err(CommandFailure::Usage(faults.join("\n")));
    };
    Ok(NewsroomParts {
        fetcher,
        rules: Arc::new(rules),
        coder,
        publish: Publish {
            min_confidence: config.coder.min_confidence,
            modalities: config.coder.publish.clone(),
        },
    })
}

fn build_coder(config: &Config, faults: &mut Vec<String>) -> Option<Coder> {
    let lexicon = match &config.coder.lexicon {
        Some(folder) => LexiconSource::with_folder(folder)
            .map_err(|error| faults.push(format!("{}: {error}", folder.display())))
            .ok(),
        None => Some(LexiconSource::embedded()),
    };
    let actors = super::events::actor_files(&config.coder.actors)
        .map_err(|failure| faults.push(failure.to_string()))
        .ok();
    // Each is looked at even where the other cannot be read.
    let both = lexicon.is_some() && actors.is_some();
    let coder = note_fault(
        Coder::new(
            &lexicon.unwrap_or_else(LexiconSource::embedded),
            &actors.unwrap_or_default(),
        ),
        faults,
    );
    coder.filter(|_| both)
}

/// What came of reading a part, or its fault among the others.
fn note_fault<T, E: std::error::Error>(read: Result<T, E>, faults: &mut Vec<String>) -> Option<T> {
    read.map_err(|error| faults.push(with_causes(&error))).ok()
}

/// Catches the signals that ask to stop; from the very start, so that no moment is too early for a clean end.
fn stop_at_a_signal() -> Result<Stop, CommandFailure> {
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
    config: Config,
    list: FeedList,
    parts: NewsroomParts,
    ledger: L,
    face: Face,
    stop: Stop,
) -> Result<(), CommandFailure> {
    if io::stderr().is_terminal() && io::stdout().is_terminal() {
        eprintln!("{}", face.describe_start(&config, &list));
    }
    let (board, metrics) = (Arc::clone(&face.board), face.metrics.clone());
    let printing = face
        .prints_events
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
    let ended = worker::run_worker(Arc::new(room), listening, stop).await;
    reload.abort();
    if let Some(printing) = printing {
        printing.abort();
    }
    let summary = face.describe_end();
    if let Some(server) = face.server {
        server.stop().await;
    }
    ended?;
    if io::stderr().is_terminal() && io::stdout().is_terminal() {
        eprintln!("{summary}");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Prints each event as it is committed, one line each.
pub(super) async fn print_events(board: Arc<Board>, stop: Stop) {
    let events = board.watch_events();
    print_all(events, stop, io::stdout(), super::print::wants_colours()).await;
}

/// Prints each event until stop is said or nobody reads; a burst that was too fast is reported and is not the end.
async fn print_all(
    mut events: broadcast::Receiver<Event>,
    stop: Stop,
    mut out: impl Write,
    colour: bool,
) {
    while let Some(said) = stop.unless_stopped(events.recv()).await {
        let line = match said {
            Ok(event) => event::line(&event, colour),
            Err(RecvError::Lagged(missed)) => {
                format!("… {missed} more, too fast to print; dateline tail events has them all")
            }
            Err(RecvError::Closed) => return,
        };
        if writeln!(out, "{line}").is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Story;

    #[tokio::test]
    async fn a_burst_of_events_does_not_end_the_printing() {
        let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
        let mut events = coder.code(&Story::of_text("Turkey accused Greece of spying."));
        let event = events.pop().expect("an accusation");
        let (sender, receiver) = broadcast::channel(4);
        for _ in 0..20 {
            sender.send(event.clone()).expect("somebody listens");
        }
        drop(sender);
        let (_stopper, stop) = stop::stop_channel();
        let mut out = Vec::new();
        print_all(receiver, stop, &mut out, false).await;
        let out = String::from_utf8(out).expect("UTF-8");
        assert!(out.starts_with("… 16 more"), "{out}");
        assert_eq!(out.matches("ACCUSE").count(), 4, "{out}");
    }
}
