//! The network while it learns: forward with dropout, loss, gradients.

use dateline::language::curves::{exp, leaky, sigmoid, tanh};
use dateline::language::model::{BUCKETS, Sizes, bucket};

use crate::matrix::{add, dot};
use crate::param::{Dense, Rng, Table, axpy};

const DROP_INPUT: f32 = 0.25;
const DROP_LAYER: f32 = 0.3;
/// A word's own row is dropped with probability RARE / (RARE + count), so that unseen words are met in training.
const RARE: f32 = 0.5;
/// Its pretrained vector is dropped as well this often.
const DROP_VECTOR: f32 = 0.04;

/// A sentence as numbers.
pub(crate) struct Example {
    /// Row of the word, if the model lists it, and its count in training.
    pub words: Vec<Option<(usize, u32)>>,
    pub affixes: Vec<[usize; dateline::language::form::AFFIXES]>,
    pub tags: Vec<Option<usize>>,
    /// 0 for the root, else 1 + index.
    pub heads: Vec<usize>,
    pub relations: Vec<usize>,
}

pub(crate) struct Net {
    pub sizes: Sizes,
    pub words: Table,
    pub affix: Table,
    /// Pretrained vectors, fixed: `VECTOR` numbers a word.
    pub vectors: Vec<f32>,
    pub dense: Vec<Dense>,
}

/// The numbers of a pretrained vector.
pub(crate) const VECTOR: usize = 50;

// The dense matrices, in the order of the model file after PROJECT.
pub(crate) const PROJECT: usize = 0;
pub(crate) const W1: usize = 1;
pub(crate) const B1: usize = 2;
pub(crate) const W2: usize = 3;
pub(crate) const B2: usize = 4;
pub(crate) const WT: usize = 5;
pub(crate) const BT: usize = 6;
pub(crate) const WAD: usize = 7;
pub(crate) const BAD: usize = 8;
pub(crate) const WAH: usize = 9;
pub(crate) const BAH: usize = 10;
pub(crate) const ROOT_A: usize = 11;
pub(crate) const U: usize = 12;
pub(crate) const UH: usize = 13;
pub(crate) const DIST_A: usize = 14;
pub(crate) const WLD: usize = 15;
pub(crate) const BL: usize = 16;
pub(crate) const WLH: usize = 17;
pub(crate) const ROOT_L: usize = 18;
pub(crate) const DIST_L: usize = 19;
pub(crate) const WR: usize = 20;
pub(crate) const BR: usize = 21;

impl Net {
    pub(crate) fn new(rng: &mut Rng, sizes: Sizes, vectors: Vec<f32>) -> Self {
        let Sizes {
            d,
            h,
            a,
            l,
            tags,
            relations,
            words,
            affixes,
        } = sizes;
        let shapes = [
            (VECTOR, d),
            (d, 6 * h),
            (1, 6 * h),
            (2 * h, 6 * h),
            (1, 6 * h),
            (2 * h, tags),
            (1, tags),
            (2 * h, a),
            (1, a),
            (2 * h, a),
            (1, a),
            (1, a),
            (a, a),
            (1, a),
            (BUCKETS, a),
            (2 * h, l),
            (1, l),
            (2 * h, l),
            (1, l),
            (BUCKETS, l),
            (l, relations),
            (1, relations),
        ];
        let dense = shapes.map(|(inputs, outputs)| {
            Dense::new(rng, inputs, outputs, if inputs == 1 { 0.0 } else { 1.0 })
        });
        Self {
            sizes,
            words: Table::new(rng, words, d, 0.0),
            affix: Table::new(rng, affixes, d, 0.15),
            vectors,
            dense: dense.into(),
        }
    }

    /// Adds the gradients of one sentence; gives its loss.
    pub(crate) fn learn(&mut self, example: &Example, rng: &mut Rng) -> f32 {
        let n = example.words.len();
        let Sizes { d, h, .. } = self.sizes;
        let inputs = self.inputs(example, rng);
        let one = self.layer(&inputs.x, W1, B1);
        let mask1 = rng.mask(n * 2 * h, DROP_LAYER);
        let h1: Vec<f32> = one.out.iter().zip(&mask1).map(|(x, m)| x * m).collect();
        let two = self.layer(&h1, W2, B2);
        let mask2 = rng.mask(n * 2 * h, DROP_LAYER);
        let y: Vec<f32> = (0..n * 2 * h)
            .map(|i| (two.out[i] + h1[i]) * mask2[i])
            .collect();
        let mut dy = vec![0.0; n * 2 * h];
        let mut loss = self.learn_tags(example, &y, &mut dy);
        loss += self.learn_arcs(example, &y, &mut dy);
        loss += self.learn_labels(example, &y, &mut dy);
        for (dy, m) in dy.iter_mut().zip(&mask2) {
            *dy *= m;
        }
        let mut dh1 = dy.clone();
        self.layer_back(&h1, &two, &dy, (W2, B2), &mut dh1);
        for (dh, m) in dh1.iter_mut().zip(&mask1) {
            *dh *= m;
        }
        let mut dx = vec![0.0; n * d];
        self.layer_back(&inputs.x, &one, &dh1, (W1, B1), &mut dx);
        self.learn_inputs(example, &inputs, &mut dx);
        loss
    }

    fn inputs(&self, example: &Example, rng: &mut Rng) -> Inputs {
        let d = self.sizes.d;
        let n = example.words.len();
        let mut x = vec![0.0; n * d];
        let mut own = vec![false; n];
        let mut vectors = vec![0.0; n * VECTOR];
        for (at, word) in example.words.iter().enumerate() {
            let row = &mut x[at * d..(at + 1) * d];
            let (draw, drop) = (rng.unit(), rng.unit());
            let count = word.map_or(0.0, |(_, count)| count as f32);
            own[at] = draw >= RARE / (RARE + count) && count > 0.0;
            if let Some((word, _)) = word {
                if own[at] {
                    add(row, self.words.row(*word));
                }
                if drop >= DROP_VECTOR {
                    let vector = &self.vectors[word * VECTOR..(word + 1) * VECTOR];
                    vectors[at * VECTOR..(at + 1) * VECTOR].copy_from_slice(vector);
                }
            }
            for affix in used(&example.affixes[at], own[at]) {
                add(row, self.affix.row(*affix));
            }
        }
        add(&mut x, &self.dense[PROJECT].product(&vectors));
        let mask = rng.mask(n * d, DROP_INPUT);
        for (x, m) in x.iter_mut().zip(&mask) {
            *x *= m;
        }
        Inputs {
            x,
            own,
            vectors,
            mask,
        }
    }

    fn learn_inputs(&mut self, example: &Example, inputs: &Inputs, dx: &mut [f32]) {
        let d = self.sizes.d;
        for (dx, m) in dx.iter_mut().zip(&inputs.mask) {
            *dx *= m;
        }
        for (at, dx) in dx.chunks_exact(d).enumerate() {
            if let (Some((word, _)), true) = (example.words[at], inputs.own[at]) {
                self.words.learn(word, dx);
            }
            for affix in used(&example.affixes[at], inputs.own[at]) {
                self.affix.learn(*affix, dx);
            }
        }
        let mut none = vec![0.0; inputs.vectors.len()];
        self.dense[PROJECT].learn(&inputs.vectors, dx, &mut none);
    }

    fn layer(&self, x: &[f32], w: usize, b: usize) -> Layer {
        let h = self.sizes.h;
        let mut gates = self.dense[w].apply(x, &self.dense[b]);
        let n = gates.len() / (6 * h);
        for row in gates.chunks_exact_mut(3 * h) {
            let (z, fo) = row.split_at_mut(h);
            z.iter_mut().for_each(|z| *z = tanh(*z));
            fo.iter_mut().for_each(|x| *x = sigmoid(*x));
        }
        let mut cells = vec![0.0; n * 2 * h];
        let mut out = vec![0.0; n * 2 * h];
        for way in 0..2 {
            let mut last = vec![0.0; h];
            for at in order(n, way) {
                let gate = &gates[(at * 2 + way) * 3 * h..][..3 * h];
                for i in 0..h {
                    let f = gate[h + i];
                    last[i] = f * last[i] + (1.0 - f) * gate[i];
                    cells[(at * 2 + way) * h + i] = last[i];
                    out[(at * 2 + way) * h + i] = gate[2 * h + i] * last[i];
                }
            }
        }
        Layer { gates, cells, out }
    }

    fn layer_back(
        &mut self,
        x: &[f32],
        layer: &Layer,
        dout: &[f32],
        (w, b): (usize, usize),
        dx: &mut [f32],
    ) {
        let h = self.sizes.h;
        let n = layer.gates.len() / (6 * h);
        let mut du = vec![0.0; n * 6 * h];
        for way in 0..2 {
            let mut carry = vec![0.0; h];
            let mut steps: Vec<usize> = order(n, way).collect();
            steps.reverse();
            for (step, &at) in steps.iter().enumerate() {
                let before = steps.get(step + 1).map(|before| (before * 2 + way) * h);
                let gate = &layer.gates[(at * 2 + way) * 3 * h..][..3 * h];
                let du = &mut du[(at * 2 + way) * 3 * h..][..3 * h];
                for i in 0..h {
                    let (z, f, o) = (gate[i], gate[h + i], gate[2 * h + i]);
                    let cell = (at * 2 + way) * h + i;
                    let last = before.map_or(0.0, |before| layer.cells[before + i]);
                    let dc = dout[cell] * o + carry[i];
                    du[i] = dc * (1.0 - f) * (1.0 - z * z);
                    du[h + i] = dc * (last - z) * f * (1.0 - f);
                    du[2 * h + i] = dout[cell] * layer.cells[cell] * o * (1.0 - o);
                    carry[i] = dc * f;
                }
            }
        }
        self.dense[b].learn_bias(&du);
        self.dense[w].learn(x, &du, dx);
    }

    fn learn_tags(&mut self, example: &Example, y: &[f32], dy: &mut [f32]) -> f32 {
        let mut scores = self.dense[WT].apply(y, &self.dense[BT]);
        let mut loss = 0.0;
        for (row, tag) in scores.chunks_exact_mut(self.sizes.tags).zip(&example.tags) {
            match tag {
                Some(tag) => loss += softmax_loss(row, *tag),
                None => row.fill(0.0),
            }
        }
        self.dense[BT].learn_bias(&scores);
        self.dense[WT].learn(y, &scores, dy);
        loss
    }

    fn learn_arcs(&mut self, example: &Example, y: &[f32], dy: &mut [f32]) -> f32 {
        let a = self.sizes.a;
        let n = example.heads.len();
        let dep = self.leaky_rows(y, WAD, BAD);
        let mut head = self.dense[ROOT_A].w.clone();
        head.extend(self.leaky_rows(y, WAH, BAH));
        let query = self.dense[U].apply(&dep, &self.dense[UH]);
        let mut ddep = vec![0.0; n * a];
        let mut dhead = vec![0.0; (n + 1) * a];
        let mut dquery = vec![0.0; n * a];
        let mut loss = 0.0;
        let mut scores = vec![0.0; n + 1];
        for at in 0..n {
            let (dep, query) = (&dep[at * a..(at + 1) * a], &query[at * a..(at + 1) * a]);
            for (to, score) in scores.iter_mut().enumerate() {
                let place = &self.dense[DIST_A].w[bucket(at, to) * a..][..a];
                *score = dot(query, &head[to * a..(to + 1) * a]) + dot(place, dep);
            }
            scores[at + 1] = -1e9;
            loss += softmax_loss(&mut scores, example.heads[at]);
            for (to, d) in scores.iter().enumerate().filter(|(_, d)| **d != 0.0) {
                let place = bucket(at, to) * a;
                axpy(
                    &mut dquery[at * a..(at + 1) * a],
                    *d,
                    &head[to * a..(to + 1) * a],
                );
                axpy(&mut dhead[to * a..(to + 1) * a], *d, query);
                axpy(
                    &mut ddep[at * a..(at + 1) * a],
                    *d,
                    &self.dense[DIST_A].w[place..place + a],
                );
                axpy(&mut self.dense[DIST_A].g[place..place + a], *d, dep);
            }
        }
        self.dense[UH].learn_bias(&dquery);
        self.dense[U].learn(&dep, &dquery, &mut ddep);
        self.dense[ROOT_A].learn_bias(&dhead[..a]);
        self.leaky_back(y, &dep, &mut ddep, (WAD, Some(BAD)), dy);
        self.leaky_back(y, &head[a..], &mut dhead[a..], (WAH, Some(BAH)), dy);
        loss
    }

    fn leaky_rows(&self, y: &[f32], w: usize, b: usize) -> Vec<f32> {
        let mut rows = self.dense[w].apply(y, &self.dense[b]);
        rows.iter_mut().for_each(|x| *x = leaky(*x));
        rows
    }

    fn leaky_back(
        &mut self,
        y: &[f32],
        out: &[f32],
        dout: &mut [f32],
        (w, b): (usize, Option<usize>),
        dy: &mut [f32],
    ) {
        for (d, out) in dout.iter_mut().zip(out) {
            if *out <= 0.0 {
                *d *= 0.1;
            }
        }
        if let Some(b) = b {
            self.dense[b].learn_bias(dout);
        }
        self.dense[w].learn(y, dout, dy);
    }

    fn learn_labels(&mut self, example: &Example, y: &[f32], dy: &mut [f32]) -> f32 {
        let l = self.sizes.l;
        let n = example.heads.len();
        let dep = self.dense[WLD].apply(y, &self.dense[BL]);
        let mut head = self.dense[ROOT_L].w.clone();
        head.extend(self.dense[WLH].product(y));
        let mut hidden = vec![0.0; n * l];
        for at in 0..n {
            let to = example.heads[at];
            let row = &mut hidden[at * l..(at + 1) * l];
            add(row, &dep[at * l..(at + 1) * l]);
            add(row, &head[to * l..(to + 1) * l]);
            add(row, &self.dense[DIST_L].w[bucket(at, to) * l..][..l]);
            row.iter_mut().for_each(|x| *x = leaky(*x));
        }
        let mut scores = self.dense[WR].apply(&hidden, &self.dense[BR]);
        let mut loss = 0.0;
        for (row, relation) in scores
            .chunks_exact_mut(self.sizes.relations)
            .zip(&example.relations)
        {
            loss += softmax_loss(row, *relation);
        }
        let mut dhidden = vec![0.0; n * l];
        self.dense[BR].learn_bias(&scores);
        self.dense[WR].learn(&hidden, &scores, &mut dhidden);
        let mut dhead = vec![0.0; (n + 1) * l];
        for (at, (d, x)) in dhidden
            .chunks_exact_mut(l)
            .zip(hidden.chunks_exact(l))
            .enumerate()
        {
            for (d, x) in d.iter_mut().zip(x) {
                *d *= if *x > 0.0 { 1.0 } else { 0.1 };
            }
            let to = example.heads[at];
            axpy(&mut dhead[to * l..(to + 1) * l], 1.0, d);
            axpy(&mut self.dense[DIST_L].g[bucket(at, to) * l..][..l], 1.0, d);
        }
        self.dense[BL].learn_bias(&dhidden);
        self.dense[WLD].learn(y, &dhidden, dy);
        self.dense[ROOT_L].learn_bias(&dhead[..l]);
        self.dense[WLH].learn(y, &dhead[l..], dy);
        loss
    }

    pub(crate) fn step(&mut self, rate: f32) {
        self.words.step(rate);
        self.affix.step(rate);
        self.dense.iter_mut().for_each(|dense| dense.step(rate));
    }
}

struct Inputs {
    x: Vec<f32>,
    own: Vec<bool>,
    vectors: Vec<f32>,
    mask: Vec<f32>,
}

struct Layer {
    gates: Vec<f32>,
    cells: Vec<f32>,
    out: Vec<f32>,
}

/// The affixes that count: the whole form, the last, only beside the word's own row.
fn used(affixes: &[usize], own: bool) -> &[usize] {
    &affixes[..affixes.len() - usize::from(!own)]
}

fn order(n: usize, way: usize) -> impl Iterator<Item = usize> {
    (0..n).map(move |step| if way == 0 { step } else { n - 1 - step })
}

/// The loss of the right answer; scores become their gradient.
fn softmax_loss(scores: &mut [f32], right: usize) -> f32 {
    let best = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - best);
        sum += *score;
    }
    let loss = -(scores[right] / sum).max(1e-20).ln();
    scores.iter_mut().for_each(|score| *score /= sum);
    scores[right] -= 1.0;
    loss
}
