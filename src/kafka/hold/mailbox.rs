//! The entries of one site in memory, in the order of their turns.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::{
    id::{ArticleId, FeedId},
    ledger::{Excess, MAX_HELD_A_SITE, Seen, Waiting, Why, entry_rules},
};

/// Feeds' own texts held in memory for one site; those of further entries are read back.
const HELD_BYTES_A_SITE: usize = 1024 * 1024;

/// What of an entry is always held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) struct EntryHead {
    pub(in crate::kafka) posted: Timestamp,
    first_seen: Timestamp,
    pub(in crate::kafka) why: Why,
    feed: Option<FeedId>,
    also: Vec<FeedId>,
}

impl EntryHead {
    fn of_entry(waiting: &Waiting) -> Self {
        Self {
            posted: waiting.posted,
            first_seen: waiting.first_seen,
            why: waiting.why,
            feed: waiting.feed.clone(),
            also: waiting.also.clone(),
        }
    }

    /// The entry as it is when several for one address were merged.
    pub(in crate::kafka) fn merge_onto(self, waiting: Waiting) -> Waiting {
        Waiting {
            posted: self.posted,
            first_seen: self.first_seen,
            why: self.why,
            feed: self.feed,
            also: self.also,
            ..waiting
        }
    }
}

/// An entry, or where it is in the log.
#[derive(Debug, Clone)]
pub(in crate::kafka) struct MailboxSlot {
    pub(in crate::kafka) offset: i64,
    pub(in crate::kafka) head: EntryHead,
    pub(in crate::kafka) words: Option<Box<Waiting>>,
    turn: Timestamp,
    /// The offset it first stood at: of entries with one turn the one posted first goes first.
    first: i64,
    bytes: usize,
}

/// The entries of one site.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Mailbox {
    by_turn: BTreeSet<(Timestamp, i64, ArticleId)>,
    by_posted: BTreeSet<(Timestamp, i64, ArticleId)>,
    slots: HashMap<ArticleId, MailboxSlot>,
    held: usize,
    held_bytes: usize,
}

impl Mailbox {
    pub(in crate::kafka) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(in crate::kafka) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(in crate::kafka) fn find_slot(&self, id: ArticleId) -> Option<&MailboxSlot> {
        self.slots.get(&id)
    }

    /// The instant the oldest entry was posted.
    pub(in crate::kafka) fn oldest_posted(&self) -> Option<Timestamp> {
        self.by_posted.first().map(|(posted, ..)| *posted)
    }

    /// Puts in what is in the log at an offset; whether that is news.
    pub(in crate::kafka) fn put_entry(
        &mut self,
        id: ArticleId,
        waiting: Waiting,
        offset: i64,
        retry: Option<&Seen>,
    ) -> bool {
        let before = self
            .slots
            .get(&id)
            .map(|slot| (slot.offset, slot.head.clone()));
        let waiting = match before {
            Some((at, _)) if at == offset => return false,
            Some((_, ref head)) => {
                entry_rules::merge_entries(&head.clone().merge_onto(waiting.clone()), waiting)
            }
            None => waiting,
        };
        if let Some((at, _)) = before
            && at > offset
        {
            self.put_head(id, EntryHead::of_entry(&waiting));
            return false;
        }
        let turn = entry_rules::turn_time(&waiting, retry);
        let first = self.take_out(id).map_or(offset, |slot| slot.first);
        let bytes = waiting.text.as_ref().map_or(0, String::len);
        let head = EntryHead::of_entry(&waiting);
        let fits = self.held < MAX_HELD_A_SITE && self.held_bytes + bytes <= HELD_BYTES_A_SITE;
        let slot = MailboxSlot {
            offset,
            head,
            words: fits.then(|| Box::new(waiting)),
            turn,
            first,
            bytes,
        };
        self.put_in(id, slot);
        true
    }

    fn put_head(&mut self, id: ArticleId, head: EntryHead) {
        if let Some(mut slot) = self.take_out(id) {
            if slot.turn == slot.head.posted {
                slot.turn = head.posted;
            }
            slot.head = head;
            self.put_in(id, slot);
        }
    }

    /// Moves an entry to its due time.
    pub(in crate::kafka) fn move_to_due(&mut self, id: ArticleId, due: Timestamp) {
        if let Some(mut slot) = self.take_out(id) {
            slot.turn = due;
            self.put_in(id, slot);
        }
    }

    /// Takes an entry out unless it was posted after the offset; whether it did.
    pub(in crate::kafka) fn clear_entry(&mut self, id: ArticleId, up_to: i64) -> bool {
        let there = self.slots.get(&id).is_some_and(|slot| slot.offset <= up_to);
        there && self.take_out(id).is_some()
    }

    fn put_in(&mut self, id: ArticleId, slot: MailboxSlot) {
        self.by_turn.insert((slot.turn, slot.first, id));
        self.by_posted.insert((slot.head.posted, slot.first, id));
        if slot.words.is_some() {
            self.held += 1;
            self.held_bytes += slot.bytes;
        }
        self.slots.insert(id, slot);
    }

    fn take_out(&mut self, id: ArticleId) -> Option<MailboxSlot> {
        let slot = self.slots.remove(&id)?;
        self.by_turn.remove(&(slot.turn, slot.first, id));
        self.by_posted.remove(&(slot.head.posted, slot.first, id));
        if slot.words.is_some() {
            self.held -= 1;
            self.held_bytes -= slot.bytes;
        }
        Some(slot)
    }

    /// Entries in the order of their turns.
    pub(in crate::kafka) fn by_turn(
        &self,
    ) -> impl Iterator<Item = (Timestamp, ArticleId, &MailboxSlot)> {
        self.by_turn
            .iter()
            .filter_map(|(turn, _, id)| Some((*turn, *id, self.slots.get(id)?)))
    }

    /// Entries that are not fetched any more, the oldest first.
    pub(in crate::kafka) fn in_excess(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (ArticleId, &MailboxSlot, Excess)> {
        let all = self.by_posted.iter().enumerate();
        all.map_while(move |(i, (posted, _, id))| {
            let excess = entry_rules::find_excess(*posted, self.len() - 1 - i, now)?;
            Some((*id, self.slots.get(id)?, excess))
        })
    }
}
