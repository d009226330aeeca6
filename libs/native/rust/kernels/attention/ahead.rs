//! Fetches the rows of the next item into the cache while one is computed: heads are short pieces of long rows, which
//! processors do not foresee.

use super::heads::Strip;
use crate::simd::Simd;

/// Floats of a cache line.
const LINE: usize = 16;

/// What is still to be fetched.
pub struct Ahead<const N: usize> {
    strips: [Strip; N],
    columns: usize,
    row: usize,
    /// Rows of each strip in a step.
    step: usize,
}

impl<const N: usize> Ahead<N> {
    /// Rows of so many columns, to be fetched in so many steps.
    pub fn new(strips: [Strip; N], columns: usize, steps: usize) -> Self {
        let rows = strips.iter().map(|strip| strip.count).max().unwrap_or(0);
        Self { strips, columns, row: 0, step: rows.div_ceil(steps.max(1)) }
    }

    /// Nothing to fetch.
    pub fn nothing() -> Self {
        Self { strips: [Strip::NONE; N], columns: 0, row: 0, step: 0 }
    }

    /// Fetches the rows of the next step.
    ///
    /// # Safety
    /// As for `Simd`; the addresses need not be valid.
    #[inline(always)]
    pub unsafe fn fetch<S: Simd>(&mut self) {
        for row in self.row..self.row + self.step {
            for strip in &self.strips {
                if row >= strip.count {
                    continue;
                }
                let start = strip.row(row);
                for column in (0..self.columns).step_by(LINE) {
                    // SAFETY: only a hint.
                    unsafe { S::prefetch(start.wrapping_add(column)) };
                }
            }
        }
        self.row += self.step;
    }
}
