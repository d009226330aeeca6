//! Packs the rows of a head for the tiles.

use super::heads::Strip;
use super::tiles::{KEYS, ROWS, STRIDE, panel};
use crate::simd::Simd;

/// Transposes [rows, columns] into panels [rows / panel, columns, panel], padded with zeros.
///
/// # Safety
/// As for `Simd`; the rows have `columns` columns, `to` has room for whole panels.
#[inline(always)]
pub unsafe fn panels<S: Simd>(from: Strip, columns: usize, to: *mut f32) {
    let width = panel::<S>();
    let rows = from.count;
    // SAFETY: guaranteed by the caller; rows out of range are not read.
    unsafe {
        for first in (0..rows).step_by(width) {
            let to = to.add(first * columns);
            for part in (0..width).step_by(S::LANES) {
                let there = rows.saturating_sub(first + part).min(S::LANES);
                let start = from.row(first + part);
                for column in (0..columns).step_by(S::LANES) {
                    let count = (columns - column).min(S::LANES);
                    S::transpose(
                        start.wrapping_add(column),
                        from.stride,
                        there,
                        count,
                        to.add(column * width + part),
                        width,
                    );
                }
            }
        }
    }
}

/// Writes factor · rows with stride `to_stride`, padded with zeros to whole vectors.
///
/// # Safety
/// As for `Simd`; the rows have `columns` columns, `to` has room for whole vectors.
#[inline(always)]
pub unsafe fn rows<S: Simd>(from: Strip, columns: usize, factor: f32, to: *mut f32, to_stride: usize) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let factor = S::splat(factor);
        for row in 0..from.count {
            let (from, to) = (from.row(row), to.add(row * to_stride));
            let mut column = 0;
            while column + S::LANES <= columns {
                S::store(to.add(column), S::mul(factor, S::load(from.add(column))));
                column += S::LANES;
            }
            if column < columns {
                S::store(to.add(column), S::mul(factor, S::load_part(from.add(column), columns - column)));
            }
        }
    }
}

/// The inverse of `rows`: writes factor · rows of whole vectors to rows of `columns` columns.
///
/// # Safety
/// As for `Simd`; both addresses are valid for these sizes, and nothing else accesses `to`.
#[inline(always)]
pub unsafe fn unpack<S: Simd>(from: *const f32, from_stride: usize, columns: usize, factor: f32, to: Strip) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let factor = S::splat(factor);
        for row in 0..to.count {
            let (from, to) = (from.add(row * from_stride), to.row_mut(row));
            let mut column = 0;
            while column + S::LANES <= columns {
                S::store(to.add(column), S::mul(factor, S::load(from.add(column))));
                column += S::LANES;
            }
            if column < columns {
                S::store_part(to.add(column), S::mul(factor, S::load(from.add(column))), columns - column);
            }
        }
    }
}

/// Packs at most ROWS rows with stride STRIDE, and zeros for missing rows.
///
/// # Safety
/// As for `rows`.
#[inline(always)]
pub unsafe fn block<S: Simd>(from: Strip, columns: usize, factor: f32, to: *mut f32) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        rows::<S>(from, columns, factor, to, STRIDE);
        for row in from.count..ROWS {
            for column in (0..columns).step_by(S::LANES) {
                S::store(to.add(row * STRIDE + column), S::zero());
            }
        }
    }
}

/// The dot products of the rows of two matrices.
///
/// # Safety
/// As for `rows`, for both, which have the same number of rows; `to` has room for one number per row.
#[inline(always)]
pub unsafe fn dots<S: Simd>(a: Strip, b: Strip, columns: usize, to: *mut f32) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        for row in 0..a.count {
            let (a, b) = (a.row(row), b.row(row));
            let mut sums = S::zero();
            let mut column = 0;
            while column + S::LANES <= columns {
                sums = S::fma(S::load(a.add(column)), S::load(b.add(column)), sums);
                column += S::LANES;
            }
            if column < columns {
                let part = columns - column;
                sums = S::fma(S::load_part(a.add(column), part), S::load_part(b.add(column), part), sums);
            }
            *to.add(row) = S::sum(sums);
        }
    }
}

/// The padding mask of keys from `first`, padded with 0; null without one.
///
/// # Safety
/// `to` has room for KEYS floats.
#[inline(always)]
pub unsafe fn visible(visible: Option<&[f32]>, first: usize, count: usize, to: *mut f32) -> *const f32 {
    let Some(visible) = visible else { return std::ptr::null() };
    // SAFETY: guaranteed by the caller.
    let to = unsafe { std::slice::from_raw_parts_mut(to, KEYS) };
    to.fill(0.0);
    for (to, &from) in to.iter_mut().zip(&visible[first..][..count]) {
        *to = if from == 0.0 { 0.0 } else { 1.0 };
    }
    to.as_ptr()
}
