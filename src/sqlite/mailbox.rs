//! The mailbox of a site, read: whose turn it is, with no scan of what need not be looked at.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    FileShared,
    apply::{read_mark, read_waiting},
    fault::{ledger_error, unreadable_error},
    writer::Dropped,
};
use crate::{
    id::ArticleId,
    ledger::{
        Claim, Cleared, EntryTurn, Excess, LedgerError, Seen, Take, Tenure, Waiting,
        entry_rules::{self, EntryVerdict},
        suspects::{ASK_AGAIN, SuspectGate},
    },
    site::Site,
};

/// Rows looked at in one query.
const PAGE: usize = 64;
/// Entries dropped before the mailbox is asked again.
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

/// A row of the mailbox by one of its two orders: by `posted` or by `turn`.
#[derive(Debug, Clone, Copy)]
struct QueuePlace {
    at: i64,
    seq: i64,
    id: ArticleId,
}

/// An entry with all that is known of it.
#[derive(Debug)]
struct KnownEntry {
    version: i64,
    waiting: Waiting,
    seen: Option<Seen>,
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
        let waiting = self.count_waiting()?;
        let (mut rank, mut after) = (0, (i64::MIN, i64::MIN));
        loop {
            let page = self.read_page("posted", after)?;
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
            let page = self.read_page("turn", after)?;
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

    /// Judges an entry that is claimed by now, so that what is read here is not being settled elsewhere.
    fn judge_turn(
        &mut self,
        claim: Claim,
        excess: Option<Excess>,
        alone: bool,
    ) -> Result<Option<EntryTurn>, LedgerError> {
        let (id, part) = (claim.id(), self.tenure.partition);
        let Some(known) = read_known(self.file, id, part)? else {
            return Ok(None);
        };
        let standing = match entry_rules::judge_entry(&known.waiting, known.seen.as_ref(), self.now)
        {
            EntryVerdict::Drop(refreshed) => {
                let version = known.version;
                let cleared = Cleared { id, version };
                let dropped = Dropped {
                    cleared,
                    part,
                    refreshed,
                };
                self.dropped.push((dropped, claim));
                return Ok(None);
            }
            EntryVerdict::Later(_) if excess.is_none() => return Ok(None),
            EntryVerdict::Later(_) => entry_rules::tries_so_far(known.seen.as_ref()),
            EntryVerdict::Go(standing) => standing,
        };
        let (suspects, kills) = (&self.shared.suspects, standing.kills);
        let has_killed = kills > 0 && excess.is_none();
        let claims = &self.shared.claims;
        if has_killed && !suspects.may_go_again(&claim, kills, part, claims, self.now) {
            return Ok(None);
        }
        Ok(Some(EntryTurn {
            id,
            claim,
            tenure: self.tenure,
            waiting: known.waiting,
            version: known.version,
            attempt: standing.attempt,
            first_at: standing.first_at,
            before: standing.before,
            alone: (alone || has_killed).then_some(kills),
            excess,
        }))
    }

    fn count_waiting(&self) -> Result<usize, LedgerError> {
        self.file
            .prepare_cached("SELECT waiting FROM _mailboxes WHERE site = ?1")
            .and_then(|mut count| {
                count
                    .query_row([self.site.as_str()], |row| row.get::<_, i64>(0))
                    .optional()
            })
            .map(|count| usize::try_from(count.unwrap_or(0)).unwrap_or(0))
            .map_err(|error| ledger_error("count a mailbox", error))
    }

    /// The next entries of the site in one of its two orders; each has its index.
    fn read_page(&self, order: &str, after: (i64, i64)) -> Result<Vec<QueuePlace>, LedgerError> {
        let query = format!(
            "SELECT {order}, seq, id FROM _entries WHERE site = ?1 AND ({order}, seq) > (?2, ?3)
             ORDER BY {order}, seq LIMIT {PAGE}"
        );
        let rows: Vec<(i64, i64, String)> = self
            .file
            .prepare_cached(&query)
            .and_then(|mut page| {
                let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                page.query_map(params![self.site.as_str(), after.0, after.1], row)?
                    .collect()
            })
            .map_err(|error| ledger_error("read a mailbox", error))?;
        let place = |(at, seq, id): (i64, i64, String)| {
            let id =
                ArticleId::parse(&id).map_err(|error| unreadable_error("a mailbox", &error))?;
            Ok(QueuePlace { at, seq, id })
        };
        rows.into_iter().map(place).collect()
    }
}

fn instant_of_column(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MIN)
}

/// An entry and its mark as of one instant.
fn read_known(
    file: &Connection,
    id: ArticleId,
    part: u32,
) -> Result<Option<KnownEntry>, LedgerError> {
    let row: Option<(i64, String, Option<String>)> = file
        .prepare_cached(
            "SELECT e.version, e.json, s.json FROM _entries AS e
             LEFT JOIN _seen AS s ON s.id = e.id AND s.part = e.part
             WHERE e.id = ?1 AND e.part = ?2",
        )
        .and_then(|mut entry| {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            entry
                .query_row(params![id.to_string(), part], row)
                .optional()
        })
        .map_err(|error| ledger_error("read an entry", error))?;
    let Some((version, waiting, seen)) = row else {
        return Ok(None);
    };
    let seen = seen
        .map(|seen| read_mark(&seen, &id.to_string()))
        .transpose()?;
    Ok(Some(KnownEntry {
        version,
        waiting: read_waiting(&waiting)?,
        seen,
    }))
}
