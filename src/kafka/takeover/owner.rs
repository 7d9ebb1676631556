//! Who owned a partition before, what that owner may have died of, and the record that says whose it is from now on.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{dead_workers::Members, restore::Restorer};
use crate::{
    kafka::{
        format::records::{OwnerRecord, PreparedRecords, VERSION},
        hold::{partition::Partition, shared::ClusterShared},
        write::writer::BatchJob,
    },
    ledger::{LedgerError, Tenure},
};

/// What the last owner of a partition left.
#[derive(Debug, Clone, Copy)]
pub(in crate::kafka) struct LastOwner {
    /// It is this process.
    pub(in crate::kafka) is_ours: bool,
    /// Nothing waits that may have ended a process.
    pub(in crate::kafka) is_clean: bool,
}

/// A record that says whose a partition is.
pub(in crate::kafka) enum Declared {
    /// It is there.
    Stands,
    /// On its way.
    Sent(oneshot::Receiver<Result<(), LedgerError>>),
    /// It cannot be sent.
    Failed,
}

impl Declared {
    /// Waits until the record is there; whether it is.
    pub(in crate::kafka) fn wait_until_declared(self) -> bool {
        match self {
            Self::Stands => true,
            Self::Sent(answer) => matches!(answer.blocking_recv(), Ok(Ok(()))),
            Self::Failed => false,
        }
    }
}

impl Restorer {
    /// What the last owner left. A worker that lost the partition and lives has ended nothing; an earlier life of this
    /// one has.
    pub(in crate::kafka) fn judge_last_owner(
        &self,
        owner: Option<&OwnerRecord>,
        alive: &Members,
    ) -> LastOwner {
        let Some(owner) = owner else {
            return LastOwner {
                is_ours: false,
                is_clean: true,
            };
        };
        let is_ours = owner.process == self.shared.process && !owner.clean;
        let is_other = owner.transactional_id != self.shared.transactional_id;
        let lives = is_other && owner.is_alive(alive);
        LastOwner {
            is_ours,
            is_clean: !owner.untried && (is_ours || owner.clean || lives),
        }
    }

    /// Suspects what may have been in the hands of the owner that ended, where the partition is still ours.
    pub(in crate::kafka) fn suspect_entries(
        &self,
        tenure: Tenure,
        partition: &Partition,
        now: Timestamp,
    ) {
        let suspects = partition.list_suspects(now);
        let slot = self.shared.lock_slot(tenure.partition);
        if slot.epoch != tenure.epoch {
            return;
        }
        self.shared.suspects.taken_over(tenure.partition, now);
        for (site, id) in suspects {
            self.shared.suspects.add_suspect(tenure.partition, site, id);
        }
    }

    /// Writes who owns the partition from now on.
    pub(in crate::kafka) fn declare_owner(&self, tenure: Tenure) -> Declared {
        let owner = self.shared.owner_record(tenure.partition, false);
        let Ok(prepared) = PreparedRecords::prepare_owner(tenure.partition, &owner) else {
            return Declared::Failed;
        };
        let (reply, answer) = oneshot::channel();
        let sent = self.jobs.blocking_send(BatchJob {
            tenure,
            prepared,
            reply,
        });
        sent.map_or(Declared::Failed, |()| Declared::Sent(answer))
    }

    /// Says of partitions whose suspects are all tried that they are.
    pub(in crate::kafka) fn tell_tried(&mut self) {
        let (claims, now) = (self.shared.claims.clone(), Timestamp::now());
        let untried = std::mem::take(&mut self.untried);
        let (tried, mut left): (Vec<_>, Vec<_>) = untried
            .into_iter()
            .filter(|tenure| self.shared.holds_tenure(*tenure))
            .partition(|tenure| {
                let suspects = &self.shared.suspects;
                suspects.are_tried(tenure.partition, &claims, now)
            });
        let leaving = self.shared.lock_leaving();
        if *leaving {
            return;
        }
        let told = tried
            .into_iter()
            .map(|tenure| (tenure, self.declare_owner(tenure)));
        let told: Vec<_> = told.collect();
        drop(leaving);
        for (tenure, answer) in told {
            if !answer.wait_until_declared() {
                left.push(tenure);
            }
        }
        self.untried = left;
    }
}

impl OwnerRecord {
    /// Whether the process is a member of the group still; one that came after it under its name is another member.
    fn is_alive(&self, alive: &Members) -> bool {
        let member = alive.get(&self.transactional_id);
        member.is_some_and(|id| self.member.as_ref().is_none_or(|own| own == id))
    }
}

impl ClusterShared {
    /// The record that says that a partition is this process's.
    pub(in crate::kafka) fn owner_record(&self, partition: u32, clean: bool) -> OwnerRecord {
        let now = Timestamp::now();
        OwnerRecord {
            v: VERSION,
            transactional_id: self.transactional_id.clone(),
            process: self.process.clone(),
            member: self.lock_member_id().clone(),
            since: now,
            clean,
            untried: !self.suspects.are_tried(partition, &self.claims, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner_record(member: Option<&str>) -> OwnerRecord {
        OwnerRecord {
            v: VERSION,
            transactional_id: "news-a".to_owned(),
            process: "p".to_owned(),
            member: member.map(str::to_owned),
            since: Timestamp::UNIX_EPOCH,
            clean: false,
            untried: false,
        }
    }

    #[test]
    fn an_owner_lives_while_its_own_member_is_in_the_group_not_one_that_came_under_its_name() {
        let group = |id: &str| Members::from([("news-a".to_owned(), id.to_owned())]);
        assert!(owner_record(Some("a-1")).is_alive(&group("a-1")));
        assert!(!owner_record(Some("a-1")).is_alive(&group("a-2")));
        assert!(
            owner_record(None).is_alive(&group("a-2")),
            "nobody knows better"
        );
        assert!(!owner_record(None).is_alive(&Members::new()));
    }
}
