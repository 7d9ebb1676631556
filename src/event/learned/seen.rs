//! What the network sees of a sentence: features of each word as hashes, its place in the article as numbers.

pub(crate) mod feature;

use std::collections::HashSet;

use crate::event::{
    act::Act, actor::Party, cast::noun::Dependents, lexicon::Lexicon, words::Words,
};
use crate::language::form;

/// Numbers that tell where in an article a sentence stands.
pub const PLACE: usize = 16;

/// One sentence as the network sees it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Hashes of features, those of a word after those of the word before.
    pub features: Vec<u32>,
    /// Where the features of each word end.
    pub ends: Vec<u32>,
    /// The key of the vector of each word.
    pub forms: Vec<u32>,
    /// Whether each word may be the head of a party.
    pub nominal: Vec<bool>,
    /// Where the sentence stands.
    pub place: [f32; PLACE],
}

impl Seen {
    /// The features of a word.
    pub fn of(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.features[start as usize..self.ends[at] as usize]
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// What the features of a sentence are read from.
pub(crate) struct Sight<'a, 'l> {
    pub(crate) words: &'a Words<'a>,
    pub(crate) parties: &'a [Party<'l>],
    pub(crate) acts: &'a [Act<'l>],
    pub(crate) lexicon: &'l Lexicon,
    /// The lemmas of the title.
    pub(crate) title: &'a HashSet<String>,
    /// Opens a paragraph.
    pub(crate) opens: bool,
    /// The year of publication.
    pub(crate) year: Option<i16>,
}

/// A hash of a feature: its kind and its text.
pub(crate) fn hash(kind: u8, text: &str) -> u32 {
    let mut hash = 0x811c_9dc5_u32 ^ (u32::from(kind) << 24);
    for byte in std::iter::once(kind).chain(text.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    hash ^ (hash >> 13)
}

/// Kinds of features; a feature of a kind is kept in the table when it was met as often as the number says.
pub const LEAST_COUNTS: [u32; 27] = [
    3, 4, 2, 2, 2, 6, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 8, 8, 10, 10, 4, 2, 2, 2,
];
/// The kind of a feature.
pub fn kind(feature: u32) -> usize {
    (feature >> 27) as usize
}

/// Everything of a sentence but its place.
pub(crate) fn see(sight: &Sight<'_, '_>) -> Seen {
    let tokens = &sight.words.sentence.tokens;
    let mut seen = Seen::default();
    let dependents = Dependents::of(tokens);
    let background = feature::tells_past_year(sight.words, sight.year);
    for (at, token) in tokens.iter().enumerate() {
        let word = (at, dependents.on(at));
        feature::put_all(sight, word, background, &mut seen.features);
        seen.ends.push(seen.features.len() as u32);
        seen.forms.push(form::key(sight.words.text[at]));
        seen.nominal.push(matches!(
            token.upos,
            "NOUN" | "PROPN" | "PRON" | "ADJ" | "NUM" | "DET" | "X" | "VERB"
        ));
    }
    seen
}
