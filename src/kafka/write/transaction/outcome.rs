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

impl Ending {
    /// What an error of a call means for the transaction; `is_dead` says that the producer is of no use any more.
    pub(in crate::kafka) fn of_error(call: &str, error: &KafkaError, is_dead: bool) -> Self {
        let detail = format!("{call}: {error}");
        let (fatal, abortable, unreachable) = match error {
            KafkaError::Transaction(error) => (
                error.is_fatal(),
                error.txn_requires_abort() || error.is_retriable(),
                error.is_retriable() || is_away(error.code()),
            ),
            _ => (false, true, false),
        };
        // A commit that failed otherwise may have been made: to abort it could lose what others read already.
        if fatal || is_dead || (call == "commit" && !abortable) {
            return Self::Lost(detail);
        }
        Self::Aborted {
            detail,
            unreachable,
        }
    }
}

/// Whether the cluster did not answer.
fn is_away(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::BrokerTransportFailure
    )
}

/// Whether a call is to be made again as it is.
pub(in crate::kafka) fn is_to_be_repeated(error: &KafkaError) -> bool {
    match error {
        KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut) => true,
        KafkaError::Transaction(error) => error.is_retriable() && !error.txn_requires_abort(),
        _ => false,
    }
}
