//! Products of batches of matrices, checked.

use super::activations::activation_or_none;
use crate::arrays::{Input, Output, apart, size};
use crate::kernels::matmul::{self, Sizes};
use napi::Result;
use napi_derive::napi;

/// C = activation(A · B + bias), matrix by matrix; where A and B are of different numbers of matrices, the shorter
/// list starts again.
#[napi(catch_unwind)]
pub fn mat_mul(
    a: Input<f32>,
    b: Input<f32>,
    bias: Option<Input<f32>>,
    c: Output<f32>,
    batches_a: u32,
    batches_b: u32,
    m: u32,
    k: u32,
    n: u32,
    transpose_a: bool,
    transpose_b: bool,
    activation: u32,
) -> Result<()> {
    let sizes = Sizes {
        batches_a: batches_a as usize,
        batches_b: batches_b as usize,
        m: m as usize,
        k: k as usize,
        n: n as usize,
        transpose_a,
        transpose_b,
    };
    let mut sources = vec![a.span(), b.span()];
    sources.extend(bias.iter().map(Input::span));
    let apart = apart(&sources, &[c.span()])?;
    matmul::matmul(
        a.read(&apart, "a", size(&[batches_a, m, k])?)?,
        b.read(&apart, "b", size(&[batches_b, k, n])?)?,
        bias.map(|bias| bias.read(&apart, "bias", n as usize)).transpose()?,
        c.write(&apart, "c", size(&[sizes.batches() as u32, m, n])?)?,
        sizes,
        activation_or_none(activation)?,
    );
    Ok(())
}
