//! The network at work: forms in, tags, heads and relations out.
//!
//! A word's vector runs through two layers of gated cells in both directions (the second sees the first); from what
//! they hold, one matrix each scores tags, pairs of word and head, and relations.

pub(crate) mod cells;
mod memory;
mod relations;

use self::cells::{run, squash};
use self::memory::GateMemory;
use super::curves::leaky;
use super::model::{BUCKETS, Model, bucket};
use super::rows::{INPUT_MOST, PARTNER_MOST, Rows};
use super::tree::{self, NEVER};

/// What the network found for one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ParsedToken {
    pub(super) tag: usize,
    /// 0 is the root, else 1 + index.
    pub(super) head: usize,
    pub(super) relation: usize,
}

/// Buffers that are kept from sentence to sentence.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    memory: GateMemory,
    gates: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    cells: Vec<f32>,
    /// What goes into the next product.
    rows: Rows,
    tags: Vec<f32>,
    dep: Vec<f32>,
    head: Vec<f32>,
    query: Vec<f32>,
    /// What each word asks of its head.
    queries: Rows,
    /// What each word offers as a head; before those of a sentence stands its root.
    heads: Rows,
    /// What each class of distance is worth to each word.
    places: Vec<f32>,
    scores: Vec<f32>,
    best: Vec<usize>,
    label_dep: Vec<f32>,
    label_head: Vec<f32>,
    hidden: Vec<f32>,
    labels: Vec<f32>,
}

impl Workspace {
    /// Bytes of the buffers that grow with what is parsed together.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let floats = [
            &self.gates,
            &self.first,
            &self.second,
            &self.cells,
            &self.tags,
            &self.dep,
            &self.head,
            &self.query,
            &self.places,
            &self.scores,
            &self.label_dep,
            &self.label_head,
            &self.hidden,
            &self.labels,
        ];
        let floats: usize = floats.iter().map(|buffer| 4 * buffer.capacity()).sum();
        let rows = self.rows.bytes() + self.queries.bytes() + self.heads.bytes();
        floats + rows + self.memory.bytes()
    }

    /// Analyses several sentences at once: `forms` in order, `lengths` of the sentences.
    pub(super) fn analyse(
        &mut self,
        model: &Model,
        forms: &[&str],
        lengths: &[usize],
        found: &mut Vec<ParsedToken>,
    ) {
        let h = model.sizes.h;
        self.memory.gates(model, forms, &mut self.gates);
        self.first.clear();
        self.first.resize(forms.len() * 2 * h, 0.0);
        run(&self.gates, h, lengths, &mut self.first, &mut self.cells);
        self.rows.fill(&self.first, 2 * h, INPUT_MOST);
        model.gates2.apply(&self.rows, &mut self.gates);
        squash(&mut self.gates, h);
        self.second.clone_from(&self.first);
        run(&self.gates, h, lengths, &mut self.second, &mut self.cells);
        self.project(model, lengths);
        found.clear();
        let mut start = 0;
        for (sentence, &length) in lengths.iter().enumerate() {
            self.parse(model, start, length, sentence, found);
            start += length;
        }
        self.label(model, lengths, found);
    }

    /// All that is scored word by word.
    fn project(&mut self, model: &Model, lengths: &[usize]) {
        let a = model.sizes.a;
        self.rows.fill(&self.second, 2 * model.sizes.h, INPUT_MOST);
        model.tagger.apply(&self.rows, &mut self.tags);
        model.label_dep.apply(&self.rows, &mut self.label_dep);
        // Its bias is the row of the root.
        model
            .label_head
            .apply_without_bias(&self.rows, &mut self.label_head);
        model.arc_dep.apply(&self.rows, &mut self.dep);
        model.arc_head.apply(&self.rows, &mut self.head);
        self.dep
            .iter_mut()
            .chain(&mut self.head)
            .for_each(|x| *x = leaky(*x));
        self.rows.fill(&self.dep, a, INPUT_MOST);
        model.arc.apply(&self.rows, &mut self.query);
        model.arc_place.apply(&self.rows, &mut self.places);
        self.queries.fill(&self.query, a, INPUT_MOST);
        self.heads.clear(a);
        let mut heads = self.head.chunks_exact(a);
        for &length in lengths {
            self.heads.push(&model.arc_root, PARTNER_MOST);
            for head in heads.by_ref().take(length) {
                self.heads.push(head, PARTNER_MOST);
            }
        }
    }

    /// Tags and heads of one sentence: its first word, its words, and the sentences before it.
    fn parse(
        &mut self,
        model: &Model,
        start: usize,
        length: usize,
        sentence: usize,
        found: &mut Vec<ParsedToken>,
    ) {
        self.scores.clear();
        self.scores.resize(length * (length + 1), 0.0);
        // One root a sentence stands among the heads.
        let first = start + sentence;
        let heads = self.heads.part(first..first + length + 1);
        self.queries
            .part(start..start + length)
            .add_products(heads, &mut self.scores);
        let places = self.places[start * BUCKETS..].chunks_exact(BUCKETS);
        let rows = self.scores.chunks_exact_mut(length + 1);
        for (at, (row, places)) in rows.zip(places).enumerate() {
            for (to, score) in row.iter_mut().enumerate() {
                *score += places[bucket(at, to)];
            }
            // No word hangs on itself.
            row[at + 1] = NEVER;
        }
        tree::decode(&self.scores, &mut self.best);
        let tags = self.tags[start * model.sizes.tags..].chunks_exact(model.sizes.tags);
        found.extend(self.best.iter().zip(tags).map(|(head, tags)| ParsedToken {
            tag: best(tags),
            head: *head,
            relation: 0,
        }));
    }
}

fn best(scores: &[f32]) -> usize {
    let mut best = 0;
    for (index, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = index;
        }
    }
    best
}
