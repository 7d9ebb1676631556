//! What the owner of a partition holds of it in memory: mailboxes, marks, states of feeds and sites.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    mailbox::Mailbox,
    marks::{Mark, MarkTable},
};
use crate::{
    id::{ArticleId, FeedId},
    kafka::format::records::Effects,
    ledger::{Cleared, Seen, Waiting},
    site::Site,
};

mod turns;

pub(in crate::kafka) use self::turns::{EntryCandidate, Next};

/// One partition of the four state topics.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Partition {
    mail: HashMap<Site, Mailbox>,
    homes: HashMap<ArticleId, Site>,
    /// Entries that were cleared up to an offset by a record that has not been read back yet, which is at another.
    cleared: HashMap<ArticleId, (i64, i64)>,
    marks: MarkTable,
    retries: HashMap<ArticleId, Seen>,
    pub(in crate::kafka) feeds: HashMap<FeedId, String>,
    pub(in crate::kafka) listed: HashMap<FeedId, i64>,
    pub(in crate::kafka) sites: HashMap<Site, String>,
    /// The next offset of `entries` to be read.
    pub(in crate::kafka) position: i64,
}

/// What is known of an address without reading it back.
#[derive(Debug, Clone)]
pub(in crate::kafka) enum KnownAddress {
    /// Nothing.
    Nothing,
    /// It is being tried.
    Retry(Box<Seen>),
    /// Settled; the record is there.
    At(Mark),
}

impl Partition {
    /// What is known of an address.
    pub(in crate::kafka) fn find_known(&self, id: ArticleId) -> KnownAddress {
        if let Some(retry) = self.retries.get(&id) {
            return KnownAddress::Retry(Box::new(retry.clone()));
        }
        self.marks
            .find_mark(id)
            .map_or(KnownAddress::Nothing, KnownAddress::At)
    }

    /// Enters a mark that is in the log at an offset.
    pub(in crate::kafka) fn enter_mark(&mut self, id: ArticleId, seen: Seen, offset: i64) {
        match &seen {
            Seen::Settled(settled) => {
                self.retries.remove(&id);
                self.marks.enter_mark(id, settled, offset);
            }
            Seen::Retry { due, .. } => {
                let due = *due;
                self.retries.insert(id, seen);
                if let Some(mailbox) = self.homes.get(&id).and_then(|site| self.mail.get_mut(site))
                {
                    mailbox.move_to_due(id, due);
                }
            }
        }
    }

    /// Enters an entry that is in the log at an offset; whether there is something new to look at.
    pub(in crate::kafka) fn enter_post(
        &mut self,
        id: ArticleId,
        site: &Site,
        waiting: Waiting,
        offset: i64,
    ) -> bool {
        if self
            .cleared
            .get(&id)
            .is_some_and(|(up_to, _)| *up_to >= offset)
        {
            return false;
        }
        let mailbox = self.mail.entry(site.clone()).or_default();
        if !mailbox.put_entry(id, waiting, offset, self.retries.get(&id)) {
            return false;
        }
        self.homes.insert(id, site.clone());
        true
    }

    /// Clears an entry that was posted up to an offset; a later post stays.
    pub(in crate::kafka) fn clear_entry(&mut self, id: ArticleId, up_to: i64) {
        let Some(site) = self.homes.get(&id) else {
            return;
        };
        let Some(mailbox) = self.mail.get_mut(site) else {
            return;
        };
        if !mailbox.clear_entry(id, up_to) {
            return;
        }
        if mailbox.is_empty() {
            self.mail.remove(site);
        }
        self.homes.remove(&id);
    }

    /// All before this offset was read: what was cleared before it needs no memory of that.
    pub(in crate::kafka) fn read_up_to(&mut self, position: i64) {
        self.position = position;
        if !self.cleared.is_empty() {
            self.cleared.retain(|_, (_, at)| *at >= position);
        }
    }

    /// Applies what was committed; numbers of the effects are places in `offsets`.
    pub(in crate::kafka) fn apply_effects(&mut self, effects: &Effects, offsets: &[i64]) {
        for (Cleared { id, version }, at) in &effects.cleared {
            self.clear_entry(*id, *version);
            if offsets[*at] >= self.position {
                self.cleared.insert(*id, (*version, offsets[*at]));
            }
        }
        for (id, seen, at) in &effects.seen {
            self.enter_mark(*id, seen.clone(), offsets[*at]);
        }
        if let Some((id, json)) = &effects.feed {
            self.feeds.insert(id.clone(), json.clone());
        }
        if let Some((id, at)) = &effects.listed {
            self.listed.insert(id.clone(), offsets[*at]);
        }
        if let Some((site, json)) = &effects.site {
            self.sites.insert(site.clone(), json.clone());
        }
    }

    /// Sites with entries.
    pub(in crate::kafka) fn sites_waiting(&self) -> Vec<Site> {
        self.mail.keys().cloned().collect()
    }

    /// How many entries wait, and since when.
    pub(in crate::kafka) fn count_waiting(&self) -> (usize, Option<Timestamp>) {
        let count = self.mail.values().map(Mailbox::len).sum();
        (
            count,
            self.mail.values().filter_map(Mailbox::oldest_posted).min(),
        )
    }

    /// Addresses marked, and the bytes that takes.
    pub(in crate::kafka) fn count_marks(&self) -> (usize, usize) {
        (self.marks.len(), self.marks.bytes_in_memory())
    }

    /// The restore is over: sorts the marks in.
    pub(in crate::kafka) fn settle_down(&mut self, now: Timestamp) {
        self.marks.merge_recent(now);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::ledger::{Claims, Excess, MAX_HELD_A_SITE, MAX_WAITING_A_SITE, Settled, Why};

    fn id(n: usize) -> ArticleId {
        ArticleId::of(&["test", &n.to_string()])
    }

    fn site() -> Site {
        Site::of_host("example.org")
    }

    fn count_waiting(posted: Timestamp, why: Why) -> Waiting {
        Waiting {
            v: 1,
            url: "https://example.org/a".to_owned(),
            why,
            posted,
            first_seen: posted,
            feed: None,
            also: Vec::new(),
            title: None,
            authors: Vec::new(),
            published: None,
            date_refused: false,
            text: None,
            visited: Vec::new(),
        }
    }

    fn settled(when: Timestamp) -> Seen {
        Seen::Settled(Settled {
            outcome: crate::ledger::SettledAs::Published,
            when,
            settled: when,
            revision: 1,
            ..Settled::default()
        })
    }

    #[test]
    fn an_entry_posted_after_it_was_handed_out_stays_and_what_was_handed_out_goes() {
        let now = Timestamp::now();
        let mut partition = Partition::default();
        partition.enter_post(id(1), &site(), count_waiting(now, Why::New), 10);
        let effects = Effects {
            cleared: vec![(
                Cleared {
                    id: id(1),
                    version: 10,
                },
                0,
            )],
            ..Effects::default()
        };
        partition.apply_effects(&effects, &[20]);
        // Read back in the order of the log: what was handed out, a post of before the clearing, the clearing.
        assert!(!partition.enter_post(id(1), &site(), count_waiting(now, Why::New), 10));
        assert!(partition.enter_post(id(1), &site(), count_waiting(now, Why::Changed), 15));
        partition.clear_entry(id(1), 10);
        assert_eq!(partition.count_waiting().0, 1);
    }

    #[test]
    fn two_entries_for_one_address_become_one_with_the_stronger_reason() {
        let now = Timestamp::now();
        let later = now + SignedDuration::from_secs(5);
        let mut partition = Partition::default();
        assert!(partition.enter_post(id(1), &site(), count_waiting(now, Why::Asked), 1));
        assert!(partition.enter_post(id(1), &site(), count_waiting(later, Why::StillListed), 2));
        assert!(!partition.enter_post(id(1), &site(), count_waiting(later, Why::StillListed), 2));
        let Next::Candidate(found) =
            partition.find_next(&site(), &Claims::default(), |_, _| true, later)
        else {
            unreachable!("one entry waits");
        };
        assert_eq!((found.head.why, found.head.posted), (Why::Asked, now));
    }

    #[test]
    fn what_is_settled_is_dropped_in_one_go_and_what_changed_is_read_again() {
        let now = Timestamp::now();
        let mut partition = Partition::default();
        for (n, offset) in (0..3).zip(1..) {
            partition.enter_mark(id(n), settled(now), 1);
            partition.enter_post(id(n), &site(), count_waiting(now, Why::StillListed), offset);
        }
        let claims = Claims::default();
        let Next::Drop(done) = partition.find_next(&site(), &claims, |_, _| true, now) else {
            unreachable!("three entries are settled");
        };
        assert_eq!(done.len(), 3);
        drop(done);
        partition.enter_post(id(1), &site(), count_waiting(now, Why::Changed), 9);
        let claims = Claims::default();
        let held = [claims.claim_id(id(0)), claims.claim_id(id(2))];
        assert!(matches!(
            partition.find_next(&site(), &claims, |_, _| true, now),
            Next::Candidate(_)
        ));
        drop(held);
    }

    #[test]
    fn at_most_a_thousand_entries_of_a_site_are_held_and_the_oldest_of_too_many_give_way() {
        let now = Timestamp::now();
        let mut partition = Partition::default();
        for (n, offset) in (0..=MAX_WAITING_A_SITE).zip(0..) {
            let posted = now - SignedDuration::from_secs(100_000 - offset);
            partition.enter_post(id(n), &site(), count_waiting(posted, Why::New), offset);
        }
        let mailbox = &partition.mail[&site()];
        let held = mailbox
            .by_turn()
            .filter(|(.., slot)| slot.words.is_some())
            .count();
        assert_eq!(held, MAX_HELD_A_SITE);
        let claims = Claims::default();
        let first = partition
            .find_excess(&site(), &claims, now)
            .expect("one is too many");
        assert_eq!(
            (first.claim.id(), first.excess),
            (id(0), Some(Excess::Backlog))
        );
        assert!(partition.find_excess(&site(), &claims, now).is_none());
        let Next::Candidate(second) = partition.find_next(&site(), &claims, |_, _| true, now)
        else {
            unreachable!("entries wait");
        };
        assert_eq!((second.claim.id(), second.excess), (id(1), None));
    }

    #[test]
    fn after_an_unclean_end_the_first_three_of_a_site_are_suspects() {
        let now = Timestamp::now();
        let mut partition = Partition::default();
        for (n, offset) in (0..6).zip(0..) {
            let posted = now - SignedDuration::from_secs(100 - offset);
            partition.enter_post(id(n), &site(), count_waiting(posted, Why::New), offset);
        }
        let retry = |kills, due| Seen::Retry {
            attempt: 1,
            kills,
            due,
            first_at: now,
            why: "killed_worker".to_owned(),
            before: None,
        };
        partition.enter_mark(id(5), retry(2, now), 9);
        partition.enter_mark(id(0), retry(0, now + SignedDuration::from_secs(60)), 10);
        let mut suspects: Vec<_> = partition
            .list_suspects(now)
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        suspects.sort();
        // The one that failed waits for its time: nobody held it. The one that was out alone at two ends is told by
        // its mark.
        let mut expected = vec![id(1), id(2), id(3)];
        expected.sort();
        assert_eq!(suspects, expected);
    }
}
