//! Which country or organisation a word means: the codes that an article names, each with what speaks for it.

mod collect;
mod question;

use std::collections::{HashMap, HashSet};

use super::trees::Trees;
use crate::event::{
    cast::{
        Cast,
        noun::{Dependents, leads_out},
    },
    syntax::plain,
};
use crate::language::{Sentence, Token, curves::sigmoid};
use question::Question;

/// Numbers that speak for or against a code.
pub const EVIDENCE: usize = 36;
/// A phrase of more words is no name of a party.
const LONGEST_PHRASE: usize = 40;

/// A name in the text.
#[derive(Debug, Clone, Copy)]
struct Name {
    /// The place of its first word in the article.
    at: usize,
    sentence: usize,
    /// The place of its first word in the sentence.
    start: usize,
    code: usize,
}

/// A word as the resolver needs it.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::option_option,
    reason = "in no party, in one without a code, in one with a code"
)]
struct Word {
    lower: u32,
    lemma: u32,
    named: Option<(usize, u8)>,
    sector: u8,
    /// The party it is in, and its code where it has one.
    party: Option<Option<usize>>,
    person: u8,
    pointed: bool,
}

/// The names of an article and what stands with them.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// The codes that may be meant, most often named first.
    pub codes: Vec<String>,
    group: Vec<bool>,
    titled: Vec<bool>,
    counts: Vec<usize>,
    names: Vec<Name>,
    base: Vec<usize>,
    words: Vec<Vec<Word>>,
    children: Vec<Dependents>,
    proper: HashMap<u32, Vec<u32>>,
    nouns: HashMap<u32, Vec<(usize, usize)>>,
    subjects: Vec<(usize, Option<usize>)>,
    /// How likely the cast takes a word for each code, and last for none.
    heard: HashMap<(usize, usize), Vec<f32>>,
    /// Words that mean a part of the world, and so no code.
    regions: HashSet<(usize, usize)>,
}

/// The code of a country, else of a group; the organisations of states are one.
pub(crate) fn code_of<'l>(country: &'l str, group: &'l str) -> &'l str {
    match (country, group) {
        ("", "UNO" | "EUR") => "IGO",
        ("", group) => group,
        (country, _) => country,
    }
}

impl Index {
    /// The words of the phrase of a head, the head first; with `whole` also appositions and relative clauses.
    pub(crate) fn phrase(
        &self,
        tokens: &[Token],
        sentence: usize,
        head: usize,
        whole: bool,
    ) -> Vec<usize> {
        let mut out = vec![head];
        let mut open = vec![head];
        while let Some(word) = open.pop() {
            for &child in self.children[sentence].on(word) {
                let relation = tokens[child].relation;
                let further = relation.starts_with("appos") || relation.starts_with("acl");
                let outside = leads_out(plain(relation)) || plain(relation) == "dep";
                if outside || (further && !whole) {
                    continue;
                }
                out.push(child);
                open.push(child);
                if out.len() > LONGEST_PHRASE {
                    return out;
                }
            }
        }
        out
    }

    /// Asks the cast of the story whom a word means.
    pub(crate) fn hear(&mut self, cast: &Cast<'_, '_>, place: (usize, usize)) {
        if self.heard.contains_key(&place) {
            return;
        }
        let mut odds = vec![0.0; self.codes.len() + 1];
        for (code, likely) in cast.meant(place.0, place.1) {
            let code = code_of(code, "");
            let code = if matches!(code, "UNO" | "EUR") {
                "IGO"
            } else {
                code
            };
            let at = self.codes.iter().position(|known| known == code);
            odds[at.unwrap_or(self.codes.len())] += likely;
        }
        self.heard.insert(place, odds);
        if cast.is_of_region(place.0, place.1) {
            self.regions.insert(place);
        }
    }

    /// The words that hang on a word.
    pub(crate) fn dependents(&self, sentence: usize, at: usize) -> &[usize] {
        self.children[sentence].on(at)
    }

    /// The number of the sector of the phrase of a word; 0 where none is known.
    pub(crate) fn sector(&self, tokens: &[Token], sentence: usize, at: usize) -> u8 {
        let phrase = self.phrase(tokens, sentence, at, false);
        let mut sectors = phrase.iter().map(|&word| self.words[sentence][word].sector);
        sectors.find(|sector| *sector > 0).unwrap_or(0)
    }

    /// Whether a word is in a party: 0 in none, 1 in one without a code, 2 in one with a code.
    pub(crate) fn standing(&self, sentence: usize, at: usize) -> u8 {
        match self.words[sentence][at].party {
            None => 0,
            Some(None) => 1,
            Some(Some(_)) => 2,
        }
    }

    /// What speaks for each code, and last for none, at a word of a sentence; with `elsewhere` at a trigger whose party
    /// stands outside its sentence.
    pub fn evidence(
        &self,
        sentences: &[Sentence],
        (sentence, at): (usize, usize),
        side: usize,
        elsewhere: bool,
    ) -> Vec<[f32; EVIDENCE]> {
        let tokens = &sentences[sentence].tokens;
        Question::new(self, tokens, (sentence, at), side, elsewhere).rows()
    }

    /// The probability of each code, and last of none.
    pub fn weigh(
        &self,
        trees: &Trees,
        sentences: &[Sentence],
        place: (usize, usize),
        side: usize,
        elsewhere: bool,
    ) -> Vec<f32> {
        if !elsewhere && self.regions.contains(&place) {
            let mut none = vec![0.0; self.codes.len()];
            none.push(1.0);
            return none;
        }
        let rows = self.evidence(sentences, place, side, elsewhere);
        let mut odds = rows
            .iter()
            .map(|row| sigmoid(trees.sum(row)))
            .collect::<Vec<_>>();
        let sum = odds.iter().sum::<f32>().max(1e-6);
        for odds in &mut odds {
            *odds /= sum;
        }
        odds
    }
}
