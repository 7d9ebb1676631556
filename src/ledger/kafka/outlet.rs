//! Reading what was published, without a group and without commits: `tail`, `set-aside`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    blocking,
    connect::{ANSWER, Connection, Isolation, Link},
    names::{Names, StateKey, Topic, java_partition},
    records::EntryRecord,
    restore::number,
};
use crate::{
    config::KafkaConfig,
    feed::state::FeedState,
    ledger::{LedgerError, Outlet, Position, Post, Published, rules, sqlite::again},
    record::SetAside,
};

/// Nothing came for so long and the end was not told: the cluster is away.
const SILENCE: Duration = Duration::from_secs(20);
/// Low bits of a position: the offset; above them the partition.
const OFFSET_BITS: u32 = 43;

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
pub struct Reader {
    connection: Connection,
    names: Names,
}

impl Reader {
    /// Connects. The topics must be there.
    ///
    /// # Errors
    /// `Unreachable` when the cluster does not answer within `start_timeout`, `Unfit` when it refuses this client.
    pub async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let names = Names::of(config)?;
        let connection = Connection::of(config, &format!("{}-reader", names.group))?;
        let (waiting, at_most) = (connection.clone(), config.start_timeout);
        let probe = connection.reader(Isolation::Committed)?;
        blocking(move || waiting.wait(&probe, at_most)).await??;
        Ok(Self { connection, names })
    }

    /// Follows an outlet. [`Tail::next`] waits, so it belongs on a thread that may.
    pub fn tail(&self, outlet: Outlet, begin: Begin) -> Result<Tail, LedgerError> {
        let consumer = self.connection.reader(Isolation::Committed)?;
        let partitions = self.count(&consumer, Topic::of(outlet))?;
        self.tail_of(consumer, outlet, begin, (0..partitions).collect())
    }

    /// Every record of an outlet up to its end.
    pub async fn all(&self, outlet: Outlet) -> Result<Vec<Published>, LedgerError> {
        let reader = self.clone();
        blocking(move || reader.tail(outlet, Begin::Beginning)?.rest()).await?
    }

    /// The newest records of an outlet, the newest first.
    pub async fn newest(
        &self,
        outlet: Outlet,
        limit: usize,
    ) -> Result<Vec<Published>, LedgerError> {
        let reader = self.clone();
        blocking(move || {
            let tail = reader.tail(outlet, Begin::Beginning)?;
            let mut newest: Vec<Published> = Vec::new();
            while let Some(record) = tail.next_to_end()? {
                newest.push(record);
                // Kept within twice the number asked for, whatever the topic holds.
                if newest.len() >= limit.saturating_mul(2).max(64) {
                    cut(&mut newest, limit);
                }
            }
            cut(&mut newest, limit);
            Ok(newest)
        })
        .await?
    }

    /// The last record of an id.
    pub async fn record(&self, outlet: Outlet, id: &str) -> Result<Option<Published>, LedgerError> {
        let (reader, id) = (self.clone(), id.to_owned());
        blocking(move || {
            let consumer = reader.connection.reader(Isolation::Committed)?;
            let count = reader.count(&consumer, Topic::of(outlet))?;
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
    pub async fn retry(&self, id: &str) -> Result<bool, LedgerError> {
        let Some(published) = self.record(Outlet::SetAside, id).await? else {
            return Ok(false);
        };
        let record: SetAside =
            serde_json::from_str(&published.json).map_err(|error| LedgerError::Fault {
                detail: format!("the record of {id} cannot be read: {error}"),
            })?;
        let post = again(&record, Timestamp::now())?;
        let reader = self.clone();
        blocking(move || reader.post(&post)).await??;
        Ok(true)
    }

    /// The state of every feed, by id.
    pub async fn feeds(&self) -> Result<BTreeMap<String, FeedState>, LedgerError> {
        let reader = self.clone();
        blocking(move || {
            let consumer = reader.connection.reader(Isolation::Committed)?;
            let partitions = (0..reader.count(&consumer, Topic::Feeds)?).collect();
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
                    StateKey::parse(&record.id),
                    serde_json::from_str(&record.json),
                ) {
                    states.insert(feed.to_string(), state);
                }
            }
            Ok(states)
        })
        .await?
    }

    fn post(&self, post: &Post) -> Result<(), LedgerError> {
        let away = |error: KafkaError| self.connection.unreachable(&error);
        let mut settings = self.connection.settings();
        settings
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("delivery.timeout.ms", "5000");
        let link: Link = self.connection.link().clone();
        let producer: BaseProducer<Link> = self.connection.client(&settings, link)?;
        let partitions = self.count_with(producer.client(), Topic::Entries)?;
        let record = EntryRecord {
            site: post.site.as_str().to_owned(),
            waiting: post.waiting.clone(),
        };
        let json = rules::state_json(&record, usize::MAX)?;
        let (topic, key) = (self.names.topic(Topic::Entries), post.id.to_string());
        let partition = number(post.site.partition(partitions));
        let record = BaseRecord::to(topic)
            .partition(partition)
            .key(&key)
            .payload(json.as_str());
        producer.send(record).map_err(|(error, _)| away(error))?;
        producer.flush(ANSWER * 2).map_err(away)
    }

    fn count(&self, consumer: &BaseConsumer<Link>, topic: Topic) -> Result<u32, LedgerError> {
        self.count_with(consumer.client(), topic)
    }

    fn count_with(
        &self,
        client: &rdkafka::client::Client<Link>,
        topic: Topic,
    ) -> Result<u32, LedgerError> {
        let name = self.names.topic(topic);
        let metadata = client
            .fetch_metadata(Some(name), ANSWER)
            .map_err(|error| self.connection.unreachable(&error))?;
        match metadata
            .topics()
            .first()
            .map(|topic| topic.partitions().len())
        {
            Some(count) if count > 0 => Ok(count as u32),
            _ => Err(LedgerError::Unfit {
                detail: format!("topic {name} is not there: no worker has run with this prefix"),
            }),
        }
    }

    fn tail_of(
        &self,
        consumer: BaseConsumer<Link>,
        outlet: Outlet,
        begin: Begin,
        partitions: BTreeSet<u32>,
    ) -> Result<Tail, LedgerError> {
        self.tail_on(consumer, Topic::of(outlet), outlet, begin, partitions)
    }

    fn tail_on(
        &self,
        consumer: BaseConsumer<Link>,
        topic: Topic,
        outlet: Outlet,
        begin: Begin,
        partitions: BTreeSet<u32>,
    ) -> Result<Tail, LedgerError> {
        let away = |error: KafkaError| self.connection.unreachable(&error);
        let name = self.names.topic(topic);
        let mut list = TopicPartitionList::new();
        let offset = match begin {
            Begin::Beginning => Offset::Beginning,
            Begin::Now => Offset::End,
            Begin::At(instant) => Offset::Offset(instant.as_millisecond().max(0)),
        };
        for partition in &partitions {
            list.add_partition_offset(name, number(*partition), offset)
                .map_err(away)?;
        }
        if matches!(begin, Begin::At(_)) {
            list = consumer.offsets_for_times(list, ANSWER).map_err(away)?;
        }
        consumer.assign(&list).map_err(away)?;
        let connection = self.connection.clone();
        Ok(Tail {
            consumer,
            outlet,
            open: Mutex::new(partitions),
            connection,
        })
    }
}

fn cut(newest: &mut Vec<Published>, limit: usize) {
    newest.sort_by(|a, b| {
        b.recorded
            .cmp(&a.recorded)
            .then(b.position.cmp(&a.position))
    });
    newest.truncate(limit);
}

/// An outlet being read.
pub struct Tail {
    consumer: BaseConsumer<Link>,
    outlet: Outlet,
    /// Partitions whose end was not reached yet.
    open: Mutex<BTreeSet<u32>>,
    connection: Connection,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail")
            .field("outlet", &self.outlet)
            .finish_non_exhaustive()
    }
}

impl Tail {
    /// The next record; `None` when none came within this time.
    pub fn next(&self, at_most: Duration) -> Result<Option<Published>, LedgerError> {
        let begun = Instant::now();
        loop {
            let left = at_most.saturating_sub(begun.elapsed());
            match self.consumer.poll(left) {
                Some(Ok(message)) => return Ok(Some(published(self.outlet, &message))),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    let partition = u32::try_from(partition).unwrap_or(0);
                    let mut open = self
                        .open
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    open.remove(&partition);
                    if open.is_empty() {
                        return Ok(None);
                    }
                }
                Some(Err(error)) => tracing::debug!(%error, "tail"),
                None => {}
            }
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    /// Whether every record that stood there at the beginning was given.
    pub fn is_at_end(&self) -> bool {
        self.open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .is_empty()
    }

    /// The next record up to the end; `None` at the end.
    fn next_to_end(&self) -> Result<Option<Published>, LedgerError> {
        let begun = Instant::now();
        while !self.is_at_end() {
            if let Some(record) = self.next(Duration::from_millis(200))? {
                return Ok(Some(record));
            }
            if begun.elapsed() > SILENCE {
                return Err(self.connection.unreachable(&"no answer while reading"));
            }
        }
        Ok(None)
    }

    fn rest(&self) -> Result<Vec<Published>, LedgerError> {
        let mut all = Vec::new();
        while let Some(record) = self.next_to_end()? {
            all.push(record);
        }
        Ok(all)
    }
}

fn published(outlet: Outlet, message: &BorrowedMessage<'_>) -> Published {
    let header = |name: &str| {
        let headers = message.headers()?;
        let found = headers.iter().find(|header| header.key == name)?;
        Some(String::from_utf8_lossy(found.value?).into_owned())
    };
    let text =
        |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let id = text(message.key());
    let revision = header("ce_id").and_then(|ce_id| {
        ce_id
            .rsplit_once('.')
            .and_then(|(_, revision)| revision.parse().ok())
    });
    let logged = message
        .timestamp()
        .to_millis()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let place = u64::try_from(message.partition()).unwrap_or(0) << OFFSET_BITS;
    Published {
        position: Position(place | u64::try_from(message.offset()).unwrap_or(0)),
        outlet,
        id,
        revision: revision.unwrap_or(0),
        recorded: header("ce_time")
            .and_then(|time| time.parse().ok())
            .or(logged)
            .unwrap_or_default(),
        ce_type: header("ce_type").unwrap_or_default(),
        ce_source: header("ce_source").unwrap_or_default(),
        json: text(message.payload()),
    }
}
