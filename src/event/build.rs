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
    learned::{file::Learned, reading::Article},
    lexicon::Lexicon,
    parts,
    phrase::Finder,
    place::Site,
    refer::{self, Told},
    role::{Role, Scene},
    tell::Teller,
    words::Words,
};
use crate::{
    language::{self, Sentence},
    record::{Actor, Coder, Confidence, EVENT_SCHEMA, Event, SentenceSpan, Span},
};

/// A sentence of more words is a list or a table; reading one costs its square.
const MAX_WORDS: usize = 300;

/// One sentence, read; its tags, heads and relations are those of the tokens of `words.sentence`.
pub(crate) struct Read<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: Vec<Party<'l>>,
    pub(crate) report: Report,
}

/// An act as it is told, by whoever found it.
pub(crate) struct Telling<'l> {
    pub(crate) trigger: usize,
    pub(crate) r#type: &'l str,
    pub(crate) mode: &'l str,
    pub(crate) modality: &'static str,
    /// The parties of both sides, each with its sentence.
    pub(crate) actors: Vec<(usize, Party<'l>)>,
    pub(crate) recipients: Vec<(usize, Party<'l>)>,
    /// How both sides were found.
    pub(crate) from: [&'static str; 2],
    pub(crate) cameo: Option<&'l str>,
    pub(crate) rule: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) confidence: Confidence,
}

impl Telling<'_> {
    /// The parties of the sentence that act.
    fn acting(&self, read: &Read<'_, '_>, sentence: usize) -> Vec<usize> {
        let acts = |at: &usize| {
            let own = self.actors.iter().filter(|(place, _)| *place == sentence);
            let party = &read.parties[*at];
            own.into_iter()
                .any(|(_, actor)| actor.start < party.end && party.start < actor.end)
        };
        (0..read.parties.len()).filter(acts).collect()
    }
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

/// The sentences of a text; those that could tell an event are parsed.
pub(crate) fn sentences(text: &str, opens: impl Fn(usize, &Sentence) -> bool) -> Vec<Sentence> {
    let mut sentences = language::split(text);
    sentences.retain(|sentence| sentence.tokens.len() <= MAX_WORDS);
    let open = (0..sentences.len())
        .filter(|&at| opens(at, &sentences[at]))
        .collect::<Vec<_>>();
    let mut parsed = open
        .iter()
        .map(|&at| std::mem::take(&mut sentences[at]))
        .collect::<Vec<_>>();
    language::analyse(text, &mut parsed);
    for (at, sentence) in open.into_iter().zip(parsed) {
        sentences[at] = sentence;
    }
    sentences
}

/// Whether a word of a sentence is one of a frame that a user added.
fn tells_own(lexicon: &Lexicon, text: &str, sentence: &Sentence) -> bool {
    sentence.tokens.iter().any(|token| {
        let word = token.span.of(text).to_lowercase();
        let mut frames = lexicon.triggers.get(word.as_str()).into_iter().flatten();
        frames.any(|&(frame, _)| lexicon.frames[frame].own)
    })
}

/// The words of sentences; quotations end with their paragraph.
pub(crate) fn cut_words<'a>(text: &'a str, sentences: &'a [Sentence]) -> Vec<Words<'a>> {
    let mut quoted = false;
    let mut words = Vec::with_capacity(sentences.len());
    let mut last = 0;
    for sentence in sentences {
        if text[last..sentence.span.start].contains('\n') {
            quoted = false;
        }
        last = sentence.span.end;
        words.push(Words::new(text, sentence, &mut quoted));
    }
    words
}

/// All sentences with their parties, and the countries they tell of.
pub(crate) fn read_all<'w, 'l>(
    words: &'w [Words<'w>],
    lexicon: &'l Lexicon,
    story: &Story<'_>,
) -> (Vec<Read<'w, 'l>>, Told<'l>, Cast<'w, 'l>) {
    let title = story.title.unwrap_or_default();
    let cast = Cast::read(words, title, lexicon, day(story));
    let lines = words.iter().enumerate();
    let mut reads = lines
        .map(|(line, words)| read_line(words, lexicon, &cast, line))
        .collect::<Vec<_>>();
    let told = refer::link(&mut reads);
    for (line, read) in reads.iter_mut().enumerate() {
        portrait::settle(&cast, line, &mut read.parties);
    }
    (reads, told, cast)
}

/// The sentences as the grammar reads them.
pub(crate) fn scenes<'r, 'l>(
    reads: &'r [Read<'r, 'l>],
    lexicon: &'l Lexicon,
) -> Vec<Scene<'r, 'l>> {
    let scene = |read: &'r Read<'r, 'l>| {
        let opener = read.report.speaker.filter(|_| read.report.opens);
        Scene::new(read.words, &read.parties, lexicon, opener)
    };
    reads.iter().map(scene).collect()
}

/// The acts that the grammar finds in each sentence, also those that are part of another.
pub(crate) fn acts<'l>(
    scenes: &[Scene<'_, 'l>],
    reads: &[Read<'_, 'l>],
    day: Option<Date>,
) -> Vec<Vec<Act<'l>>> {
    let year = day.map(Date::year);
    let pairs = scenes.iter().zip(reads);
    pairs
        .map(|(scene, read)| act::candidates(scene, &read.report, year))
        .collect()
}

/// Codes a story.
pub(crate) fn code(lexicon: &Lexicon, learned: Option<&Learned>, story: &Story<'_>) -> Vec<Event> {
    let own = lexicon.frames.iter().any(|frame| frame.own);
    let sentences = sentences(story.text, |at, sentence| {
        learned.is_none_or(|learned| learned.gate.opens(story.text, at, sentence))
            || (own && tells_own(lexicon, story.text, sentence))
    });
    let words = cut_words(story.text, &sentences);
    let (reads, told, cast) = read_all(&words, lexicon, story);
    let scenes = scenes(&reads, lexicon);
    let acts = acts(&scenes, &reads, day(story));
    let whole = Whole {
        story,
        lexicon,
        scalars: scalars(story.text),
        day: day(story),
        told,
    };

    let article = Article::new(story, &sentences, &words, &reads, &acts, lexicon);
    let teller = Teller {
        whole: &whole,
        reads: &reads,
        scenes: &scenes,
        acts: &acts,
        cast: &cast,
        learned,
    };
    key::finish(teller.events(article))
}

/// A sentence of a story: who the words and the tree show to act.
fn read_line<'w, 'l>(
    words: &'w Words<'w>,
    lexicon: &'l Lexicon,
    cast: &Cast<'w, 'l>,
    line: usize,
) -> Read<'w, 'l> {
    let mut parties = Finder::new(words, lexicon, cast.day).find();
    portrait::complete(cast, line, &mut parties);
    attribute(words, parties, lexicon)
}

/// A sentence that stands alone, such as a headline.
pub(crate) fn read<'w, 'l>(
    words: &'w Words<'w>,
    lexicon: &'l Lexicon,
    day: Option<Date>,
) -> Read<'w, 'l> {
    attribute(words, Finder::new(words, lexicon, day).find(), lexicon)
}

fn attribute<'w, 'l>(
    words: &'w Words<'w>,
    mut parties: Vec<Party<'l>>,
    lexicon: &Lexicon,
) -> Read<'w, 'l> {
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

pub(crate) fn day(story: &Story<'_>) -> Option<Date> {
    let instant = story
        .published
        .at
        .map(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date());
    story.published.day.or(instant)
}

impl<'l> Whole<'_, 'l> {
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

    /// The record of an act told in a sentence.
    pub(crate) fn tell(
        &self,
        reads: &[Read<'_, 'l>],
        scene: &Scene<'_, 'l>,
        index: usize,
        telling: Telling<'l>,
    ) -> Option<Event> {
        let read = &reads[index];
        let (kind, at) = (telling.r#type, telling.trigger);
        let site = Site {
            scene,
            r#type: kind,
            mode: telling.mode,
            at,
        };
        let scale = self.lexicon.types.get(kind)?;
        let date = self.date(scene, at, telling.modality == "future");
        let parties = |side: &[(usize, Party<'l>)]| {
            side.iter()
                .map(|(_, party)| party.clone())
                .collect::<Vec<_>>()
        };
        let location = site
            .find_place()
            .map(|at| self.location(read.words, &read.parties[at]))
            .or_else(|| self.dateline([&parties(&telling.actors), &parties(&telling.recipients)]));
        let attribution = self.attribution(scene, at, &telling.acting(read, index));
        let denied = attribution
            .as_ref()
            .is_some_and(|told| told.kind == "denied");
        let modality = if denied && telling.modality == "asserted" {
            "negated"
        } else {
            telling.modality
        };
        let actors = if telling.actors.is_empty() {
            parts::implied(kind, location.as_ref())
        } else {
            self.side(reads, &telling.actors, telling.from[0])
        };
        let cameo = telling.cameo.filter(|code| !code.is_empty());
        Some(Event {
            schema: EVENT_SCHEMA.to_owned(),
            id: String::new(),
            revision: 1,
            status: "coded".to_owned(),
            recorded: jiff::Timestamp::UNIX_EPOCH,
            run: "live".to_owned(),
            r#type: kind.to_owned(),
            mode: (!telling.mode.is_empty()).then(|| telling.mode.to_owned()),
            contexts: self.contexts(read.words),
            cameo: cameo.map(ToString::to_string),
            quad: scale.quad,
            plover_score: scale.score,
            goldstein: cameo.and_then(|code| self.lexicon.goldstein.get(code).copied()),
            modality: modality.to_owned(),
            attribution,
            actors,
            recipients: self.side(reads, &telling.recipients, telling.from[1]),
            trigger: self.words(read.words, at, at + 1),
            confidence: Confidence {
                date: confidence::date(&date),
                location: location.as_ref().map(confidence::location),
                ..telling.confidence
            },
            date,
            location,
            size: self.size(scene, kind, at),
            quote: self.quote(scene, kind, at),
            sentence: self.sentence_span(index, read.words),
            mentions: Vec::new(),
            dedup_key: String::new(),
            article: self.story.article.clone(),
            source: self.story.source.clone(),
            coder: self.coder(telling.rule, telling.reasons),
        })
    }

    /// The records of a side whose parties may stand in other sentences.
    fn side(
        &self,
        reads: &[Read<'_, 'l>],
        parties: &[(usize, Party<'l>)],
        from: &str,
    ) -> Vec<Actor> {
        let one = |(sentence, party): &(usize, Party<'l>)| {
            self.records(&reads[*sentence], std::slice::from_ref(party), from)
        };
        parties.iter().flat_map(one).collect()
    }

    pub(crate) fn sentence_span(&self, index: usize, words: &Words<'_>) -> SentenceSpan {
        let sentence = words.sentence.span;
        let Span { text, start, end } = self.span(sentence.start, sentence.end);
        SentenceSpan {
            index,
            start,
            end,
            text: Some(text),
        }
    }

    fn coder(&self, rule: String, reasons: Vec<String>) -> Coder {
        Coder {
            name: "dateline".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lexicon: self.lexicon.version.clone(),
            tables: TABLES.to_owned(),
            rule,
            reasons,
        }
    }

    /// Both sides with the countries that can be inferred.
    pub(crate) fn sides(
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
