//! Who stands on the sides of an act: each word scored by how it stands to the trigger.

use super::{
    super::{
        path::{self, PATHS},
        reading::Article,
        shape::{HELD, PAIR},
    },
    Network, softmax,
};
use crate::language::rows::{INPUT_MOST, Rows};

impl Network {
    /// How likely each word is the head of each side, and nobody and somebody elsewhere.
    pub(super) fn sides(
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
