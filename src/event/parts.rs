//! The parts of an event record: parties, date, place, size, contexts, with their spans.

use super::{
    act::Act,
    actor::Party,
    build::{Read, Whole},
    place, size, time,
    words::Words,
};
use crate::record::{Actor, Attribution, EventDate, Location, Size};

impl<'l> Whole<'_, 'l> {
    pub(crate) fn records(
        &self,
        read: &Read<'_, 'l>,
        parties: &[Party<'l>],
        from: &str,
    ) -> Vec<Actor> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let one = |party: &Party<'l>| {
            let span = self.words(read.words, party.start, party.end);
            let mut sectors = party
                .sectors
                .iter()
                .map(|&s| s.to_owned())
                .collect::<Vec<_>>();
            sectors.sort();
            Actor {
                text: Some(span.text),
                start: Some(span.start),
                end: Some(span.end),
                implied: false,
                name: party.name.clone(),
                name_at: party.name_at.map(|at| self.span(at.start, at.end)),
                country: some(party.country),
                group: some(party.group),
                territory: some(party.territory),
                sectors,
                wikidata: some(party.wikidata),
                role_from: if party.pronoun() { "inherited" } else { from }.to_owned(),
                country_from: some(if party.country.is_empty() {
                    ""
                } else {
                    party.country_from
                }),
            }
        };
        parties.iter().map(one).collect()
    }

    pub(crate) fn date(&self, read: &Read<'_, '_>, act: &Act<'_>) -> EventDate {
        if let Some(when) = time::read(read.words, act.trigger, self.day) {
            return EventDate {
                start: Some(when.start),
                end: Some(when.end),
                precision: Some(when.precision.to_owned()),
                source: Some("text".to_owned()),
                phrase: Some(self.words(read.words, when.words.0, when.words.1)),
            };
        }
        EventDate {
            start: self.day,
            end: self.day,
            precision: self.day.map(|_| "day".to_owned()),
            source: self.day.map(|_| "published".to_owned()),
            phrase: None,
        }
    }

    pub(crate) fn location(&self, read: &Read<'_, 'l>, at: usize, from: &str) -> Location {
        let party = &read.parties[at];
        let span = self.words(read.words, party.start, party.end);
        let city = party.place.and_then(|place| place.city.as_ref());
        Location {
            name: party.name.clone().unwrap_or_else(|| span.text.clone()),
            text: Some(span.text),
            start: Some(span.start),
            end: Some(span.end),
            country: (!party.country.is_empty()).then(|| party.country.to_owned()),
            admin1: city.map(|city| city.admin1.to_string()),
            admin1_name: None,
            lat: city.map(|city| city.lat),
            lon: city.map(|city| city.lon),
            level: party.place.map_or("country", place::level_name).to_owned(),
            geonameid: city.map(|city| city.geonameid).filter(|&id| id > 0),
            from: from.to_owned(),
        }
    }

    pub(crate) fn attribution(&self, read: &Read<'_, '_>, act: &Act<'_>) -> Option<Attribution> {
        let kind = act.attribution?;
        let own = read
            .report
            .speaker
            .filter(|at| !act.actors.parties.contains(at));
        let speaker =
            own.map(|at| self.words(read.words, read.parties[at].start, read.parties[at].end));
        Some(Attribution {
            kind: kind.to_owned(),
            speaker,
        })
    }

    pub(crate) fn size(&self, read: &Read<'_, '_>, act: &Act<'_>) -> Size {
        let count = |of: &[&str]| {
            size::read(read.words, of).map(|heads| {
                let span = self.words(read.words, heads.at, heads.at + 1);
                heads.record(&span.text, span.start, span.end)
            })
        };
        match act.r#type {
            "ASSAULT" => Size {
                dead: count(&["killed", "killing", "dead", "died", "kills"]),
                injured: count(&["wounded", "injured", "wounding", "injuring", "hurt"]),
                ..Size::default()
            },
            "COERCE" => Size {
                arrested: count(&["arrested", "detained", "arresting", "detaining"]),
                ..Size::default()
            },
            _ => Size::default(),
        }
    }

    /// Contexts of which two words stand in the sentence.
    pub(crate) fn contexts(&self, words: &Words<'_>) -> Vec<String> {
        let mut counts = vec![0_u8; self.lexicon.contexts.len()];
        for at in 0..words.len() {
            for &context in self
                .lexicon
                .context_words
                .get(words.lower(at))
                .into_iter()
                .flatten()
            {
                counts[context] = counts[context].saturating_add(1);
            }
        }
        let named = self.lexicon.contexts.iter().zip(counts);
        named
            .filter(|(_, count)| *count >= 2)
            .map(|(name, _)| name.to_string())
            .collect()
    }
}

/// An attack that nobody is named for: somebody, where it happened.
pub(crate) fn implied(act: &Act<'_>, location: Option<&Location>) -> Vec<Actor> {
    let country = location
        .filter(|l| l.from == "clause")
        .and_then(|l| l.country.clone());
    if act.r#type != "ASSAULT" || country.is_none() {
        return Vec::new();
    }
    vec![Actor {
        text: None,
        start: None,
        end: None,
        implied: true,
        name: None,
        name_at: None,
        country,
        group: None,
        territory: None,
        sectors: vec!["UNK".to_owned()],
        wikidata: None,
        role_from: "inherited".to_owned(),
        country_from: Some("place".to_owned()),
    }]
}
