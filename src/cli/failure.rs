//! Why a command ended without having done what it was asked, and what that means as an exit code.

use std::{fmt, io};

use crate::{config::Refused, ledger::LedgerError};

/// Why a command ended without having done what it was asked; each has its exit code.
#[derive(Debug)]
pub enum CommandFailure {
    /// Wrong usage or configuration: 64.
    Usage(String),
    /// What was given to read is no text: 65.
    NoText(String),
    /// A needed service is not there: 69.
    Unavailable(String),
    /// A fault of ours: 70.
    Fault(String),
    /// A panic, reported when it happened: 70.
    Panicked,
    /// The disk: 74.
    Disk(String),
    /// Another process has it: 75.
    Taken(String),
    /// Nobody reads the output any more; not worth a word: 0.
    Unread,
}

impl CommandFailure {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::NoText(_) => 65,
            Self::Unavailable(_) => 69,
            Self::Fault(_) | Self::Panicked => 70,
            Self::Disk(_) => 74,
            Self::Taken(_) => 75,
            Self::Unread => 0,
        }
    }
}

impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text)
            | Self::NoText(text)
            | Self::Unavailable(text)
            | Self::Fault(text)
            | Self::Disk(text)
            | Self::Taken(text) => f.write_str(text),
            Self::Unread | Self::Panicked => Ok(()),
        }
    }
}

impl From<Refused> for CommandFailure {
    fn from(refused: Refused) -> Self {
        Self::Usage(refused.to_string())
    }
}

impl From<LedgerError> for CommandFailure {
    fn from(error: LedgerError) -> Self {
        let text = with_causes(&error);
        match error {
            LedgerError::Taken { .. } => Self::Taken(text),
            LedgerError::Unfit { .. } => Self::Usage(text),
            LedgerError::Disk { .. } => Self::Disk(text),
            LedgerError::Unreachable { .. } => Self::Unavailable(text),
            LedgerError::Stale { .. }
            | LedgerError::TooLarge { .. }
            | LedgerError::Unreadable { .. }
            | LedgerError::Fault { .. } => Self::Fault(text),
        }
    }
}

/// Errors of reading and writing files and streams.
impl From<io::Error> for CommandFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Disk(error.to_string()),
        }
    }
}

/// An error with its causes in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
