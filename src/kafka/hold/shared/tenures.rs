//! How this process stands to each partition, and the tenures it has of them.

use std::sync::{MutexGuard, PoisonError};

use super::ClusterShared;
use crate::{kafka::hold::partition::Partition, ledger::Tenure};

/// One partition, as this process stands to it.
#[derive(Debug, Default)]
pub(in crate::kafka) struct PartitionSlot {
    /// Raised at each assignment and each loss.
    pub(in crate::kafka) epoch: u64,
    pub(in crate::kafka) hold: Hold,
}

/// How this process stands to a partition.
#[derive(Debug, Default)]
pub(in crate::kafka) enum Hold {
    /// Another worker's, or nobody's.
    #[default]
    Foreign,
    /// Ours, being read.
    Restoring,
    /// Ours.
    Owned(Box<Partition>),
    /// Ours, but a record of it cannot be read; nothing is done with it.
    Stopped(String),
}

impl PartitionSlot {
    fn restore(&mut self, partition: u32) -> Tenure {
        self.epoch += 1;
        self.hold = Hold::Restoring;
        Tenure {
            partition,
            epoch: self.epoch,
        }
    }
}

impl ClusterShared {
    /// How this process stands to a partition; held for moments only.
    pub(in crate::kafka) fn slot(&self, partition: u32) -> MutexGuard<'_, PartitionSlot> {
        let at = partition as usize % self.slots.len();
        self.slots[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a tenure still holds.
    pub(in crate::kafka) fn holds(&self, tenure: Tenure) -> bool {
        self.slot(tenure.partition).epoch == tenure.epoch
    }

    /// The partition is this process's from now on; its tenure.
    pub(in crate::kafka) fn begin(&self, partition: u32) -> Tenure {
        self.slot(partition).restore(partition)
    }

    /// The partition is read again, where it is this process's still; asked and done under one lock, for a revocation
    /// may come at any moment.
    pub(in crate::kafka) fn begin_again(&self, partition: u32) -> Option<Tenure> {
        let mut slot = self.slot(partition);
        let ours = !matches!(slot.hold, Hold::Foreign);
        ours.then(|| slot.restore(partition))
    }

    /// Whether a tenure still holds and its partition is not restored yet.
    pub(in crate::kafka) fn is_restoring(&self, tenure: Tenure) -> bool {
        let slot = self.slot(tenure.partition);
        slot.epoch == tenure.epoch && matches!(slot.hold, Hold::Restoring)
    }

    /// The partition is this process's no more: what is on its way is refused from now on.
    pub(in crate::kafka) fn lose(&self, partition: u32) {
        let mut slot = self.slot(partition);
        slot.epoch += 1;
        slot.hold = Hold::Foreign;
        drop(slot);
        self.suspects.forget(partition);
        self.changes.ownership();
    }

    /// Stops a partition of which a record cannot be read.
    pub(in crate::kafka) fn stop(&self, tenure: Tenure, detail: &str) {
        let mut slot = self.slot(tenure.partition);
        if slot.epoch != tenure.epoch || matches!(slot.hold, Hold::Stopped(_)) {
            return;
        }
        tracing::error!(
            partition = tenure.partition,
            detail,
            "partition stopped, its records stay as they are"
        );
        slot.hold = Hold::Stopped(detail.to_owned());
        drop(slot);
        self.changes.ownership();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kafka::{
        cluster::connect::{Connection, nowhere},
        format::names::TopicNames,
        hold::shared::Setting,
    };

    fn shared() -> ClusterShared {
        let config = nowhere();
        ClusterShared::of(Setting {
            connection: Connection::of(&config, "id").expect("no setting at all"),
            names: TopicNames::of(&config).expect("names"),
            partitions: 2,
            outlets: BTreeMap::new(),
            process: "p".to_owned(),
            transactional_id: "t".to_owned(),
            named: false,
            advice: Vec::new(),
            hook: None,
        })
    }

    #[test]
    fn a_partition_that_was_taken_away_is_not_begun_again() {
        let shared = shared();
        let tenure = shared.begin(0);
        assert!(shared.is_restoring(tenure));
        let again = shared.begin_again(0).expect("it is ours still");
        assert!(!shared.is_restoring(tenure) && shared.is_restoring(again));
        shared.lose(0);
        assert_eq!((shared.begin_again(0), shared.begin_again(1)), (None, None));
        assert!(!shared.holds(again));
    }

    #[test]
    fn a_partition_that_is_restored_is_not_to_be_restored_once_more() {
        let shared = shared();
        let tenure = shared.begin(0);
        shared.slot(0).hold = Hold::Owned(Box::default());
        assert!(shared.holds(tenure) && !shared.is_restoring(tenure));
    }
}
