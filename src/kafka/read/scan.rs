//! Reading partitions of the state topics from the beginning to the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use serde::Deserialize;

use crate::{
    id::ArticleId,
    kafka::{
        cluster::link::ClusterLink,
        format::{
            names::{StateKey, Topic},
            records::{
                EntryRecord, LayoutRecord, OwnerRecord, SeenRecord, VERSION, cleared_up_to,
                read_state_record,
            },
        },
        hold::{
            partition::Partition,
            shared::{ClusterShared, LedgerEnd},
        },
    },
    site::Site,
};

/// One poll while reading.
const POLL: Duration = Duration::from_millis(100);

/// A partition that is being read.
#[derive(Debug, Default)]
pub(in crate::kafka) struct PartitionReading {
    pub(in crate::kafka) partition: Partition,
    pub(in crate::kafka) owner: Option<OwnerRecord>,
    /// Why it cannot be read.
    pub(in crate::kafka) unreadable: Option<String>,
}

/// Partitions that are being read, by number.
pub(in crate::kafka) type Readings = BTreeMap<u32, PartitionReading>;

/// The log of the state topics.
pub(in crate::kafka) struct Log<'a> {
    pub(in crate::kafka) shared: &'a ClusterShared,
}

impl Log<'_> {
    /// Reads partitions of one topic from the beginning to the end.
    pub(in crate::kafka) fn read_partitions(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
        topic: Topic,
        readings: &mut Readings,
    ) -> Result<(), KafkaError> {
        let name = self.shared.names.topic(topic);
        let mut list = TopicPartitionList::new();
        for partition in readings.keys() {
            list.add_partition_offset(name, library_number(*partition), Offset::Beginning)?;
        }
        consumer.assign(&list)?;
        let mut left: BTreeSet<u32> = readings.keys().copied().collect();
        while !left.is_empty() && !self.shared.is_over() {
            match consumer.poll(POLL) {
                Some(Ok(message)) => {
                    let partition = u32::try_from(message.partition()).unwrap_or(0);
                    if let Some(reading) = readings.get_mut(&partition) {
                        self.enter_message(topic, reading, partition, &message);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    left.remove(&u32::try_from(partition).unwrap_or(0));
                }
                Some(Err(error)) if is_fatal(&error) => {
                    self.shared.look_at_grants(&error, name);
                    return Err(error);
                }
                Some(Err(_)) | None => {}
            }
        }
        consumer.unassign()
    }

    fn enter_message(
        &self,
        topic: Topic,
        reading: &mut PartitionReading,
        partition: u32,
        message: &impl Message,
    ) {
        let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
        let entered = match topic {
            Topic::Entries | Topic::Seen => self.enter_entry(topic, reading, &key, message),
            _ => self.enter_state(topic, reading, partition, &key, message),
        };
        if let Err(detail) = entered {
            reading.unreadable.get_or_insert(detail);
        }
        if topic == Topic::Entries {
            reading.partition.position = message.offset() + 1;
        }
    }

    fn enter_entry(
        &self,
        topic: Topic,
        reading: &mut PartitionReading,
        key: &str,
        message: &impl Message,
    ) -> Result<(), String> {
        if key == StateKey::Layout.to_text() {
            return self.check_layout(message.payload().unwrap_or_default());
        }
        let name = self.shared.names.topic(topic);
        let id = ArticleId::parse(key).map_err(|error| format!("{name}: {error}"))?;
        let held = &mut reading.partition;
        match (topic, message.payload()) {
            (Topic::Entries, Some(value)) => {
                let (site, record) = parse_entry(name, key, value)?;
                held.enter_post(id, &site, record.waiting, message.offset());
            }
            (Topic::Entries, None) => held.clear_entry(id, cleared_up_to(message)),
            (_, Some(value)) => {
                let record: SeenRecord = read_state_record(name, key, value)?;
                refuse_unknown_version(name, key, record.v)?;
                held.enter_mark(id, record.seen, message.offset());
            }
            (_, None) => {}
        }
        Ok(())
    }

    fn enter_state(
        &self,
        topic: Topic,
        reading: &mut PartitionReading,
        partition: u32,
        key: &str,
        message: &impl Message,
    ) -> Result<(), String> {
        let name = self.shared.names.topic(topic);
        // A key of a version to come is kept out of the way.
        let (Some(key), Some(value)) = (StateKey::parse_key(key), message.payload()) else {
            return Ok(());
        };
        let text = || read_state_text(name, &key.to_text(), value);
        let held = &mut reading.partition;
        match &key {
            StateKey::Site(site) => {
                held.sites.insert(site.clone(), text()?);
            }
            StateKey::Feed(feed) => {
                held.feeds.insert(feed.clone(), text()?);
            }
            StateKey::Listed(feed) => {
                held.listed.insert(feed.clone(), message.offset());
            }
            StateKey::Owner => {
                reading.owner = Some(read_state_record(name, &key.to_text(), value)?);
            }
            StateKey::Layout if partition == 0 => self.check_layout(value)?,
            StateKey::Layout => {}
        }
        Ok(())
    }

    fn check_layout(&self, value: &[u8]) -> Result<(), String> {
        let found: LayoutRecord =
            read_state_record("state topics", &StateKey::Layout.to_text(), value)?;
        let ours = LayoutRecord::of_this_version(self.shared.partitions);
        // A start has seen to it that the copy which that tells of is complete.
        if found != ours && found.copying.is_none() {
            self.shared.finish_with(LedgerEnd::Unfit(format!(
                "sites are spread otherwise in these topics ({found:?}) than by this version ({ours:?}); run the version \
                 that made them, or move them with `dateline ledger copy`"
            )));
        }
        Ok(())
    }
}

/// Any state that tells its version.
#[derive(Debug, Deserialize)]
struct VersionedRecord {
    #[serde(default)]
    v: u32,
}

/// A state that is kept in memory as it was written, unless this version cannot read it.
fn read_state_text(topic: &str, key: &str, value: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(value).map_err(|error| format!("{topic}: {error}"))?;
    let version = read_state_record::<VersionedRecord>(topic, key, value)?.v;
    refuse_unknown_version(topic, key, version)?;
    Ok(text.to_owned())
}

/// Refuses a record of a version past the next one.
fn refuse_unknown_version(topic: &str, key: &str, version: u32) -> Result<(), String> {
    if version <= VERSION + 1 {
        return Ok(());
    }
    Err(format!(
        "record `{key}` of {topic} is of version {version}, later than this program reads"
    ))
}

/// An entry from its record.
pub(in crate::kafka) fn parse_entry(
    topic: &str,
    key: &str,
    value: &[u8],
) -> Result<(Site, EntryRecord), String> {
    let record: EntryRecord = read_state_record(topic, key, value)?;
    refuse_unknown_version(topic, key, record.waiting.v)?;
    Ok((Site::of_host(&record.site), record))
}

/// A partition as the library numbers it.
pub(in crate::kafka) fn library_number(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

/// Errors after which reading does not go on by itself.
fn is_fatal(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
        )
    )
}
