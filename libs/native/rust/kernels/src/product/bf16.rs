//! Products in bf16 with AVX512-BF16: packing with rounding, and the tiles.

use super::format::Format;
use super::tile::{ROW_STRIDE, Tile, Tiles};
use crate::simd::avx512::Avx512;
use crate::simd::{Bf16, Simd};
use std::arch::x86_64::*;

const ROWS: usize = Avx512::TILE_ROWS;
const LANES: usize = Avx512::LANES;

macro_rules! list {
    ($entry:ident, $($rows:literal)*) => { &[$([$entry::<$rows, 1> as Tile, $entry::<$rows, 2> as Tile]),*] };
}

static TILES: Tiles = Tiles {
    rows: ROWS,
    lanes: LANES,
    width: LANES * Avx512::TILE_VECTORS,
    by_rows: list!(by_rows, 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
    by_columns: list!(by_columns, 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
    narrow: None,
};

pub(super) const FORMAT: Format = Format {
    per_word: 2,
    tiles: &TILES,
    copy_panel,
    transpose_panel,
    transpose_bf16_panel,
    copy_rows,
    transpose_rows,
    pack_columns,
};

/// As `tile` in `tile.rs`, with words of two bf16 numbers.
#[inline(always)]
unsafe fn tile<const M: usize, const N: usize, const ROW: usize, const COLUMN: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    columns: usize,
    accumulate: bool,
) {
    // SAFETY: guaranteed by the callers, as `Tile` requires.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); N]; M];
        let (mut a, mut b) = (a.cast::<i32>(), b);
        for _ in 0..depth {
            let mut of_b = [_mm512_setzero_ps(); N];
            for j in 0..N {
                of_b[j] = _mm512_loadu_ps(b.add(j * LANES));
            }
            for i in 0..M {
                let of_a = words(_mm512_castsi512_ps(_mm512_set1_epi32(*a.add(i * ROW))));
                for j in 0..N {
                    sums[i][j] = _mm512_dpbf16_ps(sums[i][j], of_a, words(of_b[j]));
                }
            }
            a = a.add(COLUMN);
            b = b.add(ldb);
        }
        let last = columns - (N - 1) * LANES;
        for i in 0..M {
            for j in 0..N {
                let at = c.add(i * ldc + j * LANES);
                let count = if j + 1 == N { last } else { LANES };
                let before = if accumulate { Avx512::load_part(at, count) } else { _mm512_setzero_ps() };
                Avx512::store_part(at, _mm512_add_ps(sums[i][j], before), count);
            }
        }
    }
}

#[inline(always)]
unsafe fn words(v: __m512) -> __m512bh {
    // SAFETY: both are 64 bytes, and every bit pattern is valid.
    unsafe { std::mem::transmute(v) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn by_rows<const M: usize, const N: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    columns: usize,
    accumulate: bool,
) {
    // SAFETY: guaranteed by the callers, as `Tile` requires; the features are on.
    unsafe { tile::<M, N, ROW_STRIDE, 1>(depth, a, b, ldb, c, ldc, columns, accumulate) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn by_columns<const M: usize, const N: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    columns: usize,
    accumulate: bool,
) {
    // SAFETY: guaranteed by the callers, as `Tile` requires; the features are on.
    unsafe { tile::<M, N, 1, ROWS>(depth, a, b, ldb, c, ldc, columns, accumulate) }
}

/// Words of one row and the next.
#[inline(always)]
unsafe fn stack(upper: __m512, lower: __m512) -> __m512 {
    // SAFETY: the callers have the features; both types are 64 bytes, and every bit pattern is valid.
    unsafe {
        let order = _mm512_set_epi16(
            31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3,
            18, 2, 17, 1, 16, 0,
        );
        let both: __m512i = std::mem::transmute(_mm512_cvtne2ps_pbh(lower, upper));
        _mm512_castsi512_ps(_mm512_permutexvar_epi16(order, both))
    }
}

/// `count` words of rows `k` and `k + 1`; beyond the last row are zeros.
#[inline(always)]
unsafe fn stacked(from: *const f32, stride: usize, k: usize, rows: usize, count: usize) -> (__m512, __m512) {
    // SAFETY: rows below `rows` have `count` floats, which the callers guarantee.
    unsafe {
        let next = if k + 1 < rows { count } else { 0 };
        let upper = Avx512::load_part(from.add(k * stride), count);
        let lower = Avx512::load_part(from.wrapping_add((k + 1) * stride), next);
        (upper, lower)
    }
}

/// Sixteen words of a line of floats from `k`, padded with zeros.
#[inline(always)]
unsafe fn followed(line: *const f32, k: usize, length: usize) -> __m512 {
    let left = length - k;
    // SAFETY: the line has `length` floats, which the callers guarantee; every bit pattern is valid.
    unsafe {
        let low = Avx512::load_part(line.add(k), left);
        let high = Avx512::load_part(line.wrapping_add(k + LANES), left.saturating_sub(LANES));
        std::mem::transmute(_mm512_cvtne2ps_pbh(high, low))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn copy_panel(from: *const f32, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize) {
    // SAFETY: guaranteed by the callers, as `Pack` requires.
    unsafe {
        for k in (0..rows).step_by(2) {
            for j in (0..width).step_by(LANES) {
                let part = count.saturating_sub(j).min(LANES);
                let (upper, lower) = stacked(from.add(j.min(count)), stride, k, rows, part);
                Avx512::store(to.add(k / 2 * width + j), stack(upper, lower));
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn transpose_panel(
    from: *const f32,
    stride: usize,
    rows: usize,
    count: usize,
    to: *mut f32,
    width: usize,
) {
    let mut block = [0.0f32; LANES * LANES];
    // SAFETY: guaranteed by the callers, as `Pack` requires.
    unsafe {
        for j in (0..width).step_by(LANES) {
            let lines = count.saturating_sub(j).min(LANES);
            for k in (0..rows).step_by(2 * LANES) {
                for line in 0..lines {
                    let words = followed(from.add((j + line) * stride), k, rows);
                    Avx512::store(block.as_mut_ptr().add(line * LANES), words);
                }
                let words = (rows - k).div_ceil(2).min(LANES);
                Avx512::transpose(block.as_ptr(), LANES, lines, words, to.add(k / 2 * width + j), width);
            }
        }
    }
}

/// Numbers that are bf16 already are copied; if their count is odd, the second half of the last word is 0.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn transpose_bf16_panel(
    from: *const Bf16,
    stride: usize,
    rows: usize,
    count: usize,
    to: *mut f32,
    width: usize,
) {
    let mut block = [0.0f32; LANES * LANES];
    // SAFETY: guaranteed by the callers, as `Pack` requires.
    unsafe {
        for j in (0..width).step_by(LANES) {
            let lines = count.saturating_sub(j).min(LANES);
            for k in (0..rows).step_by(2 * LANES) {
                let here = (rows - k).min(2 * LANES);
                let mask = if here == 2 * LANES { !0 } else { (1u32 << here) - 1 };
                for line in 0..lines {
                    let words = _mm512_maskz_loadu_epi16(mask, from.add((j + line) * stride + k).cast());
                    Avx512::store(block.as_mut_ptr().add(line * LANES), _mm512_castsi512_ps(words));
                }
                let words = here.div_ceil(2);
                Avx512::transpose(block.as_ptr(), LANES, lines, words, to.add(k / 2 * width + j), width);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn copy_rows(from: *const f32, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize) {
    // SAFETY: guaranteed by the callers, as `Pack` requires; a row of words has room for whole vectors.
    unsafe {
        for i in 0..rows {
            for k in (0..count).step_by(2 * LANES) {
                Avx512::store(to.add(i * width + k / 2), followed(from.add(i * stride), k, count));
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn transpose_rows(
    from: *const f32,
    stride: usize,
    rows: usize,
    count: usize,
    to: *mut f32,
    width: usize,
) {
    let mut block = [0.0f32; LANES * LANES];
    // SAFETY: guaranteed by the callers, as `Pack` requires; a row of words has room for whole vectors.
    unsafe {
        for i in (0..rows).step_by(LANES) {
            let part = (rows - i).min(LANES);
            for k in (0..count).step_by(2 * LANES) {
                let words = (count - k).div_ceil(2).min(LANES);
                for word in 0..words {
                    let (upper, lower) = stacked(from.add(i), stride, k + 2 * word, count, part);
                    Avx512::store(block.as_mut_ptr().add(word * LANES), stack(upper, lower));
                }
                Avx512::transpose(block.as_ptr(), LANES, words, part, to.add(i * width + k / 2), width);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn pack_columns(
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
    // SAFETY: guaranteed by the callers, as `PackColumns` requires.
    unsafe {
        for k in (0..rows).step_by(8) {
            let end = rows.min(k + 8);
            for (at, i) in (0..count).step_by(tile_rows).enumerate() {
                let lines = tile_rows.min(count - i);
                let mut sum = _mm512_setzero_ps();
                for row in (k..end).step_by(2) {
                    let (upper, lower) = stacked(y.add(i), ldy, row, rows, lines);
                    sum = _mm512_add_ps(sum, _mm512_add_ps(upper, lower));
                    // what lies behind the row comes next
                    Avx512::store(to.add(at * own + row / 2 * width), stack(upper, lower));
                }
                if let Some(sums) = sums {
                    let at = sums.add(i);
                    Avx512::store_part(at, _mm512_add_ps(sum, Avx512::load_part(at, lines)), lines);
                }
            }
        }
    }
}
