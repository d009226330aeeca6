//! Number formats of products. A packed matrix is made of 32-bit words: a float, or two bf16 numbers that follow each
//! other along the depth. Everything else is the same, so a product in bf16 is one of half the depth.

#[cfg(target_arch = "x86_64")]
use super::bf16;
use super::pack::{copy_panel, copy_rows, pack_columns, turn_bf16_panel, turn_panel, turn_rows};
use super::tile::{Tiles, tiles};
#[cfg(target_arch = "x86_64")]
use crate::simd;
use crate::simd::Bf16;

/// How a product multiplies. Sums are float32 in both; what goes in and comes out is float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Precision {
    #[default]
    Float32,
    /// Factors rounded to bf16 where the processor multiplies them in hardware; elsewhere the same as `Float32`.
    Bf16,
}

/// From `from`, `rows` lines `stride` numbers apart, `count` numbers long, to words.
pub type Pack<N = f32> =
    unsafe fn(from: *const N, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize);

/// The functions of a format.
#[derive(Clone, Copy)]
pub struct Format {
    /// Numbers in a word.
    pub per_word: usize,
    pub tiles: &'static Tiles,
    /// A panel of B [rows, count]: words of a column lie `width` apart.
    pub copy_panel: Pack,
    /// The same of a B whose columns are lines in memory.
    pub turn_panel: Pack,
    /// The same of 16-bit numbers.
    pub turn_bf16_panel: Pack<Bf16>,
    /// A block of A [rows, count]: words of a row lie one behind the other, rows `width` words apart.
    pub copy_rows: Pack,
    /// The same of an A whose columns are lines in memory.
    pub turn_rows: Pack,
    pub pack_columns: PackColumns,
}

/// See `pack_columns` in `pack.rs`.
pub(super) type PackColumns = unsafe fn(
    y: *const f32,
    ldy: usize,
    rows: usize,
    count: usize,
    tile_rows: usize,
    to: *mut f32,
    width: usize,
    own: usize,
    sums: Option<*mut f32>,
);

impl Format {
    pub fn of(precision: Precision) -> Self {
        #[cfg(target_arch = "x86_64")]
        if precision == Precision::Bf16 && simd::has_bf16() {
            return bf16::FORMAT;
        }
        let _ = precision;
        Self {
            per_word: 1,
            tiles: tiles(),
            copy_panel,
            turn_panel,
            turn_bf16_panel,
            copy_rows,
            turn_rows,
            pack_columns,
        }
    }

    /// Words of a depth.
    #[inline(always)]
    pub fn words(&self, depth: usize) -> usize {
        depth.div_ceil(self.per_word)
    }

    /// First number, and count of numbers, of `words` words from word `k` on in a depth.
    #[inline(always)]
    pub fn numbers(&self, k: usize, words: usize, depth: usize) -> (usize, usize) {
        let first = (k * self.per_word).min(depth);
        (first, (words * self.per_word).min(depth - first))
    }
}
