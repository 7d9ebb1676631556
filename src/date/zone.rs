//! Zones of dates: offsets in numbers, names, names that stand for summer and winter time.

use std::{collections::HashMap, sync::LazyLock};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone, TimeZoneDatabase},
};

/// The date line is this far from Greenwich at most, in minutes.
const FARTHEST: i32 = 14 * 60;

/// What a name of a zone stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Minutes east of Greenwich.
    Minutes(i32),
    /// A POSIX rule with summer time.
    Rule(&'static str),
    /// A place of the IANA database, whose offset depends on the day: `Europe/Paris`.
    Place(&'static str),
}

/// The places of the database that is compiled in, by their names in lower case. The machine's own is not asked: a date
/// is the same instant wherever it is read.
static PLACES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let names = TimeZoneDatabase::bundled();
    let names = names.available().map(|name| name.as_str().to_owned());
    let places = names.filter(|name| name.contains('/'));
    places.map(|name| (name.to_lowercase(), name)).collect()
});

impl Zone {
    /// As the table writes it.
    pub(super) fn parse(text: &'static str) -> Self {
        text.parse().map_or(Self::Rule(text), Self::Minutes)
    }

    /// Whether it is that of Greenwich, which systems write wherever they stand.
    pub(super) fn is_utc(self) -> bool {
        self == Self::Minutes(0)
    }

    fn time_zone(self) -> Option<TimeZone> {
        match self {
            Self::Minutes(minutes) => {
                Some(TimeZone::fixed(Offset::from_seconds(minutes * 60).ok()?))
            }
            Self::Rule(rule) => TimeZone::posix(rule).ok(),
            Self::Place(name) => TimeZoneDatabase::bundled().get(name).ok(),
        }
    }
}

/// The place that opens a text, `Europe/Paris`, and the length of its name.
pub(super) fn place(text: &str) -> Option<(Zone, usize)> {
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
    let end = text.find(|c| !is_of_a_name(c)).unwrap_or(text.len());
    let name = text.get(..end).filter(|name| name.contains('/'))?;
    let known = PLACES.get(&name.to_lowercase())?;
    // `Etc/UTC` and its like stand for Greenwich, `Etc/GMT+5` for an offset of its own.
    let is_greenwich = known.starts_with("Etc/") && !known.contains(|c: char| c.is_ascii_digit());
    let zone = if is_greenwich {
        Zone::Minutes(0)
    } else {
        Zone::Place(known)
    };
    Some((zone, end))
}

/// The instant of a day and a time in a zone, else UTC; `Time::MAX` is midnight at the day's end.
pub(super) fn instant(day: Date, time: Time, zone: Option<Zone>) -> Option<Timestamp> {
    let (day, time) = if time == Time::MAX {
        (day.tomorrow().ok()?, Time::midnight())
    } else {
        (day, time)
    };
    let zone = zone.unwrap_or(Zone::Minutes(0)).time_zone()?;
    let zoned = DateTime::from_parts(day, time)
        .to_zoned_datetime(zone)
        .ok()?;
    Some(zoned.timestamp())
}

/// The offset that opens a text: `+0100`, `-05:00`, `+5:30`, `+1`, in minutes, and its length.
pub(super) fn offset(text: &str) -> Option<(i32, usize)> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = |from: usize| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let first = digits(1);
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i32>().ok();
    let (hours, minutes, end) = match first {
        1 | 2 if text.as_bytes().get(1 + first) == Some(&b':') && digits(2 + first) == 2 => {
            let colon = 1 + first;
            (number(1, colon)?, number(colon + 1, colon + 3)?, colon + 3)
        }
        1 | 2 => (number(1, 1 + first)?, 0, 1 + first),
        3 | 4 => {
            let all = number(1, 1 + first)?;
            (all / 100, all % 100, 1 + first)
        }
        _ => return None,
    };
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= FARTHEST).then_some((sign * all, end))
}

/// An offset of four digits that a blank parts from its sign, `17:45 - 0500`, and its length after the sign.
pub(super) fn parted_offset(sign: char, rest: &str) -> Option<(i32, usize)> {
    let digits = rest.strip_prefix(' ')?.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    offset(&format!("{sign}{digits}"))
}
