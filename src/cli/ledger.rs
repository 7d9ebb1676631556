//! `dateline ledger copy`: a trial in a file becomes a deployment on a cluster, or back, without publishing anything again.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};

use super::{CommandFailure, build_runtime, wait::await_telling};
use crate::{
    config::{Config, LedgerKind},
    copy::{self, Copied, LedgerPlace},
};

/// Arguments of `ledger`.
#[derive(Debug, Args)]
pub(super) struct LedgerArgs {
    #[command(subcommand)]
    action: LedgerAction,
}

#[derive(Debug, Subcommand)]
enum LedgerAction {
    /// Copy states and records into an empty ledger: between file and cluster, to other topics, or to another partition
    /// count. No worker may run on either side
    Copy {
        /// The configuration whose ledger is copied
        #[arg(long, value_name = "CONFIG")]
        from: PathBuf,
        /// The configuration whose ledger is to be filled
        #[arg(long, value_name = "CONFIG")]
        to: PathBuf,
    },
}

pub(super) fn run_ledger_command(args: &LedgerArgs) -> Result<(), CommandFailure> {
    let LedgerAction::Copy { from, to } = &args.action;
    let (from, to) = (Config::load(from)?, Config::load(to)?);
    let copied = build_runtime()?.block_on(async {
        let copying = copy::copy_ledger(ledger_place(&from)?, ledger_place(&to)?);
        await_telling("copying", copying)
            .await
            .map_err(CommandFailure::from)
    })?;
    print_copied(&mut io::stdout().lock(), &copied)?;
    Ok(())
}

#[cfg_attr(
    feature = "kafka",
    expect(clippy::unnecessary_wraps, reason = "fails in a build without Kafka")
)]
fn ledger_place(config: &Config) -> Result<LedgerPlace<'_>, CommandFailure> {
    match config.ledger.kind {
        LedgerKind::Sqlite => Ok(LedgerPlace::File(&config.ledger.path)),
        #[cfg(feature = "kafka")]
        LedgerKind::Kafka => Ok(LedgerPlace::Cluster(&config.kafka)),
        #[cfg(not(feature = "kafka"))]
        LedgerKind::Kafka => Err(super::no_kafka()),
    }
}

fn print_copied(out: &mut impl Write, copied: &Copied) -> io::Result<()> {
    let Copied {
        sites,
        feeds,
        entries,
        marks,
        articles,
        events,
        set_aside,
    } = copied;
    writeln!(
        out,
        "copied: {articles} articles, {events} events, {set_aside} set aside (every revision, as published); \
         {feeds} feeds, {sites} sites, {entries} entries waiting, {marks} addresses seen"
    )
}
