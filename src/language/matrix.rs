//! The arithmetic of the network: products of small matrices and two curves. Every sum has one fixed order, so the same
//! input gives the same bits on every machine.

/// Columns computed together: two SSE registers.
const TILE: usize = 8;
/// Rows computed together, so that a loaded weight is used four times.
const ROWS: usize = 4;

/// A matrix of weights, `inputs` by `outputs`, stored in column tiles.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    inputs: usize,
    outputs: usize,
    tiles: Vec<[f32; TILE]>,
}

impl Matrix {
    /// From `inputs` rows of `outputs` numbers each.
    pub fn from_rows(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut matrix = Self {
            inputs,
            outputs,
            tiles: Vec::new(),
        };
        matrix.fill(|input, output| weights[input * outputs + output]);
        matrix
    }

    /// The transpose of `inputs` rows of `outputs` numbers.
    pub fn transposed(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut matrix = Self {
            inputs: outputs,
            outputs: inputs,
            tiles: Vec::new(),
        };
        matrix.fill(|input, output| weights[output * outputs + input]);
        matrix
    }

    fn fill(&mut self, weight: impl Fn(usize, usize) -> f32) {
        for first in (0..self.outputs).step_by(TILE) {
            for input in 0..self.inputs {
                let mut tile = [0.0; TILE];
                for (lane, slot) in tile.iter_mut().enumerate().take(self.outputs - first) {
                    *slot = weight(input, first + lane);
                }
                self.tiles.push(tile);
            }
        }
    }

    /// The length of a row that goes in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The length of a row that comes out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Adds `rows` times this matrix to `out`, where the caller has put the bias.
    pub fn add_product(&self, rows: &[f32], out: &mut [f32]) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let mut blocks = rows.chunks_exact(inputs * ROWS);
        let mut outs = out.chunks_exact_mut(outputs * ROWS);
        for (block, out) in blocks.by_ref().zip(outs.by_ref()) {
            self.four_rows(block, out);
        }
        let rest = blocks.remainder().chunks_exact(inputs);
        for (row, out) in rest.zip(outs.into_remainder().chunks_exact_mut(outputs)) {
            self.one_row(row, out);
        }
    }

    fn four_rows(&self, block: &[f32], out: &mut [f32]) {
        let (a, rest) = block.split_at(self.inputs);
        let (b, rest) = rest.split_at(self.inputs);
        let (c, d) = rest.split_at(self.inputs);
        for (index, tile) in self.tiles.chunks_exact(self.inputs).enumerate() {
            let mut sums = [[0.0f32; TILE]; ROWS];
            for ((((weights, a), b), c), d) in tile.iter().zip(a).zip(b).zip(c).zip(d) {
                for lane in 0..TILE {
                    sums[0][lane] += a * weights[lane];
                    sums[1][lane] += b * weights[lane];
                    sums[2][lane] += c * weights[lane];
                    sums[3][lane] += d * weights[lane];
                }
            }
            for (row, sum) in out.chunks_exact_mut(self.outputs).zip(&sums) {
                add(&mut row[index * TILE..], sum);
            }
        }
    }

    fn one_row(&self, row: &[f32], out: &mut [f32]) {
        for (index, tile) in self.tiles.chunks_exact(self.inputs).enumerate() {
            let mut sum = [0.0f32; TILE];
            for (weights, value) in tile.iter().zip(row) {
                for lane in 0..TILE {
                    sum[lane] += value * weights[lane];
                }
            }
            add(&mut out[index * TILE..], &sum);
        }
    }
}

/// A matrix at work: 16-bit weights with one scale, so that one instruction multiplies eight.
#[derive(Debug)]
pub struct Quantised {
    inputs: usize,
    outputs: usize,
    scale: f32,
    /// A row of `inputs` weights an output.
    rows: Vec<i16>,
}

/// Rows that a weight is used for while it is near.
const ROWS_AT_ONCE: usize = 8;
/// What an input of 1.0 becomes; inputs beyond ±4 are cut off.
const INPUT_ONE: f32 = 1024.0;
const INPUT_MOST: f32 = 4095.0;
/// The largest weight: 512 products of it with the largest input fit into 32 bits.
const WEIGHT_MOST: f32 = 1023.0;

impl Quantised {
    /// From `inputs` rows of `outputs` numbers each.
    pub fn from_rows(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        let largest = weights
            .iter()
            .fold(1e-9f32, |largest, weight| largest.max(weight.abs()));
        let scale = largest / WEIGHT_MOST;
        let at = |index: usize| &weights[index % inputs * outputs + index / inputs];
        let rows = (0..inputs * outputs)
            .map(|index| (at(index) / scale).round() as i16)
            .collect();
        Self {
            inputs,
            outputs,
            scale: scale / INPUT_ONE,
            rows,
        }
    }

    /// The length of a row that goes in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The length of a row that comes out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Adds `rows` times this matrix to `out`, where the caller has put the bias.
    pub fn add_product(&self, rows: &[i16], out: &mut [f32]) {
        self.add_scaled(rows, self.scale, out);
    }

    /// The same for rows that [`quantise_largest`] made, with the scale it gave.
    pub fn add_product_of(&self, rows: &[i16], largest: f32, out: &mut [f32]) {
        self.add_scaled(rows, self.scale * largest * INPUT_ONE / INPUT_MOST, out);
    }

    fn add_scaled(&self, rows: &[i16], scale: f32, out: &mut [f32]) {
        let blocks = rows.chunks(self.inputs * ROWS_AT_ONCE);
        for (rows, out) in blocks.zip(out.chunks_mut(self.outputs * ROWS_AT_ONCE)) {
            for (output, weights) in self.rows.chunks_exact(self.inputs).enumerate() {
                let outs = out.iter_mut().skip(output).step_by(self.outputs);
                for (row, out) in rows.chunks_exact(self.inputs).zip(outs) {
                    *out += dot16(row, weights) as f32 * scale;
                }
            }
        }
    }
}

/// Numbers as [`Quantised`] takes them.
pub fn quantise(values: &[f32], out: &mut Vec<i16>) {
    out.clear();
    out.extend(
        values
            .iter()
            .map(|value| (value * INPUT_ONE).clamp(-INPUT_MOST, INPUT_MOST) as i16),
    );
}

/// Numbers of any size, the largest of which is given back.
pub fn quantise_largest(values: &[f32], out: &mut Vec<i16>) -> f32 {
    let largest = values
        .iter()
        .fold(1e-9f32, |largest, value| largest.max(value.abs()));
    out.clear();
    out.extend(
        values
            .iter()
            .map(|value| (value / largest * INPUT_MOST) as i16),
    );
    largest
}

/// Blocks of this fixed length let the compiler use the instruction that multiplies eight pairs and adds neighbours.
const BLOCK: usize = 32;

fn dot16(a: &[i16], b: &[i16]) -> i32 {
    let (left, left_rest) = a.as_chunks::<BLOCK>();
    let (right, right_rest) = b.as_chunks::<BLOCK>();
    let mut sum = 0i32;
    for (a, b) in left.iter().zip(right) {
        let products = a
            .iter()
            .zip(b)
            .map(|(a, b)| i32::from(*a).wrapping_mul(i32::from(*b)));
        sum = sum.wrapping_add(products.fold(0, i32::wrapping_add));
    }
    for (a, b) in left_rest.iter().zip(right_rest) {
        sum = sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b)));
    }
    sum
}

/// Adds `values` to the start of `row`, as far as both reach.
pub fn add(row: &mut [f32], values: &[f32]) {
    for (slot, value) in row.iter_mut().zip(values) {
        *slot += value;
    }
}

/// The scalar product, summed in four lanes.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; TILE];
    let (left, right) = (a.chunks_exact(TILE), b.chunks_exact(TILE));
    let tail: f32 = left
        .remainder()
        .iter()
        .zip(right.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in left.zip(right) {
        for lane in 0..TILE {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f32>() + tail
}

/// e^x within 2e-7 relative, by a polynomial: the C library's differs from machine to machine.
pub fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    let scaled = x.clamp(-87.0, 87.0) * std::f32::consts::LOG2_E;
    let shifted = scaled + MAGIC;
    let part = (scaled - (shifted - MAGIC)) * std::f32::consts::LN_2;
    let whole = shifted.to_bits().wrapping_sub(MAGIC.to_bits());
    let power = f32::from_bits(whole.wrapping_add(127) << 23);
    let tail = part * (1.0 / 24.0 + part * (1.0 / 120.0 + part * (1.0 / 720.0)));
    power * (1.0 + part * (1.0 + part * (0.5 + part * (1.0 / 6.0 + tail))))
}

/// The logistic curve.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Negative values shrunk to a tenth.
pub fn leaky(x: f32) -> f32 {
    if x > 0.0 { x } else { 0.1 * x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_the_sum_of_products_for_any_number_of_rows() {
        let weights: Vec<f32> = (0..3 * 10).map(|i| i as f32).collect();
        let matrix = Matrix::from_rows(&weights, 3, 10);
        let rows: Vec<f32> = (0..5 * 3).map(|i| i as f32).collect();
        let mut out = vec![1.0; 5 * 10];
        matrix.add_product(&rows, &mut out);
        for row in 0..5 {
            for column in 0..10 {
                let sum: f32 = (0..3)
                    .map(|i| rows[row * 3 + i] * weights[i * 10 + column])
                    .sum();
                assert!((out[row * 10 + column] - sum - 1.0).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_quantised_product_is_close_to_the_exact_one() {
        let weights: Vec<f32> = (0..20 * 7).map(|i| (i as f32 * 0.7).sin()).collect();
        let row: Vec<f32> = (0..20).map(|i| (i as f32 * 0.3).cos()).collect();
        let mut exact = vec![0.0; 7];
        Matrix::from_rows(&weights, 20, 7).add_product(&row, &mut exact);
        let (mut small, mut close) = (Vec::new(), vec![0.0; 7]);
        quantise(&row, &mut small);
        Quantised::from_rows(&weights, 20, 7).add_product(&small, &mut close);
        assert!(
            exact.iter().zip(&close).all(|(a, b)| (a - b).abs() < 0.02),
            "{exact:?} {close:?}"
        );
    }

    #[test]
    fn the_curves_agree_with_the_library() {
        for step in -400..400 {
            let x = step as f32 * 0.1;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "{x}");
            assert!((tanh(x) - x.tanh()).abs() < 1e-5, "{x}");
        }
    }
}
