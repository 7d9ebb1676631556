//! How many were killed, hurt, held: a number beside the word that says so.

use super::words::Words;
use crate::record::Count;

/// How many words lie between the number and the word.
const NEAR: usize = 5;
const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
/// Numbers before these count no people.
const NO_HEADS: [&str; 16] = [
    "percent", "%", "dollars", "million", "years", "year", "days", "day", "hours", "months", "weeks", "minutes", "km",
    "miles", "kilometres", "times",
];

/// A count before it has offsets: the words it is read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub(crate) count: u64,
    pub(crate) least: bool,
    pub(crate) most: bool,
    pub(crate) at: usize,
}

impl Heads {
    /// The record, with the span of its words.
    pub(crate) fn record(self, text: &str, start: usize, end: usize) -> Count {
        Count {
            min: if self.most { 0 } else { self.count },
            max: (!self.least).then_some(self.count),
            text: text.to_owned(),
            start,
            end,
        }
    }
}

/// The count beside one of the words.
pub(crate) fn read(words: &Words<'_>, of: &[&str]) -> Option<Heads> {
    let key = (0..words.len()).find(|&i| words.is(i, of))?;
    let after = (key + 1..(key + 1 + NEAR).min(words.len())).take_while(|&i| !words.is_hard(i) && !words.is(i, &[","]));
    let before = (key.saturating_sub(NEAR + 2)..key).rev().take_while(|&i| !words.is_break(i));
    after.chain(before).find_map(|at| heads(words, at))
}

fn heads(words: &Words<'_>, at: usize) -> Option<Heads> {
    let word = words.lower(at).replace(',', "");
    let count = match NUMBERS.iter().position(|name| *name == word) {
        Some(number) => number as u64,
        None => word.parse().ok()?,
    };
    if words.is(at + 1, &NO_HEADS) || (count > 1900 && count < 2100 && at > 0 && words.is(at - 1, &["in", "of"])) {
        return None;
    }
    let two = |first: &str, second: &str| at > 1 && words.is(at - 2, &[first]) && words.is(at - 1, &[second]);
    let least = two("at", "least") || two("more", "than") || (at > 0 && words.is(at - 1, &["over"]));
    Some(Heads { count, least, most: two("up", "to"), at })
}
