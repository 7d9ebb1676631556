//! The days that pieces of a text may be: year, month and day in any order that publishers write.

use jiff::civil::{Date, Weekday};

use super::super::{
    calendar::{self, Calendar, full_year},
    names::Month,
    pieces::{Number, Piece},
};

/// Pieces between a date and the day of the week that belongs to it, itself counted: `Friday the 28.`
const NEAR: usize = 3;

/// The pieces of which days are made, each with its place among all.
pub(super) struct Days {
    pieces: Vec<(usize, Piece)>,
    weekdays: Vec<(usize, u8)>,
    /// Where numbers alone do not tell, the first is that of the month.
    month_first: bool,
    /// A later day is the less likely reading.
    latest: Date,
}

impl Days {
    pub(super) fn of(all: &[Piece], month_first: bool, latest: Date) -> Self {
        let mut pieces: Vec<(usize, Piece)> = Vec::with_capacity(all.len());
        let mut weekdays = Vec::new();
        for (place, piece) in all.iter().enumerate() {
            match piece {
                // A month that is named twice: `نيسان / أبريل`.
                Piece::Month(_) if pieces.last().is_some_and(|(_, last)| last == piece) => {}
                Piece::Number(_) | Piece::Month(_) | Piece::Word => {
                    pieces.push((place, *piece));
                }
                Piece::Weekday(days) => weekdays.push((place, *days)),
                _ => {}
            }
        }
        Self {
            pieces,
            weekdays,
            month_first,
            latest,
        }
    }

    /// The first three pieces that are a day which fits.
    pub(super) fn find_first(
        &self,
        loose: bool,
        fits: impl Fn(Date) -> bool,
    ) -> Option<(Date, [usize; 2])> {
        self.pieces.windows(3).find_map(|window| {
            let day = self.day_of(window, loose).filter(|day| fits(*day))?;
            Some((day, [window[0].0, window[2].0]))
        })
    }

    /// The day that three pieces are; `loose` where the text is a date and nothing else.
    fn day_of(&self, window: &[(usize, Piece)], loose: bool) -> Option<Date> {
        use Piece::{Month, Number};
        let &[(place, first), (_, second), (_, third)] = window else {
            return None;
        };
        match (first, second, third) {
            (Number(one), Month(month), Number(two)) => {
                self.around_month(place, one, month, two, loose)
            }
            (Month(month), Number(day), Number(year)) => {
                self.after_month(place, month, day, year, loose)
            }
            (Number(one), Number(two), Number(three)) => {
                self.without_name(place, [one, two, three], loose)
            }
            _ => None,
        }
    }

    /// `28 June 2024`, `2024 June 28`, `28-Jun-24`.
    fn around_month(
        &self,
        place: usize,
        one: Number,
        month: Month,
        two: Number,
        loose: bool,
    ) -> Option<Date> {
        let parted = matches!(one.after, '.' | ' ' | '-') && one.value <= 31;
        match (one.digits, two.digits) {
            (1..=2, 4) => self.named(place, two.value, month, one.value),
            (4, 1..=2) => self.named(place, one.value, month, two.value),
            (1..=2, 2) if loose || parted => {
                self.named(place, full_year(two.value), month, one.value)
            }
            _ => None,
        }
    }

    /// `June 28, 2024`, `June 28, 24`.
    fn after_month(
        &self,
        place: usize,
        month: Month,
        day: Number,
        year: Number,
        loose: bool,
    ) -> Option<Date> {
        match (day.digits, year.digits) {
            (1..=2, 4) => self.named(place, year.value, month, day.value),
            (1..=2, 2) if loose => self.named(place, full_year(year.value), month, day.value),
            _ => None,
        }
    }

    /// `2024-06-28`, `28.06.2024`, `6/28/24`.
    fn without_name(&self, place: usize, numbers: [Number; 3], loose: bool) -> Option<Date> {
        let [one, two, three] = numbers;
        if !joins(one.after, two.after, loose) {
            return None;
        }
        match numbers.map(|number| number.digits) {
            [4, 1..=2, 1..=2] => self.numeric(one.value, two.value, three.value),
            [1..=2, 1..=2, 4] => self.in_either_order(place, one, two, three.value),
            [1..=2, 1..=2, 2] => self.in_either_order(place, one, two, full_year(three.value)),
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
            return calendar::hijri_day(year, month, day, self.latest);
        }
        Calendar::Gregorian.day(year, month, day, None)
    }

    /// Day and month as numbers: the weekday settles which is which, then what can be, then the publisher's order.
    fn in_either_order(&self, place: usize, one: Number, two: Number, year: i32) -> Option<Date> {
        let day_first = self.numeric(year, two.value, one.value);
        let month_first = self.numeric(year, one.value, two.value);
        let said = self.weekdays_near(place);
        let agrees = |day: &Option<Date>| {
            day.is_some_and(|day| said & (1 << (day.weekday().to_monday_zero_offset())) != 0)
        };
        match (agrees(&day_first), agrees(&month_first)) {
            (true, false) => return day_first,
            (false, true) => return month_first,
            _ => {}
        }
        let late = |day: &Option<Date>| day.is_some_and(|day| day > self.latest);
        // Who parts numbers by full stops writes the day first, wherever that is.
        let american = self.month_first && one.after != '.';
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
            .filter(|(at, _)| place.abs_diff(*at) <= NEAR)
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
    pub(super) fn find_in_any_order(&self) -> Option<(Date, [usize; 2])> {
        let month = self.pieces.iter().find_map(|(_, piece)| match piece {
            Piece::Month(month) => Some(*month),
            _ => None,
        })?;
        let numbers = self.pieces.iter().filter_map(|(place, piece)| match piece {
            Piece::Number(number) if number.digits <= 4 => Some((*place, number.value)),
            _ => None,
        });
        let numbers: Vec<(usize, i32)> = numbers.take(2).collect();
        let [(first, one), (last, two)] = *numbers.as_slice() else {
            return None;
        };
        let (day, year) = if one > 31 { (two, one) } else { (one, two) };
        let date = self.named(first, full_year(year), month, day)?;
        Some((date, [first, last]))
    }
}

/// Whether the same sign parts year, month and day.
fn joins(one: char, two: char, loose: bool) -> bool {
    one == two && (matches!(one, '.' | '/' | '-' | '年') || loose && one == ' ')
}
