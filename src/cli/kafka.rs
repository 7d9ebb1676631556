//! What the commands do with a ledger on Kafka.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{
    CommandFailure, ConfigArgs, build_runtime,
    tail::{RecordWriter, tell_where_silent, write_record},
    unread::Output,
    wait::await_telling,
};
use crate::{
    config::{Config, KafkaConfig},
    feed::state::FeedState,
    kafka::{self, Begin, KafkaReader, Tail},
    ledger::{Outlet, PublishedRecord},
};

/// A reader that waits for more looks this often whether anybody still reads what it prints.
// A closed pipe ends the command before a person takes it for hung.
const LOOK: Duration = Duration::from_millis(500);

/// Arguments of `kafka`.
#[derive(Debug, Args)]
pub(super) struct KafkaArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: KafkaAction,
}

#[derive(Debug, Subcommand)]
enum KafkaAction {
    /// Print the commands that make the topics and grant a worker what it needs
    Topics {
        /// The user whom the grants are for
        #[arg(long, default_value = "dateline")]
        user: String,
    },
}

pub(super) fn run_kafka_command(args: &KafkaArgs) -> Result<(), CommandFailure> {
    let KafkaAction::Topics { user } = &args.action;
    let config = Config::load(&args.config.config)?;
    let mut out = io::stdout().lock();
    for line in kafka::topics_plan(&config.kafka, user)? {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// How `tail` reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct TailOrder {
    pub(super) outlet: Outlet,
    pub(super) begin: Begin,
    pub(super) follow: bool,
    pub(super) limit: usize,
    /// Only the last so many by the time of their commit.
    pub(super) last: Option<usize>,
}

/// Where `tail` begins when an instant was given, or not.
pub(super) fn begin_at(instant: Option<Timestamp>, now: bool) -> Begin {
    match instant {
        Some(instant) => Begin::At(instant),
        None if now => Begin::Now,
        None => Begin::Beginning,
    }
}

/// `dateline tail` on topics: in the order of the commits of each partition.
pub(super) fn tail_topics(
    config: &KafkaConfig,
    order: TailOrder,
    mut writer: RecordWriter,
) -> Result<(), CommandFailure> {
    let opening = await_telling("connecting to Kafka", KafkaReader::open(config));
    let reader = build_runtime()?.block_on(opening)?;
    let tail = reader.follow_outlet(order.outlet, order.begin)?;
    if let Some(last) = order.last {
        return print_last(&tail, last, writer);
    }
    let (output, mut is_told) = (Output::watch_reader()?, false);
    for _ in 0..order.limit {
        let record = if order.follow {
            Some(await_record(&tail, &output, &mut is_told)?)
        } else {
            tail.next_to_end()?
        };
        let Some(record) = record else {
            break;
        };
        writer.write_record(&record)?;
    }
    writer.finish()
}

/// Prints the last `last` records by the time of their commit. Partitions come one after the other, so up to
/// twice that many are held while they are read.
fn print_last(tail: &Tail, last: usize, mut writer: RecordWriter) -> Result<(), CommandFailure> {
    let mut kept: Vec<PublishedRecord> = Vec::new();
    while let Some(record) = tail.next_to_end()? {
        kept.push(record);
        // Cut when twice as many are held, so that sorting costs little a record.
        if kept.len() > last.saturating_mul(2).max(1_000) {
            keep_newest(&mut kept, last);
        }
    }
    keep_newest(&mut kept, last);
    for record in &kept {
        writer.write_record(record)?;
    }
    writer.finish()
}

fn keep_newest(records: &mut Vec<PublishedRecord>, last: usize) {
    records.sort_by_key(|record| record.recorded);
    records.drain(..records.len().saturating_sub(last));
}

/// The next record, however long that takes; a cluster that is away is reported once.
fn await_record(
    tail: &Tail,
    output: &Output,
    is_told: &mut bool,
) -> Result<PublishedRecord, CommandFailure> {
    loop {
        if let Some(record) = tail.next(LOOK)? {
            *is_told = false;
            return Ok(record);
        }
        output.is_read()?;
        if let Some(away) = tail.unreachable_error().filter(|_| !*is_told) {
            eprintln!("dateline: {away}; waiting");
            *is_told = true;
        }
    }
}

/// `dateline set-aside list`.
pub(super) fn list_set_aside(
    config: &KafkaConfig,
    reason: Option<&str>,
    json: bool,
) -> Result<(), CommandFailure> {
    let records = build_runtime()?.block_on(async {
        KafkaReader::open(config)
            .await?
            .read_all(Outlet::SetAside)
            .await
    });
    let mut records = records?;
    records.sort_by_key(|record| record.recorded);
    let mut out = io::stdout().lock();
    let wanted =
        |json: &str| reason.is_none_or(|reason| json.contains(&format!("\"reason\":\"{reason}\"")));
    let mut is_silent = true;
    for record in records.iter().filter(|record| wanted(&record.json)) {
        write_record(&mut out, record, json)?;
        is_silent = false;
    }
    tell_where_silent(Outlet::SetAside, is_silent);
    Ok(())
}

/// The record that was set aside under an id, as JSON.
pub(super) fn find_set_aside(
    config: &KafkaConfig,
    id: &str,
) -> Result<Option<String>, CommandFailure> {
    let found = build_runtime()?.block_on(async {
        KafkaReader::open(config)
            .await?
            .find_record(Outlet::SetAside, id)
            .await
    });
    Ok(found?.map(|record| record.json))
}

/// Asks for entries again; those of which nothing was set aside.
pub(super) fn request_retries(
    config: &KafkaConfig,
    ids: &[String],
) -> Result<Vec<String>, CommandFailure> {
    let mut out = io::stdout().lock();
    build_runtime()?.block_on(async {
        let reader = KafkaReader::open(config).await?;
        let mut unknown = Vec::new();
        for id in ids {
            if reader.request_retry(id).await? {
                writeln!(out, "asked: {id}")?;
            } else {
                unknown.push(id.clone());
            }
        }
        Ok(unknown)
    })
}

/// What the ledger remembers of the feeds.
pub(super) fn feed_states(
    config: &KafkaConfig,
) -> Result<BTreeMap<String, FeedState>, CommandFailure> {
    Ok(
        build_runtime()?.block_on(await_telling("reading from Kafka", async {
            KafkaReader::open(config).await?.read_feed_states().await
        }))?,
    )
}
