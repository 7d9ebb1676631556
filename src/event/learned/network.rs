//! The network at work: what is seen of the words of an article in, mentions of acts out.

mod encode;
mod sides;

use std::collections::HashMap;

use super::{
    STATUSES, TYPES,
    mention::{Heard, Mention},
    reading::Article,
    shape::{
        ABSENT, ARTICLE_GATES, GATES1, GATES2, HELD, HIDDEN, HIDE, HIDE_ARTICLE, INPUT, KEY, KIND,
        KINDS, NEAR, PROJECT, QUERY, QUERY_OF_KIND, SHAPES, SIDES, STATUS, STATUS_OF_KIND, WAY,
    },
};
use crate::language::{
    curves::exp,
    model::{Layer, Table},
    rows::{INPUT_MOST, Rows},
};
use encode::Pass;

/// A type less likely is no mention: the trainer never saw what comes of asking for its parties.
pub const LEAST: f32 = 0.05;
/// Sentences whose words go through the network together.
const BATCH: usize = 16;

/// All weights, ready for use.
#[derive(Debug)]
pub struct Network {
    rows: HashMap<u32, u32>,
    table: Table,
    ways: Table,
    project: Layer,
    gates1: Layer,
    gates2: Layer,
    article_gates: Layer,
    hide: Layer,
    hide_article: Layer,
    kind: Layer,
    status: Layer,
    query: Layer,
    key: Layer,
    status_of_kind: Vec<f32>,
    query_of_kind: Vec<f32>,
    near: Vec<f32>,
    sides: Vec<f32>,
    sides_bias: Vec<f32>,
    absent: Vec<f32>,
    absent_bias: Vec<f32>,
}

impl Network {
    /// From the rows of features, the table of ways and the dense matrices in the order of the shapes, that of ways
    /// left out.
    pub(super) fn new(
        rows: HashMap<u32, u32>,
        table: Table,
        ways: Table,
        mut dense: Vec<Vec<f32>>,
    ) -> Option<Self> {
        if dense.len() != SHAPES.len() - 1 {
            return None;
        }
        dense.insert(WAY, Vec::new());
        let layer = |at: usize, bias: Option<usize>| {
            let (inputs, outputs) = SHAPES[at];
            let bias = bias.map_or_else(|| vec![0.0; outputs], |bias| dense[bias].clone());
            Layer::new(&dense[at], inputs, bias)
        };
        Some(Self {
            rows,
            table,
            ways,
            project: layer(PROJECT, None),
            gates1: layer(GATES1, Some(GATES1 + 1)),
            gates2: layer(GATES2, Some(GATES2 + 1)),
            article_gates: layer(ARTICLE_GATES, Some(ARTICLE_GATES + 1)),
            hide: layer(HIDE, Some(HIDE + 1)),
            hide_article: layer(HIDE_ARTICLE, None),
            kind: layer(KIND, Some(KIND + 1)),
            status: layer(STATUS, Some(STATUS + 1)),
            query: layer(QUERY, Some(QUERY + 1)),
            key: layer(KEY, None),
            status_of_kind: dense[STATUS_OF_KIND].clone(),
            query_of_kind: dense[QUERY_OF_KIND].clone(),
            near: dense[NEAR].clone(),
            sides: dense[SIDES].clone(),
            sides_bias: dense[SIDES + 1].clone(),
            absent: dense[ABSENT].clone(),
            absent_bias: dense[ABSENT + 1].clone(),
        })
    }

    /// What an article tells.
    pub fn read(&self, article: &Article<'_>) -> Heard {
        let open = (0..article.seen.len()).filter(|&at| !article.seen[at].is_empty());
        let open = open.collect::<Vec<_>>();
        let sentences = open.iter().map(|&at| &article.seen[at]);
        let all = article.headline.iter().chain(sentences).collect::<Vec<_>>();
        let mut pass = Pass::default();
        for seen in all.chunks(BATCH) {
            self.encode(seen, &mut pass);
        }
        let around = self.around(&all, &pass);
        let mut heard = Heard::default();
        let first = usize::from(article.headline.is_some());
        let mut start = 0;
        for (at, seen) in all.iter().enumerate() {
            let words = &pass.words[start * (HELD + INPUT)..][..seen.len() * (HELD + INPUT)];
            let around = &around[at * HIDDEN..][..HIDDEN];
            if at < first {
                self.hear_headline(words, around, &mut heard.headline);
            } else {
                let sentence = open[at - first];
                self.hear_sentence(article, sentence, (words, around), &mut heard.mentions);
            }
            start += seen.len();
        }
        heard
    }

    /// How likely any word of the headline tells each type.
    fn hear_headline(&self, words: &[f32], around: &[f32], headline: &mut [f32; TYPES.len()]) {
        let (_, _, kinds) = self.kinds(words, around);
        for row in kinds.chunks_exact(KINDS) {
            for (most, kind) in headline.iter_mut().zip(&row[1..]) {
                *most = most.max(*kind);
            }
        }
    }

    /// The numbers of words ready for products, the hidden ones of them, and how likely each tells each type.
    fn kinds(&self, words: &[f32], around: &[f32]) -> (Rows, Rows, Vec<f32>) {
        let (mut rows, mut hides) = (Rows::default(), Rows::default());
        let (mut hidden, mut kinds) = (Vec::new(), Vec::new());
        rows.fill(words, HELD + INPUT, INPUT_MOST);
        self.hide.apply(&rows, &mut hidden);
        for row in hidden.chunks_exact_mut(HIDDEN) {
            for (value, around) in row.iter_mut().zip(around) {
                *value = (*value + around).max(0.0);
            }
        }
        hides.fill(&hidden, HIDDEN, INPUT_MOST);
        self.kind.apply(&hides, &mut kinds);
        kinds.chunks_exact_mut(KINDS).for_each(softmax);
        (rows, hides, kinds)
    }

    /// The mentions of a sentence.
    fn hear_sentence(
        &self,
        article: &Article<'_>,
        sentence: usize,
        (words, around): (&[f32], &[f32]),
        mentions: &mut Vec<Mention>,
    ) {
        let (rows, hides, kinds) = self.kinds(words, around);
        let mut found = Vec::new();
        for (at, row) in kinds.chunks_exact(KINDS).enumerate() {
            for kind in 0..TYPES.len() {
                if row[kind + 1] >= LEAST {
                    found.push((at, kind, row[kind + 1], 1.0 - row[0]));
                }
            }
        }
        if found.is_empty() {
            return;
        }
        let mut statuses = Vec::new();
        self.status.apply(&hides, &mut statuses);
        let mut keys = Vec::new();
        self.key.apply(&rows, &mut keys);
        for (trigger, kind, likely, any) in found {
            let own = &statuses[trigger * STATUSES.len()..];
            let held = &words[trigger * (HELD + INPUT)..][..HELD];
            let (sides, absent) = self.sides(article, (sentence, trigger, kind), held, &keys);
            mentions.push(Mention {
                sentence,
                trigger,
                kind,
                likely,
                any,
                status: self.status_of(own, kind),
                sides,
                absent,
            });
        }
    }

    /// How likely each status is for an act of a type, by what its word says of all types.
    fn status_of(&self, own: &[f32], kind: usize) -> [f32; STATUSES.len()] {
        let mut status = [0.0; STATUSES.len()];
        let of_kind = &self.status_of_kind[(kind + 1) * STATUSES.len()..];
        for (slot, (own, of_kind)) in status.iter_mut().zip(own.iter().zip(of_kind)) {
            *slot = own + of_kind;
        }
        softmax(&mut status);
        status
    }
}

/// Scores to probabilities.
pub fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - most);
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}
