//! Copies between strided arrays, transpose and gather.

use super::arguments::*;
use crate::kernels::layout::{self, Strided};

/// y = x [shape] with dimension d of y being dimension order[d] of x. Not for bools.
pub fn transpose(x: NumbersInput, y: NumbersOutput, shape: Input<i32>, order: Input<i32>) -> Result<()> {
    let disjoint = disjoint(&[&x, &shape, &order], &[&y])?;
    let shape = sizes(&shape, &disjoint, "shape")?;
    let order = sizes(&order, &disjoint, "order")?;
    let length = product(&shape)?;
    if order.len() != shape.len() || !(0..shape.len()).all(|d| order.contains(&d)) {
        return Err(invalid(format!(
            "order {order:?}: expected a permutation of the dimensions of {shape:?}"
        )));
    }
    match (x.typed()?, y.typed()?) {
        (TypedInput::Floats(x), TypedOutput::Floats(y)) => {
            let (x, y) = (x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
            layout::transpose(x, y, &shape, &order);
        }
        (TypedInput::Ints(x), TypedOutput::Ints(y)) => {
            let (x, y) = (x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
            layout::transpose(x, y, &shape, &order);
        }
        _ => return Err(types_differ()),
    }
    Ok(())
}

/// An integer.
fn integer(number: f64, name: &str) -> Result<isize> {
    if number.trunc() == number && number.abs() <= 2f64.powi(53) {
        return Ok(number as isize);
    }
    Err(invalid(format!("{name} {number}: expected an integer")))
}

fn at_least_0(number: f64, name: &str) -> Result<usize> {
    let number = integer(number, name)?;
    usize::try_from(number).map_err(|_| invalid(format!("{name} {number}: expected at least 0")))
}

/// Copies a part of x to a part of y. `parts` are their common sizes, then the strides of x, which may be 0 or negative, then those
/// of y, which are in row-major order.
pub fn copy(x: NumbersInput, y: NumbersOutput, parts: Input<f64>, x_start: f64, y_start: f64) -> Result<()> {
    let disjoint = disjoint(&[&x, &parts], &[&y])?;
    let count = parts.len()?;
    if !count.is_multiple_of(3) {
        return Err(invalid(format!("parts: {count} numbers, expected sizes and strides of x and y")));
    }
    let parts = parts.read(&disjoint, "parts", count)?;
    let (sizes, strides) = parts.split_at(count / 3);
    let sizes = sizes.iter().map(|&size| at_least_0(size, "size")).collect::<Result<Vec<_>>>()?;
    let strides = strides.iter().map(|&stride| integer(stride, "stride")).collect::<Result<Vec<_>>>()?;
    let (x_strides, y_strides) = strides.split_at(count / 3);
    let from = Strided { start: at_least_0(x_start, "start")?, strides: x_strides };
    let to = Strided { start: at_least_0(y_start, "start")?, strides: y_strides };
    macro_rules! apply {
        ($x:ident, $y:ident) => {{
            let (x_length, y_length) = ($x.len()?, $y.len()?);
            if let Some(fault) = layout::copy_fault(x_length, y_length, &sizes, from, to) {
                return Err(invalid(fault));
            }
            let x = $x.read(&disjoint, "x", x_length)?;
            layout::copy(x, $y.write(&disjoint, "y", y_length)?, &sizes, from, to);
            Ok(())
        }};
    }
    match (x.typed()?, y.typed()?) {
        (TypedInput::Floats(x), TypedOutput::Floats(y)) => apply!(x, y),
        (TypedInput::Ints(x), TypedOutput::Ints(y)) => apply!(x, y),
        (TypedInput::Bools(x), TypedOutput::Bools(y)) => apply!(x, y),
        _ => Err(types_differ()),
    }
}

/// y [batch, outer, indices, inner] = rows of x [batch, outer, rows, inner]; false if an index is out of range.
pub fn gather(
    x: NumbersInput,
    indices: Input<i32>,
    y: NumbersOutput,
    batch: u32,
    outer: u32,
    rows: u32,
    inner: u32,
) -> Result<bool> {
    let disjoint = disjoint(&[&x, &indices], &[&y])?;
    let count = indices.len()?;
    let each = count.checked_div(batch as usize).unwrap_or(0);
    if count != each * batch as usize {
        return Err(invalid(format!("indices: {count} numbers, expected a multiple of {batch}")));
    }
    let from = size(&[batch, outer, rows, inner])?;
    let to = size(&[batch, outer, inner])?.checked_mul(each);
    let to = to.ok_or_else(|| invalid("too many indices"))?;
    let indices = indices.read(&disjoint, "indices", count)?;
    let shape = [batch, outer, rows, inner].map(|size| size as usize);
    macro_rules! apply {
        ($x:ident, $y:ident) => {{
            let x = $x.read(&disjoint, "x", from)?;
            Ok(layout::gather(x, indices, $y.write(&disjoint, "y", to)?, shape))
        }};
    }
    match (x.typed()?, y.typed()?) {
        (TypedInput::Floats(x), TypedOutput::Floats(y)) => apply!(x, y),
        (TypedInput::Ints(x), TypedOutput::Ints(y)) => apply!(x, y),
        (TypedInput::Bools(x), TypedOutput::Bools(y)) => apply!(x, y),
        _ => Err(types_differ()),
    }
}
