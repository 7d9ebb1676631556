//! A word that opens an expression of time, and what the expression means.

use jiff::ToSpan;

use super::{Calendar, When, calendar, count, month, weekday};
use crate::event::{details::Clue, words::Words};

/// What the words from `at` on say of a day; none where they tell no time.
pub(super) fn read_phrase(words: &Words<'_>, at: usize, from: Calendar<'_>) -> Option<When> {
    calendar::read_digits(words, at)
        .or_else(|| count::read_ago(words, at, from))
        .or_else(|| weekday::read_weekday(words, at, from))
        .or_else(|| calendar::read_day(words, at, from))
        .or_else(|| month::read_month(words, at, from))
        .or_else(|| count::read_turn(words, at, from))
        .or_else(|| calendar::read_year(words, at, from))
        .or_else(|| read_day_word(words, at, from))
}

/// One past the last word of the expression at `at`.
pub(super) fn find_end(words: &Words<'_>, at: usize, from: Calendar<'_>) -> Option<usize> {
    read_phrase(words, at, from).map(|when| when.words.1)
}

/// `yesterday`, `today`, `tomorrow morning`.
fn read_day_word(words: &Words<'_>, at: usize, from: Calendar<'_>) -> Option<When> {
    let shift = from.details.value(words.lower(at), Clue::Day)?;
    let date = from.day?.checked_add(shift.days()).ok()?;
    let daypart = from.details.value_at(words, at + 1, Clue::Daypart);
    Some(When {
        start: date,
        end: date,
        precision: "day",
        words: (at, at + 1 + usize::from(daypart.is_some())),
    })
}
