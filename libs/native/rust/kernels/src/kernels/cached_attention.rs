//! Attention of new tokens over cached keys and values [batch, capacity, width], of which the first `length` positions are
//! in use, including the new tokens.
//!
//! One token is limited by memory bandwidth: keys and values are read once, row by row, for all heads. Several tokens use the
//! tiles of `attention`.

use crate::buffers;
use crate::buffers::Shared;
use crate::kernel;
use crate::kernels::attention::{Attention, Rows, forward};
use crate::simd::{Simd, math};
use crate::threads;

/// Number of floats of keys per thread.
const LARGE: usize = 1 << 13;
/// Number of rows of values added at a time.
const TOGETHER: usize = 4;

/// Writes `output` [batch, tokens, heads · head_dim]: softmax(q kᵀ · scale + bias) v. `attention.keys` is the length and
/// `attention.queries` the number of new tokens; zeros for a query without visible keys.
///
/// # Panics
/// When sizes do not fit, or there is no memory.
pub fn cached_attention(attention: &Attention, q: Rows, keys: Rows, values: Rows, output: &mut [f32]) {
    if attention.queries != 1 {
        forward(attention, q, keys, values, output, None);
        return;
    }
    attention.check();
    let &Attention { batch, heads, keys: length, head_dim, scale, bias, .. } = attention;
    let width = heads * head_dim;
    q.check(attention, 1);
    keys.check(attention, length);
    values.check(attention, length);
    assert_eq!(output.len(), batch * width, "cached attention: output");
    if output.is_empty() {
        return;
    }
    let large = batch.saturating_mul(length).saturating_mul(width) >= LARGE;
    let parts = if large { threads::threads().div_ceil(batch).clamp(1, heads) } else { 1 };
    let stride = length.next_multiple_of(16); // of the scores of one head
    let mut scores = buffers::floats((batch * heads).saturating_mul(stride));
    let (scores, output) = (Shared::new(&mut scores), Shared::new(output));
    let job = |item: usize, _: usize| {
        let (sequence, part) = (item / parts, item % parts);
        let (first, end) = threads::split(heads, parts, 1, part);
        let token = Token {
            heads: end - first,
            head_dim,
            length,
            scale,
            q: q.start(attention, sequence, first),
            keys: keys.start(attention, sequence, first),
            key_stride: keys.stride,
            values: values.start(attention, sequence, first),
            value_stride: values.stride,
            visible: attention.visible.map(|visible| &visible[sequence * length..][..length]),
            bias: bias.map(|bias| &bias[first * length..end * length]),
            stride,
        };
        // SAFETY: rows are inside their arrays, which was checked; items have disjoint heads.
        unsafe {
            attend(
                &token,
                scores.at((sequence * heads + first) * stride),
                output.at(sequence * width + first * head_dim),
            );
        }
    };
    if large {
        threads::run(batch * parts, job);
    } else {
        (0..batch * parts).for_each(|item| job(item, 0));
    }
}

/// A range of heads of one token.
struct Token<'a> {
    heads: usize,
    head_dim: usize,
    length: usize,
    scale: f32,
    q: *const f32,
    keys: *const f32,
    key_stride: usize,
    values: *const f32,
    value_stride: usize,
    visible: Option<&'a [f32]>,
    /// [heads, length]
    bias: Option<&'a [f32]>,
    /// Stride of the scores between heads.
    stride: usize,
}

kernel! {
    /// # Safety
    /// The addresses are valid for the token's sizes; `scores` has room for its heads, `output` for their columns.
    unsafe fn attend<S>(token: &Token, scores: *mut f32, output: *mut f32) {
        for t in 0..token.length {
            let key = token.keys.add(t * token.key_stride);
            for head in 0..token.heads {
                let at = head * token.head_dim;
                let score = dot::<S>(token.q.add(at), key.add(at), token.head_dim);
                *scores.add(head * token.stride + t) = score * token.scale;
            }
        }
        for head in 0..token.heads {
            let scores = std::slice::from_raw_parts_mut(scores.add(head * token.stride), token.length);
            if let Some(bias) = token.bias {
                for (score, bias) in scores.iter_mut().zip(&bias[head * token.length..]) {
                    *score += bias;
                }
            }
            softmax::<S>(scores, token.visible);
        }
        let width = token.heads * token.head_dim;
        std::slice::from_raw_parts_mut(output, width).fill(0.0);
        let mut t = 0;
        while t + TOGETHER <= token.length {
            mix::<S, TOGETHER>(token, t, scores, output);
            t += TOGETHER;
        }
        while t < token.length {
            mix::<S, 1>(token, t, scores, output);
            t += 1;
        }
    }
}

#[inline(always)]
unsafe fn dot<S: Simd>(a: *const f32, b: *const f32, count: usize) -> f32 {
    // SAFETY: both have `count` elements.
    unsafe {
        let mut sums = S::zero();
        let mut i = 0;
        while i + S::LANES <= count {
            sums = S::fma(S::load(a.add(i)), S::load(b.add(i)), sums);
            i += S::LANES;
        }
        if i < count {
            sums = S::fma(S::load_part(a.add(i), count - i), S::load_part(b.add(i), count - i), sums);
        }
        S::sum(sums)
    }
}

/// Replaces the scores of one head by its weights; all 0 if no key is visible.
#[inline(always)]
unsafe fn softmax<S: Simd>(scores: &mut [f32], visible: Option<&[f32]>) {
    // SAFETY: no vector reaches beyond the scores.
    unsafe {
        if let Some(visible) = visible {
            for (score, &seen) in scores.iter_mut().zip(visible) {
                if seen == 0.0 {
                    *score = f32::NEG_INFINITY;
                }
            }
        }
        let lowest = S::splat(f32::NEG_INFINITY);
        let mut largest = lowest;
        for part in scores.chunks(S::LANES) {
            let v = S::select(S::first(part.len()), S::load_part(part.as_ptr(), part.len()), lowest);
            largest = S::max(v, largest);
        }
        let largest = S::largest(largest);
        if largest == f32::NEG_INFINITY {
            return scores.fill(0.0);
        }
        let mut sums = S::zero();
        for part in scores.chunks_mut(S::LANES) {
            let v = S::sub(S::load_part(part.as_ptr(), part.len()), S::splat(largest));
            let e = S::keep(S::first(part.len()), math::exp::<S>(v));
            sums = S::add(sums, e);
            S::store_part(part.as_mut_ptr(), e, part.len());
        }
        let factor = S::splat(1.0 / S::sum(sums));
        for part in scores.chunks_mut(S::LANES) {
            let e = S::mul(S::load_part(part.as_ptr(), part.len()), factor);
            S::store_part(part.as_mut_ptr(), e, part.len());
        }
    }
}

/// Adds N rows of values, each times its weight, to the output.
#[inline(always)]
unsafe fn mix<S: Simd, const N: usize>(token: &Token, t: usize, weights: *const f32, output: *mut f32) {
    // SAFETY: rows and columns are in range for the token.
    unsafe {
        let values = token.values.add(t * token.value_stride);
        for head in 0..token.heads {
            let at = head * token.head_dim;
            let mut of_head = [S::zero(); N];
            for i in 0..N {
                of_head[i] = S::splat(*weights.add(head * token.stride + t + i));
            }
            let (values, output) = (values.add(at), output.add(at));
            let mut c = 0;
            while c + S::LANES <= token.head_dim {
                let mut sums = S::load(output.add(c));
                for i in 0..N {
                    sums = S::fma(of_head[i], S::load(values.add(i * token.value_stride + c)), sums);
                }
                S::store(output.add(c), sums);
                c += S::LANES;
            }
            if c < token.head_dim {
                let part = token.head_dim - c;
                let mut sums = S::load_part(output.add(c), part);
                for i in 0..N {
                    let value = S::load_part(values.add(i * token.value_stride + c), part);
                    sums = S::fma(of_head[i], value, sums);
                }
                S::store_part(output.add(c), sums, part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared with the tiles of `attention`, which are tested against the definition.
    #[test]
    fn one_token_matches_attention() {
        let number = |i: usize| ((i * 7919 + 13) % 2003) as f32 / 1000.0 - 1.0;
        for (batch, heads, length, capacity, head_dim) in
            [(1, 1, 1, 1, 1), (2, 3, 7, 9, 5), (1, 4, 33, 64, 32), (3, 2, 50, 50, 20), (1, 12, 200, 256, 64)]
        {
            let width = heads * head_dim;
            let fresh = length.min(3);
            let q: Vec<f32> = (0..batch * fresh * 3 * width).map(number).collect();
            let keys: Vec<f32> = (0..batch * capacity * width).map(|i| number(i + 5)).collect();
            let values: Vec<f32> = (0..batch * capacity * width).map(|i| number(i + 9)).collect();
            let mut visible: Vec<f32> = (0..batch * length).map(|i| (i % 3) as f32).collect();
            visible[..length].fill(if batch > 1 { 0.0 } else { 1.0 });
            let bias: Vec<f32> = (0..heads * fresh * length).map(|i| 2.0 * number(i + 11)).collect();
            let of_last: Vec<f32> =
                bias.chunks(fresh * length).flat_map(|head| &head[(fresh - 1) * length..]).copied().collect();
            for (visible, biased) in [(None, false), (Some(&visible[..]), false), (Some(&visible[..]), true)]
            {
                let several = Attention {
                    batch,
                    heads,
                    queries: fresh,
                    keys: length,
                    head_dim,
                    causal: true,
                    scale: 0.7,
                    visible,
                    bias: biased.then_some(&bias[..]),
                    dropout: None,
                };
                let cached = |numbers| Rows { numbers, sequence: capacity, stride: width, offset: 0 };
                let of_q = |sequence, offset| Rows { numbers: &q, sequence, stride: 3 * width, offset };
                let mut expected = vec![f32::NAN; batch * fresh * width];
                cached_attention(&several, of_q(fresh, 0), cached(&keys), cached(&values), &mut expected);
                let mut output = vec![f32::NAN; batch * width];
                let one = Attention { queries: 1, bias: biased.then_some(&of_last[..]), ..several };
                let last = of_q(fresh, (fresh - 1) * 3 * width);
                cached_attention(&one, last, cached(&keys), cached(&values), &mut output);
                for (b, row) in output.chunks(width).enumerate() {
                    let expected = &expected[(b * fresh + fresh - 1) * width..][..width];
                    for (&a, &b) in row.iter().zip(expected) {
                        assert!((a - b).abs() < 3e-6, "{a}, expected {b}");
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "beyond their array")]
    fn length_beyond_the_capacity_panics() {
        let numbers = [0.0; 8];
        let rows = Rows { numbers: &numbers, sequence: 2, stride: 4, offset: 0 };
        let attention = Attention {
            batch: 1,
            heads: 1,
            queries: 1,
            keys: 3,
            head_dim: 4,
            causal: true,
            scale: 1.0,
            visible: None,
            bias: None,
            dropout: None,
        };
        cached_attention(&attention, rows, rows, rows, &mut [0.0; 4]);
    }
}
