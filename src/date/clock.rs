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

/// `15:36`, `15:36:07.5`, `15h36`, `1536` after a date, and the rest. `Time::MAX` is midnight at the day's end.
/// The second value says whether seconds are told.
pub(super) fn clock(text: &str) -> Option<(Time, bool, &str)> {
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
    let (second, told, rest) = match number(after, 2) {
        Some((second, left)) => (second, true, left),
        None => (0, false, rest),
    };
    let (nanosecond, rest) = fraction(rest);
    if hour == 24 && minute == 0 {
        return Some((Time::MAX, told, rest));
    }
    // A leap second is the last one before it.
    let second = second.min(59);
    let time = Time::new(hour as i8, minute as i8, second as i8, nanosecond).ok()?;
    Some((time, told, rest))
}

/// The fraction of a second after its point, in nanoseconds.
fn fraction(text: &str) -> (i32, &str) {
    let Some(digits) = text
        .strip_prefix(['.', ','])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    else {
        return (0, text);
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let value = format!("{:0<9.9}", &digits[..end]).parse().unwrap_or(0);
    (value, &digits[end..])
}

/// A clock of twelve hours as one of twenty-four.
pub(super) fn halved(time: Time, afternoon: Option<bool>) -> Time {
    let hour = match afternoon {
        Some(true) if time.hour() < 12 => time.hour() + 12,
        Some(false) if time.hour() == 12 => 0,
        _ => return time,
    };
    Time::new(hour, time.minute(), time.second(), time.subsec_nanosecond()).unwrap_or(time)
}
