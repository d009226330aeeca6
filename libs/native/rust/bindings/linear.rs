//! The affine map of a layer, checked.

use super::activations::activation_or_none;
use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::activations::Activation;
use crate::kernels::linear;
use crate::product::{Precision, Targets};
use crate::simd::Bf16;
use napi::Result;
use napi_derive::napi;

/// y = activation(x · Wᵀ + bias); `before` gets what the activation is applied to.
#[napi(catch_unwind)]
pub fn linear_forward(
    x: Input<f32>,
    weight: Input<f32>,
    bias: Option<Input<f32>>,
    y: Output<f32>,
    before: Option<Output<f32>>,
    rows: u32,
    inputs: u32,
    outputs: u32,
    activation: u32,
    bf16: bool,
) -> Result<()> {
    let all = size(&[rows, outputs])?;
    let mut sources = vec![x.span(), weight.span()];
    sources.extend(bias.iter().map(Input::span));
    let mut targets = vec![y.span()];
    targets.extend(before.iter().map(Output::span));
    let apart = apart(&sources, &targets)?;
    linear::linear_forward(
        x.read(&apart, "x", size(&[rows, inputs])?)?,
        (weight.read(&apart, "weight", size(&[outputs, inputs])?)?, inputs as usize),
        bias.map(|bias| bias.read(&apart, "bias", outputs as usize)).transpose()?,
        y.write(&apart, "y", all)?,
        before.map(|before| before.write(&apart, "before", all)).transpose()?,
        rows as usize,
        inputs as usize,
        outputs as usize,
        activation_or_none(activation)?,
        precision(bf16),
    );
    Ok(())
}

/// The same of a weight of 16-bit numbers, two in a word, the first in its lower half; rows start at words.
#[napi(catch_unwind)]
pub fn linear_forward16(
    x: Input<f32>,
    weight: Input<i32>,
    bias: Option<Input<f32>>,
    y: Output<f32>,
    rows: u32,
    inputs: u32,
    outputs: u32,
    activation: u32,
    bf16: bool,
) -> Result<()> {
    let all = size(&[rows, outputs])?;
    let mut sources = vec![x.span(), weight.span()];
    sources.extend(bias.iter().map(Input::span));
    let apart = apart(&sources, &[y.span()])?;
    let words = inputs.div_ceil(2);
    linear::linear_forward(
        x.read(&apart, "x", size(&[rows, inputs])?)?,
        (halves(weight.read(&apart, "weight", size(&[outputs, words])?)?), 2 * words as usize),
        bias.map(|bias| bias.read(&apart, "bias", outputs as usize)).transpose()?,
        y.write(&apart, "y", all)?,
        None,
        rows as usize,
        inputs as usize,
        outputs as usize,
        activation_or_none(activation)?,
        precision(bf16),
    );
    Ok(())
}

/// The numbers in words.
fn halves(words: &[i32]) -> &[Bf16] {
    const { assert!(cfg!(target_endian = "little")) };
    // SAFETY: every pattern of bits is a Bf16, two fit into a word, and alignment is stricter than needed.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), 2 * words.len()) }
}

/// Gradients of x, weight and bias, those that there is a place for; `kept` is y for relu, `before` for the others.
#[napi(catch_unwind)]
pub fn linear_backward(
    dy: Input<f32>,
    x: Input<f32>,
    weight: Input<f32>,
    kept: Option<Input<f32>>,
    dx: Option<Output<f32>>,
    d_weight: Option<Output<f32>>,
    d_bias: Option<Output<f32>>,
    rows: u32,
    inputs: u32,
    outputs: u32,
    activation: u32,
    bf16: bool,
) -> Result<()> {
    let (of_x, of_y, of_w) = (size(&[rows, inputs])?, size(&[rows, outputs])?, size(&[outputs, inputs])?);
    let activation: Option<Activation> = activation_or_none(activation)?;
    if activation.is_some() && kept.is_none() {
        return Err(invalid("kept: expected what the forward pass has kept for the activation's slope"));
    }
    let mut sources = vec![dy.span(), x.span(), weight.span()];
    sources.extend(kept.iter().map(Input::span));
    let targets: Vec<_> = dx.iter().chain(&d_weight).chain(&d_bias).map(Output::span).collect();
    let apart = apart(&sources, &targets)?;
    linear::linear_backward(
        dy.read(&apart, "dy", of_y)?,
        x.read(&apart, "x", of_x)?,
        weight.read(&apart, "weight", of_w)?,
        kept.map(|kept| kept.read(&apart, "kept", of_y)).transpose()?,
        Targets {
            dx: dx.map(|dx| dx.write(&apart, "dx", of_x)).transpose()?,
            dw: d_weight.map(|dw| dw.write(&apart, "dWeight", of_w)).transpose()?,
            db: d_bias.map(|db| db.write(&apart, "dBias", outputs as usize)).transpose()?,
        },
        rows as usize,
        inputs as usize,
        outputs as usize,
        activation,
        precision(bf16),
    );
    Ok(())
}

/// The flag that ops pass on from the backend.
pub fn precision(bf16: bool) -> Precision {
    if bf16 { Precision::Bf16 } else { Precision::Float32 }
}
