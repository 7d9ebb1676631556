//! A layer of gated cells over runs of rows, in both directions, forward and back.

use dateline::language::curves::{sigmoid, tanh};

use crate::param::Dense;

/// A layer after its run.
pub(super) struct Layer {
    gates: Vec<f32>,
    cells: Vec<f32>,
    pub(super) out: Vec<f32>,
    h: usize,
}

/// What a layer makes of its input; `lengths` of the runs.
pub(super) fn forward(w: &Dense, b: &Dense, x: &[f32], lengths: &[usize]) -> Layer {
    let h = w.outputs / 6;
    let mut gates = w.apply(x, b);
    for row in gates.chunks_exact_mut(3 * h) {
        let (z, fo) = row.split_at_mut(h);
        for z in z {
            *z = tanh(*z);
        }
        for x in fo {
            *x = sigmoid(*x);
        }
    }
    let n = gates.len() / (6 * h);
    let mut cells = vec![0.0; n * 2 * h];
    let mut out = vec![0.0; n * 2 * h];
    let mut last = vec![0.0; h];
    for way in 0..2 {
        let mut start = 0;
        for &length in lengths {
            last.fill(0.0);
            for step in 0..length {
                let at = start + if way == 0 { step } else { length - 1 - step };
                let gate = &gates[(at * 2 + way) * 3 * h..][..3 * h];
                let (z, fo) = gate.split_at(h);
                let (f, o) = fo.split_at(h);
                let cells = &mut cells[(at * 2 + way) * h..][..h];
                let out = &mut out[(at * 2 + way) * h..][..h];
                for i in 0..h {
                    last[i] = f[i] * last[i] + (1.0 - f[i]) * z[i];
                    cells[i] = last[i];
                    out[i] = o[i] * last[i];
                }
            }
            start += length;
        }
    }
    Layer {
        gates,
        cells,
        out,
        h,
    }
}

/// Adds to the gradients of a layer, and to `dx`, that of what went in.
pub(super) fn backward(
    (w, b): (&mut Dense, &mut Dense),
    layer: &Layer,
    x: &[f32],
    dout: &[f32],
    lengths: &[usize],
    dx: &mut [f32],
) {
    let h = layer.h;
    let n = layer.gates.len() / (6 * h);
    let mut du = vec![0.0; n * 6 * h];
    let mut carry = vec![0.0; h];
    let zero = vec![0.0; h];
    for way in 0..2 {
        let mut start = 0;
        for &length in lengths {
            carry.fill(0.0);
            for step in (0..length).rev() {
                let place = |step: usize| start + if way == 0 { step } else { length - 1 - step };
                let at = place(step);
                let last = if step == 0 {
                    &zero[..]
                } else {
                    &layer.cells[(place(step - 1) * 2 + way) * h..][..h]
                };
                let gate = &layer.gates[(at * 2 + way) * 3 * h..][..3 * h];
                let (z, fo) = gate.split_at(h);
                let (f, o) = fo.split_at(h);
                let cell = &layer.cells[(at * 2 + way) * h..][..h];
                let dout = &dout[(at * 2 + way) * h..][..h];
                let du = &mut du[(at * 2 + way) * 3 * h..][..3 * h];
                let (dz, dfo) = du.split_at_mut(h);
                let (df, d_o) = dfo.split_at_mut(h);
                for i in 0..h {
                    let dc = dout[i] * o[i] + carry[i];
                    dz[i] = dc * (1.0 - f[i]) * (1.0 - z[i] * z[i]);
                    df[i] = dc * (last[i] - z[i]) * f[i] * (1.0 - f[i]);
                    d_o[i] = dout[i] * cell[i] * o[i] * (1.0 - o[i]);
                    carry[i] = dc * f[i];
                }
            }
            start += length;
        }
    }
    b.learn_bias(&du);
    w.learn_rows(x, &du, dx);
}
