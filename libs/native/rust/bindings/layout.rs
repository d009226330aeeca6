//! Transpose, slice, concatenation and gather of 32-bit words of any type.

use crate::arrays::*;
use crate::kernels::layout;
use napi::Result;
use napi_derive::napi;

/// Maximum rank.
const RANK: usize = 16;

/// Sizes of at least 0.
fn sizes(numbers: &Input<i32>, disjoint: &Disjoint, name: &str) -> Result<Vec<usize>> {
    let rank = numbers.len()?;
    if rank > RANK {
        return Err(invalid(format!("{name}: {rank} dimensions, expected at most {RANK}")));
    }
    let numbers = numbers.read(disjoint, name, rank)?;
    let negative = numbers.iter().find(|&&number| number < 0);
    match negative {
        Some(number) => Err(invalid(format!("{name}: {number}, expected at least 0"))),
        None => Ok(numbers.iter().map(|&number| number as usize).collect()),
    }
}

fn product(sizes: &[usize]) -> Result<usize> {
    size(&sizes.iter().map(|&size| size as u32).collect::<Vec<_>>())
}

/// y = x [shape] with dimension d of y being dimension order[d] of x. Words of 32 bits, of any type.
#[napi(catch_unwind)]
pub fn transpose(x: Input<f32>, y: Output<f32>, shape: Input<i32>, order: Input<i32>) -> Result<()> {
    let disjoint = disjoint(&[&x, &shape, &order], &[&y])?;
    let shape = sizes(&shape, &disjoint, "shape")?;
    let order = sizes(&order, &disjoint, "order")?;
    let length = product(&shape)?;
    if order.len() != shape.len() || !(0..shape.len()).all(|d| order.contains(&d)) {
        return Err(invalid(format!(
            "order {order:?}: expected a permutation of the dimensions of {shape:?}"
        )));
    }
    layout::transpose(x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?, &shape, &order);
    Ok(())
}

/// y [size] = the part of x [shape] from begin on. Words of 32 bits, of any type.
#[napi(catch_unwind)]
pub fn slice(
    x: Input<f32>,
    y: Output<f32>,
    shape: Input<i32>,
    begin: Input<i32>,
    slice_size: Input<i32>,
) -> Result<()> {
    let disjoint = disjoint(&[&x, &shape, &begin, &slice_size], &[&y])?;
    let shape = sizes(&shape, &disjoint, "shape")?;
    let begin = sizes(&begin, &disjoint, "begin")?;
    let size = sizes(&slice_size, &disjoint, "size")?;
    let inside = begin.len() == shape.len()
        && size.len() == shape.len()
        && (0..shape.len()).all(|d| begin[d] + size[d] <= shape[d]);
    if !inside {
        return Err(invalid(format!(
            "slice from {begin:?} of size {size:?}: out of range for shape {shape:?}"
        )));
    }
    let (from, to) = (product(&shape)?, product(&size)?);
    layout::slice(x.read(&disjoint, "x", from)?, y.write(&disjoint, "y", to)?, &shape, &begin, &size);
    Ok(())
}

/// Copies x [rows, columns] to the columns of y [rows, y_columns] from y_begin.
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
        return Err(invalid(format!(
            "{columns} columns from {y_begin}: expected at most {y_columns} in total"
        )));
    }
    let (from, to) = (size(&[rows, columns])?, size(&[rows, y_columns])?);
    let disjoint = disjoint(&[&x], &[&y])?;
    let (x, y) = (x.read(&disjoint, "x", from)?, y.write(&disjoint, "y", to)?);
    let (columns, y_columns) = (columns as usize, y_columns as usize);
    layout::copy_rows((x, 0, columns), (y, y_begin as usize, y_columns), rows as usize, columns);
    Ok(())
}

/// y [indices, columns] = rows of the table [rows, columns]; false where an index is outside it.
#[napi(catch_unwind)]
pub fn take_rows(
    table: Input<f32>,
    indices: Input<i32>,
    y: Output<f32>,
    rows: u32,
    columns: u32,
) -> Result<bool> {
    let count = indices.len()?;
    let length = size(&[rows, columns])?;
    let gathered = count.checked_mul(columns as usize).ok_or_else(|| invalid("too many rows"))?;
    let disjoint = disjoint(&[&table, &indices], &[&y])?;
    let table = table.read(&disjoint, "table", length)?;
    let indices = indices.read(&disjoint, "indices", count)?;
    let y = y.write(&disjoint, "y", gathered)?;
    Ok(layout::take_rows(table, indices, y, rows as usize, columns as usize))
}
