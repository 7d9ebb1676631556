//! When: the words of a sentence that name a day, a week or a month, counted from publication.

use jiff::{ToSpan, civil::Date};

use super::words::{DAYS, Words};

/// Days, and the words that tell them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) precision: &'static str,
    /// First word and one past the last.
    pub(crate) words: (usize, usize),
}

/// The expression nearest to the act at `near`; none without one, or without a day of publication.
pub(crate) fn read(words: &Words<'_>, near: usize, published: Option<Date>) -> Option<When> {
    let day = published?;
    let found = (0..words.len()).filter_map(|at| phrase(words, at, day));
    found.min_by_key(|when| when.words.0.abs_diff(near))
}

fn phrase(words: &Words<'_>, at: usize, day: Date) -> Option<When> {
    let one = |date: Date, length: usize| When { start: date, end: date, precision: "day", words: (at, at + length) };
    let back = |days: i32| day.checked_sub(days.days()).ok();
    match words.lower(at) {
        "yesterday" => Some(one(back(1)?, 1)),
        "today" | "tonight" => Some(one(day, 1)),
        "earlier" | "last" | "this" if words.is(at + 1, &["this", "week", "month", "year"]) => spell(words, at, day),
        "in" if words.is(at + 1, &["january", "february", "april", "june", "july", "august", "september", "october", "november", "december"]) => {
            month(words, at + 1, day).map(|when| When { words: (at, at + 2), ..when })
        }
        _ => weekday(words, at, day).or_else(|| calendar(words, at, day)),
    }
}

/// `last week`, `earlier this month`.
fn spell(words: &Words<'_>, at: usize, day: Date) -> Option<When> {
    let this = words.is(at, &["this"]) || words.is(at + 1, &["this"]);
    let unit = if words.is(at, &["earlier"]) { at + 2 } else { at + 1 };
    let monday = day.checked_sub(i32::from(day.weekday().to_monday_zero_offset()).days()).ok()?;
    let (start, end, precision) = match (words.lower(unit.min(words.len() - 1)), this) {
        ("week", true) => (monday, day, "week"),
        ("week", false) => (monday.checked_sub(7.days()).ok()?, monday.checked_sub(1.day()).ok()?, "week"),
        ("month", true) => (day.first_of_month(), day, "month"),
        ("month", false) => {
            let end = day.first_of_month().checked_sub(1.day()).ok()?;
            (end.first_of_month(), end, "month")
        }
        ("year", true) => (day.first_of_year(), day, "year"),
        ("year", false) => {
            let end = day.first_of_year().checked_sub(1.day()).ok()?;
            (end.first_of_year(), end, "year")
        }
        _ => return None,
    };
    Some(When { start, end, precision, words: (at, unit + 1) })
}

/// The most recent such day, that of publication included.
fn weekday(words: &Words<'_>, at: usize, day: Date) -> Option<When> {
    let wanted = i32::try_from(DAYS[..7].iter().position(|name| words.is(at, &[name]))?).ok()?;
    let today = i32::from(day.weekday().to_monday_zero_offset());
    let mut back = (today - wanted).rem_euclid(7);
    let last = at > 0 && words.is(at - 1, &["last"]);
    if last && back == 0 {
        back = 7;
    }
    let date = day.checked_sub(back.days()).ok()?;
    let start = if at > 0 && words.is(at - 1, &["on", "last", "this"]) { at - 1 } else { at };
    Some(When { start: date, end: date, precision: "day", words: (start, at + 1) })
}

fn month_number(words: &Words<'_>, at: usize) -> Option<i8> {
    let place = DAYS[7..].iter().position(|name| words.is(at, &[name]))?;
    i8::try_from(place + 1).ok()
}

fn year_after(words: &Words<'_>, at: usize) -> Option<i16> {
    let at = if words.is(at, &[","]) { at + 1 } else { at };
    let year = words.text.get(at)?.parse::<i16>().ok()?;
    (1900..2100).contains(&year).then_some(year)
}

/// `12 June`, `June 12`, with or without a year; else the nearest one not long after publication.
fn calendar(words: &Words<'_>, at: usize, day: Date) -> Option<When> {
    let number = |i: usize| words.lower(i).trim_end_matches(|c: char| c.is_alphabetic()).parse::<i8>().ok();
    let (month_at, date, end) = if month_number(words, at).is_some() && at + 1 < words.len() {
        (at, number(at + 1)?, at + 2)
    } else if at + 1 < words.len() && month_number(words, at + 1).is_some() {
        (at + 1, number(at)?, at + 2)
    } else {
        return None;
    };
    let month = month_number(words, month_at)?;
    let given = year_after(words, end);
    let years = given.map_or(vec![day.year() - 1, day.year(), day.year() + 1], |year| vec![year]);
    let dates = years.into_iter().filter_map(|year| Date::new(year, month, date).ok());
    let date = dates.min_by_key(|date| day.until(*date).map_or(i32::MAX, |span| span.get_days().abs()))?;
    let start = if at > 0 && words.is(at - 1, &["on"]) { at - 1 } else { at };
    Some(When { start: date, end: date, precision: "day", words: (start, end + usize::from(given.is_some())) })
}

fn month(words: &Words<'_>, at: usize, day: Date) -> Option<When> {
    let number = month_number(words, at)?;
    let year = year_after(words, at + 1).unwrap_or(if number > day.month() { day.year() - 1 } else { day.year() });
    let start = Date::new(year, number, 1).ok()?;
    Some(When { start, end: start.last_of_month(), precision: "month", words: (at, at + 1) })
}
