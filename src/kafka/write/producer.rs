//! The writing thread's producer: the first one, and the next where one is lost.

use std::time::{Duration, Instant};

use rdkafka::{consumer::Consumer, error::KafkaError, producer::Producer};

use super::{
    deliveries::{LONG_TRANSACTION, LinkedProducer, TRANSACTION, create_transactional_producer},
    transaction::{
        AGAIN, CALL,
        outcome::{Ending, is_to_be_repeated},
    },
    writer::{BatchJob, TransactionWriter, refuse_jobs},
};
use crate::ledger::LedgerError;

/// One producer is asked so long to take its turn; then another one is made.
// At a round trip of two seconds a turn takes some ten; one that waits for a coordinator that is gone would wait for ever.
const ONE_PRODUCER: Duration = Duration::from_secs(30);

impl TransactionWriter {
    /// Takes the first producer; fails where the cluster does not answer in time.
    pub(in crate::kafka) fn start_first_producer(
        &mut self,
        at_most: Duration,
    ) -> Result<(), LedgerError> {
        let begun = Instant::now();
        let mut producer = self.create_next_producer()?;
        loop {
            let left = at_most
                .saturating_sub(begun.elapsed())
                .min(CALL)
                .max(Duration::from_secs(1));
            match producer.init_transactions(left) {
                Ok(()) => {
                    self.producer = Some(producer);
                    return Ok(());
                }
                Err(error) if self.ends_on_refusal(&error) => {
                    return self.shared.refuse_unless_sound();
                }
                Err(error) if begun.elapsed() >= at_most => {
                    let connection = &self.shared.connection;
                    return Err(connection.unreachable_for(begun.elapsed(), &error));
                }
                Err(error) => {
                    std::thread::sleep(AGAIN);
                    // Serves a token that must be shown anew, among others.
                    producer.poll(Duration::ZERO);
                    if !is_to_be_repeated(&error) {
                        producer = self.create_next_producer()?;
                    }
                }
            }
        }
    }

    fn create_next_producer(&self) -> Result<LinkedProducer, LedgerError> {
        let id = &self.shared.transactional_id;
        create_transactional_producer(&self.shared, id, self.transaction)
    }

    /// Whether an answer to `init_transactions` ends the ledger for want of a grant.
    fn ends_on_refusal(&self, error: &KafkaError) -> bool {
        self.shared.look_at_grants(error, "")
    }

    /// Gives later transactions longer where one was lost that outlived its time: this worker is slow, or the way to the
    /// cluster is.
    pub(in crate::kafka) fn look_at_time(&mut self, ending: &Ending, begun: Instant) {
        if matches!(ending, Ending::Lost(_)) && begun.elapsed() >= TRANSACTION {
            self.transaction = LONG_TRANSACTION;
        }
    }

    /// Nobody knows whether it was committed, or the producer was fenced: a new producer, and all that is owned is
    /// read again. Being fenced does not prove another owner; a transaction that outlived its timeout ends so too.
    pub(in crate::kafka) fn replace_lost_producer(&mut self, jobs: Vec<BatchJob>, detail: &str) {
        tracing::warn!(detail, "producer lost, state is read again");
        for job in jobs {
            let partition = job.tenure.partition;
            refuse_jobs(vec![job], || LedgerError::Stale { partition });
        }
        self.producer = None;
        if self.shared.named {
            // Where another process took the instance name, the group says so within a heartbeat.
            std::thread::sleep(Duration::from_millis(1_500));
        }
        let (mut next, mut made) = (None, Instant::now());
        while self.producer.is_none() && !self.shared.is_over() {
            let producer = next.take().map_or_else(
                || {
                    made = Instant::now();
                    self.create_next_producer()
                },
                Ok,
            );
            match producer {
                Ok(producer) => {
                    let waiting = self.take_producer(producer);
                    next = waiting.filter(|_| made.elapsed() < ONE_PRODUCER);
                }
                Err(error) => tracing::debug!(%error, "producer"),
            }
            if self.producer.is_none() {
                std::thread::sleep(AGAIN);
            }
        }
        self.group.context().restore_again();
    }

    /// Takes a producer once the cluster has given it its turn. It comes back where the call is to be made again: one
    /// that timed out goes on where it was, and on a slow cluster no new producer would come any further.
    fn take_producer(&mut self, producer: LinkedProducer) -> Option<LinkedProducer> {
        let Err(error) = producer.init_transactions(CALL) else {
            self.producer = Some(producer);
            return None;
        };
        self.ends_on_refusal(&error);
        tracing::debug!(%error, "init_transactions");
        // Serves a token that must be shown anew, among others.
        producer.poll(Duration::ZERO);
        is_to_be_repeated(&error).then_some(producer)
    }
}
