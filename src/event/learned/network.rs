//! The network at work: what is seen of the words of an article in, mentions of acts out.

use std::collections::HashMap;

use super::{
    STATUSES, TYPES,
    mention::{Heard, Mention},
    path::{self, PATHS},
    reading::Article,
    seen::Seen,
    shape::{
        ABSENT, ARTICLE, ARTICLE_CELLS, ARTICLE_GATES, CELLS, GATES1, GATES2, HELD, HIDDEN, HIDE,
        HIDE_ARTICLE, INPUT, KEY, KIND, KINDS, NEAR, PAIR, PROJECT, QUERY, QUERY_OF_KIND, SHAPES,
        SIDES, STATUS, STATUS_OF_KIND, VECTOR, WAY,
    },
};
use crate::language::{
    curves::exp,
    model::{Layer, Table},
    network::cells::{run, squash},
    rows::{INPUT_MOST, Rows},
    word_vector,
};

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
        let mut pass = Pass::default();
        let open = (0..article.seen.len()).filter(|&at| !article.seen[at].is_empty());
        let open = open.collect::<Vec<_>>();
        let sentences = open.iter().map(|&at| &article.seen[at]);
        let all = article.headline.iter().chain(sentences).collect::<Vec<_>>();
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
                let (_, _, kinds) = self.kinds(words, around);
                for row in kinds.chunks_exact(KINDS) {
                    for (most, kind) in heard.headline.iter_mut().zip(&row[1..]) {
                        *most = most.max(*kind);
                    }
                }
            } else {
                self.tell(
                    article,
                    open[at - first],
                    words,
                    around,
                    &mut heard.mentions,
                );
            }
            start += seen.len();
        }
        heard
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

    /// The two layers over each sentence.
    fn encode(&self, seen: &[&Seen], pass: &mut Pass) {
        let mut vectors = Vec::new();
        for form in seen.iter().flat_map(|seen| &seen.forms) {
            let start = vectors.len();
            vectors.resize(start + VECTOR, 0.0);
            word_vector(*form, &mut vectors[start..]);
        }
        let lengths = seen.iter().map(|seen| seen.len()).collect::<Vec<_>>();
        let mut rows = Rows::default();
        let mut input = Vec::new();
        rows.fill(&vectors, VECTOR, INPUT_MOST);
        self.project.apply(&rows, &mut input);
        let words = seen
            .iter()
            .flat_map(|seen| (0..seen.len()).map(move |at| seen.of(at)));
        for (features, out) in words.zip(input.chunks_exact_mut(INPUT)) {
            for feature in features {
                if let Some(&row) = self.rows.get(feature) {
                    self.table.add_to(row as usize, out);
                }
            }
        }
        let mut gates = Vec::new();
        let mut cells = Vec::new();
        rows.fill(&input, INPUT, INPUT_MOST);
        self.gates1.apply(&rows, &mut gates);
        squash(&mut gates, CELLS);
        let mut held = vec![0.0; input.len() / INPUT * HELD];
        run(&gates, CELLS, &lengths, &mut held, &mut cells);
        rows.fill(&held, HELD, INPUT_MOST);
        self.gates2.apply(&rows, &mut gates);
        squash(&mut gates, CELLS);
        run(&gates, CELLS, &lengths, &mut held, &mut cells);
        let mut start = 0;
        for (seen, &length) in seen.iter().zip(&lengths) {
            let rows = &held[start * HELD..(start + length) * HELD];
            let mut most = vec![f32::MIN; HELD];
            for row in rows.chunks_exact(HELD) {
                for (most, value) in most.iter_mut().zip(row) {
                    *most = most.max(*value);
                }
            }
            pass.sentences.extend(most);
            pass.sentences.extend(seen.place);
            start += length;
        }
        for (held, input) in held.chunks_exact(HELD).zip(input.chunks_exact(INPUT)) {
            pass.words.extend_from_slice(held);
            pass.words.extend_from_slice(input);
        }
    }

    /// What each sentence's place in the article adds to the hidden numbers of its words.
    fn around(&self, all: &[&Seen], pass: &Pass) -> Vec<f32> {
        let count = all.len();
        if count == 0 {
            return Vec::new();
        }
        let mut rows = Rows::default();
        let (mut gates, mut cells, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let width = pass.sentences.len() / count;
        rows.fill(&pass.sentences, width, INPUT_MOST);
        self.article_gates.apply(&rows, &mut gates);
        squash(&mut gates, ARTICLE_CELLS);
        let mut held = vec![0.0; count * 2 * ARTICLE_CELLS];
        run(&gates, ARTICLE_CELLS, &[count], &mut held, &mut cells);
        let mut known = Vec::with_capacity(count * ARTICLE);
        for (held, seen) in held.chunks_exact(2 * ARTICLE_CELLS).zip(all) {
            known.extend_from_slice(held);
            known.extend_from_slice(&seen.place);
        }
        rows.fill(&known, ARTICLE, INPUT_MOST);
        self.hide_article.apply(&rows, &mut out);
        out
    }

    /// The mentions of a sentence.
    fn tell(
        &self,
        article: &Article<'_>,
        sentence: usize,
        words: &[f32],
        around: &[f32],
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
            let mut status = [0.0; STATUSES.len()];
            let own = &statuses[trigger * STATUSES.len()..];
            let of_kind = &self.status_of_kind[(kind + 1) * STATUSES.len()..];
            for (slot, (own, of_kind)) in status.iter_mut().zip(own.iter().zip(of_kind)) {
                *slot = own + of_kind;
            }
            softmax(&mut status);
            let held = &words[trigger * (HELD + INPUT)..][..HELD];
            let (sides, absent) = self.sides(article, (sentence, trigger, kind), held, &keys);
            mentions.push(Mention {
                sentence,
                trigger,
                kind,
                likely,
                any,
                status,
                sides,
                absent,
            });
        }
    }

    /// How likely each word is the head of each side, and nobody and somebody elsewhere.
    fn sides(
        &self,
        article: &Article<'_>,
        (sentence, trigger, kind): (usize, usize, usize),
        held: &[f32],
        keys: &[f32],
    ) -> ([Vec<f32>; 2], [[f32; 2]; 2]) {
        let mut rows = Rows::default();
        let mut query = Vec::new();
        rows.fill(held, HELD, INPUT_MOST);
        self.query.apply(&rows, &mut query);
        add(&mut query, &self.query_of_kind[(kind + 1) * PAIR..]);
        let seen = &article.seen[sentence];
        let mut sides = [vec![f32::MIN; seen.len()], vec![f32::MIN; seen.len()]];
        let mut sum = vec![0.0; PAIR];
        for at in (0..seen.len()).filter(|&at| seen.nominal[at]) {
            sum.copy_from_slice(&query);
            add(&mut sum, &keys[at * PAIR..]);
            add(&mut sum, &self.near[path::distance(trigger, at) * PAIR..]);
            let way = article.path(sentence, trigger, at);
            debug_assert!(way < PATHS);
            self.ways.add_to(way, &mut sum);
            for (side, scores) in sides.iter_mut().enumerate() {
                scores[at] = dot_positive(&sum, &self.sides, side, 2) + self.sides_bias[side];
            }
        }
        let absent =
            |slot: usize| dot_positive(&query, &self.absent, slot, 4) + self.absent_bias[slot];
        let mut none = [[absent(0), absent(1)], [absent(2), absent(3)]];
        for (side, scores) in sides.iter_mut().enumerate() {
            let mut all = std::mem::take(scores);
            all.extend([none[0][side], none[1][side]]);
            softmax(&mut all);
            none[1][side] = all.pop().unwrap_or_default();
            none[0][side] = all.pop().unwrap_or_default();
            *scores = all;
        }
        (sides, none)
    }
}

/// What the layers hold, collected over the batches of an article.
#[derive(Default)]
struct Pass {
    words: Vec<f32>,
    sentences: Vec<f32>,
}

fn add(row: &mut [f32], values: &[f32]) {
    for (slot, value) in row.iter_mut().zip(values) {
        *slot += value;
    }
}

/// The product of the positive part of a row with a column of a matrix.
fn dot_positive(row: &[f32], matrix: &[f32], column: usize, columns: usize) -> f32 {
    let weights = matrix.iter().skip(column).step_by(columns);
    row.iter()
        .zip(weights)
        .map(|(value, weight)| value.max(0.0) * weight)
        .sum()
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
