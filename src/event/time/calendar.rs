//! Days of the calendar: `Oct. 13`, `13 October 2023`, `in late May`, `2023-10-13`, `on Tuesday`.

use jiff::{ToSpan, civil::Date};

use super::{Calendar, When};
use crate::event::{
    details::{Clue, Details},
    words::Words,
};

/// Texts look back no farther, and name years as numbers from here on.
const FIRST_YEAR: i16 = 1900;
const LAST_YEAR: i16 = 2100;
/// A day that its own time zone calls tomorrow is still told as past.
const SLACK_DAYS: i32 = 1;
/// Before these a capital `May` or `March` is the month.
const BEFORE_MONTH: [&str; 17] = [
    "in", "of", "since", "until", "by", "early", "late", "mid", "-", "last", "this", "next",
    "from", "to", "and", "before", "during",
];

/// The month that a word names; `may` and `march` only where a number or a preposition stands beside them.
pub(super) fn month_at(words: &Words<'_>, details: &Details, at: usize) -> Option<i8> {
    words.text.get(at)?;
    let month = details.value(words.lower(at), Clue::Month)?;
    let verb = words.is(at, &["may", "march"]);
    let beside = |i: usize| i < words.len() && day_number(words, i).is_some();
    let sure = !verb
        || beside(at + 1)
        || (at > 0 && beside(at - 1))
        || year_at(words, at + 1).is_some()
        || (at > 0 && words.is(at - 1, &BEFORE_MONTH));
    (words.is_capital(at) && sure).then_some(month as i8)
}

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

/// A month: `in March`, `late May`, `mid-September 2023`, `last June`.
pub(super) fn read_month(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let details = calendar.details;
    let value = |at: usize, clue| {
        words.text.get(at)?;
        details.value(words.lower(at), clue)
    };
    let mut next = at;
    let whole = part_with_month(words, details, at);
    let part = whole
        .map(|(part, _)| part)
        .or_else(|| value(next, Clue::Part));
    if part.is_some() && whole.is_none() {
        next += 1;
        next += usize::from(words.is(next, &["-", "of"]));
    }
    let turn = value(next, Clue::Turn);
    next += usize::from(turn.is_some());
    let month = match whole {
        Some((_, month)) => month,
        None => month_at(words, details, next)?,
    };
    let alone = part.is_none() && turn.is_none();
    let led = at > 0 && words.is(at - 1, &["in", "since", "during", "of", "until", "by"]);
    let (end, year) = match year_at(words, next + 1) {
        Some((end, year)) => (end, year),
        None if alone && !led => return None,
        None => {
            let ahead = calendar.ahead || turn.is_some_and(|turn| turn > 0);
            let from = Calendar { ahead, ..calendar };
            (
                next + 1,
                year_of(from, |year| Date::new(year, month, 1).ok())?,
            )
        }
    };
    let (first, last) = days_of_part(Date::new(year, month, 1).ok()?, part)?;
    let past = !calendar.ahead && turn.is_none_or(|turn| turn <= 0);
    let last = calendar
        .day
        .filter(|day| past && *day >= first)
        .map_or(last, |day| last.min(day));
    Some(When {
        start: first,
        end: last,
        precision: "month",
        words: (at, end),
    })
}

/// `mid-September` where the tokens leave it whole: the part and the month.
fn part_with_month(words: &Words<'_>, details: &Details, at: usize) -> Option<(i32, i8)> {
    let (_, written) = words.text.get(at)?.split_once('-')?;
    let (part, month) = words.lower(at).split_once('-')?;
    let month = details.value(month, Clue::Month)?;
    let capital = written.starts_with(char::is_uppercase);
    let part = details.value(part, Clue::Part).filter(|_| capital)?;
    Some((part, month as i8))
}

/// The thirds of a month that `early`, `mid` and `late` name.
fn days_of_part(first: Date, part: Option<i32>) -> Option<(Date, Date)> {
    let last = first.last_of_month();
    let day = |number: i8| Date::new(first.year(), first.month(), number).ok();
    Some(match part {
        Some(1) => (first, day(10)?),
        Some(2) => (day(11)?, day(20)?),
        Some(_) => (day(21)?, last),
        None => (first, last),
    })
}

/// The year in which a day without one lies: the last before publication, or the next after it for what is to come.
fn year_of(calendar: Calendar<'_>, date: impl Fn(i16) -> Option<Date>) -> Option<i16> {
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

/// The last such day, that of publication included, or the next for what is to come; with the part of the day.
pub(super) fn read_weekday(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let details = calendar.details;
    let turn = words
        .text
        .get(at)
        .and_then(|_| details.value(words.lower(at), Clue::Turn));
    let name = at + usize::from(turn.is_some());
    words.text.get(name)?;
    let wanted = details.value(words.lower(name), Clue::Weekday)?;
    if !words.is_capital(name) {
        return None;
    }
    let mut end = name + 1;
    // `Tuesday, June 12`, `Friday (May 25)`: the calendar says which.
    let gap = end + usize::from(words.is(end, &[",", "("]));
    if let Some(when) = read_day(words, gap, calendar) {
        return Some(When {
            words: (at, when.words.1),
            ..when
        });
    }
    end += usize::from(
        words
            .text
            .get(end)
            .is_some_and(|_| details.value(words.lower(end), Clue::Daypart).is_some()),
    );
    let date = day_of_week(calendar, turn, wanted)?;
    Some(When {
        start: date,
        end: date,
        precision: "day",
        words: (at, end),
    })
}

fn day_of_week(calendar: Calendar<'_>, turn: Option<i32>, wanted: i32) -> Option<Date> {
    let day = calendar.day?;
    let today = i32::from(day.weekday().to_monday_zero_offset());
    let back = (today - wanted).rem_euclid(7);
    let shift = match turn {
        Some(-1) if back == 0 => -7,
        Some(1) => (wanted - today).rem_euclid(7),
        _ if calendar.ahead => (wanted - today).rem_euclid(7),
        _ => -back,
    };
    day.checked_add(shift.days()).ok()
}
