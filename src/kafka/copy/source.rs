//! A cluster as the source of a copy.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use rdkafka::{
    Offset, TopicPartitionList, consumer::BaseConsumer,
    topic_partition_list::TopicPartitionListElem,
};

use super::{LOOK, ask_patiently, no_worker};
use crate::{
    config::KafkaConfig,
    kafka::{
        cluster::{connect::Isolation, link::ClusterLink},
        format::{
            names::{StateKey, Topic},
            records::{LayoutRecord, OwnerRecord, SeenRecord, read_state_record},
        },
        layout::Layout,
        read::{
            find_offsets::find_offsets,
            outlet::{Begin, KafkaReader},
            scan::{library_number, parse_entry},
            tail::{OFFSET_BITS, Tail},
        },
        start::run_blocking,
    },
    ledger::{
        LedgerError, Outlet, PublishedRecord, entry_rules,
        transfer::{MovedState, StateKind, TopicRow},
    },
    site::Site,
};

/// Transactions that a killed worker left open are over by then: its timeout, and the cluster's own interval.
// 5 s of ours and 10 s of brokers, both by default; a broker that comes back takes some seconds more.
const STABLE: Duration = Duration::from_secs(60);

/// Where the entries were posted last: what clears one comes after a later post that it leaves alone.
#[derive(Debug, Default)]
struct Posted(HashMap<(u64, String), i64>);

impl Posted {
    /// Whether a record of `entries` changes what waits; one without a value clears what was posted up to an offset.
    fn is_in_force(&mut self, record: &PublishedRecord, up_to: i64) -> bool {
        let place = record.position.0 >> OFFSET_BITS;
        let key = (place, record.id.clone());
        if !record.json.is_empty() {
            let offset = record.position.0 & ((1 << OFFSET_BITS) - 1);
            self.0
                .insert(key, i64::try_from(offset).unwrap_or(i64::MAX));
            return true;
        }
        let is_later = self.0.get(&key).is_some_and(|offset| *offset > up_to);
        if !is_later {
            self.0.remove(&key);
        }
        !is_later
    }
}

/// What a key of sites or feeds stands for, with the key and the site that files keep of it; `None` where that is
/// nothing.
fn parse_kind(key: &str) -> Option<(StateKind, String, Option<Site>)> {
    match StateKey::parse_key(key)? {
        StateKey::Site(site) => Some((StateKind::Site, site.to_string(), Some(site))),
        StateKey::Feed(feed) => Some((StateKind::Feed, feed.to_string(), None)),
        StateKey::Listed(feed) => Some((StateKind::Listed, feed.to_string(), None)),
        StateKey::Owner | StateKey::Layout => None,
    }
}

/// A waiting entry, with the site and the form that files keep of it.
fn parse_waiting(
    topic: &str,
    key: &str,
    value: &str,
) -> Result<(StateKind, String, Option<Site>, String), LedgerError> {
    let unreadable = |detail| LedgerError::Fault { detail };
    let (site, found) = parse_entry(topic, key, value.as_bytes()).map_err(unreadable)?;
    let json = entry_rules::state_json(&found.waiting, usize::MAX)?;
    Ok((StateKind::Entry, key.to_owned(), Some(site), json))
}

/// A mark, in the form that files keep of it.
fn parse_mark(
    topic: &str,
    key: &str,
    value: &str,
) -> Result<(StateKind, String, Option<Site>, String), LedgerError> {
    let unreadable = |detail| LedgerError::Fault { detail };
    let found: SeenRecord = read_state_record(topic, key, value.as_bytes()).map_err(unreadable)?;
    let json = entry_rules::state_json(&found.seen, usize::MAX)?;
    Ok((StateKind::Mark, key.to_owned(), None, json))
}

/// A ledger on a cluster that no worker runs on.
pub(crate) struct ClusterSource {
    reader: KafkaReader,
    consumer: BaseConsumer<ClusterLink>,
    /// Partitions that the states were cut into; 1 where that is not known.
    cut: u32,
}

impl ClusterSource {
    pub(crate) async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let reader = KafkaReader::open(config).await?;
        run_blocking(move || {
            let consumer = reader.connection.open_reader(Isolation::Committed)?;
            no_worker(&consumer, &reader.connection, &reader.names)?;
            let cut = read_partition_count(&reader, &consumer)?;
            Ok(Self {
                reader,
                consumer,
                cut,
            })
        })
        .await?
    }

    /// Refuses while a worker is a member of the group.
    pub(crate) fn no_worker(&self) -> Result<(), LedgerError> {
        no_worker(&self.consumer, &self.reader.connection, &self.reader.names)
    }

    /// Partitions that the states were cut into; 1 where that is not known.
    pub(crate) fn partitions(&self) -> u32 {
        self.cut
    }

    /// Reads all topics to their end.
    pub(crate) fn each_row(
        &self,
        mut take: impl FnMut(TopicRow) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        for topic in Topic::ALL {
            self.wait_until_stable(topic)?;
        }
        // Marks before entries, as in a file.
        let mut posted = Posted::default();
        for topic in Topic::STATE {
            let tail = self.reader.tail_whole_topic(topic, Outlet::Events)?;
            while let Some((record, up_to)) = tail.next_state()? {
                if topic != Topic::Entries || posted.is_in_force(&record, up_to) {
                    self.parse_row(topic, &record)?.map_or(Ok(()), &mut take)?;
                }
            }
        }
        for outlet in [Outlet::Articles, Outlet::Events, Outlet::SetAside] {
            let tail = self
                .reader
                .tail_whole_topic(Topic::of_outlet(outlet), outlet)?;
            while let Some(record) = tail.next_to_end()? {
                take(TopicRow::Record(record))?;
            }
        }
        Ok(())
    }

    /// A record of a state topic as what it says; `None` for one that says nothing of a state.
    fn parse_row(
        &self,
        topic: Topic,
        record: &PublishedRecord,
    ) -> Result<Option<TopicRow>, LedgerError> {
        let name = self.reader.names.topic(topic);
        let part = u32::try_from(record.position.0 >> OFFSET_BITS).unwrap_or(0) % self.cut;
        let (key, value) = (record.id.as_str(), record.json.as_str());
        let unreadable = |detail| LedgerError::Fault { detail };
        if topic == Topic::Entries && value.is_empty() {
            let id = key.to_owned();
            return Ok(Some(TopicRow::Cleared { id, part }));
        }
        if value.is_empty() || key == StateKey::Layout.to_text() {
            return Ok(None);
        }
        let found = match topic {
            Topic::Entries => parse_waiting(name, key, value).map(Some)?,
            Topic::Seen => parse_mark(name, key, value).map(Some)?,
            _ if key == StateKey::Owner.to_text() => {
                let owner: OwnerRecord =
                    read_state_record(name, key, value.as_bytes()).map_err(unreadable)?;
                let cleanly = owner.clean && !owner.untried;
                return Ok(Some(TopicRow::Ended { part, cleanly }));
            }
            _ => parse_kind(key).map(|(kind, key, site)| (kind, key, site, value.to_owned())),
        };
        let state = |(kind, key, site, json)| MovedState {
            kind,
            key,
            part,
            site,
            written: record.recorded,
            json,
        };
        Ok(found.map(state).map(TopicRow::State))
    }

    /// Waits until no transaction of a killed worker is open: what is read ends before the first that is.
    fn wait_until_stable(&self, topic: Topic) -> Result<(), LedgerError> {
        let connection = &self.reader.connection;
        let uncommitted = self.reader.connection.open_reader(Isolation::Uncommitted)?;
        let name = self.reader.names.topic(topic);
        let count = self.reader.count_partitions(&self.consumer, topic)?;
        let ends = |consumer: &BaseConsumer<ClusterLink>| {
            let mut list = TopicPartitionList::new();
            for partition in 0..count {
                list.add_partition_offset(name, library_number(partition), Offset::End)?;
            }
            let found = find_offsets(consumer, list)?;
            let elements = found.elements();
            let offset = |element: &TopicPartitionListElem<'_>| {
                element.error()?;
                Ok(element.offset().to_raw())
            };
            elements.iter().map(offset).collect::<Result<Vec<_>, _>>()
        };
        let marks = ask_patiently(connection, || ends(&uncommitted))?;
        let begun = Instant::now();
        while ask_patiently(connection, || ends(&self.consumer))?
            .iter()
            .zip(&marks)
            .any(|(stable, mark)| stable < mark)
        {
            if begun.elapsed() > STABLE {
                return Err(self.reader.connection.unreachable_error(&format!(
                    "a transaction on {name} has been open for a minute"
                )));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

/// Into how many partitions the states are cut: what their layout says, whatever happened to the topics since.
fn read_partition_count(
    reader: &KafkaReader,
    consumer: &BaseConsumer<ClusterLink>,
) -> Result<u32, LedgerError> {
    let layout = Layout {
        connection: reader.connection.clone(),
        names: reader.names.clone(),
        partitions: reader.count_partitions(consumer, Topic::Sites)?,
    };
    let Some(found) = layout.find_record(consumer)? else {
        return Ok(layout.partitions);
    };
    if let Some(source) = &found.copying {
        return Err(layout.broken_off(source));
    }
    // Sites that another version spreads otherwise may be anywhere.
    let known = found.samples == LayoutRecord::of_this_version(found.partitions).samples;
    Ok(if known { found.partitions.max(1) } else { 1 })
}

impl KafkaReader {
    /// A topic of a ledger from its beginning to its end.
    fn tail_whole_topic(&self, topic: Topic, outlet: Outlet) -> Result<Tail, LedgerError> {
        let consumer = self.connection.open_reader(Isolation::Committed)?;
        let partitions = (0..self.count_partitions(&consumer, topic)?).collect();
        self.tail_on(consumer, topic, outlet, Begin::Beginning, partitions)
    }
}
