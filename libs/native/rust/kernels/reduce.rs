//! Sums, maximum, argmax and softmax over rows.
//!
//! Sums use float32 over short runs and float64 over the runs, in an order that depends only on the sizes.
#![allow(clippy::extra_unused_type_parameters)] // plain loops do not use the type parameter

use crate::buffers::{Shared, floats};
use crate::kernel;
use crate::simd::math;
use crate::threads::{run, split};

/// Number of elements per part.
const PART: usize = 1 << 14;
/// Elements summed in float32.
const RUN: usize = 1 << 12;
/// Number of independent accumulators, which the compiler keeps in vectors.
const WIDE: usize = 32;

/// Calls `job(first row, end row)` for all rows, on several threads if there is enough work.
fn by_rows(rows: usize, columns: usize, job: impl Fn(usize, usize) + Sync) {
    let each = PART.div_ceil(columns.max(1)).max(1);
    run(rows.div_ceil(each), |part, _| job(part * each, ((part + 1) * each).min(rows)));
}

/// y [rows] = row sums of x [rows, columns] times `scale`.
pub fn sum_rows(x: &[f32], y: &mut [f32], rows: usize, columns: usize, scale: f64) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), rows);
    if columns > 2 * PART {
        // long rows: the runs in parallel, then their sums in order
        let runs = columns.div_ceil(RUN);
        let mut partial = floats(runs);
        for (row, y) in y.iter_mut().enumerate() {
            let x = &x[row * columns..(row + 1) * columns];
            let all = Shared::new(&mut partial);
            let parts = columns.div_ceil(PART);
            run(parts, |part, _| {
                let (first, end) = split(runs, parts, 1, part);
                for i in first..end {
                    // SAFETY: runs are disjoint; the sum only indexes its slice.
                    unsafe { *all.at(i) = sum_of(&x[i * RUN..((i + 1) * RUN).min(columns)]) };
                }
            });
            *y = (partial.iter().map(|&sum| f64::from(sum)).sum::<f64>() * scale) as f32;
        }
        return;
    }
    let all = Shared::new(y);
    by_rows(rows, columns, |first, end| {
        for row in first..end {
            let x = &x[row * columns..(row + 1) * columns];
            // SAFETY: as above.
            let sum: f64 = x.chunks(RUN).map(|x| f64::from(unsafe { sum_of(x) })).sum();
            // SAFETY: rows are disjoint.
            unsafe { *all.at(row) = (sum * scale) as f32 };
        }
    });
}

kernel! {
    unsafe fn sum_of<S>(x: &[f32]) -> f32 {
        let mut sums = [0.0f32; WIDE];
        let whole = x.chunks_exact(WIDE);
        let mut total = whole.remainder().iter().map(|&x| f64::from(x)).sum::<f64>();
        for x in whole {
            for i in 0..WIDE {
                sums[i] += x[i];
            }
        }
        for sum in sums {
            total += f64::from(sum);
        }
        total as f32
    }
}

/// y [columns] = column sums of x [rows, columns] times `scale`.
pub fn sum_columns(x: &[f32], y: &mut [f32], rows: usize, columns: usize, scale: f64) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), columns);
    if columns == 0 {
        return;
    }
    let rows_each = (2 * PART / columns).clamp(64, 512);
    let parts = rows.div_ceil(rows_each);
    let mut partial = floats(parts * columns);
    let all = Shared::new(&mut partial);
    run(parts, |part, _| {
        // SAFETY: parts are disjoint; the sum only indexes slices.
        unsafe {
            let x = &x[part * rows_each * columns..((part + 1) * rows_each).min(rows) * columns];
            add_rows(x, all.part(part * columns, columns));
        }
    });
    for (column, y) in y.iter_mut().enumerate() {
        let sum: f64 = (0..parts).map(|part| f64::from(partial[part * columns + column])).sum();
        *y = (sum * scale) as f32;
    }
}

kernel! {
    unsafe fn add_rows<S>(x: &[f32], sums: &mut [f32]) {
        sums.fill(0.0);
        for x in x.chunks_exact(sums.len()) {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += *x;
            }
        }
    }
}

/// y [rows] = maximum of each row of x [rows, columns], NaN if the row contains one. `columns` is at least 1.
pub fn max_rows(x: &[f32], y: &mut [f32], rows: usize, columns: usize) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), rows);
    let all = Shared::new(y);
    by_rows(rows, columns, |first, end| {
        for row in first..end {
            // SAFETY: rows are disjoint; the search only indexes its slice.
            unsafe { *all.at(row) = largest_of(&x[row * columns..(row + 1) * columns]) };
        }
    });
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

kernel! {
    unsafe fn largest_of<S>(x: &[f32]) -> f32 {
        let mut most = [f32::NEG_INFINITY; WIDE];
        let whole = x.chunks_exact(WIDE);
        let rest = whole.remainder().iter().fold(f32::NEG_INFINITY, |a, &b| larger(a, b));
        for x in whole {
            for i in 0..WIDE {
                most[i] = larger(most[i], x[i]);
            }
        }
        most.into_iter().fold(rest, larger)
    }
}

/// y [rows] = index of the first maximum of each row of x [rows, columns]. Comparisons with NaN are false, so a row that
/// starts with NaN returns 0.
pub fn argmax_rows(x: &[f32], y: &mut [i32], rows: usize, columns: usize) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), rows);
    assert!(columns > 0 && columns <= i32::MAX as usize);
    let all = Shared::new(y);
    by_rows(rows, columns, |first, end| {
        for row in first..end {
            // SAFETY: rows are disjoint; the search only indexes its slice.
            unsafe { *all.at(row) = place_of_largest(&x[row * columns..(row + 1) * columns]) as i32 };
        }
    });
}

kernel! {
    unsafe fn place_of_largest<S>(x: &[f32]) -> usize {
        let mut most = [x[0]; WIDE];
        let whole = x.chunks_exact(WIDE);
        let mut largest = x[0];
        for &x in whole.remainder() {
            largest = if x > largest { x } else { largest };
        }
        for x in whole {
            for i in 0..WIDE {
                most[i] = if x[i] > most[i] { x[i] } else { most[i] };
            }
        }
        for most in most {
            largest = if most > largest { most } else { largest };
        }
        x.iter().position(|&x| x == largest).unwrap_or(0)
    }
}

/// y = softmax of each row of x, both [rows, columns].
pub fn softmax_rows(x: &[f32], y: &mut [f32], rows: usize, columns: usize) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), rows * columns);
    if columns == 0 {
        return;
    }
    let all = Shared::new(y);
    by_rows(rows, columns, |first, end| {
        for row in first..end {
            let x = &x[row * columns..(row + 1) * columns];
            // SAFETY: rows are disjoint; x and y are of one length.
            unsafe { softmax(x, all.part(row * columns, columns), largest_of(x)) };
        }
    });
}

/// x and y are of one length.
unsafe fn softmax(x: &[f32], y: &mut [f32], largest: f32) {
    let mut sum = 0.0;
    for (x, y) in x.chunks(RUN).zip(y.chunks_mut(RUN)) {
        // SAFETY: two runs of one length.
        sum += f64::from(unsafe { powers(x, y, largest) });
    }
    // SAFETY: the function only indexes its slice.
    unsafe { multiply(y, (1.0 / sum) as f32) };
}

kernel! {
    /// y = e^(x - largest), and their sum. x and y are of one length.
    unsafe fn powers<S>(x: &[f32], y: &mut [f32], largest: f32) -> f32 {
        let count = x.len();
        let most = S::splat(largest);
        let mut sums = S::zero();
        let mut at = 0;
        while at + S::LANES <= count {
            let power = math::exp::<S>(S::sub(S::load(x.as_ptr().add(at)), most));
            S::store(y.as_mut_ptr().add(at), power);
            sums = S::add(sums, power);
            at += S::LANES;
        }
        if at < count {
            let rest = count - at;
            let power = math::exp::<S>(S::sub(S::load_part(x.as_ptr().add(at), rest), most));
            S::store_part(y.as_mut_ptr().add(at), power, rest);
            sums = S::add(sums, S::keep(S::first(rest), power));
        }
        S::sum(sums)
    }
}

kernel! {
    unsafe fn multiply<S>(y: &mut [f32], scale: f32) {
        for y in y.iter_mut() {
            *y *= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(usize, usize); 10] =
        [(0, 3), (1, 1), (3, 1), (2, 31), (2, 33), (5, 100), (3, 5_000), (2, 70_001), (700, 3), (70_000, 2)];

    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919) % 2003) as f32 / 100.0 - 9.0).collect()
    }

    fn near(a: f32, b: f64) -> bool {
        (f64::from(a) - b).abs() <= 1e-6 * b.abs() + 2e-5
    }

    #[test]
    fn sums_of_rows_and_columns() {
        for (rows, columns) in SIZES {
            let x = numbers(rows * columns);
            let mut y = vec![0.0; rows];
            sum_rows(&x, &mut y, rows, columns, 0.5);
            for row in 0..rows {
                let truth: f64 = (0..columns).map(|c| f64::from(x[row * columns + c])).sum::<f64>() / 2.0;
                assert!(near(y[row], truth), "{} {truth}", y[row]);
            }
            let mut y = vec![0.0; columns];
            sum_columns(&x, &mut y, rows, columns, 2.0);
            for column in 0..columns {
                let truth: f64 = (0..rows).map(|r| f64::from(x[r * columns + column])).sum::<f64>() * 2.0;
                assert!(near(y[column], truth), "{} {truth}", y[column]);
            }
        }
    }

    #[test]
    fn maximum_and_argmax() {
        for (rows, columns) in SIZES {
            let x = numbers(rows * columns);
            let (mut most, mut place) = (vec![0.0; rows], vec![0; rows]);
            max_rows(&x, &mut most, rows, columns);
            argmax_rows(&x, &mut place, rows, columns);
            for row in 0..rows {
                let x = &x[row * columns..(row + 1) * columns];
                let truth = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                assert_eq!(most[row], truth);
                assert_eq!(place[row] as usize, x.iter().position(|&x| x == truth).unwrap());
            }
        }
    }

    #[test]
    fn maximum_propagates_nan() {
        for place in [0, 5, 40, 69] {
            let mut x = numbers(70);
            x[place] = f32::NAN;
            let (mut most, mut first) = ([0.0], [9]);
            max_rows(&x, &mut most, 1, 70);
            assert!(most[0].is_nan());
            argmax_rows(&x, &mut first, 1, 70);
            let mut truth = 0;
            for i in 1..70 {
                if x[i] > x[truth] {
                    truth = i;
                }
            }
            assert_eq!(first[0], truth as i32);
        }
    }

    #[test]
    fn softmax_sums_to_one() {
        for (rows, columns) in SIZES {
            let x = numbers(rows * columns);
            let mut y = vec![0.0; rows * columns];
            softmax_rows(&x, &mut y, rows, columns);
            for row in 0..rows {
                let x = &x[row * columns..(row + 1) * columns];
                let most = f64::from(x.iter().copied().fold(f32::NEG_INFINITY, f32::max));
                let total: f64 = x.iter().map(|&x| (f64::from(x) - most).exp()).sum();
                for (&x, &y) in x.iter().zip(&y[row * columns..]) {
                    let truth = (f64::from(x) - most).exp() / total;
                    assert!((f64::from(y) - truth).abs() <= 2e-6 * truth + 1e-12);
                }
            }
        }
    }
}
