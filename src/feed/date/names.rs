//! What publishers call months and zones, in twenty languages.

use std::{collections::HashMap, str::FromStr, sync::LazyLock};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Months and zones: `month`/`zone`, name, number or offset in minutes.
const NAMES: &str = include_str!("../../../config/feeds/dates.tsv");

static MONTHS: LazyLock<HashMap<String, i8>> = LazyLock::new(|| names("month"));
static ZONES: LazyLock<HashMap<String, i32>> = LazyLock::new(|| names("zone"));

fn names<T: FromStr>(kind: &str) -> HashMap<String, T> {
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

/// The month of this name, from 1.
pub(super) fn month(word: &str) -> Option<i8> {
    MONTHS.get(&unaccented(word)).copied()
}

/// The zone of this name in capitals, minutes east of Greenwich.
pub(super) fn zone(word: &str) -> Option<i32> {
    ZONES.get(word).copied()
}
