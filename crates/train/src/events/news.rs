//! Articles coded by hand, read as the coder reads them.

use std::error::Error;
use std::path::Path;

use dateline::event::learned::{
    self,
    gate::{self, Gate},
    reading::Article,
};
use dateline::event::{Coder, LexiconSource, Story};
use dateline::language::Sentence;
use dateline::record::Published;
use serde::Deserialize;

/// A line of a file of coded articles.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    published: Option<String>,
    title: Option<String>,
    text: String,
    events: Vec<RawEvent>,
    #[serde(default)]
    optional: Vec<RawEvent>,
}

#[derive(Debug, Deserialize)]
struct RawEvent {
    r#type: String,
    why: Option<String>,
    sentences: Vec<Range>,
    #[serde(default)]
    triggers: Vec<Range>,
    actors: Vec<RawParty>,
    recipients: Vec<RawParty>,
    #[serde(default)]
    readings: Vec<Reading>,
}

#[derive(Debug, Deserialize, Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
}

#[derive(Debug, Deserialize, Clone)]
struct RawParty {
    start: Option<usize>,
    end: Option<usize>,
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reading {
    actors: Vec<RawParty>,
    recipients: Vec<RawParty>,
}

/// A place in an article: the sentence, the head word, the first and last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub sentence: usize,
    pub head: usize,
    pub first: usize,
    pub last: usize,
}

/// An event as coded by hand.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    pub kind: usize,
    /// 0 is an event; others are optional.
    pub status: usize,
    /// Spans where it is told, in scalars.
    pub spans: Vec<(usize, usize)>,
    pub triggers: Vec<Place>,
    /// Who is in it, by side, where the place is known: the place and the code.
    pub parties: [Vec<(Place, Option<String>)>; 2],
    /// Whether a side has anybody.
    pub somebody: [bool; 2],
    /// The codes of both sides, in every reading.
    pub readings: Vec<[Vec<String>; 2]>,
}

/// An article with its truth.
#[derive(Debug)]
pub(crate) struct Coded {
    pub article: Article<'static>,
    pub truth: Vec<Truth>,
    /// The span of each sentence, in scalars.
    pub spans: Vec<(usize, usize)>,
}

/// A coder by the built-in lexicon.
pub(crate) fn coder() -> Result<Coder, Box<dyn Error>> {
    Ok(Coder::new(&LexiconSource::embedded(), &[])?)
}

/// Reads a file of coded articles, a line each.
pub(crate) fn read(coder: &Coder, gate: &Gate, rows: &[Row]) -> Vec<Coded> {
    let half = rows.len().div_ceil(2).max(1);
    let parts = std::thread::scope(|scope| {
        let part = |rows| scope.spawn(move || rows_to_coded(coder, gate, rows));
        let threads = rows.chunks(half).map(part).collect::<Vec<_>>();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("reading does not panic"))
            .collect::<Vec<_>>()
    });
    parts.into_iter().flatten().collect()
}

/// Reads the lines of a file of coded articles.
pub(crate) fn rows(path: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let rows = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect::<Result<Vec<Row>, _>>()?;
    Ok(rows)
}

/// Takes the headlines off some rows: a story may come without one, and the coder must not lean on it.
pub(crate) fn drop_headlines(rows: &mut [Row], chosen: impl Fn(usize) -> bool) {
    for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| chosen(*at)) {
        row.title = None;
    }
}

/// The sentences of a row as a gate sees them, each with whether it tells an event.
pub(crate) fn looks(row: &Row) -> Vec<(Vec<u32>, bool)> {
    let mut bytes = row
        .text
        .char_indices()
        .map(|(at, _)| at)
        .collect::<Vec<_>>();
    bytes.push(row.text.len());
    let told = row
        .events
        .iter()
        .flat_map(|event| &event.triggers)
        .filter_map(|trigger| bytes.get(trigger.start).copied())
        .collect::<Vec<_>>();
    dateline::language::split(&row.text)
        .iter()
        .enumerate()
        .map(|(place, sentence)| {
            let holds = |at: &usize| (sentence.span.start..sentence.span.end).contains(at);
            (
                gate::look(&row.text, place, sentence),
                told.iter().any(holds),
            )
        })
        .collect()
}

fn rows_to_coded(coder: &Coder, gate: &Gate, rows: &[Row]) -> Vec<Coded> {
    rows.iter().map(|row| coded(coder, gate, row)).collect()
}

fn coded(coder: &Coder, gate: &Gate, row: &Row) -> Coded {
    // Articles live as long as the training.
    let text: &'static str = Box::leak(row.text.clone().into_boxed_str());
    let sentences: &'static [Sentence] = learned::reading::sentences(text, gate).leak();
    let mut story = Story::of_text(text);
    story.title = row.title.as_deref();
    story.published = Published {
        day: row.published.as_deref().and_then(|day| day.parse().ok()),
        ..Published::default()
    };
    let mut scalars = vec![0; text.len() + 1];
    let mut count = 0;
    for (at, letter) in text.char_indices() {
        scalars[at..at + letter.len_utf8()].fill(count);
        count += 1;
    }
    scalars[text.len()] = count;
    let tokens = sentences
        .iter()
        .map(|s| {
            s.tokens
                .iter()
                .map(|t| (scalars[t.span.start], scalars[t.span.end]))
                .collect()
        })
        .collect::<Vec<Vec<_>>>();
    let places = Places { sentences, tokens };
    let events = row.events.iter().map(|event| (event, 0));
    let optional = row
        .optional
        .iter()
        .map(|event| (event, status(event.why.as_deref())));
    Coded {
        article: Article::of_story(coder, &story, sentences),
        truth: events
            .chain(optional)
            .filter_map(|(event, status)| truth(event, status, &places))
            .collect(),
        spans: sentences
            .iter()
            .map(|s| (scalars[s.span.start], scalars[s.span.end]))
            .collect(),
    }
}

/// The number of the status that an optional event has.
fn status(why: Option<&str>) -> usize {
    let known = learned::STATUSES.iter().position(|name| Some(*name) == why);
    known.unwrap_or(1)
}

fn truth(event: &RawEvent, status: usize, places: &Places) -> Option<Truth> {
    let parties = |list: &[RawParty]| {
        list.iter()
            .filter_map(|party| {
                let place = places.of(party.start?, party.end?)?;
                Some((place, party.code.as_deref().map(fold)))
            })
            .collect::<Vec<_>>()
    };
    let codes = |list: &[RawParty]| {
        list.iter()
            .filter_map(|party| party.code.as_deref().map(fold))
            .collect::<Vec<_>>()
    };
    let mut readings = vec![[codes(&event.actors), codes(&event.recipients)]];
    readings.extend(
        event
            .readings
            .iter()
            .map(|r| [codes(&r.actors), codes(&r.recipients)]),
    );
    Some(Truth {
        kind: learned::type_index(&event.r#type)?,
        status,
        spans: event.sentences.iter().map(|s| (s.start, s.end)).collect(),
        triggers: event
            .triggers
            .iter()
            .filter_map(|t| places.of(t.start, t.end))
            .collect(),
        parties: [parties(&event.actors), parties(&event.recipients)],
        somebody: [!event.actors.is_empty(), !event.recipients.is_empty()],
        readings,
    })
}

/// The organisations of states are one.
fn fold(code: &str) -> String {
    if matches!(code, "UNO" | "EUR") {
        "IGO"
    } else {
        code
    }
    .to_owned()
}

struct Places {
    sentences: &'static [Sentence],
    tokens: Vec<Vec<(usize, usize)>>,
}

impl Places {
    /// The words of a span and their head: the word whose own head is outside.
    fn of(&self, start: usize, end: usize) -> Option<Place> {
        let holds = |tokens: &&Vec<(usize, usize)>| {
            tokens.first().is_some_and(|t| t.0 <= start)
                && tokens.last().is_some_and(|t| start < t.1)
        };
        let sentence = self.tokens.iter().position(|tokens| holds(&tokens))?;
        let inside = |&(from, to): &(usize, usize)| from < end && to > start;
        let first = self.tokens[sentence].iter().position(inside)?;
        let last = self.tokens[sentence].iter().rposition(inside)?;
        let tokens = &self.sentences[sentence].tokens;
        let out = |at: &usize| {
            tokens[*at]
                .head
                .is_none_or(|head| head < first || head > last)
        };
        let empty = ["PUNCT", "DET", "ADP", "AUX", "PART", "CCONJ", "SCONJ"];
        let full = |at: &usize| !empty.contains(&tokens[*at].upos);
        let head = (first..=last)
            .find(|at| out(at) && full(at))
            .or_else(|| (first..=last).find(out))
            .unwrap_or(first);
        Some(Place {
            sentence,
            head,
            first,
            last,
        })
    }
}
