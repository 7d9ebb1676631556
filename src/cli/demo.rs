//! `dateline demo`: the worker against the built-in news site, in one process.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use tokio::time::sleep;

use super::{
    CommandFailure, build_runtime,
    face::{Face, Shows},
    load,
    log::LogArgs,
    print,
    tail::parse_record,
    wiring::WiredWorker,
};
use crate::{
    config::Config,
    demo::DemoSite,
    event,
    feed::list::FeedList,
    ledger::{Ledger, Outlet, Position},
    sqlite::{SqliteLedger, SqliteReader},
    stop::{self, Stopper},
    worker::Newsroom,
};

#[cfg(feature = "kafka")]
mod kafka;
mod summary;

use summary::Made;

/// The pace of the demo: its site is this process, so nobody is hurried. Publishers get 1.5 s.
const PACE: &str = "20ms";
/// Nothing waiting and nothing new for so long is the end of the demo.
// On a cluster what a poll posts is in no mailbox until its owner has read it back, which took more than 400 ms where
// the machine was busy.
const QUIET: Duration = Duration::from_secs(2);
/// The same where entries wait and nobody has one in hand: those of a demo that was stopped, whose site is gone with
/// it, and that are tried again in a minute or a day.
// This demo's own have their turns within a fraction of this.
const STALLED: Duration = Duration::from_secs(5);
/// The demo gives up after this long.
const LONGEST: Duration = Duration::from_secs(120);

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Publish to topics `dateline-demo.*` of this broker instead of an SQLite file
    #[arg(long, value_name = "HOST:PORT")]
    kafka: Option<String>,
}

pub(super) fn run_demo(args: &DemoArgs, log: &LogArgs) -> Result<(), CommandFailure> {
    log.start_logging(true)?;
    let quiet = log.quiet;
    #[cfg(feature = "kafka")]
    if let Some(brokers) = &args.kafka {
        return kafka::run_on_kafka(brokers, quiet);
    }
    #[cfg(not(feature = "kafka"))]
    if args.kafka.is_some() {
        return Err(super::no_kafka());
    }
    build_runtime()?.block_on(async {
        let site = DemoSite::start().await?;
        let folder = create_folder()?;
        let config = demo_config(&site, &folder)?;
        let list = FeedList::parse(&folder.join("feeds.toml"), &write_feeds(&site))?;
        let ledger = SqliteLedger::open(&config.ledger.path, None)?;
        let path = config.ledger.path.clone();
        let (took, face) = play_demo(config, list, ledger, &site, quiet).await?;
        let reader = SqliteReader::open(&path)?;
        let made = Made {
            events: read_all(&reader, Outlet::Events)?,
            articles: read_all(&reader, Outlet::Articles)?,
            aside: read_all(&reader, Outlet::SetAside)?,
        };
        made.print_summary(
            took,
            &path.display().to_string(),
            &format!("--ledger {}", path.display()),
        )?;
        site.stop().await;
        keep_console(face, quiet).await
    })
}

/// On a terminal the console stays until a signal, so that what came can be looked at; elsewhere the demo is over.
async fn keep_console(face: Face, quiet: bool) -> Result<(), CommandFailure> {
    let is_watched = !quiet && io::stdout().is_terminal() && io::stdin().is_terminal();
    if let Some(server) = face.server.as_ref().filter(|_| is_watched) {
        let signalled = stop::wait_for_signal()?;
        let address = server.address();
        print::print_line(
            &mut io::stdout().lock(),
            &format!("\nThe console shows them at http://{address}/ until Ctrl-C."),
        )?;
        signalled.await;
    }
    face.close().await;
    Ok(())
}

/// A folder of its own under the system's temporary one; it stays.
fn create_folder() -> Result<PathBuf, CommandFailure> {
    // So that what it holds can be looked at.
    let parent = std::env::temp_dir();
    for n in 0..10_000 {
        let folder = parent.join(format!("dateline-demo-{}-{n}", std::process::id()));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(CommandFailure::Disk(format!(
                    "cannot make {}: {error}",
                    folder.display()
                )));
            }
        }
    }
    Err(CommandFailure::Disk(format!(
        "{} is full of demos",
        parent.display()
    )))
}

fn demo_config(site: &DemoSite, folder: &Path) -> Result<Config, CommandFailure> {
    let hosts: Vec<String> = site
        .hosts()
        .iter()
        .map(|host| format!("\"{host}\" = \"127.0.0.1\""))
        .collect();
    // Every run tells the same stories at the same sites: what one run learned of their lines would change the next one.
    let text = format!(
        "contact = \"https://demo.invalid/\"\n[ledger]\npath = \"dateline.db\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [article]\nlearn_site_lines = false\n[fetch]\npace = \"{PACE}\"\nprivate = [\"127.0.0.0/8\"]\n[fetch.hosts]\n{}\n",
        hosts.join("\n")
    );
    Ok(Config::parse(&folder.join("dateline.toml"), &text)?)
}

fn write_feeds(site: &DemoSite) -> String {
    let feed = |feed: &crate::demo::DemoFeed| {
        let (url, name) = (
            toml::Value::from(feed.url.as_str()),
            toml::Value::from(feed.name.as_str()),
        );
        format!(
            "[[feed]]\nurl = {url}\nname = {name}\nlanguage = \"{}\"\ncountry = \"{}\"\n",
            feed.language, feed.country
        )
    };
    site.feeds().iter().map(feed).collect()
}

/// Runs the worker until everything is settled; from the start to the last event, and what still shows it.
async fn play_demo<L: Ledger>(
    config: Config,
    list: FeedList,
    ledger: L,
    site: &DemoSite,
    quiet: bool,
) -> Result<(Duration, Face), CommandFailure> {
    let began = Instant::now();
    let (stopper, stop) = stop::stop_channel();
    let feeds = list.feeds.len();
    let face = Face::open(&config, Shows::default()).await?;
    print_heading(&face, site, feeds)?;
    let parts = load::build_parts(&config)?;
    // The list of the demo stays as it is: nobody sends another one.
    let (worker, _lists) = WiredWorker::wire_worker((config, list, parts), ledger, &face, stop);
    let room = Arc::clone(&worker.room);
    let watching = tokio::spawn(until_quiet(room, feeds, stopper, began, quiet));
    worker.run_until_stopped().await?;
    let took = watching.await;
    let took = took.map_err(|error| CommandFailure::Fault(error.to_string()))??;
    Ok((took, face))
}

fn print_heading(face: &Face, site: &DemoSite, feeds: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "A small news site on this machine: {} hosts, {feeds} feeds, one request a site every {PACE}",
        site.hosts().len()
    )?;
    writeln!(
        out,
        "(publishers get 1500ms). Its stories retell public events of past decades."
    )?;
    if let Some(server) = &face.server {
        writeln!(out, "Console: http://{}/\n", server.address())?;
    }
    out.flush()
}

/// Prints events as they are committed; says stop once all feeds are polled and nothing of this demo waits any more.
async fn until_quiet<L: Ledger>(
    room: Arc<Newsroom<L>>,
    feeds: usize,
    stopper: Stopper,
    began: Instant,
    quiet: bool,
) -> Result<Duration, CommandFailure> {
    let mut events = room.board.watch_events();
    let (mut last_event, mut busy) = (began, Instant::now());
    let mut waiting = 0;
    while began.elapsed() < LONGEST && busy.elapsed() < if waiting == 0 { QUIET } else { STALLED } {
        while let Ok(event) = events.try_recv() {
            last_event = Instant::now();
            if !quiet {
                let line = event::line(&event, print::wants_colours());
                print::print_line(&mut io::stdout().lock(), &line)?;
            }
        }
        let polled = room
            .board
            .read_status()
            .feeds
            .iter()
            .filter(|feed| feed.polls > 0)
            .count();
        let waited = std::mem::replace(&mut waiting, room.ledger.health().waiting);
        if polled < feeds || waiting != waited || room.ledger.claims().any_claimed() {
            busy = Instant::now();
        }
        sleep(Duration::from_millis(20)).await;
    }
    stopper.stop();
    Ok(last_event.duration_since(began))
}

fn read_all<T: serde::de::DeserializeOwned>(
    reader: &SqliteReader,
    outlet: Outlet,
) -> Result<Vec<T>, CommandFailure> {
    let (mut found, mut position) = (Vec::new(), Position::default());
    loop {
        let records = reader.read_after(outlet, position, 1_000)?;
        let Some(last) = records.last() else {
            return Ok(found);
        };
        position = last.position;
        for record in &records {
            found.push(parse_record(record)?);
        }
    }
}
