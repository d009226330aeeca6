//! Cross entropy.

use super::arguments::*;
use super::linear::precision;
use crate::kernels::cross_entropy::{self, Labels};
use crate::product::GradientOutputs;

/// Losses of rows of logits; returns their sum.
pub fn cross_entropy_forward(
    logits: Input<f32>,
    targets: Input<i32>,
    losses: Output<f32>,
    log_sums: Option<Output<f32>>,
    rows: u32,
    classes: u32,
    ignored: i32,
) -> Result<f64> {
    let disjoint = disjoint(&[&logits, &targets], &[&losses, &log_sums])?;
    let (rows, classes, all) = (rows as usize, classes as usize, size(&[rows, classes])?);
    let targets = targets.read(&disjoint, "targets", rows)?;
    Ok(cross_entropy::forward(
        logits.read(&disjoint, "logits", all)?,
        Labels { targets, ignored },
        losses.write(&disjoint, "losses", rows)?,
        log_sums.write(&disjoint, "logSums", rows)?,
        rows,
        classes,
    ))
}

/// The gradient of the logits; `dy` has one element, or one per row.
pub fn cross_entropy_backward(
    logits: Input<f32>,
    targets: Input<i32>,
    log_sums: Input<f32>,
    dy: Input<f32>,
    dx: Output<f32>,
    rows: u32,
    classes: u32,
    ignored: i32,
    share: f64,
) -> Result<()> {
    let disjoint = disjoint(&[&logits, &targets, &log_sums, &dy], &[&dx])?;
    let (rows, classes, all) = (rows as usize, classes as usize, size(&[rows, classes])?);
    let targets = targets.read(&disjoint, "targets", rows)?;
    let each = if dy.len()? == 1 { 1 } else { rows };
    cross_entropy::backward(
        logits.read(&disjoint, "logits", all)?,
        Labels { targets, ignored },
        log_sums.read(&disjoint, "logSums", rows)?,
        dy.read(&disjoint, "dy", each)?,
        dx.write(&disjoint, "dx", all)?,
        rows,
        classes,
        share as f32,
    );
    Ok(())
}

/// The sum of the losses of x · Wᵀ + bias, and its gradients times `share` if requested.
pub fn linear_cross_entropy(
    x: Input<f32>,
    weight: Input<f32>,
    bias: Option<Input<f32>>,
    targets: Input<i32>,
    dx: Option<Output<f32>>,
    d_weight: Option<Output<f32>>,
    d_bias: Option<Output<f32>>,
    rows: u32,
    inputs: u32,
    classes: u32,
    ignored: i32,
    share: f64,
    bf16: bool,
) -> Result<f64> {
    let (of_x, of_w) = (size(&[rows, inputs])?, size(&[classes, inputs])?);
    size(&[rows, classes])?;
    let disjoint = disjoint(&[&x, &weight, &targets, &bias], &[&dx, &d_weight, &d_bias])?;
    let (rows, inputs, classes) = (rows as usize, inputs as usize, classes as usize);
    let labels = Labels { targets: targets.read(&disjoint, "targets", rows)?, ignored };
    let wanted = dx.is_some() || d_weight.is_some() || d_bias.is_some();
    let gradients = GradientOutputs {
        dx: dx.write(&disjoint, "dx", of_x)?,
        dw: d_weight.write(&disjoint, "dWeight", of_w)?,
        db: d_bias.write(&disjoint, "dBias", classes)?,
    };
    Ok(cross_entropy::fused(
        x.read(&disjoint, "x", of_x)?,
        weight.read(&disjoint, "weight", of_w)?,
        bias.read(&disjoint, "bias", classes)?,
        labels,
        wanted.then_some(gradients),
        rows,
        inputs,
        classes,
        share as f32,
        precision(bf16),
    ))
}
