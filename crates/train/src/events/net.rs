//! The network while it learns: forward with dropout, losses, gradients.

mod back;
mod parties;

use dateline::event::learned::seen::PLACE;
use dateline::event::learned::shape::{
    ARTICLE, ARTICLE_CELLS, ARTICLE_GATES, GATES1, GATES2, HELD, HIDDEN, HIDE, HIDE_ARTICLE, INPUT,
    PROJECT, SHAPES, VECTOR,
};

use super::cells::{self, Layer};
use super::example::{Example, Inventory};
use crate::matrix::add;
use crate::param::{Dense, Rng, Table};

/// Shares that are dropped while learning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drops {
    pub own: f32,
    pub feature: f32,
    pub input: f32,
    pub layer: f32,
    pub hidden: f32,
}

impl Drops {
    pub(crate) const LEARNING: Self = Self {
        own: 0.15,
        feature: 0.04,
        input: 0.25,
        layer: 0.35,
        hidden: 0.35,
    };
}

/// The losses of type and status and parties are worth this much.
const STATUS_SHARE: f32 = 0.5;
const PARTY_SHARE: f32 = 0.3;

pub(crate) struct Net {
    pub table: Table,
    pub dense: Vec<Dense>,
}

/// Articles that are learned from together, and what the network made of them.
struct Pass<'e> {
    batch: &'e [&'e Example],
    /// Sentences an article, words a sentence.
    sentences: Vec<usize>,
    lengths: Vec<usize>,
    /// Where each sentence begins.
    starts: Vec<usize>,
    used: Vec<u32>,
    used_ends: Vec<usize>,
    vectors: Vec<f32>,
    mask_input: Vec<f32>,
    x: Vec<f32>,
    one: Layer,
    mask_one: Vec<f32>,
    h1: Vec<f32>,
    two: Layer,
    mask_two: Vec<f32>,
    /// Both layers and the input of each word.
    words: Vec<f32>,
    /// Which word gave the largest number.
    tops: Vec<usize>,
    sentence_rows: Vec<f32>,
    article: Layer,
    mask_article: Vec<f32>,
    around: Vec<f32>,
    mask_hidden: Vec<f32>,
    hidden: Vec<f32>,
}

const WIDE: usize = HELD + INPUT;

impl Net {
    pub(crate) fn new(rng: &mut Rng, rows: usize) -> Self {
        let dense = SHAPES.map(|(inputs, outputs)| {
            Dense::new(rng, inputs, outputs, if inputs == 1 { 0.0 } else { 1.0 })
        });
        Self {
            table: Table::new(rng, rows, INPUT, 0.15),
            dense: dense.into(),
        }
    }

    /// Adds the gradients of a batch; gives its losses of type, status and parties.
    pub(crate) fn learn(
        &mut self,
        batch: &[&Example],
        inventory: &Inventory,
        drops: Drops,
        rng: &mut Rng,
    ) -> [f32; 3] {
        let pass = self.forward(batch, inventory, drops, rng);
        self.backward(&pass, drops, rng)
    }

    fn forward<'e>(
        &self,
        batch: &'e [&'e Example],
        inventory: &Inventory,
        drops: Drops,
        rng: &mut Rng,
    ) -> Pass<'e> {
        let lengths = batch
            .iter()
            .flat_map(|e| e.lengths.iter().copied())
            .collect::<Vec<_>>();
        let count = lengths.iter().sum::<usize>();
        let starts = lengths
            .iter()
            .scan(0, |next, length| {
                Some(std::mem::replace(next, *next + length))
            })
            .collect::<Vec<_>>();
        let mut vectors = Vec::with_capacity(count * VECTOR);
        for form in batch.iter().flat_map(|e| &e.forms) {
            vectors.extend_from_slice(inventory.vector(*form));
        }
        let mut x = self.dense[PROJECT].product(&vectors);
        let (mut used, mut used_ends) = (Vec::new(), Vec::with_capacity(count));
        let mut rows = x.chunks_exact_mut(INPUT);
        for example in batch {
            let mut start = 0;
            for (&end, row) in example.ends.iter().zip(rows.by_ref()) {
                for at in start..end {
                    let share = if example.own[at] {
                        drops.own
                    } else {
                        drops.feature
                    };
                    if share > 0.0 && rng.unit() < share {
                        continue;
                    }
                    used.push(example.features[at]);
                    add(row, self.table.row(example.features[at] as usize));
                }
                used_ends.push(used.len());
                start = end;
            }
        }
        let mask_input = rng.mask(x.len(), drops.input);
        multiply(&mut x, &mask_input);
        let one = cells::forward(&self.dense[GATES1], &self.dense[GATES1 + 1], &x, &lengths);
        let mask_one = rng.mask(one.out.len(), drops.layer);
        let mut h1 = one.out.clone();
        multiply(&mut h1, &mask_one);
        let two = cells::forward(&self.dense[GATES2], &self.dense[GATES2 + 1], &h1, &lengths);
        let mask_two = rng.mask(two.out.len(), drops.layer);
        let mut words = vec![0.0; count * WIDE];
        for (at, row) in words.chunks_exact_mut(WIDE).enumerate() {
            let range = at * HELD..(at + 1) * HELD;
            let parts = two.out[range.clone()]
                .iter()
                .zip(&h1[range.clone()])
                .zip(&mask_two[range]);
            for (slot, ((two, one), mask)) in row.iter_mut().zip(parts) {
                *slot = (two + one) * mask;
            }
            row[HELD..].copy_from_slice(&x[at * INPUT..(at + 1) * INPUT]);
        }
        let mut pass = Pass {
            sentences: batch.iter().map(|e| e.lengths.len()).collect(),
            article: cells::forward(
                &self.dense[ARTICLE_GATES],
                &self.dense[ARTICLE_GATES + 1],
                &[],
                &[],
            ),
            batch,
            lengths,
            starts,
            used,
            used_ends,
            vectors,
            mask_input,
            x,
            one,
            mask_one,
            h1,
            two,
            mask_two,
            words,
            tops: Vec::new(),
            sentence_rows: Vec::new(),
            mask_article: Vec::new(),
            around: Vec::new(),
            mask_hidden: Vec::new(),
            hidden: Vec::new(),
        };
        self.look_around(&mut pass, drops, rng);
        pass
    }

    /// The layer over the article and the hidden numbers.
    fn look_around(&self, pass: &mut Pass<'_>, drops: Drops, rng: &mut Rng) {
        let places = pass.batch.iter().flat_map(|e| &e.places);
        for ((&start, &length), place) in pass.starts.iter().zip(&pass.lengths).zip(places) {
            let mut most = vec![f32::MIN; HELD];
            let mut top = vec![start; HELD];
            for at in start..start + length {
                let row = &pass.words[at * WIDE..][..HELD];
                for i in 0..HELD {
                    if row[i] > most[i] {
                        most[i] = row[i];
                        top[i] = at;
                    }
                }
            }
            pass.tops.extend(top);
            pass.sentence_rows.extend(most);
            pass.sentence_rows.extend(place);
        }
        pass.article = cells::forward(
            &self.dense[ARTICLE_GATES],
            &self.dense[ARTICLE_GATES + 1],
            &pass.sentence_rows,
            &pass.sentences,
        );
        pass.mask_article = rng.mask(pass.article.out.len(), drops.layer);
        let places = pass.batch.iter().flat_map(|e| &e.places);
        for (at, place) in places.enumerate() {
            let range = at * 2 * ARTICLE_CELLS..(at + 1) * 2 * ARTICLE_CELLS;
            let out = pass.article.out[range.clone()]
                .iter()
                .zip(&pass.mask_article[range]);
            pass.around.extend(out.map(|(value, mask)| value * mask));
            pass.around.extend(place);
        }
        let around = self.dense[HIDE_ARTICLE].product(&pass.around);
        pass.hidden = self.dense[HIDE].apply(&pass.words, &self.dense[HIDE + 1]);
        for (sentence, (&start, &length)) in pass.starts.iter().zip(&pass.lengths).enumerate() {
            let around = &around[sentence * HIDDEN..][..HIDDEN];
            for row in pass.hidden[start * HIDDEN..][..length * HIDDEN].chunks_exact_mut(HIDDEN) {
                add(row, around);
            }
        }
        pass.mask_hidden = rng.mask(pass.hidden.len(), drops.hidden);
        for (value, mask) in pass.hidden.iter_mut().zip(&pass.mask_hidden) {
            *value = value.max(0.0) * mask;
        }
    }

    pub(crate) fn step(&mut self, rate: f32) {
        self.table.step(rate);
        for dense in &mut self.dense {
            dense.step(rate);
        }
    }
}

fn multiply(values: &mut [f32], mask: &[f32]) {
    for (value, mask) in values.iter_mut().zip(mask) {
        *value *= mask;
    }
}

/// Scores become the probabilities less what is right; gives the loss. `right` holds the places that are.
fn soften(scores: &mut [f32], right: &[usize]) -> f32 {
    dateline::event::learned::network::softmax(scores);
    let sum = right.iter().map(|&at| scores[at]).sum::<f32>().max(1e-9);
    let shares = right
        .iter()
        .map(|&at| (at, scores[at] / sum))
        .collect::<Vec<_>>();
    for (at, share) in shares {
        scores[at] -= share;
    }
    -sum.ln()
}

/// Two matrices that stand beside each other in the list.
fn pair(dense: &mut [Dense], at: usize) -> (&mut Dense, &mut Dense) {
    let (left, right) = dense.split_at_mut(at + 1);
    (&mut left[at], &mut right[0])
}

const _: () = assert!(ARTICLE == 2 * ARTICLE_CELLS + PLACE);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::example::{Side, Trigger};

    /// Two sentences of few words, one with an act.
    fn example() -> Example {
        let features = (0..14).map(|at| at % 9).collect::<Vec<u32>>();
        let mut place = [0.1; PLACE];
        place[3] = 0.7;
        Example {
            titled: 0,
            lengths: vec![4, 3],
            own: vec![false; features.len()],
            features,
            ends: (1..=7).map(|at| at * 2).collect(),
            forms: vec![0, 1, 2, 0, 1, 2, 2],
            nominal: vec![true, false, true, true, true, false, true],
            places: vec![place; 2],
            kinds: vec![0, 3, 255, 0, 0, 1, 0],
            statuses: vec![255, 0, 255, 255, 255, 2, 255],
            triggers: vec![
                Trigger {
                    sentence: 0,
                    at: 1,
                    kind: 2,
                    sides: [Side::Heads(vec![0, 3]), Side::Nobody],
                    ways: vec![5, 6, 7, 8],
                },
                Trigger {
                    sentence: 1,
                    at: 1,
                    kind: 0,
                    sides: [Side::Elsewhere, Side::Unknown],
                    ways: vec![1, 2, 3],
                },
            ],
        }
    }

    const NONE: Drops = Drops {
        own: 0.0,
        feature: 0.0,
        input: 0.0,
        layer: 0.0,
        hidden: 0.0,
    };

    fn loss(net: &mut Net, example: &Example, inventory: &Inventory) -> f64 {
        let mut rng = Rng(1);
        let [kind, status, party] = net.learn(&[example, example], inventory, NONE, &mut rng);
        f64::from(kind) + f64::from(STATUS_SHARE * status) + f64::from(PARTY_SHARE * party)
    }

    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let example = example();
        let mut rng = Rng(7);
        let vectors = (0..3 * VECTOR).map(|_| rng.unit() - 0.5).collect();
        let inventory = Inventory {
            vectors,
            ..Inventory::default()
        };
        for matrix in 0..SHAPES.len() {
            let mut net = Net::new(&mut Rng(3), 9);
            loss(&mut net, &example, &inventory);
            let slopes = net.dense[matrix].g.clone();
            let steepest = (0..slopes.len())
                .max_by(|&a, &b| slopes[a].abs().total_cmp(&slopes[b].abs()))
                .expect("no matrix is empty");
            let step = 2e-3;
            let moved = |by: f32| {
                let mut net = Net::new(&mut Rng(3), 9);
                let mut weights = net.dense[matrix].w.clone();
                weights[steepest] += by;
                net.dense[matrix].set(&weights);
                loss(&mut net, &example, &inventory)
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let learned = f64::from(slopes[steepest]);
            let apart = (slope - learned).abs();
            assert!(
                apart < 0.05 * learned.abs() + 1e-3,
                "{matrix}: {slope} {learned}"
            );
        }
    }
}
