//! A cluster as the target of a copy.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    no_worker, patiently,
    sent::{Sent, produce},
};
use crate::{
    config::KafkaConfig,
    id::ArticleId,
    kafka::{
        cluster::{
            connect::{ANSWER, Connection, Isolation},
            link::{Link, Linked},
            topics,
        },
        format::{
            names::{StateKey, Topic, TopicNames, java_partition},
            records::{
                EntryRecord, LayoutRecord, OwnerRecord, SeenRecord, VERSION, Write, cloud_event,
                state,
            },
        },
        layout::Layout,
        read::scan::number,
        start::blocking,
    },
    ledger::{
        LedgerError, PublishedRecord, Waiting, entry_rules,
        transfer::{MovedState, StateKind},
    },
    site::Site,
};

/// What is on its way to the cluster is there after this, or the cluster is away.
const SENT: Duration = Duration::from_secs(60);

/// A cluster whose topics are filled.
pub(crate) struct ClusterTarget {
    connection: Connection,
    layout: Layout,
    consumer: BaseConsumer<Link>,
    producer: BaseProducer<Linked<Sent>>,
    outlets: BTreeMap<Topic, u32>,
}

impl ClusterTarget {
    /// Makes the topics, or finds them without a record.
    pub(crate) async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let names = TopicNames::of(config)?;
        let connection = Connection::of(config, &format!("{}-copy", names.group))?;
        let consumer = connection.reader(Isolation::Committed)?;
        let (waiting, at_most) = (connection.clone(), config.start_timeout);
        let consumer = blocking(move || {
            waiting.wait(&consumer, at_most)?;
            Ok::<_, LedgerError>(consumer)
        })
        .await??;
        no_worker(&consumer, &connection, &names)?;
        let found = topics::ensure(&connection, &consumer, &topics::plan(config, &names)).await?;
        let producer = produce(&connection)?;
        let layout = Layout {
            connection: connection.clone(),
            names,
            partitions: found.partitions,
        };
        let target = Self {
            connection,
            layout,
            consumer,
            producer,
            outlets: found.outlets,
        };
        blocking(move || target.empty()).await?
    }

    fn empty(self) -> Result<Self, LedgerError> {
        if let Some(source) = self
            .layout
            .found(&self.consumer)?
            .and_then(|found| found.copying)
        {
            return Err(self.layout.broken_off(&source));
        }
        for topic in Topic::ALL {
            let name = self.layout.names.topic(topic);
            for partition in 0..self.partitions_of(topic) {
                let (low, high) = patiently(&self.connection, || {
                    self.consumer
                        .fetch_watermarks(name, number(partition), ANSWER)
                })?;
                if low < high {
                    return Err(LedgerError::Unfit {
                        detail: format!(
                            "topic {name} holds records; a copy needs topics without any, or another `kafka.prefix`"
                        ),
                    });
                }
            }
        }
        Ok(self)
    }

    pub(crate) fn partitions(&self) -> u32 {
        self.layout.partitions
    }

    fn partitions_of(&self, topic: Topic) -> u32 {
        let outlet = self.outlets.get(&topic).copied();
        outlet.unwrap_or(self.layout.partitions)
    }

    /// From here on workers refuse these topics, until the copy is complete.
    pub(crate) fn begin(&mut self, clean: bool) -> Result<(), LedgerError> {
        let ours = LayoutRecord::ours(self.layout.partitions);
        let begun = Timestamp::now().to_string();
        for topic in Topic::STATE {
            let copying = (topic == Topic::Sites).then(|| begun.clone());
            self.lay(
                topic,
                &LayoutRecord {
                    copying,
                    ..ours.clone()
                },
            )?;
        }
        self.drain()?;
        if clean {
            return Ok(());
        }
        // What the last worker held when it ended is tried alone, as it would have been there.
        let owner = OwnerRecord {
            v: VERSION,
            transactional_id: format!("{}-copy", self.layout.names.transactional),
            process: String::new(),
            member: None,
            since: Timestamp::now(),
            untried: false,
            clean: false,
        };
        let json = entry_rules::state_json(&owner, usize::MAX)?;
        for partition in 0..self.layout.partitions {
            let key = StateKey::Owner.text();
            self.send(
                &state(Topic::Sites, partition, key, Some(json.clone())),
                None,
            )?;
        }
        Ok(())
    }

    fn lay(&self, topic: Topic, layout: &LayoutRecord) -> Result<(), LedgerError> {
        let json = entry_rules::state_json(layout, usize::MAX)?;
        self.send(&state(topic, 0, StateKey::Layout.text(), Some(json)), None)
    }

    pub(crate) fn put(&self, found: &MovedState, part: u32) -> Result<(), LedgerError> {
        let fault = |error: &dyn std::fmt::Display| LedgerError::Fault {
            detail: format!("the state of {} cannot be read: {error}", found.key),
        };
        let feed = || crate::id::FeedId::configured(&found.key);
        let json = || found.json.clone();
        let (topic, key, json) = match found.kind {
            StateKind::Site => {
                let site = StateKey::Site(Site::of_host(&found.key));
                (Topic::Sites, site.text(), json())
            }
            StateKind::Feed => (Topic::Feeds, StateKey::Feed(feed()).text(), json()),
            StateKind::Listed => (Topic::Feeds, StateKey::Listed(feed()).text(), json()),
            StateKind::Mark => {
                let seen = serde_json::from_str(&found.json).map_err(|error| fault(&error))?;
                let record = SeenRecord { v: VERSION, seen };
                let json = entry_rules::state_json(&record, usize::MAX)?;
                (Topic::Seen, found.key.clone(), json)
            }
            StateKind::Entry => {
                ArticleId::parse(&found.key).map_err(|error| fault(&error))?;
                let waiting: Waiting =
                    serde_json::from_str(&found.json).map_err(|error| fault(&error))?;
                let site = found.site.as_ref().map(Site::to_string).unwrap_or_default();
                let record = EntryRecord { site, waiting };
                let json = entry_rules::state_json(&record, usize::MAX)?;
                (Topic::Entries, found.key.clone(), json)
            }
        };
        self.send(&state(topic, part, key, Some(json)), None)
    }

    pub(crate) fn publish(&self, record: &PublishedRecord) -> Result<(), LedgerError> {
        let topic = Topic::of(record.outlet);
        let write = Write {
            topic,
            partition: Some(java_partition(
                record.id.as_bytes(),
                self.partitions_of(topic),
            )),
            key: record.id.clone(),
            value: Some(record.json.clone()),
            headers: cloud_event(record),
        };
        // By the instant of the record an event is found again, and `tail --from` begins.
        self.send(&write, Some(record.recorded.as_millisecond()))
    }

    fn send(&self, write: &Write, instant: Option<i64>) -> Result<(), LedgerError> {
        let name = self.layout.names.topic(write.topic);
        let mut record = BaseRecord::to(name).key(write.key.as_str());
        record = record.headers(write.header_list());
        if let Some(value) = &write.value {
            record = record.payload(value.as_str());
        }
        record.partition = write.partition.map(number);
        record.timestamp = instant;
        loop {
            self.failed()?;
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    self.producer.poll(Duration::from_millis(10));
                    record = again;
                }
                Err((error, _)) => {
                    return Err(LedgerError::Unfit {
                        detail: format!("{} is not taken by topic {name}: {error}", write.key),
                    });
                }
            }
        }
        if self.producer.in_flight_count() % 64 == 0 {
            self.producer.poll(Duration::ZERO);
        }
        Ok(())
    }

    /// The first record that was not taken.
    fn failed(&self) -> Result<(), LedgerError> {
        match self.producer.context().failed() {
            Some(error) => Err(self.connection.unreachable(&error)),
            None => Ok(()),
        }
    }

    /// Waits until every record is with the cluster.
    fn drain(&self) -> Result<(), LedgerError> {
        let begun = Instant::now();
        while self.producer.in_flight_count() > 0 && begun.elapsed() < SENT {
            self.producer.poll(Duration::from_millis(10));
        }
        self.failed()?;
        if self.producer.in_flight_count() > 0 {
            return Err(self.connection.unreachable(&"records are not taken"));
        }
        Ok(())
    }

    /// Every record is there: says so, and the topics are a ledger.
    pub(crate) fn finish(self) -> Result<(), LedgerError> {
        self.drain()?;
        self.lay(Topic::Sites, &LayoutRecord::ours(self.layout.partitions))?;
        self.drain()
    }
}
