//! From the sentences of a story to event records.

use jiff::civil::Date;

use super::{
    Story, TABLES,
    act_place::Site,
    actor::Party,
    confidence, identity,
    learned::{file::Learned, reading::Article},
    lexicon::{Lexicon, Type},
    parts,
    read::{Read, acts, cut_words, day, parse_sentences, read_all, scenes},
    refer::Told,
    role::Scene,
    tell::Teller,
    words::Words,
};
use crate::{
    language::Sentence,
    record::{
        Actor, Attribution, Coder, Confidence, EVENT_SCHEMA, Event, EventDate, Location,
        SentenceSpan, Span,
    },
};

mod sides;

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
                .any(|(_, actor)| actor.meets(party.start, party.end))
        };
        (0..read.parties.len()).filter(acts).collect()
    }
}

/// Who did it to whom, when, where and by whose word, as the record has it.
struct Circumstances {
    date: EventDate,
    location: Option<Location>,
    attribution: Option<Attribution>,
    actors: Vec<Actor>,
    recipients: Vec<Actor>,
    sentence: SentenceSpan,
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

/// Whether a word of a sentence is one of a frame that a user added.
fn tells_own(lexicon: &Lexicon, text: &str, sentence: &Sentence) -> bool {
    sentence.tokens.iter().any(|token| {
        let word = token.span.of(text).to_lowercase();
        let mut frames = lexicon.triggers.get(word.as_str()).into_iter().flatten();
        frames.any(|&(frame, _)| lexicon.frames[frame].own)
    })
}

/// Codes a story.
pub(crate) fn code(lexicon: &Lexicon, learned: Option<&Learned>, story: &Story<'_>) -> Vec<Event> {
    let own = lexicon.frames.iter().any(|frame| frame.own);
    let sentences = parse_sentences(story.text, |at, sentence| {
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
    identity::finish(teller.tell_events(article))
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
        mut telling: Telling<'l>,
    ) -> Option<Event> {
        let read = &reads[index];
        let scale = self.lexicon.types.get(telling.r#type)?;
        let date = self.date(scene, telling.trigger, telling.modality == "future");
        let location = self.find_location(scene, read, &telling);
        let attribution = self.attribution(scene, telling.trigger, &telling.acting(read, index));
        let denied = attribution.as_ref().is_some_and(|a| a.kind == "denied");
        if denied && telling.modality == "asserted" {
            telling.modality = "negated";
        }
        telling.cameo = telling.cameo.filter(|code| !code.is_empty());
        telling.confidence.date = confidence::date(&date);
        telling.confidence.location = location.as_ref().map(confidence::location);
        let actors = if telling.actors.is_empty() {
            parts::implied(telling.r#type, location.as_ref())
        } else {
            self.side(reads, &telling.actors, telling.from[0])
        };
        let around = Circumstances {
            date,
            location,
            attribution,
            actors,
            recipients: self.side(reads, &telling.recipients, telling.from[1]),
            sentence: self.sentence_span(index, read.words),
        };
        Some(self.write(scene, scale, telling, around))
    }

    /// Where an act is: a place of its sentence, else that of the dateline.
    fn find_location(
        &self,
        scene: &Scene<'_, 'l>,
        read: &Read<'_, 'l>,
        telling: &Telling<'l>,
    ) -> Option<Location> {
        let site = Site {
            scene,
            r#type: telling.r#type,
            mode: telling.mode,
            at: telling.trigger,
        };
        site.find_place()
            .map(|at| self.location(read.words, &read.parties[at]))
            .or_else(|| self.dateline([&telling.actors, &telling.recipients]))
    }

    fn write(
        &self,
        scene: &Scene<'_, 'l>,
        scale: &Type,
        telling: Telling<'l>,
        around: Circumstances,
    ) -> Event {
        let (kind, at, words) = (telling.r#type, telling.trigger, scene.words);
        Event {
            schema: EVENT_SCHEMA.to_owned(),
            id: String::new(),
            revision: 1,
            status: "coded".to_owned(),
            recorded: jiff::Timestamp::UNIX_EPOCH,
            run: "live".to_owned(),
            r#type: kind.to_owned(),
            mode: (!telling.mode.is_empty()).then(|| telling.mode.to_owned()),
            contexts: self.contexts(words),
            cameo: telling.cameo.map(ToString::to_string),
            quad: scale.quad,
            plover_score: scale.score,
            goldstein: self.goldstein(telling.cameo),
            modality: telling.modality.to_owned(),
            attribution: around.attribution,
            actors: around.actors,
            recipients: around.recipients,
            trigger: self.words(words, at, at + 1),
            confidence: telling.confidence,
            date: around.date,
            location: around.location,
            size: self.size(scene, kind, at),
            quote: self.quote(scene, kind, at),
            sentence: around.sentence,
            mentions: Vec::new(),
            dedup_key: String::new(),
            article: self.story.article.clone(),
            source: self.story.source.clone(),
            coder: self.coder(telling.rule, telling.reasons),
        }
    }

    /// How friendly or hostile a CAMEO code is.
    fn goldstein(&self, cameo: Option<&str>) -> Option<f64> {
        self.lexicon.goldstein.get(cameo?).copied()
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
}
