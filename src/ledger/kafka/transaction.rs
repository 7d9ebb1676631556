//! The writing thread: batches that wait together share one transaction.
//!
//! Order of calls and treatment of errors were measured on a real cluster, with 540 kills: the group's metadata first,
//! then who owns what; records, all of them with the cluster before `send_offsets`; then the commit. Memory changes
//! only after it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Message, Offset, TopicPartitionList,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    consumer::{Consumer, ConsumerGroupMetadata},
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};
use tokio::sync::{
    mpsc::{Receiver, error::TryRecvError},
    oneshot,
};

use super::{
    connect::{Link, MAX_MESSAGE_BYTES, default},
    group::Group,
    names::Topic,
    records::{Prepared, Write},
    shared::{Hold, Shared, Step, add},
};
use crate::ledger::{LedgerError, Tenure};

/// Records that share one transaction, about: commits stay short, and one abort costs little.
const WRITES_AT_ONCE: usize = 2_000;
/// Bytes that share one transaction, about.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;
/// One call that waits for the cluster.
const CALL: Duration = Duration::from_secs(10);
/// Pause before a call that timed out is made again; without it the loop wrote five million log lines.
const AGAIN: Duration = Duration::from_millis(300);
/// A batch that was aborted by a rebalance is tried again so often before its holder is told.
const TRIES: u32 = 5;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) tenure: Tenure,
    pub(super) prepared: Prepared,
    pub(super) reply: oneshot::Sender<Result<(), LedgerError>>,
}

/// How a transaction ended.
#[derive(Debug)]
enum Ending {
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

/// The writing thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    group: Arc<Group>,
    jobs: Receiver<Job>,
    producer: Option<BaseProducer<Deliveries>>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, group: Arc<Group>, jobs: Receiver<Job>) -> Self {
        Self {
            shared,
            group,
            jobs,
            producer: None,
        }
    }

    /// Takes the first producer; fails where the cluster does not answer in time.
    pub(super) fn start(&mut self, at_most: Duration) -> Result<(), LedgerError> {
        let begun = Instant::now();
        loop {
            let producer = produce(&self.shared, &self.shared.transactional_id)?;
            let left = at_most
                .saturating_sub(begun.elapsed())
                .min(CALL)
                .max(Duration::from_secs(1));
            match producer.init_transactions(left) {
                Ok(()) => {
                    self.producer = Some(producer);
                    return Ok(());
                }
                Err(error) if denied(&error) => return Err(self.not_granted(&error)),
                Err(error) if begun.elapsed() >= at_most => {
                    return Err(self.shared.connection.unreachable(&error));
                }
                Err(_) => std::thread::sleep(AGAIN),
            }
        }
    }

    fn not_granted(&self, error: &KafkaError) -> LedgerError {
        LedgerError::Unfit {
            detail: format!(
                "kafka does not allow transactions of {}: {error}; `dateline kafka topics` prints the grants",
                self.shared.transactional_id
            ),
        }
    }

    /// Writes until every sender is gone or the ledger is over.
    pub(super) fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let jobs = self.gather(first);
            self.settle(jobs);
        }
    }

    /// The job and those that wait behind it.
    fn gather(&mut self, first: Job) -> Vec<Job> {
        let (mut writes, mut bytes) = (first.prepared.writes.len(), first.prepared.bytes());
        let mut jobs = vec![first];
        while writes < WRITES_AT_ONCE && bytes < BYTES_AT_ONCE {
            match self.jobs.try_recv() {
                Ok(job) => {
                    writes += job.prepared.writes.len();
                    bytes += job.prepared.bytes();
                    jobs.push(job);
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        jobs
    }

    /// Commits jobs together; after an abort one by one.
    fn settle(&mut self, jobs: Vec<Job>) {
        let Some(jobs) = self.together(jobs) else {
            return;
        };
        for job in jobs {
            self.alone(job);
        }
    }

    /// One transaction of many jobs; those that are to be tried one by one come back.
    fn together(&mut self, jobs: Vec<Job>) -> Option<Vec<Job>> {
        if jobs.len() == 1 {
            return Some(jobs);
        }
        let (metadata, jobs) = self.still_held(jobs);
        if jobs.is_empty() {
            return None;
        }
        match self.transact(metadata.as_ref(), &jobs) {
            Ending::Committed(offsets) => {
                self.done(jobs, &offsets);
                None
            }
            Ending::Aborted { detail, .. } => {
                tracing::debug!(
                    detail,
                    "transaction aborted, its batches are tried one by one"
                );
                Some(jobs)
            }
            Ending::TooLarge => Some(jobs),
            Ending::Lost(detail) => {
                self.lost(jobs, &detail);
                None
            }
            Ending::Over => {
                refuse(jobs, over);
                None
            }
        }
    }

    fn alone(&mut self, job: Job) {
        let mut job = vec![job];
        for attempt in 1..=TRIES {
            let (metadata, held) = self.still_held(job);
            job = held;
            if job.is_empty() {
                return;
            }
            match self.transact(metadata.as_ref(), &job) {
                Ending::Committed(offsets) => return self.done(job, &offsets),
                Ending::Lost(detail) => return self.lost(job, &detail),
                Ending::Over => return refuse(job, over),
                Ending::TooLarge => {
                    let bytes = job
                        .iter()
                        .map(|job| job.prepared.largest())
                        .max()
                        .unwrap_or(0);
                    return refuse(job, || LedgerError::TooLarge {
                        bytes,
                        limit: bytes.saturating_sub(1),
                    });
                }
                Ending::Aborted {
                    detail,
                    unreachable,
                } if unreachable || attempt == TRIES => {
                    return refuse(job, || LedgerError::Unreachable {
                        detail: detail.clone(),
                    });
                }
                Ending::Aborted { .. } => std::thread::sleep(AGAIN),
            }
        }
    }

    /// The group's metadata FIRST, then who still owns what: a later generation cannot slip into a transaction that
    /// is built on older ownership. Jobs of partitions that changed hands are refused.
    fn still_held(&self, jobs: Vec<Job>) -> (Option<ConsumerGroupMetadata>, Vec<Job>) {
        let metadata = self.group.group_metadata();
        let (held, stale): (Vec<Job>, Vec<Job>) = jobs
            .into_iter()
            .partition(|job| self.shared.holds(job.tenure));
        for job in stale {
            let partition = job.tenure.partition;
            refuse(vec![job], || LedgerError::Stale { partition });
        }
        (metadata, held)
    }

    fn transact(&self, metadata: Option<&ConsumerGroupMetadata>, jobs: &[Job]) -> Ending {
        let begun = Instant::now();
        let (Some(producer), Some(metadata)) = (&self.producer, metadata) else {
            return Ending::Lost("no producer".to_owned());
        };
        let ending = Transaction {
            shared: &self.shared,
            producer,
        }
        .run(metadata, jobs);
        let count = match &ending {
            Ending::Committed(_) => &self.shared.counts.committed,
            Ending::Lost(_) => &self.shared.counts.fenced,
            _ => &self.shared.counts.aborted,
        };
        add(count, 1);
        add(
            &self.shared.counts.commit_us,
            u64::try_from(begun.elapsed().as_micros()).unwrap_or(0),
        );
        ending
    }

    /// Memory follows the log.
    fn done(&self, jobs: Vec<Job>, offsets: &[Vec<i64>]) {
        self.shared.connection.link().up();
        for (job, offsets) in jobs.into_iter().zip(offsets) {
            let mut slot = self.shared.slot(job.tenure.partition);
            let held = slot.epoch == job.tenure.epoch;
            if let Hold::Owned(partition) = &mut slot.hold
                && held
            {
                partition.apply(&job.prepared.effects, offsets);
            }
            drop(slot);
            self.posted(&job.prepared, offsets);
            // Whoever asked may be gone: the batch stands all the same.
            drop(job.reply.send(Ok(())));
        }
        self.shared.tell_freed();
    }

    /// Entries that were posted to partitions of our own are there at once.
    fn posted(&self, prepared: &Prepared, offsets: &[i64]) {
        for (post, at) in &prepared.effects.posts {
            let mut slot = self.shared.slot(self.shared.home(&post.site));
            let Hold::Owned(partition) = &mut slot.hold else {
                continue;
            };
            let news = partition.post(post.id, &post.site, post.waiting.clone(), offsets[*at]);
            drop(slot);
            if news {
                self.shared.changes.mark([post.site.clone()]);
            }
        }
    }

    /// Nobody knows whether it was committed, or the producer was fenced: a new producer, and all that is owned is
    /// read again. Being fenced does not prove another owner; a transaction that outlived its timeout ends so too.
    fn lost(&mut self, jobs: Vec<Job>, detail: &str) {
        tracing::warn!(detail, "producer lost, state is read again");
        for job in jobs {
            let partition = job.tenure.partition;
            refuse(vec![job], || LedgerError::Stale { partition });
        }
        self.producer = None;
        if self.shared.named {
            // Where another process took the instance name, the group says so within a heartbeat.
            std::thread::sleep(Duration::from_millis(1_500));
        }
        while self.producer.is_none() && !self.shared.is_over() {
            let made = produce(&self.shared, &self.shared.transactional_id);
            match made.map(|producer| (producer.init_transactions(CALL), producer)) {
                Ok((Ok(()), producer)) => self.producer = Some(producer),
                Ok((Err(error), _)) => tracing::debug!(%error, "init_transactions"),
                Err(error) => tracing::debug!(%error, "producer"),
            }
            if self.producer.is_none() {
                std::thread::sleep(AGAIN);
            }
        }
        self.group.context().restore_again();
    }
}

fn over() -> LedgerError {
    LedgerError::Unreachable {
        detail: "the ledger is being closed".to_owned(),
    }
}

fn refuse(jobs: Vec<Job>, error: impl Fn() -> LedgerError) {
    for job in jobs {
        // Whoever asked may be gone.
        drop(job.reply.send(Err(error())));
    }
}

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

fn denied(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::TransactionalIdAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

/// One transaction.
struct Transaction<'a> {
    shared: &'a Shared,
    producer: &'a BaseProducer<Deliveries>,
}

impl Transaction<'_> {
    fn run(&self, metadata: &ConsumerGroupMetadata, jobs: &[Job]) -> Ending {
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

/// What became of the records of the transaction.
pub(super) struct Deliveries {
    link: Link,
    reports: Mutex<Vec<Result<i64, RDKafkaErrorCode>>>,
    /// Number of the transaction: a late report of an aborted one is none of the next.
    transaction: AtomicUsize,
}

impl Deliveries {
    fn begin(&self) {
        self.transaction.fetch_add(1 << 32, Ordering::Relaxed);
        self.reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What a record carries, so that its report is known again: transaction and place.
    fn opaque(&self, place: usize) -> usize {
        self.transaction.load(Ordering::Relaxed) | place
    }

    fn failed(&self) -> Option<RDKafkaErrorCode> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().find_map(|report| report.err())
    }

    fn offsets(&self) -> Vec<i64> {
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
