//! The days an entry of the lexicon holds for: somebody in office on one day was not on another.

use jiff::civil::{Date, date};

/// From the first day to the last; open where the table says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Term {
    from: Option<Date>,
    to: Option<Date>,
}

impl Term {
    /// Reads both cells of a line: a day, a month or a year each, or nothing.
    pub(crate) fn read(from: &str, to: &str) -> Option<Self> {
        let cell = |text: &str, last: bool| match text {
            "" => Some(None),
            text => day(text, last).map(Some),
        };
        Some(Self {
            from: cell(from, false)?,
            to: cell(to, true)?,
        })
    }

    /// Whether it holds on a day; a day that is not known is within every term.
    pub(crate) fn holds(self, on: Option<Date>) -> bool {
        on.is_none_or(|on| {
            self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on <= to)
        })
    }
}

/// The day, or the first or last of a month or year.
fn day(text: &str, last: bool) -> Option<Date> {
    let mut parts = text.split('-');
    let year: i16 = parts.next()?.parse().ok()?;
    let month: Option<i8> = parts.next().map(str::parse).transpose().ok()?;
    let day: Option<i8> = parts.next().map(str::parse).transpose().ok()?;
    if parts.next().is_some() || !(1..=9999).contains(&year) {
        return None;
    }
    match (month, day) {
        (Some(month), Some(day)) => Date::new(year, month, day).ok(),
        (Some(month), None) => {
            let first = Date::new(year, month, 1).ok()?;
            Some(if last { first.last_of_month() } else { first })
        }
        _ if last => Some(date(year, 12, 31)),
        _ => Some(date(year, 1, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_holds_from_its_first_day_to_its_last_however_it_is_written() {
        let term = Term::read("1992-10", "1994").expect("a month and a year");
        for (on, holds) in [
            (date(1992, 9, 30), false),
            (date(1992, 10, 1), true),
            (date(1994, 12, 31), true),
            (date(1995, 1, 1), false),
        ] {
            assert_eq!(term.holds(Some(on)), holds, "{on}");
        }
        assert!(term.holds(None), "a day that is not known");
        let open = Term::read("2024-06-29", "").expect("a day and nothing");
        assert!(open.holds(Some(date(9999, 1, 1))));
        for wrong in ["soon", "2024-13", "2024-02-30", "2024-01-01-01", "-5"] {
            assert_eq!(Term::read(wrong, ""), None, "{wrong}");
        }
    }
}
