//! Comparison with the definition in double precision, for many sizes and options.

use super::*;
use crate::kernels::threefry::reference;

/// Xorshift random numbers in (-1, 1).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / 8388608.0 - 1.0
    }

    fn list(&mut self, count: usize, size: f32) -> Vec<f32> {
        (0..count).map(|_| size * self.next()).collect()
    }
}

/// Output, and the gradients of q, k, v and the bias.
struct Truth {
    output: Vec<f64>,
    dq: Vec<f64>,
    dk: Vec<f64>,
    dv: Vec<f64>,
    d_bias: Vec<f64>,
}

/// From the formulas; q, k and v are dense.
fn truth(attention: &Attention, q: &[f32], k: &[f32], v: &[f32], dy: &[f32]) -> Truth {
    let &Attention { batch, heads, queries, keys, head_dim, causal, scale, .. } = attention;
    let width = heads * head_dim;
    let mut t = Truth {
        output: vec![0.0; q.len()],
        dq: vec![0.0; q.len()],
        dk: vec![0.0; k.len()],
        dv: vec![0.0; v.len()],
        d_bias: vec![0.0; heads * queries * keys],
    };
    for at in 0..batch * heads {
        let (b, h) = (at / heads, at % heads);
        for i in 0..queries {
            let query = (b * queries + i) * width + h * head_dim;
            let key = |j: usize| (b * keys + j) * width + h * head_dim;
            let dot = |a: &[f32], x: usize, b: &[f32], y: usize| -> f64 {
                (0..head_dim).map(|d| f64::from(a[x + d]) * f64::from(b[y + d])).sum()
            };
            let seen: Vec<usize> = (0..keys)
                .filter(|&j| !causal || j + queries <= i + keys)
                .filter(|&j| attention.visible.is_none_or(|visible| visible[b * keys + j] != 0.0))
                .collect();
            let pair = |j: usize| (h * queries + i) * keys + j;
            let bias = |j: usize| f64::from(attention.bias.map_or(0.0, |bias| bias[pair(j)]));
            let scores: Vec<f64> =
                seen.iter().map(|&j| dot(q, query, k, key(j)) * f64::from(scale) + bias(j)).collect();
            let largest = scores.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            let sum: f64 = scores.iter().map(|s| (s - largest).exp()).sum();
            let weights: Vec<f64> = scores.iter().map(|s| (s - largest).exp() / sum).collect();
            let row = at * queries.next_multiple_of(TILE_ROWS) + i;
            let factors: Vec<f64> = seen
                .iter()
                .map(|&j| attention.dropout.map_or(1.0, |mask| reference::factor(&mask, keys, row, j).into()))
                .collect();
            let above: Vec<f64> =
                seen.iter().zip(&factors).map(|(&j, f)| f * dot(dy, query, v, key(j))).collect();
            let mean: f64 = weights.iter().zip(&above).map(|(w, a)| w * a).sum();
            for (n, &j) in seen.iter().enumerate() {
                let used = weights[n] * factors[n];
                let d_score = weights[n] * (above[n] - mean);
                t.d_bias[pair(j)] += d_score;
                let d_score = d_score * f64::from(scale);
                for d in 0..head_dim {
                    t.output[query + d] += used * f64::from(v[key(j) + d]);
                    t.dv[key(j) + d] += used * f64::from(dy[query + d]);
                    t.dq[query + d] += d_score * f64::from(k[key(j) + d]);
                    t.dk[key(j) + d] += d_score * f64::from(q[query + d]);
                }
            }
        }
    }
    t
}

fn largest_difference(what: &str, given: &[f32], expected: &[f64]) {
    assert_eq!(given.len(), expected.len());
    let size = expected.iter().fold(0.1, |a: f64, b| a.max(b.abs()));
    for (i, (&a, &b)) in given.iter().zip(expected).enumerate() {
        assert!((f64::from(a) - b).abs() <= 4e-6 * size, "{what} at {i}: {a}, expected {b} (of {size})");
    }
}

/// Checks forward and backward, with separate arrays, and with packed ones if there are as many queries as keys.
fn check(attention: &Attention, seed: u64) {
    let &Attention { batch, heads, queries, keys, head_dim, .. } = attention;
    let width = heads * head_dim;
    let mut numbers = Numbers(seed * 2_654_435_761 + 1);
    let q = numbers.list(batch * queries * width, 2.0);
    let k = numbers.list(batch * keys * width, 2.0);
    let v = numbers.list(batch * keys * width, 1.0);
    let dy = numbers.list(q.len(), 1.0);
    let truth = truth(attention, &q, &k, &v, &dy);

    let rows = |numbers, sequence| Rows { numbers, sequence, stride: width, offset: 0 };
    let mut output = vec![f32::NAN; q.len()];
    let mut log_sums = vec![f32::NAN; batch * heads * queries];
    forward(attention, rows(&q, queries), rows(&k, keys), rows(&v, keys), &mut output, Some(&mut log_sums));
    largest_difference("output", &output, &truth.output);

    let mut dq = vec![f32::NAN; q.len()];
    let (mut dk, mut dv) = (vec![f32::NAN; k.len()], vec![f32::NAN; k.len()]);
    let mut d_bias = vec![f32::NAN; attention.bias.map_or(0, <[f32]>::len)];
    let gradients = Gradients::Separate { q: &mut dq, k: &mut dk, v: &mut dv };
    backward(
        attention,
        rows(&q, queries),
        rows(&k, keys),
        rows(&v, keys),
        &output,
        &log_sums,
        &dy,
        gradients,
        attention.bias.map(|_| &mut d_bias[..]),
    );
    largest_difference("dq", &dq, &truth.dq);
    largest_difference("dk", &dk, &truth.dk);
    largest_difference("dv", &dv, &truth.dv);
    if attention.bias.is_some() {
        largest_difference("d_bias", &d_bias, &truth.d_bias);
    }

    if queries != keys {
        return;
    }
    let mut packed = vec![0.0; 3 * q.len()];
    for (row, to) in packed.chunks_mut((3 * width).max(1)).enumerate() {
        for (i, from) in [&q, &k, &v].into_iter().enumerate() {
            to[i * width..][..width].copy_from_slice(&from[row * width..][..width]);
        }
    }
    let part = |i| Rows { numbers: &packed, sequence: keys, stride: 3 * width, offset: i * width };
    let (mut again, mut logs_again) = (vec![f32::NAN; q.len()], vec![f32::NAN; log_sums.len()]);
    forward(attention, part(0), part(1), part(2), &mut again, Some(&mut logs_again));
    assert_eq!(again, output);
    assert_eq!(logs_again, log_sums);
    let mut gradient = vec![f32::NAN; packed.len()];
    let to = Gradients::Packed(&mut gradient);
    backward(attention, part(0), part(1), part(2), &output, &log_sums, &dy, to, None);
    for (row, from) in gradient.chunks((3 * width).max(1)).enumerate() {
        for (i, to) in [&dq, &dk, &dv].into_iter().enumerate() {
            assert_eq!(from[i * width..][..width], to[row * width..][..width]);
        }
    }
}

fn plain(batch: usize, heads: usize, queries: usize, keys: usize, head_dim: usize) -> Attention<'static> {
    let scale = 1.0 / (head_dim as f32).sqrt();
    let (causal, visible, bias, dropout) = (false, None, None, None);
    Attention { batch, heads, queries, keys, head_dim, causal, scale, visible, bias, dropout }
}

#[test]
fn many_sizes() {
    for (seed, (batch, heads, queries, keys, head_dim)) in [
        (1, 1, 1, 1, 1),
        (2, 3, 5, 5, 7),
        (1, 2, 8, 8, 16),
        (2, 2, 33, 33, 32),
        (1, 4, 64, 64, 32),
        (1, 1, 100, 100, 64),
        (1, 2, 17, 40, 24),
        (2, 1, 3, 70, 65),
        (1, 1, 9, 300, 20),
        (1, 1, 1, 257, 8),
        (1, 1, 20, 12, 256),
        (3, 1, 2, 1, 3),
    ]
    .into_iter()
    .enumerate()
    {
        for causal in [false, true] {
            if causal && queries > keys {
                continue;
            }
            let attention = Attention { causal, ..plain(batch, heads, queries, keys, head_dim) };
            check(&attention, seed as u64);
            check(&Attention { dropout: Some(Mask::new(0.3, 5, 6)), ..attention }, seed as u64);
        }
    }
}

#[test]
fn queries_without_visible_keys_get_zeros() {
    let mut numbers = Numbers(3);
    for (queries, keys) in [(10, 10), (7, 30), (20, 300)] {
        let mut visible: Vec<f32> =
            (0..2 * keys).map(|_| if numbers.next() < 0.0 { 0.0 } else { 2.0 }).collect();
        visible[keys..].fill(0.0); // the second sequence is all padding
        visible[0] = 0.0;
        for causal in [false, true] {
            let visible = Some(&visible[..]);
            let attention = Attention { causal, visible, ..plain(2, 2, queries, keys, 12) };
            check(&attention, 1);
            check(&Attention { dropout: Some(Mask::new(0.5, 1, 2)), ..attention }, 2);
        }
    }
}

#[test]
fn long_sequences_on_several_threads() {
    for count in [1, 2, 3] {
        threads::set_threads(count);
        for causal in [false, true] {
            let attention = Attention { causal, ..plain(1, 1, 600, 600, 16) };
            check(&attention, 1);
            check(&Attention { dropout: Some(Mask::new(0.1, 1, 2)), ..attention }, 2);
            check(&Attention { causal, ..plain(1, 1, 70, 530, 33) }, 3);
            check(&Attention { causal, ..plain(1, 3, 128, 256, 32) }, 4);
        }
    }
}

#[test]
fn bias_and_its_gradient() {
    for count in [1, 2, 3] {
        threads::set_threads(count);
        for (batch, heads, queries, keys, head_dim) in [
            (1, 1, 1, 1, 1),
            (3, 2, 5, 5, 7),
            (2, 3, 33, 33, 16),
            (2, 1, 3, 70, 65),
            (2, 2, 20, 12, 64),
            (1, 1, 9, 300, 20),
            (2, 1, 130, 530, 33),
            (3, 1, 128, 256, 32),
        ] {
            let mut numbers = Numbers(keys as u64);
            let bias = numbers.list(heads * queries * keys, 3.0);
            let mut visible: Vec<f32> =
                (0..batch * keys).map(|_| if numbers.next() < -0.3 { 0.0 } else { 1.0 }).collect();
            visible[..keys].fill(0.0); // the first sequence is all padding
            for causal in [false, queries <= keys] {
                let attention =
                    Attention { causal, bias: Some(&bias), ..plain(batch, heads, queries, keys, head_dim) };
                check(&attention, 1);
                check(&Attention { visible: Some(&visible), ..attention }, 2);
                check(&Attention { dropout: Some(Mask::new(0.3, 5, 6)), ..attention }, 3);
            }
        }
    }
}

#[test]
#[should_panic(expected = "attention: bias")]
fn a_bias_of_another_size_is_refused() {
    let numbers = [0.0; 12];
    let rows = Rows { numbers: &numbers, sequence: 3, stride: 4, offset: 0 };
    let attention = Attention { bias: Some(&[0.0; 8]), ..plain(1, 1, 3, 3, 4) };
    forward(&attention, rows, rows, rows, &mut [0.0; 12], None);
}

#[test]
#[should_panic(expected = "attention: gradient of the bias")]
fn a_gradient_of_the_bias_of_another_size_is_refused() {
    let numbers = [0.0; 12];
    let rows = Rows { numbers: &numbers, sequence: 3, stride: 4, offset: 0 };
    let [mut q, mut k, mut v] = [[0.0; 12]; 3];
    let to = Gradients::Separate { q: &mut q, k: &mut k, v: &mut v };
    let d_bias = Some(&mut [0.0; 10][..]);
    backward(&plain(1, 1, 3, 3, 4), rows, rows, rows, &numbers, &[0.0; 3], &numbers, to, d_bias);
}

#[test]
fn empty_sizes() {
    check(&plain(0, 1, 3, 3, 4), 1);
    check(&plain(2, 2, 0, 0, 4), 1);
    check(&plain(2, 2, 0, 5, 4), 1);
    check(&plain(2, 2, 9, 0, 4), 1);
}

#[test]
fn large_scores_keep_precision() {
    // each query is 30 times its own key: nearly all weight there
    let (n, d) = (40, 16);
    let k = Numbers(9).list(n * d, 1.0);
    let q: Vec<f32> = k.iter().map(|x| 30.0 * x).collect();
    let attention = Attention { scale: 1.0, causal: true, ..plain(1, 1, n, n, d) };
    let truth = truth(&attention, &q, &k, &k, &k);
    let rows = |numbers| Rows { numbers, sequence: n, stride: d, offset: 0 };
    let mut output = vec![0.0; n * d];
    forward(&attention, rows(&q), rows(&k), rows(&k), &mut output, None);
    for (&a, &b) in output.iter().zip(&truth.output) {
        assert!((f64::from(a) - b).abs() < 1e-4, "{a}, expected {b}");
    }
}

#[test]
#[should_panic(expected = "beyond their array")]
fn rows_beyond_their_array_are_refused() {
    let numbers = [0.0; 30];
    let rows = |offset| Rows { numbers: &numbers, sequence: 3, stride: 12, offset };
    forward(&plain(1, 1, 3, 3, 4), rows(0), rows(2), rows(3), &mut [0.0; 12], None);
}

#[test]
#[should_panic(expected = "more causal queries than keys")]
fn causal_queries_beyond_the_keys_are_refused() {
    let numbers = [0.0; 12];
    let rows = Rows { numbers: &numbers, sequence: 3, stride: 4, offset: 0 };
    let attention = Attention { causal: true, ..plain(1, 1, 3, 2, 4) };
    forward(&attention, rows, rows, rows, &mut [0.0; 12], None);
}
