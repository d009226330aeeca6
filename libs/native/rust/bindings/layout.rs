//! Transposes, slices, concatenation: from JavaScript.

use crate::arrays::{Apart, Input, Output, apart, invalid, size};
use crate::kernels::layout;
use napi::Result;
use napi_derive::napi;

/// Most dimensions that tfjs has.
const RANK: usize = 16;

/// Whole numbers of at least 0.
fn sizes(numbers: &Input<i32>, apart: &Apart, name: &str) -> Result<Vec<usize>> {
    if numbers.len() > RANK {
        return Err(invalid(format!("{name}: {} dimensions, expected at most {RANK}", numbers.len())));
    }
    let numbers = numbers.read(apart, name, numbers.len())?;
    let negative = numbers.iter().find(|&&number| number < 0);
    match negative {
        Some(number) => Err(invalid(format!("{name}: {number}, expected at least 0"))),
        None => Ok(numbers.iter().map(|&number| number as usize).collect()),
    }
}

fn product(sizes: &[usize]) -> Result<usize> {
    size(&sizes.iter().map(|&size| size as u32).collect::<Vec<_>>())
}

/// y = x [shape] with dimension d of y being dimension order[d] of x. Words of 32 bits, whatever they mean.
#[napi(catch_unwind)]
pub fn transpose(x: Input<f32>, y: Output<f32>, shape: Input<i32>, order: Input<i32>) -> Result<()> {
    let apart = apart(&[x.span(), shape.span(), order.span()], &[y.span()])?;
    let shape = sizes(&shape, &apart, "shape")?;
    let order = sizes(&order, &apart, "order")?;
    let length = product(&shape)?;
    if order.len() != shape.len() || !(0..shape.len()).all(|d| order.contains(&d)) {
        return Err(invalid(format!("order {order:?}: expected each dimension of {shape:?} once")));
    }
    layout::transpose(x.read(&apart, "x", length)?, y.write(&apart, "y", length)?, &shape, &order);
    Ok(())
}

/// y [size] = the part of x [shape] from begin on. Words of 32 bits, whatever they mean.
#[napi(catch_unwind)]
pub fn slice(
    x: Input<f32>,
    y: Output<f32>,
    shape: Input<i32>,
    begin: Input<i32>,
    slice_size: Input<i32>,
) -> Result<()> {
    let apart = apart(&[x.span(), shape.span(), begin.span(), slice_size.span()], &[y.span()])?;
    let shape = sizes(&shape, &apart, "shape")?;
    let begin = sizes(&begin, &apart, "begin")?;
    let size = sizes(&slice_size, &apart, "size")?;
    let inside = begin.len() == shape.len()
        && size.len() == shape.len()
        && (0..shape.len()).all(|d| begin[d] + size[d] <= shape[d]);
    if !inside {
        return Err(invalid(format!("slice from {begin:?} of size {size:?}: outside of {shape:?}")));
    }
    let (from, to) = (product(&shape)?, product(&size)?);
    layout::slice(x.read(&apart, "x", from)?, y.write(&apart, "y", to)?, &shape, &begin, &size);
    Ok(())
}

/// Copies x [rows, columns] into columns of y [rows, y_columns] from y_begin on. Words of 32 bits.
#[napi(catch_unwind)]
pub fn copy_columns(
    x: Input<f32>,
    y: Output<f32>,
    rows: u32,
    columns: u32,
    y_columns: u32,
    y_begin: u32,
) -> Result<()> {
    if u64::from(y_begin) + u64::from(columns) > u64::from(y_columns) {
        return Err(invalid(format!("{columns} columns from {y_begin} on: outside of {y_columns}")));
    }
    let (from, to) = (size(&[rows, columns])?, size(&[rows, y_columns])?);
    let apart = apart(&[x.span()], &[y.span()])?;
    let (x, y) = (x.read(&apart, "x", from)?, y.write(&apart, "y", to)?);
    let (columns, y_columns) = (columns as usize, y_columns as usize);
    layout::copy_rows((x, 0, columns), (y, y_begin as usize, y_columns), rows as usize, columns);
    Ok(())
}

/// y [indices, columns] = rows of the table [rows, columns]; false where an index is outside of it.
#[napi(catch_unwind)]
pub fn take_rows(
    table: Input<f32>,
    indices: Input<i32>,
    y: Output<f32>,
    rows: u32,
    columns: u32,
) -> Result<bool> {
    let count = indices.len();
    let length = size(&[rows, columns])?;
    let gathered = count.checked_mul(columns as usize).ok_or_else(|| invalid("too many rows"))?;
    let apart = apart(&[table.span(), indices.span()], &[y.span()])?;
    let table = table.read(&apart, "table", length)?;
    let indices = indices.read(&apart, "indices", count)?;
    let y = y.write(&apart, "y", gathered)?;
    Ok(layout::take_rows(table, indices, y, rows as usize, columns as usize))
}
