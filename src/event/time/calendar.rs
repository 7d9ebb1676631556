//! Days of the calendar: `Oct. 13`, `13 October 2023`, `in 2023`, `2023-10-13`.

use jiff::{ToSpan, civil::Date};

use super::{Calendar, When, month::month_at};
use crate::event::words::Words;

/// Texts look back no farther, and name years as numbers from here on.
const FIRST_YEAR: i16 = 1900;
const LAST_YEAR: i16 = 2100;
/// A day that its own time zone calls tomorrow is still told as past.
const SLACK_DAYS: i32 = 1;
/// `13`, `13th`.
pub(super) fn day_number(words: &Words<'_>, at: usize) -> Option<i8> {
    words.text.get(at)?;
    let word = words.lower(at);
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word);
    let day = digits.parse::<i8>().ok()?;
    (digits.len() <= 2 && (1..=31).contains(&day)).then_some(day)
}

/// A year, after a comma or not: where it is and which.
pub(super) fn year_at(words: &Words<'_>, at: usize) -> Option<(usize, i16)> {
    let at = if words.is(at, &[","]) { at + 1 } else { at };
    let word = words.text.get(at)?;
    let year = word.parse::<i16>().ok()?;
    (word.len() == 4 && (FIRST_YEAR..LAST_YEAR).contains(&year)).then_some((at + 1, year))
}

/// A day with its month: `June 12`, `12 June`, `the 12th of June, 2023`, `12-14 June`.
pub(super) fn read_day(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let details = calendar.details;
    let (month, first, last, end) = if let Some(month) = month_at(words, details, at) {
        let first = day_number(words, at + 1)?;
        let (last, end) = range(words, at + 2).unwrap_or((first, at + 2));
        (month, first, last, end)
    } else {
        let first = day_number(words, at)?;
        let (last, end) = range(words, at + 1).unwrap_or((first, at + 1));
        let end = if words.is(end, &["of"]) { end + 1 } else { end };
        let Some(month) = month_at(words, details, end) else {
            return read_bare_day(words, at, calendar);
        };
        (month, first, last, end + 1)
    };
    let (end, year) = match year_at(words, end) {
        Some((end, year)) => (end, year),
        None => (
            end,
            year_of(calendar, |year| Date::new(year, month, first).ok())?,
        ),
    };
    let start = Date::new(year, month, first).ok()?;
    let stop = Date::new(year, month, last)
        .ok()
        .filter(|stop| *stop >= start);
    Some(When {
        start,
        end: stop.unwrap_or(start),
        precision: "day",
        words: (at, end),
    })
}

/// `on the 19th`: of this month or the one before, or the one to come.
fn read_bare_day(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let ordinal = words
        .lower(at)
        .ends_with(|letter: char| letter.is_alphabetic());
    let led = at > 1 && words.is(at - 1, &["the"]) && words.is(at - 2, &["on"]);
    let ends = words
        .text
        .get(at + 1)
        .is_none_or(|next| !next.chars().all(char::is_alphabetic));
    let (day, number) = calendar
        .day
        .zip(day_number(words, at).filter(|_| ordinal && led && ends))?;
    let months = if calendar.ahead { 0..=2 } else { -2..=0 };
    let dates = months.filter_map(|shift: i32| {
        let month = day.first_of_month().checked_add(shift.months()).ok()?;
        Date::new(month.year(), month.month(), number).ok()
    });
    let date = if calendar.ahead {
        dates.filter(|date| *date >= day).min()
    } else {
        dates.filter(|date| *date <= day).max()
    }?;
    Some(When {
        start: date,
        end: date,
        precision: "day",
        words: (at - 1, at + 1),
    })
}

/// `-14`, `to 14`, `and 14` after a day.
fn range(words: &Words<'_>, at: usize) -> Option<(i8, usize)> {
    let joined = words.is(at, &["-", "–", "to", "and"]);
    let last = day_number(words, at + 1).filter(|_| joined)?;
    Some((last, at + 2))
}

/// The year in which a day without one lies: the last before publication, or the next after it for what is to come.
pub(super) fn year_of(calendar: Calendar<'_>, date: impl Fn(i16) -> Option<Date>) -> Option<i16> {
    let day = calendar.day?;
    let latest = day.checked_add(SLACK_DAYS.days()).ok()?;
    let fits = |year: &i16| {
        date(*year).is_some_and(|date| {
            if calendar.ahead {
                date >= day.first_of_month()
            } else {
                date <= latest
            }
        })
    };
    // A 29 February may lie up to eight years away.
    let years = 0..8;
    if calendar.ahead {
        years.map(|i| day.year() + i).find(fits)
    } else {
        years.map(|i| day.year() + 1 - i).find(fits)
    }
}

/// `in 2023`; a number that nothing marks as a year is none.
pub(super) fn read_year(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let led = at > 0 && words.is(at - 1, &["in", "during", "since"]);
    let (end, year) = year_at(words, at).filter(|(end, _)| led && *end == at + 1)?;
    let first = Date::new(year, 1, 1).ok()?;
    let last = first.last_of_year();
    let past = calendar.day.filter(|day| !calendar.ahead && *day >= first);
    Some(When {
        start: first,
        end: past.map_or(last, |day| last.min(day)),
        precision: "year",
        words: (at, end),
    })
}

/// `2023-10-13`, which the tokens cut at its hyphens or leave whole.
pub(super) fn read_digits(words: &Words<'_>, at: usize) -> Option<When> {
    let word = words.text.get(at).filter(|word| word.contains('-'));
    let whole = word
        .and_then(|word| word.parse::<Date>().ok())
        .map(|date| (date, at + 1));
    let cut = || {
        let part = |i: usize| words.text.get(at + i)?.parse::<i16>().ok();
        let hyphens = words.is(at + 1, &["-"]) && words.is(at + 3, &["-"]);
        let (year, month, day) = (part(0)?, part(2)?, part(4)?);
        let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?);
        date.ok()
            .filter(|_| hyphens && year >= FIRST_YEAR)
            .map(|date| (date, at + 5))
    };
    let (date, end) = whole.or_else(cut)?;
    Some(When {
        start: date,
        end: date,
        precision: "day",
        words: (at, end),
    })
}
