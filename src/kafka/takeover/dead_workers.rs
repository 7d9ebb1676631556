//! Workers that are gone: who is, and the transactions they left open.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use rdkafka::{consumer::Consumer, error::KafkaError, producer::Producer};

use super::restore::{Awaited, Restorer};
use crate::kafka::{
    cluster::connect::ANSWER,
    format::names::Topic,
    hold::shared::add_to_count,
    read::scan::{PartitionReading, Readings},
    write::deliveries::{TRANSACTION, create_transactional_producer},
};

/// An open transaction of the last owner is ended by its id after this; at once, it hit live workers in the middle of
/// an ordinary rebalance (measured).
pub(in crate::kafka) const GRACE: Duration = Duration::from_secs(1);
/// The same is tried again after this.
// The cluster may have been busy with it, or the owner not known as gone.
const FENCE_AGAIN: Duration = Duration::from_secs(2);

/// Members of the group: their ids by client id.
pub(in crate::kafka) type Members = BTreeMap<String, String>;

impl Restorer {
    /// Ends, when it is time, the transactions of dead owners before partitions that must wait.
    pub(in crate::kafka) fn fence_dead(
        &self,
        awaited: &mut [Awaited],
        open: &BTreeSet<u32>,
    ) -> Result<(), KafkaError> {
        let mut due = BTreeSet::new();
        for awaited in awaited {
            if open.contains(&awaited.partition_number()) && Instant::now() >= awaited.fence {
                awaited.fence = Instant::now() + FENCE_AGAIN;
                due.insert(awaited.partition_number());
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        self.end_transactions_of_the_dead(&due)
    }

    /// Ends what the last owners of these partitions left open, where they are no members of the group any more:
    /// otherwise the cluster does, up to its own interval later.
    fn end_transactions_of_the_dead(&self, partitions: &BTreeSet<u32>) -> Result<(), KafkaError> {
        let mut readings: Readings = partitions
            .iter()
            .map(|partition| (*partition, PartitionReading::default()))
            .collect();
        self.log()
            .read_partitions(&self.uncommitted, Topic::Sites, &mut readings)?;
        // Where nobody can say who lives, a transaction of one who does would be ended.
        let Some(alive) = self.list_members() else {
            return Ok(());
        };
        let dead: BTreeSet<String> = readings
            .into_values()
            .filter_map(|reading| reading.owner)
            // What an earlier life of this worker left open ended when its producer took the id over.
            .filter(|owner| owner.transactional_id != self.shared.transactional_id)
            .filter(|owner| !alive.contains_key(&owner.transactional_id))
            .map(|owner| owner.transactional_id)
            .collect();
        for id in dead {
            let begun = Instant::now();
            let ended = create_transactional_producer(&self.shared, &id, TRANSACTION)
                .map(|producer| producer.init_transactions(ANSWER));
            let ok = matches!(ended, Ok(Ok(())));
            add_to_count(&self.shared.counts.owners_fenced, u64::from(ok));
            let elapsed_ms = begun.elapsed().as_millis();
            tracing::info!(
                id,
                elapsed_ms,
                ok,
                "transaction of a worker that is gone ended"
            );
        }
        Ok(())
    }

    /// The workers that are members of the group now, by transactional id, which is their client id too, with the ids
    /// that the cluster gave them; `None` where the cluster does not say: then nobody is taken for dead, and every end
    /// for unclean.
    pub(in crate::kafka) fn list_members(&self) -> Option<Members> {
        let group = Some(self.shared.names.group.as_str());
        let list = self.committed.fetch_group_list(group, ANSWER);
        let list = list
            .inspect_err(|error| tracing::debug!(%error, "members of the group are not known"))
            .ok()?;
        let members = list
            .groups()
            .iter()
            .flat_map(|group| group.members().iter());
        Some(
            members
                .map(|member| (member.client_id().to_owned(), member.id().to_owned()))
                .collect(),
        )
    }
}
