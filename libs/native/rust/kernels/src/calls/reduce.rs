//! Reductions, cumulative sums and products, argmax and softmax.

use super::arguments::*;
use crate::kernels::reduce::{self, *};

#[derive(Clone, Copy)]
enum Operation {
    Sum,
    Product,
    Maximum,
    Minimum,
}
use Operation::*;

const OPERATIONS: [Operation; 4] = [Sum, Product, Maximum, Minimum];

/// y [planes, columns] = x [planes, rows, columns] reduced over the rows. Sums of floats are multiplied by `scale`; products of floats
/// take one column.
pub fn reduce(
    x: NumbersInput,
    y: NumbersOutput,
    operation: u32,
    planes: u32,
    rows: u32,
    columns: u32,
    scale: f64,
) -> Result<()> {
    let operation = one_of(&OPERATIONS, operation, "operation")?;
    let disjoint = disjoint(&[&x], &[&y])?;
    let (from, to) = (size(&[planes, rows, columns])?, size(&[planes, columns])?);
    if rows == 0 {
        return Err(invalid("rows 0: expected at least 1"));
    }
    let shape = [planes, rows, columns].map(|size| size as usize);
    match (x.typed()?, y.typed()?) {
        (TypedInput::Floats(x), TypedOutput::Floats(y)) => {
            let (x, y) = (x.read(&disjoint, "x", from)?, y.write(&disjoint, "y", to)?);
            match operation {
                Sum if columns == 1 => sum_rows(x, y, shape[0], shape[1], scale),
                Sum => sum_columns(x, y, shape, scale),
                Product if columns == 1 => product_rows(x, y, shape[0], shape[1]),
                Product => return Err(invalid(format!("columns {columns}: expected 1"))),
                Maximum => fold::<FloatMaximum>(x, y, shape),
                Minimum => fold::<FloatMinimum>(x, y, shape),
            }
        }
        (TypedInput::Ints(x), TypedOutput::Ints(y)) => {
            let (x, y) = (x.read(&disjoint, "x", from)?, y.write(&disjoint, "y", to)?);
            match operation {
                Sum => fold::<IntSum>(x, y, shape),
                Product => fold::<IntProduct>(x, y, shape),
                Maximum => fold::<IntMaximum>(x, y, shape),
                Minimum => fold::<IntMinimum>(x, y, shape),
            }
        }
        (TypedInput::Bools(x), TypedOutput::Bools(y)) => {
            let (x, y) = (x.read(&disjoint, "x", from)?, y.write(&disjoint, "y", to)?);
            match operation {
                Maximum => fold::<Any>(x, y, shape),
                Minimum => fold::<All>(x, y, shape),
                Sum | Product => return Err(types_differ()),
            }
        }
        _ => return Err(types_differ()),
    }
    Ok(())
}

/// y = x [planes, rows, columns] with each row added to, or multiplied by, all before it in its plane.
pub fn cumulate(
    x: NumbersInput,
    y: NumbersOutput,
    operation: u32,
    planes: u32,
    rows: u32,
    columns: u32,
    exclusive: bool,
    reverse: bool,
) -> Result<()> {
    let operation = one_of(&OPERATIONS[..2], operation, "operation")?;
    let disjoint = disjoint(&[&x], &[&y])?;
    let length = size(&[planes, rows, columns])?;
    let shape = [planes, rows, columns].map(|size| size as usize);
    let order = (exclusive, reverse);
    match (x.typed()?, y.typed()?) {
        (TypedInput::Floats(x), TypedOutput::Floats(y)) => {
            let (x, y) = (x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
            match operation {
                Sum => reduce::cumulate(x, y, shape, order, 0.0, |a, b| a + b),
                _ => reduce::cumulate(x, y, shape, order, 1.0, |a, b| a * b),
            }
        }
        (TypedInput::Ints(x), TypedOutput::Ints(y)) => {
            let (x, y) = (x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
            match operation {
                Sum => reduce::cumulate(x, y, shape, order, 0, i32::wrapping_add),
                _ => reduce::cumulate(x, y, shape, order, 1, i32::wrapping_mul),
            }
        }
        _ => return Err(types_differ()),
    }
    Ok(())
}

/// y [rows] = index of the first maximum, or minimum if `smallest`, of each row of x [rows, columns].
pub fn arg_extremum(x: NumbersInput, y: Output<i32>, rows: u32, columns: u32, smallest: bool) -> Result<()> {
    if columns == 0 || columns > i32::MAX as u32 {
        return Err(invalid(format!("columns {columns}: expected 1 to {}", i32::MAX)));
    }
    let disjoint = disjoint(&[&x], &[&y])?;
    let length = size(&[rows, columns])?;
    let y = y.write(&disjoint, "y", rows as usize)?;
    let shape = [rows, columns].map(|size| size as usize);
    match x.typed()? {
        TypedInput::Floats(x) => reduce::arg_extremum(x.read(&disjoint, "x", length)?, y, shape, smallest),
        TypedInput::Ints(x) => reduce::arg_extremum(x.read(&disjoint, "x", length)?, y, shape, smallest),
        TypedInput::Bools(_) => return Err(types_differ()),
    }
    Ok(())
}

/// y = softmax of each row of x, both [rows, columns].
pub fn softmax_rows(x: Input<f32>, y: Output<f32>, rows: u32, columns: u32) -> Result<()> {
    let disjoint = disjoint(&[&x], &[&y])?;
    let length = size(&[rows, columns])?;
    let (x, y) = (x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
    reduce::softmax_rows(x, y, rows as usize, columns as usize);
    Ok(())
}
