//! An article as the learned coder reads it.

mod title;

use std::collections::HashSet;

use jiff::civil::Date;

use super::{
    gate::Gate,
    path,
    people::{self, Somebody},
    resolver::Index,
    seen::{self, PLACE, Seen, Sight},
    type_index,
};
use crate::event::{
    Coder, Story,
    act::Act,
    lexicon::Lexicon,
    read::{self, Read},
    words::Words,
};
use crate::language::{Sentence, Token};
use title::{cut_headline, title_words};

/// The sentences of a text; those that a gate opens to are parsed.
pub fn sentences(text: &str, gate: &Gate) -> Vec<Sentence> {
    read::parse_sentences(text, |at, sentence| gate.opens(text, at, sentence))
}

/// Whether a sentence was parsed.
pub fn is_parsed(sentence: &Sentence) -> bool {
    sentence
        .tokens
        .first()
        .is_some_and(|token| !token.upos.is_empty())
}

/// An act that the grammar found.
#[derive(Debug, Clone, Copy)]
pub struct Sketch {
    /// The word it was found by.
    pub trigger: usize,
    /// Its type.
    pub kind: usize,
    /// How sure the grammar is.
    pub weight: f32,
    /// Told as done.
    pub asserted: bool,
    /// Part of what another act says.
    pub governed: bool,
    /// Whether somebody stands on each side.
    pub sides: [bool; 2],
}

/// The types that a word may tell, each with its mode.
pub type Ways = Vec<(usize, String)>;

/// Everything that is read before the network is asked.
#[derive(Debug)]
pub struct Article<'s> {
    /// The sentences with their trees.
    pub sentences: &'s [Sentence],
    /// The same as the network sees them.
    pub seen: Vec<Seen>,
    /// The headline as the network sees it.
    pub headline: Option<Seen>,
    /// The codes that may be meant.
    pub index: Index,
    /// The acts of each sentence by the grammar.
    pub sketches: Vec<Vec<Sketch>>,
    /// Who is named at each word of each sentence.
    pub people: Vec<Vec<Option<Somebody>>>,
    /// The ways in which each word may tell a type, by the lexicon: `investigate` of an accusation.
    pub ways: Vec<Vec<Ways>>,
    /// Whether each sentence opens a paragraph.
    pub opens: Vec<bool>,
    /// The lemmas and words of the title, in lower case.
    pub title: HashSet<String>,
    /// Whether it has a day.
    pub dated: bool,
    /// Whether each sentence tells of a year before that of publication.
    pub background: Vec<bool>,
}

impl<'s> Article<'s> {
    /// Reads a story whose sentences are parsed.
    pub fn of_story(coder: &Coder, story: &Story<'_>, sentences: &'s [Sentence]) -> Self {
        let lexicon = &coder.lexicon;
        let words = read::cut_words(story.text, sentences);
        let (reads, _, cast) = read::read_all(&words, lexicon, story);
        let scenes = read::scenes(&reads, lexicon);
        let acts = read::acts(&scenes, &reads, read::day(story));
        let mut article = Self::new(story, sentences, &words, &reads, &acts, lexicon);
        for (sentence, seen) in article.seen.iter().enumerate() {
            for at in (0..seen.len()).filter(|&at| seen.nominal[at]) {
                article.index.hear(&cast, (sentence, at));
            }
        }
        article
    }

    pub(crate) fn new(
        story: &Story<'_>,
        sentences: &'s [Sentence],
        words: &[Words<'_>],
        reads: &[Read<'_, '_>],
        acts: &[Vec<Act<'_>>],
        lexicon: &Lexicon,
    ) -> Self {
        let headline = story.title.unwrap_or_default();
        let day = read::day(story);
        let title = title_words(headline);
        let opens = opens(story.text, sentences);
        let sights = words.iter().enumerate().map(|(at, words)| Sight {
            words,
            parties: &reads[at].parties,
            acts: &acts[at],
            lexicon,
            title: &title,
            opens: opens[at],
            year: day.map(Date::year),
        });
        let seen = see_parsed(sentences, sights);
        let parties: Vec<_> = reads.iter().map(|r| r.parties.as_slice()).collect();
        let ways = words.iter().map(|words| find_ways(words, lexicon));
        let mut article = Self {
            sentences,
            seen,
            headline: see_headline(headline, &title, lexicon, day),
            index: Index::new(words, &parties, &cut_headline(headline), lexicon, day),
            sketches: acts.iter().map(|acts| sketches(acts)).collect(),
            people: people::find_people(words, &parties),
            ways: ways.collect(),
            opens,
            title,
            dated: day.is_some(),
            background: find_background(words, day),
        };
        article.place(words);
        article
    }

    /// Fills in where each sentence stands.
    fn place(&mut self, words: &[Words<'_>]) {
        let count = self.sentences.len();
        let total = self.seen.iter().map(Seen::len).sum::<usize>().max(1) as f32;
        let sketches = self.sketches.iter().map(Vec::len).sum::<usize>() as f32;
        let parties = self.index.codes.len() as f32;
        let places = words
            .iter()
            .enumerate()
            .map(|(at, words)| {
                let row: [f32; PLACE] = [
                    f32::from(at == 0),
                    f32::from(at == 1),
                    f32::from(at == 2 || at == 3),
                    at as f32 / count as f32,
                    count.min(60) as f32 / 60.0,
                    (sketches / total * 20.0).min(1.0),
                    (self.sketches[at].len() as f32 / 3.0).min(1.0),
                    (parties / 10.0).min(1.0),
                    f32::from(self.opens[at]),
                    f32::from(!self.title.is_empty()),
                    f32::from(self.dated),
                    (words.len() as f32 / 50.0).min(2.0),
                    self.share_of_title(words),
                    1.0,
                    f32::from(words.sentence.heading),
                    f32::from(words.quoted.first().is_some_and(|quoted| *quoted)),
                ];
                row
            })
            .collect::<Vec<_>>();
        for (seen, place) in self.seen.iter_mut().zip(places) {
            seen.place = place;
        }
    }

    /// The share of the words of the title that a sentence has.
    fn share_of_title(&self, words: &Words<'_>) -> f32 {
        let mut found = HashSet::new();
        for (at, token) in words.sentence.tokens.iter().enumerate() {
            for word in [token.lemma.to_lowercase().as_str(), words.lower(at)] {
                found.extend(self.title.get(word));
            }
        }
        found.len() as f32 / self.title.len().max(1) as f32
    }

    /// The row of the way from a trigger to a word.
    pub fn path(&self, sentence: usize, trigger: usize, word: usize) -> usize {
        path::path(&self.sentences[sentence].tokens, trigger, word)
    }

    /// The way in which a word tells a type, where the lexicon knows.
    pub fn way(&self, sentence: usize, word: usize, kind: usize) -> Option<&str> {
        let mut ways = self.ways[sentence][word].iter();
        ways.find(|(own, _)| *own == kind)
            .map(|(_, mode)| mode.as_str())
    }

    pub(crate) fn token(&self, sentence: usize, word: usize) -> &'s Token {
        &self.sentences[sentence].tokens[word]
    }
}

/// A headline as a sentence that stands before the others.
fn see_headline(
    text: &str,
    title: &HashSet<String>,
    lexicon: &Lexicon,
    day: Option<Date>,
) -> Option<Seen> {
    let mut sentences = read::parse_sentences(text, |_, _| true);
    sentences.truncate(1);
    let words = read::cut_words(text, &sentences);
    let reads = words
        .iter()
        .map(|words| read::read(words, lexicon, day))
        .collect::<Vec<_>>();
    let scenes = read::scenes(&reads, lexicon);
    let acts = read::acts(&scenes, &reads, day);
    let mut seen = seen::see(&Sight {
        words: words.first()?,
        parties: &reads.first()?.parties,
        acts: acts.first()?,
        lexicon,
        title,
        opens: true,
        year: day.map(Date::year),
    });
    seen.place = [0.0; PLACE];
    seen.place[PLACE - 1] = -1.0;
    Some(seen)
}

/// The types and modes that the lexicon gives each word of a sentence.
fn find_ways(words: &Words<'_>, lexicon: &Lexicon) -> Vec<Ways> {
    let ways = |at: usize| {
        let frames = lexicon.triggers.get(words.lower(at)).into_iter().flatten();
        let frames = frames.map(|&(frame, _)| &lexicon.frames[frame]);
        let ways =
            frames.filter_map(|frame| Some((type_index(&frame.r#type)?, frame.mode.to_string())));
        ways.collect()
    };
    (0..words.len()).map(ways).collect()
}

fn opens(text: &str, sentences: &[Sentence]) -> Vec<bool> {
    let mut last = 0;
    let opens = |sentence: &Sentence| {
        let opens = last == 0 || text[last..sentence.span.start].contains('\n');
        last = sentence.span.end;
        opens
    };
    sentences.iter().map(opens).collect()
}

fn sketches(acts: &[Act<'_>]) -> Vec<Sketch> {
    let one = |act: &Act<'_>| {
        Some(Sketch {
            trigger: act.trigger,
            kind: type_index(act.r#type)?,
            weight: act.weight as f32,
            asserted: act.modality == "asserted",
            governed: act.governed,
            sides: [!act.actors.is_empty(), !act.recipients.is_empty()],
        })
    };
    acts.iter().filter_map(one).collect()
}

/// What is seen of each sentence; nothing of one that is not parsed.
fn see_parsed<'a, 'l: 'a>(
    sentences: &[Sentence],
    sights: impl Iterator<Item = Sight<'a, 'l>>,
) -> Vec<Seen> {
    let seen = sentences.iter().zip(sights);
    seen.map(|(sentence, sight)| {
        if is_parsed(sentence) {
            seen::see(&sight)
        } else {
            Seen::default()
        }
    })
    .collect()
}

/// Which sentences tell of a year before that of publication.
fn find_background(words: &[Words<'_>], day: Option<Date>) -> Vec<bool> {
    let year = day.map(Date::year);
    let background = words.iter();
    background
        .map(|words| seen::feature::tells_past_year(words, year))
        .collect()
}
