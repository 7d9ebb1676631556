//! Matches the events that were coded with those that the truth tells, and counts what is right.

use std::{collections::BTreeSet, ops::Range};

use dateline::record::{Actor, Event};

use crate::{text::Text, truth::Told};

/// How much was told, found and right at one level.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count {
    /// In the truth.
    pub(crate) told: usize,
    /// Coded, without what matches only an optional event.
    pub(crate) found: usize,
    pub(crate) right: usize,
}

impl Count {
    pub(crate) fn precision(self) -> f64 {
        share(self.right, self.found)
    }

    pub(crate) fn recall(self) -> f64 {
        share(self.right, self.told)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}

/// What a folder's texts were scored at.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) texts: usize,
    /// Type and sentence agree.
    pub(crate) types: Count,
    /// And a country or group of whoever acts.
    pub(crate) who: Count,
    /// And one of whomever it is done to.
    pub(crate) whom: Count,
    /// Places of matched events where the truth has one; `found` counts those coded.
    pub(crate) places: Count,
    /// Days of matched events where the truth has one.
    pub(crate) days: Count,
    /// Text, `missed` or `wrong`, type, words.
    pub(crate) misses: Vec<(String, &'static str, String, String)>,
}

/// A text with what it tells and what was coded.
struct Pairing<'a> {
    name: &'a str,
    truth: &'a [Told],
    found: &'a [Event],
    /// Where the words of each told event stand.
    places: Vec<Range<usize>>,
}

/// Scores one text.
pub(crate) fn score_text(
    name: &str,
    text: &Text,
    truth: &[Told],
    found: &[Event],
    tally: &mut Tally,
) -> Result<(), String> {
    let place =
        |told| find_words(text, told).ok_or_else(|| format!("{name}: no words “{}”", told.words));
    let pairing = Pairing {
        name,
        truth,
        found,
        places: truth.iter().map(place).collect::<Result<_, _>>()?,
    };
    for level in 0..3 {
        pairing.score(level, tally);
    }
    tally.texts += 1;
    Ok(())
}

impl Pairing<'_> {
    fn fits(&self, event: usize, at: usize, level: u8) -> bool {
        let (event, told) = (&self.found[event], &self.truth[at]);
        told.types.contains(&event.r#type)
            && covers(event, &self.places[at])
            && (level < 1 || agrees(told.who.as_ref(), &event.actors))
            && (level < 2 || agrees(told.whom.as_ref(), &event.recipients))
    }

    fn score(&self, level: u8, tally: &mut Tally) {
        let (loose, firm): (Vec<usize>, Vec<usize>) =
            (0..self.truth.len()).partition(|&at| self.truth[at].optional);
        let matched = match_events(self.found.len(), &firm, |event, at| {
            self.fits(event, at, level)
        });
        let spare = (0..self.found.len()).filter(|event| matched.iter().all(|(e, _)| e != event));
        let wrong = spare
            .filter(|&event| !loose.iter().any(|&at| self.fits(event, at, 0)))
            .collect::<Vec<_>>();
        let count = match level {
            0 => &mut tally.types,
            1 => &mut tally.who,
            _ => &mut tally.whom,
        };
        count.told += firm.len();
        count.right += matched.len();
        count.found += matched.len() + wrong.len();
        if level == 0 {
            score_details(self.truth, self.found, &matched, tally);
            let missed = firm
                .iter()
                .filter(|at| matched.iter().all(|(_, told)| told != *at));
            self.note_misses(missed, &wrong, tally);
        }
    }

    fn note_misses<'m>(
        &self,
        missed: impl Iterator<Item = &'m usize>,
        wrong: &[usize],
        tally: &mut Tally,
    ) {
        let name = || self.name.to_owned();
        for &at in missed {
            let told = &self.truth[at];
            let miss = (name(), "missed", told.types.join("/"), told.words.clone());
            tally.misses.push(miss);
        }
        for event in wrong.iter().map(|&event| &self.found[event]) {
            let sentence = event.sentence.text.clone().unwrap_or_default();
            let miss = (name(), "wrong", event.r#type.clone(), sentence);
            tally.misses.push(miss);
        }
    }
}

/// Places and days of what was matched.
fn score_details(truth: &[Told], found: &[Event], matched: &[(usize, usize)], tally: &mut Tally) {
    for &(event, at) in matched {
        let (event, told) = (&found[event], &truth[at]);
        if let Some(place) = &told.place {
            let coded = event
                .location
                .as_ref()
                .filter(|coded| coded.from != "dateline");
            tally.places.told += 1;
            tally.places.found += usize::from(coded.is_some());
            let named = coded.and_then(|coded| coded.text.as_ref());
            let right = named
                .is_some_and(|name| place.contains(name.as_str()) || name.contains(place.as_str()));
            tally.places.right += usize::from(right);
        }
        if let Some((first, last)) = told.days {
            let coded = event.date.start.zip(event.date.end);
            let coded = coded.filter(|_| event.date.source.as_deref() == Some("text"));
            tally.days.told += 1;
            tally.days.found += usize::from(coded.is_some());
            let right = coded.is_some_and(|(start, end)| first <= start && end <= last);
            tally.days.right += usize::from(right);
        }
    }
}

/// Where the words of a told event stand, in Unicode scalar values.
fn find_words(text: &Text, told: &Told) -> Option<Range<usize>> {
    let at = text.body.find(&told.words)?;
    let start = text.body[..at].chars().count();
    Some(start..start + told.words.chars().count())
}

/// Whether an event is told in a sentence that holds the words.
fn covers(event: &Event, words: &Range<usize>) -> bool {
    let others = event.mentions.iter().map(|mention| &mention.sentence);
    let mut sentences = std::iter::once(&event.sentence).chain(others);
    sentences.any(|sentence| sentence.start < words.end && words.start < sentence.end)
}

/// Whether two sides share a country or group, or neither has one.
fn agrees(told: Option<&Vec<String>>, actors: &[Actor]) -> bool {
    let Some(told) = told else {
        return true;
    };
    let fold = |code: &str| match code {
        "UNO" | "EUR" => "IGO".to_owned(),
        other => other.to_owned(),
    };
    let told = told.iter().map(|code| fold(code)).collect::<BTreeSet<_>>();
    let coded = actors
        .iter()
        .filter_map(|actor| actor.country.as_deref().or(actor.group.as_deref()))
        .map(fold)
        .collect::<BTreeSet<_>>();
    (told.is_empty() && coded.is_empty()) || !told.is_disjoint(&coded)
}

/// The largest matching of coded events with told ones, each at most once: pairs of both.
fn match_events(
    found: usize,
    told: &[usize],
    fits: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let mut owners: Vec<Option<usize>> = vec![None; told.len()];
    for event in 0..found {
        seat(event, told, &fits, &mut owners);
    }
    let pairs = owners.iter().zip(told);
    pairs
        .filter_map(|(owner, &at)| Some(((*owner)?, at)))
        .collect()
}

/// Seats an event, moving others where that makes room: a breadth-first search for an augmenting path.
fn seat(
    event: usize,
    told: &[usize],
    fits: &impl Fn(usize, usize) -> bool,
    owners: &mut [Option<usize>],
) {
    // came[i]: the event that seat i would be given to.
    let mut came: Vec<Option<usize>> = vec![None; told.len()];
    let mut open = vec![event];
    while let Some(mover) = open.pop() {
        for at in 0..told.len() {
            if came[at].is_some() || !fits(mover, told[at]) {
                continue;
            }
            came[at] = Some(mover);
            match owners[at] {
                Some(owner) => open.push(owner),
                None => return give_seats(at, &came, owners),
            }
        }
    }
}

/// Gives a free seat to its mover, the mover's old one to the mover before, and so on.
fn give_seats(free: usize, came: &[Option<usize>], owners: &mut [Option<usize>]) {
    let mut next = Some(free);
    while let Some(at) = next {
        let mover = came[at];
        next = owners
            .iter()
            .position(|owner| owner.is_some() && *owner == mover);
        owners[at] = mover;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_makes_room_for_one_that_fits_nowhere_else() {
        // 0 fits both seats, 1 only the first.
        let pairs = match_events(2, &[0, 1], |event, at| event == 0 || at == 0);
        assert_eq!(pairs, [(1, 0), (0, 1)]);
    }
}
