//! Why a ledger refuses.

use std::io;

use thiserror::Error;

/// Why the ledger could not do as asked.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The partition has changed hands since the tenure was given: drop the batch, its new owner does the work.
    #[error("partition {partition} has another owner by now")]
    Stale {
        /// The partition.
        partition: u32,
    },
    /// A record that no outlet can take; set the entry aside with this detail.
    #[error("record of {bytes} bytes is larger than the {limit} an outlet takes")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// Out of reach; nothing was committed, try the same batch again later.
    #[error("ledger out of reach: {detail}")]
    Unreachable {
        /// What was said.
        detail: String,
    },
    /// Another process runs on this ledger or under this instance name (exit 75).
    #[error("{detail}")]
    Taken {
        /// Who or what.
        detail: String,
    },
    /// The ledger or its settings are not what this version can use (exit 64).
    #[error("{detail}")]
    Unfit {
        /// What is wrong and what mends it.
        detail: String,
    },
    /// The disk is full, read-only or broken (exit 74).
    #[error("{what}")]
    Disk {
        /// What was being done.
        what: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// A record of ours that cannot be read back: what it belongs to cannot go on (exit 70 where that is a command).
    #[error("{detail}")]
    Unreadable {
        /// Which, and why.
        detail: String,
    },
    /// A fault of ours (exit 70).
    #[error("{detail}")]
    Fault {
        /// What was found.
        detail: String,
    },
}
