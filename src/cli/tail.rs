//! `dateline tail`: reads what was published.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, IsTerminal, Write},
    time::Duration,
};

use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::de::DeserializeOwned;

use super::{CommandFailure, ConfigArgs, print, unread::Output};
use crate::{
    config::{Config, LedgerKind},
    event,
    feed::state::FeedState,
    fetch::MAX_URL_BYTES,
    ledger::{Outlet, Position, PublishedRecord},
    record::{Article, Event, SetAside},
    sqlite::SqliteReader,
};

mod format;

use format::RecordFormat;
pub(super) use format::RecordWriter;

/// A reader that follows looks for more this often.
// A look is one query by key; people do not notice a third of a second.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Records read at once.
const AT_ONCE: usize = 1_000;

/// Arguments of `tail`.
#[derive(Debug, Args)]
pub(super) struct TailArgs {
    /// Which records
    #[arg(default_value = "events", value_parser = ["articles", "events", "set-aside"])]
    outlet: String,
    /// Go on as records come
    #[arg(long, short)]
    follow: bool,
    /// beginning, now, today, yesterday, a day such as 2024-06-29 (from its first moment in UTC) or an instant such as
    /// 2024-06-29T08:00:00Z (default: beginning; with --follow: now)
    #[arg(long, value_parser = parse_from)]
    from: Option<From>,
    /// At most so many records, the oldest first
    #[arg(long)]
    limit: Option<usize>,
    /// Only the last so many of those that are there, the oldest first
    #[arg(long, value_name = "N", conflicts_with_all = ["follow", "limit"])]
    last: Option<usize>,
    /// JSON lines (the default when stdout is no terminal); the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// How records are written (default: text on a terminal, else json); csv and parquet have a row for each record, with
    /// the columns of the SQLite views
    #[arg(long, value_enum)]
    format: Option<RecordFormat>,
    /// A ledger file, instead of the configuration's
    #[arg(long, value_name = "FILE")]
    ledger: Option<std::path::PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Beginning,
    Now,
    Instant(Timestamp),
}

fn parse_from(text: &str) -> Result<From, String> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let day = match text {
        "beginning" => return Ok(From::Beginning),
        "now" => return Ok(From::Now),
        "today" => Some(today),
        "yesterday" => today.yesterday().ok(),
        // An instant begins with a day too, and would be cut to it.
        text if text.len() == "2024-06-29".len() => text.parse::<Date>().ok(),
        _ => None,
    };
    let midnight = day.and_then(|day| TimeZone::UTC.to_timestamp(day.into()).ok());
    let instant = midnight.or_else(|| text.parse().ok());
    instant.map(From::Instant).ok_or_else(|| {
        "none of beginning, now, today, yesterday, a day such as 2024-06-29 and an instant such as 2024-06-29T08:00:00Z"
            .to_owned()
    })
}

pub(super) fn tail_outlet(args: &TailArgs) -> Result<(), CommandFailure> {
    let outlet: Outlet = args.outlet.parse().map_err(CommandFailure::Usage)?;
    if let Some(path) = &args.ledger {
        return tail_file(&SqliteReader::open(path)?, outlet, args);
    }
    let config = Config::load(&args.config.config)?;
    match config.ledger.kind {
        LedgerKind::Sqlite => tail_file(&SqliteReader::open(&config.ledger.path)?, outlet, args),
        LedgerKind::Kafka => tail_topic(&config, outlet, args),
    }
}

/// Begins what the records are written to.
fn open_writer(outlet: Outlet, args: &TailArgs) -> Result<RecordWriter, CommandFailure> {
    let is_json = args.json || !io::stdout().is_terminal();
    let format = args.format.unwrap_or(if is_json {
        RecordFormat::Json
    } else {
        RecordFormat::Text
    });
    RecordWriter::open(format, outlet, args.follow)
}

#[cfg(feature = "kafka")]
fn tail_topic(config: &Config, outlet: Outlet, args: &TailArgs) -> Result<(), CommandFailure> {
    let begin = begin_from(args);
    let instant = if let From::Instant(at) = begin {
        Some(at)
    } else {
        None
    };
    let order = super::kafka::TailOrder {
        outlet,
        begin: super::kafka::begin_at(instant, begin == From::Now),
        follow: args.follow,
        limit: args.limit.unwrap_or(usize::MAX),
        last: args.last,
    };
    super::kafka::tail_topics(&config.kafka, order, open_writer(outlet, args)?)
}

#[cfg(not(feature = "kafka"))]
fn tail_topic(_: &Config, _: Outlet, _: &TailArgs) -> Result<(), CommandFailure> {
    Err(super::no_kafka())
}

fn begin_from(args: &TailArgs) -> From {
    args.from.unwrap_or(if args.follow {
        From::Now
    } else {
        From::Beginning
    })
}

fn tail_file(reader: &SqliteReader, outlet: Outlet, args: &TailArgs) -> Result<(), CommandFailure> {
    let mut writer = open_writer(outlet, args)?;
    let mut position = match begin_from(args) {
        From::Beginning => Position::default(),
        From::Now => reader.end_position()?,
        From::Instant(at) => reader.position_since(outlet, at)?,
    };
    if let Some(last) = args.last {
        return print_last(reader, outlet, position, last, writer);
    }
    let mut left = args.limit.unwrap_or(usize::MAX);
    let output = Output::watch_reader()?;
    while left > 0 {
        let records = reader.read_after(outlet, position, left.min(AT_ONCE))?;
        for record in &records {
            position = record.position;
            writer.write_record(record)?;
        }
        left -= records.len();
        writer.flush()?;
        if records.is_empty() {
            if !args.follow {
                return writer.finish();
            }
            std::thread::sleep(LOOK_AGAIN);
            output.is_read()?;
        }
    }
    writer.finish()
}

/// Prints the last `last` records after a position; no more than those are held at once.
fn print_last(
    reader: &SqliteReader,
    outlet: Outlet,
    mut position: Position,
    last: usize,
    mut writer: RecordWriter,
) -> Result<(), CommandFailure> {
    let mut kept = VecDeque::new();
    loop {
        let records = reader.read_after(outlet, position, AT_ONCE)?;
        let Some(newest) = records.last() else {
            break;
        };
        position = newest.position;
        kept.extend(records);
        kept.drain(..kept.len().saturating_sub(last));
    }
    for record in &kept {
        writer.write_record(record)?;
    }
    writer.finish()
}

/// Says that an outlet has no records, where none was printed.
pub(super) fn tell_where_silent(outlet: Outlet, is_silent: bool) {
    if is_silent {
        print::tell_of_nothing(match outlet {
            Outlet::Events => {
                "no event there; dateline set-aside list shows what was not published"
            }
            Outlet::Articles => {
                "no article there; dateline set-aside list shows what was not published"
            }
            Outlet::SetAside => "nothing was set aside there",
        });
    }
}

/// One record on one line: its JSON, or what a person wants to know of it.
pub(super) fn write_record(
    out: &mut dyn Write,
    record: &PublishedRecord,
    json: bool,
) -> Result<(), CommandFailure> {
    if json {
        print::write_outside(out, &record.json)?;
        writeln!(out)?;
        return Ok(());
    }
    match record.outlet {
        Outlet::Events => {
            let event: Event = parse_record(record)?;
            print::print_line(out, &event::line(&event, print::wants_colours()))?;
        }
        Outlet::Articles => write_article(out, &parse_record(record)?)?,
        Outlet::SetAside => write_set_aside(out, &parse_record(record)?)?,
    }
    Ok(())
}

/// An article on one line: its day, its title, how many events it has, and where it is.
fn write_article(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    let title = print::plain_text(article.title.as_deref().unwrap_or("untitled"), 80);
    let day = article
        .published
        .day
        .map(|day| day.to_string())
        .unwrap_or_default();
    let url = print::plain_text(article.url.as_deref().unwrap_or_default(), MAX_URL_BYTES);
    let events = article.coding.events;
    let line = format!("{day:<10}  {title}  ({events} events)  {url}");
    print::print_line(out, &line)
}

/// What was set aside, on one line: when, why, and where it is.
fn write_set_aside(out: &mut dyn Write, aside: &SetAside) -> io::Result<()> {
    let detail = print::plain_text(&aside.detail, 80);
    let line = format!(
        "{}  {:<18}  {}  {detail}  {}",
        aside.recorded,
        aside.reason,
        aside.id,
        print::plain_text(&aside.url, MAX_URL_BYTES)
    );
    print::print_line(out, &line)
}

/// A published record as what it is.
pub(super) fn parse_record<T: DeserializeOwned>(
    record: &PublishedRecord,
) -> Result<T, CommandFailure> {
    let broken = |error| CommandFailure::Fault(format!("{} cannot be read: {error}", record.id));
    serde_json::from_str(&record.json).map_err(broken)
}

/// What the ledger remembers of the feeds; nothing where it does not exist yet.
pub(super) fn feed_states(config: &Config) -> Result<BTreeMap<String, FeedState>, CommandFailure> {
    match config.ledger.kind {
        LedgerKind::Sqlite if config.ledger.path.exists() => {
            Ok(SqliteReader::open(&config.ledger.path)?.read_feed_states()?)
        }
        LedgerKind::Sqlite => Ok(BTreeMap::new()),
        #[cfg(feature = "kafka")]
        LedgerKind::Kafka => super::kafka::feed_states(&config.kafka),
        #[cfg(not(feature = "kafka"))]
        LedgerKind::Kafka => Err(super::no_kafka()),
    }
}
