//! Products of matrices of 16-bit numbers: one instruction multiplies eight pairs and adds neighbours. Sums of whole
//! numbers are exact, and the four they end in are added in one order: the same input gives the same bits on every
//! machine.

// Loops go by a place in slices of one length: without link-time optimisation a zip of iterators is a call.

use std::ops::Range;

use wide::{f32x4, i16x8, i32x4, i32x8};

/// Numbers in a block.
const BLOCK: usize = 8;
/// Rows and columns of the product computed together.
// What is loaded is used twice and four times, and the sums just fit into the registers.
const ROWS: usize = 2;
const COLUMNS: usize = 4;
/// Rows that go by all columns together, so that both stay in the first cache.
const ROWS_AT_ONCE: usize = 8;

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
    blocks: Vec<i16x8>,
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
        size_of::<i16x8>() * self.blocks.capacity() + size_of::<f32>() * self.scales.capacity()
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
    blocks: &'a [i16x8],
    scales: &'a [f32],
}

impl Part<'_> {
    /// Adds to `out`, a row a row of this and a column a row of `columns`, the scalar product of both.
    pub(crate) fn add_products(self, columns: Part, out: &mut [f32]) {
        let width = columns.scales.len();
        if width == 0 || self.width == 0 {
            return;
        }
        let blocks = self.blocks.chunks(self.width * ROWS_AT_ONCE);
        let scales = self.scales.chunks(ROWS_AT_ONCE);
        let outs = out.chunks_mut(width * ROWS_AT_ONCE);
        for ((blocks, scales), out) in blocks.zip(scales).zip(outs) {
            let rows = Part {
                blocks,
                scales,
                ..self
            };
            let blocks = columns.blocks.chunks(self.width * COLUMNS);
            let scales = columns.scales.chunks(COLUMNS);
            for (at, (blocks, scales)) in blocks.zip(scales).enumerate() {
                let four = Four::new(blocks, scales, self.width);
                rows.add_four(&four, width, &mut out[at * COLUMNS..]);
            }
        }
    }

    /// The products with four columns, whose place is at the start of `out`; the rest of a row lies between.
    fn add_four(self, columns: &Four, width: usize, out: &mut [f32]) {
        let (pairs, last) = self.scales.as_chunks::<ROWS>();
        let (mut blocks, mut out) = (self.blocks, out);
        for scales in pairs {
            let (pair, rest) = blocks.split_at(self.width * ROWS);
            let (first, second) = pair.split_at(self.width);
            let sums = two_rows(first, second, &columns.rows);
            columns.add(out, sums[0], scales[0]);
            columns.add(&mut out[width..], sums[1], scales[1]);
            blocks = rest;
            out = out.get_mut(width * ROWS..).unwrap_or_default();
        }
        if let [scale] = last {
            columns.add(out, one_row(blocks, &columns.rows), *scale);
        }
    }
}

/// Rows that are columns of the product; where there are fewer than four, the first is in place of the rest.
struct Four<'a> {
    rows: [&'a [i16x8]; COLUMNS],
    scales: [f32; COLUMNS],
    count: usize,
}

impl<'a> Four<'a> {
    fn new(blocks: &'a [i16x8], scales: &[f32], width: usize) -> Self {
        let mut rows = blocks.chunks_exact(width);
        let first = rows.next().unwrap_or_default();
        let mut next = || rows.next().unwrap_or(first);
        let mut four = Self {
            rows: [first, next(), next(), next()],
            scales: [0.0; COLUMNS],
            count: scales.len(),
        };
        four.scales[..scales.len()].copy_from_slice(scales);
        four
    }

    /// Adds sums to the start of a row, scaled.
    fn add(&self, row: &mut [f32], sums: f32x4, scale: f32) {
        let sums = sums * f32x4::splat(scale) * f32x4::new(self.scales);
        if self.count == COLUMNS
            && let Some(row) = row.first_chunk_mut()
        {
            *row = (f32x4::new(*row) + sums).to_array();
        } else {
            for (slot, sum) in row.iter_mut().zip(&sums.to_array()[..self.count]) {
                *slot += sum;
            }
        }
    }
}

/// The scalar products of two rows with each column.
fn two_rows(
    first: &[i16x8],
    second: &[i16x8],
    [a, b, c, d]: &[&[i16x8]; COLUMNS],
) -> [f32x4; ROWS] {
    let width = first.len();
    let [a, b, c, d] = [&a[..width], &b[..width], &c[..width], &d[..width]];
    let second = &second[..width];
    let mut sums = [[i32x4::ZERO; COLUMNS]; ROWS];
    for (at, first) in first.iter().enumerate() {
        let columns = [a[at], b[at], c[at], d[at]];
        for column in 0..COLUMNS {
            sums[0][column] += first.dot(columns[column]);
            sums[1][column] += second[at].dot(columns[column]);
        }
    }
    [across(sums[0]), across(sums[1])]
}

/// The scalar products of a row with each column.
fn one_row(row: &[i16x8], [a, b, c, d]: &[&[i16x8]; COLUMNS]) -> f32x4 {
    let width = row.len();
    let [a, b, c, d] = [&a[..width], &b[..width], &c[..width], &d[..width]];
    let mut sums = [i32x4::ZERO; COLUMNS];
    for (at, row) in row.iter().enumerate() {
        let columns = [a[at], b[at], c[at], d[at]];
        for column in 0..COLUMNS {
            sums[column] += row.dot(columns[column]);
        }
    }
    across(sums)
}

/// The sum of each of four vectors.
fn across([a, b, c, d]: [i32x4; COLUMNS]) -> f32x4 {
    let parts = [
        a.round_float(),
        b.round_float(),
        c.round_float(),
        d.round_float(),
    ];
    let [a, b, c, d] = f32x4::transpose(parts);
    (a + b) + (c + d)
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

/// Eight numbers times a scale, rounded to whole ones.
fn block(values: [f32; BLOCK], scale: f32) -> i16x8 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds, and leaves the whole number in the low bits
    let mut whole = [0; BLOCK];
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
        let first = rows.blocks[0].to_array();
        assert_eq!(first, [4095, -4095, 2048, 0, 0, 0, 0, 0]);
        assert_eq!(rows.blocks[1], i16x8::ZERO);
    }
}
