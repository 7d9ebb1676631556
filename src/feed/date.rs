//! Dates of feeds, read leniently: any order a publisher writes, any zone name, months in twenty languages.
//!
//! A time without a zone is taken as UTC, as all feed readers do; what cannot be read is no date, never a guess.

use jiff::{Timestamp, civil::Date};

mod clock;
mod free;
mod names;
mod standard;
mod zone;

use free::free;
use standard::{iso, rfc_2822};

/// Longer texts are no dates.
const LONGEST: usize = 120;

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

fn date_of(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
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
