//! The writing thread's producer: the first one, and the next where one is lost.

use std::time::{Duration, Instant};

use rdkafka::{consumer::Consumer, error::KafkaError, producer::Producer};

use super::{
    deliveries::create_transactional_producer,
    transaction::{AGAIN, CALL},
    writer::{BatchJob, TransactionWriter, refuse_jobs},
};
use crate::ledger::LedgerError;

impl TransactionWriter {
    /// Takes the first producer; fails where the cluster does not answer in time.
    pub(in crate::kafka) fn start_first_producer(
        &mut self,
        at_most: Duration,
    ) -> Result<(), LedgerError> {
        let begun = Instant::now();
        loop {
            let producer =
                create_transactional_producer(&self.shared, &self.shared.transactional_id)?;
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
                Err(_) => std::thread::sleep(AGAIN),
            }
        }
    }

    /// Whether an answer to `init_transactions` ends the ledger for want of a grant.
    fn ends_on_refusal(&self, error: &KafkaError) -> bool {
        self.shared.look_at_grants(error, "")
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
        while self.producer.is_none() && !self.shared.is_over() {
            let made = create_transactional_producer(&self.shared, &self.shared.transactional_id);
            match made.map(|producer| (producer.init_transactions(CALL), producer)) {
                Ok((Ok(()), producer)) => self.producer = Some(producer),
                Ok((Err(error), _)) => {
                    self.ends_on_refusal(&error);
                    tracing::debug!(%error, "init_transactions");
                }
                Err(error) => tracing::debug!(%error, "producer"),
            }
            if self.producer.is_none() {
                std::thread::sleep(AGAIN);
            }
        }
        self.group.context().restore_again();
    }
}
