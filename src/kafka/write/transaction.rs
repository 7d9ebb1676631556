//! One transaction on the cluster.
//!
//! Order of calls and treatment of errors were measured on a real cluster, with 540 kills: the group's metadata first,
//! then who owns what; records, all of them with the cluster before `send_offsets`; then the commit. Memory changes
//! only after it.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rdkafka::{
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{BaseRecord, Producer},
};

use self::outcome::{Ending, is_to_be_repeated};
use super::{deliveries::LinkedProducer, writer::BatchJob};
use crate::kafka::{
    format::{names::Topic, records::Write},
    hold::shared::{ClusterShared, HookStep},
};

mod offsets;
pub(super) mod outcome;

/// One call that waits for the cluster.
// A call that times out is made again, so a longer one gains nothing, and a shorter one more lines of a log.
pub(in crate::kafka) const CALL: Duration = Duration::from_secs(10);
/// Pause before a call that timed out is made again; without it the loop wrote five million log lines.
pub(in crate::kafka) const AGAIN: Duration = Duration::from_millis(300);
/// Before an abort, the outcome of the records is awaited so long; the abort itself waits for it without asking.
const REPORTS: Duration = Duration::from_secs(1);
/// Between two looks at the reports of records on their way.
// A poll of the library with a time-out of its own does not sleep through its last millisecond: it asks the clock
// until that has passed, which was a fifth of a worker's processor time. The cluster answers after 2 to 10 ms, so
// this adds at most a tenth.
const LOOK: Duration = Duration::from_micros(250);
/// One call of abort; after it, reports of the records that it gave up are taken in before the next one.
const ABORT: Duration = Duration::from_secs(2);

/// One transaction.
pub(in crate::kafka) struct Transaction<'a> {
    pub(in crate::kafka) shared: &'a ClusterShared,
    pub(in crate::kafka) producer: &'a LinkedProducer,
}

impl Transaction<'_> {
    pub(in crate::kafka) fn run_transaction(
        &self,
        metadata: &ConsumerGroupMetadata,
        jobs: &[BatchJob],
    ) -> Ending {
        self.producer.context().begin_transaction();
        if let Err(error) = self.producer.begin_transaction() {
            return Ending::Lost(format!("begin: {error}"));
        }
        self.shared.call_hook(HookStep::Begun);
        match self.send_records(jobs) {
            Ok(()) => {}
            Err(Some(ending)) => return self.abort_transaction(ending),
            Err(None) => return self.abort_transaction(Ending::TooLarge),
        }
        if let Some(ending) = self.drain_sent(jobs) {
            return self.abort_transaction(self.find_reason(ending, metadata, jobs));
        }
        self.shared.call_hook(HookStep::Drained);
        if let Err(error) = self.send_offsets(metadata, jobs) {
            if self
                .shared
                .look_at_group(&error, &self.topics_in_words(jobs))
            {
                return self.abort_transaction(Ending::Refused);
            }
            return self.abort_transaction(self.ending_of_error("send_offsets", &error));
        }
        self.shared.call_hook(HookStep::OffsetsSent);
        match self.commit_transaction() {
            None => {
                self.shared.call_hook(HookStep::Committed);
                Ending::Committed(self.record_offsets(jobs))
            }
            Some(ending @ Ending::Aborted { .. }) => self.abort_transaction(ending),
            Some(ending) => ending,
        }
    }

    fn send_records(&self, jobs: &[BatchJob]) -> Result<(), Option<Ending>> {
        for (number, write) in jobs.iter().flat_map(|job| &job.prepared.writes).enumerate() {
            self.send_one(write, number)?;
        }
        Ok(())
    }

    fn send_one(&self, write: &Write, number: usize) -> Result<(), Option<Ending>> {
        let topic = self.shared.names.topic(write.topic);
        let opaque = self.producer.context().opaque_of(number);
        let mut record = BaseRecord::with_opaque_to(topic, opaque).key(write.key.as_str());
        if let Some(value) = &write.value {
            record = record.payload(value.as_str());
        }
        if let Some(partition) = write.partition {
            record = record.partition(i32::try_from(partition).unwrap_or(i32::MAX));
        }
        if !write.headers.is_empty() {
            record = record.headers(write.header_list());
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
                Err((error, _)) => return Err(Some(self.ending_of_error("produce", &error))),
            }
        }
    }

    /// Waits until every record is with the cluster. A rule of correctness: records that go out after `send_offsets`
    /// passed the group's fence were repeated by the next owner (320 duplicates in four of four rounds).
    fn drain_sent(&self, jobs: &[BatchJob]) -> Option<Ending> {
        // Not `flush`: it waits in steps of 100 ms, and a commit took 103 ms instead of 9 (measured).
        while self.producer.in_flight_count() > 0 {
            self.look_for_reports();
            // Nothing else says so: even a flush of a fenced producer ends well (measured).
            if let Some((code, detail)) = self.producer.client().fatal_error() {
                self.shared.look_at_code(code, &self.topics_in_words(jobs));
                return Some(Ending::Lost(format!("{code}: {detail}")));
            }
        }
        let mut writes = jobs.iter().flat_map(|job| &job.prepared.writes);
        let (place, code) = self
            .producer
            .context()
            .first_failure(writes.clone().count())?;
        if code == RDKafkaErrorCode::MessageSizeTooLarge {
            return Some(Ending::TooLarge);
        }
        let topic = writes.nth(place).map_or(Topic::Sites, |write| write.topic);
        if self
            .shared
            .look_at_code(code, self.shared.names.topic(topic))
        {
            return Some(Ending::Refused);
        }
        Some(Ending::Aborted {
            detail: format!("delivery: {code}"),
            unreachable: code == RDKafkaErrorCode::MessageTimedOut,
        })
    }

    /// Why records were not taken: when the cluster refuses them a place in the transaction, their reports say only
    /// that they were given up, and the next call says why. It cannot succeed, and nothing is committed after it.
    fn find_reason(
        &self,
        ending: Ending,
        metadata: &ConsumerGroupMetadata,
        jobs: &[BatchJob],
    ) -> Ending {
        if !matches!(ending, Ending::Aborted { .. }) {
            return ending;
        }
        match self.send_offsets(metadata, jobs) {
            Err(error)
                if self
                    .shared
                    .look_at_group(&error, &self.topics_in_words(jobs)) =>
            {
                Ending::Refused
            }
            _ => ending,
        }
    }

    fn send_offsets(
        &self,
        metadata: &ConsumerGroupMetadata,
        jobs: &[BatchJob],
    ) -> Result<(), KafkaError> {
        let offsets = self.owner_offsets(jobs);
        self.producer
            .send_offsets_to_transaction(&offsets, metadata, CALL)
    }

    /// The topics that the jobs write to, for a person.
    fn topics_in_words(&self, jobs: &[BatchJob]) -> String {
        let writes = jobs.iter().flat_map(|job| &job.prepared.writes);
        let topics: BTreeSet<Topic> = writes.map(|write| write.topic).collect();
        let names: Vec<&str> = topics
            .into_iter()
            .map(|topic| self.shared.names.topic(topic))
            .collect();
        names.join(" or ")
    }

    /// Commits; a call that timed out is made again until it is answered, never aborted.
    fn commit_transaction(&self) -> Option<Ending> {
        loop {
            let error = match self.producer.commit_transaction(CALL) {
                Ok(()) => return None,
                Err(error) => error,
            };
            if self.shared.look_at_grants(&error, "") {
                return Some(Ending::Refused);
            }
            // To abort after a call that timed out is answered with `_CONFLICT` for ever (measured).
            if !is_to_be_repeated(&error) {
                return Some(self.ending_of_error("commit", &error));
            }
            // Serves a token that must be shown anew, among others.
            self.producer.poll(Duration::ZERO);
            self.shared
                .connection
                .link_state()
                .mark_down(&format!("commit: {error}"));
            if self.shared.is_over() {
                return Some(Ending::Over);
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// Aborts, then passes on why.
    fn abort_transaction(&self, why: Ending) -> Ending {
        // A fatal error is all that an abort is answered with then (measured).
        if matches!(why, Ending::Lost(_)) {
            return why;
        }
        loop {
            self.take_in_reports();
            let error = match self.producer.abort_transaction(ABORT) {
                Ok(()) => return why,
                Err(error) => error,
            };
            if !is_to_be_repeated(&error) {
                return Ending::Lost(format!("abort: {error}"));
            }
            self.shared
                .connection
                .link_state()
                .mark_down(&format!("abort: {error}"));
            if self.shared.is_over() {
                return Ending::Over;
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// Serves the reports of records that are on their way: abort waits for these to be served, by us.
    fn take_in_reports(&self) {
        let until = Instant::now() + REPORTS;
        while self.producer.in_flight_count() > 0 && Instant::now() < until {
            self.look_for_reports();
        }
    }

    /// Serves the reports that have come, and sleeps a little where some are still to come.
    fn look_for_reports(&self) {
        self.producer.poll(Duration::ZERO);
        if self.producer.in_flight_count() > 0 {
            std::thread::sleep(LOOK);
        }
    }

    fn ending_of_error(&self, call: &str, error: &KafkaError) -> Ending {
        let is_dead = self.producer.client().fatal_error().is_some();
        Ending::of_error(call, error, is_dead)
    }
}
