//! A layer of gated cells in both directions, forward and back.

use dateline::language::curves::{sigmoid, tanh};

use super::Net;

/// A layer after its run.
pub(super) struct Layer {
    gates: Vec<f32>,
    cells: Vec<f32>,
    pub(super) out: Vec<f32>,
}

impl Net {
    /// What a layer makes of its input.
    pub(super) fn layer(&self, x: &[f32], w: usize, b: usize) -> Layer {
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

    /// Adds to the gradients of a layer, and to `dx`, that of what went in.
    pub(super) fn layer_back(
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
}

fn order(n: usize, way: usize) -> impl Iterator<Item = usize> {
    (0..n).map(move |step| if way == 0 { step } else { n - 1 - step })
}
