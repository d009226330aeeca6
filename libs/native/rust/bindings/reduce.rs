//! Sums, maximum, argmax and softmax over rows.

use crate::arrays::*;
use crate::kernels::reduce;
use napi::Result;
use napi_derive::napi;

fn expect_columns(columns: u32) -> Result<()> {
    if columns == 0 { Err(invalid("columns 0: expected at least 1")) } else { Ok(()) }
}

/// Checks x [rows, columns] and y of `length` elements.
fn check<'a, T: Element>(
    x: Input<'a, f32>,
    y: Output<'a, T>,
    [rows, columns]: [u32; 2],
    length: usize,
) -> Result<(&'a [f32], &'a mut [T])> {
    let disjoint = disjoint(&[&x], &[&y])?;
    Ok((x.read(&disjoint, "x", size(&[rows, columns])?)?, y.write(&disjoint, "y", length)?))
}

/// y [rows] = row sums of x [rows, columns] times scale.
#[napi(catch_unwind)]
pub fn sum_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32, scale: f64) -> Result<()> {
    let (x, y) = check(x, y, [rows, columns], rows as usize)?;
    reduce::sum_rows(x, y, rows as usize, columns as usize, scale);
    Ok(())
}

/// y [columns] = column sums of x [rows, columns] times scale.
#[napi(catch_unwind)]
pub fn sum_columns(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32, scale: f64) -> Result<()> {
    let (x, y) = check(x, y, [rows, columns], columns as usize)?;
    reduce::sum_columns(x, y, rows as usize, columns as usize, scale);
    Ok(())
}

/// y [rows] = maximum of each row of x [rows, columns].
#[napi(catch_unwind)]
pub fn max_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32) -> Result<()> {
    expect_columns(columns)?;
    let (x, y) = check(x, y, [rows, columns], rows as usize)?;
    reduce::max_rows(x, y, rows as usize, columns as usize);
    Ok(())
}

/// y [rows] = index of the first maximum of each row of x [rows, columns].
#[napi(catch_unwind)]
pub fn argmax_rows(x: Input<f32>, y: Output<i32>, rows: u32, columns: u32) -> Result<()> {
    expect_columns(columns)?;
    if columns > i32::MAX as u32 {
        return Err(invalid(format!("columns {columns}: expected at most {}", i32::MAX)));
    }
    let (x, y) = check(x, y, [rows, columns], rows as usize)?;
    reduce::argmax_rows(x, y, rows as usize, columns as usize);
    Ok(())
}

/// y = softmax of each row of x, both [rows, columns].
#[napi(catch_unwind)]
pub fn softmax_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32) -> Result<()> {
    let (x, y) = check(x, y, [rows, columns], size(&[rows, columns])?)?;
    reduce::softmax_rows(x, y, rows as usize, columns as usize);
    Ok(())
}
