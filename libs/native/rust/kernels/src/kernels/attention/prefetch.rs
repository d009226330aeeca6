//! Prefetches the rows of the next item: heads are short parts of long rows, which hardware prefetchers miss.

use super::heads::Strip;
use crate::simd::Simd;

/// Number of floats of a cache line.
const LINE: usize = 16;

/// Rows still to be prefetched.
pub struct Prefetch<const N: usize> {
    strips: [Strip; N],
    columns: usize,
    row: usize,
    /// Number of rows of each strip per step.
    step: usize,
}

impl<const N: usize> Prefetch<N> {
    /// Prefetches rows of `columns` columns in `steps` steps.
    pub fn new(strips: [Strip; N], columns: usize, steps: usize) -> Self {
        let rows = strips.iter().map(|strip| strip.count).max().unwrap_or(0);
        Self { strips, columns, row: 0, step: rows.div_ceil(steps.max(1)) }
    }

    /// NoEpilogue to prefetch.
    pub fn nothing() -> Self {
        Self { strips: [Strip::NONE; N], columns: 0, row: 0, step: 0 }
    }

    /// Prefetches the rows of the next step.
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
