//! What `Ledger::next_change` reports: sites to look at, each once however often it was marked.

use std::{collections::BTreeSet, mem};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Change;
use crate::site::Site;

/// The change that has not been reported yet; bounded by the number of sites.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pending: Mutex<Pending>,
    marked: Notify,
}

#[derive(Debug, Default)]
struct Pending {
    ownership: bool,
    sites: BTreeSet<Site>,
}

impl Changes {
    /// Marks that partitions changed hands.
    pub(crate) fn mark_ownership(&self) {
        let mut pending = self.pending.lock();
        pending.ownership = true;
        drop(pending);
        // One permit is kept for who comes later: with `notify_waiters` a mark between two looks would be lost.
        self.marked.notify_one();
    }

    /// Marks sites as having something to look at.
    pub(crate) fn mark_sites(&self, sites: impl IntoIterator<Item = Site>) {
        let mut pending = self.pending.lock();
        pending.sites.extend(sites);
        let any = !pending.sites.is_empty();
        drop(pending);
        if any {
            self.marked.notify_one();
        }
    }

    /// What was marked since the last call; `None` when nothing was.
    pub(crate) fn take_change(&self) -> Option<Change> {
        let mut pending = self.pending.lock();
        let pending = mem::take(&mut *pending);
        (pending.ownership || !pending.sites.is_empty()).then(|| Change {
            ownership: pending.ownership,
            sites: pending.sites.into_iter().collect(),
        })
    }

    /// Waits until something is marked; may come back for nothing, so [`Changes::take_change`] decides.
    pub(crate) async fn wait_for_mark(&self) {
        self.marked.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_marked_twice_is_told_once() {
        let changes = Changes::default();
        changes.mark_sites([Site::of_host("a.org"), Site::of_host("b.org")]);
        changes.mark_sites([Site::of_host("a.org")]);
        let told = changes.take_change().expect("two sites were marked");
        assert_eq!(told.sites.len(), 2);
        assert_eq!(changes.take_change(), None);
    }
}
