//! Dates of feeds, read leniently: any order a publisher writes, any zone name, months in twenty languages.
//!
//! A time without a zone is taken as UTC, as all feed readers do; what cannot be read is no date, never a guess.

use std::{collections::HashMap, sync::LazyLock};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Months and zones: `month`/`zone`, name, number or offset in minutes.
const NAMES: &str = include_str!("../../config/feeds/dates.tsv");
/// Longer texts are no dates.
const LONGEST: usize = 120;

static MONTHS: LazyLock<HashMap<String, i8>> = LazyLock::new(|| names("month"));
static ZONES: LazyLock<HashMap<String, i32>> = LazyLock::new(|| names("zone"));

fn names<T: std::str::FromStr>(kind: &str) -> HashMap<String, T> {
    let rows = NAMES.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        (columns.next()? == kind).then_some(())?;
        Some((unaccented(columns.next()?), columns.next()?.parse().ok()?))
    });
    rows.collect()
}

/// A word without accents: publishers drop and add them at will.
fn unaccented(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    word.nfd()
        .filter(|c| !is_combining_mark(*c))
        .nfc()
        .collect()
}

/// What a text says of a date, part by part.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    time: Option<Time>,
    /// Minutes east of Greenwich.
    offset: Option<i32>,
    afternoon: Option<bool>,
    numbers: Vec<(usize, i32)>,
}

/// Reads a date.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if let Some(at) = rfc_2822(text) {
        return Some(at);
    }
    let text = ascii_digits(text);
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() != 14 {
        return unix(&text);
    }
    iso(&text).or_else(|| free(&text))
}

/// The way most feeds write it, letter for letter: `Thu, 01 Jan 2004 19:48:21 +0100`, `GMT` for the offset.
fn rfc_2822(text: &str) -> Option<Timestamp> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let two = |at: &[u8]| -> Option<i8> {
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = at else {
            return None;
        };
        Some(((tens - b'0') * 10 + ones - b'0') as i8)
    };
    let bytes = text.as_bytes();
    let (head, zone) = bytes.split_at_checked(26)?;
    let [_, _, _, b',', b' ', date @ ..] = head else {
        return None;
    };
    let [day @ .., b' '] = &date[..3] else {
        return None;
    };
    let month = MONTHS.iter().position(|month| **month == date[3..6])? as i8 + 1;
    let [b' ', year @ .., b' '] = &date[6..12] else {
        return None;
    };
    let [hour @ .., b':', _, _, b':', _, _, b' '] = &date[12..] else {
        return None;
    };
    let time = Time::new(two(hour)?, two(&date[15..17])?, two(&date[18..20])?, 0).ok()?;
    let year = i16::from(two(&year[..2])?) * 100 + i16::from(two(&year[2..])?);
    let offset = match zone {
        b"GMT" => 0,
        [sign @ (b'+' | b'-'), digits @ ..] if digits.len() == 4 => {
            let minutes = i32::from(two(&digits[..2])?) * 60 + i32::from(two(&digits[2..])?);
            if minutes > 14 * 60 {
                return None;
            }
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    at(date_of(year, month, two(day)?)?, time, offset)
}

/// Digits of other scripts as ASCII.
fn ascii_digits(text: &str) -> String {
    let digit = |c: char| match c as u32 {
        n @ 0x660..=0x669 => (b'0' + (n - 0x660) as u8) as char,
        n @ 0x6f0..=0x6f9 => (b'0' + (n - 0x6f0) as u8) as char,
        n @ 0xff10..=0xff19 => (b'0' + (n - 0xff10) as u8) as char,
        _ => c,
    };
    text.chars().map(digit).collect()
}

fn unix(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// ISO 8601 and what is written in its place: `2004-07-22T15:36:00.123+01:00`, `20040722`, `2004-07`, `2004-W30-4`.
fn iso(text: &str) -> Option<Timestamp> {
    let (date, rest) = iso_date(text).or_else(|| short_date(text))?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',']);
    let (time, rest) = if rest.is_empty() {
        (Time::midnight(), "")
    } else {
        clock(rest)?
    };
    let mut parts = Parts {
        time: Some(time),
        ..Parts::default()
    };
    for word in rest.split_whitespace() {
        zone_or_half(&mut parts, word)?;
    }
    at(
        date,
        halved(time, parts.afternoon),
        parts.offset.unwrap_or(0),
    )
}

fn iso_date(text: &str) -> Option<(Date, &str)> {
    let bytes = text.as_bytes();
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 8 || digits == 14 {
        let date = date_of(
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..8].parse().ok()?,
        )?;
        return Some((date, &text[8..]));
    }
    if digits != 4 {
        return None;
    }
    let year: i16 = text[..4].parse().ok()?;
    let Some(rest) = text[4..].strip_prefix(['-', '/', '.']) else {
        return (text.len() == 4)
            .then(|| date_of(year, 1, 1))
            .flatten()
            .map(|date| (date, ""));
    };
    let (month, rest) = number(rest, 2)?;
    let Some(rest) = rest.strip_prefix(['-', '/', '.']) else {
        let date = date_of(year, month as i8, 1)?;
        return rest.is_empty().then_some((date, ""));
    };
    let (day, rest) = number(rest, 2)?;
    Some((date_of(year, month as i8, day as i8)?, rest))
}

/// Two digits of a year first, as ISO 8601 once allowed: `03-12-31`, `-03-12`, `-0312`.
fn short_date(text: &str) -> Option<(Date, &str)> {
    let bare = text.strip_prefix('-').unwrap_or(text);
    let digits: String = bare.chars().filter(|c| *c != '-').collect();
    let dashed = bare.contains('-') || text.len() != bare.len();
    if !dashed || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day = match digits.len() {
        6 if bare.len() == 8 => digits[4..6].parse().ok()?,
        4 if text.len() != bare.len() => 1,
        _ => return None,
    };
    date_of(
        century(digits[..2].parse().ok()?),
        digits[2..4].parse().ok()?,
        day,
    )
    .map(|date| (date, ""))
}

/// A number of at most so many digits, and the rest.
fn number(text: &str, most: usize) -> Option<(i32, &str)> {
    let digits = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    Some((text.get(..digits)?.parse().ok()?, &text[digits..]))
}

/// `15:36`, `15:36:07.5`, `15h36`, `1536` after a date, and the rest.
fn clock(text: &str) -> Option<(Time, &str)> {
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

/// Any order of words: `Thu, 01 Jan 2004 19:48:21 GMT`, `1 janvier 2004 à 19h48`, `January 8, 2004 7:48 PM EST`.
fn free(text: &str) -> Option<Timestamp> {
    let mut parts = Parts {
        offset: local_offset(text),
        ..Parts::default()
    };
    // A first word with a comma is a weekday; some look like months (`mar.` is Tuesday, too).
    let text = match text.split_once(',') {
        Some((first, rest))
            if !first.contains(char::is_whitespace)
                && first.chars().all(|c| !c.is_ascii_digit()) =>
        {
            rest
        }
        _ => text,
    };
    let parted = text
        .replace(['\u{b144}', '\u{c6d4}', '\u{c77c}'], "-")
        .replace("- ", "-")
        .replace(['(', ')', '[', ']', ';'], " ")
        .replace(", ", " ");
    for word in parted
        .split([' ', '\t', '\n', ',', '\u{a0}', '\u{202f}'])
        .filter(|word| !word.is_empty())
    {
        take_word(&mut parts, word);
    }
    let (year, month, day) = arranged(&mut parts, text)?;
    let time = parts.time.unwrap_or(Time::midnight());
    at(
        date_of(year, month, day)?,
        halved(time, parts.afternoon),
        parts.offset.unwrap_or(0),
    )
}

/// Korean feeds write the local time and never its zone.
fn local_offset(text: &str) -> Option<i32> {
    text.chars()
        .any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
        .then_some(9 * 60)
}

fn take_word(parts: &mut Parts, word: &str) {
    let lower = word.to_lowercase();
    let bare = lower.trim_matches(['.', ':', '-', '\'']);
    if let Some(month) = month(bare) {
        parts.month = parts.month.or(Some(month));
    } else if zone_or_half(parts, word).is_some() {
    } else if word.contains(':')
        || lower.contains('h') && word.starts_with(|c: char| c.is_ascii_digit())
    {
        take_clock(parts, word);
    } else if bare.contains(['-', '/', '.']) && bare.starts_with(|c: char| c.is_ascii_digit()) {
        for piece in bare.split(['-', '/', '.']) {
            take_word(parts, piece);
        }
    } else {
        let digits = bare.trim_end_matches(|c: char| !c.is_ascii_digit());
        if let (1..=4, Ok(number)) = (digits.len(), digits.parse()) {
            parts.numbers.push((digits.len(), number));
        } else if let Some(at) = bare.find(|c: char| c.is_ascii_digit()).filter(|at| *at > 0) {
            parts.month = parts.month.or_else(|| month(&bare[..at]));
        }
    }
}

fn take_clock(parts: &mut Parts, word: &str) {
    let hours = word.find([':', 'h', 'H', '.']).unwrap_or(word.len());
    if let Some((time, rest)) = clock(word).filter(|_| hours <= 2) {
        parts.time = parts.time.or(Some(time));
        // An unreadable rest says nothing.
        let _ = zone_or_half(parts, rest);
    } else if let Some((date, clock)) = word.split_once(['T', 't']) {
        take_word(parts, date);
        take_clock(parts, clock);
    }
}

fn month(word: &str) -> Option<i8> {
    MONTHS.get(&unaccented(word)).copied()
}

/// `+0100`, `GMT+1`, `-05:00`, `EST`, `PM`; `None` where a word is none of them.
fn zone_or_half(parts: &mut Parts, word: &str) -> Option<()> {
    let upper = word.trim_matches(['.', ',']).to_uppercase();
    match upper.replace('.', "").as_str() {
        "" => return Some(()),
        "AM" | "\u{c624}\u{c804}" => {
            parts.afternoon = Some(false);
            return Some(());
        }
        "PM" | "\u{c624}\u{d6c4}" => {
            parts.afternoon = Some(true);
            return Some(());
        }
        _ => {}
    }
    let sign = upper.find(['+', '-']);
    let (name, numeric) = sign.map_or((upper.as_str(), ""), |at| upper.split_at(at));
    let named = if name.is_empty() {
        Some(0)
    } else {
        ZONES.get(name).copied()
    };
    let offset = match (named, numeric) {
        (Some(named), "") => named,
        (Some(0), numeric) => offset_minutes(numeric)?,
        _ => return None,
    };
    parts.offset = Some(offset);
    Some(())
}

fn offset_minutes(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok()?;
    let minutes = match digits.len() {
        1 | 2 => number * 60,
        3 | 4 => number / 100 * 60 + number % 100,
        _ => return None,
    };
    (minutes <= 14 * 60).then_some(sign * minutes)
}

/// Year, month and day from what was found: a named month settles the order, else the day comes first unless it
/// cannot (`03/25/2004`) or the text has the slashes of the United States with a 12-hour clock.
fn arranged(parts: &mut Parts, text: &str) -> Option<(i16, i8, i8)> {
    let long = parts.numbers.iter().position(|(digits, _)| *digits == 4);
    if let Some(at) = long {
        parts.year = Some(parts.numbers.remove(at).1 as i16);
    }
    let mut rest: Vec<i32> = parts.numbers.iter().map(|(_, number)| *number).collect();
    if let Some(month) = parts.month {
        let day = *rest.first()?;
        let year = parts
            .year
            .or_else(|| rest.get(1).map(|year| century(*year)))?;
        let (year, day) = if day > 31 {
            (century(day), *rest.get(1)?)
        } else {
            (year, day)
        };
        return Some((year, month, day as i8));
    }
    if rest.len() < 2 {
        return None;
    }
    let american = text.contains('/') && parts.afternoon.is_some();
    let (first, second) = (rest.remove(0), rest.remove(0));
    let month_first = long == Some(0) || second > 12 || american && first <= 12;
    let (day, month) = if month_first {
        (second, first)
    } else {
        (first, second)
    };
    let year = parts
        .year
        .or_else(|| rest.first().map(|year| century(*year)))?;
    Some((year, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

/// Two digits of a year, RFC 2822 section 4.3.
fn century(year: i32) -> i16 {
    (if year < 50 {
        year + 2_000
    } else if year < 1_000 {
        year + 1_900
    } else {
        year
    }) as i16
}

fn halved(time: Time, afternoon: Option<bool>) -> Time {
    let hour = match afternoon {
        Some(true) if time.hour() < 12 => time.hour() + 12,
        Some(false) if time.hour() == 12 => 0,
        _ => return time,
    };
    Time::new(hour, time.minute(), time.second(), 0).unwrap_or(time)
}

fn date_of(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
}

fn at(date: Date, time: Time, offset_minutes: i32) -> Option<Timestamp> {
    let offset = Offset::from_seconds(offset_minutes * 60).ok()?;
    let (date, time) = if time == Time::MAX {
        (date.tomorrow().ok()?, Time::midnight())
    } else {
        (date, time)
    };
    let zoned = DateTime::from_parts(date, time)
        .to_zoned_datetime(TimeZone::fixed(offset))
        .ok()?;
    Some(zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> String {
        read(text).map(|at| at.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_short_way_to_the_usual_date_says_what_the_long_one_says() {
        for (text, expected) in [
            ("Thu, 01 Jan 2004 19:48:21 GMT", true),
            ("Thu, 29 Feb 2024 23:59:59 -0330", true),
            ("Tue, 07 May 2024 14:23:17 +0200", true),
            ("Thu, 30 Feb 2024 23:59:59 -0330", false),
            ("Thu, 01 Jan 2004 19:48:21 EST", false),
            ("Thu, 01 Jan 2004 19:48:2", false),
            ("Thu, 1 Jan 2004 19:48:21 GMT", false),
            ("\u{e9}\u{e9}, 01 Jan 2004 19:48:21 GMT", false),
        ] {
            let short = rfc_2822(text);
            assert_eq!(short.is_some(), expected, "{text}");
            assert!(
                short.is_none() || short == iso(text).or_else(|| free(text)),
                "{text}"
            );
        }
    }

    #[test]
    fn dates_as_publishers_write_them() {
        for (text, expected) in [
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 1 Jan 04 19:48:21 +0530", "2004-01-01T14:18:21Z"),
            ("Fri, Feb 24 2023 08:18:00 PM", "2023-02-24T20:18:00Z"),
            ("January 8, 2004 7:48 PM EST", "2004-01-09T00:48:00Z"),
            ("2003-12-31T10:14:55.123-08:00", "2003-12-31T18:14:55Z"),
            ("2018-12-12T12:12:00", "2018-12-12T12:12:00Z"),
            ("2003-12-31 10:14:55 PST", "2003-12-31T18:14:55Z"),
            ("20031231", "2003-12-31T00:00:00Z"),
            ("2003-12", "2003-12-01T00:00:00Z"),
            ("Wed, 26 Dec 2018 10:00:54", "2018-12-26T10:00:54Z"),
            (
                "mar., 5 d\u{e9}cembre 2017 18:36:00 +0100",
                "2017-12-05T17:36:00Z",
            ),
            ("12. M\u{e4}rz 2019, 14:05", "2019-03-12T14:05:00Z"),
            ("25/03/2004 07:30", "2004-03-25T07:30:00Z"),
            ("3/25/2004 7:30:00 PM", "2004-03-25T19:30:00Z"),
            ("Thu Jan 1 19:48:21 2004", "2004-01-01T19:48:21Z"),
            ("1072986501", "2004-01-01T19:48:21Z"),
            (
                "mar., 01 d\u{e9}c. 2020 16:11:02 +0000",
                "2020-12-01T16:11:02Z",
            ),
            (
                "Thu, 29 Oct 2020 07:36:03 GMT-07:00",
                "2020-10-29T14:36:03Z",
            ),
            ("2004-j\u{fa}lius-13T9:15-05:00", "2004-07-13T14:15:00Z"),
            (
                "\u{39a}\u{3c5}\u{3c1}, 11 \u{399}\u{3bf}\u{3cd}\u{3bb} 2004 12:00:00 EST",
                "2004-07-11T17:00:00Z",
            ),
            (
                "2004\u{b144} 05\u{c6d4} 28\u{c77c}  01:31:15",
                "2004-05-27T16:31:15Z",
            ),
            (
                "2004-05-25 \u{c624}\u{d6c4} 11:23:17",
                "2004-05-25T14:23:17Z",
            ),
            ("03-12-31", "2003-12-31T00:00:00Z"),
            ("-0312", "2003-12-01T00:00:00Z"),
            ("2004-01-01T24:00:00Z", "2004-01-02T00:00:00Z"),
        ] {
            assert_eq!(reads(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "99",
            "2004-13-01",
            "Thu, 32 Jan 2004",
            "n/a",
            "0",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
