//! Layer norm and RMS norm.

use super::arguments::*;
use crate::kernels::norms::{Backward, Forward, backward, forward};

type Arrays<'a> = (Input<'a, f32>, Option<Input<'a, f32>>, Input<'a, f32>, Option<Input<'a, f32>>);

fn norm_forward(
    (x, added, weight, bias): Arrays,
    sum: Option<Output<f32>>,
    y: Output<f32>,
    statistics: Option<Output<f32>>,
    rows: u32,
    width: u32,
    epsilon: f64,
) -> Result<()> {
    let all = size(&[rows, width])?;
    let disjoint = disjoint(&[&x, &weight, &added, &bias], &[&y, &sum, &statistics])?;
    let added = match (added, sum) {
        (Some(added), Some(sum)) => {
            Some((added.read(&disjoint, "added", all)?, sum.write(&disjoint, "sum", all)?))
        }
        (None, None) => None,
        _ => return Err(invalid("added and sum: expected both or neither")),
    };
    let each = if bias.is_some() { 2 } else { 1 };
    let args = Forward {
        x: x.read(&disjoint, "x", all)?,
        added,
        weight: weight.read(&disjoint, "weight", width as usize)?,
        bias: bias.read(&disjoint, "bias", width as usize)?,
        y: y.write(&disjoint, "y", all)?,
        statistics: statistics.write(&disjoint, "statistics", rows as usize * each)?,
    };
    forward(args, width as usize, epsilon as f32);
    Ok(())
}

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
    norm_forward((x, added, weight, Some(bias)), sum, y, statistics, rows, width, epsilon)
}

pub fn rms_norm_forward(
    x: Input<f32>,
    added: Option<Input<f32>>,
    weight: Input<f32>,
    sum: Option<Output<f32>>,
    y: Output<f32>,
    scales: Option<Output<f32>>,
    rows: u32,
    width: u32,
    epsilon: f64,
) -> Result<()> {
    norm_forward((x, added, weight, None), sum, y, scales, rows, width, epsilon)
}

fn norm_backward(
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
    let disjoint = disjoint(&[&dy, &x, &weight, &statistics, &base], &[&dx, &d_weight, &d_bias])?;
    let each = if d_bias.is_some() { 2 } else { 1 };
    let args = Backward {
        dy: dy.read(&disjoint, "dy", all)?,
        x: x.read(&disjoint, "x", all)?,
        weight: weight.read(&disjoint, "weight", width)?,
        statistics: statistics.read(&disjoint, "statistics", rows as usize * each)?,
        base: base.read(&disjoint, "base", all)?,
        dx: dx.write(&disjoint, "dx", all)?,
        d_weight: d_weight.write(&disjoint, "dWeight", width)?,
        d_bias: d_bias.write(&disjoint, "dBias", width)?,
    };
    backward(args, width);
    Ok(())
}

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
    norm_backward([dy, x, weight, statistics], base, dx, d_weight, Some(d_bias), rows, width)
}

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
    norm_backward([dy, x, weight, scales], base, dx, d_weight, None, rows, width)
}
