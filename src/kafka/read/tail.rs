//! Following an outlet: committed records in the order of each partition.

use std::{
    collections::BTreeSet,
    fmt,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use parking_lot::Mutex;
use rdkafka::{
    Message,
    consumer::BaseConsumer,
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Headers as _},
};

use crate::{
    kafka::{
        cluster::{connect::Connection, grants, link::ClusterLink},
        format::records::cleared_up_to,
    },
    ledger::{LedgerError, Outlet, Position, PublishedRecord},
};

/// Nothing came for so long and the end was not reported: the cluster is away.
// Longer than two answers of the cluster.
const SILENCE: Duration = Duration::from_secs(12);
/// Low bits of a position: the offset; above them the partition.
pub(in crate::kafka) const OFFSET_BITS: u32 = 43;

/// An outlet being read.
pub struct Tail {
    pub(in crate::kafka) consumer: BaseConsumer<ClusterLink>,
    pub(in crate::kafka) outlet: Outlet,
    pub(in crate::kafka) topic: String,
    /// Partitions whose end was not reached yet.
    pub(in crate::kafka) open: Mutex<BTreeSet<u32>>,
    pub(in crate::kafka) connection: Connection,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("outlet", &self.outlet)
            .finish_non_exhaustive()
    }
}

impl Tail {
    /// The next record; `None` when none came within this time.
    pub fn next(&self, at_most: Duration) -> Result<Option<PublishedRecord>, LedgerError> {
        self.next_as(at_most, |message| parse_published(self.outlet, message))
    }

    fn next_as<T>(
        &self,
        at_most: Duration,
        read: impl Fn(&BorrowedMessage<'_>) -> T,
    ) -> Result<Option<T>, LedgerError> {
        let begun = Instant::now();
        loop {
            let left = at_most.saturating_sub(begun.elapsed());
            match self.consumer.poll(left) {
                Some(Ok(message)) => {
                    self.connection.link_state().mark_up();
                    return Ok(Some(read(&message)));
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    let partition = u32::try_from(partition).unwrap_or(0);
                    let mut open = self.open.lock();
                    // Told again after each record that comes later, which is no reason not to wait for the next one.
                    if open.remove(&partition) && open.is_empty() {
                        return Ok(None);
                    }
                }
                Some(Err(error)) => self.look_at(&error)?,
                None => {}
            }
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    /// A missing grant is no outage: it is of no use to wait.
    fn look_at(&self, error: &KafkaError) -> Result<(), LedgerError> {
        tracing::debug!(%error, "tail");
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => Err(LedgerError::Unfit {
                detail: grants::forbidden_topic(&self.topic),
            }),
            _ => Ok(()),
        }
    }

    /// Why the cluster does not answer; `None` while nothing is known of that.
    pub fn unreachable_error(&self) -> Option<LedgerError> {
        let link = self.connection.link_state();
        link.down_since()
            .map(|_| self.connection.unreachable_error(&"no answer"))
    }

    /// Whether every record that stood there at the beginning was given.
    fn is_at_end(&self) -> bool {
        self.open.lock().is_empty()
    }

    /// The next record up to the end; `None` at the end.
    ///
    /// # Errors
    /// `Unreachable` when the cluster was silent for a while, `Unfit` when this client may not read the topic.
    pub fn next_to_end(&self) -> Result<Option<PublishedRecord>, LedgerError> {
        self.next_to_end_as(|message| parse_published(self.outlet, message))
    }

    /// The next record of a state up to the end, with the offset up to which it clears its key if it does.
    pub(in crate::kafka) fn next_state(
        &self,
    ) -> Result<Option<(PublishedRecord, i64)>, LedgerError> {
        self.next_to_end_as(|message| {
            (
                parse_published(self.outlet, message),
                cleared_up_to(message),
            )
        })
    }

    fn next_to_end_as<T>(
        &self,
        read: impl Fn(&BorrowedMessage<'_>) -> T,
    ) -> Result<Option<T>, LedgerError> {
        let begun = Instant::now();
        while !self.is_at_end() {
            if let Some(record) = self.next_as(Duration::from_millis(200), &read)? {
                return Ok(Some(record));
            }
            if begun.elapsed() > SILENCE {
                return Err(self
                    .connection
                    .unreachable_error(&"no answer while reading"));
            }
        }
        Ok(None)
    }

    pub(in crate::kafka) fn read_rest(&self) -> Result<Vec<PublishedRecord>, LedgerError> {
        let mut all = Vec::new();
        while let Some(record) = self.next_to_end()? {
            all.push(record);
        }
        Ok(all)
    }
}

fn parse_published(outlet: Outlet, message: &BorrowedMessage<'_>) -> PublishedRecord {
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
    PublishedRecord {
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
