//! After an unclean end: which entries may have ended the process, and when they are tried alone.
//!
//! The first entries of each site are suspects of their partition and are handed out one at a time there, the attempt
//! committed before the fetch. One that was out alone when the process ended again carries that as `kills`, and is
//! tried once more when its owner has run for a while, no suspect is left, and no other one of its kind is out: by then
//! whatever else ends processes one after another is over, and an innocent page has no company that could end this
//! one. Everything else goes on meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, MutexGuard};

use super::{Claim, Claims, MAX_KILLS};
use crate::{id::ArticleId, site::Site};

/// When nobody has taken the next suspect for so long, the others wait no longer for it.
// Its site may be asked to be left alone for hours.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// After an unclean end, an entry that was out alone at one is tried again when its new owner has run for so long.
pub(crate) const QUIET: SignedDuration = SignedDuration::from_secs(20);
/// When a site that must wait for another one's suspect asks again, should no change wake it before.
// No request follows from a look, only a question to memory.
pub(crate) const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// What a site may take while suspects are left.
#[derive(Debug)]
pub(crate) enum SuspectGate {
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
    /// When partitions were taken over after an unclean end.
    since: BTreeMap<u32, Timestamp>,
    /// Suspects not tried yet, by partition and site.
    left: BTreeMap<u32, BTreeMap<Site, Vec<ArticleId>>>,
    /// The suspect of each partition that is out alone.
    out: BTreeMap<u32, ArticleId>,
    /// The one that was out alone at an end before and is out again.
    again: Option<ArticleId>,
    /// When one went out or came back last, or when the lists were first asked.
    moved: Option<Timestamp>,
    /// Whether one came back since the waiting sites were woken last.
    came: bool,
    /// Sites that were told to wait and are to be woken when the wait is over.
    waiting: BTreeSet<Site>,
}

impl Suspects {
    /// Notes that a partition was taken over after an unclean end.
    pub(crate) fn taken_over(&self, partition: u32, now: Timestamp) {
        self.lock_lists().since.insert(partition, now);
    }

    /// Adds an entry that may have been in the hands of the process that ended, once.
    pub(crate) fn add_suspect(&self, partition: u32, site: Site, id: ArticleId) {
        let mut lists = self.lock_lists();
        let sites = lists.left.entry(partition).or_default();
        let left = sites.entry(site).or_default();
        if !left.contains(&id) {
            left.push(id);
        }
    }

    /// Forgets those of a partition that has changed hands.
    #[cfg(feature = "kafka")]
    pub(crate) fn forget_partition(&self, partition: u32) {
        let mut lists = self.lock_lists();
        lists.since.remove(&partition);
        lists.left.remove(&partition);
        lists.out.remove(&partition);
    }

    /// Whether those of a partition are all tried.
    #[cfg(feature = "kafka")]
    pub(crate) fn are_tried(&self, partition: u32, claims: &Claims, now: Timestamp) -> bool {
        let mut lists = self.lock_lists();
        lists.come_back(claims, now);
        !lists.left.contains_key(&partition) && !lists.out.contains_key(&partition)
    }

    /// How many are left.
    pub(crate) fn count_left(&self) -> usize {
        let lists = self.lock_lists();
        let partitions = lists.left.values();
        partitions.flat_map(BTreeMap::values).map(Vec::len).sum()
    }

    /// How many are left of a partition.
    #[cfg(feature = "kafka")]
    pub(crate) fn left_in(&self, partition: u32) -> usize {
        let lists = self.lock_lists();
        let sites = lists.left.get(&partition).into_iter();
        sites.flat_map(BTreeMap::values).map(Vec::len).sum()
    }

    /// Asks what a site may take now.
    pub(crate) fn gate_for_site(
        &self,
        site: &Site,
        partition: u32,
        claims: &Claims,
        now: Timestamp,
    ) -> SuspectGate {
        let mut lists = self.lock_lists();
        lists.come_back(claims, now);
        lists.lose_patience(now);
        let is_left = lists.left.contains_key(&partition);
        let is_out = lists.out.contains_key(&partition);
        if !is_left && !is_out {
            return SuspectGate::Open;
        }
        let turn = (!is_out && lists.again.is_none())
            .then(|| lists.hand_out(site, partition, claims))
            .flatten();
        let Some(claim) = turn else {
            lists.waiting.insert(site.clone());
            return SuspectGate::Wait;
        };
        lists.moved = Some(now);
        SuspectGate::Alone(claim)
    }

    /// Whether an entry that was out alone at so many ends may be handed out now. Asked with the entry claimed.
    pub(crate) fn may_go_again(
        &self,
        claim: &Claim,
        kills: u32,
        partition: u32,
        claims: &Claims,
        now: Timestamp,
    ) -> bool {
        // It is not to be fetched any more.
        if kills >= MAX_KILLS {
            return true;
        }
        let mut lists = self.lock_lists();
        lists.come_back(claims, now);
        let since = lists.since.get(&partition);
        let is_quiet = since.is_none_or(|since| now.duration_since(*since) >= QUIET);
        let is_alone = lists.again.is_none() && lists.out.is_empty() && lists.left.is_empty();
        if is_quiet && is_alone {
            lists.again = Some(claim.id());
        }
        is_quiet && is_alone
    }

    /// The sites that may ask again, once claims were given back.
    pub(crate) fn freed_sites(&self, claims: &Claims, now: Timestamp) -> BTreeSet<Site> {
        let mut lists = self.lock_lists();
        lists.come_back(claims, now);
        if mem::take(&mut lists.came) {
            return mem::take(&mut lists.waiting);
        }
        BTreeSet::new()
    }

    fn lock_lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock()
    }
}

impl Lists {
    /// Takes back those whose claim was given up.
    fn come_back(&mut self, claims: &Claims, now: Timestamp) {
        let out = self.out.len() + usize::from(self.again.is_some());
        self.out.retain(|_, id| claims.is_claimed(*id));
        self.again = self.again.filter(|id| claims.is_claimed(*id));
        let came = self.out.len() + usize::from(self.again.is_some()) < out;
        self.came |= came;
        if came || self.moved.is_none() {
            self.moved = Some(now);
        }
    }

    fn lose_patience(&mut self, now: Timestamp) {
        let idle = self
            .moved
            .is_some_and(|moved| now.duration_since(moved) > PATIENCE);
        // Not while one is out: its end, good or bad, is just what is awaited.
        if idle && self.out.is_empty() && self.again.is_none() {
            self.left.clear();
        }
    }

    /// Claims the first suspect of a site.
    fn hand_out(&mut self, site: &Site, partition: u32, claims: &Claims) -> Option<Claim> {
        let sites = self.left.get_mut(&partition)?;
        let suspects = sites.get_mut(site)?;
        let claim = claims.claim_id(*suspects.first()?)?;
        suspects.remove(0);
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

    fn alone(gate: SuspectGate) -> Claim {
        match gate {
            SuspectGate::Alone(claim) => claim,
            other => unreachable!("an entry was to be tried alone, not {other:?}"),
        }
    }

    #[test]
    fn suspects_of_a_partition_go_one_at_a_time_and_other_sites_of_it_wait() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        suspects.add_suspect(1, site("a.org"), id("a"));
        suspects.add_suspect(1, site("b.org"), id("b"));
        let a = alone(suspects.gate_for_site(&site("a.org"), 1, &claims, NOW));
        assert!(matches!(
            suspects.gate_for_site(&site("b.org"), 1, &claims, NOW),
            SuspectGate::Wait
        ));
        assert!(matches!(
            suspects.gate_for_site(&site("c.org"), 1, &claims, NOW),
            SuspectGate::Wait
        ));
        assert!(matches!(
            suspects.gate_for_site(&site("d.org"), 2, &claims, NOW),
            SuspectGate::Open
        ));
        drop(a);
        assert_eq!(
            suspects.freed_sites(&claims, NOW),
            BTreeSet::from([site("b.org"), site("c.org")])
        );
        drop(alone(suspects.gate_for_site(
            &site("b.org"),
            1,
            &claims,
            NOW,
        )));
        assert!(matches!(
            suspects.gate_for_site(&site("c.org"), 1, &claims, NOW),
            SuspectGate::Open
        ));
    }

    #[test]
    fn one_that_was_out_at_an_end_goes_again_after_a_while_when_no_other_is_out() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        let may_go = |claim: &Claim, now| suspects.may_go_again(claim, 1, 1, &claims, now);
        let [a, b] = ["a", "b"].map(|name| claims.claim_id(id(name)).expect("nobody has it"));
        suspects.taken_over(1, NOW);
        assert!(!may_go(&a, NOW), "whatever ended the process may go on");
        assert!(matches!(
            suspects.gate_for_site(&site("a.org"), 1, &claims, NOW),
            SuspectGate::Open
        ));
        let later = NOW + QUIET;
        suspects.add_suspect(2, site("c.org"), id("c"));
        assert!(!may_go(&a, later), "a suspect is left");
        let c = alone(suspects.gate_for_site(&site("c.org"), 2, &claims, later));
        assert!(!may_go(&a, later), "a suspect is out");
        drop(c);
        assert!(may_go(&a, later));
        assert!(!may_go(&b, later), "another one like it is out");
        suspects.add_suspect(2, site("c.org"), id("d"));
        assert!(matches!(
            suspects.gate_for_site(&site("c.org"), 2, &claims, later),
            SuspectGate::Wait
        ));
        assert!(matches!(
            suspects.gate_for_site(&site("a.org"), 1, &claims, later),
            SuspectGate::Open
        ));
        drop(a);
        drop(alone(suspects.gate_for_site(
            &site("c.org"),
            2,
            &claims,
            later,
        )));
        assert!(may_go(&b, later));
    }

    #[test]
    fn one_that_ended_the_process_too_often_is_handed_out_at_once_to_be_set_aside() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        suspects.taken_over(1, NOW);
        let claim = claims.claim_id(id("a")).expect("nobody has it");
        assert!(suspects.may_go_again(&claim, MAX_KILLS, 1, &claims, NOW));
    }

    #[test]
    fn a_site_that_does_not_come_for_its_suspect_holds_the_others_up_for_a_minute_only() {
        let (suspects, claims) = (Suspects::default(), Claims::default());
        suspects.add_suspect(1, site("asleep.org"), id("a"));
        assert!(matches!(
            suspects.gate_for_site(&site("b.org"), 1, &claims, NOW),
            SuspectGate::Wait
        ));
        let later = NOW + PATIENCE + SignedDuration::from_secs(1);
        assert!(matches!(
            suspects.gate_for_site(&site("b.org"), 1, &claims, later),
            SuspectGate::Open
        ));
    }
}
