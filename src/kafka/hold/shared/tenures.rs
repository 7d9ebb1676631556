//! What each partition is to this process, and the tenures it has of them.

use parking_lot::MutexGuard;

use super::ClusterShared;
use crate::{kafka::hold::partition::Partition, ledger::Tenure};

/// One partition, as this process sees it.
#[derive(Debug, Default)]
pub(in crate::kafka) struct PartitionSlot {
    /// Raised at each assignment and each loss.
    pub(in crate::kafka) epoch: u64,
    pub(in crate::kafka) hold: Hold,
}

/// What a partition is to this process.
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
    fn begin_restore(&mut self, partition: u32) -> Tenure {
        self.epoch += 1;
        self.hold = Hold::Restoring;
        Tenure {
            partition,
            epoch: self.epoch,
        }
    }
}

impl ClusterShared {
    /// What a partition is to this process; held for moments only.
    pub(in crate::kafka) fn lock_slot(&self, partition: u32) -> MutexGuard<'_, PartitionSlot> {
        let at = partition as usize % self.slots.len();
        self.slots[at].lock()
    }

    /// Whether a tenure still holds.
    pub(in crate::kafka) fn holds_tenure(&self, tenure: Tenure) -> bool {
        self.lock_slot(tenure.partition).epoch == tenure.epoch
    }

    /// The partition is this process's from now on; its tenure.
    pub(in crate::kafka) fn begin_tenure(&self, partition: u32) -> Tenure {
        self.lock_slot(partition).begin_restore(partition)
    }

    /// The partition is read again, where it is this process's still; asked and done under one lock.
    pub(in crate::kafka) fn begin_again(&self, partition: u32) -> Option<Tenure> {
        // A revocation may come at any moment.
        let mut slot = self.lock_slot(partition);
        let ours = !matches!(slot.hold, Hold::Foreign);
        ours.then(|| slot.begin_restore(partition))
    }

    /// Whether a tenure still holds and its partition is not restored yet.
    pub(in crate::kafka) fn is_restoring(&self, tenure: Tenure) -> bool {
        let slot = self.lock_slot(tenure.partition);
        slot.epoch == tenure.epoch && matches!(slot.hold, Hold::Restoring)
    }

    /// The partition is this process's no more: what is on its way is refused from now on.
    pub(in crate::kafka) fn lose_partition(&self, partition: u32) {
        let mut slot = self.lock_slot(partition);
        slot.epoch += 1;
        slot.hold = Hold::Foreign;
        drop(slot);
        self.suspects.forget_partition(partition);
        self.changes.mark_ownership();
    }

    /// Stops a partition of which a record cannot be read.
    pub(in crate::kafka) fn stop_partition(&self, tenure: Tenure, detail: &str) {
        let mut slot = self.lock_slot(tenure.partition);
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
        self.changes.mark_ownership();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kafka::{
        cluster::connect::{Connection, unreachable_config},
        format::names::TopicNames,
        hold::shared::Setting,
    };

    fn shared() -> ClusterShared {
        let config = unreachable_config();
        ClusterShared::from_setting(Setting {
            connection: Connection::from_config(&config, "id").expect("no setting at all"),
            names: TopicNames::from_config(&config).expect("names"),
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
        let tenure = shared.begin_tenure(0);
        assert!(shared.is_restoring(tenure));
        let again = shared.begin_again(0).expect("it is ours still");
        assert!(!shared.is_restoring(tenure) && shared.is_restoring(again));
        shared.lose_partition(0);
        assert_eq!((shared.begin_again(0), shared.begin_again(1)), (None, None));
        assert!(!shared.holds_tenure(again));
    }

    #[test]
    fn a_partition_that_is_restored_is_not_to_be_restored_once_more() {
        let shared = shared();
        let tenure = shared.begin_tenure(0);
        shared.lock_slot(0).hold = Hold::Owned(Box::default());
        assert!(shared.holds_tenure(tenure) && !shared.is_restoring(tenure));
    }
}
