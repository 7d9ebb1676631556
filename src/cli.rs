//! The command line: one function a command, and what each failure means as an exit code.

use std::{fmt, io, process::ExitCode};

use clap::{Parser, Subcommand};

pub mod article;
pub mod jsonl;

/// News feeds in, structured events out: who did what to whom, where and when.
#[derive(Debug, Parser)]
#[command(name = "dateline", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show an article without what is not the story
    Article(article::ArticleArgs),
}

/// Why a command ended without having done what it was asked; each has its exit code.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage or configuration: 64.
    Usage(String),
    /// A needed service is not there: 69.
    Unavailable(String),
    /// A fault of ours: 70.
    Fault(String),
    /// The disk: 74.
    Disk(String),
    /// Another process has it: 75.
    Taken(String),
    /// Nobody reads the output any more; not worth a word: 0.
    Unread,
}

impl Failure {
    /// The exit code, after `sysexits.h`.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Unavailable(_) => 69,
            Self::Fault(_) => 70,
            Self::Disk(_) => 74,
            Self::Taken(_) => 75,
            Self::Unread => 0,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text)
            | Self::Unavailable(text)
            | Self::Fault(text)
            | Self::Disk(text)
            | Self::Taken(text) => f.write_str(text),
            Self::Unread => Ok(()),
        }
    }
}

/// Errors of reading and writing files and streams.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Disk(error.to_string()),
        }
    }
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
    let Command::Article(args) = cli.command;
    match article::article(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Unread) {
                eprintln!("dateline: {failure}");
            }
            ExitCode::from(failure.code())
        }
    }
}
