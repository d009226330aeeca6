//! Layer norm and RMS norm, checked.

use crate::arrays::{Input, Output, apart, size};
use crate::kernels::norms::{Backward, Forward, backward, forward};
use napi::Result;
use napi_derive::napi;

type Arrays<'a> = (Input<'a, f32>, Option<Input<'a, f32>>, Input<'a, f32>, Option<Input<'a, f32>>);

fn normalise(
    (x, added, weight, bias): Arrays,
    sum: Option<Output<f32>>,
    y: Output<f32>,
    statistics: Option<Output<f32>>,
    rows: u32,
    width: u32,
    epsilon: f64,
) -> Result<()> {
    let all = size(&[rows, width])?;
    let mut inputs = vec![x.span(), weight.span()];
    inputs.extend(added.iter().chain(&bias).map(Input::span));
    let mut outputs = vec![y.span()];
    outputs.extend(sum.iter().chain(&statistics).map(Output::span));
    let apart = apart(&inputs, &outputs)?;
    let added = match (added, sum) {
        (Some(added), Some(sum)) => Some((added.read(&apart, "added", all)?, sum.write(&apart, "sum", all)?)),
        (None, None) => None,
        _ => return Err(crate::arrays::invalid("added and sum: expected both or neither")),
    };
    let each = if bias.is_some() { 2 } else { 1 };
    let args = Forward {
        x: x.read(&apart, "x", all)?,
        added,
        weight: weight.read(&apart, "weight", width as usize)?,
        bias: bias.map(|bias| bias.read(&apart, "bias", width as usize)).transpose()?,
        y: y.write(&apart, "y", all)?,
        statistics: statistics
            .map(|places| places.write(&apart, "statistics", rows as usize * each))
            .transpose()?,
    };
    forward(args, width as usize, epsilon as f32);
    Ok(())
}

#[napi(catch_unwind)]
pub fn layer_norm_forward(
    x: Input<f32>,
    added: Option<Input<f32>>,
    weight: Input<f32>,
    bias: Input<f32>,
    sum: Option<Output<f32>>,
    y: Output<f32>,
    statistics: Option<Output<f32>>,
    rows: u32,
    width: u32,
    epsilon: f64,
) -> Result<()> {
    normalise((x, added, weight, Some(bias)), sum, y, statistics, rows, width, epsilon)
}

#[napi(catch_unwind)]
pub fn rms_norm_forward(
    x: Input<f32>,
    added: Option<Input<f32>>,
    weight: Input<f32>,
    sum: Option<Output<f32>>,
    y: Output<f32>,
    statistics: Option<Output<f32>>,
    rows: u32,
    width: u32,
    epsilon: f64,
) -> Result<()> {
    normalise((x, added, weight, None), sum, y, statistics, rows, width, epsilon)
}

fn pull_back(
    [dy, x, weight, statistics]: [Input<f32>; 4],
    base: Option<Input<f32>>,
    dx: Output<f32>,
    d_weight: Output<f32>,
    d_bias: Option<Output<f32>>,
    rows: u32,
    width: u32,
) -> Result<()> {
    let all = size(&[rows, width])?;
    let width = width as usize;
    let mut inputs = vec![dy.span(), x.span(), weight.span(), statistics.span()];
    inputs.extend(base.iter().map(Input::span));
    let mut outputs = vec![dx.span(), d_weight.span()];
    outputs.extend(d_bias.iter().map(Output::span));
    let apart = apart(&inputs, &outputs)?;
    let each = if d_bias.is_some() { 2 } else { 1 };
    let args = Backward {
        dy: dy.read(&apart, "dy", all)?,
        x: x.read(&apart, "x", all)?,
        weight: weight.read(&apart, "weight", width)?,
        statistics: statistics.read(&apart, "statistics", rows as usize * each)?,
        base: base.map(|base| base.read(&apart, "base", all)).transpose()?,
        dx: dx.write(&apart, "dx", all)?,
        d_weight: d_weight.write(&apart, "dWeight", width)?,
        d_bias: d_bias.map(|places| places.write(&apart, "dBias", width)).transpose()?,
    };
    backward(args, width);
    Ok(())
}

#[napi(catch_unwind)]
pub fn layer_norm_backward(
    dy: Input<f32>,
    x: Input<f32>,
    weight: Input<f32>,
    statistics: Input<f32>,
    base: Option<Input<f32>>,
    dx: Output<f32>,
    d_weight: Output<f32>,
    d_bias: Output<f32>,
    rows: u32,
    width: u32,
) -> Result<()> {
    pull_back([dy, x, weight, statistics], base, dx, d_weight, Some(d_bias), rows, width)
}

#[napi(catch_unwind)]
pub fn rms_norm_backward(
    dy: Input<f32>,
    x: Input<f32>,
    weight: Input<f32>,
    scales: Input<f32>,
    base: Option<Input<f32>>,
    dx: Output<f32>,
    d_weight: Output<f32>,
    rows: u32,
    width: u32,
) -> Result<()> {
    pull_back([dy, x, weight, scales], base, dx, d_weight, None, rows, width)
}
