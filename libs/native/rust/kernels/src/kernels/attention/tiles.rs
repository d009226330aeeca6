//! Register tiles: products of a few rows of A with a panel of B.

use crate::simd::Simd;

/// Number of keys of a block.
pub const KEYS: usize = 256;
/// Number of queries of a block: rows of a tile, and of a tile of the dropout mask.
pub const ROWS: usize = 8;
/// Row stride of scores and packed queries: an odd number of cache lines, so that rows map to different cache sets.
pub const STRIDE: usize = KEYS + 16;

/// Width of a panel of keys.
pub const fn panel<S: Simd>() -> usize {
    S::LANES * S::TILE_VECTORS
}

/// Destination of a tile.
pub trait Destination<S: Simd> {
    /// Stores one vector of a row, starting at this column.
    ///
    /// # Safety
    /// As for `Simd`; row and column are in range for the destination.
    unsafe fn take(&self, row: usize, column: usize, sums: S::V);
}

/// [rows, vectors · LANES] = A · B over `depth`, for at most ROWS rows and TILE_VECTORS vectors. A[i, k] is at
/// `a[i · ROW + k · STEP]`, row k of B at `b[k · b_stride]`. More rows than asked for may be computed.
///
/// # Safety
/// As for `Simd`; A has ROWS rows, the addresses are valid, and `to` has room for ROWS rows.
#[inline(always)]
pub unsafe fn product<S: Simd, D: Destination<S>, const ROW: usize, const STEP: usize>(
    rows: usize,
    vectors: usize,
    depth: usize,
    a: *const f32,
    b: *const f32,
    b_stride: usize,
    to: &D,
) {
    const HALF: usize = ROWS / 2;
    // SAFETY: guaranteed by the caller.
    unsafe {
        if S::TILE_ROWS >= ROWS && rows > HALF {
            if S::TILE_VECTORS > 1 && vectors > 1 {
                tile::<S, D, ROWS, 2, ROW, STEP>(depth, a, b, b_stride, 0, to);
            } else {
                tile::<S, D, ROWS, 1, ROW, STEP>(depth, a, b, b_stride, 0, to);
            }
            return;
        }
        for first in (0..rows).step_by(HALF) {
            let a = a.add(first * ROW);
            if S::TILE_VECTORS > 1 && vectors > 1 {
                tile::<S, D, HALF, 2, ROW, STEP>(depth, a, b, b_stride, first, to);
            } else {
                tile::<S, D, HALF, 1, ROW, STEP>(depth, a, b, b_stride, first, to);
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<
    S: Simd,
    D: Destination<S>,
    const M: usize,
    const N: usize,
    const ROW: usize,
    const STEP: usize,
>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    b_stride: usize,
    first: usize,
    to: &D,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let mut sums = [[S::zero(); N]; M];
        let (mut a, mut b) = (a, b);
        for _ in 0..depth {
            let mut of_b = [S::zero(); N];
            for j in 0..N {
                of_b[j] = S::load(b.add(j * S::LANES));
            }
            for i in 0..M {
                let of_a = S::splat(*a.add(i * ROW));
                for j in 0..N {
                    sums[i][j] = S::fma(of_a, of_b[j], sums[i][j]);
                }
            }
            a = a.add(STEP);
            b = b.add(b_stride);
        }
        for i in 0..M {
            for j in 0..N {
                to.take(first + i, j * S::LANES, sums[i][j]);
            }
        }
    }
}

/// Stores whole vectors.
pub struct Plain {
    pub to: *mut f32,
    pub stride: usize,
}

impl<S: Simd> Destination<S> for Plain {
    #[inline(always)]
    unsafe fn take(&self, row: usize, column: usize, sums: S::V) {
        // SAFETY: guaranteed by the caller.
        unsafe { S::store(self.to.add(row * self.stride + column), sums) }
    }
}

/// Adds to the destination, or overwrites it.
pub struct Sum {
    pub to: *mut f32,
    pub stride: usize,
    pub add: bool,
}

impl<S: Simd> Destination<S> for Sum {
    #[inline(always)]
    unsafe fn take(&self, row: usize, column: usize, sums: S::V) {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let at = self.to.add(row * self.stride + column);
            let sums = if self.add { S::add(sums, S::load(at)) } else { sums };
            S::store(at, sums);
        }
    }
}

/// Stores factor · sums, plus decay · destination if `decay` is given, with a factor and a decay per row. Accesses only the
/// given number of rows and columns.
pub struct Scaled {
    pub to: *mut f32,
    pub stride: usize,
    pub rows: usize,
    pub columns: usize,
    /// [ROWS]
    pub factor: *const f32,
    /// [ROWS], or null to overwrite the destination.
    pub decay: *const f32,
}

impl<S: Simd> Destination<S> for Scaled {
    #[inline(always)]
    unsafe fn take(&self, row: usize, column: usize, sums: S::V) {
        if row >= self.rows {
            return;
        }
        // SAFETY: guaranteed by the caller; partial vectors end with the columns.
        unsafe {
            let at = self.to.add(row * self.stride + column);
            let part = self.columns - column;
            let mut value = S::mul(sums, S::splat(*self.factor.add(row)));
            if part >= S::LANES {
                if !self.decay.is_null() {
                    value = S::fma(S::load(at), S::splat(*self.decay.add(row)), value);
                }
                S::store(at, value);
            } else {
                if !self.decay.is_null() {
                    value = S::fma(S::load_part(at, part), S::splat(*self.decay.add(row)), value);
                }
                S::store_part(at, value, part);
            }
        }
    }
}
