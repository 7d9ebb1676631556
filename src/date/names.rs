//! What publishers call months, days of the week, zones and halves of the day.

use std::{collections::HashMap, sync::LazyLock};

use super::{calendar::Calendar, spelling::bare_word, zone::Zone};

const MONTHS: &str = include_str!("../../config/dates/months.tsv");
const WEEKDAYS: &str = include_str!("../../config/dates/weekdays.tsv");
const ZONES: &str = include_str!("../../config/dates/zones.tsv");
const WORDS: &str = include_str!("../../config/dates/words.tsv");

/// Words of the longest name.
// `tháng mười hai`.
pub(super) const MAX_NAME_WORDS: usize = 3;

/// A month by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Month {
    pub(super) number: i8,
    pub(super) calendar: Calendar,
}

/// What a word of a date may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    Afternoon(bool),
    /// Years to add to the number that follows.
    Era(i32),
    /// The number of a month follows.
    MonthFollows,
    /// It stands beside a time with a full stop in it.
    BesideClock,
    /// It may stand inside a date.
    Between,
}

type Named<T> = HashMap<String, Vec<(&'static str, T)>>;

static NAMED_MONTHS: LazyLock<Named<Month>> = LazyLock::new(|| {
    named(MONTHS, |columns| {
        let [calendar, number] = columns else {
            return None;
        };
        Some(Month {
            number: number.parse().ok()?,
            calendar: Calendar::named(calendar),
        })
    })
});
static NAMED_WEEKDAYS: LazyLock<Named<u8>> = LazyLock::new(|| {
    named(WEEKDAYS, |columns| {
        let [number] = columns else { return None };
        let number: u8 = number.parse().ok()?;
        Some(1 << (number - 1))
    })
});
static NAMED_ZONES: LazyLock<HashMap<&str, Vec<(&str, Zone)>>> = LazyLock::new(|| {
    let mut zones: HashMap<&str, Vec<(&str, Zone)>> = HashMap::new();
    for line in rows(ZONES) {
        let mut columns = line.split('\t');
        if let (Some(name), Some(rule)) = (columns.next(), columns.next()) {
            let country = columns.next().unwrap_or("");
            zones
                .entry(name)
                .or_default()
                .push((country, Zone::parse(rule)));
        }
    }
    zones
});
static TERMS: LazyLock<HashMap<String, Term>> = LazyLock::new(|| {
    let term = |line: &str| {
        let mut columns = line.split('\t');
        let (kind, word, value) = (columns.next()?, columns.next()?, columns.next()?);
        let term = match kind {
            "half" => Term::Afternoon(value == "afternoon"),
            "era" => Term::Era(value.parse().ok()?),
            "month" => Term::MonthFollows,
            "clock" => Term::BesideClock,
            _ => Term::Between,
        };
        Some((bare_word(word), term))
    };
    rows(WORDS).filter_map(term).collect()
});

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A table of a language, what is read of the middle columns, and names.
fn named<T: Copy>(table: &'static str, read: impl Fn(&[&str]) -> Option<T>) -> Named<T> {
    let mut out: Named<T> = HashMap::new();
    for line in rows(table) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [language, middle @ .., names] = columns.as_slice() else {
            continue;
        };
        let Some(value) = read(middle) else { continue };
        for name in names.split(", ") {
            out.entry(key(name)).or_default().push((language, value));
        }
    }
    out
}

/// A name as it is looked up: its words, bare, without the signs between them.
fn key(name: &str) -> String {
    let simple = super::spelling::simplified(name);
    let words = simple.split(|c: char| !super::spelling::is_word_char(c));
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(bare_word)
        .collect();
    words.join(" ")
}

/// The month of a bare name; where languages differ, in this one, else in the first that has it.
pub(super) fn month(name: &str, language: &str) -> Option<Month> {
    let list = NAMED_MONTHS.get(name).or_else(|| {
        // Hebrew writes "in" as the first letter.
        NAMED_MONTHS.get(name.strip_prefix('ב')?)
    })?;
    let own = list.iter().find(|(of, _)| *of == language);
    Some(own.or(list.first())?.1)
}

/// The days of the week that a bare name stands for in any language, Monday the lowest bit.
pub(super) fn weekdays(name: &str) -> Option<u8> {
    let list = NAMED_WEEKDAYS.get(name)?;
    Some(list.iter().fold(0, |days, (_, day)| days | day))
}

/// The zone of a name in capitals, in this country, else in that of the most feeds.
pub(super) fn zone(name: &str, country: &str) -> Option<Zone> {
    let list = NAMED_ZONES.get(name)?;
    let own = list.iter().find(|(of, _)| *of == country);
    let usual = || list.iter().find(|(of, _)| of.is_empty()).or(list.first());
    Some(own.or_else(usual)?.1)
}

/// What a bare word means in a date.
pub(super) fn term(word: &str) -> Option<Term> {
    TERMS.get(word).copied()
}
