//! Times of the day, as they stand in dates.

use jiff::civil::Time;

/// A number of at most so many digits, and the rest.
pub(super) fn number(text: &str, most: usize) -> Option<(i32, &str)> {
    let digits = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    Some((text.get(..digits)?.parse().ok()?, &text[digits..]))
}

/// `15:36`, `15:36:07.5`, `15h36`, `1536` after a date, and the rest.
pub(super) fn clock(text: &str) -> Option<(Time, &str)> {
    let (hour, rest) = number(text, 2)?;
    let compact = rest.starts_with(|c: char| c.is_ascii_digit());
    let rest = if compact {
        rest
    } else {
        rest.strip_prefix([':', '.', 'h', 'H'])?
    };
    let (minute, rest) = number(rest, 2).unwrap_or((0, rest));
    let after = rest
        .strip_prefix([':', '.'])
        .unwrap_or(if compact { rest } else { "" });
    let (second, rest) = match number(after, 2) {
        Some((second, left)) => (second, left),
        None => (0, rest),
    };
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let (hour, overflow) = if hour == 24 && minute == 0 {
        (0, true)
    } else {
        (hour, false)
    };
    let second = second.min(59);
    let time = Time::new(hour as i8, minute as i8, second as i8, 0).ok()?;
    (!overflow)
        .then_some((time, rest))
        .or(Some((Time::MAX, rest)))
}
