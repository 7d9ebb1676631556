//! Which words are a place that a dateline may open with: cities, countries, states, as the lexicon lists them.

use std::{collections::HashSet, sync::LazyLock};

use serde::{Deserialize as _, Deserializer};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::super::rules::{Names, folded};

const CITIES: &str = include_str!("../../../config/lexicon/cities.tsv");
const COUNTRIES: &str = include_str!("../../../config/lexicon/countries.tsv");
static PLACES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let rows = |table: &'static str| {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        lines.skip(1)
    };
    let cities = rows(CITIES).filter_map(|line| line.split('\t').next());
    let countries = rows(COUNTRIES).filter_map(|line| {
        let mut columns = line.split('\t');
        let name = columns.next()?;
        (columns.nth(1)? == "country").then_some(name)
    });
    cities.chain(countries).map(bare).collect()
});

/// Whether words are one or several places: `NEW DELHI`, `KYIV, Ukraine`, `GAZA/JERUSALEM`, `UVALDE, Texas`.
pub(super) fn is_place(text: &str, names: &Names) -> bool {
    let parts = text.split('/').flat_map(|part| part.split(" and "));
    let mut parts = parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .peekable();
    parts.peek().is_some() && parts.all(|part| is_one_place(part, names))
}

fn is_one_place(text: &str, names: &Names) -> bool {
    if is_known(text, names) {
        return true;
    }
    // A place that no list has, in a country or state that one has.
    text.split_once(',').is_some_and(|(_, region)| {
        let region = region.trim();
        let short = folded(region.trim_end_matches('.'));
        is_known(region, names) || names.dateline_states.contains(&short)
    })
}

fn is_known(text: &str, names: &Names) -> bool {
    let name = bare(text);
    PLACES.contains(&name) || names.dateline_places.contains(&name)
}

/// Reads a list of places from a file of rules, each as it is looked up.
pub(crate) fn read_places<'de, D: Deserializer<'de>>(from: D) -> Result<HashSet<String>, D::Error> {
    let places = Vec::<String>::deserialize(from)?;
    Ok(places.iter().map(|place| bare(place)).collect())
}

/// A name in lower case without accents and full stops: datelines in capitals leave them out.
fn bare(name: &str) -> String {
    let letters = name
        .trim()
        .nfd()
        .filter(|c| !is_combining_mark(*c) && *c != '.');
    letters.collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Rules;

    #[test]
    fn cities_countries_and_places_in_them_are_places() {
        let names = Rules::shipped().names;
        for place in [
            "NEW DELHI",
            "KYIV, Ukraine",
            "GAZA/JERUSALEM",
            "UVALDE, Texas",
            "BRASILIA",
            "SAO PAULO",
        ] {
            assert!(is_place(place, &names), "{place}");
        }
        for other in ["HANA OKORO", "CLAIM", "EXCLUSIVE", ""] {
            assert!(!is_place(other, &names), "{other}");
        }
    }
}
