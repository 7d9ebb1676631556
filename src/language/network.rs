//! The network at work: forms in, tags, heads and relations out.
//!
//! A word's vector runs through two layers of gated cells in both directions (the second sees the first); from what
//! they hold, one matrix each scores tags, pairs of word and head, and relations. The first layer's gates depend on
//! the form alone and are remembered.

use super::matrix::{add, dot, leaky, quantise, quantise_largest, sigmoid, tanh};
use super::model::{BUCKETS, Model, bucket};
use super::tree::{self, NEVER};

/// Forms whose gates are remembered: 4,096 rows of 576 numbers in 16 bits are under 5 MB.
const REMEMBERED: usize = 4096;
/// What a gate of 1.0 is remembered as; gates are within ±1.
const GATE_ONE: f32 = 32767.0;

const APPOSITION: &str = "appos";
/// By how much an apposition must be the best relation, in the logarithm of its odds. Chosen on en_ewt-dev, where F1 of
/// appositions rises from 50.3 to 51.9 and LAS stays.
const DOUBT: f32 = 0.6;

/// What the network found for one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    pub(super) tag: usize,
    /// 0 is the root, else 1 + index.
    pub(super) head: usize,
    pub(super) relation: usize,
}

/// Buffers that are kept from sentence to sentence.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    keys: Vec<u64>,
    memory: Vec<i16>,
    vector: Vec<f32>,
    gates: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    small: Vec<i16>,
    tags: Vec<f32>,
    dep: Vec<f32>,
    head: Vec<f32>,
    query: Vec<f32>,
    label_dep: Vec<f32>,
    label_head: Vec<f32>,
    hidden: Vec<f32>,
    labels: Vec<f32>,
    scores: Vec<f32>,
    place: Vec<f32>,
    heads: Vec<usize>,
    cells: Vec<f32>,
}

impl Workspace {
    /// Bytes of the buffers that grow with what is parsed together.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let floats = [
            &self.vector,
            &self.gates,
            &self.first,
            &self.second,
            &self.tags,
            &self.dep,
            &self.head,
            &self.query,
            &self.label_dep,
            &self.label_head,
            &self.hidden,
            &self.labels,
            &self.scores,
            &self.place,
            &self.cells,
        ];
        let floats: usize = floats.iter().map(|buffer| 4 * buffer.capacity()).sum();
        floats + 2 * (self.small.capacity() + self.memory.capacity()) + 8 * self.keys.capacity()
    }

    /// Analyses several sentences at once: `forms` in order, `lengths` of the sentences.
    pub(super) fn analyse(
        &mut self,
        model: &Model,
        forms: &[&str],
        lengths: &[usize],
        found: &mut Vec<Found>,
    ) {
        let h2 = 2 * model.sizes.h;
        self.look_up(model, forms);
        self.first.clear();
        self.first.resize(forms.len() * h2, 0.0);
        run(
            &self.gates,
            model.sizes.h,
            lengths,
            &mut self.first,
            &mut self.cells,
        );
        quantise(&self.first, &mut self.small);
        model.gates2.apply(&self.small, &mut self.gates);
        squash(&mut self.gates, model.sizes.h);
        self.second.clone_from(&self.first);
        run(
            &self.gates,
            model.sizes.h,
            lengths,
            &mut self.second,
            &mut self.cells,
        );
        self.project(model);
        found.clear();
        let mut start = 0;
        for &length in lengths {
            self.parse(model, start, length, found);
            start += length;
        }
        self.label(model, lengths, found);
    }

    /// Fills `gates` with those of the first layer.
    fn look_up(&mut self, model: &Model, forms: &[&str]) {
        let width = 6 * model.sizes.h;
        if self.memory.len() != REMEMBERED * width {
            self.keys = vec![0; REMEMBERED];
            self.memory = vec![0; REMEMBERED * width];
        }
        self.gates.clear();
        for form in forms {
            let key = identity(form);
            let slot = (key >> 32) as usize % REMEMBERED;
            let row = &mut self.memory[slot * width..(slot + 1) * width];
            if self.keys[slot] != key {
                self.keys[slot] = key;
                self.vector.clear();
                self.vector.resize(model.sizes.d, 0.0);
                model.embed(form, &mut self.vector);
                let largest = quantise_largest(&self.vector, &mut self.small);
                self.cells.clone_from(&model.gates1.bias);
                model
                    .gates1
                    .weights
                    .add_product_of(&self.small, largest, &mut self.cells);
                squash(&mut self.cells, model.sizes.h);
                for (slot, gate) in row.iter_mut().zip(&self.cells) {
                    *slot = (gate * GATE_ONE) as i16;
                }
            }
            self.gates
                .extend(row.iter().map(|gate| f32::from(*gate) * (1.0 / GATE_ONE)));
        }
    }

    /// All that is scored word by word.
    fn project(&mut self, model: &Model) {
        quantise(&self.second, &mut self.small);
        model.tagger.apply(&self.small, &mut self.tags);
        model.arc_dep.apply(&self.small, &mut self.dep);
        model.arc_head.apply(&self.small, &mut self.head);
        self.dep
            .iter_mut()
            .chain(&mut self.head)
            .for_each(|x| *x = leaky(*x));
        model.arc.apply(&self.dep, &mut self.query);
        model.label_dep.apply(&self.small, &mut self.label_dep);
        self.label_head.clear();
        self.label_head.resize(self.label_dep.len(), 0.0);
        model
            .label_head
            .weights
            .add_product(&self.small, &mut self.label_head);
    }

    /// Tags and heads of one sentence.
    fn parse(&mut self, model: &Model, start: usize, length: usize, found: &mut Vec<Found>) {
        let a = model.sizes.a;
        self.scores.clear();
        for at in 0..length {
            let dep = &self.dep[(start + at) * a..][..a];
            let query = &self.query[(start + at) * a..][..a];
            self.place.clear();
            self.place.extend(
                model
                    .arc_place
                    .chunks_exact(a)
                    .take(BUCKETS)
                    .map(|place| dot(place, dep)),
            );
            self.scores
                .push(dot(query, &model.arc_root) + self.place[0]);
            let heads = self.head[start * a..(start + length) * a].chunks_exact(a);
            for (to, head) in heads.enumerate() {
                let score = dot(query, head) + self.place[bucket(at, to + 1)];
                self.scores.push(if to == at { NEVER } else { score });
            }
        }
        tree::decode(&self.scores, &mut self.heads);
        let tags = self.tags[start * model.sizes.tags..].chunks_exact(model.sizes.tags);
        for (head, tags) in self.heads.iter().zip(tags) {
            found.push(Found {
                tag: best(tags),
                head: *head,
                relation: 0,
            });
        }
    }

    /// The relation of each word to the head it got.
    fn label(&mut self, model: &Model, lengths: &[usize], found: &mut [Found]) {
        let l = model.sizes.l;
        self.hidden.clone_from(&self.label_dep);
        let mut start = 0;
        for &length in lengths {
            for at in 0..length {
                let to = found[start + at].head;
                let row = &mut self.hidden[(start + at) * l..][..l];
                match to {
                    0 => add(row, &model.label_head.bias),
                    to => add(row, &self.label_head[(start + to - 1) * l..][..l]),
                }
                add(row, &model.label_place[bucket(at, to) * l..][..l]);
            }
            start += length;
        }
        self.hidden.iter_mut().for_each(|x| *x = leaky(*x));
        model.label.apply(&self.hidden, &mut self.labels);
        for (found, labels) in found
            .iter_mut()
            .zip(self.labels.chunks_exact(model.sizes.relations))
        {
            found.relation = best(labels);
        }
        self.doubt_appositions(model, lengths, found);
    }

    /// Thinks twice where an apposition was found: it follows its head with a mark between them (`Khan, the envoy`), and
    /// the network finds too many. Where no mark is, or another relation is almost as good, that is taken.
    fn doubt_appositions(&mut self, model: &Model, lengths: &[usize], found: &mut [Found]) {
        let relations = model.sizes.relations;
        let Some(apposition) = model.relations.iter().position(|name| *name == APPOSITION) else {
            return;
        };
        let mut start = 0;
        for &length in lengths {
            let own = &mut found[start..start + length];
            for at in 0..length {
                if own[at].relation != apposition {
                    continue;
                }
                let between = own.get(own[at].head..at).unwrap_or_default();
                let marked = between.iter().any(|word| is_mark(model.tags[word.tag]));
                let labels = &mut self.labels[(start + at) * relations..][..relations];
                labels[apposition] -= if marked { DOUBT } else { -NEVER };
                own[at].relation = best(labels);
            }
            start += length;
        }
    }
}

/// A mark that sets words apart, which the hyphen inside one does not.
fn is_mark((upos, xpos): (&str, &str)) -> bool {
    upos == "PUNCT" && xpos != "HYPH"
}

/// Gates from sums: a tangent for what a cell takes in, logistic curves for what it keeps and shows.
fn squash(gates: &mut [f32], h: usize) {
    for row in gates.chunks_exact_mut(3 * h) {
        let (taken, kept) = row.split_at_mut(h);
        for x in taken {
            *x = tanh(*x);
        }
        for x in kept {
            *x = sigmoid(*x);
        }
    }
}

/// Runs the cells over each sentence in both directions and adds what they show to `out`.
fn run(gates: &[f32], h: usize, lengths: &[usize], out: &mut [f32], cells: &mut Vec<f32>) {
    let mut start = 0;
    for &length in lengths {
        for way in 0..2 {
            cells.clear();
            cells.resize(h, 0.0);
            for step in 0..length {
                let at = start + if way == 0 { step } else { length - 1 - step };
                let gate = &gates[(at * 2 + way) * 3 * h..][..3 * h];
                step_cells(gate, cells, &mut out[(at * 2 + way) * h..][..h]);
            }
        }
        start += length;
    }
}

fn step_cells(gate: &[f32], cells: &mut [f32], out: &mut [f32]) {
    let h = cells.len();
    let (taken, rest) = gate.split_at(h);
    let (kept, shown) = rest.split_at(h);
    for ((((cell, out), z), f), o) in cells.iter_mut().zip(out).zip(taken).zip(kept).zip(shown) {
        *cell = f * *cell + (1.0 - f) * z;
        *out += o * *cell;
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

/// A 64-bit hash of the form, never 0.
fn identity(form: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in form.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    (hash ^ (hash >> 29)).max(1)
}
