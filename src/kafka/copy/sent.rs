//! The outcome of the records of a copy.

use parking_lot::Mutex;
use rdkafka::{
    error::KafkaError,
    producer::{BaseProducer, DeliveryResult, ProducerContext},
};

use crate::{
    kafka::cluster::{
        connect::{Connection, MAX_MESSAGE_BYTES},
        link::Linked,
        settings::default,
    },
    ledger::LedgerError,
};

/// A producer of a copy: it belongs to no transaction.
pub(super) fn create_copy_producer(
    connection: &Connection,
) -> Result<BaseProducer<Linked<Sent>>, LedgerError> {
    let mut settings = connection.client_settings();
    settings
        .set("enable.idempotence", "true")
        .set("acks", "all");
    // Nobody waits for one record of a copy, unlike for a commit.
    default(&mut settings, "linger.ms", "5");
    default(&mut settings, "compression.codec", "lz4");
    default(
        &mut settings,
        "message.max.bytes",
        &MAX_MESSAGE_BYTES.to_string(),
    );
    default(&mut settings, "queue.buffering.max.kbytes", "32768");
    let context = connection.link_state().link_with(Sent::default());
    connection.create_client(&settings, context)
}

/// The outcome of the records that were sent.
#[derive(Default)]
pub(super) struct Sent {
    failed: Mutex<Option<KafkaError>>,
}

impl ProducerContext for Linked<Sent> {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failed = self.failed.lock();
            failed.get_or_insert_with(|| error.clone());
        }
    }
}

impl Sent {
    /// Why the first record was not taken that was not.
    pub(super) fn first_failure(&self) -> Option<KafkaError> {
        let failed = self.failed.lock();
        failed.clone()
    }
}
