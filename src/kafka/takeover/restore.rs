//! Taking partitions over: waiting until nothing open is left before them, reading them, saying whose they are.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rdkafka::{consumer::BaseConsumer, error::KafkaError};
use tokio::sync::mpsc;

use super::{dead_workers::GRACE, owner::Declared};
use crate::{
    kafka::{
        cluster::{
            connect::{Isolation, serve_idle_consumer},
            link::ClusterLink,
        },
        format::names::Topic,
        hold::{
            partition::Partition,
            shared::{ClusterShared, Hold, add_to_count},
        },
        read::{
            follow::Follow,
            log_ends::{LogEnds, has_come_to, read_log_ends},
            scan::{Log, PartitionReading, Readings},
        },
        write::writer::BatchJob,
    },
    ledger::{LedgerError, Tenure},
};

/// Between two looks at the last stable offset.
const LOOK: Duration = Duration::from_millis(25);
/// Pause after an error before a restore is tried again.
// What fails here mostly passes when a partition has a new leader.
const AGAIN: Duration = Duration::from_millis(100);
/// One poll while reading.
const POLL: Duration = Duration::from_millis(100);

/// The restoring thread.
pub(in crate::kafka) struct Restorer {
    pub(in crate::kafka) shared: Arc<ClusterShared>,
    pub(in crate::kafka) jobs: mpsc::Sender<BatchJob>,
    pub(in crate::kafka) follow: SyncSender<Follow>,
    pub(in crate::kafka) committed: BaseConsumer<ClusterLink>,
    pub(in crate::kafka) uncommitted: BaseConsumer<ClusterLink>,
    /// Partitions of which the log says that suspects are not tried yet.
    pub(in crate::kafka) untried: Vec<Tenure>,
}

/// A partition that was assigned.
#[derive(Debug, Clone, Copy)]
pub(in crate::kafka) struct Assigned {
    pub(in crate::kafka) tenure: Tenure,
    since: Instant,
}

/// A partition that is to be restored.
#[derive(Debug)]
pub(in crate::kafka) struct Awaited {
    pub(in crate::kafka) assigned: Assigned,
    /// Its ends when it was assigned, by topic: what stood open before them must be over. `None` until they are known.
    ends: Option<LogEnds>,
    /// When the last owner's transaction is ended next, if it is still open.
    pub(in crate::kafka) fence: Instant,
}

impl Restorer {
    /// Opens its two readers: one sees what is committed, one how far the logs go.
    pub(in crate::kafka) fn new(
        shared: Arc<ClusterShared>,
        jobs: mpsc::Sender<BatchJob>,
        follow: SyncSender<Follow>,
    ) -> Result<Self, LedgerError> {
        let committed = shared.connection.open_reader(Isolation::Committed)?;
        let uncommitted = shared.connection.open_reader(Isolation::Uncommitted)?;
        Ok(Self {
            shared,
            jobs,
            follow,
            committed,
            uncommitted,
            untried: Vec::new(),
        })
    }

    /// Restores what is assigned until the ledger is over. Partitions before which nothing is open do not wait for
    /// one that has to.
    pub(in crate::kafka) fn run_until_over(mut self, assigned: &Receiver<Vec<Tenure>>) {
        let mut awaited: Vec<Awaited> = Vec::new();
        while !self.shared.is_over() {
            let pause = if awaited.is_empty() { POLL } else { LOOK };
            match assigned.recv_timeout(pause) {
                Ok(tenures) => {
                    let all = tenures.into_iter().chain(assigned.try_iter().flatten());
                    let since = Instant::now();
                    awaited.extend(all.map(|tenure| Awaited {
                        assigned: Assigned { tenure, since },
                        ends: None,
                        fence: since + GRACE,
                    }));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            awaited.retain(|awaited| self.shared.is_restoring(awaited.assigned.tenure));
            self.tell_tried();
            if awaited.is_empty() {
                serve_idle_consumer(&self.committed);
                serve_idle_consumer(&self.uncommitted);
                continue;
            }
            if let Err(error) = self.restore_what_can_be(&mut awaited) {
                tracing::debug!(%error, "restore, tried again");
                std::thread::sleep(AGAIN);
            }
        }
    }

    /// Restores what can be, and ends the transactions of the dead before the rest.
    fn restore_what_can_be(&mut self, awaited: &mut [Awaited]) -> Result<(), KafkaError> {
        let (ready, open) = self.split_off_stable(awaited)?;
        let restored = if ready.is_empty() {
            Ok(())
        } else {
            self.try_restore(&ready)
        };
        if !ready.is_empty() && restored.is_ok() {
            self.shared.set_restored();
        }
        self.fence_dead(awaited, &open)?;
        restored
    }

    /// Those before which every transaction is over that stood open at the assignment, and those that must wait.
    fn split_off_stable(
        &self,
        awaited: &mut [Awaited],
    ) -> Result<(Vec<Assigned>, BTreeSet<u32>), KafkaError> {
        let new: BTreeSet<u32> = awaited
            .iter()
            .filter(|awaited| awaited.ends.is_none())
            .map(Awaited::partition_number)
            .collect();
        if !new.is_empty() {
            // Of all records: what a transaction that is still open has written counts too.
            let mut ends = read_log_ends(&self.uncommitted, &self.shared, &new)?;
            for awaited in awaited.iter_mut() {
                let found = ends.remove(&awaited.partition_number());
                awaited.ends = awaited.ends.take().or(found);
            }
        }
        let all = awaited.iter().map(Awaited::partition_number);
        let stable = read_log_ends(&self.committed, &self.shared, &all.collect())?;
        let (mut ready, mut open) = (Vec::new(), BTreeSet::new());
        for awaited in awaited.iter() {
            let now = stable.get(&awaited.partition_number());
            // Ends with ends: markers of transactions lie behind the last record, whose offset never reaches the end.
            match (&awaited.ends, now) {
                (Some(ends), Some(now)) if has_come_to(ends, now) => ready.push(awaited.assigned),
                _ => drop(open.insert(awaited.partition_number())),
            }
        }
        Ok((ready, open))
    }

    pub(in crate::kafka) fn log(&self) -> Log<'_> {
        Log {
            shared: &self.shared,
        }
    }

    fn try_restore(&mut self, ready: &[Assigned]) -> Result<(), KafkaError> {
        let readings = self.read_states(ready)?;
        let mut done = Ok(());
        for (assigned, partition, answer) in self.declare_all(ready, readings) {
            if answer.wait_until_declared() {
                self.take_over(assigned, partition);
            } else {
                // Tried again where the partition is still to be restored; the others go on meanwhile.
                done = Err(KafkaError::Canceled);
            }
        }
        done
    }

    fn read_states(&self, ready: &[Assigned]) -> Result<Readings, KafkaError> {
        let mut readings: Readings = ready
            .iter()
            .map(|assigned| (assigned.tenure.partition, PartitionReading::default()))
            .collect();
        for topic in Topic::STATE {
            self.log()
                .read_partitions(&self.committed, topic, &mut readings)?;
        }
        Ok(readings)
    }

    /// Says of each partition that it is this worker's, after a look at what its last owner may have left. All are
    /// declared before one is waited for: one transaction takes them together.
    fn declare_all(
        &mut self,
        ready: &[Assigned],
        mut readings: Readings,
    ) -> Vec<(Assigned, Partition, Declared)> {
        let now = Timestamp::now();
        let alive = self.list_members().unwrap_or_default();
        let own = alive.get(&self.shared.transactional_id);
        self.shared.lock_member_id().clone_from(&own.cloned());
        let mut declared = Vec::new();
        for assigned in ready {
            let tenure = assigned.tenure;
            let Some(mut reading) = readings.remove(&tenure.partition) else {
                continue;
            };
            if let Some(detail) = &reading.unreadable {
                self.shared.stop_partition(tenure, detail);
                continue;
            }
            reading.partition.settle_down(now);
            let before = self.judge_last_owner(reading.owner.as_ref(), &alive);
            if !before.is_clean {
                self.suspect_entries(tenure, &reading.partition, now);
            }
            let answer = if before.is_ours {
                Declared::Stands
            } else {
                self.declare_owner(tenure)
            };
            declared.push((*assigned, reading.partition, answer));
        }
        declared
    }

    /// The partition is this worker's, now that a record says so.
    fn take_over(&mut self, assigned: Assigned, partition: Partition) {
        let Assigned { tenure, since } = assigned;
        let (sites, position) = (partition.sites_waiting(), partition.position);
        let mut slot = self.shared.lock_slot(tenure.partition);
        if slot.epoch != tenure.epoch || !matches!(slot.hold, Hold::Restoring) {
            return;
        }
        slot.hold = Hold::Owned(Box::new(partition));
        drop(slot);
        let suspects = self.shared.suspects.left_in(tenure.partition);
        if suspects > 0 {
            self.untried.push(tenure);
        }
        // The follower lives until the ledger is over.
        self.follow.send(Follow { tenure, position }).ok();
        self.shared.changes.mark_ownership();
        self.shared.changes.mark_sites(sites);
        let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        add_to_count(&self.shared.counts.restores, 1);
        add_to_count(&self.shared.counts.restore_ms, ms);
        tracing::info!(
            partition = tenure.partition,
            suspects,
            ms,
            "partition restored"
        );
    }
}

impl Awaited {
    pub(in crate::kafka) fn partition_number(&self) -> u32 {
        self.assigned.tenure.partition
    }
}
