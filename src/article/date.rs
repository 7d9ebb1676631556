//! Days and instants as pages write them.

use std::ops::Range;

use jiff::{Timestamp, civil::Date};

use super::{rules::Names, text::cut};

/// Years that a publication day may have; the web's first pages, and beyond any page there is.
const YEARS: std::ops::RangeInclusive<i16> = 1994..=2040;
/// Characters of a text in which a date is looked for.
const MAX_TEXT: usize = 160;

/// A day, and the instant where one is given with its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// As written, in the publisher's zone.
    pub(crate) day: Date,
    pub(crate) at: Option<Timestamp>,
    /// `second`, `minute`, `day` or `month`.
    pub(crate) precision: &'static str,
    /// The time is given in UTC, which may not be the publisher's zone.
    pub(crate) utc: bool,
}

impl Moment {
    fn day(year: i64, month: i64, day: i64) -> Option<Self> {
        let (year, month, day) = (
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        );
        if !YEARS.contains(&year) {
            return None;
        }
        Some(Self {
            day: Date::new(year, month, day).ok()?,
            at: None,
            precision: "day",
            utc: false,
        })
    }
}

/// Reads what attributes hold: ISO 8601 and what is near it, else a date as written in a line.
pub(crate) fn machine(text: &str, names: &Names, month_first: bool) -> Option<Moment> {
    let text = text.trim();
    iso(text).or_else(|| written(text, names, month_first))
}

fn iso(text: &str) -> Option<Moment> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = bytes.get(from..to)?;
        part.iter()
            .all(u8::is_ascii_digit)
            .then(|| part.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    };
    if (bytes.len() == 8 || bytes.get(8) == Some(&b'T'))
        && let (Some(year), Some(month), Some(day)) = (number(0, 4), number(4, 6), number(6, 8))
    {
        return Moment::day(year, month, day);
    }
    let separator = *bytes.get(4)?;
    if !matches!(separator, b'-' | b'/' | b'.') || bytes.get(7) != Some(&separator) {
        return None;
    }
    let mut moment = Moment::day(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    if bytes.get(10).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if number(11, 13).is_some() && bytes.get(13) == Some(&b':') {
        moment.precision = if bytes.get(16) == Some(&b':') {
            "second"
        } else {
            "minute"
        };
        moment.at = instant(text);
        moment.utc =
            text.ends_with(['Z', 'z']) || text.ends_with("+00:00") || text.ends_with("+0000");
    }
    Some(moment)
}

/// The instant of a day and time with a zone; `2024-06-28 08:12 +0500` is read as well.
fn instant(text: &str) -> Option<Timestamp> {
    let mut fixed = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        match c {
            ' ' if i == 10 => fixed.push('T'),
            ' ' => {}
            '/' | '.' if i < 10 => fixed.push('-'),
            c => fixed.push(c),
        }
    }
    fixed.parse().ok()
}

/// A piece of a written date.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    /// Its value, its digits, and the sign after it.
    Number(i64, usize, char),
    Month(i64),
    Word,
}

/// Finds a date as people write it: `28 June 2024`, `June 28th, 2024`, `28.06.2024`, `2024年6月28日`.
pub(crate) fn written(text: &str, names: &Names, month_first: bool) -> Option<Moment> {
    let pieces = pieces(cut(text, MAX_TEXT), names);
    (0..pieces.len()).find_map(|i| at(&pieces[i..], month_first))
}

fn at(pieces: &[Piece], month_first: bool) -> Option<Moment> {
    use Piece::{Month, Number};
    let [first, second, third, ..] = pieces else {
        return None;
    };
    match (*first, *second, *third) {
        (Number(day, 1..=2, _), Month(month), Number(year, 4, _))
        | (Month(month), Number(day, 1..=2, _), Number(year, 4, _))
        | (Number(year, 4, _), Month(month), Number(day, 1..=2, _)) => {
            Moment::day(year, month, day)
        }
        (Number(day, 1..=2, '.' | ' '), Month(month), Number(year, 2, _)) => {
            Moment::day(2000 + year, month, day)
        }
        (Number(year, 4, one), Number(month, 1..=2, two), Number(day, 1..=2, _))
            if is_joint(one) && is_joint(two) =>
        {
            Moment::day(year, month, day)
        }
        (Number(_, 1..=2, one), Number(_, 1..=2, two), Number(_, 2 | 4, after))
            if one == two && is_joint(one) && after != ':' =>
        {
            numeric(pieces, month_first && one != '.')
        }
        _ => None,
    }
}

/// Day and month as numbers: in the page's order, unless one of them can only be a day.
fn numeric(pieces: &[Piece], month_first: bool) -> Option<Moment> {
    let [
        Piece::Number(first, ..),
        Piece::Number(second, ..),
        Piece::Number(year, digits, _),
        ..,
    ] = pieces
    else {
        return None;
    };
    let year = if *digits == 2 { 2000 + year } else { *year };
    if (month_first && *first <= 12) || *second > 12 {
        return Moment::day(year, *first, *second);
    }
    Moment::day(year, *second, *first)
}

fn is_joint(c: char) -> bool {
    matches!(c, '.' | '/' | '-' | '年' | '月' | '년' | '월' | '‑')
}

fn pieces(text: &str, names: &Names) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digit = c.is_ascii_digit();
        let end = if digit {
            rest.find(|c: char| !c.is_ascii_digit())
        } else if c.is_alphabetic() {
            rest.find(|c: char| !c.is_alphabetic())
        } else {
            Some(c.len_utf8())
        };
        let (piece, tail) = rest.split_at(end.unwrap_or(rest.len()));
        rest = tail;
        if digit {
            let after = rest.chars().next().unwrap_or(' ');
            out.push(piece.parse().map_or(Piece::Word, |value| {
                Piece::Number(value, piece.len(), after)
            }));
        } else if c.is_alphabetic() {
            if let Some(month) = month(piece, names) {
                out.push(Piece::Month(month));
            } else if piece.chars().count() > 3 {
                out.push(Piece::Word);
            }
        }
    }
    out
}

fn month(word: &str, names: &Names) -> Option<i64> {
    if word.chars().count() < 3 {
        return None;
    }
    let word = word.to_lowercase();
    names
        .months
        .iter()
        .find(|(_, list)| list.contains(&word))
        .and_then(|(number, _)| number.parse().ok())
}

/// Whether a line is little more than a date.
pub(crate) fn is_date_line(line: &str, names: &Names) -> bool {
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    line.chars().count() <= 60
        && letters <= 36
        && line.contains(|c: char| c.is_ascii_digit())
        && written(line, names, false).is_some()
}

/// The day in the path of an address.
pub(crate) fn in_path(path: &str) -> Option<Moment> {
    let bytes = path.as_bytes();
    (0..bytes.len())
        .filter(|&i| bytes[i].is_ascii_digit() && (i == 0 || !bytes[i - 1].is_ascii_digit()))
        .find_map(|i| leading_day(path.get(i..)?))
}

/// Shapes of a day in a path: length in all, and where month and day stand.
const PATH_SHAPES: [(usize, Range<usize>, Range<usize>); 5] = [
    (10, 5..7, 8..10),
    (8, 4..6, 6..8),
    (9, 5..6, 7..9),
    (9, 5..7, 8..9),
    (8, 5..6, 7..8),
];

/// A day at the start of a text, with no digit after it.
fn leading_day(text: &str) -> Option<Moment> {
    PATH_SHAPES.into_iter().find_map(|(length, month, day)| {
        let day_text = text.get(..length)?;
        let joints: String = day_text.chars().filter(|c| !c.is_ascii_digit()).collect();
        let fits = match (length, day.len()) {
            (8, 2) => joints.is_empty(),
            _ => matches!(joints.as_str(), "//" | "--" | "__"),
        };
        let goes_on = text.as_bytes().get(length).is_some_and(u8::is_ascii_digit);
        if !fits || goes_on {
            return None;
        }
        let number = |range: Range<usize>| day_text.get(range).and_then(|part| part.parse().ok());
        Moment::day(number(0..4)?, number(month)?, number(day)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Rules;

    fn day(text: &str) -> Option<String> {
        machine(text, &Rules::shipped().names, false).map(|moment| moment.day.to_string())
    }

    #[test]
    fn the_day_is_kept_as_written_and_the_instant_in_utc() {
        let moment =
            machine("2024-06-28T01:30:00+05:00", &Rules::shipped().names, false).expect("a date");
        assert_eq!(moment.day.to_string(), "2024-06-28");
        assert_eq!(
            moment.at.map(|at| at.to_string()).as_deref(),
            Some("2024-06-27T20:30:00Z")
        );
        assert_eq!(moment.precision, "second");
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for text in [
            "28 June 2024",
            "June 28th, 2024",
            "Friday, Jun. 28, 2024 at 8:12",
            "28. Juni 2024",
            "28 de junio de 2024",
            "28.06.2024, 08:12 Uhr",
            "28/06/2024",
            "6/28/2024",
            "2024年6月28日",
            "Fri, 28 Jun 2024 08:12:03 GMT",
            "28 июня 2024",
            "20240628",
            "2024/06/28",
        ] {
            assert_eq!(day(text).as_deref(), Some("2024-06-28"), "{text}");
        }
        assert_eq!(day("call 030 1234 5678"), None);
        assert_eq!(day("99.99.2024"), None);
    }

    #[test]
    fn a_path_may_hold_the_day() {
        assert_eq!(
            in_path("/news/2019/11/20/title-12")
                .map(|m| m.day.to_string())
                .as_deref(),
            Some("2019-11-20")
        );
        assert_eq!(
            in_path("/a-20191120-b")
                .map(|m| m.day.to_string())
                .as_deref(),
            Some("2019-11-20")
        );
        assert_eq!(
            in_path("/a/2019/1/2/b")
                .map(|m| m.day.to_string())
                .as_deref(),
            Some("2019-01-02")
        );
        assert_eq!(in_path("/id/1234567890"), None);
    }
}
