//! A cluster as the source or the target of a copy.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    groups::GroupMemberInfo,
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
    topic_partition_list::TopicPartitionListElem,
};

use super::{
    connect::{ANSWER, Connection, Isolation, MAX_MESSAGE_BYTES, default},
    layout::Layout,
    link::Link,
    names::{Names, StateKey, Topic, java_partition},
    outlet::{Begin, Reader},
    reading::{entry, number},
    records::{
        EntryRecord, LayoutRecord, OwnerRecord, SeenRecord, VERSION, Write, cloud_event, read,
        state,
    },
    start::blocking,
    tail::OFFSET_BITS,
    topics,
};
use crate::{
    config::KafkaConfig,
    id::ArticleId,
    ledger::{
        LedgerError, Outlet, Published, Waiting,
        copy::{Kind, State},
        rules,
        sqlite::copy::{Source as Staged, Stage},
    },
    site::Site,
};

/// Transactions that a killed worker left open are over by then: its timeout, and the cluster's own interval.
const STABLE: Duration = Duration::from_secs(60);
/// Between two looks at the last stable offset.
const LOOK: Duration = Duration::from_millis(100);
/// Topics that were just made, or whose broker was just started, answer within this.
const SETTLED: Duration = Duration::from_secs(20);
/// What is on its way to the cluster is there after this, or the cluster is away.
const SENT: Duration = Duration::from_secs(60);

/// A ledger on a cluster that no worker runs on.
pub(in crate::ledger) struct Source {
    reader: Reader,
    consumer: BaseConsumer<Link>,
    /// Partitions that the states were cut into; 1 where that is not known.
    cut: u32,
}

impl Source {
    pub(in crate::ledger) async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let reader = Reader::open(config).await?;
        blocking(move || {
            let consumer = reader.connection.reader(Isolation::Committed)?;
            no_worker(&consumer, &reader.connection, &reader.names)?;
            let cut = cut(&reader, &consumer)?;
            Ok(Self {
                reader,
                consumer,
                cut,
            })
        })
        .await?
    }

    /// Refuses while a worker is a member of the group.
    pub(in crate::ledger) fn no_worker(&self) -> Result<(), LedgerError> {
        no_worker(&self.consumer, &self.reader.connection, &self.reader.names)
    }

    /// Reads all topics to their end.
    pub(in crate::ledger) fn stage(&self) -> Result<Staged, LedgerError> {
        let mut stage = Stage::new(self.cut)?;
        for topic in Topic::ALL {
            self.wait_until_stable(topic)?;
        }
        // Marks before entries, as in a file.
        for topic in Topic::STATE {
            let tail = self.reader.whole(topic, Outlet::Events)?;
            while let Some(record) = tail.next_to_end()? {
                self.enter(topic, &record, &mut stage)?;
            }
        }
        for outlet in [Outlet::Articles, Outlet::Events, Outlet::SetAside] {
            let tail = self.reader.whole(Topic::of(outlet), outlet)?;
            while let Some(record) = tail.next_to_end()? {
                stage.publish(&record)?;
            }
        }
        stage.finish()
    }

    fn enter(
        &self,
        topic: Topic,
        record: &Published,
        stage: &mut Stage,
    ) -> Result<(), LedgerError> {
        let name = self.reader.names.topic(topic);
        let part = u32::try_from(record.position.0 >> OFFSET_BITS).unwrap_or(0) % self.cut;
        let (key, value) = (record.id.as_str(), record.json.as_str());
        let unreadable = |detail| LedgerError::Fault { detail };
        if topic == Topic::Entries && value.is_empty() {
            return stage.clear(key, part);
        }
        if value.is_empty() || key == StateKey::Layout.text() {
            return Ok(());
        }
        let mut put = |kind, key: String, site: Option<Site>, json: String| {
            let written = record.recorded;
            stage.put(&State {
                kind,
                key,
                part,
                site,
                written,
                json,
            })
        };
        match topic {
            Topic::Entries => {
                let (site, found) = entry(name, key, value.as_bytes()).map_err(unreadable)?;
                let json = rules::state_json(&found.waiting, usize::MAX)?;
                put(Kind::Entry, key.to_owned(), Some(site), json)
            }
            Topic::Seen => {
                let found: SeenRecord = read(name, key, value.as_bytes()).map_err(unreadable)?;
                let json = rules::state_json(&found.seen, usize::MAX)?;
                put(Kind::Mark, key.to_owned(), None, json)
            }
            _ => match StateKey::parse(key) {
                Some(StateKey::Site(site)) => {
                    put(Kind::Site, site.to_string(), Some(site), value.to_owned())
                }
                Some(StateKey::Feed(feed)) => {
                    put(Kind::Feed, feed.to_string(), None, value.to_owned())
                }
                Some(StateKey::Listed(feed)) => {
                    put(Kind::Listed, feed.to_string(), None, value.to_owned())
                }
                Some(StateKey::Owner) => {
                    let owner: OwnerRecord =
                        read(name, key, value.as_bytes()).map_err(unreadable)?;
                    stage.ended(part, owner.clean);
                    Ok(())
                }
                Some(StateKey::Layout) | None => Ok(()),
            },
        }
    }

    /// Waits until no transaction of a killed worker is open: what is read ends before the first that is.
    fn wait_until_stable(&self, topic: Topic) -> Result<(), LedgerError> {
        let connection = &self.reader.connection;
        let uncommitted = self.reader.connection.reader(Isolation::Uncommitted)?;
        let name = self.reader.names.topic(topic);
        let count = self.reader.count(&self.consumer, topic)?;
        let ends = |consumer: &BaseConsumer<Link>| {
            let mut list = TopicPartitionList::new();
            for partition in 0..count {
                list.add_partition_offset(name, number(partition), Offset::End)?;
            }
            let found = consumer.offsets_for_times(list, ANSWER)?;
            let elements = found.elements();
            let offset = |element: &TopicPartitionListElem<'_>| {
                element.error()?;
                Ok(element.offset().to_raw())
            };
            elements.iter().map(offset).collect::<Result<Vec<_>, _>>()
        };
        let marks = patiently(connection, || ends(&uncommitted))?;
        let begun = Instant::now();
        while patiently(connection, || ends(&self.consumer))?
            .iter()
            .zip(&marks)
            .any(|(stable, mark)| stable < mark)
        {
            if begun.elapsed() > STABLE {
                return Err(self.reader.connection.unreachable(&format!(
                    "a transaction on {name} has been open for a minute"
                )));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

/// Asks again while the cluster finds its way: leaders of topics that were just made, the coordinator of a group.
fn patiently<T>(
    connection: &Connection,
    ask: impl Fn() -> Result<T, KafkaError>,
) -> Result<T, LedgerError> {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(found) => return Ok(found),
            Err(error) if begun.elapsed() > SETTLED => return Err(connection.unreachable(&error)),
            Err(error) => tracing::info!(%error, "asked again"),
        }
        std::thread::sleep(LOOK);
    }
}

/// Into how many partitions the states are cut: what their layout says, whatever became of the topics since.
fn cut(reader: &Reader, consumer: &BaseConsumer<Link>) -> Result<u32, LedgerError> {
    let layout = Layout {
        connection: reader.connection.clone(),
        names: reader.names.clone(),
        partitions: reader.count(consumer, Topic::Sites)?,
    };
    let Some(found) = layout.found(consumer)? else {
        return Ok(layout.partitions);
    };
    if let Some(source) = &found.copying {
        return Err(layout.broken_off(source));
    }
    // Sites that another version spreads otherwise may be anywhere.
    let known = found.samples == LayoutRecord::ours(found.partitions).samples;
    Ok(if known { found.partitions.max(1) } else { 1 })
}

fn no_worker(
    consumer: &BaseConsumer<Link>,
    connection: &Connection,
    names: &Names,
) -> Result<(), LedgerError> {
    let refused = |error: &KafkaError| {
        *error == KafkaError::GroupListFetch(RDKafkaErrorCode::GroupAuthorizationFailed)
    };
    let list = patiently(connection, || {
        match consumer.fetch_group_list(Some(&names.group), ANSWER) {
            Err(error) if refused(&error) => Ok(None),
            found => found.map(Some),
        }
    })?;
    let Some(list) = list else {
        return Err(LedgerError::Unfit {
            detail: format!(
                "this client may not see the members of group {}; `dateline kafka topics` prints the grants",
                names.group
            ),
        });
    };
    let groups = list.groups().iter();
    let members: Vec<&str> = groups
        .flat_map(|group| group.members().iter())
        .map(GroupMemberInfo::client_id)
        .collect();
    if members.is_empty() {
        return Ok(());
    }
    Err(LedgerError::Taken {
        detail: format!(
            "{} of group {} at {} run; stop them (one that was killed counts for its session, 6 s)",
            members.join(", "),
            names.group,
            connection.brokers()
        ),
    })
}

/// A cluster whose topics are filled.
pub(in crate::ledger) struct Target {
    connection: Connection,
    layout: Layout,
    consumer: BaseConsumer<Link>,
    producer: BaseProducer<Sent>,
    outlets: BTreeMap<Topic, u32>,
}

impl Target {
    /// Makes the topics, or finds them without a record.
    pub(in crate::ledger) async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let names = Names::of(config)?;
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

    pub(in crate::ledger) fn partitions(&self) -> u32 {
        self.layout.partitions
    }

    fn partitions_of(&self, topic: Topic) -> u32 {
        let outlet = self.outlets.get(&topic).copied();
        outlet.unwrap_or(self.layout.partitions)
    }

    /// From here on workers refuse these topics, until the copy is complete.
    pub(in crate::ledger) fn begin(&mut self, clean: bool) -> Result<(), LedgerError> {
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
            since: Timestamp::now(),
            clean: false,
        };
        let json = rules::state_json(&owner, usize::MAX)?;
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
        let json = rules::state_json(layout, usize::MAX)?;
        self.send(&state(topic, 0, StateKey::Layout.text(), Some(json)), None)
    }

    pub(in crate::ledger) fn put(&self, found: &State, part: u32) -> Result<(), LedgerError> {
        let fault = |error: &dyn std::fmt::Display| LedgerError::Fault {
            detail: format!("the state of {} cannot be read: {error}", found.key),
        };
        let feed = || crate::id::FeedId::configured(&found.key);
        let json = || found.json.clone();
        let (topic, key, json) = match found.kind {
            Kind::Site => {
                let site = StateKey::Site(Site::of_host(&found.key));
                (Topic::Sites, site.text(), json())
            }
            Kind::Feed => (Topic::Feeds, StateKey::Feed(feed()).text(), json()),
            Kind::Listed => (Topic::Feeds, StateKey::Listed(feed()).text(), json()),
            Kind::Mark => {
                let seen = serde_json::from_str(&found.json).map_err(|error| fault(&error))?;
                let record = SeenRecord { v: VERSION, seen };
                let json = rules::state_json(&record, usize::MAX)?;
                (Topic::Seen, found.key.clone(), json)
            }
            Kind::Entry => {
                ArticleId::parse(&found.key).map_err(|error| fault(&error))?;
                let waiting: Waiting =
                    serde_json::from_str(&found.json).map_err(|error| fault(&error))?;
                let site = found.site.as_ref().map(Site::to_string).unwrap_or_default();
                let record = EntryRecord { site, waiting };
                let json = rules::state_json(&record, usize::MAX)?;
                (Topic::Entries, found.key.clone(), json)
            }
        };
        self.send(&state(topic, part, key, Some(json)), None)
    }

    pub(in crate::ledger) fn publish(&self, record: &Published) -> Result<(), LedgerError> {
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
        let failed = self.producer.context().failed.lock();
        let failed = failed.unwrap_or_else(PoisonError::into_inner);
        match &*failed {
            Some(error) => Err(self.connection.unreachable(error)),
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
    pub(in crate::ledger) fn finish(self) -> Result<(), LedgerError> {
        self.drain()?;
        self.lay(Topic::Sites, &LayoutRecord::ours(self.layout.partitions))?;
        self.drain()
    }
}

fn produce(connection: &Connection) -> Result<BaseProducer<Sent>, LedgerError> {
    let mut settings = connection.settings();
    settings
        .set("enable.idempotence", "true")
        .set("acks", "all");
    default(&mut settings, "linger.ms", "5");
    default(&mut settings, "compression.codec", "lz4");
    default(
        &mut settings,
        "message.max.bytes",
        &MAX_MESSAGE_BYTES.to_string(),
    );
    default(&mut settings, "queue.buffering.max.kbytes", "32768");
    let context = Sent {
        link: connection.link().clone(),
        failed: Mutex::default(),
    };
    connection.client(&settings, context)
}

/// What became of the records that were sent.
struct Sent {
    link: Link,
    failed: Mutex<Option<KafkaError>>,
}

impl ClientContext for Sent {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.link.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.link.error(error, reason);
    }

    fn generate_oauth_token(
        &self,
        config: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.link.generate_oauth_token(config)
    }
}

impl ProducerContext for Sent {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert_with(|| error.clone());
        }
    }
}

impl Reader {
    /// A topic of a ledger from its beginning to its end.
    fn whole(&self, topic: Topic, outlet: Outlet) -> Result<super::tail::Tail, LedgerError> {
        let consumer = self.connection.reader(Isolation::Committed)?;
        let partitions = (0..self.count(&consumer, topic)?).collect();
        self.tail_on(consumer, topic, outlet, Begin::Beginning, partitions)
    }
}
