//! The command line: one function a command, and what each failure means as an exit code.

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::telemetry;

mod article;
mod check;
mod demo;
mod events;
mod face;
mod failure;
mod feed;
mod feeds;
mod found;
mod health;
mod init;
pub mod jsonl;
#[cfg(feature = "kafka")]
mod kafka;
mod ledger;
mod load;
mod log;
mod manual;
mod one;
mod parse;
mod places;
mod print;
mod run;
mod schema;
mod set_aside;
mod table;
mod tail;
mod unread;
mod wait;
mod wiring;

pub use failure::CommandFailure;
pub(crate) use failure::with_causes;

/// News feeds in, structured events out: who did what to whom, where and when.
#[derive(Debug, Parser)]
#[command(name = "dateline", version = describe_version(), disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    log: log::LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write dateline.toml and feeds.toml with a comment for every option
    Init(init::InitArgs),
    /// Run the worker
    Run(run::RunArgs),
    /// Run the worker against a built-in news site: no network, no configuration
    Demo(demo::DemoArgs),
    /// Check the configuration and list every fault
    Check(check::CheckArgs),
    /// List the feeds with their health; add, import and export them
    Feeds(feeds::FeedsArgs),
    /// Show what a feed lists
    Feed(feed::FeedArgs),
    /// Show an article without what is not the story
    Article(article::ArticleArgs),
    /// Show the events of a story
    Events(events::EventsArgs),
    /// Parse text to CoNLL-U
    Parse(ParseArgs),
    /// Read what was published
    Tail(tail::TailArgs),
    /// What was not published and why
    SetAside(set_aside::SetAsideArgs),
    /// Copy a ledger to another kind, place or partition count
    Ledger(ledger::LedgerArgs),
    /// Print the schema of a record
    Schema(schema::SchemaArgs),
    /// Ask a running worker whether it is ready: exit 0, or 69 with the reason
    Health(health::HealthArgs),
    /// Print the completions of a shell
    Completions(manual::CompletionsArgs),
    /// Write the manual pages to a folder
    Man(manual::ManArgs),
    /// The cluster: what it must have for a ledger on it
    #[cfg(feature = "kafka")]
    Kafka(kafka::KafkaArgs),
}

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "DATELINE_CONFIG",
        default_value = "dateline.toml"
    )]
    pub(crate) config: PathBuf,
}

/// Arguments of `parse`.
#[derive(Debug, Args)]
struct ParseArgs {
    /// A file, or - for standard input
    #[arg(value_name = "FILE|-")]
    source: String,
    /// The input is CoNLL-U: its sentences, tokens and features are kept; lemmas, tags, heads and relations are
    /// replaced, enhanced dependencies dropped
    #[arg(long)]
    conllu: bool,
}

/// The version, the commit it was built from where the build names it (`make install` and `make dist` do), and what is
/// compiled in.
fn describe_version() -> String {
    let with = |is_in: bool| if is_in { "with" } else { "without" };
    let kafka = with(cfg!(feature = "kafka"));
    let parquet = with(cfg!(feature = "parquet"));
    let commit = option_env!("DATELINE_COMMIT").map(|commit| format!("commit {commit}, "));
    let commit = commit.unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    format!("{version} ({commit}{kafka} Kafka, {parquet} Parquet)")
}

/// Reads the command line, does what it asks and returns the exit code.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed to stdout; a closed pipe is no fault.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    panic::set_hook(Box::new(|panicked| {
        eprintln!("dateline: {}", telemetry::panic_line(panicked));
    }));
    let logs = cli.log.asks_for_json() || matches!(cli.command, Command::Run(_));
    match guard_panics(|| dispatch_command(cli.command, &cli.log)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, CommandFailure::Unread | CommandFailure::Panicked) {
                cli.log.tell_failure(&failure, logs);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Does what a command does; a panic, which the hook has reported, is a failure like others.
fn guard_panics(work: impl FnOnce() -> Result<(), CommandFailure>) -> Result<(), CommandFailure> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(CommandFailure::Panicked))
}

fn dispatch_command(command: Command, log: &log::LogArgs) -> Result<(), CommandFailure> {
    if log.asks_for_json() {
        log.start_logging(false)?;
    }
    match command {
        Command::Init(args) => init::write_config(&args),
        Command::Run(args) => run::run_command(&args, log),
        Command::Demo(args) => demo::run_demo(&args, log),
        Command::Check(args) => check::check_configuration(&args),
        Command::Feeds(args) => feeds::feeds(&args),
        Command::Feed(args) => feed::show_feed(&args),
        Command::Article(args) => article::show_article(&args),
        Command::Events(args) => events::show_events(&args),
        Command::Parse(args) => parse_text(&args),
        Command::Tail(args) => tail::tail_outlet(&args),
        Command::SetAside(args) => set_aside::set_aside(&args),
        Command::Ledger(args) => ledger::run_ledger_command(&args),
        Command::Schema(args) => schema::print_schema(&args),
        Command::Health(args) => health::health(&args),
        Command::Completions(args) => manual::print_completions(&args, Cli::command()),
        Command::Man(args) => manual::write_pages(&args, Cli::command()),
        #[cfg(feature = "kafka")]
        Command::Kafka(args) => kafka::run_kafka_command(&args),
    }
}

fn parse_text(args: &ParseArgs) -> Result<(), CommandFailure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    Ok(parse::parse_source(&args.source, args.conllu, &mut out)?)
}

/// What a command says that this build cannot do for want of Kafka.
#[cfg(not(feature = "kafka"))]
pub(crate) fn no_kafka() -> CommandFailure {
    CommandFailure::Usage(
        "ledger.kind: this build is without Kafka; build it with the feature `kafka`".to_owned(),
    )
}

/// The runtime of a command that waits for the network.
pub(crate) fn build_runtime() -> Result<tokio::runtime::Runtime, CommandFailure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandFailure::Fault(format!("no threads to run on: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_a_command_is_a_fault_of_ours_with_its_exit_code() {
        let ended = guard_panics(|| panic!("a command of a test\nsays so"));
        assert_eq!(ended.map_err(|failure| failure.exit_code()), Err(70));
        assert!(guard_panics(|| Ok(())).is_ok());
    }
}
