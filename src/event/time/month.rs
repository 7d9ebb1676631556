//! Months: `in March`, `late May`, `mid-September 2023`, `last June`.

use jiff::civil::Date;

use super::{
    Calendar, When,
    calendar::{day_number, year_at, year_of},
};
use crate::event::{
    details::{Clue, Details},
    words::Words,
};

/// Before these a capital `May` or `March` is the month.
const BEFORE_MONTH: [&str; 17] = [
    "in", "of", "since", "until", "by", "early", "late", "mid", "-", "last", "this", "next",
    "from", "to", "and", "before", "during",
];

/// The month that a word names; `may` and `march` only where a number or a preposition stands beside them.
pub(super) fn month_at(words: &Words<'_>, details: &Details, at: usize) -> Option<i8> {
    let month = details.value_at(words, at, Clue::Month)?;
    let verb = words.is(at, &["may", "march"]);
    let beside = |i: usize| i < words.len() && day_number(words, i).is_some();
    let sure = !verb
        || beside(at + 1)
        || (at > 0 && beside(at - 1))
        || year_at(words, at + 1).is_some()
        || (at > 0 && words.is(at - 1, &BEFORE_MONTH));
    (words.is_capital(at) && sure).then_some(month as i8)
}

/// A month as it is told: `late` of it, `last` or `next`, and where its words end.
struct MonthWords {
    month: i8,
    part: Option<i32>,
    turn: Option<i32>,
    end: usize,
}

impl MonthWords {
    fn read(words: &Words<'_>, details: &Details, at: usize) -> Option<Self> {
        let whole = part_with_month(words, details, at);
        let mut end = at;
        let mut part = whole.map(|(part, _)| part);
        if whole.is_none() {
            part = details.value_at(words, at, Clue::Part);
            if part.is_some() {
                end += 1;
                end += usize::from(words.is(end, &["-", "of"]));
            }
        }
        let turn = details.value_at(words, end, Clue::Turn);
        end += usize::from(turn.is_some());
        let month = match whole {
            Some((_, month)) => month,
            None => month_at(words, details, end)?,
        };
        Some(Self {
            month,
            part,
            turn,
            end: end + 1,
        })
    }
}

/// A month, as far as it had passed when the story was published.
pub(super) fn read_month(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let told = MonthWords::read(words, calendar.details, at)?;
    let alone = told.part.is_none() && told.turn.is_none();
    let led = at > 0 && words.is(at - 1, &["in", "since", "during", "of", "until", "by"]);
    let (end, year) = match year_at(words, told.end) {
        Some((end, year)) => (end, year),
        None if alone && !led => return None,
        None => {
            let ahead = calendar.ahead || told.turn.is_some_and(|turn| turn > 0);
            let from = Calendar { ahead, ..calendar };
            let year = year_of(from, |year| Date::new(year, told.month, 1).ok())?;
            (told.end, year)
        }
    };
    let (first, last) = days_of_part(Date::new(year, told.month, 1).ok()?, told.part)?;
    let past = !calendar.ahead && told.turn.is_none_or(|turn| turn <= 0);
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
