//! From the sentences of a story to event records.

use jiff::civil::Date;

use super::{
    Story, TABLES,
    act::{self, Act},
    actor::{Finder, Known, Party, Sort},
    attribution::{self, Report},
    confidence,
    frame::Shape,
    lexicon::Lexicon,
    merge, place,
    role::{Role, Scene},
    size, time,
    words::Words,
};
use crate::{
    id::EventId,
    language,
    record::{
        Actor, Attribution, Coder, Confidence, Event, EventDate, Location, SentenceSpan, Size, Span,
    },
};

/// One sentence, read.
struct Read<'w, 'l> {
    words: &'w Words<'w>,
    parties: Vec<Party<'l>>,
    report: Report,
}

/// What of the story all its sentences share.
struct Whole<'s, 'l> {
    story: &'s Story<'s>,
    lexicon: &'l Lexicon,
    /// Unicode scalar values before each byte.
    scalars: Vec<u32>,
    day: Option<Date>,
    /// The country named most.
    dominant: &'l str,
}

/// Codes a story.
pub(crate) fn code(lexicon: &Lexicon, story: &Story<'_>) -> Vec<Event> {
    let sentences = language::split(story.text);
    let mut quoted = false;
    let mut words = Vec::with_capacity(sentences.len());
    let mut last = 0;
    for sentence in &sentences {
        if story.text[last..sentence.span.start].contains('\n') {
            quoted = false;
        }
        last = sentence.span.end;
        words.push(Words::new(story.text, sentence, &mut quoted));
    }
    let mut reads = words.iter().map(|words| read(words, lexicon)).collect::<Vec<_>>();
    let dominant = link(&mut reads);
    let whole = Whole { story, lexicon, scalars: scalars(story.text), day: day(story), dominant };
    let mut found = Vec::new();
    for (index, read) in reads.iter().enumerate() {
        whole.sentence(index, read, &mut found);
    }
    finish(merge::merge(found))
}

fn read<'w, 'l>(words: &'w Words<'w>, lexicon: &'l Lexicon) -> Read<'w, 'l> {
    let mut parties = Finder::new(words, lexicon).find();
    let report = attribution::read(words, &mut parties, lexicon);
    Read { words, parties, report }
}

fn scalars(text: &str) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len() + 1);
    let mut count = 0;
    for letter in text.chars() {
        out.extend(std::iter::repeat_n(count, letter.len_utf8()));
        count += 1;
    }
    out.push(count);
    out
}

fn day(story: &Story<'_>) -> Option<Date> {
    let instant = story.published.at.map(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date());
    story.published.day.or(instant)
}

/// Gives names their codes from elsewhere in the article and pronouns theirs; the country named most.
fn link<'l>(reads: &mut [Read<'_, 'l>]) -> &'l str {
    let mut known = Known::default();
    let mut counts: Vec<(&'l str, usize)> = Vec::new();
    for party in reads.iter().flat_map(|read| &read.parties) {
        known.learn(party);
        if !party.country.is_empty() {
            match counts.iter_mut().find(|(country, _)| *country == party.country) {
                Some((_, count)) => *count += 1,
                None => counts.push((party.country, 1)),
            }
        }
    }
    let mut subject: Option<Party<'l>> = None;
    let mut speaker: Option<Party<'l>> = None;
    for read in reads {
        for party in read.parties.iter_mut().filter(|party| !party.coded() && party.name.is_some()) {
            known.fill(party);
        }
        pronouns(read, &mut subject, &mut speaker);
    }
    let most = counts.iter().map(|&(_, count)| count).max().unwrap_or(0);
    counts.iter().find(|&&(_, count)| count == most).map_or("", |&(country, _)| country)
}

fn pronouns<'l>(read: &mut Read<'_, 'l>, subject: &mut Option<Party<'l>>, speaker: &mut Option<Party<'l>>) {
    let own = read.report.speaker.map(|at| read.parties[at].clone());
    let own = own.filter(|party| !party.pronoun()).or_else(|| speaker.clone());
    let mut current = subject.clone();
    for party in &mut read.parties {
        let quoted = read.words.quoted[party.start];
        let from = match party.sort {
            Sort::First if quoted => own.as_ref(),
            Sort::Third => current.as_ref(),
            _ => {
                if party.preposition.is_none() && !party.only_place() && (party.coded() || party.name.is_some()) && party.sort != Sort::First {
                    if current.is_none() || !party.speaker {
                        current = Some(party.clone());
                    }
                }
                None
            }
        };
        if let Some(from) = from {
            party.country = from.country;
            party.group = from.group;
            party.sectors.clone_from(&from.sectors);
            party.name.clone_from(&from.name);
            party.wikidata = from.wikidata;
            party.country_from = "article";
        }
    }
    let first = read.parties.iter().find(|p| p.preposition.is_none() && !p.only_place() && !p.pronoun() && (p.coded() || p.name.is_some()));
    if let Some(first) = first {
        *subject = Some(first.clone());
    }
    if read.report.speaker.is_some() {
        *speaker = own;
    }
}

impl<'l> Whole<'_, 'l> {
    fn sentence(&self, index: usize, read: &Read<'_, 'l>, found: &mut Vec<(Event, Option<String>)>) {
        let opener = read.report.speaker.filter(|_| read.report.opens);
        let scene = Scene { words: read.words, parties: &read.parties, lexicon: self.lexicon, opener };
        let year = self.day.map(jiff::civil::Date::year);
        for act in act::read(&scene, &read.report, year) {
            let about = act.complement.map(|at| read.words.lower(at).to_owned());
            if let Some(event) = self.event(index, read, &act) {
                found.push((event, about));
            }
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            text: self.story.text[start..end].to_owned(),
            start: self.scalars[start] as usize,
            end: self.scalars[end] as usize,
        }
    }

    /// The span of words `first..last` of a sentence.
    fn words(&self, words: &Words<'_>, first: usize, last: usize) -> Span {
        let tokens = &words.sentence.tokens;
        self.span(tokens[first].span.start, tokens[last - 1].span.end)
    }

    fn event(&self, index: usize, read: &Read<'_, 'l>, act: &Act<'l>) -> Option<Event> {
        let spot = place::read(read.words, &read.parties, act.trigger);
        let (actors, recipients) = self.sides(read, act, spot.map(|(at, _)| at));
        let (who, whom) = (self.records(read, &actors, act.actors.from), self.records(read, &recipients, act.recipients.from));
        let coded = |list: &[Actor]| list.iter().any(|a| a.country.is_some() || a.group.is_some());
        if !coded(&who) && !coded(&whom) && actors.is_empty() {
            return None;
        }
        let kind = self.lexicon.types.get(act.r#type)?;
        let date = self.date(read, act);
        let location = spot.map(|(at, from)| self.location(read, at, from));
        let who = if who.is_empty() { implied(act, location.as_ref()) } else { who };
        let background = read.words.is(act.trigger.saturating_sub(1), &["of", "to"]);
        let sure = confidence::act(act, read.words.sentence.heading, background);
        let actor = confidence::role(&act.actors, &actors);
        let recipient = confidence::role(&act.recipients, &recipients);
        let closed = act.frame.closed || act.frame.shape == Shape::Together;
        let sentence = read.words.sentence.span;
        let full = self.span(sentence.start, sentence.end);
        Some(Event {
            schema: crate::record::EVENT_SCHEMA.to_owned(),
            id: String::new(),
            revision: 1,
            status: "coded".to_owned(),
            recorded: jiff::Timestamp::UNIX_EPOCH,
            run: "live".to_owned(),
            r#type: act.r#type.to_owned(),
            mode: (!act.mode.is_empty()).then(|| act.mode.to_owned()),
            contexts: self.contexts(read.words),
            cameo: (!act.frame.cameo.is_empty() && act.r#type == &*act.frame.r#type).then(|| act.frame.cameo.to_string()),
            quad: kind.quad,
            plover_score: kind.score,
            goldstein: self.lexicon.goldstein.get(&act.frame.cameo).copied().filter(|_| act.r#type == &*act.frame.r#type),
            modality: act.modality.to_owned(),
            attribution: self.attribution(read, act),
            actors: who,
            recipients: whom,
            trigger: self.words(read.words, act.trigger, act.trigger + 1),
            confidence: Confidence {
                overall: confidence::overall(sure, actor, recipient, kind.needs_recipient, closed),
                r#type: confidence::round(sure),
                actor: actor.map(confidence::round),
                recipient: recipient.map(confidence::round),
                date: date.source.as_ref().map(|source| if source == "text" { 0.9 } else { 0.6 }),
                location: location.as_ref().map(|l| if l.from == "clause" { 0.9 } else { 0.6 }),
            },
            date,
            location,
            size: self.size(read, act),
            quote: None,
            sentence: SentenceSpan { index, start: full.start, end: full.end, text: Some(full.text) },
            mentions: Vec::new(),
            dedup_key: String::new(),
            article: self.story.article.clone(),
            source: self.story.source.clone(),
            coder: self.coder(act),
        })
    }

    fn coder(&self, act: &Act<'_>) -> Coder {
        Coder {
            name: "dateline".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lexicon: self.lexicon.version.clone(),
            tables: TABLES.to_owned(),
            rule: act.frame.rule.to_string(),
        }
    }

    /// Both sides with the countries that can be inferred.
    fn sides(&self, read: &Read<'_, 'l>, act: &Act<'l>, spot: Option<usize>) -> (Vec<Party<'l>>, Vec<Party<'l>>) {
        let take = |role: &Role| role.parties.iter().map(|&at| read.parties[at].clone()).collect::<Vec<_>>();
        let (mut actors, mut recipients) = (take(&act.actors), take(&act.recipients));
        let place = spot.map_or("", |at| read.parties[at].country);
        let here = actors.iter().map(|p| p.country).find(|c| !c.is_empty());
        for party in actors.iter_mut().filter(|p| !p.coded()) {
            let place = if party.sort == Sort::Role { place } else { "" };
            infer(party, &[(place, "place"), (self.dominant, "article")]);
        }
        for party in recipients.iter_mut().filter(|p| !p.coded()) {
            infer(party, &[(here.unwrap_or(""), "article"), (place, "place"), (self.dominant, "article")]);
        }
        if act.frame.shape == Shape::Together {
            actors.append(&mut recipients);
        }
        (actors, recipients)
    }

    fn records(&self, read: &Read<'_, 'l>, parties: &[Party<'l>], from: &str) -> Vec<Actor> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let one = |party: &Party<'l>| {
            let span = self.words(read.words, party.start, party.end);
            let mut sectors = party.sectors.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
            sectors.sort();
            Actor {
                text: Some(span.text),
                start: Some(span.start),
                end: Some(span.end),
                implied: false,
                name: party.name.clone(),
                name_at: None,
                country: some(party.country),
                group: some(party.group),
                territory: None,
                sectors,
                wikidata: some(party.wikidata),
                role_from: if party.pronoun() { "inherited" } else { from }.to_owned(),
                country_from: some(if party.country.is_empty() { "" } else { party.country_from }),
            }
        };
        parties.iter().map(one).collect()
    }

    fn date(&self, read: &Read<'_, '_>, act: &Act<'_>) -> EventDate {
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

    fn location(&self, read: &Read<'_, 'l>, at: usize, from: &str) -> Location {
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

    fn attribution(&self, read: &Read<'_, '_>, act: &Act<'_>) -> Option<Attribution> {
        let kind = act.attribution?;
        let own = read.report.speaker.filter(|at| !act.actors.parties.contains(at));
        let speaker = own.map(|at| self.words(read.words, read.parties[at].start, read.parties[at].end));
        Some(Attribution { kind: kind.to_owned(), speaker })
    }

    fn size(&self, read: &Read<'_, '_>, act: &Act<'_>) -> Size {
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
            "COERCE" => Size { arrested: count(&["arrested", "detained", "arresting", "detaining"]), ..Size::default() },
            _ => Size::default(),
        }
    }

    /// Contexts of which two words stand in the sentence.
    fn contexts(&self, words: &Words<'_>) -> Vec<String> {
        let mut counts = vec![0_u8; self.lexicon.contexts.len()];
        for at in 0..words.len() {
            for &context in self.lexicon.context_words.get(words.lower(at)).into_iter().flatten() {
                counts[context] = counts[context].saturating_add(1);
            }
        }
        let named = self.lexicon.contexts.iter().zip(counts);
        named.filter(|(_, count)| *count >= 2).map(|(name, _)| name.to_string()).collect()
    }
}

fn infer<'l>(party: &mut Party<'l>, from: &[(&'l str, &'static str)]) {
    if let Some(&(country, source)) = from.iter().find(|(country, _)| !country.is_empty()) {
        party.country = country;
        party.country_from = source;
    }
}

/// An attack that nobody is named for: somebody, where it happened.
fn implied(act: &Act<'_>, location: Option<&Location>) -> Vec<Actor> {
    let country = location.filter(|l| l.from == "clause").and_then(|l| l.country.clone());
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

/// Ids and the key to join by, once merging has settled what the events are.
fn finish(merged: Vec<(Event, Option<String>)>) -> Vec<Event> {
    let mut seen: Vec<(String, usize)> = Vec::new();
    let mut out = Vec::with_capacity(merged.len());
    for (mut event, about) in merged {
        let side = |list: &[Actor]| {
            let one = |a: &Actor| {
                let name = a.name.as_deref().or(a.text.as_deref()).unwrap_or("");
                format!("{}/{}/{name}", a.country.as_deref().unwrap_or(""), a.sectors.join("+"))
            };
            list.iter().map(one).collect::<Vec<_>>().join("|")
        };
        let codes = |list: &[Actor]| merge::codes(list).into_iter().collect::<Vec<_>>().join("|");
        let day = event.date.start.filter(|_| event.date.source.as_deref() == Some("text"));
        let day = day.map_or(String::new(), |day| day.to_string());
        let place = event.location.as_ref().map_or("", |place| place.name.as_str()).to_owned();
        let (who, whom) = (side(&event.actors), side(&event.recipients));
        let base = [&event.article.id, &event.r#type, &who, &whom, &place, &day, about.as_deref().unwrap_or("")].join("\u{1f}");
        let ordinal = seen.iter_mut().find(|(key, _)| *key == base).map_or(0, |(_, count)| {
            *count += 1;
            *count
        });
        if ordinal == 0 {
            seen.push((base.clone(), 0));
        }
        event.id = EventId::of(&["event/1", &base, &ordinal.to_string()]).to_string();
        let key = [event.r#type.as_str(), &codes(&event.actors), &codes(&event.recipients), &place, &day].join("\u{1f}");
        event.dedup_key = EventId::of(&["dedup/1", &key]).to_string().replace("ev_", "d1:");
        out.push(event);
    }
    out
}

