//! The arithmetic of training: products of small matrices. Every sum has one fixed order, so the same input gives the
//! same bits on every machine.

/// Columns computed together: each sum has a lane of its own, so that wider registers give the same bits.
const TILE: usize = 8;
/// Rows computed together, so that a loaded weight is used four times.
const ROWS: usize = 4;

/// A matrix of weights, `inputs` by `outputs`, stored in column tiles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    tiles: Vec<[f32; TILE]>,
}

impl Matrix {
    /// From `inputs` rows of `outputs` numbers each.
    pub(crate) fn from_rows(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut matrix = Self {
            inputs,
            outputs,
            tiles: Vec::new(),
        };
        matrix.fill(|input, output| weights[input * outputs + output]);
        matrix
    }

    /// The transpose of `inputs` rows of `outputs` numbers.
    pub(crate) fn transposed(weights: &[f32], inputs: usize, outputs: usize) -> Self {
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

    /// Adds `rows` times this matrix to `out`, where the caller has put the bias.
    pub(crate) fn add_product(&self, rows: &[f32], out: &mut [f32]) {
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
        let rows: [&[f32]; ROWS] =
            std::array::from_fn(|row| &block[row * self.inputs..][..self.inputs]);
        for (index, tile) in self.tiles.chunks_exact(self.inputs).enumerate() {
            let [mut a, mut b, mut c, mut d] = [[0.0; TILE]; ROWS];
            for (input, weights) in tile.iter().enumerate() {
                add_scaled(&mut a, weights, rows[0][input]);
                add_scaled(&mut b, weights, rows[1][input]);
                add_scaled(&mut c, weights, rows[2][input]);
                add_scaled(&mut d, weights, rows[3][input]);
            }
            let sums = [a, b, c, d];
            for (row, sum) in out.chunks_exact_mut(self.outputs).zip(&sums) {
                add(&mut row[index * TILE..], sum);
            }
        }
    }

    fn one_row(&self, row: &[f32], out: &mut [f32]) {
        for (index, tile) in self.tiles.chunks_exact(self.inputs).enumerate() {
            let mut sum = [0.0; TILE];
            for (weights, value) in tile.iter().zip(row) {
                add_scaled(&mut sum, weights, *value);
            }
            add(&mut out[index * TILE..], &sum);
        }
    }
}

/// Adds weights times a value to the sums of their columns.
fn add_scaled(sums: &mut [f32; TILE], weights: &[f32; TILE], value: f32) {
    for lane in 0..TILE {
        sums[lane] += weights[lane] * value;
    }
}

/// Adds `values` to the start of `row`, as far as both reach.
pub(crate) fn add(row: &mut [f32], values: &[f32]) {
    for (slot, value) in row.iter_mut().zip(values) {
        *slot += value;
    }
}

/// The scalar product, summed in four lanes.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
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
}
