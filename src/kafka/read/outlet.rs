//! Reading what was published, without a group and without commits: `tail`, `set-aside`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use parking_lot::Mutex;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{find_offsets::find_offsets, scan::library_number, tail::Tail};
use crate::{
    config::KafkaConfig,
    feed::state::FeedState,
    kafka::{
        cluster::{
            connect::{Connection, Isolation},
            link::ClusterLink,
            topics,
        },
        format::{
            names::{StateKey, Topic, TopicNames, java_partition},
            records::EntryRecord,
        },
        start::run_blocking,
        write::deliveries::{Plain, deliver_plain},
    },
    ledger::{LedgerError, Outlet, Post, PublishedRecord, entry_rules, retry_post::post_again},
    record::SetAside,
};

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With the oldest record kept.
    Beginning,
    /// With what comes from now on.
    Now,
    /// With what was committed at an instant or later.
    At(Timestamp),
}

/// A reader of committed records.
#[derive(Debug, Clone)]
pub struct KafkaReader {
    pub(in crate::kafka) connection: Connection,
    pub(in crate::kafka) names: TopicNames,
}

impl KafkaReader {
    /// Connects. The topics must be there.
    ///
    /// # Errors
    /// `Unreachable` when the cluster does not answer within `start_timeout`, `Unfit` when it refuses this client.
    pub async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let names = TopicNames::from_config(config)?;
        let connection = Connection::from_config(config, &format!("{}-reader", names.group))?;
        let (waiting, at_most) = (connection.clone(), config.start_timeout);
        let probe = connection.open_reader(Isolation::Committed)?;
        run_blocking(move || waiting.wait_for_answer(&probe, at_most)).await??;
        Ok(Self { connection, names })
    }

    /// Follows an outlet. [`Tail::next`] waits, so it belongs on a thread that may.
    pub fn follow_outlet(&self, outlet: Outlet, begin: Begin) -> Result<Tail, LedgerError> {
        let consumer = self.connection.open_reader(Isolation::Committed)?;
        let partitions = self.count_partitions(&consumer, Topic::of_outlet(outlet))?;
        self.tail_of(consumer, outlet, begin, (0..partitions).collect())
    }

    /// Every record of an outlet up to its end.
    pub async fn read_all(&self, outlet: Outlet) -> Result<Vec<PublishedRecord>, LedgerError> {
        let reader = self.clone();
        run_blocking(move || reader.follow_outlet(outlet, Begin::Beginning)?.read_rest()).await?
    }

    /// The newest records of an outlet, the newest first.
    pub async fn read_newest(
        &self,
        outlet: Outlet,
        limit: usize,
    ) -> Result<Vec<PublishedRecord>, LedgerError> {
        let reader = self.clone();
        run_blocking(move || {
            let tail = reader.follow_outlet(outlet, Begin::Beginning)?;
            let mut newest: Vec<PublishedRecord> = Vec::new();
            while let Some(record) = tail.next_to_end()? {
                newest.push(record);
                // Kept within twice the number asked for, whatever the topic holds.
                if newest.len() >= limit.saturating_mul(2).max(64) {
                    cut_to_newest(&mut newest, limit);
                }
            }
            cut_to_newest(&mut newest, limit);
            Ok(newest)
        })
        .await?
    }

    /// The last record of an id.
    pub async fn find_record(
        &self,
        outlet: Outlet,
        id: &str,
    ) -> Result<Option<PublishedRecord>, LedgerError> {
        let (reader, id) = (self.clone(), id.to_owned());
        run_blocking(move || {
            let consumer = reader.connection.open_reader(Isolation::Committed)?;
            let count = reader.count_partitions(&consumer, Topic::of_outlet(outlet))?;
            let partitions = BTreeSet::from([java_partition(id.as_bytes(), count)]);
            let tail = reader.tail_of(consumer, outlet, Begin::Beginning, partitions)?;
            let mut last = None;
            while let Some(record) = tail.next_to_end()? {
                if record.id == id {
                    last = Some(record);
                }
            }
            Ok(last)
        })
        .await?
    }

    /// Asks that what was set aside under an id be read again; `false` when nothing was. The owner of its site reads it
    /// in its mailbox, now or when there is one.
    pub async fn request_retry(&self, id: &str) -> Result<bool, LedgerError> {
        let Some(published) = self.find_record(Outlet::SetAside, id).await? else {
            return Ok(false);
        };
        let record: SetAside =
            serde_json::from_str(&published.json).map_err(|error| LedgerError::Fault {
                detail: format!("the record of {id} cannot be read: {error}"),
            })?;
        let post = post_again(&record, Timestamp::now())?;
        let reader = self.clone();
        run_blocking(move || reader.send_post(&post)).await??;
        Ok(true)
    }

    /// The state of every feed, by id.
    pub async fn read_feed_states(&self) -> Result<BTreeMap<String, FeedState>, LedgerError> {
        let reader = self.clone();
        run_blocking(move || {
            let consumer = reader.connection.open_reader(Isolation::Committed)?;
            let partitions = (0..reader.count_partitions(&consumer, Topic::Feeds)?).collect();
            let tail = reader.tail_on(
                consumer,
                Topic::Feeds,
                Outlet::Events,
                Begin::Beginning,
                partitions,
            )?;
            let mut states = BTreeMap::new();
            while let Some(record) = tail.next_to_end()? {
                if let (Some(StateKey::Feed(feed)), Ok(state)) = (
                    StateKey::parse_key(&record.id),
                    serde_json::from_str(&record.json),
                ) {
                    states.insert(feed.to_string(), state);
                }
            }
            Ok(states)
        })
        .await?
    }

    fn send_post(&self, post: &Post) -> Result<(), LedgerError> {
        let consumer = self.connection.open_reader(Isolation::Committed)?;
        let partitions = self.count_partitions(&consumer, Topic::Entries)?;
        let record = EntryRecord {
            site: post.site.as_str().to_owned(),
            waiting: post.waiting.clone(),
        };
        let record = Plain {
            topic: self.names.topic(Topic::Entries),
            partition: library_number(post.site.partition_among(partitions)),
            key: &post.id.to_string(),
            json: &entry_rules::state_json(&record, usize::MAX)?,
        };
        deliver_plain(&self.connection, &self.names, &[record])
    }

    pub(in crate::kafka) fn count_partitions(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
        topic: Topic,
    ) -> Result<u32, LedgerError> {
        let name = self.names.topic(topic);
        match topics::count_partitions(&self.connection, consumer, name)? {
            0 => Err(LedgerError::Unfit {
                detail: format!("topic {name} is not there: no worker has run with this prefix"),
            }),
            count => Ok(count),
        }
    }

    fn tail_of(
        &self,
        consumer: BaseConsumer<ClusterLink>,
        outlet: Outlet,
        begin: Begin,
        partitions: BTreeSet<u32>,
    ) -> Result<Tail, LedgerError> {
        self.tail_on(
            consumer,
            Topic::of_outlet(outlet),
            outlet,
            begin,
            partitions,
        )
    }

    pub(in crate::kafka) fn tail_on(
        &self,
        consumer: BaseConsumer<ClusterLink>,
        topic: Topic,
        outlet: Outlet,
        begin: Begin,
        partitions: BTreeSet<u32>,
    ) -> Result<Tail, LedgerError> {
        let away = |error: KafkaError| self.connection.unreachable_error(&error);
        let name = self.names.topic(topic);
        let mut list = TopicPartitionList::new();
        let offset = match begin {
            Begin::Beginning => Offset::Beginning,
            Begin::Now => Offset::End,
            Begin::At(instant) => Offset::Offset(instant.as_millisecond().max(0)),
        };
        for partition in &partitions {
            list.add_partition_offset(name, library_number(*partition), offset)
                .map_err(away)?;
        }
        if matches!(begin, Begin::At(_)) {
            list = find_offsets(&consumer, list).map_err(away)?;
            for element in list.elements() {
                element.error().map_err(away)?;
            }
        }
        consumer.assign(&list).map_err(away)?;
        let connection = self.connection.clone();
        Ok(Tail {
            consumer,
            outlet,
            topic: name.to_owned(),
            open: Mutex::new(partitions),
            connection,
        })
    }
}

fn cut_to_newest(newest: &mut Vec<PublishedRecord>, limit: usize) {
    newest.sort_by(|a, b| {
        b.recorded
            .cmp(&a.recorded)
            .then(b.position.cmp(&a.position))
    });
    newest.truncate(limit);
}
