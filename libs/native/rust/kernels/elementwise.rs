//! Elementwise arithmetic.
//!
//! The compiler vectorizes plain loops for each instruction set; only exponentials are written with `Simd`.
#![allow(clippy::extra_unused_type_parameters)] // plain loops do not use the type parameter

use crate::buffers::Shared;
use crate::kernel;
use crate::simd::math;
use crate::threads::{run, split};

/// Number of elements per part.
const PART: usize = 1 << 14;

/// y = f(a, b)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Maximum,
    Minimum,
    SquaredDifference,
}

/// y = f(x)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Relu,
    Square,
    SquareRoot,
    InverseSquareRoot,
    Negative,
    Absolute,
    Reciprocal,
    Sigmoid,
    Tanh,
    Exponential,
}

/// Layout of an operand of a [rows, columns] operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// [rows, columns]
    Full,
    /// [columns], repeated in each row
    Row,
    /// [rows], repeated along each row
    Column,
    /// one number
    Scalar,
}

impl Layout {
    pub fn length(self, rows: usize, columns: usize) -> usize {
        match self {
            Layout::Full => rows * columns,
            Layout::Row => columns,
            Layout::Column => rows,
            Layout::Scalar => 1,
        }
    }

    /// Strides between columns and between rows.
    fn strides(self, columns: usize) -> (usize, usize) {
        match self {
            Layout::Full => (1, columns),
            Layout::Row => (1, 0),
            Layout::Column => (0, 1),
            Layout::Scalar => (0, 0),
        }
    }
}

trait Function2 {
    fn at(a: f32, b: f32) -> f32;
}

macro_rules! functions2 {
    ($($name:ident: |$a:ident, $b:ident| $value:expr;)*) => {$(
        struct $name;
        impl Function2 for $name {
            #[inline(always)]
            fn at($a: f32, $b: f32) -> f32 {
                $value
            }
        }
    )*};
}

// Maximum and minimum propagate NaN, as in JavaScript.
functions2! {
    Add: |a, b| a + b;
    Subtract: |a, b| a - b;
    Multiply: |a, b| a * b;
    Divide: |a, b| a / b;
    Maximum: |a, b| if a > b || a.is_nan() { a } else { b };
    Minimum: |a, b| if a < b || a.is_nan() { a } else { b };
    SquaredDifference: |a, b| (a - b) * (a - b);
}

/// y [rows, columns] = a op b, with operands in the given layouts.
pub fn binary(
    op: Binary,
    a: (&[f32], Layout),
    b: (&[f32], Layout),
    y: &mut [f32],
    rows: usize,
    columns: usize,
) {
    match op {
        Binary::Add => binary_of::<Add>(a, b, y, rows, columns),
        Binary::Subtract => binary_of::<Subtract>(a, b, y, rows, columns),
        Binary::Multiply => binary_of::<Multiply>(a, b, y, rows, columns),
        Binary::Divide => binary_of::<Divide>(a, b, y, rows, columns),
        Binary::Maximum => binary_of::<Maximum>(a, b, y, rows, columns),
        Binary::Minimum => binary_of::<Minimum>(a, b, y, rows, columns),
        Binary::SquaredDifference => binary_of::<SquaredDifference>(a, b, y, rows, columns),
    }
}

fn binary_of<F: Function2>(
    (a, a_layout): (&[f32], Layout),
    (b, b_layout): (&[f32], Layout),
    y: &mut [f32],
    rows: usize,
    columns: usize,
) {
    assert_eq!(a.len(), a_layout.length(rows, columns));
    assert_eq!(b.len(), b_layout.length(rows, columns));
    assert_eq!(y.len(), rows * columns);
    if y.is_empty() {
        return;
    }
    let (a_step, a_row) = a_layout.strides(columns);
    let (b_step, b_row) = b_layout.strides(columns);
    // A part has several short rows, or a range of a long one.
    let rows_each = PART.div_ceil(columns).min(rows);
    let cuts = columns.div_ceil(PART);
    let all = Shared::new(y);
    run(rows.div_ceil(rows_each) * cuts, |part, _| {
        let (from, to) = split(columns, cuts, 64, part % cuts);
        let first = part / cuts * rows_each;
        for row in first..(first + rows_each).min(rows) {
            // SAFETY: ranges are disjoint and inside y.
            let y = unsafe { all.part(row * columns + from, to - from) };
            let a = operand(a, row * a_row, a_step, from, to);
            let b = operand(b, row * b_row, b_step, from, to);
            // SAFETY: the functions below only index slices.
            unsafe {
                match (a_step, b_step) {
                    (1, 1) => each2::<F>(a, b, y),
                    (1, _) => each_left::<F>(a, b[0], y),
                    (_, 1) => each_right::<F>(a[0], b, y),
                    _ => y.fill(F::at(a[0], b[0])),
                }
            }
        }
    });
}

/// The part of an operand for the elements `from..to` of a row.
fn operand(x: &[f32], row: usize, step: usize, from: usize, to: usize) -> &[f32] {
    if step == 1 { &x[row + from..row + to] } else { &x[row..row + 1] }
}

kernel! {
    unsafe fn each2<S; F: Function2>(a: &[f32], b: &[f32], y: &mut [f32]) {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y = F::at(*a, *b);
        }
    }
}

kernel! {
    unsafe fn each_left<S; F: Function2>(a: &[f32], b: f32, y: &mut [f32]) {
        for (y, a) in y.iter_mut().zip(a) {
            *y = F::at(*a, b);
        }
    }
}

kernel! {
    unsafe fn each_right<S; F: Function2>(a: f32, b: &[f32], y: &mut [f32]) {
        for (y, b) in y.iter_mut().zip(b) {
            *y = F::at(a, *b);
        }
    }
}

/// y += x
pub fn accumulate(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let parts = y.len().div_ceil(PART);
    let (length, all) = (y.len(), Shared::new(y));
    run(parts, |part, _| {
        let (from, to) = split(length, parts, 64, part);
        // SAFETY: parts are disjoint, and inside y; the function only indexes slices.
        unsafe { add_to(&x[from..to], all.part(from, to - from)) }
    });
}

kernel! {
    unsafe fn add_to<S>(x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += *x;
        }
    }
}

/// y = f(x)
pub fn unary(op: Unary, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let parts = y.len().div_ceil(PART);
    let (length, all) = (y.len(), Shared::new(y));
    run(parts, |part, _| {
        let (from, to) = split(length, parts, 64, part);
        // SAFETY: parts are disjoint, and inside y.
        let y = unsafe { all.part(from, to - from) };
        let x = &x[from..to];
        // SAFETY: x and y are slices of one length.
        unsafe {
            match op {
                Unary::Relu => each::<Relu>(x, y),
                Unary::Square => each::<Square>(x, y),
                Unary::SquareRoot => each::<SquareRoot>(x, y),
                Unary::InverseSquareRoot => each::<InverseSquareRoot>(x, y),
                Unary::Negative => each::<Negative>(x, y),
                Unary::Absolute => each::<Absolute>(x, y),
                Unary::Reciprocal => each::<Reciprocal>(x, y),
                Unary::Sigmoid => sigmoid(x, y),
                Unary::Tanh => tanh(x, y),
                Unary::Exponential => exponential(x, y),
            }
        }
    });
}

trait Function {
    fn at(x: f32) -> f32;
}

macro_rules! functions {
    ($($name:ident: |$x:ident| $value:expr;)*) => {$(
        struct $name;
        impl Function for $name {
            #[inline(always)]
            fn at($x: f32) -> f32 {
                $value
            }
        }
    )*};
}

functions! {
    Relu: |x| if x <= 0.0 { 0.0 } else { x };
    Square: |x| x * x;
    SquareRoot: |x| x.sqrt();
    InverseSquareRoot: |x| 1.0 / x.sqrt();
    Negative: |x| -x;
    Absolute: |x| x.abs();
    Reciprocal: |x| 1.0 / x;
}

kernel! {
    unsafe fn each<S; F: Function>(x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = F::at(*x);
        }
    }
}

macro_rules! in_vectors {
    ($($name:ident: $function:path;)*) => {$(
        kernel! {
            /// x and y are of one length.
            unsafe fn $name<S>(x: &[f32], y: &mut [f32]) {
                for (x, y) in x.chunks(S::LANES).zip(y.chunks_mut(S::LANES)) {
                    if y.len() == S::LANES {
                        S::store(y.as_mut_ptr(), $function(S::load(x.as_ptr())));
                    } else {
                        S::store_part(y.as_mut_ptr(), $function(S::load_part(x.as_ptr(), x.len())), y.len());
                    }
                }
            }
        }
    )*};
}

in_vectors! {
    sigmoid: math::sigmoid::<S>;
    tanh: math::tanh::<S>;
    exponential: math::exp::<S>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f32> {
        let mut numbers: Vec<f32> = (0..count).map(|i| ((i * 7919) % 2003) as f32 / 100.0 - 10.0).collect();
        for (i, odd) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0].into_iter().enumerate() {
            if count > 10 {
                numbers[i * 2 + 1] = odd;
            }
        }
        numbers
    }

    fn same(a: f32, b: f32) -> bool {
        a == b || (a.is_nan() && b.is_nan())
    }

    #[test]
    fn binary_operations_match_scalar_arithmetic() {
        let layouts = [Layout::Full, Layout::Row, Layout::Column, Layout::Scalar];
        for (rows, columns) in [(0, 3), (3, 0), (1, 1), (5, 3), (3, 70), (2, 40_000), (9_000, 5)] {
            for a_layout in layouts {
                for b_layout in layouts {
                    let a = numbers(a_layout.length(rows, columns));
                    let mut b = numbers(b_layout.length(rows, columns));
                    b.reverse();
                    let mut y = vec![7.0; rows * columns];
                    binary(Binary::Subtract, (&a, a_layout), (&b, b_layout), &mut y, rows, columns);
                    let (a_step, a_row) = a_layout.strides(columns);
                    let (b_step, b_row) = b_layout.strides(columns);
                    for r in 0..rows {
                        for c in 0..columns {
                            let expected = a[r * a_row + c * a_step] - b[r * b_row + c * b_step];
                            assert!(same(y[r * columns + c], expected));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn maximum_and_minimum_propagate_nan() {
        let a = [1.0, f32::NAN, 3.0, f32::NAN, -1.0];
        let b = [2.0, 1.0, f32::NAN, f32::NAN, -2.0];
        let mut y = [0.0; 5];
        binary(Binary::Maximum, (&a, Layout::Full), (&b, Layout::Full), &mut y, 1, 5);
        assert!(y[0] == 2.0 && y[1].is_nan() && y[2].is_nan() && y[3].is_nan() && y[4] == -1.0);
        binary(Binary::Minimum, (&a, Layout::Full), (&b, Layout::Full), &mut y, 1, 5);
        assert!(y[0] == 1.0 && y[1].is_nan() && y[2].is_nan() && y[3].is_nan() && y[4] == -2.0);
    }

    #[test]
    fn unary_operations_match_scalar_arithmetic() {
        for count in [0, 1, 15, 16, 17, 100, 50_001] {
            let x = numbers(count);
            let mut y = vec![0.0; count];
            unary(Unary::Relu, &x, &mut y);
            assert!(x.iter().zip(&y).all(|(&x, &y)| if x.is_nan() { y.is_nan() } else { y == x.max(0.0) }));
            type Curve = fn(f64) -> f64;
            let curves: [(Unary, Curve); 3] = [
                (Unary::Exponential, f64::exp),
                (Unary::Tanh, f64::tanh),
                (Unary::Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
            ];
            for (op, truth) in curves {
                unary(op, &x, &mut y);
                for (&x, &y) in x.iter().zip(&y) {
                    let expected = truth(f64::from(x)) as f32;
                    let near = (y - expected).abs() <= 1e-6 * expected.abs().max(1e-3);
                    assert!(near || same(y, expected), "{op:?} of {x}: {y}, expected {expected}");
                }
            }
        }
    }

    #[test]
    fn accumulates() {
        let x = vec![2.0; 40_000];
        let mut y: Vec<f32> = (0..40_000).map(|i| i as f32).collect();
        accumulate(&x, &mut y);
        assert!(y.iter().enumerate().all(|(i, &y)| y == i as f32 + 2.0));
    }
}
