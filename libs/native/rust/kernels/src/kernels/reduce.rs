//! Reductions, cumulative sums and products, argmax and softmax.
//!
//! Sums of float32 numbers use float32 over short runs and float64 over the runs, in an order that depends only on the sizes.
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

/// y [planes, columns] = column sums of each plane of x [planes, rows, columns] times `scale`.
pub fn sum_columns(x: &[f32], y: &mut [f32], [planes, rows, columns]: [usize; 3], scale: f64) {
    assert_eq!(x.len(), planes * rows * columns);
    assert_eq!(y.len(), planes * columns);
    if y.is_empty() {
        return;
    }
    let rows_each = (2 * PART / columns).clamp(64, 512);
    let parts = rows.div_ceil(rows_each).max(1);
    if parts == 1 {
        let all = Shared::new(y);
        by_rows(planes, rows * columns, |first, end| {
            for plane in first..end {
                // SAFETY: planes are disjoint; the functions only index slices.
                unsafe {
                    let y = all.part(plane * columns, columns);
                    add_rows(&x[plane * rows * columns..][..rows * columns], y);
                    y.iter_mut().for_each(|y| *y = (f64::from(*y) * scale) as f32);
                }
            }
        });
        return;
    }
    let mut partial = floats(planes * parts * columns);
    let all = Shared::new(&mut partial);
    run(planes * parts, |index, _| {
        let (plane, part) = (index / parts, index % parts);
        let x = &x[plane * rows * columns..][..rows * columns];
        // SAFETY: parts are disjoint; the sum only indexes slices.
        unsafe {
            let x = &x[part * rows_each * columns..((part + 1) * rows_each).min(rows) * columns];
            add_rows(x, all.part(index * columns, columns));
        }
    });
    for (plane, y) in y.chunks_exact_mut(columns).enumerate() {
        let partial = &partial[plane * parts * columns..][..parts * columns];
        for (column, y) in y.iter_mut().enumerate() {
            let sum: f64 = (0..parts).map(|part| f64::from(partial[part * columns + column])).sum();
            *y = (sum * scale) as f32;
        }
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

/// An operation that may be applied in any order.
pub trait Fold {
    type Number: Copy + Send + Sync;
    fn join(a: Self::Number, b: Self::Number) -> Self::Number;
}

macro_rules! folds {
    ($($(#[$doc:meta])* $name:ident: $number:ty, |$a:ident, $b:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;
        impl Fold for $name {
            type Number = $number;
            #[inline(always)]
            fn join($a: $number, $b: $number) -> $number {
                $value
            }
        }
    )*};
}

folds! {
    /// The maximum, NaN if there is one.
    FloatMaximum: f32, |a, b| if b > a || b.is_nan() { b } else { a };
    /// The minimum, NaN if there is one.
    FloatMinimum: f32, |a, b| if b < a || b.is_nan() { b } else { a };
    IntMaximum: i32, |a, b| a.max(b);
    IntMinimum: i32, |a, b| a.min(b);
    IntSum: i32, |a, b| a.wrapping_add(b);
    IntProduct: i32, |a, b| a.wrapping_mul(b);
    /// Whether any byte is not 0.
    Any: u8, |a, b| a | b;
    All: u8, |a, b| a & b;
}

/// y [planes, columns] = all rows of each plane of x [planes, rows, columns] joined. There is at least one row.
pub fn fold<F: Fold>(x: &[F::Number], y: &mut [F::Number], [planes, rows, columns]: [usize; 3]) {
    assert_eq!(x.len(), planes * rows * columns);
    assert_eq!(y.len(), planes * columns);
    assert!(rows > 0);
    if y.is_empty() {
        return;
    }
    let all = Shared::new(y);
    if columns == 1 {
        by_rows(planes, rows, |first, end| {
            for plane in first..end {
                // SAFETY: planes are disjoint; the function only indexes its slice, which is not empty.
                unsafe { *all.at(plane) = fold_row::<F>(&x[plane * rows..][..rows]) };
            }
        });
        return;
    }
    let cuts = columns.div_ceil(PART);
    let planes_each = if cuts > 1 { 1 } else { PART.div_ceil(rows * columns) };
    run(planes.div_ceil(planes_each) * cuts, |part, _| {
        let (from, to) = split(columns, cuts, 64, part % cuts);
        let first = part / cuts * planes_each;
        for plane in first..(first + planes_each).min(planes) {
            // SAFETY: parts are disjoint, and inside y; the function only indexes slices.
            unsafe {
                let y = all.part(plane * columns + from, to - from);
                fold_rows::<F>(&x[plane * rows * columns..][..rows * columns], y, columns, from);
            }
        }
    });
}

kernel! {
    unsafe fn fold_row<S; F: Fold>(x: &[F::Number]) -> F::Number {
        let Some((head, rest)) = x.split_first_chunk::<WIDE>() else {
            return x[1..].iter().copied().fold(x[0], F::join);
        };
        let mut lanes = *head;
        let whole = rest.chunks_exact(WIDE);
        let rest = whole.remainder();
        for x in whole {
            for i in 0..WIDE {
                lanes[i] = F::join(lanes[i], x[i]);
            }
        }
        lanes[1..].iter().chain(rest).copied().fold(lanes[0], F::join)
    }
}

kernel! {
    /// The columns of y start at column `from` of x.
    unsafe fn fold_rows<S; F: Fold>(x: &[F::Number], y: &mut [F::Number], columns: usize, from: usize) {
        for (row, x) in x.chunks_exact(columns).enumerate() {
            let x = &x[from..from + y.len()];
            if row == 0 {
                y.copy_from_slice(x);
            } else {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = F::join(*y, *x);
                }
            }
        }
    }
}

/// y [rows] = product of each row of x [rows, columns], in float64.
pub fn product_rows(x: &[f32], y: &mut [f32], rows: usize, columns: usize) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), rows);
    let all = Shared::new(y);
    by_rows(rows, columns, |first, end| {
        for row in first..end {
            let product: f64 = x[row * columns..][..columns].iter().map(|&x| f64::from(x)).product();
            // SAFETY: rows are disjoint.
            unsafe { *all.at(row) = product as f32 };
        }
    });
}

/// y [planes, rows, columns] = x joined with all rows before in its plane; with all after if `reverse`. Row i has those before it
/// only, and the first is `start`, if `exclusive`.
pub fn cumulate<T: Copy + Send + Sync>(
    x: &[T],
    y: &mut [T],
    [planes, rows, columns]: [usize; 3],
    (exclusive, reverse): (bool, bool),
    start: T,
    join: impl Fn(T, T) -> T + Sync,
) {
    assert_eq!(x.len(), planes * rows * columns);
    assert_eq!(y.len(), x.len());
    if y.is_empty() {
        return;
    }
    let all = Shared::new(y);
    by_rows(planes, rows * columns, |first, end| {
        for plane in first..end {
            let x = &x[plane * rows * columns..][..rows * columns];
            // SAFETY: planes are disjoint, and inside y.
            let y = unsafe { all.part(plane * rows * columns, rows * columns) };
            let at = |i: usize| if reverse { rows - 1 - i } else { i } * columns;
            for i in 0..rows {
                for c in 0..columns {
                    let before = if i == 0 { start } else { y[at(i - 1) + c] };
                    y[at(i) + c] = match (exclusive, i) {
                        (true, 0) => start,
                        (true, _) => join(x[at(i - 1) + c], before),
                        (false, 0) => x[at(0) + c],
                        (false, _) => join(x[at(i) + c], before),
                    };
                }
            }
        }
    });
}

/// Numbers with an order.
pub trait Ordered: PartialOrd + Copy + Send + Sync {}
impl Ordered for f32 {}
impl Ordered for i32 {}

/// y [rows] = index of the first element of each row of x [rows, columns] that no other exceeds, or falls short of if `smallest`.
/// Comparisons with NaN are false, so a row that starts with NaN returns 0.
pub fn arg_extremum<T: Ordered>(x: &[T], y: &mut [i32], [rows, columns]: [usize; 2], smallest: bool) {
    assert_eq!(x.len(), rows * columns);
    assert_eq!(y.len(), rows);
    assert!(columns > 0 && columns <= i32::MAX as usize);
    let all = Shared::new(y);
    by_rows(rows, columns, |first, end| {
        for row in first..end {
            let x = &x[row * columns..(row + 1) * columns];
            // SAFETY: rows are disjoint; the searches only index their slice, which is not empty.
            unsafe {
                *all.at(row) = if smallest { place_of_smallest(x) } else { place_of_largest(x) } as i32
            };
        }
    });
}

macro_rules! searches {
    ($($name:ident: |$a:ident, $b:ident| $better:expr;)*) => {$(
        kernel! {
            unsafe fn $name<S; T: Ordered>(x: &[T]) -> usize {
                let choose = |$b: T, $a: T| if $better { $a } else { $b };
                let mut best = [x[0]; WIDE];
                let whole = x.chunks_exact(WIDE);
                let rest = whole.remainder().iter().copied().fold(x[0], choose);
                for x in whole {
                    for i in 0..WIDE {
                        best[i] = choose(best[i], x[i]);
                    }
                }
                let best = best.into_iter().fold(rest, choose);
                x.iter().position(|&x| x == best).unwrap_or(0)
            }
        }
    )*};
}

searches! {
    place_of_largest: |a, b| a > b;
    place_of_smallest: |a, b| a < b;
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
            unsafe { softmax(x, all.part(row * columns, columns), fold_row::<FloatMaximum>(x)) };
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
            sum_columns(&x, &mut y, [1, rows, columns], 2.0);
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
            fold::<FloatMaximum>(&x, &mut most, [rows, columns, 1]);
            arg_extremum(&x, &mut place, [rows, columns], false);
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
            fold::<FloatMaximum>(&x, &mut most, [1, 70, 1]);
            assert!(most[0].is_nan());
            arg_extremum(&x, &mut first, [1, 70], false);
            let mut truth = 0;
            for i in 1..70 {
                if x[i] > x[truth] {
                    truth = i;
                }
            }
            assert_eq!(first[0], truth as i32);
        }
    }

    const PLANES: [[usize; 3]; 8] = [
        [0, 3, 2],
        [2, 3, 0],
        [1, 1, 5],
        [3, 5, 7],
        [2, 700, 33],
        [400, 3, 70],
        [2, 3, 20_000],
        [70, 2_000, 2],
    ];

    #[test]
    fn sums_of_columns_of_planes() {
        for [planes, rows, columns] in PLANES {
            let x = numbers(planes * rows * columns);
            let mut y = vec![f32::NAN; planes * columns];
            sum_columns(&x, &mut y, [planes, rows, columns], 0.5);
            for (i, &y) in y.iter().enumerate() {
                let at = |row: usize| (i / columns * rows + row) * columns + i % columns;
                let truth: f64 = (0..rows).map(|row| f64::from(x[at(row)])).sum::<f64>() / 2.0;
                assert!(near(y, truth), "{planes} {rows} {columns}: {y} {truth}");
            }
        }
    }

    #[test]
    fn folds_planes() {
        for [planes, rows, columns] in PLANES.into_iter().chain([[3, 70, 1], [2, 40_000, 1]]) {
            let x: Vec<i32> = (0..planes * rows * columns).map(|i| (i * 7919 % 2003) as i32 - 900).collect();
            let mut y = vec![0; planes * columns];
            let expect = |y: &[i32], join: fn(i32, i32) -> i32| {
                for (i, &y) in y.iter().enumerate() {
                    let at = |row: usize| (i / columns * rows + row) * columns + i % columns;
                    assert_eq!(y, (1..rows).fold(x[at(0)], |y, row| join(y, x[at(row)])));
                }
            };
            fold::<IntMaximum>(&x, &mut y, [planes, rows, columns]);
            expect(&y, i32::max);
            fold::<IntMinimum>(&x, &mut y, [planes, rows, columns]);
            expect(&y, i32::min);
            fold::<IntSum>(&x, &mut y, [planes, rows, columns]);
            expect(&y, i32::wrapping_add);
        }
    }

    #[test]
    fn cumulates() {
        let x = [1, 2, 3, 10, 20, 30];
        let run = |shape: [usize; 3], exclusive: bool, reverse: bool| {
            let mut y = [0; 6];
            cumulate(&x, &mut y, shape, (exclusive, reverse), 0, i32::wrapping_add);
            y
        };
        assert_eq!(run([2, 3, 1], false, false), [1, 3, 6, 10, 30, 60]);
        assert_eq!(run([2, 3, 1], false, true), [6, 5, 3, 60, 50, 30]);
        assert_eq!(run([2, 3, 1], true, false), [0, 1, 3, 0, 10, 30]);
        assert_eq!(run([2, 3, 1], true, true), [5, 3, 0, 50, 30, 0]);
        assert_eq!(run([1, 2, 3], false, false), [1, 2, 3, 11, 22, 33]);
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
