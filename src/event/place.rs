//! Where: a place named after `in`, `at`, `near`, in the clause of the act, else in its sentence.

use super::{
    actor::Party,
    lexicon::{Entry, Kind},
    words::Words,
};

/// Words after which a place is where something happens.
const WHERE: [&str; 7] = ["in", "at", "near", "outside", "inside", "around", "across"];

/// The place of the act at `at`: the party that names it, and whether its clause or only its sentence does.
pub(crate) fn read(
    words: &Words<'_>,
    parties: &[Party<'_>],
    at: usize,
) -> Option<(usize, &'static str)> {
    let fits = |party: &Party<'_>| {
        party.place.is_some()
            && party.preposition.is_some_and(|p| words.is(p, &WHERE))
            && !party.speaker
    };
    let places = parties.iter().enumerate().filter(|(_, party)| fits(party));
    let (index, party) = places.min_by_key(|(_, party)| {
        (
            level(party),
            party.start.abs_diff(at) + 20 * usize::from(party.start < at),
        )
    })?;
    let between = if party.start > at {
        at..party.start
    } else {
        party.end..at
    };
    let clause = !between.clone().any(|i| words.is_break(i));
    Some((index, if clause { "clause" } else { "sentence" }))
}

/// A city before its country.
fn level(party: &Party<'_>) -> u8 {
    u8::from(!matches!(
        party.place.map(|place| place.kind),
        Some(Kind::City | Kind::Capital)
    ))
}

/// The record's level of a place.
pub(crate) fn level_name(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::City | Kind::Capital => "city",
        Kind::Area => "admin1",
        _ => "country",
    }
}
