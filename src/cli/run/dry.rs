//! `dateline run --dry-run`: one round of all feeds on a ledger that is thrown away; nothing is published.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{WhatWasRead, event_lines::print_events};
use crate::{
    cli::{
        CommandFailure,
        face::{Face, Shows},
        print,
        wiring::WiredWorker,
    },
    config::LedgerKind,
    ledger::{Ledger, Outlet, Position},
    sqlite::{SqliteLedger, SqliteReader},
    status::Status,
    stop::{self, Stop, Stopper},
    worker::Newsroom,
};

/// What goes on is looked at this often; a person waits for the end.
const LOOK: Duration = Duration::from_millis(100);
/// All feeds polled, nothing waiting and nothing new for so long is the end of the round.
// What one site's page leads to at another is posted within a moment.
const QUIET: Duration = Duration::from_secs(2);
/// The same where something waits and nothing moves: entries that are tried again in a minute or a day.
// Longer than sites ask for between two requests, by their robots.txt: mostly 10 s, some 30.
const STALLED: Duration = Duration::from_secs(45);
/// Characters of a reason why a feed could not be read.
const MAX_REASON: usize = 400;

/// The folder of the ledger that is thrown away; it goes with this.
struct ThrownAway(PathBuf);

impl ThrownAway {
    fn create() -> Result<Self, CommandFailure> {
        let name = format!("dateline-dry-run-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let failed = |error: io::Error| {
            CommandFailure::Disk(format!("cannot make {}: {error}", folder.display()))
        };
        fs::create_dir(&folder).map_err(failed)?;
        Ok(Self(folder))
    }
}

impl Drop for ThrownAway {
    fn drop(&mut self) {
        // The system clears its temporary folder where this fails.
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// Polls each feed once, reads and codes what it lists, prints the events, and says what would have been published.
pub(super) async fn play_one_round(read: WhatWasRead, stop: Stop) -> Result<(), CommandFailure> {
    let (mut config, list, parts) = read;
    let thrown_away = ThrownAway::create()?;
    config.ledger.kind = LedgerKind::Sqlite;
    config.ledger.path = thrown_away.0.join("dateline.db");
    config.http.listen = None;
    let (path, feeds) = (config.ledger.path.clone(), list.feeds.len());
    let ledger = SqliteLedger::open(&path, None)?;
    let shows = Shows {
        events: true,
        ..Shows::default()
    };
    let face = Face::open(&config, shows).await?;
    let (stopper, over) = stop::stop_channel();
    let printing = tokio::spawn(print_events(Arc::clone(&face.board), over.clone()));
    // The list stays as it is: nobody sends another one.
    let (worker, _lists) =
        WiredWorker::wire_worker((config, list, parts), ledger, &face, over.clone());
    let watching = tokio::spawn(stop_when_settled(
        Arc::clone(&worker.room),
        feeds,
        stop,
        stopper,
    ));
    worker.run_until_stopped().await?;
    watching.abort();
    printing.abort();
    print_outcome(&face.board.read_status(), &path)
}

/// Says stop once the round is over, or where a signal asks for it.
async fn stop_when_settled<L: Ledger>(
    room: Arc<Newsroom<L>>,
    feeds: usize,
    asked: Stop,
    stopper: Stopper,
) {
    let (mut before, mut moved) = ((0, 0, 0), Instant::now());
    while asked.unless_stopped(sleep(LOOK)).await.is_some() {
        let status = room.board.read_status();
        let polled = status.feeds.iter().filter(|feed| feed.polls > 0).count();
        let waiting = room.ledger.health().waiting;
        let now = (polled, waiting, status.articles);
        if now != before || room.ledger.claims().any_claimed() {
            (before, moved) = (now, Instant::now());
        }
        let is_done = polled >= feeds && waiting == 0;
        if moved.elapsed() >= if is_done { QUIET } else { STALLED } {
            break;
        }
    }
    stopper.stop();
}

/// What would have been published, and which feeds could not be read.
fn print_outcome(status: &Status, path: &Path) -> Result<(), CommandFailure> {
    let reader = SqliteReader::open(path)?;
    let count = |outlet| -> Result<usize, CommandFailure> {
        let records = reader.read_after(outlet, Position::default(), usize::MAX)?;
        Ok(records.len())
    };
    let failed: Vec<_> = status
        .feeds
        .iter()
        .filter(|feed| feed.failure.is_some())
        .collect();
    let mut out = io::stdout().lock();
    for feed in &failed {
        let why = print::plain_text(feed.failure.as_deref().unwrap_or_default(), MAX_REASON);
        let url = print::plain_text(&feed.url, MAX_REASON);
        writeln!(out, "failed: {url}: {why}")?;
    }
    writeln!(
        out,
        "dry run: {} feeds polled, {} failed; {} articles and {} events would have been published, {} pages set aside, {} \
         wait. Nothing was published or remembered.",
        status.feeds.iter().filter(|feed| feed.polls > 0).count(),
        failed.len(),
        count(Outlet::Articles)?,
        count(Outlet::Events)?,
        count(Outlet::SetAside)?,
        status.ledger.waiting
    )?;
    Ok(())
}
