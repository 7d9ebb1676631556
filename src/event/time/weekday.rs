//! Days of the week: `on Tuesday`, `last Friday night`, `Tuesday, June 12`.

use jiff::{ToSpan, civil::Date};

use super::{Calendar, When, calendar::read_day};
use crate::event::{details::Clue, words::Words};

/// The last such day, that of publication included, or the next for what is to come; with the part of the day.
pub(super) fn read_weekday(words: &Words<'_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let details = calendar.details;
    let turn = details.value_at(words, at, Clue::Turn);
    let name = at + usize::from(turn.is_some());
    let wanted = details.value_at(words, name, Clue::Weekday)?;
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
    end += usize::from(details.value_at(words, end, Clue::Daypart).is_some());
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
