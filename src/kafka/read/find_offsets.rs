//! Offsets of partitions at an instant or at their end, also after the broker that led them is gone.

use std::collections::BTreeSet;

use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    topic_partition_list::TopicPartitionListElem,
};

use crate::kafka::cluster::{connect::ANSWER, link::ClusterLink};

/// The offsets that a list asks for (an instant in milliseconds, or an end); an element may hold an error of its own.
///
/// A partition that nobody leads, as far as the client knows, is asked for once more after a look at the cluster.
// The library asks nobody who leads what was led by a broker that has left the cluster: it answers out of its memory,
// which it refreshes every five minutes (librdkafka 2.12.1, rd_kafka_topic_partition_list_get_leaders). A worker whose
// broker had died restored nothing for as long.
pub(in crate::kafka) fn find_offsets(
    consumer: &BaseConsumer<ClusterLink>,
    list: TopicPartitionList,
) -> Result<TopicPartitionList, KafkaError> {
    let found = consumer.offsets_for_times(list.clone(), ANSWER)?;
    let leaderless: BTreeSet<String> = found
        .elements()
        .iter()
        .filter(|element| has_no_leader(element))
        .map(|element| element.topic().to_owned())
        .collect();
    if leaderless.is_empty() {
        return Ok(found);
    }
    for topic in &leaderless {
        consumer.fetch_metadata(Some(topic), ANSWER)?;
    }
    consumer.offsets_for_times(list, ANSWER)
}

fn has_no_leader(element: &TopicPartitionListElem<'_>) -> bool {
    let code = element
        .error()
        .err()
        .and_then(|error| error.rdkafka_error_code());
    code == Some(RDKafkaErrorCode::LeaderNotAvailable)
}
