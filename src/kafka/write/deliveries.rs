//! Producers, and the outcome of each record they sent.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use rdkafka::{
    ClientConfig, Message,
    error::RDKafkaErrorCode,
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};

use crate::{
    kafka::{
        cluster::{
            connect::{ANSWER, Connection, MAX_MESSAGE_BYTES},
            grants,
            link::Linked,
            settings::default,
        },
        format::names::TopicNames,
        hold::shared::ClusterShared,
    },
    ledger::LedgerError,
};

/// A producer that says of each record whether the cluster has it.
pub(in crate::kafka) type LinkedProducer = BaseProducer<Linked<Deliveries>>;

/// How long a transaction may last before the cluster ends it, and how long one of its records may be on its way.
// What a killed worker left open holds up its partitions: takeovers took 6 s with this, 11 s with 10 s.
pub(in crate::kafka) const TRANSACTION: Duration = Duration::from_secs(5);
/// How long a transaction may last once one has outlived that.
// Where each of its five requests takes two seconds, nothing was ever committed otherwise; the library's own default.
pub(in crate::kafka) const LONG_TRANSACTION: Duration = Duration::from_secs(60);

/// A producer for transactions, each of which may last so long unless the operator says otherwise.
pub(in crate::kafka) fn create_transactional_producer(
    shared: &ClusterShared,
    id: &str,
    transaction: Duration,
) -> Result<LinkedProducer, LedgerError> {
    let settings = producer_settings(&shared.connection, id, transaction);
    create_producer(&shared.connection, &settings)
}

/// The settings of a producer for transactions.
pub(in crate::kafka) fn producer_settings(
    connection: &Connection,
    id: &str,
    transaction: Duration,
) -> ClientConfig {
    let milliseconds = |time: Duration| time.as_millis().to_string();
    let mut settings = connection.client_settings();
    settings
        .set("transactional.id", id)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // The Java client's default partitioner: what it writes under one key is in one partition with ours.
        .set("partitioner", "murmur2_random");
    default(
        &mut settings,
        "transaction.timeout.ms",
        &milliseconds(transaction),
    );
    // Not longer than the transaction: a record would come too late for it.
    default(
        &mut settings,
        "delivery.timeout.ms",
        &milliseconds(TRANSACTION),
    );
    // Each commit waits for its records, so it would wait as long.
    default(&mut settings, "linger.ms", "0");
    // gzip is 16 times as slow: 17,000 records a second against 277,000 (measured).
    default(&mut settings, "compression.codec", "lz4");
    default(
        &mut settings,
        "message.max.bytes",
        &MAX_MESSAGE_BYTES.to_string(),
    );
    // The library's own is 1 GiB, which an outage of the cluster may fill.
    default(&mut settings, "queue.buffering.max.kbytes", "65536");
    settings
}

pub(in crate::kafka) fn create_producer(
    connection: &Connection,
    settings: &ClientConfig,
) -> Result<LinkedProducer, LedgerError> {
    let context = connection.link_state().link_with(Deliveries::default());
    let producer: LinkedProducer = connection.create_client(settings, context)?;
    // A token is asked for first of all, and only while the client is polled.
    producer.poll(Duration::ZERO);
    Ok(producer)
}

/// A record that belongs to no transaction.
pub(in crate::kafka) struct Plain<'a> {
    pub(in crate::kafka) topic: &'a str,
    pub(in crate::kafka) partition: i32,
    pub(in crate::kafka) key: &'a str,
    pub(in crate::kafka) json: &'a str,
}

/// Sends records outside of transactions; all of them are with the cluster when this returns well. That a producer was
/// flushed says only that nothing is on its way any more.
pub(in crate::kafka) fn deliver_plain(
    connection: &Connection,
    names: &TopicNames,
    records: &[Plain<'_>],
) -> Result<(), LedgerError> {
    let mut settings = connection.client_settings();
    settings
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("delivery.timeout.ms", "5000");
    let producer = create_producer(connection, &settings)?;
    producer.context().begin_transaction();
    for (place, record) in records.iter().enumerate() {
        let opaque = producer.context().opaque_of(place);
        let sent = BaseRecord::with_opaque_to(record.topic, opaque)
            .partition(record.partition)
            .key(record.key)
            .payload(record.json);
        producer
            .send(sent)
            .map_err(|(error, _)| connection.unreachable_error(&error))?;
    }
    producer
        .flush(ANSWER * 2)
        .map_err(|error| connection.unreachable_error(&error))?;
    let Some((place, code)) = producer.context().first_failure(records.len()) else {
        return Ok(());
    };
    let topic = records.get(place).map_or("", |record| record.topic);
    Err(match grants::missing_grant(code, names, topic) {
        Some(detail) => LedgerError::Unfit { detail },
        None => connection.unreachable_error(&format!("topic {topic}: {code}")),
    })
}

/// The outcome of the records of the transaction.
#[derive(Default)]
pub(in crate::kafka) struct Deliveries {
    reports: Mutex<Vec<Result<i64, RDKafkaErrorCode>>>,
    /// Number of the transaction: a late report of an aborted one is none of the next.
    transaction: AtomicUsize,
}

impl Deliveries {
    pub(in crate::kafka) fn begin_transaction(&self) {
        self.transaction.fetch_add(1 << 32, Ordering::Relaxed);
        self.reports.lock().clear();
    }

    /// What a record carries, so that its report is known again: transaction and place.
    pub(in crate::kafka) fn opaque_of(&self, place: usize) -> usize {
        self.transaction.load(Ordering::Relaxed) | place
    }

    /// The first of so many records that is not with the cluster, and why.
    pub(in crate::kafka) fn first_failure(
        &self,
        count: usize,
    ) -> Option<(usize, RDKafkaErrorCode)> {
        let reports = self.reports.lock();
        let all = (0..count).map(|place| (place, reports.get(place)));
        let mut failed = all.filter_map(|(place, report)| match report {
            Some(Ok(_)) => None,
            Some(Err(code)) => Some((place, *code)),
            None => Some((place, RDKafkaErrorCode::NoError)),
        });
        failed.next()
    }

    pub(in crate::kafka) fn delivered_offsets(&self) -> Vec<i64> {
        let reports = self.reports.lock();
        reports.iter().map(|report| report.unwrap_or(-1)).collect()
    }
}

impl ProducerContext for Linked<Deliveries> {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        let number = opaque & 0xffff_ffff;
        if opaque - number != self.transaction.load(Ordering::Relaxed) {
            return;
        }
        let report = match result {
            Ok(message) => Ok(message.offset()),
            Err((error, _)) => Err(error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail)),
        };
        let mut reports = self.reports.lock();
        if reports.len() <= number {
            reports.resize(number + 1, Err(RDKafkaErrorCode::NoError));
        }
        reports[number] = report;
    }
}
