//! The producer for transactions, and what became of each record it sent.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use rdkafka::{
    ClientContext, Message,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{BaseProducer, DeliveryResult, ProducerContext},
};

use super::{
    connect::{MAX_MESSAGE_BYTES, default},
    link::Link,
    shared::Shared,
};
use crate::ledger::LedgerError;

/// A producer for transactions.
pub(super) fn produce(shared: &Shared, id: &str) -> Result<BaseProducer<Deliveries>, LedgerError> {
    let mut settings = shared.connection.settings();
    settings
        .set("transactional.id", id)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // The Java client's default partitioner: what it writes under one key stands in one partition with ours.
        .set("partitioner", "murmur2_random");
    default(&mut settings, "transaction.timeout.ms", "5000");
    default(&mut settings, "delivery.timeout.ms", "5000");
    default(&mut settings, "linger.ms", "5");
    default(&mut settings, "compression.codec", "lz4");
    default(
        &mut settings,
        "message.max.bytes",
        &MAX_MESSAGE_BYTES.to_string(),
    );
    default(&mut settings, "queue.buffering.max.kbytes", "65536");
    let context = Deliveries {
        link: shared.connection.link().clone(),
        reports: Mutex::default(),
        transaction: AtomicUsize::new(0),
    };
    shared.connection.client(&settings, context)
}

/// What became of the records of the transaction.
pub(super) struct Deliveries {
    link: Link,
    reports: Mutex<Vec<Result<i64, RDKafkaErrorCode>>>,
    /// Number of the transaction: a late report of an aborted one is none of the next.
    transaction: AtomicUsize,
}

impl Deliveries {
    pub(super) fn begin(&self) {
        self.transaction.fetch_add(1 << 32, Ordering::Relaxed);
        self.reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What a record carries, so that its report is known again: transaction and place.
    pub(super) fn opaque(&self, place: usize) -> usize {
        self.transaction.load(Ordering::Relaxed) | place
    }

    pub(super) fn failed(&self) -> Option<RDKafkaErrorCode> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().find_map(|report| report.err())
    }

    pub(super) fn offsets(&self) -> Vec<i64> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().map(|report| report.unwrap_or(-1)).collect()
    }
}

impl ClientContext for Deliveries {
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

impl ProducerContext for Deliveries {
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
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() <= number {
            reports.resize(number + 1, Err(RDKafkaErrorCode::NoError));
        }
        reports[number] = report;
    }
}
