//! After an unclean end: which entries may have ended the process, and in which order they are tried alone.
//!
//! The first entries of each site are suspects of their partition and are handed out one at a time there, the attempt
//! committed before the fetch. Those that were out when the process ended again carry that as `kills` and go first,
//! one at a time in the whole process: by then an innocent one has company no more, so only the page that kills is
//! counted a second and a third time.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::{Claim, Claims};
use crate::{id::ArticleId, site::Site};

/// When nobody has taken the next suspect for so long, the others wait no longer for it: its site may be asked to be
/// left alone for hours. It is still tried as one that may kill.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// When a site that must wait for another one's suspect asks again, should no change tell it before.
pub(crate) const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// What a site may take while suspects are left.
#[derive(Debug)]
pub(crate) enum Gate {
    /// Anything.
    Open,
    /// Nothing: another entry is being tried alone.
    Wait,
    /// Only the entry of this claim; others wait.
    Alone(Claim),
}

/// The suspects of the partitions that this process took over after an unclean end.
#[derive(Debug, Default)]
pub(crate) struct Suspects(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    /// Those not tried yet, by partition and site.
    left: BTreeMap<u32, BTreeMap<Site, Vec<Suspect>>>,
    /// The one of each partition that is out alone.
    out: BTreeMap<u32, ArticleId>,
    /// Those of several ends that their sites did not come for in time.
    late: BTreeSet<ArticleId>,
    /// When one went out or came back last, or when the lists were first asked.
    moved: Option<Timestamp>,
    /// Whether one came back since the waiting sites were told last.
    came: bool,
    /// Sites that were told to wait and are to be told when the wait is over.
    waiting: BTreeSet<Site>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Suspect {
    id: ArticleId,
    kills: u32,
}

impl Suspects {
    /// Adds an entry that may have been in the hands of the process that ended, once.
    pub(crate) fn add(&self, partition: u32, site: Site, id: ArticleId, kills: u32) {
        let mut lists = self.lists();
        let left = lists
            .left
            .entry(partition)
            .or_default()
            .entry(site)
            .or_default();
        left.retain(|suspect| suspect.id != id);
        left.push(Suspect { id, kills });
    }

    /// Forgets those of a partition that has changed hands.
    #[cfg(feature = "kafka")]
    pub(crate) fn forget(&self, partition: u32) {
        let mut lists = self.lists();
        lists.left.remove(&partition);
        lists.out.remove(&partition);
    }

    /// How many are left.
    pub(crate) fn left(&self) -> usize {
        let lists = self.lists();
        lists
            .left
            .values()
            .flat_map(BTreeMap::values)
            .map(Vec::len)
            .sum()
    }

    /// Asks what a site may take now.
    pub(crate) fn gate(
        &self,
        site: &Site,
        partition: u32,
        claims: &Claims,
        now: Timestamp,
    ) -> Gate {
        let mut lists = self.lists();
        lists.come_back(claims, now);
        lists.lose_patience(now);
        let alone_in_process = lists
            .left
            .values()
            .any(|sites| sites.values().any(|l| killed(l)));
        let busy = if alone_in_process {
            !lists.out.is_empty()
        } else {
            lists.out.contains_key(&partition)
        };
        if !busy && !alone_in_process && !lists.left.contains_key(&partition) {
            return Gate::Open;
        }
        let turn = (!busy)
            .then(|| lists.hand_out(site, partition, alone_in_process, claims))
            .flatten();
        let Some(claim) = turn else {
            lists.waiting.insert(site.clone());
            return Gate::Wait;
        };
        lists.moved = Some(now);
        Gate::Alone(claim)
    }

    /// Whether an entry was out alone at an earlier end and nobody waits for it any more: it is tried as one that may
    /// kill all the same.
    pub(crate) fn late(&self, id: ArticleId) -> bool {
        self.lists().late.remove(&id)
    }

    /// The sites that may ask again, once claims were given back.
    pub(crate) fn freed(&self, claims: &Claims, now: Timestamp) -> BTreeSet<Site> {
        let mut lists = self.lists();
        lists.come_back(claims, now);
        if mem::take(&mut lists.came) {
            return mem::take(&mut lists.waiting);
        }
        BTreeSet::new()
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn killed(suspects: &[Suspect]) -> bool {
    suspects.iter().any(|suspect| suspect.kills > 0)
}

impl Lists {
    /// Takes back those whose claim was given up.
    fn come_back(&mut self, claims: &Claims, now: Timestamp) {
        let out = self.out.len();
        self.out.retain(|_, id| claims.holds(*id));
        let came = self.out.len() < out;
        self.came |= came;
        if came || self.moved.is_none() {
            self.moved = Some(now);
        }
    }

    fn lose_patience(&mut self, now: Timestamp) {
        let idle = self
            .moved
            .is_some_and(|moved| now.duration_since(moved) > PATIENCE);
        if idle && self.out.is_empty() {
            let left = mem::take(&mut self.left);
            let suspects = left.into_values().flat_map(BTreeMap::into_values).flatten();
            let killers = suspects.filter(|suspect| suspect.kills > 0);
            self.late.extend(killers.map(|suspect| suspect.id));
        }
    }

    /// Claims the first suspect of a site; of those that were alone before only, while there are any.
    fn hand_out(
        &mut self,
        site: &Site,
        partition: u32,
        killers_only: bool,
        claims: &Claims,
    ) -> Option<Claim> {
        let sites = self.left.get_mut(&partition)?;
        let suspects = sites.get_mut(site)?;
        let at = suspects
            .iter()
            .position(|suspect| !killers_only || suspect.kills > 0)?;
        let claim = claims.claim(suspects[at].id)?;
        suspects.remove(at);
        if suspects.is_empty() {
            sites.remove(site);
        }
        if sites.is_empty() {
            self.left.remove(&partition);
        }
        self.out.insert(partition, claim.id());
        Some(claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ArticleId {
        ArticleId::of(&["test", name])
    }

    fn site(name: &str) -> Site {
        Site::of_host(name)
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn alone(gate: Gate) -> Claim {
        match gate {
            Gate::Alone(claim) => claim,
            other => unreachable!("an entry was to be tried alone, not {other:?}"),
        }
    }

    #[test]
    fn suspects_of_a_partition_go_one_at_a_time_and_other_sites_of_it_wait() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        suspects.add(1, site("a.org"), id("a"), 0);
        suspects.add(1, site("b.org"), id("b"), 0);
        let a = alone(suspects.gate(&site("a.org"), 1, &claims, NOW));
        assert!(matches!(
            suspects.gate(&site("b.org"), 1, &claims, NOW),
            Gate::Wait
        ));
        assert!(matches!(
            suspects.gate(&site("c.org"), 1, &claims, NOW),
            Gate::Wait
        ));
        assert!(matches!(
            suspects.gate(&site("d.org"), 2, &claims, NOW),
            Gate::Open
        ));
        drop(a);
        assert_eq!(
            suspects.freed(&claims, NOW),
            BTreeSet::from([site("b.org"), site("c.org")])
        );
        drop(alone(suspects.gate(&site("b.org"), 1, &claims, NOW)));
        assert!(matches!(
            suspects.gate(&site("c.org"), 1, &claims, NOW),
            Gate::Open
        ));
    }

    #[test]
    fn one_that_was_out_at_two_ends_goes_alone_in_the_whole_process() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        suspects.add(1, site("a.org"), id("a"), 1);
        suspects.add(2, site("b.org"), id("b"), 0);
        assert!(matches!(
            suspects.gate(&site("b.org"), 2, &claims, NOW),
            Gate::Wait
        ));
        let a = alone(suspects.gate(&site("a.org"), 1, &claims, NOW));
        drop(a);
        drop(alone(suspects.gate(&site("b.org"), 2, &claims, NOW)));
        assert_eq!(suspects.left(), 0);
    }

    #[test]
    fn a_site_that_does_not_come_for_its_suspect_holds_the_others_up_for_a_minute_only() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        suspects.add(1, site("asleep.org"), id("a"), 2);
        assert!(matches!(
            suspects.gate(&site("b.org"), 1, &claims, NOW),
            Gate::Wait
        ));
        let later = NOW + PATIENCE + SignedDuration::from_secs(1);
        assert!(matches!(
            suspects.gate(&site("b.org"), 1, &claims, later),
            Gate::Open
        ));
        assert!(suspects.late(id("a")) && !suspects.late(id("a")));
    }
}
