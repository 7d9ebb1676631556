//! Dates written to a standard: RFC 2822, ISO 8601 in all its forms, seconds since 1970.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{
    Moment, Precision, calendar,
    clock::{clock, halved, number},
    names,
    order::Notation,
    zone::{self, Zone},
};

/// The way most feeds write it, letter for letter: `Thu, 01 Jan 2004 19:48:21 +0100`, `GMT` for the offset.
pub(super) fn rfc_2822(text: &str) -> Option<Moment> {
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
    let (head, zone) = text.as_bytes().split_at_checked(26)?;
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
    let minutes = match zone {
        b"GMT" => 0,
        [b'+' | b'-', _, _, _, _] => zone::offset(text.get(26..)?)?.0,
        _ => return None,
    };
    // Left to the general reader, which knows calendars.
    if calendar::is_buddhist_year(i32::from(year)) {
        return None;
    }
    let day = Date::new(year, month, two(day)?).ok()?;
    moment(day, time, true, Some(Zone::Minutes(minutes)))
}

/// Seconds or milliseconds since 1970, of the years 1973 to 2286; `/Date(1589619657000)/` is how .NET once wrote them.
pub(super) fn unix(text: &str) -> Option<Moment> {
    let inside = text
        .strip_prefix("/Date(")
        .and_then(|text| text.strip_suffix(")/"));
    // An offset behind the number only says where it was written.
    let text = inside.map_or(text, |text| {
        text.split(['+', '-']).next().unwrap_or_default()
    });
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let at = match whole.len() {
        9 | 10 => Timestamp::from_second(number).ok()?,
        // Of 1979 to 2001; more digits in front are a day and a time.
        12 if whole.as_bytes()[0] >= b'3' => Timestamp::from_millisecond(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        16 => Timestamp::from_microsecond(number).ok()?,
        _ => return None,
    };
    let there = jiff::tz::TimeZone::UTC.to_datetime(at);
    Some(Moment {
        day: there.date(),
        time: Some(there.time()),
        at: Some(at),
        precision: Precision::Second,
        utc: true,
    })
}

/// ISO 8601 and what is written in its place: `2004-07-22T15:36:00.123+01:00`, `20040722`, `2004-07`, `2004-07-22 3:36 PM EST`.
pub(super) fn iso(text: &str, notation: &Notation) -> Option<Moment> {
    let (day, rest, whole) = iso_date(text, notation).or_else(|| short_date(text))?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',']);
    if rest.is_empty() {
        let precision = if whole {
            Precision::Day
        } else {
            Precision::Month
        };
        return Some(Moment {
            precision,
            ..Moment::of_day(day)
        });
    }
    let (time, seconds, rest) = clock(rest)?;
    let (afternoon, zone) = tail(rest, notation)?;
    moment(day, halved(time, afternoon), seconds, zone)
}

/// What stands after a clock: half of the day, zone, the name of a place in brackets.
fn tail(text: &str, notation: &Notation) -> Option<(Option<bool>, Option<Zone>)> {
    let (mut afternoon, mut zone, mut numeric) = (None, None, false);
    let (clocked, bracket) = text.split_once('[').unwrap_or((text, ""));
    let mut rest = clocked.trim();
    while !rest.is_empty() {
        if let Some((minutes, length)) = zone::offset(rest) {
            (zone, numeric) = (Some(Zone::Minutes(minutes)), true);
            rest = rest[length..].trim_start();
            continue;
        }
        let end = rest.find([' ', '+', '-']).unwrap_or(rest.len());
        let (word, left) = rest.split_at(end);
        match word.to_ascii_uppercase().replace('.', "").as_str() {
            "AM" => afternoon = Some(false),
            "PM" => afternoon = Some(true),
            name => {
                let named = names::zone(name.trim_end_matches([',', ';']), &notation.country)?;
                zone = if numeric { zone } else { Some(named) };
            }
        }
        rest = left.trim_start();
    }
    // `10:15:30[Europe/Paris]`, as Java prints it; an offset before the bracket has said it already.
    let zone = zone.or_else(|| zone::place(bracket).map(|(zone, _)| zone));
    Some((afternoon, zone))
}

/// A moment, unless its zone tells no instant.
fn moment(day: Date, time: Time, seconds: bool, zone: Option<Zone>) -> Option<Moment> {
    let moment = Moment::of_time(day, time, seconds, zone);
    (zone.is_none() || moment.at.is_some()).then_some(moment)
}

/// The date, what follows it, and whether it tells the day.
fn iso_date<'t>(text: &'t str, notation: &Notation) -> Option<(Date, &'t str, bool)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 8 || digits == 14 || digits == 12 {
        let date = Date::new(
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..8].parse().ok()?,
        );
        return Some((date.ok()?, &text[8..], true));
    }
    if digits != 4 {
        return None;
    }
    let year: i16 = text[..4].parse().ok()?;
    let Some(rest) = text[4..].strip_prefix(['-', '/', '.']) else {
        let only = text.len() == 4;
        return only
            .then(|| Date::new(year, 1, 1).ok())
            .flatten()
            .map(|date| (date, "", false));
    };
    let (month, rest) = number(rest, 2)?;
    let month = i8::try_from(month).ok()?;
    let Some(rest) = rest.strip_prefix(['-', '/', '.']) else {
        let date = Date::new(year, month, 1).ok()?;
        return rest.is_empty().then_some((date, "", false));
    };
    let (day, rest) = number(rest, 2)?;
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let day = i8::try_from(day).ok()?;
    let date = match i32::from(year) {
        year if calendar::is_hijri_year(year) => {
            calendar::hijri_day(year, month, day, notation.latest)?
        }
        year => calendar::Calendar::Gregorian.day(year, month, day, None)?,
    };
    Some((date, rest, true))
}

/// Two digits of a year first, as ISO 8601 once allowed: `03-12-31`, `-03-12`, `-0312`.
fn short_date(text: &str) -> Option<(Date, &str, bool)> {
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
    let year = i16::try_from(calendar::full_year(digits[..2].parse().ok()?)).ok()?;
    let date = Date::new(year, digits[2..4].parse().ok()?, day).ok()?;
    Some((date, "", digits.len() == 6))
}
