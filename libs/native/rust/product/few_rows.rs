//! y = x · Wᵀ for a few rows of x: W is read once, as fast as memory gives it, and never packed.

use super::epilogue::{Epilogue, finish_block};
use super::pack::expect_room;
use crate::buffers::Shared;
use crate::threads;

/// Where x has at most so many rows this is faster than a product over packed panels.
pub const FEW: usize = 8;

/// Floats ahead of the one in use that are asked for: W is read once, and memory takes a while.
const AHEAD: usize = 2048;

/// Y[rows, out] = epilogue(X[rows, depth] · Wᵀ) with W [out, depth], rows one behind the other in all three.
///
/// # Panics
/// When an array has fewer elements.
pub fn few_rows<E: Epilogue>(
    x: &[f32],
    rows: usize,
    depth: usize,
    w: &[f32],
    out: usize,
    y: &mut [f32],
    epilogue: &E,
) {
    expect_room("X", x.len(), rows, depth, depth);
    expect_room("W", w.len(), out, depth, depth);
    expect_room("Y", y.len(), rows, out, out);
    epilogue.check(rows, out);
    if depth == 0 {
        y[..rows * out].fill(0.0);
    }
    let to = Shared::new(y);
    let parts = if out * depth < 1 << 13 { 1 } else { 4 * threads::threads() };
    threads::run(parts, |part, _| {
        let (first, end) = threads::split(out, parts, 16, part);
        if first == end {
            return;
        }
        // SAFETY: sizes were checked above; each part has columns of Y of its own.
        unsafe {
            if depth > 0 {
                let w = w.as_ptr().add(first * depth);
                dot_rows(x.as_ptr(), rows, depth, w, end - first, to.at(first), out);
            }
            if !E::NOTHING {
                finish_block(epilogue, to.at(first), out, 0, rows, first, end - first);
            }
        }
    });
}

crate::kernel! {
    unsafe fn dot_rows<S>(x: *const f32, rows: usize, depth: usize, w: *const f32, out: usize, y: *mut f32, ldy: usize) {
        let mut o = 0;
        while o < out {
            // the lines of W stay in the nearest cache for the next rows of x
            let lines = if out - o >= 4 { 4 } else { 1 };
            let w = w.add(o * depth);
            let mut row = 0;
            while row < rows {
                let left = rows - row;
                let (x, y) = (x.add(row * depth), y.add(row * ldy + o));
                row += match (lines, left) {
                    (4, 1) => dots::<S, 4, 1>(x, depth, w, y, ldy),
                    (4, 2..) => dots::<S, 4, 2>(x, depth, w, y, ldy),
                    (_, 1) => dots::<S, 1, 1>(x, depth, w, y, ldy),
                    _ => dots::<S, 1, 2>(x, depth, w, y, ldy),
                };
            }
            o += lines;
        }
    }
}

/// Inner products of `W` lines with `X` rows of x; gives X.
///
/// # Safety
/// Both are there, `depth` floats a line, and Y has place.
#[inline(always)]
unsafe fn dots<S: crate::simd::Simd, const W: usize, const X: usize>(
    x: *const f32,
    depth: usize,
    w: *const f32,
    y: *mut f32,
    ldy: usize,
) -> usize {
    // SAFETY: the promise of this function.
    unsafe {
        let mut sums = [[S::zero(); X]; W];
        let mut k = 0;
        while k < depth {
            let count = depth - k;
            let whole = count >= S::LANES;
            let mut of_x = [S::zero(); X];
            for j in 0..X {
                let from = x.add(j * depth + k);
                of_x[j] = if whole { S::load(from) } else { S::load_part(from, count) };
            }
            for i in 0..W {
                let from = w.add(i * depth + k);
                S::prefetch(from.wrapping_add(AHEAD));
                let of_w = if whole { S::load(from) } else { S::load_part(from, count) };
                for j in 0..X {
                    sums[i][j] = S::fma(of_w, of_x[j], sums[i][j]);
                }
            }
            k += S::LANES;
        }
        for i in 0..W {
            for j in 0..X {
                *y.add(j * ldy + i) = S::sum(sums[i][j]);
            }
        }
        X
    }
}
