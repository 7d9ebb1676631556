//! The network while it learns: forward with dropout, loss, gradients.

mod cells;
mod losses;

use dateline::language::model::{BUCKETS, Sizes};

use crate::matrix::add;
use crate::param::{Dense, Rng, Table};

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

/// The affixes that count: the whole form, the last, only beside the word's own row.
fn used(affixes: &[usize], own: bool) -> &[usize] {
    &affixes[..affixes.len() - usize::from(!own)]
}
