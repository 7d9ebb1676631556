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
    ask_patiently, no_worker,
    sent::{Sent, create_copy_producer},
};
use crate::{
    config::KafkaConfig,
    id::ArticleId,
    kafka::{
        cluster::{
            connect::{ANSWER, Connection, Isolation},
            link::{ClusterLink, Linked},
            topics,
        },
        format::{
            names::{StateKey, Topic, TopicNames, java_partition},
            records::{
                EntryRecord, LayoutRecord, OwnerRecord, SeenRecord, VERSION, Write, cloud_event,
                state_record,
            },
        },
        layout::Layout,
        read::scan::library_number,
        start::run_blocking,
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
    consumer: BaseConsumer<ClusterLink>,
    producer: BaseProducer<Linked<Sent>>,
    outlets: BTreeMap<Topic, u32>,
}

impl ClusterTarget {
    /// Makes the topics, or finds them without a record.
    pub(crate) async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let names = TopicNames::from_config(config)?;
        let connection = Connection::from_config(config, &format!("{}-copy", names.group))?;
        let consumer = connection.open_reader(Isolation::Committed)?;
        let (waiting, at_most) = (connection.clone(), config.start_timeout);
        let consumer = run_blocking(move || {
            waiting.wait_for_answer(&consumer, at_most)?;
            Ok::<_, LedgerError>(consumer)
        })
        .await??;
        no_worker(&consumer, &connection, &names)?;
        let found =
            topics::ensure_topics(&connection, &consumer, &topics::plan_topics(config, &names))
                .await?;
        let producer = create_copy_producer(&connection)?;
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
        run_blocking(move || target.refuse_unless_empty()).await?
    }

    fn refuse_unless_empty(self) -> Result<Self, LedgerError> {
        if let Some(source) = self
            .layout
            .find_record(&self.consumer)?
            .and_then(|found| found.copying)
        {
            return Err(self.layout.broken_off(&source));
        }
        for topic in Topic::ALL {
            let name = self.layout.names.topic(topic);
            for partition in 0..self.partitions_of(topic) {
                let (low, high) = ask_patiently(&self.connection, || {
                    self.consumer
                        .fetch_watermarks(name, library_number(partition), ANSWER)
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
    pub(crate) fn begin_copy(&mut self, clean: bool) -> Result<(), LedgerError> {
        let ours = LayoutRecord::of_this_version(self.layout.partitions);
        let begun = Timestamp::now().to_string();
        for topic in Topic::STATE {
            let copying = (topic == Topic::Sites).then(|| begun.clone());
            self.write_layout(
                topic,
                &LayoutRecord {
                    copying,
                    ..ours.clone()
                },
            )?;
        }
        // There before the first state: a copy that is broken off must be known for one.
        self.drain_sent()?;
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
            let key = StateKey::Owner.to_text();
            self.send_write(
                &state_record(Topic::Sites, partition, key, Some(json.clone())),
                None,
            )?;
        }
        Ok(())
    }

    fn write_layout(&self, topic: Topic, layout: &LayoutRecord) -> Result<(), LedgerError> {
        let json = entry_rules::state_json(layout, usize::MAX)?;
        self.send_write(
            &state_record(topic, 0, StateKey::Layout.to_text(), Some(json)),
            None,
        )
    }

    pub(crate) fn put_state(&self, found: &MovedState, part: u32) -> Result<(), LedgerError> {
        let fault = |error: &dyn std::fmt::Display| LedgerError::Fault {
            detail: format!("the state of {} cannot be read: {error}", found.key),
        };
        let feed = || crate::id::FeedId::configured(&found.key);
        let json = || found.json.clone();
        let (topic, key, json) = match found.kind {
            StateKind::Site => {
                let site = StateKey::Site(Site::of_host(&found.key));
                (Topic::Sites, site.to_text(), json())
            }
            StateKind::Feed => (Topic::Feeds, StateKey::Feed(feed()).to_text(), json()),
            StateKind::Listed => (Topic::Feeds, StateKey::Listed(feed()).to_text(), json()),
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
        self.send_write(&state_record(topic, part, key, Some(json)), None)
    }

    pub(crate) fn publish_record(&self, record: &PublishedRecord) -> Result<(), LedgerError> {
        let topic = Topic::of_outlet(record.outlet);
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
        self.send_write(&write, Some(record.recorded.as_millisecond()))
    }

    fn send_write(&self, write: &Write, instant: Option<i64>) -> Result<(), LedgerError> {
        let name = self.layout.names.topic(write.topic);
        let mut record = BaseRecord::to(name).key(write.key.as_str());
        record = record.headers(write.header_list());
        if let Some(value) = &write.value {
            record = record.payload(value.as_str());
        }
        record.partition = write.partition.map(library_number);
        record.timestamp = instant;
        loop {
            self.refuse_if_failed()?;
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
    fn refuse_if_failed(&self) -> Result<(), LedgerError> {
        match self.producer.context().first_failure() {
            Some(error) => Err(self.connection.unreachable_error(&error)),
            None => Ok(()),
        }
    }

    /// Waits until every record is with the cluster.
    fn drain_sent(&self) -> Result<(), LedgerError> {
        let begun = Instant::now();
        while self.producer.in_flight_count() > 0 && begun.elapsed() < SENT {
            self.producer.poll(Duration::from_millis(10));
        }
        self.refuse_if_failed()?;
        if self.producer.in_flight_count() > 0 {
            return Err(self.connection.unreachable_error(&"records are not taken"));
        }
        Ok(())
    }

    /// Every record is there: says so, and the topics are a ledger.
    pub(crate) fn finish_copy(self) -> Result<(), LedgerError> {
        // All of it first: the layout says that nothing is missing.
        self.drain_sent()?;
        self.write_layout(
            Topic::Sites,
            &LayoutRecord::of_this_version(self.layout.partitions),
        )?;
        self.drain_sent()
    }
}
