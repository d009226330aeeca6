//! Attention from separate or packed queries, keys and values.

use super::arguments::*;
use crate::kernels::attention::{Attention, Gradients, MAX_HEAD_DIM, Rows, backward, forward};
use crate::kernels::threefry::Mask;

/// Checked sizes and options.
struct Sizes {
    batch: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    head_dim: usize,
    causal: bool,
    scale: f32,
    dropout: Option<Mask>,
    /// Length of q.
    q: usize,
    /// Length of k.
    k: usize,
    /// Length of log_sums.
    rows: usize,
    /// Length of a bias.
    pairs: usize,
}

impl Sizes {
    fn check(
        [batch, heads, queries, keys, head_dim]: [u32; 5],
        causal: bool,
        scale: f64,
        [rate, seed, counter]: [f64; 3],
    ) -> Result<Self> {
        if !(1..=MAX_HEAD_DIM).contains(&(head_dim as usize)) {
            return Err(invalid(format!("head size {head_dim}: expected 1 to {MAX_HEAD_DIM}")));
        }
        if causal && queries > keys {
            return Err(invalid(format!(
                "{queries} causal queries for {keys} keys: expected at most as many"
            )));
        }
        if !(0.0..1.0).contains(&rate) {
            return Err(invalid(format!("rate {rate}: expected at least 0 and below 1")));
        }
        size(&[batch, heads, queries.max(keys), head_dim, 3])?;
        let pairs = size(&[heads, queries, keys])?;
        size(&[queries, keys])?;
        Ok(Self {
            batch: batch as usize,
            heads: heads as usize,
            queries: queries as usize,
            keys: keys as usize,
            head_dim: head_dim as usize,
            causal,
            scale: scale as f32,
            dropout: (rate > 0.0).then(|| Mask::new(rate, seed as u64, counter as u64)),
            q: size(&[batch, heads, queries, head_dim])?,
            k: size(&[batch, heads, keys, head_dim])?,
            rows: size(&[batch, heads, queries])?,
            pairs,
        })
    }

    fn attention<'a>(&self, visible: Option<&'a [f32]>, bias: Option<&'a [f32]>) -> Attention<'a> {
        let &Self { batch, heads, queries, keys, head_dim, causal, scale, dropout, .. } = self;
        Attention { batch, heads, queries, keys, head_dim, causal, scale, visible, bias, dropout }
    }

    fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    fn rows<'a>(&self, numbers: &'a [f32], sequence: usize) -> Rows<'a> {
        Rows { numbers, sequence, stride: self.width(), offset: 0 }
    }

    /// q, k and v from qkv.
    fn packed<'a>(&self, numbers: &'a [f32]) -> [Rows<'a>; 3] {
        let width = self.width();
        [0, 1, 2].map(|i| Rows { numbers, sequence: self.keys, stride: 3 * width, offset: i * width })
    }
}

pub fn attention_forward(
    q: Input<f32>,
    k: Input<f32>,
    v: Input<f32>,
    visible: Option<Input<f32>>,
    bias: Option<Input<f32>>,
    output: Output<f32>,
    log_sums: Option<Output<f32>>,
    batch: u32,
    heads: u32,
    queries: u32,
    keys: u32,
    head_dim: u32,
    causal: bool,
    scale: f64,
    rate: f64,
    seed: f64,
    counter: f64,
) -> Result<()> {
    let sizes = Sizes::check([batch, heads, queries, keys, head_dim], causal, scale, [rate, seed, counter])?;
    let disjoint = disjoint(&[&q, &k, &v, &visible, &bias], &[&output, &log_sums])?;
    let visible = visible.read(&disjoint, "visible", sizes.batch * sizes.keys)?;
    let bias = bias.read(&disjoint, "bias", sizes.pairs)?;
    forward(
        &sizes.attention(visible, bias),
        sizes.rows(q.read(&disjoint, "q", sizes.q)?, sizes.queries),
        sizes.rows(k.read(&disjoint, "k", sizes.k)?, sizes.keys),
        sizes.rows(v.read(&disjoint, "v", sizes.k)?, sizes.keys),
        output.write(&disjoint, "output", sizes.q)?,
        log_sums.write(&disjoint, "logSums", sizes.rows)?,
    );
    Ok(())
}

pub fn attention_packed_forward(
    qkv: Input<f32>,
    visible: Option<Input<f32>>,
    bias: Option<Input<f32>>,
    output: Output<f32>,
    log_sums: Option<Output<f32>>,
    batch: u32,
    heads: u32,
    length: u32,
    head_dim: u32,
    causal: bool,
    scale: f64,
    rate: f64,
    seed: f64,
    counter: f64,
) -> Result<()> {
    let sizes = Sizes::check([batch, heads, length, length, head_dim], causal, scale, [rate, seed, counter])?;
    let disjoint = disjoint(&[&qkv, &visible, &bias], &[&output, &log_sums])?;
    let visible = visible.read(&disjoint, "visible", sizes.batch * sizes.keys)?;
    let bias = bias.read(&disjoint, "bias", sizes.pairs)?;
    let [q, k, v] = sizes.packed(qkv.read(&disjoint, "qkv", 3 * sizes.q)?);
    forward(
        &sizes.attention(visible, bias),
        q,
        k,
        v,
        output.write(&disjoint, "output", sizes.q)?,
        log_sums.write(&disjoint, "logSums", sizes.rows)?,
    );
    Ok(())
}

pub fn attention_backward(
    q: Input<f32>,
    k: Input<f32>,
    v: Input<f32>,
    visible: Option<Input<f32>>,
    bias: Option<Input<f32>>,
    output: Input<f32>,
    log_sums: Input<f32>,
    d_output: Input<f32>,
    dq: Output<f32>,
    dk: Output<f32>,
    dv: Output<f32>,
    d_bias: Option<Output<f32>>,
    batch: u32,
    heads: u32,
    queries: u32,
    keys: u32,
    head_dim: u32,
    causal: bool,
    scale: f64,
    rate: f64,
    seed: f64,
    counter: f64,
) -> Result<()> {
    let sizes = Sizes::check([batch, heads, queries, keys, head_dim], causal, scale, [rate, seed, counter])?;
    let disjoint =
        disjoint(&[&q, &k, &v, &output, &log_sums, &d_output, &visible, &bias], &[&dq, &dk, &dv, &d_bias])?;
    let visible = visible.read(&disjoint, "visible", sizes.batch * sizes.keys)?;
    let bias = bias.read(&disjoint, "bias", sizes.pairs)?;
    backward(
        &sizes.attention(visible, bias),
        sizes.rows(q.read(&disjoint, "q", sizes.q)?, sizes.queries),
        sizes.rows(k.read(&disjoint, "k", sizes.k)?, sizes.keys),
        sizes.rows(v.read(&disjoint, "v", sizes.k)?, sizes.keys),
        output.read(&disjoint, "output", sizes.q)?,
        log_sums.read(&disjoint, "logSums", sizes.rows)?,
        d_output.read(&disjoint, "dOutput", sizes.q)?,
        Gradients::Separate {
            q: dq.write(&disjoint, "dq", sizes.q)?,
            k: dk.write(&disjoint, "dk", sizes.k)?,
            v: dv.write(&disjoint, "dv", sizes.k)?,
        },
        d_bias.write(&disjoint, "dBias", sizes.pairs)?,
    );
    Ok(())
}

pub fn attention_packed_backward(
    qkv: Input<f32>,
    visible: Option<Input<f32>>,
    bias: Option<Input<f32>>,
    output: Input<f32>,
    log_sums: Input<f32>,
    d_output: Input<f32>,
    d_qkv: Output<f32>,
    d_bias: Option<Output<f32>>,
    batch: u32,
    heads: u32,
    length: u32,
    head_dim: u32,
    causal: bool,
    scale: f64,
    rate: f64,
    seed: f64,
    counter: f64,
) -> Result<()> {
    let sizes = Sizes::check([batch, heads, length, length, head_dim], causal, scale, [rate, seed, counter])?;
    let disjoint = disjoint(&[&qkv, &output, &log_sums, &d_output, &visible, &bias], &[&d_qkv, &d_bias])?;
    let visible = visible.read(&disjoint, "visible", sizes.batch * sizes.keys)?;
    let bias = bias.read(&disjoint, "bias", sizes.pairs)?;
    let [q, k, v] = sizes.packed(qkv.read(&disjoint, "qkv", 3 * sizes.q)?);
    backward(
        &sizes.attention(visible, bias),
        q,
        k,
        v,
        output.read(&disjoint, "output", sizes.q)?,
        log_sums.read(&disjoint, "logSums", sizes.rows)?,
        d_output.read(&disjoint, "dOutput", sizes.q)?,
        Gradients::Packed(d_qkv.write(&disjoint, "dQkv", 3 * sizes.q)?),
        d_bias.write(&disjoint, "dBias", sizes.pairs)?,
    );
    Ok(())
}
