//! The offsets of a transaction: those that fence the owners in the group, and those of the records it wrote.

use rdkafka::{Offset, TopicPartitionList, producer::Producer as _};

use super::Transaction;
use crate::kafka::{format::names::Topic, hold::shared::Hold, write::writer::BatchJob};

impl Transaction<'_> {
    /// One offset for each partition whose owner speaks: the fence of the group.
    pub(super) fn owner_offsets(&self, jobs: &[BatchJob]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        let topic = self.shared.names.topic(Topic::Entries);
        let own_list = self.shared.feed_list_hash();
        let mut partitions: Vec<u32> = jobs.iter().map(|job| job.tenure.partition).collect();
        partitions.sort_unstable();
        partitions.dedup();
        for partition in partitions {
            let position = match &self.shared.lock_slot(partition).hold {
                Hold::Owned(held) => held.position,
                _ => 0,
            };
            let number = i32::try_from(partition).unwrap_or(i32::MAX);
            let mut offset = list.add_partition(topic, number);
            offset.set_metadata(&own_list);
            // Only an offset out of range is refused.
            drop(offset.set_offset(Offset::Offset(position.max(0))));
        }
        list
    }

    /// Where the cluster wrote the records of each job, in the order they were sent.
    pub(super) fn record_offsets(&self, jobs: &[BatchJob]) -> Vec<Vec<i64>> {
        let mut all = self.producer.context().delivered_offsets().into_iter();
        jobs.iter()
            .map(|job| all.by_ref().take(job.prepared.writes.len()).collect())
            .collect()
    }
}
