//! Counted times: `two days ago`, `last week`, `in the past three months`, `this morning`.

use jiff::{ToSpan, civil::Date};

use super::{Calendar, When};
use crate::event::{
    details::{Clue, Details},
    words::Words,
};

/// A year for which `ago` and the like are still days, and beyond which nothing is counted.
const MOST: i32 = 400;
const DAY: i32 = 1;
const WEEK: i32 = 7;
const MONTH: i32 = 30;

/// A number of one word: `3`, `two`, `a`.
pub(super) fn number(words: &Words<'_>, details: &Details, at: usize) -> Option<i32> {
    let word = words.text.get(at).map(|_| words.lower(at))?;
    let clue = |clue| details.value(word, clue);
    clue(Clue::Number)
        .or_else(|| clue(Clue::Article))
        .or_else(|| clue(Clue::Vague))
        .or_else(|| word.parse().ok())
        .filter(|count| (1..MOST).contains(count))
}

/// `two days ago`, `a couple of weeks earlier`.
pub(super) fn read_ago(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let details = calendar.details;
    let mut count = number(words, details, at)?;
    let mut next = at + 1;
    if let Some(more) = number(words, details, next).filter(|_| words.is(at, &["a"])) {
        (count, next) = (more, next + 1);
    }
    if words.is(next, &["of"]) {
        next += 1;
    }
    let unit = details.value_at(words, next, Clue::Unit)?;
    if !words.is(next + 1, &["ago", "earlier"]) {
        return None;
    }
    let (start, end, precision) = back(calendar.day?, count, unit)?;
    Some(When {
        start,
        end,
        precision,
        words: (at, next + 2),
    })
}

/// The stretch so many units before a day.
fn back(day: Date, count: i32, unit: i32) -> Option<(Date, Date, &'static str)> {
    match unit {
        0 => Some((day, day, "day")),
        DAY => {
            let then = day.checked_sub(count.days()).ok()?;
            Some((then, then, "day"))
        }
        WEEK => {
            let then = day.checked_sub(count.weeks()).ok()?;
            week_of(then)
        }
        MONTH => {
            let then = day.checked_sub(count.months()).ok()?;
            Some((then.first_of_month(), then.last_of_month(), "month"))
        }
        _ => {
            let then = day.checked_sub(count.years()).ok()?;
            Some((then.first_of_year(), then.last_of_year(), "year"))
        }
    }
}

fn week_of(day: Date) -> Option<(Date, Date, &'static str)> {
    let monday = day.checked_sub(i32::from(day.weekday().to_monday_zero_offset()).days());
    let monday = monday.ok()?;
    Some((monday, monday.checked_add(6.days()).ok()?, "week"))
}

/// `last week`, `earlier this month`, `the past three days`, `last night`, `this morning`, `next year`, `the weekend`.
pub(super) fn read_turn(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let details = calendar.details;
    let day = calendar.day?;
    if words.is(at, &["weekend"]) {
        return weekend(day, at, calendar.ahead);
    }
    let lead = usize::from(words.is(at, &["earlier", "later"]));
    let turn = details.value_at(words, at + lead, Clue::Turn)?;
    let next = at + lead + 1;
    let told = |start, end, precision, last| Some(When::of_days(start, end, precision, (at, last)));
    if words.is(next, &["weekend"]) {
        return weekend(day, next, turn > 0).map(|when| When {
            words: (at, next + 1),
            ..when
        });
    }
    if let Some(night) = details.value_at(words, next, Clue::Daypart) {
        let before = details.value_at(words, next, Clue::Night).unwrap_or(night);
        let shift = if turn < 0 { before } else { 0 };
        let then = day.checked_add(shift.days()).ok()?;
        return told(then, then, "day", next + 1);
    }
    if let Some(unit) = details.value_at(words, next, Clue::Unit) {
        // `the past week` is the seven days before; `last week` the week before this one.
        let rolling = words.is(at + lead, &["past"]);
        let (start, end, precision) = if rolling {
            (run_back(day, 1, unit)?, day, precision(unit))
        } else {
            turned(day, turn, unit, words.is(at, &["earlier"]))?
        };
        return told(start, end, precision, next + 1);
    }
    let count = number(words, details, next).filter(|_| turn < 0)?;
    let unit = details.value_at(words, next + 1, Clue::Unit)?;
    let start = run_back(day, count, unit)?;
    told(start, day, precision(unit), next + 2)
}

fn run_back(day: Date, count: i32, unit: i32) -> Option<Date> {
    let span = match unit {
        0 => 0.days(),
        DAY => count.days(),
        WEEK => count.weeks(),
        MONTH => count.months(),
        _ => count.years(),
    };
    day.checked_sub(span).ok()
}

fn precision(unit: i32) -> &'static str {
    match unit {
        0 | DAY => "day",
        WEEK => "week",
        MONTH => "month",
        _ => "year",
    }
}

/// The unit before that of publication, that one, or the one after; of the one that runs, the days so far.
fn turned(day: Date, turn: i32, unit: i32, earlier: bool) -> Option<(Date, Date, &'static str)> {
    let then = match unit {
        0 | DAY => return shifted(day, turn).map(|then| (then, then, "day")),
        WEEK => day.checked_add(turn.weeks()).ok()?,
        MONTH => day.first_of_month().checked_add(turn.months()).ok()?,
        _ => day.first_of_year().checked_add(turn.years()).ok()?,
    };
    let (start, end, precision) = match unit {
        WEEK => week_of(then)?,
        MONTH => (then.first_of_month(), then.last_of_month(), "month"),
        _ => (then.first_of_year(), then.last_of_year(), "year"),
    };
    let end = if turn == 0 || earlier {
        end.min(day)
    } else {
        end
    };
    Some((start, end, precision))
}

fn shifted(day: Date, days: i32) -> Option<Date> {
    day.checked_add(days.days()).ok()
}

/// Saturday and Sunday: those before publication, or that of it, or those to come.
fn weekend(day: Date, at: usize, ahead: bool) -> Option<When> {
    let from_monday = i32::from(day.weekday().to_monday_zero_offset());
    let to_saturday = 5 - from_monday;
    let shift = if ahead || to_saturday <= 0 {
        to_saturday
    } else {
        to_saturday - 7
    };
    let start = shifted(day, shift)?;
    let end = shifted(start, 1)?;
    Some(When {
        start,
        end: if ahead { end } else { end.min(day.max(start)) },
        precision: "week",
        words: (at, at + 1),
    })
}
