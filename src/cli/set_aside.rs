//! `dateline set-aside`: what was not published and why; asks that it be tried again.

use std::io::{self, IsTerminal, Write};

use clap::{Args, Subcommand};

use super::{ConfigArgs, Failure, tail::write_record};
use crate::{
    config::{Config, LedgerKind},
    ledger::{Outlet, Position, sqlite::Reader},
    set_aside::REASONS,
};

/// Arguments of `set-aside`.
#[derive(Debug, Args)]
pub(super) struct SetAsideArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The newest last
    List {
        /// Only those with this reason; `dateline set-aside reasons` lists them
        #[arg(long, value_parser = parse_reason)]
        reason: Option<String>,
        /// JSON lines (the default when stdout is no terminal)
        #[arg(long)]
        json: bool,
    },
    /// The whole record of an id
    Show {
        /// The id, `ar_…`
        id: String,
    },
    /// Ask that entries be read again; a running worker notices within seconds
    Retry {
        /// Their ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// What the reasons mean
    Reasons,
}

fn parse_reason(text: &str) -> Result<String, String> {
    if REASONS.iter().any(|(reason, _)| *reason == text) {
        return Ok(text.to_owned());
    }
    let known: Vec<&str> = REASONS.iter().map(|(reason, _)| *reason).collect();
    Err(format!("none of {}", known.join(", ")))
}

pub(super) fn set_aside(args: &SetAsideArgs) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if let Action::Reasons = args.action {
        for (reason, meaning) in REASONS {
            writeln!(out, "{reason:<18}  {meaning}")?;
        }
        return Ok(());
    }
    let config = Config::load(&args.config.config)?;
    let reader = match config.ledger.kind {
        LedgerKind::Sqlite => Reader::open(&config.ledger.path)?,
        LedgerKind::Kafka => {
            drop(out);
            return on_kafka(&config, &args.action);
        }
    };
    match &args.action {
        Action::List { reason, json } => list(
            &mut out,
            &reader,
            reason.as_deref(),
            *json || !io::stdout().is_terminal(),
        ),
        Action::Show { id } => show(&mut out, &reader, id),
        Action::Retry { ids } => retry(&mut out, &reader, ids),
        Action::Reasons => Ok(()),
    }
}

#[cfg(feature = "kafka")]
fn on_kafka(config: &Config, action: &Action) -> Result<(), Failure> {
    use super::kafka;
    match action {
        Action::List { reason, json } => kafka::list(
            &config.kafka,
            reason.as_deref(),
            *json || !io::stdout().is_terminal(),
        ),
        Action::Show { id } => print_record(
            &mut io::stdout().lock(),
            id,
            kafka::record(&config.kafka, id)?,
        ),
        Action::Retry { ids } => known(&kafka::retry(&config.kafka, ids)?),
        Action::Reasons => Ok(()),
    }
}

#[cfg(not(feature = "kafka"))]
fn on_kafka(_: &Config, _: &Action) -> Result<(), Failure> {
    Err(super::no_kafka())
}

fn list(
    out: &mut dyn Write,
    reader: &Reader,
    reason: Option<&str>,
    json: bool,
) -> Result<(), Failure> {
    let mut position = Position::default();
    loop {
        let records = reader.read(Outlet::SetAside, position, 1_000)?;
        let Some(last) = records.last() else {
            return Ok(());
        };
        position = last.position;
        let wanted = |json: &str| {
            reason.is_none_or(|reason| json.contains(&format!("\"reason\":\"{reason}\"")))
        };
        for record in records.iter().filter(|record| wanted(&record.json)) {
            write_record(out, record, json)?;
        }
    }
}

fn show(out: &mut dyn Write, reader: &Reader, id: &str) -> Result<(), Failure> {
    print_record(
        out,
        id,
        reader
            .record(Outlet::SetAside, id)?
            .map(|record| record.json),
    )
}

fn print_record(out: &mut dyn Write, id: &str, json: Option<String>) -> Result<(), Failure> {
    let json = json.ok_or_else(|| Failure::Usage(format!("nothing was set aside under {id}")))?;
    let value: serde_json::Value = serde_json::from_str(&json)
        .map_err(|error| Failure::Fault(format!("{id} cannot be read: {error}")))?;
    writeln!(out, "{value:#}")?;
    Ok(())
}

fn retry(out: &mut dyn Write, reader: &Reader, ids: &[String]) -> Result<(), Failure> {
    let mut unknown = Vec::new();
    for id in ids {
        if reader.retry(id)? {
            writeln!(out, "asked: {id}")?;
        } else {
            unknown.push(id.clone());
        }
    }
    known(&unknown)
}

fn known(unknown: &[String]) -> Result<(), Failure> {
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Failure::Usage(format!(
            "nothing was set aside under {}",
            unknown.join(", ")
        )))
    }
}
