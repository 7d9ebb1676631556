//! The group: which partitions of `entries` are this worker's, assigned by the cluster and polled by a thread of its own.

use std::{
    convert::Infallible,
    sync::{Arc, mpsc::SyncSender},
    time::Duration,
};

use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};

use super::shared::{ClusterShared, LedgerEnd};
use crate::{
    kafka::{
        cluster::{connect::Connection, link::Linked, settings::default},
        format::names::{Topic, TopicNames},
    },
    ledger::{LedgerError, Tenure},
};

/// One poll; the thread looks at the stop signal between two.
// A stop is heard within it, and ten looks a second cost nothing that shows.
const POLL: Duration = Duration::from_millis(100);

/// This worker's member of the group.
pub(in crate::kafka) type ConsumerGroup = BaseConsumer<Linked<GroupContext>>;

/// What happens at a rebalance.
pub(in crate::kafka) struct GroupContext {
    shared: Arc<ClusterShared>,
    assigned: SyncSender<Vec<Tenure>>,
    /// Gone with the client, which goes once the cluster has let this member go.
    _member: SyncSender<Infallible>,
}

/// Joins the group; what it is assigned goes to the restorer, and `member` lives as long as the membership.
pub(in crate::kafka) fn join_group(
    shared: &Arc<ClusterShared>,
    instance: &str,
    assigned: SyncSender<Vec<Tenure>>,
    member: SyncSender<Infallible>,
) -> Result<Arc<ConsumerGroup>, LedgerError> {
    let settings = member_settings(&shared.connection, &shared.names, instance);
    let context = shared.connection.link_state().link_with(GroupContext {
        shared: Arc::clone(shared),
        assigned,
        _member: member,
    });
    let group: ConsumerGroup = shared.connection.create_client(&settings, context)?;
    group
        .subscribe(&[shared.names.topic(Topic::Entries)])
        .map_err(|error| LedgerError::Fault {
            detail: format!("subscribe: {error}"),
        })?;
    Ok(Arc::new(group))
}

/// The settings of a member.
pub(in crate::kafka) fn member_settings(
    connection: &Connection,
    names: &TopicNames,
    instance: &str,
) -> ClientConfig {
    let mut settings = connection.client_settings();
    // `group.protocol` stays the classic one: by KIP-848 a named member that restarts waits for its old session
    // to end (measured), 45 s by default.
    settings
        .set("group.id", &names.group)
        // Several subscribed topics are not co-assigned by it, so there is one; range would revoke all at each join.
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false");
    // The least that brokers take by default; a dead worker's partitions stay without one for so long.
    default(&mut settings, "session.timeout.ms", "6000");
    default(&mut settings, "heartbeat.interval.ms", "1000");
    // A killed worker that comes back commits after 1.5 s with a name, else after 11 s (medians of 60 kills).
    if !instance.is_empty() {
        settings.set("group.instance.id", instance);
    }
    settings
}

/// Polls until the ledger is over. Its own thread: polled between transactions, a revocation came tens of transactions
/// late, and a static member did not survive an outage (measured).
pub(in crate::kafka) fn poll_group(group: &ConsumerGroup, shared: &ClusterShared) {
    while !shared.is_over() {
        match group.poll(POLL) {
            None | Some(Ok(_)) => {}
            Some(Err(KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId))) => {
                shared.finish_with(LedgerEnd::Taken(
                    "another process runs under this instance name (kafka.instance)".to_owned(),
                ));
            }
            Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                shared.finish_with(LedgerEnd::Unfit(format!(
                    "the group cannot be used any more: {code}"
                )));
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "group");
                shared.look_at_group(&error, shared.names.topic(Topic::Entries));
            }
        }
    }
}

impl GroupContext {
    fn assign_partitions(
        &self,
        group: &ConsumerGroup,
        list: &mut TopicPartitionList,
    ) -> Result<(), KafkaError> {
        // Nothing is read through the group: entries are read beside it, from where the restore ended.
        list.set_all_offsets(Offset::End)?;
        match group.rebalance_protocol() {
            RebalanceProtocol::Cooperative => group.incremental_assign(list)?,
            _ => group.assign(list)?,
        }
        group.pause(list)?;
        let tenures: Vec<Tenure> = partitions_of(list)
            .map(|p| self.shared.begin_tenure(p))
            .collect();
        tracing::info!(partitions = ?partitions_of(list).collect::<Vec<_>>(), "partitions assigned");
        if !tenures.is_empty() {
            // The restorer lives as long as this; when it is gone the ledger is being closed.
            drop(self.assigned.send(tenures));
        }
        Ok(())
    }

    /// Reads all again that is held: nobody knows what the last transaction left.
    pub(in crate::kafka) fn restore_again(&self) {
        let tenures: Vec<Tenure> = (0..self.shared.partitions)
            .filter_map(|p| self.shared.begin_again(p))
            .collect();
        self.shared.changes.mark_ownership();
        if !tenures.is_empty() {
            // As above.
            drop(self.assigned.send(tenures));
        }
    }

    fn revoke_partitions(
        &self,
        group: &ConsumerGroup,
        list: &TopicPartitionList,
    ) -> Result<(), KafkaError> {
        let expired = group.assignment_lost();
        // Before the cluster learns of it: from here on a late batch of these is refused.
        for partition in partitions_of(list) {
            self.shared.lose_partition(partition);
        }
        tracing::info!(expired, partitions = ?partitions_of(list).collect::<Vec<_>>(), "partitions revoked");
        match group.rebalance_protocol() {
            RebalanceProtocol::Cooperative => group.incremental_unassign(list),
            _ => group.unassign(),
        }
    }
}

fn partitions_of(list: &TopicPartitionList) -> impl Iterator<Item = u32> {
    let elements = list.elements();
    let numbers: Vec<u32> = elements
        .iter()
        .filter_map(|element| u32::try_from(element.partition()).ok())
        .collect();
    numbers.into_iter()
}

impl ConsumerContext for Linked<GroupContext> {
    fn rebalance(
        &self,
        group: &ConsumerGroup,
        code: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let done = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.assign_partitions(group, list)
            }
            _ => self.revoke_partitions(group, list),
        };
        if let Err(error) = done {
            // What the group believes this worker to hold, and what it does hold, would differ from here on.
            self.shared
                .finish_with(LedgerEnd::Fault(format!("rebalance: {error}")));
        }
    }

    fn main_queue_min_poll_interval(&self) -> rdkafka::util::Timeout {
        rdkafka::util::Timeout::After(POLL)
    }
}
