//! Numbers in words and digits: `1,400`, `at least two dozen`, `10 to 15`, `hundreds of`.

use crate::event::{
    details::{Clue, Details},
    words::Words,
};

/// Larger counts of people are sums of money or faults of reading.
const MOST: u64 = 10_000_000;
/// Bare numbers from here on, and up to the end, are years.
const YEARS: std::ops::Range<u64> = 1900..2100;

/// A number of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) min: u64,
    /// None where it is open.
    pub(crate) max: Option<u64>,
    /// First word, `at least` and the like included, and one past the last.
    pub(crate) words: (usize, usize),
    /// The word that the tree knows it by.
    pub(crate) at: usize,
}

/// The number that starts at a word.
pub(crate) fn read_number(words: &Words<'_>, details: &Details, at: usize) -> Option<Number> {
    let (low, vague, mut end) = read_value(words, details, at)?;
    if is_no_count(words, details, at, end, low) {
        return None;
    }
    let joined = words.is(end, &["to", "-", "–", "or"])
        || (words.is(end, &["and"]) && at > 0 && words.is(at - 1, &["between"]));
    let high = read_value(words, details, end + 1).filter(|_| joined);
    let mut number = Number {
        min: low,
        max: (!vague).then_some(low),
        words: (at, end),
        at: end - 1,
    };
    if let Some((high, false, last)) = high.filter(|(high, ..)| *high > low) {
        end = last;
        number.max = Some(high);
        number.words.1 = end;
        number.at = end - 1;
    }
    bound(words, details, &mut number);
    if words.is(end, &["or"]) && words.is(end + 1, &["more"]) {
        number.max = None;
    }
    Some(number)
}

/// Value, whether it is a vague one, and one past its last word.
fn read_value(words: &Words<'_>, details: &Details, at: usize) -> Option<(u64, bool, usize)> {
    let clue = |at: usize, clue| {
        let value = details.value_at(words, at, clue)?;
        u64::try_from(value).ok()
    };
    let scale = |at: usize| clue(at, Clue::Scale);
    if clue(at, Clue::Article).is_some() {
        let value = scale(at + 1)?;
        return Some((value, false, at + 2));
    }
    let vague = clue(at, Clue::Vague);
    let digits = || words.text.get(at)?.replace(',', "").parse::<u64>().ok();
    let mut value = vague.or_else(|| clue(at, Clue::Number)).or_else(digits)?;
    let mut end = at + 1;
    // `twenty-five`
    if words.is(end, &["-"])
        && let Some(one) = clue(end + 1, Clue::Number).filter(|one| *one < 10 && value >= 20)
    {
        (value, end) = (value + one, end + 2);
    }
    if let Some(times) = scale(end) {
        (value, end) = (value.saturating_mul(times), end + 1);
    }
    // `hundreds of thousands`
    if vague.is_some()
        && words.is(end, &["of"])
        && let Some(more) = clue(end + 1, Clue::Vague)
    {
        (value, end) = (value / 2 * more / 2, end + 2);
    }
    (value <= MOST).then_some((value, vague.is_some(), end))
}

/// A sum of money, a share, a year, an age, the day of a month, the number of something.
fn is_no_count(words: &Words<'_>, details: &Details, at: usize, end: usize, value: u64) -> bool {
    let is = |i: usize, clue| details.value_at(words, i, clue).is_some();
    let digits = words.text[at].starts_with(|c: char| c.is_ascii_digit());
    let dated = is(end, Clue::Month) && words.is_capital(end)
        || (at > 0 && is(at - 1, Clue::Month) && words.is_capital(at - 1));
    let aged = words.is(end, &["-"]) && is(end + 1, Clue::Unit)
        || (digits && at > 0 && words.is(at - 1, &[","]) && words.is(end, &[","]) && value < 120);
    let year = digits && YEARS.contains(&value) && !words.text[at].contains(',');
    let part = at > 0
        && words.is(
            at - 1,
            &["-", ".", "/", "no.", "number", "#", ":", "aged", "age"],
        )
        || words.is(end, &["/", ":", "%"]);
    is(end, Clue::Thing) || (at > 0 && is(at - 1, Clue::Money)) || dated || aged || year || part
}

/// `at least`, `more than`, `up to` before a number.
fn bound(words: &Words<'_>, details: &Details, number: &mut Number) {
    let at = number.words.0;
    let Some(before) = at.checked_sub(1) else {
        return;
    };
    let pair = before > 0
        && (words.is(before, &["than"])
            || (words.is(before, &["least", "most"]) && words.is(before - 1, &["at"]))
            || (words.is(before, &["to"]) && words.is(before - 1, &["up"]))
            || (words.is(before, &["as"]) && words.is(before - 1, &["many"])));
    let key = if words.is(before, &["than", "as"]) && pair {
        before - 1
    } else {
        before
    };
    let alone = words.is(before, &["over", "above", "minimum"]);
    let Some(side) = details
        .value(words.lower(key), Clue::Bound)
        .filter(|_| pair || alone)
    else {
        return;
    };
    number.words.0 = if pair { before - 1 } else { before };
    if side > 0 {
        number.max = None;
    } else {
        number.max = number.max.or(Some(number.min));
        number.min = 0;
    }
}
