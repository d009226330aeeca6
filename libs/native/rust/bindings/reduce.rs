//! Sums, means, largest of rows, softmax: from JavaScript.

use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::reduce;
use napi::Result;
use napi_derive::napi;

fn some(columns: u32) -> Result<()> {
    if columns == 0 { Err(invalid("columns 0: expected at least one to choose from")) } else { Ok(()) }
}

/// y [rows] = sums along rows of x [rows, columns], times scale.
#[napi(catch_unwind)]
pub fn sum_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32, scale: f64) -> Result<()> {
    let length = size(&[rows, columns])?;
    let apart = apart(&[x.span()], &[y.span()])?;
    let (rows, columns) = (rows as usize, columns as usize);
    let (x, y) = (x.read(&apart, "x", length)?, y.write(&apart, "y", rows)?);
    reduce::sum_rows(x, y, rows, columns, scale);
    Ok(())
}

/// y [columns] = sums down the columns of x [rows, columns], times scale.
#[napi(catch_unwind)]
pub fn sum_columns(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32, scale: f64) -> Result<()> {
    let length = size(&[rows, columns])?;
    let apart = apart(&[x.span()], &[y.span()])?;
    let (rows, columns) = (rows as usize, columns as usize);
    let (x, y) = (x.read(&apart, "x", length)?, y.write(&apart, "y", columns)?);
    reduce::sum_columns(x, y, rows, columns, scale);
    Ok(())
}

/// y [rows] = largest of each row of x [rows, columns].
#[napi(catch_unwind)]
pub fn max_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32) -> Result<()> {
    some(columns)?;
    let length = size(&[rows, columns])?;
    let apart = apart(&[x.span()], &[y.span()])?;
    let (rows, columns) = (rows as usize, columns as usize);
    let (x, y) = (x.read(&apart, "x", length)?, y.write(&apart, "y", rows)?);
    reduce::max_rows(x, y, rows, columns);
    Ok(())
}

/// y [rows] = place of the largest of each row of x [rows, columns].
#[napi(catch_unwind)]
pub fn argmax_rows(x: Input<f32>, y: Output<i32>, rows: u32, columns: u32) -> Result<()> {
    some(columns)?;
    if columns > i32::MAX as u32 {
        return Err(invalid(format!("columns {columns}: expected at most {}", i32::MAX)));
    }
    let length = size(&[rows, columns])?;
    let apart = apart(&[x.span()], &[y.span()])?;
    let (rows, columns) = (rows as usize, columns as usize);
    let (x, y) = (x.read(&apart, "x", length)?, y.write(&apart, "y", rows)?);
    reduce::argmax_rows(x, y, rows, columns);
    Ok(())
}

/// y [rows, columns] = softmax of each row of x [rows, columns].
#[napi(catch_unwind)]
pub fn softmax_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32) -> Result<()> {
    let length = size(&[rows, columns])?;
    let apart = apart(&[x.span()], &[y.span()])?;
    let (x, y) = (x.read(&apart, "x", length)?, y.write(&apart, "y", length)?);
    reduce::softmax_rows(x, y, rows as usize, columns as usize);
    Ok(())
}
