//! Rows of 16-bit numbers, each with a scale of its own, as the products of matrices take them.

mod products;

use std::ops::Range;

use wide::{i16x8, i32x8};

/// Numbers that processors multiply at once, or half of them.
type Block = [i16x8; 2];
/// Numbers in a block.
const BLOCK: usize = 16;
/// What the largest number of a row becomes where rows go in.
pub(crate) const INPUT_MOST: f32 = 4095.0;
/// The same for weights.
// 512 products of it with the largest input fit into 32 bits.
pub(crate) const WEIGHT_MOST: f32 = 1023.0;
/// The same for what is multiplied with an input and is no weight.
// 256 products fit.
pub(crate) const PARTNER_MOST: f32 = 2047.0;

/// Rows of numbers in 16 bits, each row with a scale of its own.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Blocks a row; the last is filled up with zeros.
    width: usize,
    blocks: Vec<Block>,
    scales: Vec<f32>,
}

impl Rows {
    /// The columns of a matrix of `inputs` rows of `outputs` numbers, as rows of weights.
    pub(crate) fn columns(weights: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut rows = Self::default();
        rows.clear(inputs);
        let mut column = Vec::with_capacity(inputs);
        for output in 0..outputs {
            column.clear();
            column.extend(weights.iter().skip(output).step_by(outputs));
            rows.push(&column, WEIGHT_MOST);
        }
        rows
    }

    /// Takes out all rows; those to come have this many numbers.
    pub(crate) fn clear(&mut self, numbers: usize) {
        self.width = numbers.div_ceil(BLOCK);
        self.blocks.clear();
        self.scales.clear();
    }

    /// Replaces all rows by these, of `numbers` each.
    pub(crate) fn fill(&mut self, values: &[f32], numbers: usize, most: f32) {
        self.clear(numbers);
        for row in values.chunks_exact(numbers) {
            self.push(row, most);
        }
    }

    /// Adds a row whose largest number becomes `most`.
    pub(crate) fn push(&mut self, row: &[f32], most: f32) {
        let scale = most / largest(row);
        let (whole, rest) = row.as_chunks::<BLOCK>();
        self.blocks
            .extend(whole.iter().map(|values| block(*values, scale)));
        if !rest.is_empty() {
            let mut last = [0.0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            self.blocks.push(block(last, scale));
        }
        self.scales.push(1.0 / scale);
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    /// Bytes held.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Block>() * self.blocks.capacity() + size_of::<f32>() * self.scales.capacity()
    }

    /// All rows.
    pub(crate) fn all(&self) -> Part<'_> {
        self.part(0..self.len())
    }

    /// Some of the rows.
    pub(crate) fn part(&self, rows: Range<usize>) -> Part<'_> {
        Part {
            width: self.width,
            blocks: &self.blocks[rows.start * self.width..rows.end * self.width],
            scales: &self.scales[rows],
        }
    }
}

/// Rows of equal length, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    width: usize,
    blocks: &'a [Block],
    scales: &'a [f32],
}

/// The largest size of a number in a row, not quite 0 at least.
fn largest(row: &[f32]) -> f32 {
    const SMALLEST: f32 = 1e-9;
    let mut lanes = [SMALLEST; BLOCK];
    let (whole, rest) = row.as_chunks::<BLOCK>();
    let larger = |a: f32, b: f32| if b.abs() > a { b.abs() } else { a };
    for values in whole {
        for (lane, value) in values.iter().enumerate() {
            lanes[lane] = larger(lanes[lane], *value);
        }
    }
    lanes.iter().chain(rest).copied().fold(SMALLEST, larger)
}

/// A block of numbers times a scale, rounded to whole ones.
fn block(values: [f32; BLOCK], scale: f32) -> Block {
    let (halves, _) = values.as_chunks();
    [
        round_eight(&halves[0], scale),
        round_eight(&halves[1], scale),
    ]
}

fn round_eight(values: &[f32; 8], scale: f32) -> i16x8 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds, and leaves the whole number in the low bits
    let mut whole = [0; 8];
    for (lane, value) in values.iter().enumerate() {
        let bits = (value * scale + MAGIC).to_bits();
        whole[lane] = bits.wrapping_sub(MAGIC.to_bits()).cast_signed();
    }
    i16x8::from_i32x8_saturate(i32x8::new(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn a_product_is_close_to_the_exact_one_for_any_number_of_rows_and_columns() {
        for (count, inputs, outputs) in [(1, 20, 7), (2, 8, 4), (9, 192, 5), (19, 3, 1), (8, 1, 12)]
        {
            let weights = wave(inputs * outputs, 0.7);
            let values = wave(count * inputs, 0.3);
            let mut rows = Rows::default();
            rows.fill(&values, inputs, INPUT_MOST);
            let mut out = vec![1.0; count * outputs];
            let columns = Rows::columns(&weights, inputs, outputs);
            rows.all().add_products(columns.all(), &mut out);
            for row in 0..count {
                for column in 0..outputs {
                    let exact: f32 = (0..inputs)
                        .map(|i| values[row * inputs + i] * weights[i * outputs + column])
                        .sum();
                    let close = out[row * outputs + column] - 1.0;
                    let most = 0.002 * (inputs as f32).sqrt();
                    assert!((close - exact).abs() < most, "{close} {exact}");
                }
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_alone_and_among_others() {
        let values = wave(9 * 24, 0.3);
        let columns = Rows::columns(&wave(24 * 6, 0.7), 24, 6);
        let mut rows = Rows::default();
        rows.fill(&values, 24, INPUT_MOST);
        let mut together = vec![0.0; 9 * 6];
        rows.all().add_products(columns.all(), &mut together);
        for row in 0..9 {
            let mut alone = [0.0; 6];
            rows.part(row..row + 1)
                .add_products(columns.all(), &mut alone);
            let among = &together[row * 6..(row + 1) * 6];
            assert_eq!(
                alone.map(f32::to_bits).as_slice(),
                among.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn numbers_of_any_size_are_kept_within_their_bound() {
        let mut rows = Rows::default();
        rows.fill(&[1e9, -1e9, 5e8, 0.0, 0.0, 0.0], 3, INPUT_MOST);
        let first = rows.blocks[0][0].to_array();
        assert_eq!(first, [4095, -4095, 2048, 0, 0, 0, 0, 0]);
        assert_eq!(rows.blocks[1], [i16x8::ZERO; 2]);
    }
}
