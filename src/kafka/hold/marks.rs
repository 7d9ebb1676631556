//! Marks in memory: 16 bytes an address and where its record is, so that a million cost no more than the log of them.

use std::{collections::HashMap, mem};

use jiff::Timestamp;

use crate::{
    id::ArticleId,
    ledger::{SEEN_KEPT, Settled},
};

/// Bits of an offset.
// 8.8 × 10^12 records a partition.
const OFFSET_BITS: u32 = 43;
/// Bits of an instant in hours since 1970: until 2089.
const HOUR_BITS: u32 = 20;
/// New marks are kept in a table beside the sorted ones until they are so many, or a sixteenth of them.
// A merge passes over all marks: growing by a sixteenth between two keeps the cost of each mark the same.
const MERGE_AT_LEAST: usize = 1_024;

/// Where the mark of a settled address is, and about when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kafka) struct Mark {
    /// Offset of its record in `seen`.
    pub(in crate::kafka) offset: i64,
    /// The hour of `Settled::when`.
    hour: u32,
}

impl Mark {
    fn of_settled(settled: &Settled, offset: i64) -> Self {
        Self {
            offset,
            hour: hour_of(settled.when),
        }
    }

    /// Hours since the mark was written, an hour more or less.
    pub(in crate::kafka) fn age_in_hours(self, now: Timestamp) -> u32 {
        hour_of(now).saturating_sub(self.hour)
    }

    fn pack(self) -> u64 {
        let offset = u64::try_from(self.offset).unwrap_or(0) & ((1 << OFFSET_BITS) - 1);
        (u64::from(self.hour) << OFFSET_BITS) | offset
    }

    fn unpack(packed: u64) -> Self {
        Self {
            offset: (packed & ((1 << OFFSET_BITS) - 1)).cast_signed(),
            hour: (packed >> OFFSET_BITS) as u32,
        }
    }
}

fn hour_of(instant: Timestamp) -> u32 {
    let hours = u32::try_from(instant.as_second() / 3_600).unwrap_or(0);
    hours.min((1 << HOUR_BITS) - 1)
}

/// The marks of one partition.
#[derive(Debug, Default)]
pub(in crate::kafka) struct MarkTable {
    /// Fingerprint and packed mark, by fingerprint.
    sorted: Vec<(u64, u64)>,
    recent: HashMap<u64, u64>,
}

impl MarkTable {
    /// Enters the mark of an address over the one it had.
    pub(in crate::kafka) fn enter_mark(&mut self, id: ArticleId, settled: &Settled, offset: i64) {
        self.recent
            .insert(id.fingerprint(), Mark::of_settled(settled, offset).pack());
        if self.recent.len() > MERGE_AT_LEAST.max(self.sorted.len() / 16) {
            self.merge_recent(Timestamp::now());
        }
    }

    /// The mark of an address; two addresses with one fingerprint are distinguished when the record is read.
    pub(in crate::kafka) fn find_mark(&self, id: ArticleId) -> Option<Mark> {
        let fingerprint = id.fingerprint();
        if let Some(packed) = self.recent.get(&fingerprint) {
            return Some(Mark::unpack(*packed));
        }
        let at = self
            .sorted
            .binary_search_by_key(&fingerprint, |(print, _)| *print)
            .ok()?;
        Some(Mark::unpack(self.sorted[at].1))
    }

    /// How many there are.
    pub(in crate::kafka) fn len(&self) -> usize {
        self.sorted.len() + self.recent.len()
    }

    /// Bytes in memory.
    pub(in crate::kafka) fn bytes_in_memory(&self) -> usize {
        // A hash table of std holds seven entries in eight places at most, and a byte of control for each place.
        self.sorted.capacity() * 16 + self.recent.capacity() * 8 / 7 * 17
    }

    /// Sorts the recent marks in and forgets those that no longer count.
    pub(in crate::kafka) fn merge_recent(&mut self, now: Timestamp) {
        let oldest = hour_of(now)
            // An hour more, since marks know theirs by the hour.
            .saturating_sub(u32::try_from(SEEN_KEPT.as_hours()).unwrap_or(u32::MAX) + 1);
        let recent = mem::take(&mut self.recent);
        self.sorted.retain(|(print, packed)| {
            Mark::unpack(*packed).hour >= oldest && !recent.contains_key(print)
        });
        self.sorted.reserve_exact(recent.len());
        self.sorted.extend(recent);
        // Merges the sorted run and the short new one in place.
        self.sorted.sort_unstable_by_key(|(print, _)| *print);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn settled(when: Timestamp) -> Settled {
        Settled {
            outcome: crate::ledger::SettledAs::Published,
            when,
            settled: when,
            revision: 1,
            ..Settled::default()
        }
    }

    fn id(n: u32) -> ArticleId {
        ArticleId::of(&["test", &n.to_string()])
    }

    #[test]
    fn a_mark_is_found_again_wherever_it_is_kept_and_costs_at_most_24_bytes() {
        let now = Timestamp::now();
        let mut marks = MarkTable::default();
        for n in 0..100_000 {
            marks.enter_mark(id(n), &settled(now), i64::from(n));
        }
        for n in (0..100_000).step_by(997) {
            assert_eq!(
                marks.find_mark(id(n)).map(|mark| mark.offset),
                Some(i64::from(n))
            );
        }
        assert_eq!(marks.find_mark(id(100_001)), None);
        assert!(
            marks.bytes_in_memory() <= 24 * 100_000,
            "{} bytes",
            marks.bytes_in_memory()
        );
    }

    #[test]
    fn a_later_mark_takes_the_place_of_the_earlier_one() {
        let now = Timestamp::now();
        let mut marks = MarkTable::default();
        marks.enter_mark(id(1), &settled(now), 5);
        marks.merge_recent(now);
        marks.enter_mark(id(1), &settled(now), 9);
        assert_eq!(marks.find_mark(id(1)).map(|mark| mark.offset), Some(9));
        marks.merge_recent(now);
        assert_eq!(marks.find_mark(id(1)).map(|mark| mark.offset), Some(9));
        assert_eq!(marks.len(), 1);
    }

    #[test]
    fn what_no_feed_lists_for_ninety_days_is_forgotten() {
        let now = Timestamp::now();
        let mut marks = MarkTable::default();
        marks.enter_mark(
            id(1),
            &settled(now - SignedDuration::from_hours(91 * 24)),
            1,
        );
        marks.enter_mark(
            id(2),
            &settled(now - SignedDuration::from_hours(89 * 24)),
            2,
        );
        marks.merge_recent(now);
        marks.merge_recent(now);
        assert_eq!((marks.find_mark(id(1)), marks.len()), (None, 1));
        assert!(
            marks
                .find_mark(id(2))
                .is_some_and(|mark| mark.age_in_hours(now) >= 88 * 24)
        );
    }
}
