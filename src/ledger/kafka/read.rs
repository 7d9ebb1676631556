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
};
use tokio::sync::{
    mpsc::{Receiver, Sender},
    oneshot,
};

use super::{
    connect::ANSWER,
    link::Link,
    names::{Topic, java_partition},
    reading::number,
    shared::Shared,
};
use crate::{
    ledger::{EventMark, LedgerError},
    record,
};

/// A record that is there comes within this, or the cluster is away.
const AT_MOST: Duration = Duration::from_secs(10);
/// Clocks of workers, and the way from stamp to log, differ by no more than this.
const CLOCKS: SignedDuration = SignedDuration::from_secs(60);
/// An event is looked for among so many records after its instant.
const LOOKED_THROUGH: u32 = 200_000;

/// What is to be read.
#[derive(Debug)]
pub(super) enum Want {
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
pub(super) struct Order {
    want: Want,
    reply: oneshot::Sender<Result<Option<Vec<u8>>, LedgerError>>,
}

/// Asks the reading thread.
pub(super) async fn ask(
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

/// The reading thread.
pub(super) fn run(
    shared: &Arc<Shared>,
    consumer: &BaseConsumer<Link>,
    mut orders: Receiver<Order>,
) {
    while let Some(order) = orders.blocking_recv() {
        let reader = Reader { shared, consumer };
        let found = match &order.want {
            Want::At {
                topic,
                partition,
                offset,
                key,
            } => reader.at(*topic, *partition, *offset, key),
            Want::Event(mark) => reader.event(mark),
        };
        let answer = found.map_err(|error| shared.connection.unreachable(&error));
        // Whoever asked may be gone.
        drop(order.reply.send(answer));
    }
}

struct Reader<'a> {
    shared: &'a Shared,
    consumer: &'a BaseConsumer<Link>,
}

impl Reader<'_> {
    fn at(
        &self,
        topic: Topic,
        partition: u32,
        offset: i64,
        key: &str,
    ) -> Result<Option<Vec<u8>>, KafkaError> {
        self.scan(topic, partition, Offset::Offset(offset), 1, |message| {
            message.offset() == offset && message.key() == Some(key.as_bytes())
        })
    }

    fn event(&self, mark: &EventMark) -> Result<Option<Vec<u8>>, KafkaError> {
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
        list.add_partition_offset(name, number(partition), instant)?;
        let found = self.consumer.offsets_for_times(list, ANSWER)?;
        let elements = found.elements();
        let start = match elements.first() {
            Some(element) if matches!(element.offset(), Offset::Offset(_)) => element.offset(),
            _ => return Ok(None),
        };
        self.scan(Topic::Events, partition, start, LOOKED_THROUGH, |message| {
            message.key() == Some(mark.id.as_bytes())
                && message
                    .payload()
                    .is_some_and(|payload| is_revision(payload, mark.revision))
        })
    }

    /// Reads on from an offset until a message fits, the partition ends, or so many were looked through.
    fn scan(
        &self,
        topic: Topic,
        partition: u32,
        from: Offset,
        at_most: u32,
        fits: impl Fn(&rdkafka::message::BorrowedMessage<'_>) -> bool,
    ) -> Result<Option<Vec<u8>>, KafkaError> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(self.shared.names.topic(topic), number(partition), from)?;
        self.consumer.assign(&list)?;
        let begun = Instant::now();
        let mut looked = 0;
        let mut found = Ok(None);
        while looked < at_most {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    looked += 1;
                    if fits(&message) {
                        found = Ok(Some(message.payload().unwrap_or_default().to_vec()));
                        break;
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(_)) | None if self.shared.is_over() => break,
                Some(Err(error)) if begun.elapsed() > AT_MOST => {
                    found = Err(error);
                    break;
                }
                None if begun.elapsed() > AT_MOST => {
                    found = Err(KafkaError::NoMessageReceived);
                    break;
                }
                Some(Err(_)) | None => {}
            }
        }
        self.consumer.unassign()?;
        found
    }
}

/// Whether an event's record is of a revision; a retraction repeats the record before it and is none.
fn is_revision(payload: &[u8], revision: u32) -> bool {
    serde_json::from_slice::<record::Event>(payload).is_ok_and(|event| event.revision == revision)
}
