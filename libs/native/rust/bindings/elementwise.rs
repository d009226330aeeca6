//! Elementwise arithmetic.

use crate::arrays::*;
use crate::kernels::elementwise::{self, Binary, Layout, Unary};
use napi::Result;
use napi_derive::napi;

const BINARY: [Binary; 7] = [
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Maximum,
    Binary::Minimum,
    Binary::SquaredDifference,
];

const UNARY: [Unary; 10] = [
    Unary::Relu,
    Unary::Square,
    Unary::SquareRoot,
    Unary::InverseSquareRoot,
    Unary::Negative,
    Unary::Absolute,
    Unary::Reciprocal,
    Unary::Sigmoid,
    Unary::Tanh,
    Unary::Exponential,
];

const LAYOUTS: [Layout; 4] = [Layout::Full, Layout::Row, Layout::Column, Layout::Scalar];

fn one_of<T: Copy>(all: &[T], number: u32, what: &str) -> Result<T> {
    all.get(number as usize)
        .copied()
        .ok_or_else(|| invalid(format!("{what} {number}: expected 0 to {}", all.len() - 1)))
}

/// y [rows, columns] = a op b, with operands in the given layouts.
#[napi(catch_unwind)]
pub fn binary(
    a: Input<f32>,
    b: Input<f32>,
    y: Output<f32>,
    op: u32,
    rows: u32,
    columns: u32,
    a_layout: u32,
    b_layout: u32,
) -> Result<()> {
    let op = one_of(&BINARY, op, "operation")?;
    let a_layout = one_of(&LAYOUTS, a_layout, "layout")?;
    let b_layout = one_of(&LAYOUTS, b_layout, "layout")?;
    let length = size(&[rows, columns])?;
    let disjoint = disjoint(&[&a, &b], &[&y])?;
    let (rows, columns) = (rows as usize, columns as usize);
    let a = a.read(&disjoint, "a", a_layout.length(rows, columns))?;
    let b = b.read(&disjoint, "b", b_layout.length(rows, columns))?;
    elementwise::binary(op, (a, a_layout), (b, b_layout), y.write(&disjoint, "y", length)?, rows, columns);
    Ok(())
}

/// y = op x
#[napi(catch_unwind)]
pub fn unary(x: Input<f32>, y: Output<f32>, op: u32) -> Result<()> {
    let op = one_of(&UNARY, op, "operation")?;
    let length = x.len()?;
    let disjoint = disjoint(&[&x], &[&y])?;
    elementwise::unary(op, x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
    Ok(())
}

/// y += x
#[napi(catch_unwind)]
pub fn accumulate(x: Input<f32>, y: Output<f32>) -> Result<()> {
    let length = x.len()?;
    let disjoint = disjoint(&[&x], &[&y])?;
    elementwise::accumulate(x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
    Ok(())
}
