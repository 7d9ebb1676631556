//! Sixteen numbers at once, where a processor has AVX2.

// A closure, and what the library does with one, would be called rather than inlined, and lose the registers.

use std::arch::x86_64::__m256i;

use pulp::{NullaryFnOnce, cast, x86::V3};
use wide::i32x4;

use super::{COLUMNS, Dots};
use crate::language::rows::{Block, Part};

/// Products to be added in these registers.
pub(super) struct Wider<'a, 'b> {
    pub(super) registers: V3,
    pub(super) rows: Part<'a>,
    pub(super) columns: Part<'a>,
    pub(super) out: &'b mut [f32],
}

impl NullaryFnOnce for Wider<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let dots = Sixteen(self.registers);
        self.rows.add_products_by(dots, self.columns, self.out);
    }
}

#[derive(Debug, Clone, Copy)]
struct Sixteen(V3);

impl Dots for Sixteen {
    #[inline(always)]
    fn multiply<const N: usize>(
        self,
        rows: [&[Block]; N],
        [a, b, c, d]: &[&[Block]; COLUMNS],
    ) -> [[i32x4; COLUMNS]; N] {
        let (avx, avx2) = (self.0.avx, self.0.avx2);
        let width = rows[0].len();
        let [a, b, c, d] = [&a[..width], &b[..width], &c[..width], &d[..width]];
        let mut sums = [[avx._mm256_setzero_si256(); COLUMNS]; N];
        for at in 0..width {
            let columns: [__m256i; COLUMNS] = [cast(a[at]), cast(b[at]), cast(c[at]), cast(d[at])];
            let mut row = 0;
            while row < N {
                let numbers: __m256i = cast(rows[row][at]);
                let mut column = 0;
                while column < COLUMNS {
                    let pairs = avx2._mm256_madd_epi16(numbers, columns[column]);
                    sums[row][column] = avx2._mm256_add_epi32(sums[row][column], pairs);
                    column += 1;
                }
                row += 1;
            }
        }
        let mut parts = [[i32x4::ZERO; COLUMNS]; N];
        let mut row = 0;
        while row < N {
            let mut column = 0;
            while column < COLUMNS {
                let [low, high] = cast::<__m256i, [i32x4; 2]>(sums[row][column]);
                parts[row][column] = low + high;
                column += 1;
            }
            row += 1;
        }
        parts
    }
}
