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
use tokio::sync::{mpsc, oneshot};

use super::{
    connect::serve,
    dead::GRACE,
    ends::{Ends, ends, has_come_to},
    link::Link,
    live::Follow,
    names::Topic,
    reading::{Log, Reading, Readings},
    records::{OwnerRecord, Prepared, VERSION},
    shared::{Hold, Shared, add},
    writer::Job,
};
use crate::ledger::{LedgerError, Tenure};

/// Between two looks at the last stable offset.
const LOOK: Duration = Duration::from_millis(25);
/// Pause after an error before a restore is tried again.
const AGAIN: Duration = Duration::from_millis(100);
/// One poll while reading.
const POLL: Duration = Duration::from_millis(100);

/// The restoring thread.
pub(super) struct Restorer {
    pub(super) shared: Arc<Shared>,
    pub(super) jobs: mpsc::Sender<Job>,
    pub(super) follow: SyncSender<Follow>,
    pub(super) committed: BaseConsumer<Link>,
    pub(super) uncommitted: BaseConsumer<Link>,
}

/// A partition that is to be restored.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) tenure: Tenure,
    /// Its ends when it was assigned, by topic: what stood open before them must be over. `None` until they are known.
    ends: Option<Ends>,
    /// When the last owner's transaction is ended next, if it still stands open.
    pub(super) fence: Instant,
}

impl Restorer {
    /// Restores what is assigned until the ledger is over. Partitions before which nothing stands open do not wait for
    /// one that has to.
    pub(super) fn run(self, assigned: &Receiver<Vec<Tenure>>) {
        let mut awaited: Vec<Awaited> = Vec::new();
        while !self.shared.is_over() {
            let pause = if awaited.is_empty() { POLL } else { LOOK };
            match assigned.recv_timeout(pause) {
                Ok(tenures) => {
                    let all = tenures.into_iter().chain(assigned.try_iter().flatten());
                    let fence = Instant::now() + GRACE;
                    awaited.extend(all.map(|tenure| Awaited {
                        tenure,
                        ends: None,
                        fence,
                    }));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            awaited.retain(|awaited| self.shared.is_restoring(awaited.tenure));
            if awaited.is_empty() {
                serve(&self.committed);
                serve(&self.uncommitted);
                continue;
            }
            if let Err(error) = self.look(&mut awaited) {
                tracing::debug!(%error, "restore, tried again");
                std::thread::sleep(AGAIN);
            }
        }
    }

    /// Restores what can be, and ends the transactions of the dead before the rest.
    fn look(&self, awaited: &mut [Awaited]) -> Result<(), KafkaError> {
        let begun = Instant::now();
        let (ready, open) = self.stable(awaited)?;
        let restored = if ready.is_empty() {
            Ok(())
        } else {
            self.try_restore(&ready)
        };
        if !ready.is_empty() && restored.is_ok() {
            let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            add(&self.shared.counts.restore_ms, ms);
            self.shared.set_restored();
        }
        self.fence(awaited, &open)?;
        restored
    }

    /// Those before which every transaction is over that stood open at the assignment, and those that must wait.
    fn stable(&self, awaited: &mut [Awaited]) -> Result<(Vec<Tenure>, BTreeSet<u32>), KafkaError> {
        let new: BTreeSet<u32> = awaited
            .iter()
            .filter(|awaited| awaited.ends.is_none())
            .map(|awaited| awaited.tenure.partition)
            .collect();
        if !new.is_empty() {
            let mut ends = ends(&self.uncommitted, &self.shared, &new)?;
            for awaited in awaited.iter_mut() {
                let found = ends.remove(&awaited.tenure.partition);
                awaited.ends = awaited.ends.take().or(found);
            }
        }
        let all = awaited.iter().map(|awaited| awaited.tenure.partition);
        let stable = ends(&self.committed, &self.shared, &all.collect())?;
        let (mut ready, mut open) = (Vec::new(), BTreeSet::new());
        for awaited in awaited.iter() {
            let now = stable.get(&awaited.tenure.partition);
            match (&awaited.ends, now) {
                (Some(ends), Some(now)) if has_come_to(ends, now) => ready.push(awaited.tenure),
                _ => drop(open.insert(awaited.tenure.partition)),
            }
        }
        Ok((ready, open))
    }

    pub(super) fn log(&self) -> Log<'_> {
        Log {
            shared: &self.shared,
        }
    }

    fn try_restore(&self, tenures: &[Tenure]) -> Result<(), KafkaError> {
        let now = Timestamp::now();
        let mut readings: Readings = tenures
            .iter()
            .map(|tenure| (tenure.partition, Reading::default()))
            .collect();
        for topic in Topic::STATE {
            self.log().read(&self.committed, topic, &mut readings)?;
        }
        let alive = self.members().unwrap_or_default();
        let mut declared = Vec::new();
        for tenure in tenures {
            let Some(reading) = readings.remove(&tenure.partition) else {
                continue;
            };
            if let Some(detail) = &reading.unreadable {
                self.shared.stop(*tenure, detail);
                continue;
            }
            let owner = reading.owner.as_ref();
            let is_ours =
                owner.is_some_and(|owner| owner.process == self.shared.process && !owner.clean);
            // Declared together: one transaction for all of them.
            let answer = if is_ours {
                None
            } else {
                self.declare(*tenure).ok()
            };
            declared.push((*tenure, reading, is_ours, answer));
        }
        let mut done = Ok(());
        for (tenure, reading, is_ours, answer) in declared {
            let stands = answer.is_some_and(|answer| matches!(answer.blocking_recv(), Ok(Ok(()))));
            if is_ours || stands {
                self.take_over(tenure, reading, is_ours, &alive, now);
            } else {
                // Tried again where the partition is still to be restored; the others go on meanwhile.
                done = Err(KafkaError::Canceled);
            }
        }
        done
    }

    /// The partition is this worker's, now that a record says so.
    fn take_over(
        &self,
        tenure: Tenure,
        reading: Reading,
        is_ours: bool,
        alive: &BTreeSet<String>,
        now: Timestamp,
    ) {
        // A worker that lost the partition and lives has ended nothing; an earlier life of this one has.
        let clean = is_ours
            || reading.owner.as_ref().is_none_or(|owner| {
                let other = owner.transactional_id != self.shared.transactional_id;
                owner.clean || other && alive.contains(&owner.transactional_id)
            });
        let mut partition = reading.partition;
        partition.settle_down(now);
        let suspects = if clean {
            Vec::new()
        } else {
            partition.suspects(now)
        };
        let sites = partition.sites_waiting();
        let position = partition.position;
        let mut slot = self.shared.slot(tenure.partition);
        if slot.epoch != tenure.epoch || !matches!(slot.hold, Hold::Restoring) {
            return;
        }
        add(&self.shared.counts.restores, 1);
        if !clean {
            self.shared.suspects.taken_over(tenure.partition, now);
        }
        for (site, id) in suspects {
            self.shared.suspects.add(tenure.partition, site, id);
        }
        slot.hold = Hold::Owned(Box::new(partition));
        drop(slot);
        // The follower lives until the ledger is over.
        self.follow.send(Follow { tenure, position }).ok();
        self.shared.changes.ownership();
        self.shared.changes.mark(sites);
        tracing::info!(partition = tenure.partition, clean, "partition restored");
    }

    /// Writes who owns the partition from now on.
    fn declare(&self, tenure: Tenure) -> Result<Declared, LedgerError> {
        let prepared = Prepared::owner(tenure.partition, &self.shared.owner(false))?;
        let (reply, answer) = oneshot::channel();
        let over = |_| LedgerError::Unreachable {
            detail: "the ledger is being closed".to_owned(),
        };
        self.jobs
            .blocking_send(Job {
                tenure,
                prepared,
                reply,
            })
            .map_err(over)?;
        Ok(answer)
    }
}

/// The answer to a declaration of ownership.
type Declared = oneshot::Receiver<Result<(), LedgerError>>;

impl Shared {
    /// The record that says that partitions are this process's.
    pub(super) fn owner(&self, clean: bool) -> OwnerRecord {
        OwnerRecord {
            v: VERSION,
            transactional_id: self.transactional_id.clone(),
            process: self.process.clone(),
            since: Timestamp::now(),
            clean,
        }
    }
}
