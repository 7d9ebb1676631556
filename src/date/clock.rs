//! Times of the day, as they stand in dates.

use jiff::civil::Time;

use super::{
    names::{self, Term},
    spelling::{bare_word, is_word_char},
};

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

/// Whether the number of so many digits that opens a text is the hour of a time; `is_announced` where the word before it
/// says that a time follows.
pub(super) fn opens_clock(text: &str, digits: usize, is_announced: bool) -> bool {
    let mut after = text[digits..].chars();
    match (after.next(), after.next()) {
        (Some(':'), Some(c)) => c.is_ascii_digit(),
        (Some('h' | 'H'), c) => c.is_none_or(|c| c.is_ascii_digit() || c == ' '),
        (Some('.'), Some(c)) if c.is_ascii_digit() => {
            opens_dotted_clock(&text[digits + 1..], is_announced)
        }
        _ => false,
    }
}

/// `9.30 Uhr`, `kl. 9.30`: two digits of minutes, then no more numbers, and a word that says so.
fn opens_dotted_clock(minutes: &str, is_announced: bool) -> bool {
    let end = minutes
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(minutes.len());
    let tail = &minutes[end..];
    let goes_on = tail.starts_with('.') && tail[1..].starts_with(|c: char| c.is_ascii_digit());
    let word = tail.trim_start();
    let word_end = word.find(|c: char| !is_word_char(c)).unwrap_or(word.len());
    let named = names::term(&bare_word(&word[..word_end])) == Some(Term::BesideClock);
    end == 2 && !goes_on && (is_announced || named)
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
