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
    error::KafkaError,
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
/// The same is tried again after this: the cluster may have been busy with it, or the owner not known as gone.
const FENCE_AGAIN: Duration = Duration::from_secs(2);
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
struct Awaited {
    tenure: Tenure,
    /// Its ends when it was assigned, by topic: what stood open before them must be over. `None` until they are known.
    ends: Option<Ends>,
    /// When the last owner's transaction is ended next, if it still stands open.
    fence: Instant,
}

/// The end of a partition in each state topic.
type Ends = BTreeMap<String, i64>;

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
                self.show_tokens();
                continue;
            }
            if let Err(error) = self.look(&mut awaited) {
                tracing::debug!(%error, "restore, tried again");
                std::thread::sleep(AGAIN);
            }
        }
    }

    /// Polls clients that have nothing to read: a token is replaced only while its client is polled.
    fn show_tokens(&self) {
        drop(self.committed.poll(Duration::ZERO));
        drop(self.uncommitted.poll(Duration::ZERO));
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

    /// Ends, when it is time, the transactions of dead owners before partitions that must wait.
    fn fence(&self, awaited: &mut [Awaited], open: &BTreeSet<u32>) -> Result<(), KafkaError> {
        let mut due = BTreeSet::new();
        for awaited in awaited {
            if open.contains(&awaited.tenure.partition) && Instant::now() >= awaited.fence {
                awaited.fence = Instant::now() + FENCE_AGAIN;
                due.insert(awaited.tenure.partition);
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        self.end_transactions_of_the_dead(&due)
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

    fn log(&self) -> Log<'_> {
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

    /// Ends what the last owners of these partitions left open, where they are no members of the group any more:
    /// otherwise the cluster does, up to its own interval later.
    fn end_transactions_of_the_dead(&self, partitions: &BTreeSet<u32>) -> Result<(), KafkaError> {
        let mut readings: Readings = partitions
            .iter()
            .map(|partition| (*partition, Reading::default()))
            .collect();
        self.log()
            .read(&self.uncommitted, Topic::Sites, &mut readings)?;
        // Where nobody can say who lives, a transaction of one who does would be ended.
        let Some(alive) = self.members() else {
            return Ok(());
        };
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

    /// The workers that are members of the group now, by transactional id, which is their client id too; `None` where
    /// the cluster does not say: then nobody is taken for dead, and every end for unclean.
    fn members(&self) -> Option<BTreeSet<String>> {
        let group = Some(self.shared.names.group.as_str());
        let list = self.committed.fetch_group_list(group, ANSWER);
        let list = list
            .inspect_err(|error| tracing::debug!(%error, "members of the group are not known"))
            .ok()?;
        let members = list
            .groups()
            .iter()
            .flat_map(|group| group.members().iter());
        Some(
            members
                .map(|member| member.client_id().to_owned())
                .collect(),
        )
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

/// Whether every end has come as far as it was to.
fn has_come_to(ends: &Ends, now: &Ends) -> bool {
    ends.iter()
        .all(|(topic, end)| now.get(topic).is_some_and(|now| now >= end))
}

/// The ends of partitions in each state topic, as the consumer may see them.
fn ends(
    consumer: &BaseConsumer<Link>,
    shared: &Shared,
    partitions: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, Ends>, KafkaError> {
    let mut list = TopicPartitionList::new();
    for topic in Topic::STATE {
        let name = shared.names.topic(topic);
        for partition in partitions {
            list.add_partition_offset(name, number(*partition), Offset::End)?;
        }
    }
    let found = consumer.offsets_for_times(list, ANSWER)?;
    let mut ends: BTreeMap<u32, Ends> = BTreeMap::new();
    for element in found.elements() {
        if let Err(error) = element.error() {
            shared.look_at_grants(&error, element.topic());
            return Err(error);
        }
        let partition = u32::try_from(element.partition()).unwrap_or(0);
        if let Offset::Offset(offset) = element.offset() {
            let of = ends.entry(partition).or_default();
            of.insert(element.topic().to_owned(), offset);
        }
    }
    Ok(ends)
}
