//! Trainable numbers: dense matrices and tables of rows, with their gradients and the state of Adam.

use crate::matrix::Matrix;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.98;
const EPSILON: f32 = 1e-8;

/// A seeded generator (splitmix64).
pub(crate) struct Rng(pub u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// A mask that drops a share of values and scales the rest up.
    pub(crate) fn mask(&mut self, length: usize, share: f32) -> Vec<f32> {
        let keep = 1.0 / (1.0 - share);
        (0..length)
            .map(|_| if self.unit() < share { 0.0 } else { keep })
            .collect()
    }
}

/// A dense matrix, `inputs` rows of `outputs` numbers.
pub(crate) struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    pub w: Vec<f32>,
    pub g: Vec<f32>,
    m: Vec<f32>,
    v: Vec<f32>,
    forward: Matrix,
    backward: Matrix,
}

impl Dense {
    pub(crate) fn new(rng: &mut Rng, inputs: usize, outputs: usize, gain: f32) -> Self {
        let range = gain * (6.0 / (inputs + outputs) as f32).sqrt();
        let size = inputs * outputs;
        let w: Vec<f32> = (0..size)
            .map(|_| (rng.unit() * 2.0 - 1.0) * range)
            .collect();
        let zero = vec![0.0; size];
        let mut dense = Self {
            inputs,
            outputs,
            w,
            g: zero.clone(),
            m: zero.clone(),
            v: zero,
            forward: Matrix::default(),
            backward: Matrix::default(),
        };
        dense.refresh();
        dense
    }

    fn refresh(&mut self) {
        if self.inputs > 1 {
            self.forward = Matrix::from_rows(&self.w, self.inputs, self.outputs);
            self.backward = Matrix::transposed(&self.w, self.inputs, self.outputs);
        }
    }

    /// rows · w + bias.
    pub(crate) fn apply(&self, rows: &[f32], bias: &Self) -> Vec<f32> {
        let count = rows.len() / self.inputs;
        let mut out = bias.w.repeat(count);
        self.forward.add_product(rows, &mut out);
        out
    }

    /// rows · w.
    pub(crate) fn product(&self, rows: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; rows.len() / self.inputs * self.outputs];
        self.forward.add_product(rows, &mut out);
        out
    }

    /// Adds to the gradient, and to that of the rows that went in.
    pub(crate) fn learn(&mut self, rows: &[f32], dout: &[f32], drows: &mut [f32]) {
        for (row, d) in rows
            .chunks_exact(self.inputs)
            .zip(dout.chunks_exact(self.outputs))
        {
            for (value, g) in row.iter().zip(self.g.chunks_exact_mut(self.outputs)) {
                if *value != 0.0 {
                    axpy(g, *value, d);
                }
            }
        }
        self.backward.add_product(dout, drows);
    }

    /// The same for many rows, four at a time: sums run in another order than those of `learn`.
    pub(crate) fn learn_rows(&mut self, rows: &[f32], dout: &[f32], drows: &mut [f32]) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let mut blocks = rows.chunks_exact(inputs * 4);
        let mut douts = dout.chunks_exact(outputs * 4);
        for (block, d) in blocks.by_ref().zip(douts.by_ref()) {
            let (d0, rest) = d.split_at(outputs);
            let (d1, rest) = rest.split_at(outputs);
            let (d2, d3) = rest.split_at(outputs);
            for (input, g) in self.g.chunks_exact_mut(outputs).enumerate() {
                let a = block[input];
                let b = block[inputs + input];
                let c = block[2 * inputs + input];
                let e = block[3 * inputs + input];
                for (at, slot) in g.iter_mut().enumerate() {
                    *slot += (a * d0[at] + b * d1[at]) + (c * d2[at] + e * d3[at]);
                }
            }
        }
        let rest = blocks.remainder().chunks_exact(inputs);
        for (row, d) in rest.zip(douts.remainder().chunks_exact(outputs)) {
            for (value, g) in row.iter().zip(self.g.chunks_exact_mut(outputs)) {
                axpy(g, *value, d);
            }
        }
        self.backward.add_product(dout, drows);
    }

    /// A row, for matrices that rows are looked up in.
    pub(crate) fn row(&self, index: usize) -> &[f32] {
        &self.w[index * self.outputs..][..self.outputs]
    }

    /// The gradient of a row that was looked up.
    pub(crate) fn learn_row(&mut self, index: usize, d: &[f32]) {
        axpy(&mut self.g[index * self.outputs..][..self.outputs], 1.0, d);
    }

    /// Replaces the numbers.
    #[cfg(test)]
    pub(crate) fn set(&mut self, w: &[f32]) {
        self.w.copy_from_slice(w);
        self.refresh();
    }

    /// The gradient of a bias.
    pub(crate) fn learn_bias(&mut self, dout: &[f32]) {
        for d in dout.chunks_exact(self.outputs) {
            axpy(&mut self.g, 1.0, d);
        }
    }

    pub(crate) fn step(&mut self, rate: f32) {
        adam(&mut self.w, &mut self.g, &mut self.m, &mut self.v, rate);
        self.refresh();
    }
}

/// Rows looked up by number; only those touched since the last step are moved.
pub(crate) struct Table {
    pub width: usize,
    pub w: Vec<f32>,
    g: Vec<f32>,
    m: Vec<f32>,
    v: Vec<f32>,
    touched: Vec<usize>,
    is_touched: Vec<bool>,
}

impl Table {
    pub(crate) fn new(rng: &mut Rng, rows: usize, width: usize, range: f32) -> Self {
        let w: Vec<f32> = (0..rows * width)
            .map(|_| (rng.unit() * 2.0 - 1.0) * range)
            .collect();
        let zero = vec![0.0; rows * width];
        Self {
            width,
            w,
            g: zero.clone(),
            m: zero.clone(),
            v: zero,
            touched: Vec::new(),
            is_touched: vec![false; rows],
        }
    }

    pub(crate) fn row(&self, index: usize) -> &[f32] {
        &self.w[index * self.width..(index + 1) * self.width]
    }

    pub(crate) fn learn(&mut self, index: usize, d: &[f32]) {
        if !self.is_touched[index] {
            self.is_touched[index] = true;
            self.touched.push(index);
        }
        axpy(
            &mut self.g[index * self.width..(index + 1) * self.width],
            1.0,
            d,
        );
    }

    pub(crate) fn step(&mut self, rate: f32) {
        for index in std::mem::take(&mut self.touched) {
            self.is_touched[index] = false;
            let at = index * self.width..(index + 1) * self.width;
            let (w, g) = (&mut self.w[at.clone()], &mut self.g[at.clone()]);
            adam(w, g, &mut self.m[at.clone()], &mut self.v[at], rate);
        }
    }
}

/// `row += value * d`.
pub(crate) fn axpy(row: &mut [f32], value: f32, d: &[f32]) {
    for (slot, d) in row.iter_mut().zip(d) {
        *slot += value * d;
    }
}

fn adam(w: &mut [f32], g: &mut [f32], m: &mut [f32], v: &mut [f32], rate: f32) {
    for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
        *m = BETA1 * *m + (1.0 - BETA1) * *g;
        *v = BETA2 * *v + (1.0 - BETA2) * *g * *g;
        *w -= rate * *m / (v.sqrt() + EPSILON);
        *g = 0.0;
    }
}
