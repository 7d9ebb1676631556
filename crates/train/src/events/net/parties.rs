//! What is learned of the parties of each trigger.

use dateline::event::learned::path;
use dateline::event::learned::shape::{
    ABSENT, HELD, KEY, NEAR, PAIR, QUERY, QUERY_OF_KIND, SIDES, WAY,
};

use super::super::example::{Side, Trigger};
use super::{Drops, Net, Pass, WIDE, pair, soften};
use crate::matrix::{add, dot};
use crate::param::{Rng, axpy};

/// A trigger with its sentence in the batch.
struct Asked<'e> {
    trigger: &'e Trigger,
    /// The first word of its sentence in the batch, and how many.
    start: usize,
    length: usize,
    /// The first of the sentence's rows among the keys.
    keys: usize,
    nominal: &'e [bool],
}

impl Net {
    /// Adds to the gradients, and to those of the words; gives the loss.
    pub(super) fn learn_parties(
        &mut self,
        pass: &Pass<'_>,
        scale: f32,
        drops: Drops,
        rng: &mut Rng,
        dwords: &mut [f32],
    ) -> f32 {
        let (asked, places) = ask(pass);
        let mut rows = Vec::with_capacity(places.len() * WIDE);
        for &at in &places {
            rows.extend_from_slice(&pass.words[at * WIDE..][..WIDE]);
        }
        let keys = self.dense[KEY].product(&rows);
        let mut held = Vec::with_capacity(asked.len() * HELD);
        for asked in &asked {
            held.extend_from_slice(&pass.words[(asked.start + asked.trigger.at) * WIDE..][..HELD]);
        }
        let mut queries = self.dense[QUERY].apply(&held, &self.dense[QUERY + 1]);
        let mut dqueries = vec![0.0; queries.len()];
        let mut dkeys = vec![0.0; keys.len()];
        let mut loss = 0.0;
        for (at, asked) in asked.iter().enumerate() {
            let query = &mut queries[at * PAIR..][..PAIR];
            add(query, self.dense[QUERY_OF_KIND].row(asked.trigger.kind + 1));
            let dquery = &mut dqueries[at * PAIR..][..PAIR];
            let range = asked.keys * PAIR..(asked.keys + asked.length) * PAIR;
            let mask = rng.mask(PAIR, drops.hidden);
            loss += self.learn_trigger(
                asked,
                query,
                &keys[range.clone()],
                &mask,
                scale,
                dquery,
                &mut dkeys[range],
            );
            self.dense[QUERY_OF_KIND].learn_row(asked.trigger.kind + 1, dquery);
        }
        let mut dheld = vec![0.0; held.len()];
        let (weights, bias) = pair(&mut self.dense, QUERY);
        bias.learn_bias(&dqueries);
        weights.learn_rows(&held, &dqueries, &mut dheld);
        for (asked, d) in asked.iter().zip(dheld.chunks_exact(HELD)) {
            add(&mut dwords[(asked.start + asked.trigger.at) * WIDE..], d);
        }
        let mut drows = vec![0.0; rows.len()];
        self.dense[KEY].learn_rows(&rows, &dkeys, &mut drows);
        for (&at, d) in places.iter().zip(drows.chunks_exact(WIDE)) {
            add(&mut dwords[at * WIDE..], d);
        }
        loss
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "rows of one trigger, forward and back"
    )]
    fn learn_trigger(
        &mut self,
        asked: &Asked<'_>,
        query: &[f32],
        keys: &[f32],
        mask: &[f32],
        scale: f32,
        dquery: &mut [f32],
        dkeys: &mut [f32],
    ) -> f32 {
        let trigger = asked.trigger;
        let right = |at: usize| {
            trigger
                .sides
                .iter()
                .any(|side| matches!(side, Side::Heads(heads) if heads.contains(&at)))
        };
        let words = (0..asked.length)
            .filter(|&at| asked.nominal[at] || right(at))
            .collect::<Vec<_>>();
        let mut sums = Vec::with_capacity(words.len() * PAIR);
        for &at in &words {
            let start = sums.len();
            sums.extend_from_slice(query);
            let row = &mut sums[start..];
            add(row, &keys[at * PAIR..]);
            add(row, self.dense[NEAR].row(path::distance(trigger.at, at)));
            add(row, self.dense[WAY].row(usize::from(trigger.ways[at])));
            for (value, mask) in row.iter_mut().zip(mask) {
                *value = value.max(0.0) * mask;
            }
        }
        let open = query
            .iter()
            .zip(mask)
            .map(|(value, mask)| value.max(0.0) * mask);
        let open = open.collect::<Vec<_>>();
        let columns = |matrix: usize, count: usize| {
            let w = &self.dense[matrix].w;
            (0..count)
                .map(|column| {
                    w.iter()
                        .skip(column)
                        .step_by(count)
                        .copied()
                        .collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        };
        let (sides, absent) = (columns(SIDES, 2), columns(ABSENT, 4));
        let mut dsums = vec![0.0; sums.len()];
        let mut dopen = vec![0.0; PAIR];
        let mut loss = 0.0;
        for (side, weights) in sides.iter().enumerate() {
            let right = match &trigger.sides[side] {
                Side::Unknown => continue,
                Side::Nobody => vec![words.len()],
                Side::Elsewhere => vec![words.len() + 1],
                Side::Heads(heads) => (0..words.len())
                    .filter(|&at| heads.contains(&words[at]))
                    .collect(),
            };
            let bias = self.dense[SIDES + 1].w[side];
            let mut scores = sums
                .chunks_exact(PAIR)
                .map(|row| dot(row, weights) + bias)
                .collect::<Vec<_>>();
            for slot in [side, 2 + side] {
                scores.push(dot(&open, &absent[slot]) + self.dense[ABSENT + 1].w[slot]);
            }
            loss += soften(&mut scores, &right);
            for (at, d) in scores[..words.len()].iter().enumerate() {
                let d = d * scale;
                self.dense[SIDES + 1].g[side] += d;
                let row = &sums[at * PAIR..][..PAIR];
                for (slot, value) in self.dense[SIDES]
                    .g
                    .iter_mut()
                    .skip(side)
                    .step_by(2)
                    .zip(row)
                {
                    *slot += d * value;
                }
                axpy(&mut dsums[at * PAIR..][..PAIR], d, weights);
            }
            for (far, slot) in [side, 2 + side].into_iter().enumerate() {
                let d = scores[words.len() + far] * scale;
                self.dense[ABSENT + 1].g[slot] += d;
                for (g, value) in self.dense[ABSENT]
                    .g
                    .iter_mut()
                    .skip(slot)
                    .step_by(4)
                    .zip(&open)
                {
                    *g += d * value;
                }
                axpy(&mut dopen, d, &absent[slot]);
            }
        }
        for (at, (d, sum)) in dsums
            .chunks_exact_mut(PAIR)
            .zip(sums.chunks_exact(PAIR))
            .enumerate()
        {
            for ((d, sum), mask) in d.iter_mut().zip(sum).zip(mask) {
                *d = if *sum > 0.0 { *d * mask } else { 0.0 };
            }
            let word = words[at];
            add(dquery, d);
            add(&mut dkeys[word * PAIR..], d);
            self.dense[NEAR].learn_row(path::distance(trigger.at, word), d);
            self.dense[WAY].learn_row(usize::from(trigger.ways[word]), d);
        }
        for ((slot, d), (open, mask)) in dquery.iter_mut().zip(&dopen).zip(open.iter().zip(mask)) {
            if *open > 0.0 {
                *slot += d * mask;
            }
        }
        loss
    }
}

/// The triggers of a batch, and the words of their sentences.
fn ask<'e>(pass: &Pass<'e>) -> (Vec<Asked<'e>>, Vec<usize>) {
    let mut asked: Vec<Asked<'e>> = Vec::new();
    let mut places = Vec::new();
    let mut first = 0;
    for example in pass.batch {
        let base = pass.starts.get(first).copied().unwrap_or(0);
        let mut keys = vec![None; example.lengths.len()];
        for trigger in &example.triggers {
            let (start, length) = (
                pass.starts[first + trigger.sentence],
                example.lengths[trigger.sentence],
            );
            let keys = *keys[trigger.sentence].get_or_insert_with(|| {
                places.extend(start..start + length);
                places.len() - length
            });
            asked.push(Asked {
                trigger,
                start,
                length,
                keys,
                nominal: &example.nominal[start - base..][..length],
            });
        }
        first += example.lengths.len();
    }
    (asked, places)
}
