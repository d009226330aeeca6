//! Dropout and residual connections, checked.

use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::dropout::{add, dropout as apply};
use crate::kernels::threefry::Mask;
use napi::Result;
use napi_derive::napi;

/// y = dropout(x), plus `base` where there is one.
#[napi(catch_unwind)]
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
    let mut inputs = vec![x.span()];
    inputs.extend(base.iter().map(Input::span));
    let apart = apart(&inputs, &[y.span()])?;
    let x = x.read(&apart, "x", all)?;
    let base = base.map(|base| base.read(&apart, "base", all)).transpose()?;
    let y = y.write(&apart, "y", all)?;
    apply(&Mask::new(rate, seed as u64, counter as u64), x, base, y, rows as usize, columns as usize);
    Ok(())
}

/// sum = x + y
#[napi(catch_unwind)]
pub fn residual_add(x: Input<f32>, y: Input<f32>, sum: Output<f32>) -> Result<()> {
    let apart = apart(&[x.span(), y.span()], &[sum.span()])?;
    let length = x.len();
    add(x.read(&apart, "x", length)?, y.read(&apart, "y", length)?, sum.write(&apart, "sum", length)?);
    Ok(())
}
