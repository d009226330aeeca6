//! Comparison with plain loops in double precision, and of gradients with finite differences.

use super::*;

/// Pseudorandom numbers in (-1, 1).
fn numbers(count: usize, seed: u32) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9).wrapping_add(0x7f4a_7c15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0
    };
    (0..count).map(|_| f64::from(next() as f32)).collect()
}

fn single(from: &[f64]) -> Vec<f32> {
    from.iter().map(|&x| x as f32).collect()
}

/// x, weight_ih, weight_hh, bias_ih, bias_hh, state.
type Inputs = [Vec<f64>; 6];

fn inputs(kind: Kind, sizes: Sizes, seed: u32) -> Inputs {
    let Sizes { batch, steps, inputs, hidden } = sizes;
    let width = kind.blocks() * hidden;
    let scale = 1.5 / (hidden as f64).sqrt();
    let counts = [batch * steps * inputs, width * inputs, width * hidden, width, width, batch * hidden];
    let mut place = 0;
    counts.map(|count| {
        place += 1;
        let shrink = if place == 2 || place == 3 { scale } else { 1.0 };
        numbers(count, seed + place).iter().map(|x| x * shrink).collect()
    })
}

/// All states [B, T, H], and with a GRU the gates r, z, n of each.
fn truth(
    kind: Kind,
    sizes: Sizes,
    [x, ih, hh, bias_ih, bias_hh, state]: &Inputs,
) -> (Vec<f64>, Vec<[f64; 3]>) {
    let Sizes { batch, steps, inputs, hidden } = sizes;
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (mut output, mut gates) = (Vec::new(), Vec::new());
    for b in 0..batch {
        let mut h = state[b * hidden..][..hidden].to_vec();
        for t in 0..steps {
            let x = &x[(b * steps + t) * inputs..][..inputs];
            let projection = |weights: &[f64], bias: &[f64], x: &[f64], row: usize| -> f64 {
                bias[row] + x.iter().zip(&weights[row * x.len()..]).map(|(a, b)| a * b).sum::<f64>()
            };
            let next: Vec<f64> = (0..hidden)
                .map(|j| {
                    let i = |block: usize| projection(ih, bias_ih, x, block * hidden + j);
                    let s = |block: usize| projection(hh, bias_hh, &h, block * hidden + j);
                    match kind {
                        Kind::Tanh => (i(0) + s(0)).tanh(),
                        Kind::Relu => (i(0) + s(0)).max(0.0),
                        Kind::Gru => {
                            let (r, z) = (sigmoid(i(0) + s(0)), sigmoid(i(1) + s(1)));
                            let n = (i(2) + r * s(2)).tanh();
                            gates.push([r, z, n]);
                            (1.0 - z) * n + z * h[j]
                        }
                    }
                })
                .collect();
            h = next;
            output.extend(&h);
        }
    }
    (output, gates)
}

fn close(name: &str, actual: &[f32], expected: &[f64], limit: f64) {
    assert_eq!(actual.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(0.1, |scale: f64, x| scale.max(x.abs()));
    for (i, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        assert!((f64::from(a) - e).abs() <= limit * scale, "{name}[{i}]: {a}, expected {e}");
    }
}

const KINDS: [Kind; 3] = [Kind::Tanh, Kind::Relu, Kind::Gru];

fn sizes(batch: usize, steps: usize, inputs: usize, hidden: usize) -> Sizes {
    Sizes { batch, steps, inputs, hidden }
}

struct Outcome {
    output: Vec<f32>,
    last: Vec<f32>,
    kept: Vec<f32>,
}

fn run(kind: Kind, sizes: Sizes, all: &Inputs, keep: bool) -> Outcome {
    let [x, ih, hh, bias_ih, bias_hh, state] = all.each_ref().map(|values| single(values));
    let layer = Layer { kind, sizes, x: &x, weight_ih: &ih, weight_hh: &hh, state: Some(&state) };
    let rows = sizes.batch * sizes.steps;
    let mut output = vec![f32::NAN; rows * sizes.hidden];
    let mut last = vec![f32::NAN; sizes.batch * sizes.hidden];
    let mut kept = vec![f32::NAN; if keep { rows * kind.kept() * sizes.hidden } else { 0 }];
    let kept_here = keep.then_some(&mut kept[..]);
    forward(&layer, [Some(&bias_ih), Some(&bias_hh)], &mut output, &mut last, kept_here);
    Outcome { output, last, kept }
}

#[test]
fn states_and_gates_match_plain_loops() {
    let shapes: &[Sizes] = if cfg!(miri) {
        &[sizes(2, 2, 3, 5)]
    } else {
        &[
            sizes(1, 1, 1, 1),
            sizes(3, 4, 5, 7),
            sizes(33, 3, 20, 40),
            sizes(2, 9, 3, 16),
            sizes(5, 2, 70, 97),
            sizes(4, 3, 0, 8),
        ]
    };
    for kind in KINDS {
        for (seed, &sizes) in shapes.iter().enumerate() {
            let all = inputs(kind, sizes, 10 * seed as u32 + 1);
            let (expected, gates) = truth(kind, sizes, &all);
            for keep in [false, true] {
                let Outcome { output, last, kept } = run(kind, sizes, &all, keep);
                close("output", &output, &expected, 2e-5);
                for (b, last) in last.chunks(sizes.hidden).enumerate() {
                    assert_eq!(last, &output[((b + 1) * sizes.steps - 1) * sizes.hidden..][..sizes.hidden]);
                }
                if keep && kind == Kind::Gru {
                    for (row, kept) in kept.chunks(4 * sizes.hidden).enumerate() {
                        for gate in 0..3 {
                            let of_row = &gates[row * sizes.hidden..][..sizes.hidden];
                            let expected: Vec<f64> = of_row.iter().map(|gates| gates[gate]).collect();
                            close("gate", &kept[gate * sizes.hidden..][..sizes.hidden], &expected, 2e-5);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn gradients_match_finite_differences() {
    let shapes: &[Sizes] =
        if cfg!(miri) { &[sizes(1, 2, 2, 3)] } else { &[sizes(3, 4, 2, 5), sizes(2, 1, 3, 2)] };
    for kind in KINDS {
        for &sizes in shapes {
            let mut all = inputs(kind, sizes, 77);
            if kind == Kind::Relu {
                all[3].iter_mut().for_each(|bias| *bias += 1.0); // mostly away from 0
            }
            let states = sizes.batch * sizes.hidden;
            let cotangent = numbers(states * sizes.steps, 5);
            let cotangent_last = numbers(states, 6);
            let loss = |all: &Inputs| -> f64 {
                let (output, _) = truth(kind, sizes, all);
                let along: f64 = output.iter().zip(&cotangent).map(|(a, b)| a * b).sum();
                let at_last: f64 = (0..states)
                    .map(|at| {
                        let (b, j) = (at / sizes.hidden, at % sizes.hidden);
                        output[((b + 1) * sizes.steps - 1) * sizes.hidden + j] * cotangent_last[at]
                    })
                    .sum();
                along + at_last
            };
            let Outcome { output, kept, .. } = run(kind, sizes, &all, true);
            let [x, ih, hh, _, _, state] = all.each_ref().map(|values| single(values));
            let layer = Layer { kind, sizes, x: &x, weight_ih: &ih, weight_hh: &hh, state: Some(&state) };
            let mut actual = all.each_ref().map(|values| vec![f32::NAN; values.len()]);
            let [dx, d_ih, d_hh, d_bias_ih, d_bias_hh, d_state] = &mut actual;
            backward(
                &layer,
                &output,
                &kept,
                Some(&single(&cotangent)),
                Some(&single(&cotangent_last)),
                Gradients {
                    x: dx,
                    weight_ih: d_ih,
                    weight_hh: d_hh,
                    bias_ih: Some(d_bias_ih),
                    bias_hh: Some(d_bias_hh),
                    state: Some(d_state),
                },
            );
            for place in 0..6 {
                let expected: Vec<f64> = (0..all[place].len())
                    .map(|i| {
                        let at = |step: f64| {
                            let mut moved = all.clone();
                            moved[place][i] += step;
                            loss(&moved)
                        };
                        (at(1e-5) - at(-1e-5)) / 2e-5
                    })
                    .collect();
                close(&format!("{kind:?} {place}"), &actual[place], &expected, 2e-5);
            }
        }
    }
}

#[test]
fn missing_arguments_count_as_zero() {
    for kind in KINDS {
        let sizes = sizes(3, 2, 4, 6);
        let mut all = inputs(kind, sizes, 3);
        for optional in &mut all[3..] {
            optional.fill(0.0);
        }
        let expected = run(kind, sizes, &all, false);
        let [x, ih, hh, ..] = all.each_ref().map(|values| single(values));
        let layer = Layer { kind, sizes, x: &x, weight_ih: &ih, weight_hh: &hh, state: None };
        let (mut output, mut last) = (vec![f32::NAN; 36], vec![f32::NAN; 18]);
        forward(&layer, [None, None], &mut output, &mut last, None);
        assert_eq!(output, expected.output);
        assert_eq!(last, expected.last);
    }
}

#[test]
fn empty_sequences() {
    for kind in KINDS {
        for sizes in [sizes(0, 3, 2, 4), sizes(3, 0, 2, 4)] {
            let all = inputs(kind, sizes, 3);
            let Outcome { output, last, kept } = run(kind, sizes, &all, true);
            assert_eq!(last, single(&all[5]));
            let [x, ih, hh, _, _, state] = all.each_ref().map(|values| single(values));
            let layer = Layer { kind, sizes, x: &x, weight_ih: &ih, weight_hh: &hh, state: Some(&state) };
            let mut actual = all.each_ref().map(|values| vec![f32::NAN; values.len()]);
            let [dx, d_ih, d_hh, d_bias_ih, d_bias_hh, d_state] = &mut actual;
            let (bias_ih, bias_hh) = (Some(&mut d_bias_ih[..]), Some(&mut d_bias_hh[..]));
            let gradients =
                Gradients { x: dx, weight_ih: d_ih, weight_hh: d_hh, bias_ih, bias_hh, state: Some(d_state) };
            backward(&layer, &output, &kept, None, Some(&last), gradients);
            assert!(actual[1..5].iter().flatten().all(|&x| x == 0.0));
            assert_eq!(actual[5], last);
        }
    }
}
