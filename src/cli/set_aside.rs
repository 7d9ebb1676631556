//! `dateline set-aside`: what was not published and why; asks that it be tried again.

use std::io::{self, IsTerminal, Write};

use clap::{Args, Subcommand};

use super::{
    CommandFailure, ConfigArgs,
    tail::{tell_where_silent, write_record},
};
use crate::{
    config::{Config, LedgerKind},
    ledger::{Outlet, Position},
    set_aside::SetAsideReason,
    sqlite::SqliteReader,
};

/// Arguments of `set-aside`.
#[derive(Debug, Args)]
pub(super) struct SetAsideArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: SetAsideAction,
}

#[derive(Debug, Subcommand)]
enum SetAsideAction {
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
    if SetAsideReason::parse(text).is_some() {
        return Ok(text.to_owned());
    }
    let known = SetAsideReason::ALL.map(SetAsideReason::as_str);
    Err(format!("none of {}", known.join(", ")))
}

pub(super) fn set_aside(args: &SetAsideArgs) -> Result<(), CommandFailure> {
    let mut out = io::stdout().lock();
    if let SetAsideAction::Reasons = args.action {
        for reason in SetAsideReason::ALL {
            writeln!(out, "{:<18}  {}", reason.as_str(), reason.meaning())?;
        }
        return Ok(());
    }
    let config = Config::load(&args.config.config)?;
    let reader = match config.ledger.kind {
        LedgerKind::Sqlite => SqliteReader::open(&config.ledger.path)?,
        LedgerKind::Kafka => {
            drop(out);
            return on_kafka(&config, &args.action);
        }
    };
    match &args.action {
        SetAsideAction::List { reason, json } => list_records(
            &mut out,
            &reader,
            reason.as_deref(),
            *json || !io::stdout().is_terminal(),
        ),
        SetAsideAction::Show { id } => show_record(&mut out, &reader, id),
        SetAsideAction::Retry { ids } => request_retries(&mut out, &reader, ids),
        SetAsideAction::Reasons => Ok(()),
    }
}

#[cfg(feature = "kafka")]
fn on_kafka(config: &Config, action: &SetAsideAction) -> Result<(), CommandFailure> {
    use super::kafka;
    match action {
        SetAsideAction::List { reason, json } => kafka::list_set_aside(
            &config.kafka,
            reason.as_deref(),
            *json || !io::stdout().is_terminal(),
        ),
        SetAsideAction::Show { id } => print_record(
            &mut io::stdout().lock(),
            id,
            kafka::find_set_aside(&config.kafka, id)?,
        ),
        SetAsideAction::Retry { ids } => {
            refuse_unknown(&kafka::request_retries(&config.kafka, ids)?)
        }
        SetAsideAction::Reasons => Ok(()),
    }
}

#[cfg(not(feature = "kafka"))]
fn on_kafka(_: &Config, _: &SetAsideAction) -> Result<(), CommandFailure> {
    Err(super::no_kafka())
}

fn list_records(
    out: &mut dyn Write,
    reader: &SqliteReader,
    reason: Option<&str>,
    json: bool,
) -> Result<(), CommandFailure> {
    let mut position = Position::default();
    let mut is_silent = true;
    loop {
        let records = reader.read_after(Outlet::SetAside, position, 1_000)?;
        let Some(last) = records.last() else {
            tell_where_silent(Outlet::SetAside, is_silent);
            return Ok(());
        };
        position = last.position;
        let wanted = |json: &str| {
            reason.is_none_or(|reason| json.contains(&format!("\"reason\":\"{reason}\"")))
        };
        for record in records.iter().filter(|record| wanted(&record.json)) {
            write_record(out, record, json)?;
            is_silent = false;
        }
    }
}

fn show_record(out: &mut dyn Write, reader: &SqliteReader, id: &str) -> Result<(), CommandFailure> {
    print_record(
        out,
        id,
        reader
            .find_record(Outlet::SetAside, id)?
            .map(|record| record.json),
    )
}

fn print_record(out: &mut dyn Write, id: &str, json: Option<String>) -> Result<(), CommandFailure> {
    let json =
        json.ok_or_else(|| CommandFailure::Usage(format!("nothing was set aside under {id}")))?;
    let value: serde_json::Value = serde_json::from_str(&json)
        .map_err(|error| CommandFailure::Fault(format!("{id} cannot be read: {error}")))?;
    writeln!(out, "{value:#}")?;
    Ok(())
}

fn request_retries(
    out: &mut dyn Write,
    reader: &SqliteReader,
    ids: &[String],
) -> Result<(), CommandFailure> {
    let mut unknown = Vec::new();
    for id in ids {
        if reader.request_retry(id)? {
            writeln!(out, "asked: {id}")?;
        } else {
            unknown.push(id.clone());
        }
    }
    refuse_unknown(&unknown)
}

fn refuse_unknown(unknown: &[String]) -> Result<(), CommandFailure> {
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(CommandFailure::Usage(format!(
            "nothing was set aside under {}",
            unknown.join(", ")
        )))
    }
}
