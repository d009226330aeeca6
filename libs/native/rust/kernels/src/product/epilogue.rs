//! Epilogues: operations on the elements of a product while they are in cache.

use crate::simd::Simd;

/// An operation applied once to each element of a product, when its sum is complete.
pub trait Epilogue: Sync {
    /// Whether `finish` is the identity and need not be called.
    const NOTHING: bool = false;

    /// Panics unless `finish` may be called for every row and column of a product [rows, columns].
    fn check(&self, _rows: usize, _columns: usize) {}

    /// Takes `count` (at most LANES) elements of `row` from `column` and returns the values to store. Lanes from `count` on are
    /// arbitrary. Must be `#[inline(always)]`.
    ///
    /// # Safety
    /// `check` has been called with sizes that contain these elements, and no other thread accesses them.
    unsafe fn finish<S: Simd>(&self, v: S::V, row: usize, column: usize, count: usize) -> S::V;
}

/// No operation.
pub struct NoEpilogue;

impl Epilogue for NoEpilogue {
    const NOTHING: bool = true;
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, v: S::V, _row: usize, _column: usize, _count: usize) -> S::V {
        v
    }
}

/// Adds a bias to each row.
pub struct AddBias<'a>(pub &'a [f32]);

impl Epilogue for AddBias<'_> {
    fn check(&self, _rows: usize, columns: usize) {
        assert!(self.0.len() >= columns, "a bias of {} numbers for {columns} columns", self.0.len());
    }
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, v: S::V, _row: usize, column: usize, count: usize) -> S::V {
        // SAFETY: `check` has checked the length of the bias.
        unsafe { S::add(v, load::<S>(self.0.as_ptr().add(column), count)) }
    }
}

/// Loads a whole vector if `count` is LANES, which is known at compile time in main loops, or the first `count` elements.
///
/// # Safety
/// `count` (at most LANES) elements are valid.
#[inline(always)]
pub unsafe fn load<S: Simd>(from: *const f32, count: usize) -> S::V {
    // SAFETY: as this function.
    unsafe { if count >= S::LANES { S::load(from) } else { S::load_part(from, count) } }
}

/// The inverse of `load`.
///
/// # Safety
/// There is room for `count` (at most LANES) elements.
#[inline(always)]
pub unsafe fn store<S: Simd>(to: *mut f32, v: S::V, count: usize) {
    // SAFETY: as this function.
    unsafe { if count >= S::LANES { S::store(to, v) } else { S::store_part(to, v, count) } }
}

crate::kernel! {
    /// Applies the epilogue to a block from (row, column); `c` is its address.
    ///
    /// # Safety
    /// The block is valid, and the epilogue may be called for it.
    pub unsafe fn finish_block<S; E: Epilogue>(
        epilogue: &E, c: *mut f32, ldc: usize, row: usize, rows: usize, column: usize, columns: usize,
    ) {
        for i in 0..rows {
            let line = c.add(i * ldc);
            let mut j = 0;
            while j + S::LANES <= columns {
                let v = epilogue.finish::<S>(S::load(line.add(j)), row + i, column + j, S::LANES);
                S::store(line.add(j), v);
                j += S::LANES;
            }
            if j < columns {
                let rest = columns - j;
                let v = epilogue.finish::<S>(S::load_part(line.add(j), rest), row + i, column + j, rest);
                S::store_part(line.add(j), v, rest);
            }
        }
    }
}
