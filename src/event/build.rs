//! From the sentences of a story to event records.

use jiff::civil::Date;

use super::{
    Story, TABLES,
    act::{self, Act},
    actor::{Party, Sort},
    attribution::{self, Report},
    cast::{Cast, portrait},
    confidence,
    frame::Shape,
    key,
    lexicon::Lexicon,
    merge, parts,
    phrase::Finder,
    place::Site,
    refer::{self, Told},
    role::{Role, Scene},
    words::Words,
};
use crate::{
    language,
    record::{Coder, Confidence, EVENT_SCHEMA, Event, SentenceSpan, Span},
};

/// A sentence of more words is a list or a table; reading one costs its square.
const MAX_WORDS: usize = 300;

/// One sentence, read; its tags, heads and relations are those of the tokens of `words.sentence`.
pub(crate) struct Read<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: Vec<Party<'l>>,
    pub(crate) report: Report,
}

/// What of the story all its sentences share.
pub(crate) struct Whole<'s, 'l> {
    pub(crate) story: &'s Story<'s>,
    pub(crate) lexicon: &'l Lexicon,
    /// Unicode scalar values before each byte.
    scalars: Vec<u32>,
    pub(crate) day: Option<Date>,
    /// The countries named.
    told: Told<'l>,
}

/// Codes a story.
pub(crate) fn code(lexicon: &Lexicon, story: &Story<'_>) -> Vec<Event> {
    let mut sentences = language::split(story.text);
    sentences.retain(|sentence| sentence.tokens.len() <= MAX_WORDS);
    language::analyse(story.text, &mut sentences);
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
    let mut reads = words
        .iter()
        .map(|words| read(words, lexicon, day(story)))
        .collect::<Vec<_>>();
    let told = refer::link(&mut reads);
    let title = story.title.unwrap_or_default();
    let cast = Cast::read(&words, title, lexicon, day(story));
    for (line, read) in reads.iter_mut().enumerate() {
        portrait::settle(&cast, line, &mut read.parties);
    }
    let whole = Whole {
        story,
        lexicon,
        scalars: scalars(story.text),
        day: day(story),
        told,
    };
    let mut found = Vec::new();
    for (index, read) in reads.iter().enumerate() {
        whole.sentence(index, read, &mut found);
    }
    key::finish(merge::merge(found))
}

fn read<'w, 'l>(words: &'w Words<'w>, lexicon: &'l Lexicon, day: Option<Date>) -> Read<'w, 'l> {
    let mut parties = Finder::new(words, lexicon, day).find();
    let report = attribution::read(words, &mut parties, lexicon);
    Read {
        words,
        parties,
        report,
    }
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
    let instant = story
        .published
        .at
        .map(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date());
    story.published.day.or(instant)
}

impl<'l> Whole<'_, 'l> {
    fn sentence(
        &self,
        index: usize,
        read: &Read<'_, 'l>,
        found: &mut Vec<(Event, Option<String>)>,
    ) {
        let opener = read.report.speaker.filter(|_| read.report.opens);
        let scene = Scene::new(read.words, &read.parties, self.lexicon, opener);
        let year = self.day.map(jiff::civil::Date::year);
        for act in act::read(&scene, &read.report, year) {
            let about = act.complement.map(|at| read.words.lower(at).to_owned());
            if let Some(event) = self.event(index, read, &scene, &act) {
                found.push((event, about));
            }
        }
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span {
            text: self.story.text[start..end].to_owned(),
            start: self.scalars[start] as usize,
            end: self.scalars[end] as usize,
        }
    }

    /// The span of words `first..last` of a sentence.
    pub(crate) fn words(&self, words: &Words<'_>, first: usize, last: usize) -> Span {
        let tokens = &words.sentence.tokens;
        self.span(tokens[first].span.start, tokens[last - 1].span.end)
    }

    fn event(
        &self,
        index: usize,
        read: &Read<'_, 'l>,
        scene: &Scene<'_, 'l>,
        act: &Act<'l>,
    ) -> Option<Event> {
        let site = Site {
            scene,
            r#type: act.r#type,
            mode: act.mode,
            at: act.trigger,
        };
        let spot = site.find_place();
        let (actors, recipients) = self.sides(read, act, spot);
        if actors.is_empty() && !recipients.iter().any(Party::coded) {
            return None;
        }
        let kind = self.lexicon.types.get(act.r#type)?;
        let sure = confidence::of(act, read.words, &actors, &recipients, kind.needs_recipient);
        let date = self.date(scene, act.trigger, act.modality == "future");
        let location = spot
            .map(|at| self.location(read.words, &read.parties[at]))
            .or_else(|| self.dateline([&actors, &recipients]));
        let attribution = self.attribution(scene, act.trigger, &act.actors.parties);
        let denied = attribution
            .as_ref()
            .is_some_and(|told| told.kind == "denied");
        let modality = if denied && act.modality == "asserted" {
            "negated"
        } else {
            act.modality
        };
        let who = if actors.is_empty() {
            parts::implied(act, location.as_ref())
        } else {
            self.records(read, &actors, act.actors.from)
        };
        // A rewritten act is no longer what the code of its frame says.
        let cameo = (act.r#type == &*act.frame.r#type).then_some(&act.frame.cameo);
        Some(Event {
            schema: EVENT_SCHEMA.to_owned(),
            id: String::new(),
            revision: 1,
            status: "coded".to_owned(),
            recorded: jiff::Timestamp::UNIX_EPOCH,
            run: "live".to_owned(),
            r#type: act.r#type.to_owned(),
            mode: (!act.mode.is_empty()).then(|| act.mode.to_owned()),
            contexts: self.contexts(read.words),
            cameo: cameo
                .filter(|code| !code.is_empty())
                .map(ToString::to_string),
            quad: kind.quad,
            plover_score: kind.score,
            goldstein: cameo.and_then(|code| self.lexicon.goldstein.get(code).copied()),
            modality: modality.to_owned(),
            attribution,
            actors: who,
            recipients: self.records(read, &recipients, act.recipients.from),
            trigger: self.words(read.words, act.trigger, act.trigger + 1),
            confidence: Confidence {
                date: confidence::date(&date),
                location: location.as_ref().map(confidence::location),
                ..sure
            },
            date,
            location,
            size: self.size(scene, act.r#type, act.trigger),
            quote: self.quote(scene, act.r#type, act.trigger),
            sentence: self.sentence_span(index, read.words),
            mentions: Vec::new(),
            dedup_key: String::new(),
            article: self.story.article.clone(),
            source: self.story.source.clone(),
            coder: self.coder(act),
        })
    }

    fn sentence_span(&self, index: usize, words: &Words<'_>) -> SentenceSpan {
        let sentence = words.sentence.span;
        let Span { text, start, end } = self.span(sentence.start, sentence.end);
        SentenceSpan {
            index,
            start,
            end,
            text: Some(text),
        }
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
    fn sides(
        &self,
        read: &Read<'_, 'l>,
        act: &Act<'l>,
        spot: Option<usize>,
    ) -> (Vec<Party<'l>>, Vec<Party<'l>>) {
        let take = |role: &Role| {
            role.parties
                .iter()
                .map(|&at| read.parties[at].clone())
                .collect::<Vec<_>>()
        };
        let (mut actors, mut recipients) = (take(&act.actors), take(&act.recipients));
        let place = spot.map_or("", |at| read.parties[at].country);
        let here = actors.iter().map(|p| p.country).find(|c| !c.is_empty());
        let open = |party: &&mut Party<'_>| party.open(self.told.alone);
        for party in actors.iter_mut().filter(open) {
            let place = if party.sort == Sort::Role { place } else { "" };
            infer(party, &[(place, "place"), (self.told.most, "article")]);
        }
        for party in recipients.iter_mut().filter(open) {
            infer(
                party,
                &[
                    (here.unwrap_or(""), "article"),
                    (place, "place"),
                    (self.told.most, "article"),
                ],
            );
        }
        if act.frame.shape == Shape::Together {
            actors.append(&mut recipients);
        }
        (actors, recipients)
    }
}

fn infer<'l>(party: &mut Party<'l>, from: &[(&'l str, &'static str)]) {
    if let Some(&(country, source)) = from.iter().find(|(country, _)| !country.is_empty()) {
        party.country = country;
        party.country_from = source;
    }
}
