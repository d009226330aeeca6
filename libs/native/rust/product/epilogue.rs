//! What is done to the numbers of a product while they are in the nearest cache.

use crate::simd::Simd;

/// A change of a product's numbers, applied once to each, as soon as its sum is whole.
pub trait Epilogue: Sync {
    /// True where `finish` gives back what it gets: then it is not called.
    const NOTHING: bool = false;

    /// Panics unless `finish` may be called for every row and column of a product [rows, columns].
    fn check(&self, _rows: usize, _columns: usize) {}

    /// The `count` (at most LANES) numbers at `row`, from `column`, in the product's own counting; gives what is to
    /// be stored. Lanes behind `count` hold anything. Must be `#[inline(always)]`.
    ///
    /// # Safety
    /// `check` has been passed with sizes that hold these places, and no other thread is at these places.
    unsafe fn finish<S: Simd>(&self, v: S::V, row: usize, column: usize, count: usize) -> S::V;
}

/// Leaves the product as it is.
pub struct Nothing;

impl Epilogue for Nothing {
    const NOTHING: bool = true;
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, v: S::V, _row: usize, _column: usize, _count: usize) -> S::V {
        v
    }
}

/// Adds a number to each column.
pub struct AddBias<'a>(pub &'a [f32]);

impl Epilogue for AddBias<'_> {
    fn check(&self, _rows: usize, columns: usize) {
        assert!(self.0.len() >= columns, "a bias of {} numbers for {columns} columns", self.0.len());
    }
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, v: S::V, _row: usize, column: usize, count: usize) -> S::V {
        // SAFETY: `check` has seen that the bias is as long as a row.
        unsafe { S::add(v, load::<S>(self.0.as_ptr().add(column), count)) }
    }
}

/// A whole vector where `count` is LANES, which the compiler sees in the main loop, or the first `count` numbers.
///
/// # Safety
/// `count` (at most LANES) numbers are there.
#[inline(always)]
pub unsafe fn load<S: Simd>(from: *const f32, count: usize) -> S::V {
    // SAFETY: as this function.
    unsafe { if count >= S::LANES { S::load(from) } else { S::load_part(from, count) } }
}

/// The other way.
///
/// # Safety
/// There is place for `count` (at most LANES) numbers.
#[inline(always)]
pub unsafe fn store<S: Simd>(to: *mut f32, v: S::V, count: usize) {
    // SAFETY: as this function.
    unsafe { if count >= S::LANES { S::store(to, v) } else { S::store_part(to, v, count) } }
}

crate::kernel! {
    /// Applies the epilogue to the rows and columns from (row, column) on; `c` is the address of the first.
    ///
    /// # Safety
    /// The block is in memory, and the epilogue may be called for it.
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
