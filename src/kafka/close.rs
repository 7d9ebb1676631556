//! How the ledger ends: what it was given is done, what it owned is marked as left in order.

use std::time::Duration;

use super::{KafkaLedger, closing, format::records::PreparedRecords};
use crate::ledger::{LedgerError, Tenure};

/// A close that finds the cluster away gives up after this.
// What is left of a grace period belongs to the process, which would be killed after it.
const CLOSING: Duration = Duration::from_secs(8);

impl KafkaLedger {
    /// Marks what it owns as left in order, and ends.
    pub(super) async fn mark_left_and_end(&self) -> Result<(), LedgerError> {
        let marked = tokio::time::timeout(CLOSING, self.mark_clean()).await;
        self.join_threads().await;
        let away = || LedgerError::Unreachable {
            detail: "kafka did not answer at the end".to_owned(),
        };
        marked.map_err(|_| away())?
    }

    /// Writes that this worker ended as it should, for each partition it owns.
    async fn mark_clean(&self) -> Result<(), LedgerError> {
        self.shared.refuse_unless_sound()?;
        *self.shared.lock_leaving() = true;
        let mut answers = Vec::new();
        for partition in self.owned_partitions() {
            let epoch = self.shared.lock_slot(partition).epoch;
            let prepared = PreparedRecords::prepare_owner(
                partition,
                &self.shared.owner_record(partition, true),
            )?;
            // All are sent before one is waited for: they share transactions.
            let tenure = Tenure { partition, epoch };
            answers.push(self.send_batch(tenure, prepared).await?);
        }
        for answer in answers {
            match answer.await.map_err(|_| closing())? {
                // Another worker's by now: it knows that this one lives.
                Ok(()) | Err(LedgerError::Stale { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends the threads once what they were given is done, and waits until the cluster has let this member go; at most
    /// for [`CLOSING`].
    async fn join_threads(&self) {
        self.jobs.lock().take();
        self.shared.end_threads();
        let threads = std::mem::take(&mut *self.threads.lock());
        let left = self.left.lock().take();
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                drop(thread.join());
            }
            // A comparison of feed lists may hold the group longer than they do. Whoever copies the ledger next is told
            // that a worker runs for as long as the group counts one. An error is the end that is waited for.
            left.map(|left| left.recv())
        });
        if tokio::time::timeout(CLOSING, joined).await.is_err() {
            tracing::warn!("kafka is out of reach, threads are left behind");
        }
    }
}

impl Drop for KafkaLedger {
    fn drop(&mut self) {
        self.shared.end_threads();
    }
}
