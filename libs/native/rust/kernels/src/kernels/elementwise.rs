//! Elementwise operations on float32, int32 and bool arrays; bools are bytes.
//!
//! The compiler vectorizes plain loops for each instruction set; only exp, tanh and sigmoid are written with `Simd`.
#![allow(clippy::extra_unused_type_parameters)] // plain loops do not use the type parameter

mod binary;
mod curves;
mod unary;

pub use binary::{
    BoolPredicate, Broadcast, FloatOperation, FloatPredicate, FloatRounding, IntOperation, IntPredicate,
};
pub use unary::{
    BoolTest, BoolToFloat, BoolToInt, FloatFunction, FloatTest, FloatToInt, IntFunction, IntTest, IntToFloat,
};

use crate::buffers::Shared;
use crate::kernel;
use crate::threads::{run, split};

/// Number of elements per part.
const PART: usize = 1 << 14;

/// Calls `job(first, end, the elements of y in between)` for all parts of y, on several threads.
fn by_parts<Y: Copy>(y: &mut [Y], job: impl Fn(usize, usize, &mut [Y]) + Sync) {
    let parts = y.len().div_ceil(PART);
    let (length, all) = (y.len(), Shared::new(y));
    run(parts, |part, _| {
        let (first, end) = split(length, parts, 64, part);
        // SAFETY: parts are disjoint, and inside y.
        job(first, end, unsafe { all.part(first, end - first) });
    });
}

/// y += x
pub fn accumulate(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    // SAFETY: the function only indexes slices.
    by_parts(y, |first, end, y| unsafe { add_to(&x[first..end], y) });
}

kernel! {
    unsafe fn add_to<S>(x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += *x;
        }
    }
}

/// y = yes where the condition is 1, no elsewhere.
pub fn select<T: Copy + Send + Sync>(condition: &[u8], yes: &[T], no: &[T], y: &mut [T]) {
    assert!(condition.len() == y.len() && yes.len() == y.len() && no.len() == y.len());
    by_parts(y, |first, end, y| {
        // SAFETY: the function only indexes slices.
        unsafe { select_part(&condition[first..end], &yes[first..end], &no[first..end], y) }
    });
}

kernel! {
    unsafe fn select_part<S; T: Copy>(condition: &[u8], yes: &[T], no: &[T], y: &mut [T]) {
        for (((y, condition), yes), no) in y.iter_mut().zip(condition).zip(yes).zip(no) {
            *y = if *condition == 1 { *yes } else { *no };
        }
    }
}

/// y [indices, depth] = `on` at the index of each row, `off` elsewhere and in rows whose index is out of range.
pub fn one_hot<T: Copy + Send + Sync>(indices: &[i32], y: &mut [T], depth: usize, on: T, off: T) {
    assert_eq!(y.len(), indices.len() * depth);
    by_parts(y, |first, end, y| {
        y.fill(off);
        if first == end {
            return;
        }
        for row in first / depth..=(end - 1) / depth {
            let hot = usize::try_from(indices[row]).ok().filter(|&index| index < depth);
            let place = hot.map(|index| row * depth + index).filter(|place| (first..end).contains(place));
            if let Some(place) = place {
                y[place - first] = on;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accumulates() {
        let x = vec![2.0; 40_000];
        let mut y: Vec<f32> = (0..40_000).map(|i| i as f32).collect();
        accumulate(&x, &mut y);
        assert!(y.iter().enumerate().all(|(i, &y)| y == i as f32 + 2.0));
    }

    #[test]
    fn selects_where_the_condition_is_1() {
        let condition: Vec<u8> = (0..50_000).map(|i| (i % 3) as u8).collect();
        let (yes, no) = (vec![7; 50_000], vec![-7; 50_000]);
        let mut y = vec![0; 50_000];
        select(&condition, &yes, &no, &mut y);
        assert!(y.iter().enumerate().all(|(i, &y)| y == if i % 3 == 1 { 7 } else { -7 }));
    }

    #[test]
    fn one_hot_rows() {
        for depth in [1, 3, 20_000] {
            let indices = [0, 2, -1, 7, 1];
            let mut y = vec![9.0; indices.len() * depth];
            one_hot(&indices, &mut y, depth, 1.0, 0.5);
            for (i, &value) in y.iter().enumerate() {
                let is_hot = (i % depth) as i32 == indices[i / depth];
                assert_eq!(value, if is_hot { 1.0 } else { 0.5 });
            }
        }
        one_hot(&[1, 2], &mut [0u8; 0], 0, 1, 0);
    }
}
