//! `dateline set-aside`: what was not published and why; asks that it be tried again.

use std::io::{self, IsTerminal, Write};

use clap::{Args, Subcommand};

use super::{ConfigArgs, Failure, tail::write_record};
use crate::{
    config::{Config, LedgerKind},
    ledger::{LedgerError, Outlet, Position, Published, sqlite::Reader},
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
        /// Only those with this reason
        #[arg(long)]
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

pub(super) fn set_aside(args: &SetAsideArgs) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if let Action::Reasons = args.action {
        for (reason, meaning) in REASONS {
            writeln!(out, "{reason:<18}  {meaning}")?;
        }
        return Ok(());
    }
    let config = Config::load(&args.config.config)?;
    let records = match config.ledger.kind {
        LedgerKind::Sqlite => Records::File(Reader::open(&config.ledger.path)?),
        LedgerKind::Kafka => on_kafka(&config)?,
    };
    match &args.action {
        Action::List { reason, json } => {
            let json = *json || !io::stdout().is_terminal();
            list(&mut out, &records, reason.as_deref(), json)
        }
        Action::Show { id } => show(&mut out, &records, id),
        Action::Retry { ids } => retry(&mut out, &records, ids),
        Action::Reasons => Ok(()),
    }
}

/// What was set aside, wherever the ledger is.
enum Records {
    File(Reader),
    #[cfg(feature = "kafka")]
    Topic(tokio::runtime::Runtime, crate::ledger::kafka::Reader),
}

#[cfg(feature = "kafka")]
fn on_kafka(config: &Config) -> Result<Records, Failure> {
    let runtime = super::runtime()?;
    let reader = runtime.block_on(crate::ledger::kafka::Reader::open(&config.kafka))?;
    Ok(Records::Topic(runtime, reader))
}

#[cfg(not(feature = "kafka"))]
fn on_kafka(_: &Config) -> Result<Records, Failure> {
    Err(super::no_kafka())
}

impl Records {
    fn all(&self) -> Result<Vec<Published>, LedgerError> {
        match self {
            Self::File(reader) => {
                let (mut all, mut position) = (Vec::new(), Position::default());
                loop {
                    let records = reader.read(Outlet::SetAside, position, 1_000)?;
                    let Some(last) = records.last() else { return Ok(all) };
                    position = last.position;
                    all.extend(records);
                }
            }
            #[cfg(feature = "kafka")]
            Self::Topic(runtime, reader) => runtime.block_on(reader.all(Outlet::SetAside)),
        }
    }

    fn record(&self, id: &str) -> Result<Option<Published>, LedgerError> {
        match self {
            Self::File(reader) => reader.record(Outlet::SetAside, id),
            #[cfg(feature = "kafka")]
            Self::Topic(runtime, reader) => runtime.block_on(reader.record(Outlet::SetAside, id)),
        }
    }

    fn retry(&self, id: &str) -> Result<bool, LedgerError> {
        match self {
            Self::File(reader) => reader.retry(id),
            #[cfg(feature = "kafka")]
            Self::Topic(runtime, reader) => runtime.block_on(reader.retry(id)),
        }
    }
}

fn list(
    out: &mut dyn Write,
    records: &Records,
    reason: Option<&str>,
    json: bool,
) -> Result<(), Failure> {
    let wanted = |json: &str| {
        reason.is_none_or(|reason| json.contains(&format!("\"reason\":\"{reason}\"")))
    };
    for record in records.all()?.iter().filter(|record| wanted(&record.json)) {
        write_record(out, record, json)?;
    }
    Ok(())
}

fn show(out: &mut dyn Write, records: &Records, id: &str) -> Result<(), Failure> {
    let record = records.record(id)?;
    let record = record.ok_or_else(|| Failure::Usage(format!("nothing was set aside under {id}")))?;
    let value: serde_json::Value = serde_json::from_str(&record.json)
        .map_err(|error| Failure::Fault(format!("{id} cannot be read: {error}")))?;
    writeln!(out, "{value:#}")?;
    Ok(())
}

fn retry(out: &mut dyn Write, records: &Records, ids: &[String]) -> Result<(), Failure> {
    let mut unknown = Vec::new();
    for id in ids {
        if records.retry(id)? {
            writeln!(out, "asked: {id}")?;
        } else {
            unknown.push(id.as_str());
        }
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Failure::Usage(format!("nothing was set aside under {}", unknown.join(", "))))
    }
}
