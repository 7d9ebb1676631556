//! What is logged and how, as the command line says it; and how the error that ends a command is told.

use clap::{ArgAction, Args};

use super::CommandFailure;
use crate::telemetry::{self, LogFormat, LogLevel, LogStyle};

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs")]
pub(crate) struct LogArgs {
    /// How log lines and the error that ends a command are written (of `run`: text on a terminal, else json; of others:
    /// text)
    #[arg(long, global = true, value_enum, env = "DATELINE_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// Log each request, entry and decision too; twice for everything
    #[arg(long, short, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Log only what needs a person, and print no summary
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
}

impl LogArgs {
    /// Whether JSON was asked for, whatever the command.
    pub(super) fn asks_for_json(&self) -> bool {
        self.log_format == Some(LogFormat::Json)
    }

    /// Starts logging; `beside_events` where events are printed on the same terminal.
    pub(super) fn start_logging(&self, beside_events: bool) -> Result<(), CommandFailure> {
        let level = match self.verbose {
            _ if self.quiet => LogLevel::Quiet,
            0 => LogLevel::Usual,
            1 => LogLevel::Verbose,
            _ => LogLevel::Whole,
        };
        let style = LogStyle {
            format: self.log_format,
            level,
            beside_events,
        };
        telemetry::start_logging(style).map_err(|wrong| CommandFailure::Usage(wrong.to_string()))
    }

    /// Tells of the failure that ends a command: as log lines where they are JSON, one for each fault, else as text.
    pub(super) fn tell_failure(&self, failure: &CommandFailure, logs: bool) {
        let style = LogStyle {
            format: self.log_format,
            ..LogStyle::default()
        };
        let is_json = self.asks_for_json() || logs && style.chosen_format() == LogFormat::Json;
        let is_heard = tracing::enabled!(tracing::Level::ERROR);
        if !(is_json && is_heard) {
            eprintln!("dateline: {failure}");
            return;
        }
        let exit_code = failure.exit_code();
        for detail in failure.to_string().lines() {
            tracing::error!(exit_code, detail, "dateline cannot go on");
        }
    }
}
