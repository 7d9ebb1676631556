//! An article as numbers to learn from.

use std::collections::HashMap;

use dateline::event::learned::seen::PLACE;
use dateline::event::learned::shape::VECTOR;
use dateline::event::learned::{path, seen};
use dateline::language::word_vector;

use super::news::{Coded, Place, Truth};

/// Most features that are kept; a row takes about 100 bytes of the model.
const MOST_FEATURES: usize = 12_000;

/// Features that were met often enough, and vectors of the words met.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub keys: Vec<u32>,
    pub(super) rows: HashMap<u32, u32>,
    pub(super) forms: HashMap<u32, u32>,
    pub vectors: Vec<f32>,
}

impl Inventory {
    pub(crate) fn new(train: &[Coded], all: &[&[Coded]]) -> Self {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        for feature in train.iter().flat_map(seen_of).flat_map(|s| &s.features) {
            *counts.entry(*feature).or_default() += 1;
        }
        let mut kept = counts
            .into_iter()
            .filter(|(feature, count)| *count >= seen::LEAST_COUNTS[seen::kind(*feature)])
            .collect::<Vec<_>>();
        kept.sort_by_key(|&(feature, count)| (std::cmp::Reverse(count), feature));
        kept.truncate(MOST_FEATURES);
        let mut keys = kept
            .into_iter()
            .map(|(feature, _)| feature)
            .collect::<Vec<_>>();
        keys.sort_unstable();
        let mut inventory = Self {
            rows: keys
                .iter()
                .enumerate()
                .map(|(at, key)| (*key, at as u32))
                .collect(),
            keys,
            ..Self::default()
        };
        for form in all
            .iter()
            .copied()
            .flatten()
            .flat_map(seen_of)
            .flat_map(|s| &s.forms)
        {
            let next = inventory.forms.len() as u32;
            inventory.forms.entry(*form).or_insert_with(|| {
                let start = inventory.vectors.len();
                inventory.vectors.resize(start + VECTOR, 0.0);
                word_vector(*form, &mut inventory.vectors[start..]);
                next
            });
        }
        inventory
    }

    pub(crate) fn vector(&self, form: u32) -> &[f32] {
        &self.vectors[form as usize * VECTOR..][..VECTOR]
    }
}

/// Headline and sentences.
fn seen_of(coded: &Coded) -> impl Iterator<Item = &seen::Seen> {
    coded.article.headline.iter().chain(&coded.article.seen)
}

/// Who is in an act, of one side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Side {
    /// Not told here: nothing is learned.
    Unknown,
    Nobody,
    Elsewhere,
    /// The heads, as words of the sentence.
    Heads(Vec<usize>),
}

/// A trigger whose parties are learned.
#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub sentence: usize,
    /// The word in the sentence.
    pub at: usize,
    pub kind: usize,
    pub sides: [Side; 2],
    pub ways: Vec<u16>,
}

/// What is to be said of a word.
pub(crate) const MASKED: u8 = 255;

#[derive(Debug, Default)]
pub(crate) struct Example {
    /// Sentences before the first of the text: the headline.
    pub titled: usize,
    pub lengths: Vec<usize>,
    /// Rows of features, and where those of each word end.
    pub features: Vec<u32>,
    pub ends: Vec<usize>,
    /// Whether a feature is the word itself, which is left out now and then.
    pub own: Vec<bool>,
    pub forms: Vec<u32>,
    pub nominal: Vec<bool>,
    pub places: Vec<[f32; PLACE]>,
    /// 0, 1 + type, or masked.
    pub kinds: Vec<u8>,
    /// The status of a trigger, else masked.
    pub statuses: Vec<u8>,
    pub triggers: Vec<Trigger>,
}

impl Example {
    pub(crate) fn new(coded: &Coded, inventory: &Inventory) -> Self {
        let mut example = Self::default();
        let mut starts = Vec::new();
        example.titled = usize::from(coded.article.headline.is_some());
        for seen in coded.article.headline.iter().chain(&coded.article.seen) {
            starts.push((example.lengths.len(), example.ends.len()));
            if seen.is_empty() {
                continue;
            }
            example.lengths.push(seen.len());
            example.places.push(seen.place);
            for at in 0..seen.len() {
                for feature in seen.of(at) {
                    if let Some(row) = inventory.rows.get(feature) {
                        example.features.push(*row);
                        example.own.push(seen::kind(*feature) == 0);
                    }
                }
                example.ends.push(example.features.len());
                example
                    .forms
                    .push(inventory.forms.get(&seen.forms[at]).copied().unwrap_or(0));
                example.nominal.push(seen.nominal[at]);
            }
        }
        let starts = starts.split_off(example.titled);
        example.kinds = vec![0; example.ends.len()];
        // Nobody coded the headline.
        let first = if example.titled == 0 {
            0
        } else {
            example.lengths[0]
        };
        example.kinds[..first].fill(MASKED);
        example.statuses = vec![MASKED; example.ends.len()];
        let mut order = coded.truth.iter().collect::<Vec<_>>();
        let read = |place: &&Place| !coded.article.seen[place.sentence].is_empty();
        order.sort_by_key(|truth| truth.status != 0);
        for truth in &order {
            for place in truth.triggers.iter().filter(read) {
                for at in place.first..=place.last {
                    let slot = &mut example.kinds[starts[place.sentence].1 + at];
                    if *slot == 0 {
                        *slot = MASKED;
                    }
                }
            }
        }
        for truth in order {
            example.label(truth, &starts, coded);
        }
        example
    }

    fn label(&mut self, truth: &Truth, starts: &[(usize, usize)], coded: &Coded) {
        for (telling, place) in truth.triggers.iter().enumerate() {
            if coded.article.seen[place.sentence].is_empty() {
                continue;
            }
            let (position, start) = starts[place.sentence];
            let at = start + place.head;
            if self.kinds[at] == MASKED {
                self.kinds[at] = truth.kind as u8 + 1;
                self.statuses[at] = truth.status as u8;
            }
            let side = |side: usize| {
                let heads = truth.parties[side]
                    .iter()
                    .filter(|(party, _)| party.sentence == place.sentence)
                    .map(|(party, _)| party.head)
                    .collect::<Vec<_>>();
                match (heads.is_empty(), truth.somebody[side], telling) {
                    (false, ..) => Side::Heads(heads),
                    (_, false, _) => Side::Nobody,
                    (_, _, 0) => Side::Elsewhere,
                    _ => Side::Unknown,
                }
            };
            let tokens = &coded.article.sentences[place.sentence].tokens;
            self.triggers.push(Trigger {
                sentence: position,
                at: place.head,
                kind: truth.kind,
                sides: [side(0), side(1)],
                ways: (0..tokens.len())
                    .map(|word| path::path(tokens, place.head, word) as u16)
                    .collect(),
            });
        }
    }
}
