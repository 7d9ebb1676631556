//! One transaction on the cluster.
//!
//! Order of calls and treatment of errors were measured on a real cluster, with 540 kills: the group's metadata first,
//! then who owns what; records, all of them with the cluster before `send_offsets`; then the commit. Memory changes
//! only after it.

use std::time::Duration;

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    deliveries::Deliveries,
    names::Topic,
    records::Write,
    shared::{Hold, Shared, Step},
    writer::Job,
};

/// One call that waits for the cluster.
pub(super) const CALL: Duration = Duration::from_secs(10);
/// Pause before a call that timed out is made again; without it the loop wrote five million log lines.
pub(super) const AGAIN: Duration = Duration::from_millis(300);

/// How a transaction ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// Committed; offsets by job and write.
    Committed(Vec<Vec<i64>>),
    /// Certainly not committed; the producer goes on.
    Aborted { detail: String, unreachable: bool },
    /// A record that the cluster will not take.
    TooLarge,
    /// Perhaps committed, or the producer is of no use any more.
    Lost(String),
    /// The ledger is being closed in the middle of it.
    Over,
}

/// One transaction.
pub(super) struct Transaction<'a> {
    pub(super) shared: &'a Shared,
    pub(super) producer: &'a BaseProducer<Deliveries>,
}

impl Transaction<'_> {
    pub(super) fn run(&self, metadata: &ConsumerGroupMetadata, jobs: &[Job]) -> Ending {
        self.producer.context().begin();
        if let Err(error) = self.producer.begin_transaction() {
            return Ending::Lost(format!("begin: {error}"));
        }
        self.shared.step(Step::Begun);
        match self.send(jobs) {
            Ok(()) => {}
            Err(Some(ending)) => return self.abort(ending),
            Err(None) => return self.abort(Ending::TooLarge),
        }
        if let Some(ending) = self.drain() {
            return self.abort(ending);
        }
        self.shared.step(Step::Drained);
        if let Err(error) =
            self.producer
                .send_offsets_to_transaction(&self.offsets(jobs), metadata, CALL)
        {
            return self.abort(self.ending("send_offsets", &error));
        }
        self.shared.step(Step::OffsetsSent);
        match self.commit() {
            None => {
                self.shared.step(Step::Committed);
                Ending::Committed(self.places(jobs))
            }
            Some(ending @ Ending::Aborted { .. }) => self.abort(ending),
            Some(ending) => ending,
        }
    }

    fn send(&self, jobs: &[Job]) -> Result<(), Option<Ending>> {
        for (number, write) in jobs.iter().flat_map(|job| &job.prepared.writes).enumerate() {
            self.send_one(write, number)?;
        }
        Ok(())
    }

    fn send_one(&self, write: &Write, number: usize) -> Result<(), Option<Ending>> {
        let topic = self.shared.names.topic(write.topic);
        let opaque = self.producer.context().opaque(number);
        let mut record = BaseRecord::with_opaque_to(topic, opaque).key(write.key.as_str());
        if let Some(value) = &write.value {
            record = record.payload(value.as_str());
        }
        if let Some(partition) = write.partition {
            record = record.partition(i32::try_from(partition).unwrap_or(i32::MAX));
        }
        if !write.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(write.headers.len());
            record = record.headers(write.headers.iter().fold(headers, |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value),
                })
            }));
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    self.producer.poll(Duration::from_millis(10));
                    record = again;
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge), _)) => {
                    return Err(None);
                }
                Err((error, _)) => return Err(Some(self.ending("produce", &error))),
            }
        }
    }

    /// Waits until every record is with the cluster. A rule of correctness: records that go out after `send_offsets`
    /// passed the group's fence were repeated by the next owner (320 duplicates in four of four rounds).
    fn drain(&self) -> Option<Ending> {
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::from_millis(1));
            if let Some((code, detail)) = self.producer.client().fatal_error() {
                return Some(Ending::Lost(format!("{code}: {detail}")));
            }
        }
        let code = self.producer.context().failed()?;
        if code == RDKafkaErrorCode::MessageSizeTooLarge {
            return Some(Ending::TooLarge);
        }
        Some(Ending::Aborted {
            detail: format!("delivery: {code}"),
            unreachable: code == RDKafkaErrorCode::MessageTimedOut,
        })
    }

    /// One offset for each partition whose owner speaks: the fence of the group.
    fn offsets(&self, jobs: &[Job]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        let topic = self.shared.names.topic(Topic::Entries);
        let mut partitions: Vec<u32> = jobs.iter().map(|job| job.tenure.partition).collect();
        partitions.sort_unstable();
        partitions.dedup();
        for partition in partitions {
            let position = match &self.shared.slot(partition).hold {
                Hold::Owned(held) => held.position,
                _ => 0,
            };
            let number = i32::try_from(partition).unwrap_or(i32::MAX);
            // Only an offset out of range is refused.
            drop(list.add_partition_offset(topic, number, Offset::Offset(position.max(0))));
        }
        list
    }

    /// Commits; a call that timed out is made again until it is answered, never aborted.
    fn commit(&self) -> Option<Ending> {
        loop {
            let error = match self.producer.commit_transaction(CALL) {
                Ok(()) => return None,
                Err(error) => error,
            };
            if !again(&error) {
                return Some(self.ending("commit", &error));
            }
            self.shared
                .connection
                .link()
                .down(&format!("commit: {error}"));
            if self.shared.is_over() {
                return Some(Ending::Over);
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// Aborts, then passes on why.
    fn abort(&self, why: Ending) -> Ending {
        if matches!(why, Ending::Lost(_)) {
            return why;
        }
        loop {
            let error = match self.producer.abort_transaction(CALL) {
                Ok(()) => return why,
                Err(error) => error,
            };
            if !again(&error) {
                return Ending::Lost(format!("abort: {error}"));
            }
            self.shared
                .connection
                .link()
                .down(&format!("abort: {error}"));
            if self.shared.is_over() {
                return Ending::Over;
            }
            std::thread::sleep(AGAIN);
        }
    }

    fn ending(&self, call: &str, error: &KafkaError) -> Ending {
        let detail = format!("{call}: {error}");
        let (fatal, abortable, unreachable) = match error {
            KafkaError::Transaction(error) => {
                let code = error.code();
                let away = error.is_retriable()
                    || matches!(
                        code,
                        RDKafkaErrorCode::OperationTimedOut
                            | RDKafkaErrorCode::BrokerTransportFailure
                    );
                (
                    error.is_fatal(),
                    error.txn_requires_abort() || error.is_retriable(),
                    away,
                )
            }
            _ => (false, true, false),
        };
        if fatal
            || self.producer.client().fatal_error().is_some()
            || (call == "commit" && !abortable)
        {
            return Ending::Lost(detail);
        }
        Ending::Aborted {
            detail,
            unreachable,
        }
    }

    fn places(&self, jobs: &[Job]) -> Vec<Vec<i64>> {
        let mut all = self.producer.context().offsets().into_iter();
        jobs.iter()
            .map(|job| all.by_ref().take(job.prepared.writes.len()).collect())
            .collect()
    }
}

/// Whether a call is to be made again as it is.
fn again(error: &KafkaError) -> bool {
    match error {
        KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut) => true,
        KafkaError::Transaction(error) => error.is_retriable() && !error.txn_requires_abort(),
        _ => false,
    }
}
