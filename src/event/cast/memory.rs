//! What a story has said of somebody before: by a part of the name, by the same noun, by who was last spoken of.

use std::collections::HashMap;

use super::{Line, name::Called, noun::NounPhrase};
use crate::event::lexicon::Kind;

/// Words between a name and another word of its phrase beyond which they tell nothing of each other.
const NEAR_WORDS: usize = 8;

/// A subject whose country is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'l> {
    pub(crate) line: usize,
    pub(crate) at: usize,
    pub(crate) code: &'l str,
    /// One person rather than a body or several.
    pub(crate) person: bool,
}

/// What is remembered of a story.
#[derive(Debug, Default)]
pub(crate) struct Memory<'l> {
    /// Codes that stood with a proper noun, and how often.
    pub(crate) names: HashMap<String, Vec<(&'l str, usize)>>,
    /// Codes that stood with a common noun, in the order of the text.
    pub(crate) nouns: HashMap<String, Vec<(usize, usize, &'l str)>>,
    pub(crate) subjects: Vec<Subject<'l>>,
    /// The fullest name of whom a last name is of.
    pub(crate) full: HashMap<String, Called<'l>>,
    /// The sectors of who bears a name.
    pub(crate) sectors: HashMap<String, Vec<&'l str>>,
    /// How often each code is named, the most frequent first.
    pub(crate) codes: Vec<(&'l str, usize)>,
}

impl<'l> Memory<'l> {
    /// Reads all sentences of a story.
    pub(crate) fn of(lines: &[Line<'_, 'l>]) -> Self {
        let mut memory = Self::default();
        for (index, line) in lines.iter().enumerate() {
            for naming in &line.namings {
                count(&mut memory.codes, naming.code, 1);
                if naming.entry.kind == Kind::Person {
                    for at in naming.start..naming.end {
                        memory.name(line.words.text[at], naming.code, 1);
                    }
                }
            }
            for at in 0..line.words.len() {
                memory.read(index, line, at);
            }
        }
        memory.codes.retain(|(code, _)| !code.is_empty());
        memory
            .codes
            .sort_by_key(|&(_, times)| std::cmp::Reverse(times));
        memory
    }

    fn name(&mut self, word: &str, code: &'l str, times: usize) {
        if !code.is_empty() && word.chars().count() > 1 {
            count(self.names.entry(word.to_owned()).or_default(), code, times);
        }
    }

    /// Remembers the phrase that a word heads.
    fn read(&mut self, index: usize, line: &Line<'_, 'l>, at: usize) {
        let token = &line.words.sentence.tokens[at];
        let inner = ["compound", "flat", "amod", "nmod:poss"];
        if !matches!(token.upos, "PROPN" | "NOUN" | "PRON") || inner.contains(&token.relation) {
            return;
        }
        let phrase = NounPhrase::of(&line.words.sentence.tokens, &line.dependents, at);
        let near = line.nearest_code(&phrase.near, at);
        let code = near
            .or_else(|| line.nearest_code(&phrase.aside, at))
            .map(|(code, _)| code);
        if let Some(code) = code {
            self.learn(line, &phrase, at, code);
            if token.upos == "NOUN" {
                let lemma = token.lemma.to_lowercase();
                self.nouns.entry(lemma).or_default().push((index, at, code));
            }
        }
        if token.relation.starts_with("nsubj") {
            let known = code.or_else(|| self.name_code(line.words.text[at]));
            if let Some(code) = known {
                self.subjects.push(Subject {
                    line: index,
                    at,
                    code,
                    person: line.is_person(at),
                });
            }
        }
    }

    /// Every proper noun of a phrase that a code stands in is known by that code.
    fn learn(&mut self, line: &Line<'_, 'l>, phrase: &NounPhrase, head: usize, code: &'l str) {
        for &at in phrase.near.iter().chain(&phrase.aside) {
            let proper = line.words.sentence.tokens[at].upos == "PROPN";
            if proper && line.at[at].is_none() && at.abs_diff(head) <= NEAR_WORDS {
                self.name(line.words.text[at], code, 1);
            }
        }
    }

    fn name_code(&self, word: &str) -> Option<&'l str> {
        let list = self.names.get(word)?;
        list.iter()
            .max_by_key(|&&(_, times)| times)
            .map(|&(code, _)| code)
    }
}

/// Counts a code once more.
pub(crate) fn count<'l>(list: &mut Vec<(&'l str, usize)>, code: &'l str, times: usize) {
    match list.iter_mut().find(|(known, _)| *known == code) {
        Some((_, count)) => *count += times,
        None => list.push((code, times)),
    }
}
