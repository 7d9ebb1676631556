//! What a date says beside day and clock: its zone, and which half of the day it is.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

use super::names;

/// Zone and half of the day, where they are told.
#[derive(Debug, Default)]
pub(super) struct Zone {
    /// Minutes east of Greenwich.
    pub(super) offset: Option<i32>,
    pub(super) afternoon: Option<bool>,
}

impl Zone {
    /// Reads `+0100`, `GMT+1`, `-05:00`, `EST`, `PM`; `None` where a word is none of them.
    pub(super) fn take(&mut self, word: &str) -> Option<()> {
        let upper = word.trim_matches(['.', ',']).to_uppercase();
        let half = match upper.replace('.', "").as_str() {
            "" => return Some(()),
            "AM" | "\u{c624}\u{c804}" => Some(false),
            "PM" | "\u{c624}\u{d6c4}" => Some(true),
            _ => None,
        };
        if half.is_some() {
            self.afternoon = half;
            return Some(());
        }
        let sign = upper.find(['+', '-']);
        let (name, numeric) = sign.map_or((upper.as_str(), ""), |at| upper.split_at(at));
        let named = if name.is_empty() {
            Some(0)
        } else {
            names::zone(name)
        };
        let offset = match (named, numeric) {
            (Some(named), "") => named,
            (Some(0), numeric) => offset_minutes(numeric)?,
            _ => return None,
        };
        self.offset = Some(offset);
        Some(())
    }

    /// The instant of a day and a time there; `Time::MAX` is midnight at the day's end.
    pub(super) fn instant(&self, date: Date, time: Time) -> Option<Timestamp> {
        let time = halved(time, self.afternoon);
        let offset = Offset::from_seconds(self.offset.unwrap_or(0) * 60).ok()?;
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

fn halved(time: Time, afternoon: Option<bool>) -> Time {
    let hour = match afternoon {
        Some(true) if time.hour() < 12 => time.hour() + 12,
        Some(false) if time.hour() == 12 => 0,
        _ => return time,
    };
    Time::new(hour, time.minute(), time.second(), 0).unwrap_or(time)
}
