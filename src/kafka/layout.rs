//! The record that says how sites are spread over partitions: first in each state topic, the same for all workers.

use std::time::{Duration, Instant};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{
    cluster::{connect::Connection, grants, link::ClusterLink},
    format::{
        names::{LAYOUT_KEY, Topic, TopicNames},
        records::LayoutRecord,
    },
    write::deliveries::{Plain, deliver_plain},
};
use crate::ledger::{LedgerError, entry_rules};

/// Reading one record from the beginning takes no longer, or the cluster is away.
// The record is among the first of its partition.
const AT_MOST: Duration = Duration::from_secs(10);

/// Key and value of the first record.
type First = (Vec<u8>, Vec<u8>);

/// What is to be agreed on.
pub(super) struct Layout {
    pub(super) connection: Connection,
    pub(super) names: TopicNames,
    pub(super) partitions: u32,
}

impl Layout {
    /// Compares the record of each state topic with what this version does; writes it into an empty topic.
    pub(super) fn agree_on_layout(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
    ) -> Result<(), LedgerError> {
        let ours = LayoutRecord::of_this_version(self.partitions);
        let mut missing = Vec::new();
        for topic in Topic::STATE {
            match self.last_copied(consumer, topic)? {
                Some((key, value)) if key == LAYOUT_KEY.as_bytes() => {
                    self.compare_records(topic, &ours, &value)?;
                }
                // The record of `seen` goes with its retention; the others keep theirs.
                Some(_) => {}
                None => missing.push(topic),
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            self.write_records(&missing, &ours)
        }
    }

    /// The record that holds for these topics; `None` where there are none yet.
    pub(super) fn find_record(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
    ) -> Result<Option<LayoutRecord>, LedgerError> {
        match self.last_copied(consumer, Topic::Sites)? {
            Some((key, value)) if key == LAYOUT_KEY.as_bytes() => {
                self.parse_record(Topic::Sites, &value).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What a worker and a copy say of topics that are half of a copy.
    pub(super) fn broken_off(&self, begun: &str) -> LedgerError {
        let delete: Vec<String> = Topic::ALL
            .into_iter()
            .map(|topic| {
                format!(
                    "kafka-topics.sh --bootstrap-server {} --delete --topic {}",
                    self.connection.brokers(),
                    self.names.topic(topic)
                )
            })
            .collect();
        LedgerError::Unfit {
            detail: format!(
                "these topics are half of a copy that began at {begun}: while it runs, wait for it; if it was broken off, \
                 delete them and copy again:\n{}",
                delete.join("\n")
            ),
        }
    }

    /// The first record of a topic; where it says that a copy has begun, the last of its key, which tells whether that
    /// is complete.
    fn last_copied(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
        topic: Topic,
    ) -> Result<Option<First>, LedgerError> {
        let first = self.last_record(consumer, topic, |_| true)?;
        let copied = first.as_ref().is_some_and(|(key, value)| {
            key == LAYOUT_KEY.as_bytes()
                && self
                    .parse_record(topic, value)
                    .is_ok_and(|found| found.copying.is_some())
        });
        if copied {
            self.last_record(consumer, topic, |_| false)
        } else {
            Ok(first)
        }
    }

    fn parse_record(&self, topic: Topic, value: &[u8]) -> Result<LayoutRecord, LedgerError> {
        serde_json::from_slice(value).map_err(|error| LedgerError::Unfit {
            detail: format!(
                "topic {} begins with a layout that cannot be read: {error}",
                self.names.topic(topic)
            ),
        })
    }

    fn compare_records(
        &self,
        topic: Topic,
        ours: &LayoutRecord,
        value: &[u8],
    ) -> Result<(), LedgerError> {
        let name = self.names.topic(topic);
        let found = self.parse_record(topic, value)?;
        if let Some(begun) = &found.copying {
            return Err(self.broken_off(begun));
        }
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

    /// The first record of partition 0 that is enough, else the last of the layout's key.
    fn last_record(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
        topic: Topic,
        is_enough: impl Fn(&First) -> bool,
    ) -> Result<Option<First>, LedgerError> {
        let away = |error: KafkaError| self.connection.unreachable_error(&error);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(self.names.topic(topic), 0, Offset::Beginning)
            .map_err(away)?;
        consumer.assign(&list).map_err(away)?;
        let mut begun = Instant::now();
        let mut newest = None;
        let found = loop {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    begun = Instant::now();
                    let bytes = |part: Option<&[u8]>| part.unwrap_or_default().to_vec();
                    let record = (bytes(message.key()), bytes(message.payload()));
                    if is_enough(&record) {
                        break Some(record);
                    }
                    if record.0 == LAYOUT_KEY.as_bytes() {
                        newest = Some(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break newest,
                Some(Err(error)) if begun.elapsed() > AT_MOST => return Err(away(error)),
                None if begun.elapsed() > AT_MOST => {
                    return Err(away(KafkaError::NoMessageReceived));
                }
                Some(Err(error)) => self.refuse_if_not_granted(topic, &error)?,
                None => {}
            }
        };
        consumer.unassign().map_err(away)?;
        Ok(found)
    }

    fn refuse_if_not_granted(&self, topic: Topic, error: &KafkaError) -> Result<(), LedgerError> {
        let name = self.names.topic(topic);
        let code = error.rdkafka_error_code();
        match code.and_then(|code| grants::missing_grant(code, &self.names, name)) {
            Some(detail) => Err(LedgerError::Unfit { detail }),
            None => Ok(()),
        }
    }

    fn write_records(&self, topics: &[Topic], ours: &LayoutRecord) -> Result<(), LedgerError> {
        let json = entry_rules::state_json(ours, usize::MAX)?;
        let record = |topic: &Topic| Plain {
            topic: self.names.topic(*topic),
            partition: 0,
            key: LAYOUT_KEY,
            json: &json,
        };
        let records: Vec<Plain<'_>> = topics.iter().map(record).collect();
        deliver_plain(&self.connection, &self.names, &records)
    }
}
