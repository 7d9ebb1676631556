//! The record that says how sites are spread over partitions: first in each state topic, the same for all workers.

use std::time::{Duration, Instant};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{
    connect::Connection,
    deliveries::{Plain, deliver},
    grants,
    link::Link,
    names::{LAYOUT_KEY, Names, Topic},
    records::LayoutRecord,
};
use crate::ledger::{LedgerError, rules};

/// Reading one record from the beginning takes no longer, or the cluster is away.
const AT_MOST: Duration = Duration::from_secs(10);

/// Key and value of the first record.
type First = (Vec<u8>, Vec<u8>);

/// What is to be agreed on.
pub(super) struct Layout {
    pub(super) connection: Connection,
    pub(super) names: Names,
    pub(super) partitions: u32,
}

impl Layout {
    /// Compares the record of each state topic with what this version does; writes it into an empty topic.
    pub(super) fn agree(&self, consumer: &BaseConsumer<Link>) -> Result<(), LedgerError> {
        let ours = LayoutRecord::ours(self.partitions);
        let mut missing = Vec::new();
        for topic in Topic::STATE {
            match self.first(consumer, topic)? {
                Some((key, value)) if key == LAYOUT_KEY.as_bytes() => {
                    self.compare(topic, &ours, &value)?;
                }
                // The record of `seen` goes with its retention; the others keep theirs.
                Some(_) => {}
                None => missing.push(topic),
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            self.write(&missing, &ours)
        }
    }

    fn compare(&self, topic: Topic, ours: &LayoutRecord, value: &[u8]) -> Result<(), LedgerError> {
        let name = self.names.topic(topic);
        let found: LayoutRecord =
            serde_json::from_slice(value).map_err(|error| LedgerError::Unfit {
                detail: format!("topic {name} begins with a layout that cannot be read: {error}"),
            })?;
        if found == *ours {
            return Ok(());
        }
        Err(LedgerError::Unfit {
            detail: format!(
                "topic {name} spreads sites otherwise ({found:?}) than this version does ({ours:?}); run the version that \
                 made it, or move the ledger with `dateline ledger copy`"
            ),
        })
    }

    /// The first record of partition 0.
    fn first(
        &self,
        consumer: &BaseConsumer<Link>,
        topic: Topic,
    ) -> Result<Option<First>, LedgerError> {
        let away = |error: KafkaError| self.connection.unreachable(&error);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(self.names.topic(topic), 0, Offset::Beginning)
            .map_err(away)?;
        consumer.assign(&list).map_err(away)?;
        let begun = Instant::now();
        let found = loop {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    let bytes = |part: Option<&[u8]>| part.unwrap_or_default().to_vec();
                    break Some((bytes(message.key()), bytes(message.payload())));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break None,
                Some(Err(error)) if begun.elapsed() > AT_MOST => return Err(away(error)),
                None if begun.elapsed() > AT_MOST => {
                    return Err(away(KafkaError::NoMessageReceived));
                }
                Some(Err(error)) => self.granted(topic, &error)?,
                None => {}
            }
        };
        consumer.unassign().map_err(away)?;
        Ok(found)
    }

    fn granted(&self, topic: Topic, error: &KafkaError) -> Result<(), LedgerError> {
        let name = self.names.topic(topic);
        let code = error.rdkafka_error_code();
        match code.and_then(|code| grants::missing(code, &self.names, name)) {
            Some(detail) => Err(LedgerError::Unfit { detail }),
            None => Ok(()),
        }
    }

    fn write(&self, topics: &[Topic], ours: &LayoutRecord) -> Result<(), LedgerError> {
        let json = rules::state_json(ours, usize::MAX)?;
        let record = |topic: &Topic| Plain {
            topic: self.names.topic(*topic),
            partition: 0,
            key: LAYOUT_KEY,
            json: &json,
        };
        let records: Vec<Plain<'_>> = topics.iter().map(record).collect();
        deliver(&self.connection, &self.names, &records)
    }
}
