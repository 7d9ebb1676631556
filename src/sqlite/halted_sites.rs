//! Sites that are halted because a record of theirs cannot be read; all others go on.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};

use crate::{ledger::Health, site::Site};

/// Sites named in the notes; of more only the number is given.
const NAMED: usize = 5;

/// Which sites are halted, and why.
#[derive(Debug, Default)]
pub(super) struct Barred(Mutex<BTreeMap<Site, String>>);

impl Barred {
    /// Halts a site until the next start; logged once. Whether it was not halted before.
    pub(super) fn halt_site(&self, site: &Site, detail: &str) -> bool {
        let before = self.lock_sites().insert(site.clone(), detail.to_owned());
        if before.is_none() {
            tracing::error!(%site, detail, "a record of the ledger cannot be read, its site stands still");
        }
        before.is_none()
    }

    /// Whether a site is halted.
    pub(super) fn is_halted(&self, site: &Site) -> bool {
        self.lock_sites().contains_key(site)
    }

    /// Adds them to the health of the ledger.
    pub(super) fn add_to_health(&self, health: &mut Health) {
        let sites = self.lock_sites();
        health.unreadable = sites.len();
        for (site, detail) in sites.iter().take(NAMED) {
            health.notes.push(format!(
                "{site} stands still: {detail}; mend or delete that row and start again"
            ));
        }
        if sites.len() > NAMED {
            let more = sites.len() - NAMED;
            health.notes.push(format!("{more} more sites stand still"));
        }
    }

    fn lock_sites(&self) -> MutexGuard<'_, BTreeMap<Site, String>> {
        self.0.lock()
    }
}
