//! The writing thread: batches that wait together share one transaction, and after an abort go one by one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use tokio::sync::oneshot;

use super::{
    deliveries::{LinkedProducer, TRANSACTION},
    transaction::{AGAIN, Transaction, outcome::Ending},
};
use crate::{
    kafka::{
        cluster::connect::MOMENT,
        format::records::PreparedRecords,
        hold::{
            rebalance::ConsumerGroup,
            shared::{ClusterShared, Hold, add_to_count},
        },
        inbox::{Came, Inbox},
    },
    ledger::{LedgerError, Tenure},
};

/// Records that share one transaction, about.
// Commits stay short, and one abort costs little.
const WRITES_AT_ONCE: usize = 2_000;
/// Bytes that share one transaction, about.
// The producer's queue holds more; the bound keeps what one abort throws away small.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;
/// After a batch has come, others that finish about now are awaited for so long.
// Those whose holders were answered together finish together again, and would each miss the other's transaction.
const WINDOW: Duration = Duration::from_millis(2);
/// Between two looks whether the ledger is over; an idle producer is polled as often, for its token.
const LOOK: Duration = Duration::from_millis(500);
/// A batch that was aborted by a rebalance is tried again so often before its holder gets the error.
// Three workers take 1 to 2 s to share partitions anew (measured).
const TRIES: u32 = 5;

/// A batch on its way.
#[derive(Debug)]
pub(in crate::kafka) struct BatchJob {
    pub(in crate::kafka) tenure: Tenure,
    pub(in crate::kafka) prepared: PreparedRecords,
    pub(in crate::kafka) reply: oneshot::Sender<Result<(), LedgerError>>,
}

/// The writing thread.
pub(in crate::kafka) struct TransactionWriter {
    pub(in crate::kafka) shared: Arc<ClusterShared>,
    pub(in crate::kafka) group: Arc<ConsumerGroup>,
    jobs: Inbox<BatchJob>,
    pub(in crate::kafka) producer: Option<LinkedProducer>,
    /// How long transactions of the next producer may last.
    pub(in crate::kafka) transaction: Duration,
}

impl TransactionWriter {
    pub(in crate::kafka) fn new(
        shared: Arc<ClusterShared>,
        group: Arc<ConsumerGroup>,
        jobs: Inbox<BatchJob>,
    ) -> Self {
        Self {
            shared,
            group,
            jobs,
            producer: None,
            transaction: TRANSACTION,
        }
    }

    /// Writes until every sender is gone or the ledger cannot go on.
    pub(in crate::kafka) fn run_until_over(mut self) {
        loop {
            match self.jobs.wait_for_message(LOOK) {
                Came::One(first) => {
                    let jobs = self.gather_jobs(first);
                    self.settle_jobs(jobs);
                }
                Came::Nothing => {
                    if let Some(producer) = &self.producer {
                        producer.poll(MOMENT);
                    }
                }
                Came::Closed => return,
            }
        }
    }

    /// The job and those that finish about when it does.
    fn gather_jobs(&mut self, first: BatchJob) -> Vec<BatchJob> {
        let until = Instant::now() + WINDOW;
        let (mut writes, mut bytes) = (first.prepared.writes.len(), first.prepared.bytes());
        let mut jobs = vec![first];
        while writes < WRITES_AT_ONCE && bytes < BYTES_AT_ONCE {
            let left = until.saturating_duration_since(Instant::now());
            let Came::One(job) = self.jobs.wait_for_message(left) else {
                break;
            };
            writes += job.prepared.writes.len();
            bytes += job.prepared.bytes();
            jobs.push(job);
        }
        jobs
    }

    /// Commits jobs together; after an abort one by one.
    fn settle_jobs(&mut self, jobs: Vec<BatchJob>) {
        if self.shared.refuse_unless_sound().is_err() {
            return self.refuse_as_unsound(jobs);
        }
        let Some(jobs) = self.commit_together(jobs) else {
            return;
        };
        for job in jobs {
            self.commit_alone(job);
        }
    }

    /// One transaction of many jobs; those that are to be tried one by one come back.
    fn commit_together(&mut self, jobs: Vec<BatchJob>) -> Option<Vec<BatchJob>> {
        if jobs.len() == 1 {
            return Some(jobs);
        }
        let (metadata, jobs) = self.still_held(jobs);
        if jobs.is_empty() {
            return None;
        }
        match self.run_transaction(metadata.as_ref(), &jobs) {
            Ending::Committed(offsets) => {
                self.apply_committed(jobs, &offsets);
                None
            }
            Ending::Aborted { detail, .. } => {
                tracing::debug!(
                    detail,
                    "transaction aborted, its batches are tried one by one"
                );
                Some(jobs)
            }
            Ending::TooLarge => Some(jobs),
            Ending::Refused => {
                self.refuse_as_unsound(jobs);
                None
            }
            Ending::Lost(detail) => {
                self.replace_lost_producer(jobs, &detail);
                None
            }
            Ending::Over => {
                refuse_jobs(jobs, ledger_over_error);
                None
            }
        }
    }

    fn commit_alone(&mut self, job: BatchJob) {
        let mut job = vec![job];
        for attempt in 1..=TRIES {
            let (metadata, held) = self.still_held(job);
            job = held;
            if job.is_empty() {
                return;
            }
            match self.run_transaction(metadata.as_ref(), &job) {
                Ending::Committed(offsets) => return self.apply_committed(job, &offsets),
                Ending::Lost(detail) => return self.replace_lost_producer(job, &detail),
                Ending::Over => return refuse_jobs(job, ledger_over_error),
                Ending::Refused => return self.refuse_as_unsound(job),
                Ending::TooLarge => {
                    let bytes = job
                        .iter()
                        .map(|job| job.prepared.largest_record_bytes())
                        .max()
                        .unwrap_or(0);
                    return refuse_jobs(job, || LedgerError::TooLarge {
                        bytes,
                        // The cluster says that it is too large, not what it takes.
                        limit: bytes.saturating_sub(1),
                    });
                }
                Ending::Aborted {
                    detail,
                    unreachable,
                } if unreachable || attempt == TRIES => {
                    return refuse_jobs(job, || LedgerError::Unreachable {
                        detail: detail.clone(),
                    });
                }
                Ending::Aborted { .. } => std::thread::sleep(AGAIN),
            }
        }
    }

    /// The group's metadata FIRST, then who still owns what: a later generation cannot slip into a transaction that
    /// is built on older ownership. Jobs of partitions that changed hands are refused.
    fn still_held(&self, jobs: Vec<BatchJob>) -> (Option<ConsumerGroupMetadata>, Vec<BatchJob>) {
        let metadata = self.group.group_metadata();
        let (held, stale): (Vec<BatchJob>, Vec<BatchJob>) = jobs
            .into_iter()
            .partition(|job| self.shared.holds_tenure(job.tenure));
        for job in stale {
            let partition = job.tenure.partition;
            refuse_jobs(vec![job], || LedgerError::Stale { partition });
        }
        (metadata, held)
    }

    fn run_transaction(
        &mut self,
        metadata: Option<&ConsumerGroupMetadata>,
        jobs: &[BatchJob],
    ) -> Ending {
        let begun = Instant::now();
        let (Some(producer), Some(metadata)) = (&self.producer, metadata) else {
            return Ending::Lost("no producer".to_owned());
        };
        let ending = Transaction {
            shared: &self.shared,
            producer,
        }
        .run_transaction(metadata, jobs);
        self.look_at_time(&ending, begun);
        let count = match &ending {
            Ending::Committed(_) => &self.shared.counts.committed,
            Ending::Lost(_) => &self.shared.counts.fenced,
            _ => &self.shared.counts.aborted,
        };
        add_to_count(count, 1);
        add_to_count(
            &self.shared.counts.commit_us,
            u64::try_from(begun.elapsed().as_micros()).unwrap_or(0),
        );
        ending
    }

    /// Refuses jobs with the reason why the ledger cannot go on.
    fn refuse_as_unsound(&self, jobs: Vec<BatchJob>) {
        refuse_jobs(jobs, || {
            self.shared
                .refuse_unless_sound()
                .err()
                .unwrap_or_else(ledger_over_error)
        });
    }

    /// Memory follows the log.
    fn apply_committed(&self, jobs: Vec<BatchJob>, offsets: &[Vec<i64>]) {
        self.shared.connection.link_state().mark_up();
        for (job, offsets) in jobs.into_iter().zip(offsets) {
            let mut slot = self.shared.lock_slot(job.tenure.partition);
            if slot.epoch == job.tenure.epoch
                && let Hold::Owned(partition) = &mut slot.hold
            {
                partition.apply_effects(&job.prepared.effects, offsets);
            }
            drop(slot);
            self.announce_posts(&job.prepared, offsets);
            // Whoever asked may be gone: the batch is committed all the same.
            drop(job.reply.send(Ok(())));
        }
        self.shared.tell_freed();
    }

    /// Entries that were posted to partitions of our own are there at once.
    fn announce_posts(&self, prepared: &PreparedRecords, offsets: &[i64]) {
        for (post, at) in &prepared.effects.posts {
            let mut slot = self
                .shared
                .lock_slot(self.shared.home_partition(&post.site));
            let Hold::Owned(partition) = &mut slot.hold else {
                continue;
            };
            let news =
                partition.enter_post(post.id, &post.site, post.waiting.clone(), offsets[*at]);
            drop(slot);
            if news {
                self.shared.changes.mark_sites([post.site.clone()]);
            }
        }
    }
}

fn ledger_over_error() -> LedgerError {
    LedgerError::Unreachable {
        detail: "the ledger is being closed".to_owned(),
    }
}

pub(in crate::kafka) fn refuse_jobs(jobs: Vec<BatchJob>, error: impl Fn() -> LedgerError) {
    for job in jobs {
        // Whoever asked may be gone.
        drop(job.reply.send(Err(error())));
    }
}
