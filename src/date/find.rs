//! The date among the pieces of a text: the day first, then the time and the zone that stand with it.

use jiff::civil::{Date, Time};

use super::{
    Moment,
    clock::halved,
    order::Notation,
    pieces::Piece,
    zone::{self, Zone},
};

mod days;

use days::Days;

/// Pieces between a date and the time that belongs to it.
// `Friday`, `at`, a word or two that tell whose time it is.
const MAX_GAP: usize = 6;
/// Pieces after a clock among which its zone is.
// Half of the day, the zone's name and its offset, the year.
const MAX_TO_ZONE: usize = 4;

/// The first date of a line that can be believed.
pub(super) fn find_in_line(pieces: &[Piece], notation: &Notation) -> Option<Moment> {
    let days = Days::of(pieces, notation.month_first, notation.latest);
    let (day, places) = days.find_first(false, |day| notation.believes(day))?;
    Some(add_time(pieces, day, places))
}

/// The date of a text that is a date and nothing else, in whatever order its words stand.
pub(super) fn read_stamp(pieces: &[Piece], text: &str, notation: &Notation) -> Option<Moment> {
    let afternoon = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Afternoon(_)));
    // Slashes beside a clock of twelve hours are how Americans write.
    let american = text.contains('/') && afternoon;
    let days = Days::of(pieces, notation.month_first || american, notation.latest);
    let (day, places) = days
        .find_first(true, |_| true)
        .or_else(|| days.find_in_any_order())?;
    let mut moment = add_time(pieces, day, places);
    if moment.at.is_none() && is_korean(text) {
        moment.at = zone::instant(moment.day, moment.time?, Some(Zone::Minutes(KOREA)));
    }
    Some(moment)
}

/// Minutes east of Greenwich.
// Korean feeds write the local time and never its zone.
const KOREA: i32 = 9 * 60;

fn is_korean(text: &str) -> bool {
    text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
}

/// The day with the time beside it: the first after it, else the last before.
fn add_time(pieces: &[Piece], day: Date, [from, to]: [usize; 2]) -> Moment {
    let clock = |place: &usize| matches!(pieces[*place], Piece::Clock(..));
    let after = (from..pieces.len().min(to + MAX_GAP)).find(clock);
    let before = || (from.saturating_sub(MAX_GAP)..from).rev().find(clock);
    let Some(place) = after.or_else(before) else {
        return Moment::of_day(day);
    };
    let Piece::Clock(time, seconds) = pieces[place] else {
        return Moment::of_day(day);
    };
    let half = |place: Option<usize>| match pieces.get(place?) {
        Some(Piece::Afternoon(afternoon)) => Some(*afternoon),
        _ => None,
    };
    let afternoon = half(Some(place + 1)).or_else(|| half(place.checked_sub(1)));
    let time = if time == Time::MAX {
        time
    } else {
        halved(time, afternoon)
    };
    Moment::of_time(day, time, seconds, find_zone(&pieces[place + 1..]))
}

/// The zone of a clock: an offset in numbers says more than a name.
fn find_zone(pieces: &[Piece]) -> Option<Zone> {
    let near = || {
        pieces
            .iter()
            .take(MAX_TO_ZONE)
            .take_while(|piece| !matches!(piece, Piece::Clock(..)))
    };
    let numeric = near().find_map(|piece| match piece {
        Piece::Offset(minutes) => Some(Zone::Minutes(*minutes)),
        _ => None,
    });
    numeric.or_else(|| {
        near().find_map(|piece| match piece {
            Piece::Zone(zone) => Some(*zone),
            _ => None,
        })
    })
}
