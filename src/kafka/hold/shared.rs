//! What the threads of this ledger share: who owns what, what waits, and whether the ledger can go on.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::{
    kafka::{
        cluster::connect::Connection,
        format::names::{Topic, TopicNames},
    },
    ledger::{Claims, LedgerError, changes::Changes, suspects::Suspects},
    site::Site,
};

mod tenures;

pub(in crate::kafka) use self::tenures::{Hold, PartitionSlot};

/// A step of a transaction, for tests that stop or end a process at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookStep {
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
pub type Hook = Arc<dyn Fn(HookStep) + Send + Sync>;

/// Why the ledger cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) enum LedgerEnd {
    /// Another process has this instance name.
    Taken(String),
    /// The topics are not what this version can use, or a grant is missing.
    Unfit(String),
    /// A fault of ours.
    Fault(String),
}

impl LedgerEnd {
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
pub(in crate::kafka) struct LedgerCounts {
    pub(in crate::kafka) committed: AtomicU64,
    pub(in crate::kafka) aborted: AtomicU64,
    pub(in crate::kafka) fenced: AtomicU64,
    pub(in crate::kafka) owners_fenced: AtomicU64,
    pub(in crate::kafka) restores: AtomicU64,
    pub(in crate::kafka) restore_ms: AtomicU64,
    pub(in crate::kafka) commit_us: AtomicU64,
}

/// Adds to a count.
pub(in crate::kafka) fn add_to_count(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

/// Shared by all threads of one ledger.
pub(in crate::kafka) struct ClusterShared {
    setting: Setting,
    slots: Vec<Mutex<PartitionSlot>>,
    pub(in crate::kafka) changes: Changes,
    pub(in crate::kafka) claims: Claims,
    pub(in crate::kafka) suspects: Suspects,
    pub(in crate::kafka) counts: LedgerCounts,
    /// Hash of this worker's feed list; empty until it is known.
    list: Mutex<String>,
    /// Whether what it owns is being marked as left in order: nothing says otherwise after that.
    leaving: Mutex<bool>,
    /// This worker's member of the group, by the id that the cluster gave it, once it is known.
    member: Mutex<Option<String>>,
    end: Mutex<Option<LedgerEnd>>,
    closing: AtomicBool,
    restored: AtomicBool,
}

impl fmt::Debug for ClusterShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

/// What is known before anything is shared, and stays.
pub(in crate::kafka) struct Setting {
    pub(in crate::kafka) connection: Connection,
    pub(in crate::kafka) names: TopicNames,
    /// Partitions of each state topic.
    pub(in crate::kafka) partitions: u32,
    /// Partitions of each outlet.
    pub(in crate::kafka) outlets: BTreeMap<Topic, u32>,
    /// This process: a random text.
    pub(in crate::kafka) process: String,
    /// This worker: transactional id, and client id of its member of the group.
    pub(in crate::kafka) transactional_id: String,
    /// Whether a name of this worker's own was given.
    pub(in crate::kafka) named: bool,
    pub(in crate::kafka) advice: Vec<String>,
    pub(in crate::kafka) hook: Option<Hook>,
}

impl Deref for ClusterShared {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        &self.setting
    }
}

impl ClusterShared {
    pub(in crate::kafka) fn from_setting(setting: Setting) -> Self {
        // A tenure given by another process is never one of this one's.
        let epoch = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0);
        let slot = |_| {
            Mutex::new(PartitionSlot {
                epoch,
                hold: Hold::Foreign,
            })
        };
        Self {
            slots: (0..setting.partitions).map(slot).collect(),
            setting,
            changes: Changes::default(),
            claims: Claims::default(),
            suspects: Suspects::default(),
            counts: LedgerCounts::default(),
            list: Mutex::default(),
            leaving: Mutex::default(),
            member: Mutex::default(),
            end: Mutex::default(),
            closing: AtomicBool::new(false),
            restored: AtomicBool::new(false),
        }
    }

    /// The hash of this worker's feed list is this from now on.
    pub(in crate::kafka) fn set_list(&self, hash: &str) {
        hash.clone_into(&mut self.list.lock());
    }

    /// The hash of this worker's feed list; empty until it is known.
    pub(in crate::kafka) fn feed_list_hash(&self) -> String {
        self.list.lock().clone()
    }

    /// The partition of a site.
    pub(in crate::kafka) fn home_partition(&self, site: &Site) -> u32 {
        site.partition_among(self.partitions)
    }

    /// The ledger cannot go on; the first reason counts.
    pub(in crate::kafka) fn finish_with(&self, end: LedgerEnd) {
        let mut ended = self.end.lock();
        ended.get_or_insert(end);
        drop(ended);
        self.changes.mark_ownership();
    }

    /// Refuses everything once the ledger cannot go on.
    pub(in crate::kafka) fn refuse_unless_sound(&self) -> Result<(), LedgerError> {
        let ended = self.end.lock();
        ended.as_ref().map_or(Ok(()), |end| Err(end.error()))
    }

    /// Whether the ledger is being closed or cannot go on.
    pub(in crate::kafka) fn is_over(&self) -> bool {
        self.closing.load(Ordering::Acquire) || self.refuse_unless_sound().is_err()
    }

    /// Whether what it owns is being marked as left in order; what is said of it while this is held comes before.
    pub(in crate::kafka) fn lock_leaving(&self) -> MutexGuard<'_, bool> {
        self.leaving.lock()
    }

    /// This worker's member of the group, by the id that the cluster gave it, once it is known.
    pub(in crate::kafka) fn lock_member_id(&self) -> MutexGuard<'_, Option<String>> {
        self.member.lock()
    }

    /// Ends the threads.
    pub(in crate::kafka) fn end_threads(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// The first restore is done.
    pub(in crate::kafka) fn set_restored(&self) {
        self.restored.store(true, Ordering::Release);
    }

    /// Whether it is.
    pub(in crate::kafka) fn is_restored(&self) -> bool {
        self.restored.load(Ordering::Acquire)
    }

    /// Tells sites that waited for another one's suspect.
    pub(in crate::kafka) fn tell_freed(&self) {
        self.changes
            .mark_sites(self.suspects.freed_sites(&self.claims, Timestamp::now()));
    }

    /// Calls the hook of a test.
    pub(in crate::kafka) fn call_hook(&self, step: HookStep) {
        if let Some(hook) = &self.hook {
            hook(step);
        }
    }
}
