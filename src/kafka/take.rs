//! Handing out entries: what is read back before a turn, what is dropped on the way.

use jiff::Timestamp;

use super::{
    KafkaLedger,
    format::{
        names::{StateKey, Topic},
        records::{EntryRecord, SeenRecord},
    },
    hold::{
        partition::{EntryCandidate, KnownAddress, Next},
        shared::Hold,
    },
    read::point_read::{self, Want},
};
use crate::{
    feed::state::Listed,
    id::{ArticleId, FeedId},
    ledger::{
        Batch, Claim, ClaimedEntry, Cleared, Ledger as _, LedgerError, Seen, Take, Tenure, Waiting,
        entry_rules::{self, EntryVerdict},
        suspects::{ASK_AGAIN, SuspectGate},
    },
    site::Site,
};

/// What one look at a mailbox leads to.
enum MailboxLook {
    Answer(Take),
    Drop(Vec<(Claim, i64)>),
    Found(Box<EntryCandidate>, bool),
    Again,
}

impl MailboxLook {
    fn of_next(next: Next) -> Self {
        match next {
            Next::Empty => Self::Answer(Take::Empty),
            Next::Later(due) => Self::Answer(Take::NotBefore(due)),
            Next::Drop(claims) => Self::Drop(claims),
            Next::Candidate(candidate) => Self::Found(candidate, false),
        }
    }
}

impl KafkaLedger {
    /// The next entry of a site; settled ones are cleared on the way.
    pub(super) async fn take_next(&self, site: &Site, now: Timestamp) -> Result<Take, LedgerError> {
        self.shared.refuse_unless_sound()?;
        loop {
            let (tenure, look) = self.look_for_entry(site, now)?;
            match look {
                MailboxLook::Answer(take) => return Ok(take),
                MailboxLook::Again => {}
                MailboxLook::Drop(claims) => {
                    let cleared = claims.iter().map(|(claim, version)| Cleared {
                        id: claim.id(),
                        version: *version,
                    });
                    self.clear_entries(tenure, cleared.collect(), Vec::new())
                        .await?;
                }
                MailboxLook::Found(candidate, alone) => {
                    if let Some(take) = self.prepare_turn(tenure, *candidate, alone, now).await? {
                        return Ok(take);
                    }
                }
            }
        }
    }

    fn look_for_entry(
        &self,
        site: &Site,
        now: Timestamp,
    ) -> Result<(Tenure, MailboxLook), LedgerError> {
        let partition = self.shared.home_partition(site);
        let slot = self.shared.lock_slot(partition);
        let Hold::Owned(held) = &slot.hold else {
            return Err(LedgerError::Stale { partition });
        };
        let tenure = Tenure {
            partition,
            epoch: slot.epoch,
        };
        let claims = &self.shared.claims;
        if let Some(candidate) = held.find_excess(site, claims, now) {
            return Ok((tenure, MailboxLook::Found(Box::new(candidate), false)));
        }
        let suspects = &self.shared.suspects;
        let look = match suspects.gate_for_site(site, partition, claims, now) {
            SuspectGate::Wait => MailboxLook::Answer(Take::NotBefore(now + ASK_AGAIN)),
            SuspectGate::Alone(claim) => match held.find_candidate(claim) {
                Some(candidate) => MailboxLook::Found(Box::new(candidate), true),
                None => MailboxLook::Again,
            },
            SuspectGate::Open => {
                let may_go_again = |claim: &Claim, kills| {
                    suspects.may_go_again(claim, kills, partition, claims, now)
                };
                MailboxLook::of_next(held.find_next(site, claims, may_go_again, now))
            }
        };
        Ok((tenure, look))
    }

    /// Reads back what a turn needs; `None` when the entry turned out to be done with.
    async fn prepare_turn(
        &self,
        tenure: Tenure,
        candidate: EntryCandidate,
        alone: bool,
        now: Timestamp,
    ) -> Result<Option<Take>, LedgerError> {
        let id = candidate.claim.id();
        let version = candidate.offset;
        let cleared = vec![Cleared { id, version }];
        let Some(waiting) = self.read_words(tenure.partition, &candidate).await? else {
            // Its record has gone from the log, or another one took its place: nothing waits there.
            self.clear_entries(tenure, cleared, Vec::new()).await?;
            return Ok(None);
        };
        let seen = self
            .read_mark(tenure.partition, id, candidate.known)
            .await?;
        let excess = candidate.excess;
        let standing = match entry_rules::judge_entry(&waiting, seen.as_ref(), excess, now) {
            EntryVerdict::Drop(mark) => {
                let marks = mark.into_iter().map(|mark| (id, *mark)).collect();
                self.clear_entries(tenure, cleared, marks).await?;
                return Ok(None);
            }
            // Tried since it was suspected: its mailbox says when it is due.
            EntryVerdict::Later(_) => return Ok(None),
            EntryVerdict::Go(standing) => standing,
        };
        let entry = ClaimedEntry {
            claim: candidate.claim,
            tenure,
            waiting,
            version,
            excess,
        };
        Ok(Some(Take::Turn(Box::new(entry.into_turn(standing, alone)))))
    }

    async fn clear_entries(
        &self,
        tenure: Tenure,
        cleared: Vec<Cleared>,
        seen: Vec<(ArticleId, Seen)>,
    ) -> Result<(), LedgerError> {
        let batch = Batch {
            seen,
            cleared,
            ..Batch::begin(tenure)
        };
        self.commit(batch).await.map(drop)
    }

    /// An entry's words, read back where they are not held.
    async fn read_words(
        &self,
        partition: u32,
        candidate: &EntryCandidate,
    ) -> Result<Option<Waiting>, LedgerError> {
        if let Some(words) = &candidate.words {
            return Ok(Some((**words).clone()));
        }
        let key = candidate.claim.id().to_string();
        let found: Option<EntryRecord> = self
            .read_at(Topic::Entries, partition, candidate.offset, key)
            .await?;
        Ok(found.map(|record| candidate.head.clone().merge_onto(record.waiting)))
    }

    async fn read_mark(
        &self,
        partition: u32,
        id: ArticleId,
        known: KnownAddress,
    ) -> Result<Option<Seen>, LedgerError> {
        match known {
            KnownAddress::Nothing => Ok(None),
            KnownAddress::Retry(seen) => Ok(Some(*seen)),
            KnownAddress::At(mark) => {
                let found: Option<SeenRecord> = self
                    .read_at(Topic::Seen, partition, mark.offset, id.to_string())
                    .await?;
                Ok(found.map(|record| record.seen))
            }
        }
    }

    /// What is known of an address of an owned site.
    pub(super) async fn read_seen(
        &self,
        site: &Site,
        id: ArticleId,
    ) -> Result<Option<Seen>, LedgerError> {
        self.shared.refuse_unless_sound()?;
        let partition = self.shared.home_partition(site);
        let known = match &self.shared.lock_slot(partition).hold {
            Hold::Owned(held) => held.find_known(id),
            _ => return Err(LedgerError::Stale { partition }),
        };
        let seen = self.read_mark(partition, id, known).await?;
        Ok(seen.filter(|seen| !entry_rules::is_forgotten(seen, Timestamp::now())))
    }

    /// What a feed of an owned site listed last.
    pub(super) async fn read_listed(
        &self,
        site: &Site,
        id: &FeedId,
    ) -> Result<Option<Listed>, LedgerError> {
        self.shared.refuse_unless_sound()?;
        let partition = self.shared.home_partition(site);
        let offset = match &self.shared.lock_slot(partition).hold {
            Hold::Owned(held) => held.listed.get(id).copied(),
            _ => return Err(LedgerError::Stale { partition }),
        };
        match offset {
            None => Ok(None),
            Some(offset) => {
                let key = StateKey::Listed(id.clone()).to_text();
                self.read_at(Topic::Feeds, partition, offset, key).await
            }
        }
    }

    async fn read_at<T: serde::de::DeserializeOwned>(
        &self,
        topic: Topic,
        partition: u32,
        offset: i64,
        key: String,
    ) -> Result<Option<T>, LedgerError> {
        let want = Want::At {
            topic,
            partition,
            offset,
            key: key.clone(),
        };
        let Some(value) = point_read::ask_reader(&self.orders, want).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&value)
            .map(Some)
            .map_err(|error| self.stand_still(partition, &format!("record `{key}`: {error}")))
    }
}
