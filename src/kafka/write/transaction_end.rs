//! How a transaction ends, and which errors of the cluster are no end.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// How a transaction ended.
#[derive(Debug)]
pub(in crate::kafka) enum Ending {
    /// Committed; offsets by job and write.
    Committed(Vec<Vec<i64>>),
    /// Certainly not committed; the producer goes on.
    Aborted { detail: String, unreachable: bool },
    /// A record that the cluster will not take.
    TooLarge,
    /// Certainly not committed, and for want of a grant never will be; the ledger is halted.
    Refused,
    /// Perhaps committed, or the producer is of no use any more.
    Lost(String),
    /// The ledger is being closed in the middle of it.
    Over,
}

/// Whether a call is to be made again as it is.
pub(in crate::kafka) fn is_to_be_repeated(error: &KafkaError) -> bool {
    match error {
        KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut) => true,
        KafkaError::Transaction(error) => error.is_retriable() && !error.txn_requires_abort(),
        _ => false,
    }
}
