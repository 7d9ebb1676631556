//! Products of matrices of 16-bit numbers: one instruction multiplies eight pairs, or sixteen where the processor can,
//! and adds neighbours. Sums of whole numbers are exact, and the four they end in are added in one order: the same input
//! gives the same bits on every machine.

// Loops go by a place in slices of one length: without link-time optimisation a zip of iterators is a call.
#![expect(
    clippy::inline_always,
    reason = "what runs in wider registers is one piece: a call out of it would leave them"
)]

#[cfg(target_arch = "x86_64")]
mod sixteen;

use wide::{f32x4, i32x4};

use super::{Block, Part};

/// Rows and columns of the product computed together.
// What is loaded is used twice and four times, and the sums just fit into the registers.
const ROWS: usize = 2;
const COLUMNS: usize = 4;
/// Rows that go by all columns together, so that both stay in the first cache.
const ROWS_AT_ONCE: usize = 8;

impl Part<'_> {
    /// Adds to `out`, a row a row of this and a column a row of `columns`, the scalar product of both.
    pub(crate) fn add_products(self, columns: Part, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(registers) = pulp::x86::V3::try_new() {
            return registers.vectorize(sixteen::Wider {
                registers,
                rows: self,
                columns,
                out,
            });
        }
        self.add_products_by(Eight, columns, out);
    }

    #[inline(always)]
    fn add_products_by(self, dots: impl Dots, columns: Part, out: &mut [f32]) {
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
                rows.add_four(dots, &four, width, &mut out[at * COLUMNS..]);
            }
        }
    }

    /// The products with four columns, whose place is at the start of `out`; the rest of a row lies between.
    #[inline(always)]
    fn add_four(self, dots: impl Dots, columns: &Four, width: usize, out: &mut [f32]) {
        let (pairs, last) = self.scales.as_chunks::<ROWS>();
        let (mut blocks, mut out) = (self.blocks, out);
        for scales in pairs {
            let (pair, rest) = blocks.split_at(self.width * ROWS);
            let (first, second) = pair.split_at(self.width);
            let sums = dots.multiply([first, second], &columns.rows);
            columns.add(out, across(sums[0]), scales[0]);
            columns.add(&mut out[width..], across(sums[1]), scales[1]);
            blocks = rest;
            out = out.get_mut(width * ROWS..).unwrap_or_default();
        }
        if let [scale] = last {
            let [sums] = dots.multiply([blocks], &columns.rows);
            columns.add(out, across(sums), *scale);
        }
    }
}

/// Rows that are columns of the product; where there are fewer than four, the first is in place of the rest.
struct Four<'a> {
    rows: [&'a [Block]; COLUMNS],
    scales: [f32; COLUMNS],
    count: usize,
}

impl<'a> Four<'a> {
    #[inline(always)]
    fn new(blocks: &'a [Block], scales: &[f32], width: usize) -> Self {
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
    #[inline(always)]
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

/// Scalar products in the registers of a processor.
trait Dots: Copy {
    /// The scalar products of rows with four columns of the same length, each in four parts: of the numbers whose
    /// place, halved, leaves the same rest by four.
    fn multiply<const N: usize>(
        self,
        rows: [&[Block]; N],
        columns: &[&[Block]; COLUMNS],
    ) -> [[i32x4; COLUMNS]; N];
}

/// Eight numbers at once, as every processor can.
#[derive(Debug, Clone, Copy)]
struct Eight;

impl Dots for Eight {
    #[inline(always)]
    fn multiply<const N: usize>(
        self,
        rows: [&[Block]; N],
        [a, b, c, d]: &[&[Block]; COLUMNS],
    ) -> [[i32x4; COLUMNS]; N] {
        let width = rows[0].len();
        let [a, b, c, d] = [&a[..width], &b[..width], &c[..width], &d[..width]];
        let mut sums = [[i32x4::ZERO; COLUMNS]; N];
        for at in 0..width {
            let columns = [&a[at], &b[at], &c[at], &d[at]];
            for (row, sums) in rows.iter().zip(&mut sums) {
                let [first, second] = &row[at];
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum += first.dot(column[0]) + second.dot(column[1]);
                }
            }
        }
        sums
    }
}

/// The sum of each of four vectors.
#[inline(always)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::rows::{INPUT_MOST, Rows};

    #[test]
    fn wider_registers_give_the_same_bits() {
        for (count, inputs, outputs) in [(1, 5, 1), (3, 40, 6), (9, 208, 5)] {
            let wave = |count: usize, step: f32| -> Vec<f32> {
                (0..count).map(|i| (i as f32 * step).sin()).collect()
            };
            let columns = Rows::columns(&wave(inputs * outputs, 0.7), inputs, outputs);
            let mut rows = Rows::default();
            rows.fill(&wave(count * inputs, 0.3), inputs, INPUT_MOST);
            let (mut wide, mut narrow) = (vec![0.5; count * outputs], vec![0.5; count * outputs]);
            rows.all().add_products(columns.all(), &mut wide);
            rows.all()
                .add_products_by(Eight, columns.all(), &mut narrow);
            let bits = |out: &[f32]| out.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&wide), bits(&narrow));
        }
    }
}
