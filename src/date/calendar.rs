//! Years, months and days in numbers: years of two digits, the solar and the lunar Hijri calendar, the Buddhist one.

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday, date},
};

/// Years that are Buddhist, and how far they are ahead.
const BUDDHIST: std::ops::RangeInclusive<i32> = 2_500..=2_700;
const BUDDHIST_AHEAD: i32 = 543;
/// Years of either Hijri calendar in which news was published on the web: 1990 to 2076 and to 2062.
const HIJRI: std::ops::RangeInclusive<i32> = 1_368..=1_500;

/// Who counts the months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calendar {
    Gregorian,
    /// The solar Hijri calendar.
    Jalali,
    Hijri,
}

impl Calendar {
    /// As the tables write it.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "jalali" => Self::Jalali,
            "hijri" => Self::Hijri,
            _ => Self::Gregorian,
        }
    }

    /// The day of this calendar's year, month and day. `weekday` settles a lunar day, whose month begins with the moon.
    pub(super) fn day(
        self,
        year: i32,
        month: i8,
        day: i8,
        weekday: Option<Weekday>,
    ) -> Option<Date> {
        match self {
            Self::Gregorian if is_buddhist_year(year) => {
                gregorian(year - BUDDHIST_AHEAD, month, day)
            }
            Self::Gregorian => gregorian(year, month, day),
            Self::Jalali => jalali(year, month, day),
            Self::Hijri => hijri(year, month, day).map(|day| moved_to(day, weekday)),
        }
    }
}

/// A year of which two digits may be written, RFC 2822 section 4.3.
pub(super) fn full_year(year: i32) -> i32 {
    match year {
        ..50 => year + 2_000,
        50..1_000 => year + 1_900,
        year => year,
    }
}

/// The day of a year of a Hijri calendar whose month is a number: the solar one unless that were after `latest`.
pub(super) fn hijri_day(year: i32, month: i8, day: i8, latest: Date) -> Option<Date> {
    jalali(year, month, day)
        .filter(|day| *day <= latest)
        .or_else(|| hijri(year, month, day))
}

/// Whether a year is a Buddhist one.
pub(super) fn is_buddhist_year(year: i32) -> bool {
    BUDDHIST.contains(&year)
}

/// Whether a year is one of a Hijri calendar.
pub(super) fn is_hijri_year(year: i32) -> bool {
    HIJRI.contains(&year)
}

fn gregorian(year: i32, month: i8, day: i8) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

/// The 33-year rule, which agrees with the equinox from 1178 to 1633.
fn jalali(year: i32, month: i8, day: i8) -> Option<Date> {
    /// New year of 1400.
    const ANCHOR: Date = date(2021, 3, 21);
    let leaps = |year: i32| (8 * year + 21).div_euclid(33);
    let leap = leaps(year + 1) - leaps(year) == 1;
    let longest = match month {
        1..=6 => 31,
        7..=11 => 30,
        12 if leap => 30,
        12 => 29,
        _ => return None,
    };
    if !HIJRI.contains(&year) || !(1..=longest).contains(&day) {
        return None;
    }
    let months = i32::from(month) - 1;
    let before = 31 * months.min(6) + 30 * (months - 6).max(0);
    let days = 365 * (year - 1_400) + leaps(year) - leaps(1_400) + before + i32::from(day) - 1;
    ANCHOR.checked_add(days.days()).ok()
}

/// The tabular calendar, at most a day off from the months that are announced.
fn hijri(year: i32, month: i8, day: i8) -> Option<Date> {
    /// The first day of 1445.
    const ANCHOR: Date = date(2023, 7, 19);
    if !HIJRI.contains(&year) || !(1..=12).contains(&month) || !(1..=30).contains(&day) {
        return None;
    }
    let start = |year: i32| 354 * (year - 1) + (3 + 11 * year).div_euclid(30);
    let months = i32::from(month) - 1;
    let before = 29 * months + (months + 1) / 2;
    let days = start(year) - start(1_445) + before + i32::from(day) - 1;
    ANCHOR.checked_add(days.days()).ok()
}

/// The day itself or that beside it which is the weekday.
fn moved_to(day: Date, weekday: Option<Weekday>) -> Date {
    let Some(weekday) = weekday else { return day };
    [0, 1, -1]
        .into_iter()
        .filter_map(|days: i32| day.checked_add(days.days()).ok())
        .find(|day| day.weekday() == weekday)
        .unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solar_year_of_iran_begins_with_spring() {
        for (year, expected) in [
            (1_375, date(1996, 3, 20)),
            (1_399, date(2020, 3, 20)),
            (1_400, date(2021, 3, 21)),
            (1_402, date(2023, 3, 21)),
            (1_403, date(2024, 3, 20)),
            (1_404, date(2025, 3, 21)),
            (1_408, date(2029, 3, 20)),
        ] {
            assert_eq!(jalali(year, 1, 1), Some(expected), "{year}");
        }
        assert_eq!(jalali(1_402, 11, 17), Some(date(2024, 2, 6)));
        assert_eq!(jalali(1_402, 12, 30), None);
        assert_eq!(jalali(1_403, 12, 30), Some(date(2025, 3, 20)));
    }

    #[test]
    fn the_lunar_month_is_settled_by_the_weekday() {
        assert_eq!(hijri(1_445, 1, 1), Some(date(2023, 7, 19)));
        assert_eq!(hijri(1_446, 1, 1), Some(date(2024, 7, 8)));
        let day = Calendar::Hijri.day(1_445, 7, 25, Some(Weekday::Tuesday));
        assert_eq!(day, Some(date(2024, 2, 6)));
    }

    #[test]
    fn buddhist_years_are_ahead() {
        assert_eq!(
            Calendar::Gregorian.day(2_567, 2, 6, None),
            Some(date(2024, 2, 6))
        );
    }
}
