//! Attention of new tokens over cached keys and values.

use super::arguments::*;
use crate::kernels::attention::{Attention, MAX_HEAD_DIM, Rows};
use crate::kernels::cached_attention::cached_attention as attend;

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
    if !(1..=MAX_HEAD_DIM).contains(&(head_dim as usize)) {
        return Err(invalid(format!("head size {head_dim}: expected 1 to {MAX_HEAD_DIM}")));
    }
    if (causal && tokens > length) || length > capacity {
        return Err(invalid(format!(
            "{tokens} tokens, length {length}, capacity {capacity}: expected tokens ≤ length ≤ capacity"
        )));
    }
    let width = size(&[heads, head_dim])?;
    size(&[batch, heads, head_dim, capacity, 3])?;
    let cached_length = size(&[batch, capacity, heads, head_dim])?;
    let disjoint = disjoint(&[&q, &keys, &values, &visible, &bias], &[&output])?;
    let seen = size(&[batch, length])?;
    let visible = visible.read(&disjoint, "visible", seen)?;
    let pairs = size(&[heads, tokens, length])?;
    let bias = bias.read(&disjoint, "bias", pairs)?;
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
    // rows of q may be wider than the queries
    let rows = size(&[batch, tokens])?;
    let stride = q.len()?.checked_div(rows).unwrap_or(0).max(width);
    let q = q.read(&disjoint, "q", rows * stride)?;
    let cached = |numbers| Rows { numbers, sequence: capacity as usize, stride: width, offset: 0 };
    attend(
        &attention,
        Rows { numbers: q, sequence: tokens as usize, stride, offset: 0 },
        cached(keys.read(&disjoint, "keys", cached_length)?),
        cached(values.read(&disjoint, "values", cached_length)?),
        output.write(&disjoint, "output", size(&[batch, tokens, heads, head_dim])?)?,
    );
    Ok(())
}
