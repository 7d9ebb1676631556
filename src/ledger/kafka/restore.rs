//! Taking partitions over: waiting until nothing open is left before them, reading them, saying whose they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    producer::Producer,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    connect::ANSWER,
    deliveries::produce,
    link::Link,
    live::Follow,
    names::Topic,
    reading::{Log, Reading, Readings, number},
    records::{OwnerRecord, Prepared, VERSION},
    shared::{Hold, Shared, add},
    writer::Job,
};
use crate::ledger::{LedgerError, Tenure};

/// An open transaction of the last owner is ended by its id after this; at once, it hit live workers in the middle of
/// an ordinary rebalance (measured).
const GRACE: Duration = Duration::from_secs(1);
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

impl Restorer {
    /// Restores what is assigned until the ledger is over.
    pub(super) fn run(self, assigned: &Receiver<Vec<Tenure>>) {
        while !self.shared.is_over() {
            let mut tenures = match assigned.recv_timeout(POLL) {
                Ok(tenures) => tenures,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            tenures.extend(assigned.try_iter().flatten());
            self.restore(tenures);
        }
    }

    fn restore(&self, mut tenures: Vec<Tenure>) {
        let begun = Instant::now();
        while !self.shared.is_over() {
            tenures.retain(|tenure| self.shared.holds(*tenure));
            if tenures.is_empty() {
                return;
            }
            match self.try_restore(&tenures) {
                Ok(()) => {
                    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                    add(&self.shared.counts.restores, 1);
                    add(&self.shared.counts.restore_ms, ms);
                    self.shared.set_restored();
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, "restore, tried again");
                    std::thread::sleep(AGAIN);
                }
            }
        }
    }

    fn log(&self) -> Log<'_> {
        Log {
            shared: &self.shared,
        }
    }

    fn try_restore(&self, tenures: &[Tenure]) -> Result<(), KafkaError> {
        self.wait_until_stable(tenures)?;
        let now = Timestamp::now();
        let mut readings: Readings = tenures
            .iter()
            .map(|tenure| (tenure.partition, Reading::default()))
            .collect();
        for topic in Topic::STATE {
            self.log().read(&self.committed, topic, &mut readings)?;
        }
        let alive = self.members()?;
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
        for (tenure, reading, is_ours, answer) in declared {
            let stands = answer.is_some_and(|answer| matches!(answer.blocking_recv(), Ok(Ok(()))));
            if is_ours || stands {
                self.take_over(tenure, reading, is_ours, &alive, now);
            } else if !self.shared.is_over() && self.shared.holds(tenure) {
                return Err(KafkaError::Canceled);
            }
        }
        Ok(())
    }

    /// Waits until every transaction that stood open before the assignment is over.
    fn wait_until_stable(&self, tenures: &[Tenure]) -> Result<(), KafkaError> {
        let begun = Instant::now();
        let marks = ends(&self.uncommitted, &self.shared, tenures)?;
        let mut fenced = false;
        loop {
            let stable = ends(&self.committed, &self.shared, tenures)?;
            let open: BTreeSet<u32> = marks
                .iter()
                .filter(|(place, high)| stable.get(*place).is_none_or(|stable| stable < *high))
                .map(|((_, partition), _)| *partition)
                .collect();
            if open.is_empty() || self.shared.is_over() {
                return Ok(());
            }
            if !tenures.iter().any(|tenure| self.shared.holds(*tenure)) {
                return Ok(());
            }
            if !fenced && begun.elapsed() >= GRACE {
                fenced = true;
                self.end_transactions_of_the_dead(&open)?;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Ends what the last owners of these partitions left open, where they are no members of the group any more:
    /// otherwise the cluster does, up to its own interval later.
    fn end_transactions_of_the_dead(&self, partitions: &BTreeSet<u32>) -> Result<(), KafkaError> {
        let mut readings: Readings = partitions
            .iter()
            .map(|partition| (*partition, Reading::default()))
            .collect();
        self.log()
            .read(&self.uncommitted, Topic::Sites, &mut readings)?;
        let alive = self.members()?;
        let dead: BTreeSet<String> = readings
            .into_values()
            .filter_map(|reading| reading.owner)
            .filter(|owner| owner.transactional_id != self.shared.transactional_id)
            .filter(|owner| !alive.contains(&owner.transactional_id))
            .map(|owner| owner.transactional_id)
            .collect();
        for id in dead {
            let begun = Instant::now();
            let ended =
                produce(&self.shared, &id).map(|producer| producer.init_transactions(ANSWER));
            add(&self.shared.counts.owners_fenced, 1);
            tracing::info!(
                id,
                elapsed_ms = begun.elapsed().as_millis(),
                ok = matches!(ended, Ok(Ok(()))),
                "transaction of a worker that is gone ended"
            );
        }
        Ok(())
    }

    /// The workers that are members of the group now, by transactional id, which is their client id too.
    fn members(&self) -> Result<BTreeSet<String>, KafkaError> {
        let list = match self
            .committed
            .fetch_group_list(Some(&self.shared.names.group), ANSWER)
        {
            Ok(list) => list,
            // Where a client may not ask, every end counts as unclean.
            Err(KafkaError::GroupListFetch(RDKafkaErrorCode::GroupAuthorizationFailed)) => {
                return Ok(BTreeSet::new());
            }
            Err(error) => return Err(error),
        };
        let members = list
            .groups()
            .iter()
            .flat_map(|group| group.members().iter());
        Ok(members
            .map(|member| member.client_id().to_owned())
            .collect())
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
        if slot.epoch != tenure.epoch {
            return;
        }
        for (site, id, kills) in suspects {
            self.shared.suspects.add(tenure.partition, site, id, kills);
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

/// The end of each state topic's partitions, as the consumer may see it.
fn ends(
    consumer: &BaseConsumer<Link>,
    shared: &Shared,
    tenures: &[Tenure],
) -> Result<BTreeMap<(String, u32), i64>, KafkaError> {
    let mut list = TopicPartitionList::new();
    for topic in Topic::STATE {
        for tenure in tenures {
            list.add_partition_offset(
                shared.names.topic(topic),
                number(tenure.partition),
                Offset::End,
            )?;
        }
    }
    let found = consumer.offsets_for_times(list, ANSWER)?;
    let mut ends = BTreeMap::new();
    for element in found.elements() {
        element.error()?;
        let place = (
            element.topic().to_owned(),
            u32::try_from(element.partition()).unwrap_or(0),
        );
        if let Offset::Offset(offset) = element.offset() {
            ends.insert(place, offset);
        }
    }
    Ok(ends)
}
