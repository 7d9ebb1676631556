//! What the threads of this ledger share: who owns what, what waits, and whether the ledger can go on.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;

use super::{
    connect::Connection,
    names::{Names, Topic},
    partition::Partition,
};
use crate::{
    ledger::{Claims, LedgerError, Tenure, changes::Changes, suspects::Suspects},
    site::Site,
};

/// A step of a transaction, for tests that stop or end a process at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Begun, nothing sent.
    Begun,
    /// All records are with the cluster.
    Drained,
    /// The group's fence is passed.
    OffsetsSent,
    /// Committed.
    Committed,
}

/// Called at each step of each transaction.
pub type Hook = Arc<dyn Fn(Step) + Send + Sync>;

/// One partition, as this process stands to it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Raised at each assignment and each loss.
    pub(super) epoch: u64,
    pub(super) hold: Hold,
}

/// How this process stands to a partition.
#[derive(Debug, Default)]
pub(super) enum Hold {
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

/// Why the ledger cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Another process has this instance name.
    Taken(String),
    /// The topics are not what this version can use, or a grant is missing.
    Unfit(String),
    /// A fault of ours.
    Fault(String),
}

impl End {
    fn error(&self) -> LedgerError {
        match self {
            Self::Taken(detail) => LedgerError::Taken {
                detail: detail.clone(),
            },
            Self::Unfit(detail) => LedgerError::Unfit {
                detail: detail.clone(),
            },
            Self::Fault(detail) => LedgerError::Fault {
                detail: detail.clone(),
            },
        }
    }
}

/// Counts for `/metrics`.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) committed: AtomicU64,
    pub(super) aborted: AtomicU64,
    pub(super) fenced: AtomicU64,
    pub(super) owners_fenced: AtomicU64,
    pub(super) restores: AtomicU64,
    pub(super) restore_ms: AtomicU64,
    pub(super) commit_us: AtomicU64,
}

/// Adds to a count.
pub(super) fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

/// Shared by all threads of one ledger.
pub(super) struct Shared {
    pub(super) connection: Connection,
    pub(super) names: Names,
    /// Partitions of each state topic.
    pub(super) partitions: u32,
    /// Partitions of each outlet.
    pub(super) outlets: BTreeMap<Topic, u32>,
    /// This process: a random text.
    pub(super) process: String,
    /// This worker: transactional id, and client id of its member of the group.
    pub(super) transactional_id: String,
    /// Whether a name of this worker's own was given.
    pub(super) named: bool,
    slots: Vec<Mutex<Slot>>,
    pub(super) changes: Changes,
    pub(super) claims: Claims,
    pub(super) suspects: Suspects,
    pub(super) counts: Counts,
    pub(super) advice: Vec<String>,
    pub(super) hook: Option<Hook>,
    /// Hash of this worker's feed list; empty until it is told.
    list: Mutex<String>,
    end: Mutex<Option<End>>,
    closing: AtomicBool,
    restored: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

/// What is known before anything is shared.
pub(super) struct Setting {
    pub(super) connection: Connection,
    pub(super) names: Names,
    pub(super) partitions: u32,
    pub(super) outlets: BTreeMap<Topic, u32>,
    pub(super) process: String,
    pub(super) transactional_id: String,
    pub(super) named: bool,
    pub(super) advice: Vec<String>,
    pub(super) hook: Option<Hook>,
}

impl Shared {
    pub(super) fn of(setting: Setting) -> Self {
        // A tenure given by another process is never one of this one's.
        let epoch = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0);
        let slot = |_| {
            Mutex::new(Slot {
                epoch,
                hold: Hold::Foreign,
            })
        };
        Self {
            transactional_id: setting.transactional_id,
            named: setting.named,
            connection: setting.connection,
            names: setting.names,
            slots: (0..setting.partitions).map(slot).collect(),
            partitions: setting.partitions,
            outlets: setting.outlets,
            process: setting.process,
            advice: setting.advice,
            hook: setting.hook,
            changes: Changes::default(),
            claims: Claims::default(),
            suspects: Suspects::default(),
            counts: Counts::default(),
            list: Mutex::default(),
            end: Mutex::default(),
            closing: AtomicBool::new(false),
            restored: AtomicBool::new(false),
        }
    }

    /// How this process stands to a partition; held for moments only.
    pub(super) fn slot(&self, partition: u32) -> MutexGuard<'_, Slot> {
        let at = partition as usize % self.slots.len();
        self.slots[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The hash of this worker's feed list is this from now on.
    pub(super) fn set_list(&self, hash: &str) {
        hash.clone_into(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The hash of this worker's feed list; empty until it is told.
    pub(super) fn list(&self) -> String {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The partition of a site.
    pub(super) fn home(&self, site: &Site) -> u32 {
        site.partition(self.partitions)
    }

    /// Whether a tenure still holds.
    pub(super) fn holds(&self, tenure: Tenure) -> bool {
        self.slot(tenure.partition).epoch == tenure.epoch
    }

    /// The partition is this process's from now on; its tenure.
    pub(super) fn begin(&self, partition: u32) -> Tenure {
        let mut slot = self.slot(partition);
        slot.epoch += 1;
        slot.hold = Hold::Restoring;
        Tenure {
            partition,
            epoch: slot.epoch,
        }
    }

    /// The partition is read again, where it is this process's still; asked and done under one lock, for a revocation
    /// may come at any moment.
    pub(super) fn begin_again(&self, partition: u32) -> Option<Tenure> {
        let mut slot = self.slot(partition);
        if matches!(slot.hold, Hold::Foreign) {
            return None;
        }
        slot.epoch += 1;
        slot.hold = Hold::Restoring;
        Some(Tenure {
            partition,
            epoch: slot.epoch,
        })
    }

    /// Whether a tenure still holds and its partition is not restored yet.
    pub(super) fn is_restoring(&self, tenure: Tenure) -> bool {
        let slot = self.slot(tenure.partition);
        slot.epoch == tenure.epoch && matches!(slot.hold, Hold::Restoring)
    }

    /// The partition is this process's no more: what is on its way is refused from now on.
    pub(super) fn lose(&self, partition: u32) {
        let mut slot = self.slot(partition);
        slot.epoch += 1;
        slot.hold = Hold::Foreign;
        drop(slot);
        self.suspects.forget(partition);
        self.changes.ownership();
    }

    /// Stops a partition of which a record cannot be read.
    pub(super) fn stop(&self, tenure: Tenure, detail: &str) {
        let mut slot = self.slot(tenure.partition);
        if slot.epoch == tenure.epoch {
            tracing::error!(
                partition = tenure.partition,
                detail,
                "partition stopped, its records stay as they are"
            );
            slot.hold = Hold::Stopped(detail.to_owned());
        }
    }

    /// The ledger cannot go on; the first reason stands.
    pub(super) fn finish(&self, end: End) {
        let mut ended = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert(end);
        drop(ended);
        self.changes.ownership();
    }

    /// Refuses everything once the ledger cannot go on.
    pub(super) fn sound(&self) -> Result<(), LedgerError> {
        let ended = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        ended.as_ref().map_or(Ok(()), |end| Err(end.error()))
    }

    /// Whether the ledger is being closed or cannot go on.
    pub(super) fn is_over(&self) -> bool {
        self.closing.load(Ordering::Acquire) || self.sound().is_err()
    }

    /// Ends the threads.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// The first restore is done.
    pub(super) fn set_restored(&self) {
        self.restored.store(true, Ordering::Release);
    }

    /// Whether it is.
    pub(super) fn is_restored(&self) -> bool {
        self.restored.load(Ordering::Acquire)
    }

    /// Tells sites that waited for another one's suspect.
    pub(super) fn tell_freed(&self) {
        self.changes
            .mark(self.suspects.freed(&self.claims, Timestamp::now()));
    }

    /// Calls the hook of a test.
    pub(super) fn step(&self, step: Step) {
        if let Some(hook) = &self.hook {
            hook(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::kafka::connect::nowhere;

    fn shared() -> Shared {
        let config = nowhere();
        Shared::of(Setting {
            connection: Connection::of(&config, "id").expect("no setting at all"),
            names: Names::of(&config).expect("names"),
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
