//! Whose turn it is at a site, and what may have ended the process that held it.

use jiff::Timestamp;

use super::{KnownAddress, Partition};
use crate::{
    id::ArticleId,
    kafka::hold::mailbox::{EntryHead, MailboxSlot},
    ledger::{
        Claim, Claims, Excess, SEEN_REFRESHED, SUSPECTS_A_SITE, Seen, Waiting, suspects::ASK_AGAIN,
    },
    site::Site,
};

/// Entries that need nothing but clearing, cleared with one transaction.
// A transaction costs about the same with one record or with hundreds.
const DROPPED_AT_ONCE: usize = 500;

/// An entry that was claimed, with what must be read before its turn.
#[derive(Debug)]
pub(in crate::kafka) struct EntryCandidate {
    pub(in crate::kafka) claim: Claim,
    pub(in crate::kafka) head: EntryHead,
    pub(in crate::kafka) words: Option<Box<Waiting>>,
    pub(in crate::kafka) offset: i64,
    pub(in crate::kafka) known: KnownAddress,
    pub(in crate::kafka) excess: Option<Excess>,
}

/// What a site may do next.
#[derive(Debug)]
pub(in crate::kafka) enum Next {
    /// Nothing waits.
    Empty,
    /// Nothing before then.
    Later(Timestamp),
    /// These are settled: clear them.
    Drop(Vec<(Claim, i64)>),
    /// This one.
    Candidate(Box<EntryCandidate>),
}

impl Next {
    /// Not before a time, or as early as it is already.
    fn or_later(self, time: Timestamp) -> Self {
        match self {
            Self::Later(held) => Self::Later(held.min(time)),
            _ => Self::Later(time),
        }
    }

    /// These are cleared first, where there are any.
    fn or_drop(self, done: Vec<(Claim, i64)>) -> Self {
        if done.is_empty() {
            self
        } else {
            Self::Drop(done)
        }
    }
}

impl Partition {
    /// The oldest entry of a site that is one too many or too old.
    pub(in crate::kafka) fn find_excess(
        &self,
        site: &Site,
        claims: &Claims,
        now: Timestamp,
    ) -> Option<EntryCandidate> {
        let mailbox = self.mail.get(site)?;
        let mut in_excess = mailbox
            .in_excess(now)
            .filter(|(id, slot, _)| !self.is_done(*id, slot, now));
        in_excess.find_map(|(id, slot, excess)| {
            claims
                .claim_id(id)
                .map(|claim| self.to_candidate(claim, slot, Some(excess)))
        })
    }

    /// The next entry of a site.
    pub(in crate::kafka) fn find_next(
        &self,
        site: &Site,
        claims: &Claims,
        may_go_again: impl Fn(&Claim, u32) -> bool,
        now: Timestamp,
    ) -> Next {
        let Some(mailbox) = self.mail.get(site) else {
            return Next::Empty;
        };
        let again = now.saturating_add(ASK_AGAIN).unwrap_or(Timestamp::MAX);
        let mut done = Vec::new();
        let mut otherwise = Next::Empty;
        for (turn, id, slot) in mailbox.by_turn() {
            let drop = self.is_done(id, slot, now);
            if !drop && !done.is_empty() || done.len() >= DROPPED_AT_ONCE {
                break;
            }
            if !drop && turn > now {
                otherwise = otherwise.or_later(turn);
                break;
            }
            // What is claimed may come back unsettled.
            let Some(claim) = claims.claim_id(id) else {
                otherwise = Next::Later(again);
                continue;
            };
            if drop {
                done.push((claim, slot.offset));
                continue;
            }
            let kills = self.count_kills(id);
            if kills == 0 || may_go_again(&claim, kills) {
                return Next::Candidate(Box::new(self.to_candidate(claim, slot, None)));
            }
            otherwise = Next::Later(again);
        }
        otherwise.or_drop(done)
    }

    /// Whether an entry needs nothing but clearing: settled, not to be read again, and its mark is fresh.
    fn is_done(&self, id: ArticleId, slot: &MailboxSlot, now: Timestamp) -> bool {
        if slot.head.why.reads_again() || self.retries.contains_key(&id) {
            return false;
        }
        let fresh = u32::try_from(SEEN_REFRESHED.as_hours()).unwrap_or(u32::MAX);
        self.marks
            .find_mark(id)
            // An hour less, since ages are known by the hour.
            .is_some_and(|mark| mark.age_in_hours(now) + 1 < fresh)
    }

    /// The entry of a claim that was given elsewhere.
    pub(in crate::kafka) fn find_candidate(&self, claim: Claim) -> Option<EntryCandidate> {
        let mailbox = self
            .homes
            .get(&claim.id())
            .and_then(|site| self.mail.get(site))?;
        let slot = mailbox.find_slot(claim.id())?;
        Some(self.to_candidate(claim, slot, None))
    }

    fn to_candidate(
        &self,
        claim: Claim,
        slot: &MailboxSlot,
        excess: Option<Excess>,
    ) -> EntryCandidate {
        EntryCandidate {
            known: self.find_known(claim.id()),
            claim,
            head: slot.head.clone(),
            words: slot.words.clone(),
            offset: slot.offset,
            excess,
        }
    }

    /// Entries that may have been in the hands of a process that ended; those that were out alone at an earlier end
    /// are known by their marks.
    pub(in crate::kafka) fn list_suspects(&self, now: Timestamp) -> Vec<(Site, ArticleId)> {
        let mut suspects = Vec::new();
        for (site, mailbox) in &self.mail {
            let first = mailbox
                .by_turn()
                .take_while(|(turn, ..)| *turn <= now)
                .filter(|(_, id, slot)| self.count_kills(*id) == 0 && !self.is_done(*id, slot, now))
                .take(SUSPECTS_A_SITE);
            suspects.extend(first.map(|(_, id, _)| (site.clone(), id)));
        }
        suspects
    }

    /// At how many ends an entry was out alone.
    fn count_kills(&self, id: ArticleId) -> u32 {
        match self.retries.get(&id) {
            Some(Seen::Retry { kills, .. }) => *kills,
            _ => 0,
        }
    }
}
