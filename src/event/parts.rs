//! The parts of an event record: parties, date, place, size, contexts, with their spans.

use super::{
    act_place::{self, OF_WORDS},
    actor::Party,
    build::Whole,
    details::Clue,
    lexicon::Kind,
    quote::find_quote,
    read::Read,
    role::Scene,
    saying::{Saying, find_saying},
    size::Counter,
    time::{Calendar, find_date},
    words::Words,
};
use crate::record::{Actor, Attribution, EventDate, Location, Size, Span};

impl<'l> Whole<'_, 'l> {
    pub(crate) fn records(
        &self,
        read: &Read<'_, 'l>,
        parties: &[Party<'l>],
        from: &str,
    ) -> Vec<Actor> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let one = |party: &Party<'l>| {
            let named = party.start < party.end;
            let span = named.then(|| self.words(read.words, party.start, party.end));
            let mut sectors = party
                .sectors
                .iter()
                .map(|&s| s.to_owned())
                .collect::<Vec<_>>();
            sectors.sort();
            Actor {
                start: span.as_ref().map(|span| span.start),
                end: span.as_ref().map(|span| span.end),
                text: span.map(|span| span.text),
                implied: !named,
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

    /// When the act at `at` is, in a sentence of the story; `ahead` for one told as to come.
    pub(crate) fn date(&self, scene: &Scene<'_, '_>, at: usize, ahead: bool) -> EventDate {
        let calendar = Calendar {
            details: &self.lexicon.details,
            day: self.day,
            ahead,
        };
        // What is told as done is not yet to come: the day is of what it asks for, or of what it announces.
        let past = |start: jiff::civil::Date| ahead || self.day.is_none_or(|day| start <= day);
        if let Some(when) = find_date(scene, at, calendar).filter(|when| past(when.start)) {
            return EventDate {
                start: Some(when.start),
                end: Some(when.end),
                precision: Some(when.precision.to_owned()),
                source: Some("text".to_owned()),
                phrase: Some(self.words(scene.words, when.words.0, when.words.1)),
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

    /// The place that a party of the act's own clause names.
    pub(crate) fn location(&self, words: &Words<'_>, party: &Party<'_>) -> Location {
        let span = self.words(words, party.start, party.end);
        let city = party.place.and_then(|place| place.city.as_ref());
        let name = party.name.clone().unwrap_or_else(|| span.text.clone());
        let area = party.place.is_some_and(|place| place.kind == Kind::Area);
        Location {
            admin1_name: area.then(|| name.clone()),
            name,
            text: Some(span.text),
            start: Some(span.start),
            end: Some(span.end),
            country: (!party.country.is_empty()).then(|| party.country.to_owned()),
            admin1: city.map(|city| city.admin1.to_string()),
            lat: city.map(|city| city.lat),
            lon: city.map(|city| city.lon),
            level: party
                .place
                .map_or("country", act_place::level_name)
                .to_owned(),
            geonameid: city.map(|city| city.geonameid).filter(|&id| id > 0),
            from: "clause".to_owned(),
        }
    }

    /// The place that the story opens with, where it lies in a country that takes part: marked as such, since the text
    /// of the act does not say it.
    pub(crate) fn dateline(&self, sides: [&[(usize, Party<'_>)]; 2]) -> Option<Location> {
        let place = self.story.dateline.as_ref()?.place.as_deref()?;
        let words = title_case(place);
        let words = words.iter().map(String::as_str).collect::<Vec<_>>();
        let (entry, _) = self.lexicon.name_at(&words)?;
        let entry = &self.lexicon.entries[entry];
        let takes_part = sides
            .iter()
            .flat_map(|side| side.iter())
            .any(|(_, party)| party.country == &*entry.country);
        let fits = matches!(entry.kind, Kind::City | Kind::Capital) && takes_part;
        let city = entry.city.as_ref().filter(|_| fits)?;
        Some(Location {
            name: entry.name.to_string(),
            text: None,
            start: None,
            end: None,
            country: Some(entry.country.to_string()),
            admin1: Some(city.admin1.to_string()),
            admin1_name: None,
            lat: Some(city.lat),
            lon: Some(city.lon),
            level: act_place::level_name(entry).to_owned(),
            geonameid: Some(city.geonameid).filter(|&id| id > 0),
            from: "dateline".to_owned(),
        })
    }

    /// Who is said to tell the act at `at`; nobody where the speaker is the one who acts.
    pub(crate) fn attribution(
        &self,
        scene: &Scene<'_, '_>,
        at: usize,
        actors: &[usize],
    ) -> Option<Attribution> {
        let Saying { kind, speaker } = find_saying(scene, at)?;
        let acts = |(first, last): (usize, usize)| {
            let mut own = actors.iter().map(|&actor| &scene.parties[actor]);
            own.any(|party| party.meets(first, last))
        };
        if kind == "reported" && speaker.is_some_and(acts) {
            return None;
        }
        Some(Attribution {
            kind: kind.to_owned(),
            speaker: speaker.map(|(first, last)| self.words(scene.words, first, last)),
        })
    }

    /// The words quoted that carry the act at `at`.
    pub(crate) fn quote(&self, scene: &Scene<'_, '_>, kind: &str, at: usize) -> Option<Span> {
        let (first, last) = find_quote(scene, at, OF_WORDS.contains(&kind))?;
        Some(self.words(scene.words, first, last))
    }

    /// How many the act at `at` struck, took or drew.
    pub(crate) fn size(&self, scene: &Scene<'_, '_>, kind: &str, at: usize) -> Size {
        let counter = Counter(scene);
        let record = |heads: super::size::Heads| {
            let span = self.words(scene.words, heads.words.0, heads.words.1);
            heads.record(span.text, span.start, span.end)
        };
        let victims = |clue| counter.count_victims(at, clue).map(record);
        match kind {
            "ASSAULT" => Size {
                dead: victims(Clue::Dead),
                injured: victims(Clue::Injured),
                ..Size::default()
            },
            "COERCE" => Size {
                arrested: victims(Clue::Arrested),
                ..Size::default()
            },
            "PROTEST" => Size {
                participants: counter.count_takers(at).map(record),
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

/// `KABUL` and `NEW DELHI` as the lexicon writes them, cut into words.
fn title_case(place: &str) -> Vec<String> {
    let head = place.split(',').next().unwrap_or(place);
    let one = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + &letters.as_str().to_lowercase()
    };
    head.split_whitespace().map(one).collect()
}

/// An attack that nobody is named for: somebody, where it happened.
pub(crate) fn implied(kind: &str, location: Option<&Location>) -> Vec<Actor> {
    let country = location
        .filter(|l| l.from == "clause")
        .and_then(|l| l.country.clone());
    if kind != "ASSAULT" || country.is_none() {
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
