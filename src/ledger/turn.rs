//! The next entry of a site, as it is handed out.

use jiff::Timestamp;

use super::{Claim, Cleared, Settled, Tenure, Waiting, entry_rules::Standing};
use crate::id::ArticleId;

/// The next entry of a site, or when to ask again.
#[derive(Debug)]
pub enum Take {
    /// An entry, claimed for the holder until the claim is dropped.
    Turn(Box<EntryTurn>),
    /// Nothing yet: the next retry is due then, or another entry of the partition is being tried alone, or all that
    /// is due is claimed.
    NotBefore(Timestamp),
    /// Nothing waits.
    Empty,
}

/// An entry whose turn it is.
#[derive(Debug)]
pub struct EntryTurn {
    /// The entry's id.
    pub id: ArticleId,
    /// Keeps the id to the holder, from hand-out to commit.
    pub claim: Claim,
    /// The owner's proof.
    pub tenure: Tenure,
    /// The entry.
    pub waiting: Waiting,
    /// Which post of it this is; a later one is greater.
    pub version: i64,
    /// Tries so far.
    pub attempt: u32,
    /// The first try; `None` before it.
    pub first_at: Option<Timestamp>,
    /// How it was settled before, when it is read again.
    pub before: Option<Settled>,
    /// The last owner of the partition ended uncleanly while this entry may have been in its hands: commit
    /// `Seen::Retry` with `kills + 1` before the fetch; `Some(MAX_KILLS)` is to be set aside as `killed_worker`. A
    /// clean stop in between gives the try back: `Seen::Retry` with `kills`.
    pub alone: Option<u32>,
    /// Not to be fetched but set aside: one too many, or too old.
    pub excess: Option<Excess>,
}

/// An entry that was claimed, before it is judged.
#[derive(Debug)]
pub(crate) struct ClaimedEntry {
    pub(crate) claim: Claim,
    pub(crate) tenure: Tenure,
    pub(crate) waiting: Waiting,
    pub(crate) version: i64,
    pub(crate) excess: Option<Excess>,
}

impl ClaimedEntry {
    /// The entry as one whose turn it is. One that may have ended the process goes alone, unless it is not to be fetched.
    pub(crate) fn into_turn(self, standing: Standing, suspected: bool) -> EntryTurn {
        let has_killed = standing.kills > 0 && self.excess.is_none();
        EntryTurn {
            id: self.claim.id(),
            claim: self.claim,
            tenure: self.tenure,
            waiting: self.waiting,
            version: self.version,
            attempt: standing.attempt,
            first_at: standing.first_at,
            before: standing.before,
            alone: (suspected || has_killed).then_some(standing.kills),
            excess: self.excess,
        }
    }
}

impl EntryTurn {
    /// The entry as one that is done with.
    pub fn to_cleared(&self) -> Cleared {
        Cleared {
            id: self.id,
            version: self.version,
        }
    }
}

/// Why an entry is not fetched any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// More than [`super::MAX_WAITING_A_SITE`] wait.
    Backlog,
    /// It waited longer than [`super::MAX_WAITING_AGE`].
    Expired,
}
