//! Number formats of products. A packed matrix consists of 32-bit words: a float, or two bf16 numbers consecutive in depth.
//! A product in bf16 is thus one of half the depth.

#[cfg(target_arch = "x86_64")]
use super::bf16;
use super::pack::{
    copy_panel, copy_rows, pack_columns, transpose_bf16_panel, transpose_panel, transpose_rows,
};
use super::tile::{Tiles, tiles};
#[cfg(target_arch = "x86_64")]
use crate::simd;
use crate::simd::Bf16;

/// Precision of the factors. Inputs, sums and outputs are float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Precision {
    #[default]
    Float32,
    /// Rounds to bf16; products and sums are float32. Where the processor does not multiply bf16, the rounded factors are stored as
    /// float32.
    Bf16,
}

/// Packs `rows` lines of `count` numbers with stride `stride` into words.
pub type Pack<N = f32> =
    unsafe fn(from: *const N, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize);

/// The functions of a format.
#[derive(Clone, Copy)]
pub struct Format {
    /// Number of numbers per word.
    pub per_word: usize,
    pub tiles: &'static Tiles,
    /// A panel of B [rows, count]: words of a column have stride `width`.
    pub copy_panel: Pack,
    /// The same for a transposed B.
    pub transpose_panel: Pack,
    /// The same for bf16 numbers.
    pub transpose_bf16_panel: Pack<Bf16>,
    /// A block of A [rows, count]: words of a row are contiguous, rows have stride `width`.
    pub copy_rows: Pack,
    /// The same for a transposed A.
    pub transpose_rows: Pack,
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
        let exact = Self {
            per_word: 1,
            tiles: tiles(),
            copy_panel,
            transpose_panel,
            transpose_bf16_panel,
            copy_rows,
            transpose_rows,
            pack_columns,
        };
        match precision {
            Precision::Float32 => exact,
            Precision::Bf16 => Self {
                copy_panel: rounded_panel::<false>,
                transpose_panel: rounded_panel::<true>,
                copy_rows: rounded_rows::<false>,
                transpose_rows: rounded_rows::<true>,
                pack_columns: rounded_columns,
                ..exact
            },
        }
    }

    /// Number of words for a depth.
    #[inline(always)]
    pub fn words(&self, depth: usize) -> usize {
        depth.div_ceil(self.per_word)
    }

    /// First number and count of numbers in `words` words from word `k`.
    #[inline(always)]
    pub fn numbers(&self, k: usize, words: usize, depth: usize) -> (usize, usize) {
        let first = (k * self.per_word).min(depth);
        (first, (words * self.per_word).min(depth - first))
    }
}

crate::kernel! {
    /// Rounds floats to the nearest bf16, ties to even.
    unsafe fn round<S>(at: *mut f32, count: usize) {
        let _ = S::LANES;
        for x in std::slice::from_raw_parts_mut(at, count) {
            let bits = x.to_bits();
            let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000;
            *x = if x.is_nan() { f32::NAN } else { f32::from_bits(rounded) };
        }
    }
}

/// `copy_panel` or `transpose_panel` with rounding.
unsafe fn rounded_panel<const TRANSPOSED: bool>(
    from: *const f32,
    stride: usize,
    rows: usize,
    count: usize,
    to: *mut f32,
    width: usize,
) {
    let pack = if TRANSPOSED { transpose_panel } else { copy_panel };
    // SAFETY: guaranteed by the callers, as `Pack` requires; the panel has `rows` rows of `width` floats.
    unsafe {
        pack(from, stride, rows, count, to, width);
        round(to, rows * width);
    }
}

/// `copy_rows` or `transpose_rows` with rounding.
unsafe fn rounded_rows<const TRANSPOSED: bool>(
    from: *const f32,
    stride: usize,
    rows: usize,
    count: usize,
    to: *mut f32,
    width: usize,
) {
    let pack = if TRANSPOSED { transpose_rows } else { copy_rows };
    // SAFETY: guaranteed by the callers, as `Pack` requires; each row has `count` floats.
    unsafe {
        pack(from, stride, rows, count, to, width);
        for row in 0..rows {
            round(to.add(row * width), count);
        }
    }
}

/// `pack_columns` with rounding; the sums are of the numbers before it.
unsafe fn rounded_columns(
    y: *const f32,
    ldy: usize,
    rows: usize,
    count: usize,
    tile_rows: usize,
    to: *mut f32,
    width: usize,
    own: usize,
    sums: Option<*mut f32>,
) {
    // SAFETY: guaranteed by the callers, as `PackColumns` requires; each tile has `rows` rows of its columns.
    unsafe {
        pack_columns(y, ldy, rows, count, tile_rows, to, width, own, sums);
        for (tile, first) in (0..count).step_by(tile_rows).enumerate() {
            for row in 0..rows {
                round(to.add(tile * own + row * width), tile_rows.min(count - first));
            }
        }
    }
}
