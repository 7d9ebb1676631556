//! The mailbox of a site, read: whose turn it is, with no scan of what need not be looked at.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{FileShared, writer::Dropped};
use crate::{
    ledger::{
        Claim, ClaimedEntry, Cleared, EntryTurn, Excess, LedgerError, Take, Tenure,
        entry_rules::{self, EntryVerdict},
        suspects::{ASK_AGAIN, SuspectGate},
    },
    site::Site,
};

mod rows;

/// Rows looked at in one query.
// Most looks end at the first row; more are read where rows are claimed.
const PAGE: usize = 64;
/// Entries dropped before the mailbox is asked again.
// They are cleared in one transaction, which other batches wait for.
const DROPS: usize = 256;

/// What was found in a mailbox: the answer, and what is to be cleared before it is given.
#[derive(Debug)]
pub(super) struct FoundTake {
    /// `None`: nothing yet, ask again once what was dropped is cleared.
    pub(super) take: Option<Take>,
    /// What is to be cleared; claimed until then.
    pub(super) dropped: Vec<(Dropped, Claim)>,
}

/// One look into the mailbox of a site.
#[derive(Debug)]
struct QueueLook<'a> {
    file: &'a Connection,
    shared: &'a FileShared,
    site: &'a Site,
    tenure: Tenure,
    now: Timestamp,
    dropped: Vec<(Dropped, Claim)>,
}

/// Finds whose turn it is at a site.
pub(super) fn take_entry(
    file: &Connection,
    shared: &FileShared,
    site: &Site,
    tenure: Tenure,
    now: Timestamp,
) -> Result<FoundTake, LedgerError> {
    let mut look = QueueLook {
        file,
        shared,
        site,
        tenure,
        now,
        dropped: Vec::new(),
    };
    let take = look.find_take()?;
    Ok(FoundTake {
        take,
        dropped: look.dropped,
    })
}

impl QueueLook<'_> {
    fn find_take(&mut self) -> Result<Option<Take>, LedgerError> {
        if let Some(turn) = self.find_excess()? {
            return Ok(Some(Take::Turn(Box::new(turn))));
        }
        loop {
            if self.dropped.len() >= DROPS {
                return Ok(None);
            }
            match self.shared.suspects.gate_for_site(
                self.site,
                self.tenure.partition,
                &self.shared.claims,
                self.now,
            ) {
                SuspectGate::Open => return self.next(),
                // The one that is out may be among those dropped here.
                SuspectGate::Wait if !self.dropped.is_empty() => return Ok(None),
                SuspectGate::Wait => return Ok(Some(Take::NotBefore(self.or_held(true, None)))),
                SuspectGate::Alone(claim) => {
                    if let Some(turn) = self.judge_turn(claim, None, true)? {
                        return Ok(Some(Take::Turn(Box::new(turn))));
                    }
                }
            }
        }
    }

    /// The oldest entry that is one too many or too old.
    fn find_excess(&mut self) -> Result<Option<EntryTurn>, LedgerError> {
        let waiting = rows::count_waiting(self.file, self.site)?;
        let (mut rank, mut after) = (0, (i64::MIN, i64::MIN));
        loop {
            let page = rows::read_page(self.file, self.site, "posted", after)?;
            for place in &page {
                let posted = instant_of_column(place.at);
                let younger = waiting.saturating_sub(rank + 1);
                let Some(excess) = entry_rules::find_excess(posted, younger, self.now) else {
                    return Ok(None);
                };
                rank += 1;
                after = (place.at, place.seq);
                let Some(claim) = self.shared.claims.claim_id(place.id) else {
                    continue;
                };
                if let Some(turn) = self.judge_turn(claim, Some(excess), false)? {
                    return Ok(Some(turn));
                }
            }
            if page.len() < PAGE || self.dropped.len() >= DROPS {
                return Ok(None);
            }
        }
    }

    /// The first entry whose turn has come and that nobody has.
    fn next(&mut self) -> Result<Option<Take>, LedgerError> {
        let (mut after, mut held) = ((i64::MIN, i64::MIN), false);
        loop {
            let page = rows::read_page(self.file, self.site, "turn", after)?;
            for place in &page {
                after = (place.at, place.seq);
                if instant_of_column(place.at) > self.now {
                    return Ok(Some(Take::NotBefore(
                        self.or_held(held, Some(instant_of_column(place.at))),
                    )));
                }
                let Some(claim) = self.shared.claims.claim_id(place.id) else {
                    held = true;
                    continue;
                };
                let dropped = self.dropped.len();
                if let Some(turn) = self.judge_turn(claim, None, false)? {
                    return Ok(Some(Take::Turn(Box::new(turn))));
                }
                held |= self.dropped.len() == dropped;
            }
            if self.dropped.len() >= DROPS {
                return Ok(None);
            }
            if page.len() < PAGE {
                let wait = held.then(|| Take::NotBefore(self.or_held(true, None)));
                return Ok(Some(wait.unwrap_or(Take::Empty)));
            }
        }
    }

    /// What is claimed may come back unsettled, and what has killed may be tried before long: it is asked
    /// for again.
    fn or_held(&self, held: bool, next: Option<Timestamp>) -> Timestamp {
        let again = self.now.saturating_add(ASK_AGAIN).unwrap_or(Timestamp::MAX);
        match next {
            Some(next) if !held => next,
            Some(next) => next.min(again),
            None => again,
        }
    }

    /// Judges an entry that is claimed by now.
    fn judge_turn(
        &mut self,
        claim: Claim,
        excess: Option<Excess>,
        alone: bool,
    ) -> Result<Option<EntryTurn>, LedgerError> {
        // Under the claim: what is read here is not being settled elsewhere.
        let (id, part) = (claim.id(), self.tenure.partition);
        let Some(known) = rows::read_known(self.file, id, part)? else {
            return Ok(None);
        };
        let verdict =
            entry_rules::judge_entry(&known.waiting, known.seen.as_ref(), excess, self.now);
        let version = known.version;
        let standing = match verdict {
            EntryVerdict::Drop(refreshed) => {
                let dropped = Dropped {
                    cleared: Cleared { id, version },
                    part,
                    refreshed,
                };
                self.dropped.push((dropped, claim));
                return Ok(None);
            }
            EntryVerdict::Later(_) => return Ok(None),
            EntryVerdict::Go(standing) => standing,
        };
        if excess.is_none() && !self.may_go_again(&claim, standing.kills) {
            return Ok(None);
        }
        let entry = ClaimedEntry {
            claim,
            tenure: self.tenure,
            waiting: known.waiting,
            version,
            excess,
        };
        Ok(Some(entry.into_turn(standing, alone)))
    }

    /// Whether an entry that may have ended the process so often is tried again now.
    fn may_go_again(&self, claim: &Claim, kills: u32) -> bool {
        let (suspects, claims) = (&self.shared.suspects, &self.shared.claims);
        kills == 0 || suspects.may_go_again(claim, kills, self.tenure.partition, claims, self.now)
    }
}

fn instant_of_column(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MIN)
}
