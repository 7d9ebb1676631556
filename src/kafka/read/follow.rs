//! Follows the mailboxes of owned partitions: entries that any worker posts.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc::Receiver},
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::scan::{library_number, parse_entry};
use crate::{
    id::ArticleId,
    kafka::{
        cluster::link::ClusterLink,
        format::{names::Topic, records::cleared_up_to},
        hold::shared::{ClusterShared, Hold, LedgerEnd},
    },
    ledger::Tenure,
};

/// One poll; between two, the thread looks at what it is to follow.
// What is posted to a site of this worker waits about so long for its turn.
const POLL: Duration = Duration::from_millis(50);
/// Between two looks whether a cluster that was away answers again.
const LOOK: Duration = Duration::from_secs(1);

/// A partition to follow from an offset.
#[derive(Debug, Clone, Copy)]
pub(in crate::kafka) struct Follow {
    pub(in crate::kafka) tenure: Tenure,
    pub(in crate::kafka) position: i64,
}

/// The following thread.
pub(in crate::kafka) struct Follower {
    shared: Arc<ClusterShared>,
    consumer: BaseConsumer<ClusterLink>,
    followed: BTreeMap<u32, Follow>,
    looked: Instant,
}

impl Follower {
    pub(in crate::kafka) fn new(
        shared: Arc<ClusterShared>,
        consumer: BaseConsumer<ClusterLink>,
    ) -> Self {
        Self {
            shared,
            consumer,
            followed: BTreeMap::new(),
            looked: Instant::now(),
        }
    }

    /// Follows until the ledger is over.
    pub(in crate::kafka) fn run_until_over(mut self, orders: &Receiver<Follow>) {
        while !self.shared.is_over() {
            if self.take_orders(orders)
                && let Err(error) = self.assign_followed()
            {
                let end = format!("mailboxes cannot be followed: {error}");
                self.shared.finish_with(LedgerEnd::Fault(end));
            }
            self.look_for_cluster();
            match self.consumer.poll(POLL) {
                Some(Ok(message)) => {
                    let partition = u32::try_from(message.partition()).unwrap_or(0);
                    if let Some(follow) = self.followed.get_mut(&partition) {
                        follow.position = message.offset() + 1;
                        enter_message(&self.shared, follow.tenure, &message);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => {}
                Some(Err(error)) => {
                    tracing::debug!(%error, "follow");
                    let name = self.shared.names.topic(Topic::Entries);
                    self.shared.look_at_grants(&error, name);
                }
            }
        }
    }

    /// Whether what is followed has changed.
    fn take_orders(&mut self, orders: &Receiver<Follow>) -> bool {
        let before = self.followed.len();
        self.followed
            .retain(|_, follow| self.shared.holds_tenure(follow.tenure));
        let mut changed = self.followed.len() != before;
        for follow in orders.try_iter() {
            self.followed.insert(follow.tenure.partition, follow);
            changed = true;
        }
        changed
    }

    fn assign_followed(&self) -> Result<(), KafkaError> {
        let name = self.shared.names.topic(Topic::Entries);
        let mut list = TopicPartitionList::new();
        for (partition, follow) in &self.followed {
            list.add_partition_offset(
                name,
                library_number(*partition),
                Offset::Offset(follow.position),
            )?;
        }
        self.consumer.assign(&list)
    }

    /// Finds out whether a cluster that was away is back, when nothing else does.
    fn look_for_cluster(&mut self) {
        let link = self.shared.connection.link_state();
        if link.down_since().is_none() || self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let name = self.shared.names.topic(Topic::Entries);
        if self.consumer.fetch_metadata(Some(name), LOOK).is_ok() {
            link.mark_up();
        }
    }
}

fn enter_message(shared: &ClusterShared, tenure: Tenure, message: &impl Message) {
    let name = shared.names.topic(Topic::Entries);
    let key = String::from_utf8_lossy(message.key().unwrap_or_default());
    let Ok(id) = ArticleId::parse(&key) else {
        return;
    };
    let posted = message
        .payload()
        .map(|value| parse_entry(name, &key, value))
        .transpose();
    let mut slot = shared.lock_slot(tenure.partition);
    if slot.epoch != tenure.epoch {
        return;
    }
    let Hold::Owned(partition) = &mut slot.hold else {
        return;
    };
    let news = match posted {
        Ok(Some((site, record))) => {
            let news = partition.enter_post(id, &site, record.waiting, message.offset());
            news.then_some(site)
        }
        Ok(None) => {
            partition.clear_entry(id, cleared_up_to(message));
            None
        }
        Err(detail) => {
            drop(slot);
            shared.stop_partition(tenure, &detail);
            return;
        }
    };
    partition.read_up_to(message.offset() + 1);
    drop(slot);
    shared.changes.mark_sites(news);
}
