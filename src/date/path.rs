//! The day in the path of an address.

use std::ops::Range;

use jiff::civil::Date;

use super::{Moment, order::Notation};

/// How a day is written in a path: its length, and where year, month and day stand.
type Shape = (usize, Range<usize>, Range<usize>, Range<usize>);

/// Shapes of a day in a path: length in all, and where year, month and day stand.
const SHAPES: [Shape; 6] = [
    (10, 0..4, 5..7, 8..10),
    (8, 0..4, 4..6, 6..8),
    (9, 0..4, 5..6, 7..9),
    (9, 0..4, 5..7, 8..9),
    (8, 0..4, 5..6, 7..8),
    (10, 6..10, 3..5, 0..2),
];

/// Finds `/2024/06/28/`, `-20240628-`, `28-06-2024`.
pub(crate) fn find_day_in_path(path: &str, notation: &Notation) -> Option<Moment> {
    let bytes = path.as_bytes();
    (0..bytes.len())
        // In a longer number, such as an id, there is no day.
        .filter(|&i| bytes[i].is_ascii_digit() && (i == 0 || !bytes[i - 1].is_ascii_digit()))
        .filter_map(|i| leading_day(path.get(i..)?))
        .find(|day| notation.believes(*day))
        .map(Moment::of_day)
}

/// A day at the start of a text, with no digit after it.
fn leading_day(text: &str) -> Option<Date> {
    SHAPES.into_iter().find_map(|(length, year, month, day)| {
        let written = text.get(..length)?;
        let joints: String = written.chars().filter(|c| !c.is_ascii_digit()).collect();
        let fits = match (length, day.len()) {
            (8, 2) => joints.is_empty(),
            _ => matches!(joints.as_str(), "//" | "--" | "__"),
        };
        let goes_on = text.as_bytes().get(length).is_some_and(u8::is_ascii_digit);
        if !fits || goes_on {
            return None;
        }
        Date::new(
            written.get(year)?.parse().ok()?,
            written.get(month)?.parse().ok()?,
            written.get(day)?.parse().ok()?,
        )
        .ok()
    })
}
