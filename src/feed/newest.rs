//! Of more items than may be kept, the newest: also where a feed lists the oldest first.

use std::cmp::Reverse;

use super::Entry;

/// Items of a feed that is being read, at most twice as many as are kept in the end.
#[derive(Debug)]
pub(super) struct Newest {
    entries: Vec<Entry>,
    max_entries: usize,
    left_out: u64,
}

impl Newest {
    pub(super) fn of_at_most(max_entries: usize) -> Self {
        Self {
            entries: Vec::new(),
            max_entries,
            left_out: 0,
        }
    }

    /// Takes in the next item of the document.
    pub(super) fn take_entry(&mut self, entry: Entry) {
        self.entries.push(entry);
        // Sorting each time that as many again have come keeps it linear in all but a logarithm.
        if self.entries.len() >= self.max_entries.saturating_mul(2).max(1) {
            self.leave_oldest();
        }
    }

    /// The items that are kept, in document order, and how many were left out.
    pub(super) fn into_entries(mut self) -> (Vec<Entry>, u64) {
        self.leave_oldest();
        (self.entries, self.left_out)
    }

    /// Leaves out the oldest. Items without a time are the oldest; among equals those that the document lists last.
    fn leave_oldest(&mut self) {
        let Some(excess) = self.entries.len().checked_sub(self.max_entries) else {
            return;
        };
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|&at| Reverse(self.entries[at].published.or(self.entries[at].updated)));
        let mut keeps = vec![false; self.entries.len()];
        for at in order.into_iter().take(self.max_entries) {
            keeps[at] = true;
        }
        let mut keeps = keeps.into_iter();
        self.entries.retain(|_| keeps.next().unwrap_or_default());
        self.left_out += excess as u64;
    }
}
