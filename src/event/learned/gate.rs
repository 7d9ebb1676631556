//! A first look at a sentence: whether it could tell an event, by its words alone, before anything is parsed.

use std::collections::HashMap;

use super::seen::hash;
use crate::language::{Sentence, form};

/// Sentences that are always read.
// A story begins with what it tells.
const ALWAYS: usize = 2;
/// The kinds under which lengths, numbers of capitals and places are hashed.
const LENGTH: u8 = 28;
const CAPITALS: u8 = 29;
const PLACE: u8 = 27;

/// Weights of words, and of a sentence's length, capitals and place.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// By the hash of what is looked at.
    pub weights: HashMap<u32, f32>,
    /// What is added to their sum; a sentence with a positive one is read.
    pub bias: f32,
}

/// What is looked at in a sentence: its words, each once, its length, its capitals, its place.
pub fn look(text: &str, place: usize, sentence: &Sentence) -> Vec<u32> {
    let words = || sentence.tokens.iter().map(|token| token.span.of(text));
    let mut out = words().map(form::key).collect::<Vec<_>>();
    let capitals = words().filter(|word| word.starts_with(char::is_uppercase));
    let count = |kind: u8, number: usize| hash(kind, &number.to_string());
    out.push(count(LENGTH, (sentence.tokens.len() / 5).min(9)));
    out.push(count(CAPITALS, capitals.count().min(6)));
    out.push(count(PLACE, place.min(6)));
    out.sort_unstable();
    out.dedup();
    out
}

impl Gate {
    /// The sum of the weights of what is looked at.
    pub fn sum(&self, seen: &[u32]) -> f32 {
        let weights = seen.iter().filter_map(|key| self.weights.get(key));
        self.bias + weights.sum::<f32>()
    }

    /// Whether a sentence of a text is read.
    pub fn opens(&self, text: &str, place: usize, sentence: &Sentence) -> bool {
        place < ALWAYS || self.sum(&look(text, place, sentence)) > 0.0
    }
}
