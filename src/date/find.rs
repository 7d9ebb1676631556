//! The date among the pieces of a text: the day first, then the time and the zone that stand with it.

use jiff::civil::{Date, Time, Weekday};

use super::{
    Moment, Precision,
    calendar::{self, Calendar},
    clock::halved,
    names::Month,
    order::Notation,
    pieces::Piece,
    zone::{self, Zone},
};

/// Pieces between a date and the time that belongs to it.
const MAX_GAP: usize = 6;

/// Two digits of a year, RFC 2822 section 4.3.
pub(super) fn century(year: i32) -> i32 {
    match year {
        ..50 => year + 2_000,
        50..1_000 => year + 1_900,
        year => year,
    }
}

/// The first date of a line that can be believed.
pub(super) fn in_line(pieces: &[Piece], notation: &Notation) -> Option<Moment> {
    let days = Days::of(pieces, notation);
    let (day, places) = days.first(false, |day| notation.believes(day))?;
    Some(timed(pieces, day, places))
}

/// The date of a text that is a date and nothing else, in whatever order its words stand.
pub(super) fn in_stamp(pieces: &[Piece], text: &str, notation: &Notation) -> Option<Moment> {
    let afternoon = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Afternoon(_)));
    let american = text.contains('/') && afternoon;
    let notation = Notation {
        month_first: notation.month_first || american,
        ..notation.clone()
    };
    let days = Days::of(pieces, &notation);
    let (day, places) = days.first(true, |_| true).or_else(|| days.any_order())?;
    let mut moment = timed(pieces, day, places);
    if moment.at.is_none() && is_korean(text) {
        moment.at = zone::instant(moment.day, moment.time?, Some(Zone::Minutes(KOREA)));
    }
    Some(moment)
}

/// Minutes east of Greenwich: Korean feeds write the local time and never its zone.
const KOREA: i32 = 9 * 60;

fn is_korean(text: &str) -> bool {
    text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
}

/// The pieces of which days are made, each with its place among all.
struct Days<'n> {
    pieces: Vec<(usize, Piece)>,
    weekdays: Vec<(usize, u8)>,
    notation: &'n Notation,
}

impl<'n> Days<'n> {
    fn of(all: &[Piece], notation: &'n Notation) -> Self {
        let mut pieces: Vec<(usize, Piece)> = Vec::with_capacity(all.len());
        let mut weekdays = Vec::new();
        for (place, piece) in all.iter().enumerate() {
            match piece {
                // A month that is named twice: `نيسان / أبريل`.
                Piece::Month(_) if pieces.last().is_some_and(|(_, last)| last == piece) => {}
                Piece::Number { .. } | Piece::Month(_) | Piece::Word => {
                    pieces.push((place, *piece));
                }
                Piece::Weekday(days) => weekdays.push((place, *days)),
                _ => {}
            }
        }
        Self {
            pieces,
            weekdays,
            notation,
        }
    }

    /// The first three pieces that are a day which fits.
    fn first(&self, loose: bool, fits: impl Fn(Date) -> bool) -> Option<(Date, [usize; 2])> {
        self.pieces.windows(3).find_map(|window| {
            let day = self.day(window, loose).filter(|day| fits(*day))?;
            Some((day, [window[0].0, window[2].0]))
        })
    }

    fn day(&self, window: &[(usize, Piece)], loose: bool) -> Option<Date> {
        use Piece::{Month, Number};
        let [(place, first), (_, second), (_, third)] = window else {
            return None;
        };
        match (*first, *second, *third) {
            (
                Number {
                    value: day,
                    digits: 1..=2,
                    ..
                },
                Month(month),
                Number {
                    value: year,
                    digits: 4,
                    ..
                },
            )
            | (
                Month(month),
                Number {
                    value: day,
                    digits: 1..=2,
                    ..
                },
                Number {
                    value: year,
                    digits: 4,
                    ..
                },
            )
            | (
                Number {
                    value: year,
                    digits: 4,
                    ..
                },
                Month(month),
                Number {
                    value: day,
                    digits: 1..=2,
                    ..
                },
            ) => self.named(*place, year, month, day),
            (
                Number {
                    value: day,
                    digits: 1..=2,
                    after,
                },
                Month(month),
                Number {
                    value: year,
                    digits: 2,
                    ..
                },
            ) if loose || matches!(after, '.' | ' ' | '-') && day <= 31 => {
                self.named(*place, century(year), month, day)
            }
            (
                Month(month),
                Number {
                    value: day,
                    digits: 1..=2,
                    ..
                },
                Number {
                    value: year,
                    digits: 2,
                    ..
                },
            ) if loose => self.named(*place, century(year), month, day),
            (
                Number {
                    value: year,
                    digits: 4,
                    after: one,
                },
                Number {
                    value: month,
                    digits: 1..=2,
                    after: two,
                },
                Number {
                    value: day,
                    digits: 1..=2,
                    ..
                },
            ) if joins(one, two, loose) => self.numeric(year, month, day),
            (
                Number {
                    value: one,
                    digits: 1..=2,
                    after,
                },
                Number {
                    value: two,
                    digits: 1..=2,
                    after: other,
                },
                Number {
                    value: year,
                    digits: digits @ (2 | 4),
                    ..
                },
            ) if joins(after, other, loose) => {
                let year = if digits == 2 { century(year) } else { year };
                self.either(*place, [one, two], year, after)
            }
            _ => None,
        }
    }

    /// A day whose month has a name.
    fn named(&self, place: usize, year: i32, month: Month, day: i32) -> Option<Date> {
        let weekday = self.weekday(place);
        let day = i8::try_from(day).ok()?;
        month.calendar.day(year, month.number, day, weekday)
    }

    fn numeric(&self, year: i32, month: i32, day: i32) -> Option<Date> {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        if calendar::is_hijri_year(year) {
            return calendar::hijri_day(year, month, day, self.notation.latest);
        }
        Calendar::Gregorian.day(year, month, day, None)
    }

    /// Day and month as numbers: the weekday settles which is which, then what can be, then the publisher's order.
    fn either(&self, place: usize, [one, two]: [i32; 2], year: i32, joint: char) -> Option<Date> {
        let day_first = self.numeric(year, two, one);
        let month_first = self.numeric(year, one, two);
        let said = self.weekdays_near(place);
        let agrees = |day: &Option<Date>| {
            day.is_some_and(|day| said & (1 << (day.weekday().to_monday_zero_offset())) != 0)
        };
        match (agrees(&day_first), agrees(&month_first)) {
            (true, false) => return day_first,
            (false, true) => return month_first,
            _ => {}
        }
        let late = |day: &Option<Date>| day.is_some_and(|day| day > self.notation.latest);
        let american = self.notation.month_first && joint != '.';
        let (usual, other) = if american {
            (month_first, day_first)
        } else {
            (day_first, month_first)
        };
        if usual.is_none() || late(&usual) && !late(&other) {
            return other;
        }
        usual
    }

    /// The days of the week that words near a place may name.
    fn weekdays_near(&self, place: usize) -> u8 {
        self.weekdays
            .iter()
            .filter(|(at, _)| place.abs_diff(*at) <= 3)
            .fold(0, |days, (_, day)| days | day)
    }

    /// The one day of the week that is named near a place.
    fn weekday(&self, place: usize) -> Option<Weekday> {
        let days = self.weekdays_near(place);
        let number = i8::try_from(days.trailing_zeros()).ok()?;
        days.is_power_of_two()
            .then(|| Weekday::from_monday_zero_offset(number).ok())
            .flatten()
    }

    /// A named month and two numbers wherever they stand.
    fn any_order(&self) -> Option<(Date, [usize; 2])> {
        let month = self.pieces.iter().find_map(|(_, piece)| match piece {
            Piece::Month(month) => Some(*month),
            _ => None,
        })?;
        let numbers = self.pieces.iter().filter_map(|(place, piece)| match piece {
            Piece::Number {
                value,
                digits: 1..=4,
                ..
            } => Some((*place, *value)),
            _ => None,
        });
        let numbers: Vec<(usize, i32)> = numbers.take(2).collect();
        let [(first, one), (last, two)] = *numbers.as_slice() else {
            return None;
        };
        let (day, year) = if one > 31 { (two, one) } else { (one, two) };
        let date = self.named(first, century(year), month, day)?;
        Some((date, [first, last]))
    }
}

fn joins(one: char, two: char, loose: bool) -> bool {
    one == two && (matches!(one, '.' | '/' | '-' | '年') || loose && one == ' ')
}

/// The day with the time beside it: the first after it, else the last before.
fn timed(pieces: &[Piece], day: Date, [from, to]: [usize; 2]) -> Moment {
    let clock = |place: &usize| matches!(pieces[*place], Piece::Clock(..));
    let after = (from..pieces.len().min(to + MAX_GAP)).find(clock);
    let before = || (from.saturating_sub(MAX_GAP)..from).rev().find(clock);
    let Some(place) = after.or_else(before) else {
        return Moment::of_day(day);
    };
    let Piece::Clock(time, seconds) = pieces[place] else {
        return Moment::of_day(day);
    };
    let half = |place: Option<usize>| match pieces.get(place?) {
        Some(Piece::Afternoon(afternoon)) => Some(*afternoon),
        _ => None,
    };
    let afternoon = half(Some(place + 1)).or_else(|| half(place.checked_sub(1)));
    let time = if time == Time::MAX {
        time
    } else {
        halved(time, afternoon)
    };
    let zone = zone_after(&pieces[place + 1..]);
    Moment {
        day,
        time: Some(time),
        at: zone.and_then(|zone| zone::instant(day, time, Some(zone))),
        precision: if seconds {
            Precision::Second
        } else {
            Precision::Minute
        },
        utc: zone.is_some_and(Zone::is_utc),
    }
}

/// The zone of a clock: an offset in numbers says more than a name.
fn zone_after(pieces: &[Piece]) -> Option<Zone> {
    let near = || {
        pieces
            .iter()
            .take(4)
            .take_while(|piece| !matches!(piece, Piece::Clock(..)))
    };
    let numeric = near().find_map(|piece| match piece {
        Piece::Offset(minutes) => Some(Zone::Minutes(*minutes)),
        _ => None,
    });
    numeric.or_else(|| {
        near().find_map(|piece| match piece {
            Piece::Zone(zone) => Some(*zone),
            _ => None,
        })
    })
}
