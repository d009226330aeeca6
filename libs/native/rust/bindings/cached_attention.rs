//! Attention of the newest tokens over remembered keys and values, checked.

use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::attention::{Attention, MOST_HEAD_DIM, Rows};
use crate::kernels::cached_attention::cached_attention as attend;
use napi::Result;
use napi_derive::napi;

#[napi(catch_unwind)]
pub fn cached_attention(
    q: Input<f32>,
    keys: Input<f32>,
    values: Input<f32>,
    visible: Option<Input<f32>>,
    bias: Option<Input<f32>>,
    output: Output<f32>,
    batch: u32,
    heads: u32,
    tokens: u32,
    length: u32,
    capacity: u32,
    head_dim: u32,
    causal: bool,
    scale: f64,
) -> Result<()> {
    if !(1..=MOST_HEAD_DIM).contains(&(head_dim as usize)) {
        return Err(invalid(format!("head size {head_dim}: expected 1 to {MOST_HEAD_DIM}")));
    }
    if (causal && tokens > length) || length > capacity {
        return Err(invalid(format!(
            "{tokens} new tokens of {length} in room for {capacity}: expected each at most the next"
        )));
    }
    let width = size(&[heads, head_dim])?;
    size(&[batch, heads, head_dim, capacity, 3])?;
    let remembered = size(&[batch, capacity, heads, head_dim])?;
    let mut inputs = vec![q.span(), keys.span(), values.span()];
    inputs.extend(visible.iter().chain(&bias).map(Input::span));
    let apart = apart(&inputs, &[output.span()])?;
    let seen = size(&[batch, length])?;
    let visible = visible.map(|visible| visible.read(&apart, "visible", seen)).transpose()?;
    let pairs = size(&[heads, tokens, length])?;
    let bias = bias.map(|bias| bias.read(&apart, "bias", pairs)).transpose()?;
    let attention = Attention {
        batch: batch as usize,
        heads: heads as usize,
        queries: tokens as usize,
        keys: length as usize,
        head_dim: head_dim as usize,
        causal,
        scale: scale as f32,
        visible,
        bias,
        dropout: None,
    };
    // rows of q may be wider than the queries, which come first
    let rows = size(&[batch, tokens])?;
    let stride = q.len().checked_div(rows).unwrap_or(0).max(width);
    let q = q.read(&apart, "q", rows * stride)?;
    let cached = |numbers| Rows { numbers, sequence: capacity as usize, stride: width, offset: 0 };
    attend(
        &attention,
        Rows { numbers: q, sequence: tokens as usize, stride, offset: 0 },
        cached(keys.read(&apart, "keys", remembered)?),
        cached(values.read(&apart, "values", remembered)?),
        output.write(&apart, "output", size(&[batch, tokens, heads, head_dim])?)?,
    );
    Ok(())
}
