//! Where the group of a verb starts: its auxiliaries, adverbs and the verbs that carry it.

use super::words::{DAYS, Words};

/// Words that only help a verb.
const AUXILIARIES: [&str; 21] = [
    "has",
    "have",
    "had",
    "will",
    "would",
    "may",
    "might",
    "could",
    "should",
    "must",
    "can",
    "do",
    "does",
    "did",
    "to",
    "'ll",
    "wo",
    "'ve",
    "'d",
    "ca",
    "reportedly",
];
/// Verbs that carry another one, and times that stand between.
const CARRYING: [&str; 13] = [
    "continue",
    "continues",
    "continued",
    "began",
    "planned",
    "plans",
    "intends",
    "decided",
    "going",
    "expected",
    "last",
    "week",
    "month",
];

impl Words<'_> {
    /// The first word of the verb group that ends at `at`.
    pub(crate) fn group_start(&self, at: usize) -> usize {
        let mut start = at;
        while start > 0 && self.in_group(start - 1) {
            start -= 1;
        }
        start
    }

    /// Whether a word before a verb belongs to its group; a day in between does.
    fn in_group(&self, at: usize) -> bool {
        self.is_adverb(at)
            || self.is_be(at)
            || self.is(at, &DAYS)
            || self.is(at, &AUXILIARIES)
            || self.is(at, &CARRYING)
            || (self.is(at, &["on"]) && self.is(at + 1, &DAYS))
    }
}
