//! Attention from separate and from packed queries, keys and values, checked.

use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::attention::{Attention, Gradients, MOST_HEAD_DIM, Rows, backward, forward};
use crate::kernels::threefry::Mask;
use napi::Result;
use napi_derive::napi;

/// Everything but arrays, checked.
struct Sizes {
    batch: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    head_dim: usize,
    causal: bool,
    scale: f32,
    dropout: Option<Mask>,
    /// Numbers of q.
    q: usize,
    /// Numbers of k.
    k: usize,
    /// Queries of all heads.
    rows: usize,
    /// Numbers of a bias: queries with keys, of all heads.
    pairs: usize,
}

impl Sizes {
    fn check(
        [batch, heads, queries, keys, head_dim]: [u32; 5],
        causal: bool,
        scale: f64,
        [rate, seed, counter]: [f64; 3],
    ) -> Result<Self> {
        if !(1..=MOST_HEAD_DIM).contains(&(head_dim as usize)) {
            return Err(invalid(format!("head size {head_dim}: expected 1 to {MOST_HEAD_DIM}")));
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

    /// q, k and v side by side.
    fn packed<'a>(&self, numbers: &'a [f32]) -> [Rows<'a>; 3] {
        let width = self.width();
        [0, 1, 2].map(|i| Rows { numbers, sequence: self.keys, stride: 3 * width, offset: i * width })
    }
}

#[napi(catch_unwind)]
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
    let mut inputs = vec![q.span(), k.span(), v.span()];
    inputs.extend(visible.iter().chain(&bias).map(Input::span));
    let mut outputs = vec![output.span()];
    outputs.extend(log_sums.iter().map(Output::span));
    let apart = apart(&inputs, &outputs)?;
    let visible = visible.map(|seen| seen.read(&apart, "visible", sizes.batch * sizes.keys)).transpose()?;
    let bias = bias.map(|bias| bias.read(&apart, "bias", sizes.pairs)).transpose()?;
    forward(
        &sizes.attention(visible, bias),
        sizes.rows(q.read(&apart, "q", sizes.q)?, sizes.queries),
        sizes.rows(k.read(&apart, "k", sizes.k)?, sizes.keys),
        sizes.rows(v.read(&apart, "v", sizes.k)?, sizes.keys),
        output.write(&apart, "output", sizes.q)?,
        log_sums.map(|places| places.write(&apart, "logSums", sizes.rows)).transpose()?,
    );
    Ok(())
}

#[napi(catch_unwind)]
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
    let mut inputs = vec![qkv.span()];
    inputs.extend(visible.iter().chain(&bias).map(Input::span));
    let mut outputs = vec![output.span()];
    outputs.extend(log_sums.iter().map(Output::span));
    let apart = apart(&inputs, &outputs)?;
    let visible = visible.map(|seen| seen.read(&apart, "visible", sizes.batch * sizes.keys)).transpose()?;
    let bias = bias.map(|bias| bias.read(&apart, "bias", sizes.pairs)).transpose()?;
    let [q, k, v] = sizes.packed(qkv.read(&apart, "qkv", 3 * sizes.q)?);
    forward(
        &sizes.attention(visible, bias),
        q,
        k,
        v,
        output.write(&apart, "output", sizes.q)?,
        log_sums.map(|places| places.write(&apart, "logSums", sizes.rows)).transpose()?,
    );
    Ok(())
}

#[napi(catch_unwind)]
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
    let mut inputs = vec![q.span(), k.span(), v.span(), output.span(), log_sums.span(), d_output.span()];
    inputs.extend(visible.iter().chain(&bias).map(Input::span));
    let mut outputs = vec![dq.span(), dk.span(), dv.span()];
    outputs.extend(d_bias.iter().map(Output::span));
    let apart = apart(&inputs, &outputs)?;
    let visible = visible.map(|seen| seen.read(&apart, "visible", sizes.batch * sizes.keys)).transpose()?;
    let bias = bias.map(|bias| bias.read(&apart, "bias", sizes.pairs)).transpose()?;
    backward(
        &sizes.attention(visible, bias),
        sizes.rows(q.read(&apart, "q", sizes.q)?, sizes.queries),
        sizes.rows(k.read(&apart, "k", sizes.k)?, sizes.keys),
        sizes.rows(v.read(&apart, "v", sizes.k)?, sizes.keys),
        output.read(&apart, "output", sizes.q)?,
        log_sums.read(&apart, "logSums", sizes.rows)?,
        d_output.read(&apart, "dOutput", sizes.q)?,
        Gradients::Separate {
            q: dq.write(&apart, "dq", sizes.q)?,
            k: dk.write(&apart, "dk", sizes.k)?,
            v: dv.write(&apart, "dv", sizes.k)?,
        },
        d_bias.map(|d_bias| d_bias.write(&apart, "dBias", sizes.pairs)).transpose()?,
    );
    Ok(())
}

#[napi(catch_unwind)]
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
    let mut inputs = vec![qkv.span(), output.span(), log_sums.span(), d_output.span()];
    inputs.extend(visible.iter().chain(&bias).map(Input::span));
    let mut outputs = vec![d_qkv.span()];
    outputs.extend(d_bias.iter().map(Output::span));
    let apart = apart(&inputs, &outputs)?;
    let visible = visible.map(|seen| seen.read(&apart, "visible", sizes.batch * sizes.keys)).transpose()?;
    let bias = bias.map(|bias| bias.read(&apart, "bias", sizes.pairs)).transpose()?;
    let [q, k, v] = sizes.packed(qkv.read(&apart, "qkv", 3 * sizes.q)?);
    backward(
        &sizes.attention(visible, bias),
        q,
        k,
        v,
        output.read(&apart, "output", sizes.q)?,
        log_sums.read(&apart, "logSums", sizes.rows)?,
        d_output.read(&apart, "dOutput", sizes.q)?,
        Gradients::Packed(d_qkv.write(&apart, "dQkv", 3 * sizes.q)?),
        d_bias.map(|d_bias| d_bias.write(&apart, "dBias", sizes.pairs)).transpose()?,
    );
    Ok(())
}
