//! y = x · Wᵀ for a few rows of x: W, in float32 or bf16, is read once and never packed.

use super::epilogue::{Epilogue, finish_block};
use super::pack::expect_room;
use crate::buffers::Shared;
use crate::simd::Number;
use crate::threads;

/// Maximum number of rows for which this is faster than packing.
pub const FEW: usize = 8;

/// Y[rows, out] = epilogue(X[rows, depth] · Wᵀ) with W [out, depth] of row stride `stride`; X and Y are contiguous.
///
/// # Panics
/// When an array has fewer elements.
pub fn few_rows<W: Number, E: Epilogue>(
    x: &[f32],
    rows: usize,
    depth: usize,
    (w, stride): (&[W], usize),
    out: usize,
    y: &mut [f32],
    epilogue: &E,
) {
    expect_room("X", x.len(), rows, depth, depth);
    expect_room("W", w.len(), out, depth, stride);
    expect_room("Y", y.len(), rows, out, out);
    epilogue.check(rows, out);
    if depth == 0 {
        y[..rows * out].fill(0.0);
    }
    let to = Shared::new(y);
    // One part per thread: it reads sequentially, and the same rows of W on the next call, possibly from its own cache.
    let parts = if out * depth < 1 << 13 { 1 } else { threads::threads() };
    threads::run(parts, |part, _| {
        let (first, end) = threads::split(out, parts, 16, part);
        if first == end {
            return;
        }
        // SAFETY: sizes were checked above; parts have disjoint columns of Y.
        unsafe {
            if depth > 0 {
                let w = w.as_ptr().add(first * stride);
                dot_rows(x.as_ptr(), rows, depth, w, stride, end - first, to.at(first), out);
            }
            if !E::NOTHING {
                finish_block(epilogue, to.at(first), out, 0, rows, first, end - first);
            }
        }
    });
}

crate::kernel! {
    unsafe fn dot_rows<S; W: Number>(
        x: *const f32, rows: usize, depth: usize, w: *const W, stride: usize, out: usize, y: *mut f32, ldy: usize,
    ) {
        for o in 0..out {
            // One row of W at a time: several memory streams would halve the bandwidth. The row stays in cache for the next
            // rows of x.
            let w = w.add(o * stride);
            let mut row = 0;
            while row < rows {
                let (x, y) = (x.add(row * depth), y.add(row * ldy + o));
                row += match rows - row {
                    1 => dots::<S, W, 1, 4>(x, depth, w, y, ldy),
                    2..4 => dots::<S, W, 2, 2>(x, depth, w, y, ldy),
                    _ => dots::<S, W, 4, 1>(x, depth, w, y, ldy),
                };
            }
        }
    }
}

/// Dot products of one row of W with `X` rows of x, each in `SUMS` accumulators; returns X.
///
/// # Safety
/// Rows of `depth` numbers are valid in both, and Y has room.
#[inline(always)]
unsafe fn dots<S: crate::simd::Simd, W: Number, const X: usize, const SUMS: usize>(
    x: *const f32,
    depth: usize,
    w: *const W,
    y: *mut f32,
    ldy: usize,
) -> usize {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let mut sums = [[S::zero(); SUMS]; X];
        let mut k = 0;
        while k + SUMS * S::LANES <= depth {
            for i in 0..SUMS {
                let at = k + i * S::LANES;
                let of_w = W::load::<S>(w.add(at));
                for j in 0..X {
                    sums[j][i] = S::fma(of_w, S::load(x.add(j * depth + at)), sums[j][i]);
                }
            }
            k += SUMS * S::LANES;
        }
        while k < depth {
            let count = (depth - k).min(S::LANES);
            let of_w = W::load_part::<S>(w.add(k), count);
            for j in 0..X {
                sums[j][0] = S::fma(of_w, S::load_part(x.add(j * depth + k), count), sums[j][0]);
            }
            k += count;
        }
        for j in 0..X {
            let mut sum = sums[j][0];
            for i in 1..SUMS {
                sum = S::add(sum, sums[j][i]);
            }
            *y.add(j * ldy) = S::sum(sum);
        }
        X
    }
}
