//! Cross entropy, checked.

use super::linear::precision;
use crate::arrays::{Input, Output, apart, size};
use crate::kernels::cross_entropy::{self, Answers};
use crate::product::Targets;
use napi::Result;
use napi_derive::napi;

/// Losses of rows of logits; gives their sum.
#[napi(catch_unwind)]
pub fn cross_entropy_forward(
    logits: Input<f32>,
    targets: Input<i32>,
    losses: Output<f32>,
    log_sums: Option<Output<f32>>,
    rows: u32,
    classes: u32,
    ignored: i32,
) -> Result<f64> {
    let mut places = vec![losses.span()];
    places.extend(log_sums.iter().map(Output::span));
    let apart = apart(&[logits.span(), targets.span()], &places)?;
    let (rows, classes, all) = (rows as usize, classes as usize, size(&[rows, classes])?);
    let targets = targets.read(&apart, "targets", rows)?;
    Ok(cross_entropy::forward(
        logits.read(&apart, "logits", all)?,
        Answers { targets, ignored },
        losses.write(&apart, "losses", rows)?,
        log_sums.map(|sums| sums.write(&apart, "logSums", rows)).transpose()?,
        rows,
        classes,
    ))
}

/// The gradient of the logits; `dy` has one number, or one a row.
#[napi(catch_unwind)]
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
    let spans = [logits.span(), targets.span(), log_sums.span(), dy.span()];
    let apart = apart(&spans, &[dx.span()])?;
    let (rows, classes, all) = (rows as usize, classes as usize, size(&[rows, classes])?);
    let targets = targets.read(&apart, "targets", rows)?;
    let each = if dy.len() == 1 { 1 } else { rows };
    cross_entropy::backward(
        logits.read(&apart, "logits", all)?,
        Answers { targets, ignored },
        log_sums.read(&apart, "logSums", rows)?,
        dy.read(&apart, "dy", each)?,
        dx.write(&apart, "dx", all)?,
        rows,
        classes,
        share as f32,
    );
    Ok(())
}

/// The sum of the losses of x · Wᵀ + bias, and its gradients times `share` where there is a place for them.
#[napi(catch_unwind)]
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
    let mut sources = vec![x.span(), weight.span(), targets.span()];
    sources.extend(bias.iter().map(Input::span));
    let places: Vec<_> = dx.iter().chain(&d_weight).chain(&d_bias).map(Output::span).collect();
    let apart = apart(&sources, &places)?;
    let (rows, inputs, classes) = (rows as usize, inputs as usize, classes as usize);
    let answers = Answers { targets: targets.read(&apart, "targets", rows)?, ignored };
    let wanted = !places.is_empty();
    let gradients = Targets {
        dx: dx.map(|dx| dx.write(&apart, "dx", of_x)).transpose()?,
        dw: d_weight.map(|dw| dw.write(&apart, "dWeight", of_w)).transpose()?,
        db: d_bias.map(|db| db.write(&apart, "dBias", classes)).transpose()?,
    };
    Ok(cross_entropy::fused(
        x.read(&apart, "x", of_x)?,
        weight.read(&apart, "weight", of_w)?,
        bias.map(|bias| bias.read(&apart, "bias", classes)).transpose()?,
        answers,
        wanted.then_some(gradients),
        rows,
        inputs,
        classes,
        share as f32,
        precision(bf16),
    ))
}
