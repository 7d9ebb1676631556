//! Reading back single records: a mark, an entry's words, what a feed listed, an event as published.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::BorrowedMessage,
};
use tokio::sync::{mpsc::Sender, oneshot};

use super::{find_offsets::find_offsets, scan::library_number};
use crate::{
    kafka::{
        cluster::{
            connect::{ANSWER, serve_idle_consumer},
            link::ClusterLink,
        },
        format::names::{Topic, java_partition},
        hold::shared::ClusterShared,
        inbox::{Came, Inbox},
    },
    ledger::{EventMark, LedgerError},
    record,
};

/// A record that is there comes within this, or the cluster is away.
const AT_MOST: Duration = Duration::from_secs(10);
/// Clocks of workers, and the way from stamp to log, differ by no more than this.
// A record is looked for from its stamp less this on.
const CLOCKS: SignedDuration = SignedDuration::from_secs(60);
/// One poll while reading.
const POLL: Duration = Duration::from_millis(100);
/// Idle consumers are polled this often.
const LOOK: Duration = Duration::from_millis(500);
/// An event is looked for among so many records after its instant.
const LOOKED_THROUGH: u32 = 200_000;

/// What is to be read.
#[derive(Debug)]
pub(in crate::kafka) enum Want {
    /// The record at an offset of a state topic, under this key.
    At {
        topic: Topic,
        partition: u32,
        offset: i64,
        key: String,
    },
    /// An event as it was published.
    Event(EventMark),
}

/// A wish and where its answer goes.
#[derive(Debug)]
pub(in crate::kafka) struct Order {
    want: Want,
    reply: oneshot::Sender<Result<Option<Vec<u8>>, LedgerError>>,
}

/// Asks the reading thread.
pub(in crate::kafka) async fn ask_reader(
    orders: &Sender<Order>,
    want: Want,
) -> Result<Option<Vec<u8>>, LedgerError> {
    let (reply, answer) = oneshot::channel();
    let gone = || LedgerError::Unreachable {
        detail: "the ledger is being closed".to_owned(),
    };
    orders
        .send(Order { want, reply })
        .await
        .map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

/// Two consumers: records at known offsets, of which it is known that they were committed, and what was published.
pub(in crate::kafka) struct Consumers {
    /// Sees every record: a record that was just committed is hidden from the other one until the cluster has marked
    /// its transaction, and would be taken as not there.
    pub(in crate::kafka) uncommitted: BaseConsumer<ClusterLink>,
    pub(in crate::kafka) committed: BaseConsumer<ClusterLink>,
}

/// The reading thread.
pub(in crate::kafka) fn run_reader(
    shared: &Arc<ClusterShared>,
    consumers: &Consumers,
    mut orders: Inbox<Order>,
) {
    loop {
        let order = match orders.wait_for_message(LOOK) {
            Came::One(order) => order,
            Came::Nothing => {
                serve_idle_consumer(&consumers.uncommitted);
                serve_idle_consumer(&consumers.committed);
                continue;
            }
            Came::Closed => return,
        };
        let reader = |consumer| PointReader { shared, consumer };
        let found = match &order.want {
            Want::At {
                topic,
                partition,
                offset,
                key,
            } => reader(&consumers.uncommitted).read_at(*topic, *partition, *offset, key),
            Want::Event(mark) => reader(&consumers.committed).find_event(mark),
        };
        let answer = found.map_err(|error| match shared.refuse_unless_sound() {
            Err(end) => end,
            Ok(()) => shared.connection.unreachable_error(&error),
        });
        // Whoever asked may be gone.
        drop(order.reply.send(answer));
    }
}

struct PointReader<'a> {
    shared: &'a ClusterShared,
    consumer: &'a BaseConsumer<ClusterLink>,
}

impl PointReader<'_> {
    /// The record at an offset; `None` where it has gone with its age, or another one took its place. One that is
    /// there already, or is about to be, is awaited.
    fn read_at(
        &self,
        topic: Topic,
        partition: u32,
        offset: i64,
        key: &str,
    ) -> Result<Option<Vec<u8>>, KafkaError> {
        let span = OffsetSpan {
            topic,
            partition,
            from: Offset::Offset(offset),
            at_most: 1,
            end: SpanEnd::Wait(offset),
        };
        self.scan_span(&span, |message| {
            message.offset() == offset && message.key() == Some(key.as_bytes())
        })
    }

    fn find_event(&self, mark: &EventMark) -> Result<Option<Vec<u8>>, KafkaError> {
        let count = self
            .shared
            .outlets
            .get(&Topic::Events)
            .copied()
            .unwrap_or(1);
        let partition = java_partition(mark.id.as_bytes(), count);
        let from = mark
            .recorded
            .checked_sub(CLOCKS)
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let mut list = TopicPartitionList::new();
        let name = self.shared.names.topic(Topic::Events);
        let instant = Offset::Offset(from.as_millisecond().max(0));
        list.add_partition_offset(name, library_number(partition), instant)?;
        let found = find_offsets(self.consumer, list)?;
        let elements = found.elements();
        let Some(element) = elements.first() else {
            return Ok(None);
        };
        element.error()?;
        let start = element.offset();
        if !matches!(start, Offset::Offset(_)) {
            return Ok(None);
        }
        let span = OffsetSpan {
            topic: Topic::Events,
            partition,
            from: start,
            at_most: LOOKED_THROUGH,
            end: SpanEnd::Stop,
        };
        self.scan_span(&span, |message| {
            message.key() == Some(mark.id.as_bytes())
                && message
                    .payload()
                    .is_some_and(|payload| is_revision(payload, mark.revision))
        })
    }

    /// Reads on until a message fits, or the span ends.
    fn scan_span(
        &self,
        span: &OffsetSpan,
        fits: impl Fn(&BorrowedMessage<'_>) -> bool,
    ) -> Result<Option<Vec<u8>>, KafkaError> {
        let mut list = TopicPartitionList::new();
        let name = self.shared.names.topic(span.topic);
        list.add_partition_offset(name, library_number(span.partition), span.from)?;
        self.consumer.assign(&list)?;
        let found = self.find_in_span(span, fits);
        // Whatever came of it: the next read must not meet the messages of this one.
        self.consumer.unassign()?;
        found
    }

    fn find_in_span(
        &self,
        span: &OffsetSpan,
        fits: impl Fn(&BorrowedMessage<'_>) -> bool,
    ) -> Result<Option<Vec<u8>>, KafkaError> {
        let begun = Instant::now();
        let mut looked = 0;
        while looked < span.at_most {
            let error = match self.consumer.poll(POLL) {
                Some(Ok(message)) => {
                    looked += 1;
                    if fits(&message) {
                        return Ok(Some(message.payload().unwrap_or_default().to_vec()));
                    }
                    continue;
                }
                Some(Err(KafkaError::PartitionEOF(_))) if self.is_end(span)? => return Ok(None),
                Some(Err(error)) => error,
                None => KafkaError::NoMessageReceived,
            };
            let name = self.shared.names.topic(span.topic);
            if self.shared.look_at_grants(&error, name)
                || begun.elapsed() > AT_MOST
                || self.shared.is_over()
            {
                return Err(error);
            }
        }
        Ok(None)
    }

    /// Whether there is nothing to be awaited at the end of the partition.
    fn is_end(&self, span: &OffsetSpan) -> Result<bool, KafkaError> {
        let SpanEnd::Wait(offset) = span.end else {
            return Ok(true);
        };
        let name = self.shared.names.topic(span.topic);
        let (first, _) =
            self.consumer
                .fetch_watermarks(name, library_number(span.partition), ANSWER)?;
        Ok(offset < first)
    }
}

/// What is looked through.
struct OffsetSpan {
    topic: Topic,
    partition: u32,
    from: Offset,
    /// So many messages at most.
    at_most: u32,
    end: SpanEnd,
}

/// What the end of the partition means.
#[derive(Clone, Copy)]
enum SpanEnd {
    /// There is no more.
    Stop,
    /// What is at this offset is on its way, unless it has gone with its age.
    Wait(i64),
}

/// Whether an event's record is of a revision; a retraction repeats the record before it and is none.
fn is_revision(payload: &[u8], revision: u32) -> bool {
    serde_json::from_slice::<record::Event>(payload).is_ok_and(|event| event.revision == revision)
}
