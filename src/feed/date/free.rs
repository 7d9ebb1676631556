//! Dates in any order of words, in any language that the names of months are known of.

use jiff::{Timestamp, civil::Time};

use super::{century, clock::clock, date_of, names::month, zone::Zone};

/// What a text says of a date, part by part.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    time: Option<Time>,
    zone: Zone,
    /// Numbers that are no time, with how many digits each has.
    numbers: Vec<(usize, i32)>,
}

/// Any order of words: `Thu, 01 Jan 2004 19:48:21 GMT`, `1 janvier 2004 à 19h48`, `January 8, 2004 7:48 PM EST`.
pub(super) fn free(text: &str) -> Option<Timestamp> {
    let mut parts = Parts::default();
    parts.zone.offset = local_offset(text);
    // A first word with a comma is a weekday; some look like months (`mar.` is Tuesday, too).
    let text = match text.split_once(',') {
        Some((first, rest))
            if !first.contains(char::is_whitespace)
                && first.chars().all(|c| !c.is_ascii_digit()) =>
        {
            rest
        }
        _ => text,
    };
    let parted = text
        .replace(['\u{b144}', '\u{c6d4}', '\u{c77c}'], "-")
        .replace("- ", "-")
        .replace(['(', ')', '[', ']', ';'], " ")
        .replace(", ", " ");
    for word in parted
        .split([' ', '\t', '\n', ',', '\u{a0}', '\u{202f}'])
        .filter(|word| !word.is_empty())
    {
        take_word(&mut parts, word);
    }
    let (year, month, day) = arranged(&mut parts, text)?;
    let time = parts.time.unwrap_or(Time::midnight());
    parts.zone.instant(date_of(year, month, day)?, time)
}

/// Korean feeds write the local time and never its zone.
fn local_offset(text: &str) -> Option<i32> {
    text.chars()
        .any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
        .then_some(9 * 60)
}

fn take_word(parts: &mut Parts, word: &str) {
    let lower = word.to_lowercase();
    let bare = lower.trim_matches(['.', ':', '-', '\'']);
    if let Some(month) = month(bare) {
        parts.month = parts.month.or(Some(month));
    } else if parts.zone.take(word).is_some() {
    } else if word.contains(':')
        || lower.contains('h') && word.starts_with(|c: char| c.is_ascii_digit())
    {
        take_clock(parts, word);
    } else if bare.contains(['-', '/', '.']) && bare.starts_with(|c: char| c.is_ascii_digit()) {
        for piece in bare.split(['-', '/', '.']) {
            take_word(parts, piece);
        }
    } else {
        let digits = bare.trim_end_matches(|c: char| !c.is_ascii_digit());
        if let (1..=4, Ok(number)) = (digits.len(), digits.parse()) {
            parts.numbers.push((digits.len(), number));
        } else if let Some(at) = bare.find(|c: char| c.is_ascii_digit()).filter(|at| *at > 0) {
            parts.month = parts.month.or_else(|| month(&bare[..at]));
        }
    }
}

fn take_clock(parts: &mut Parts, word: &str) {
    let hours = word.find([':', 'h', 'H', '.']).unwrap_or(word.len());
    if let Some((time, rest)) = clock(word).filter(|_| hours <= 2) {
        parts.time = parts.time.or(Some(time));
        // An unreadable rest says nothing.
        let _ = parts.zone.take(rest);
    } else if let Some((date, clock)) = word.split_once(['T', 't']) {
        take_word(parts, date);
        take_clock(parts, clock);
    }
}

/// Year, month and day from what was found: a named month settles the order, else the day comes first unless it
/// cannot (`03/25/2004`) or the text has the slashes of the United States with a 12-hour clock.
fn arranged(parts: &mut Parts, text: &str) -> Option<(i16, i8, i8)> {
    let long = parts.numbers.iter().position(|(digits, _)| *digits == 4);
    if let Some(at) = long {
        parts.year = Some(parts.numbers.remove(at).1 as i16);
    }
    let mut rest: Vec<i32> = parts.numbers.iter().map(|(_, number)| *number).collect();
    if let Some(month) = parts.month {
        let day = *rest.first()?;
        let year = parts
            .year
            .or_else(|| rest.get(1).map(|year| century(*year)))?;
        let (year, day) = if day > 31 {
            (century(day), *rest.get(1)?)
        } else {
            (year, day)
        };
        return Some((year, month, day as i8));
    }
    if rest.len() < 2 {
        return None;
    }
    let american = text.contains('/') && parts.zone.afternoon.is_some();
    let (first, second) = (rest.remove(0), rest.remove(0));
    let month_first = long == Some(0) || second > 12 || american && first <= 12;
    let (day, month) = if month_first {
        (second, first)
    } else {
        (first, second)
    };
    let year = parts
        .year
        .or_else(|| rest.first().map(|year| century(*year)))?;
    Some((year, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}
