//! The linear layer.

use super::activations::activation_or_none;
use super::arguments::*;
use crate::kernels::activations::Activation;
use crate::kernels::linear;
use crate::product::{GradientOutputs, Precision};
use crate::simd::Bf16;

/// y = activation(x · Wᵀ + bias); `pre_activation` receives the input of the activation.
pub fn linear_forward(
    x: Input<f32>,
    weight: Input<f32>,
    bias: Option<Input<f32>>,
    y: Output<f32>,
    pre_activation: Option<Output<f32>>,
    rows: u32,
    inputs: u32,
    outputs: u32,
    activation: u32,
    bf16: bool,
) -> Result<()> {
    let all = size(&[rows, outputs])?;
    let disjoint = disjoint(&[&x, &weight, &bias], &[&y, &pre_activation])?;
    linear::linear_forward(
        x.read(&disjoint, "x", size(&[rows, inputs])?)?,
        (weight.read(&disjoint, "weight", size(&[outputs, inputs])?)?, inputs as usize),
        bias.read(&disjoint, "bias", outputs as usize)?,
        y.write(&disjoint, "y", all)?,
        pre_activation.write(&disjoint, "pre_activation", all)?,
        rows as usize,
        inputs as usize,
        outputs as usize,
        activation_or_none(activation)?,
        precision(bf16),
    );
    Ok(())
}

/// The same for a bf16 weight, two numbers per word, the first in the lower half; each row starts at a word.
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
    let disjoint = disjoint(&[&x, &weight, &bias], &[&y])?;
    let words = inputs.div_ceil(2);
    linear::linear_forward(
        x.read(&disjoint, "x", size(&[rows, inputs])?)?,
        (halves(weight.read(&disjoint, "weight", size(&[outputs, words])?)?), 2 * words as usize),
        bias.read(&disjoint, "bias", outputs as usize)?,
        y.write(&disjoint, "y", all)?,
        None,
        rows as usize,
        inputs as usize,
        outputs as usize,
        activation_or_none(activation)?,
        precision(bf16),
    );
    Ok(())
}

/// The bf16 numbers in words.
fn halves(words: &[i32]) -> &[Bf16] {
    const { assert!(cfg!(target_endian = "little")) };
    // SAFETY: every bit pattern is a valid Bf16, two fit into a word, and the alignment is sufficient.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), 2 * words.len()) }
}

/// The requested gradients; `kept` is y for relu, the pre-activation for GELU.
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
        return Err(invalid("kept: missing, expected the array saved by the forward pass"));
    }
    let disjoint = disjoint(&[&dy, &x, &weight, &kept], &[&dx, &d_weight, &d_bias])?;
    linear::linear_backward(
        dy.read(&disjoint, "dy", of_y)?,
        x.read(&disjoint, "x", of_x)?,
        weight.read(&disjoint, "weight", of_w)?,
        kept.read(&disjoint, "kept", of_y)?,
        GradientOutputs {
            dx: dx.write(&disjoint, "dx", of_x)?,
            dw: d_weight.write(&disjoint, "dWeight", of_w)?,
            db: d_bias.write(&disjoint, "dBias", outputs as usize)?,
        },
        rows as usize,
        inputs as usize,
        outputs as usize,
        activation,
        precision(bf16),
    );
    Ok(())
}

/// From the flag `bf16`.
pub fn precision(bf16: bool) -> Precision {
    if bf16 { Precision::Bf16 } else { Precision::Float32 }
}
