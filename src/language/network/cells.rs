//! Gated cells that run over a sentence in both directions.

use crate::language::curves::{sigmoid, tanh};

/// Gates from sums: a tangent for what a cell takes in, logistic curves for what it keeps and shows.
pub(crate) fn squash(gates: &mut [f32], h: usize) {
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
pub(crate) fn run(
    gates: &[f32],
    h: usize,
    lengths: &[usize],
    out: &mut [f32],
    cells: &mut Vec<f32>,
) {
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
    let [taken, kept, shown] = [&gate[..h], &gate[h..][..h], &gate[2 * h..][..h]];
    let out = &mut out[..h];
    for (at, cell) in cells.iter_mut().enumerate() {
        *cell = kept[at] * *cell + (1.0 - kept[at]) * taken[at];
        out[at] += shown[at] * *cell;
    }
}
