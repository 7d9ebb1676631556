//! The feed lists of the workers: each publishes the hash of its own as the metadata of the offsets it commits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{
    KafkaLedger,
    cluster::connect::ANSWER,
    format::{names::Topic, records::PreparedRecords},
    hold::{
        rebalance::ConsumerGroup,
        shared::{ClusterShared, Hold},
    },
    start::run_blocking,
};
use crate::ledger::{LedgerError, Tenure};

impl KafkaLedger {
    /// Publishes the hash of this worker's list, where it is not published yet, and reads those of the others.
    pub(super) async fn compare_lists(&self, own: &str) -> Result<BTreeSet<String>, LedgerError> {
        self.shared.set_list(own);
        let Some(group) = self.group.upgrade() else {
            return Ok(BTreeSet::new());
        };
        let shared = Arc::clone(&self.shared);
        let mut told = run_blocking(move || read_told_lists(&group, &shared)).await??;
        // Of what is this worker's nobody else tells, whether it can be written to or not.
        for partition in 0..self.shared.partitions {
            let (epoch, owned) = match &*self.shared.lock_slot(partition) {
                slot if matches!(slot.hold, Hold::Foreign) => continue,
                slot => (slot.epoch, matches!(slot.hold, Hold::Owned(_))),
            };
            if told.remove(&partition).as_deref() == Some(own) || !owned {
                continue;
            }
            // Any commit says it; a partition where nothing happens says once more whose it is.
            let prepared = PreparedRecords::prepare_owner(
                partition,
                &self.shared.owner_record(partition, false),
            )?;
            match self
                .write_batch(Tenure { partition, epoch }, prepared)
                .await
            {
                Ok(()) | Err(LedgerError::Stale { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // A worker that published nothing is of an older version, or gone.
        let others = told.into_values().filter(|list| !list.is_empty());
        Ok(others.filter(|list| list != own).collect())
    }
}

/// The lists by partition of `entries`, as the owners published them last.
fn read_told_lists(
    group: &Arc<ConsumerGroup>,
    shared: &ClusterShared,
) -> Result<BTreeMap<u32, String>, LedgerError> {
    let topic = shared.names.topic(Topic::Entries);
    let away = |error: KafkaError| shared.connection.unreachable_error(&error);
    let mut asked = TopicPartitionList::new();
    for partition in 0..shared.partitions {
        asked.add_partition(topic, i32::try_from(partition).unwrap_or(i32::MAX));
    }
    let group: &BaseConsumer<_> = group;
    let answer = group.committed_offsets(asked, ANSWER).map_err(away)?;
    let lists = answer.elements().into_iter().filter_map(|element| {
        let partition = u32::try_from(element.partition()).ok()?;
        Some((partition, element.metadata().to_owned()))
    });
    Ok(lists.collect())
}
