//! A first look at a sentence: whether it could tell an event, by its words alone, before anything is parsed.

use std::collections::HashMap;

use super::seen::hash;
use crate::language::{Sentence, form};

/// Sentences that are always read: a story begins with what it tells.
const ALWAYS: usize = 2;
/// The kind under which pairs of words are hashed.
const PAIR: u8 = 29;
/// The kind under which lengths are hashed.
const LENGTH: u8 = 28;

/// Weights of words and of pairs of words.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// By the hash of what is looked at.
    pub weights: HashMap<u32, f32>,
    /// What is added to their sum; a sentence with a positive one is read.
    pub bias: f32,
}

/// What is looked at in a sentence: its words, pairs of them, its length.
pub fn look(text: &str, sentence: &Sentence) -> Vec<u32> {
    let mut out = Vec::with_capacity(2 * sentence.tokens.len() + 1);
    let mut last = 0;
    for token in &sentence.tokens {
        let key = form::key(token.span.of(text));
        out.push(key);
        out.push(key.rotate_left(7).wrapping_mul(0x9e37_79b1) ^ last ^ (u32::from(PAIR) << 24));
        last = key;
    }
    let length = sentence.tokens.len().div_ceil(5).min(9);
    out.push(hash(LENGTH, &length.to_string()));
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
        place < ALWAYS || self.sum(&look(text, sentence)) > 0.0
    }
}
