//! Dates written to a standard: RFC 2822, and ISO 8601 in all its forms.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{
    century,
    clock::{clock, number},
    date_of,
    zone::Zone,
};

/// The way most feeds write it, letter for letter: `Thu, 01 Jan 2004 19:48:21 +0100`, `GMT` for the offset.
pub(super) fn rfc_2822(text: &str) -> Option<Timestamp> {
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
    let zone = Zone {
        offset: Some(offset),
        ..Zone::default()
    };
    zone.instant(date_of(year, month, two(day)?)?, time)
}

/// ISO 8601 and what is written in its place: `2004-07-22T15:36:00.123+01:00`, `20040722`, `2004-07`, `2004-W30-4`.
pub(super) fn iso(text: &str) -> Option<Timestamp> {
    let (date, rest) = iso_date(text).or_else(|| short_date(text))?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',']);
    let (time, rest) = if rest.is_empty() {
        (Time::midnight(), "")
    } else {
        clock(rest)?
    };
    let mut zone = Zone::default();
    for word in rest.split_whitespace() {
        zone.take(word)?;
    }
    zone.instant(date, time)
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
