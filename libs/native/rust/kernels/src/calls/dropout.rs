//! Dropout and residual addition.

use super::arguments::*;
use crate::kernels::dropout::{add, dropout as apply};
use crate::kernels::threefry::Mask;

/// y = dropout(x), plus `base` if given.
pub fn dropout(
    x: Input<f32>,
    base: Option<Input<f32>>,
    y: Output<f32>,
    rows: u32,
    columns: u32,
    rate: f64,
    seed: f64,
    counter: f64,
) -> Result<()> {
    if !(0.0..1.0).contains(&rate) {
        return Err(invalid(format!("rate {rate}: expected at least 0 and below 1")));
    }
    let all = size(&[rows, columns])?;
    let disjoint = disjoint(&[&x, &base], &[&y])?;
    let x = x.read(&disjoint, "x", all)?;
    let base = base.read(&disjoint, "base", all)?;
    let y = y.write(&disjoint, "y", all)?;
    apply(&Mask::new(rate, seed as u64, counter as u64), x, base, y, rows as usize, columns as usize);
    Ok(())
}

/// sum = x + y
pub fn residual_add(x: Input<f32>, y: Input<f32>, sum: Output<f32>) -> Result<()> {
    let disjoint = disjoint(&[&x, &y], &[&sum])?;
    let length = x.len()?;
    add(
        x.read(&disjoint, "x", length)?,
        y.read(&disjoint, "y", length)?,
        sum.write(&disjoint, "sum", length)?,
    );
    Ok(())
}
