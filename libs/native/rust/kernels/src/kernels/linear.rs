//! The linear layer with bias and activation, and its gradients. Weights are [outputs, inputs].

use super::activations::{Activation, Function, Gelu, GeluTanh, Relu};
use crate::buffers::Shared;
use crate::product::{
    Element, Epilogue, FEW, GradientOutputs, Matrix, OutputGradient, Precision, few_rows, gradients, load,
    product, store,
};
use crate::simd::Simd;
use std::marker::PhantomData;

/// y [rows, outputs] = activation(x [rows, inputs] · Wᵀ + bias [outputs]). `pre_activation` [rows, outputs], if given,
/// receives the input of the activation. W comes with its row stride.
///
/// # Panics
/// When an array has fewer elements.
pub fn linear_forward<W: Element>(
    x: &[f32],
    w: (&[W], usize),
    bias: Option<&[f32]>,
    y: &mut [f32],
    pre_activation: Option<&mut [f32]>,
    rows: usize,
    inputs: usize,
    outputs: usize,
    activation: Option<Activation>,
    precision: Precision,
) {
    let pre_activation =
        pre_activation.map(|pre_activation| (pre_activation.len(), Shared::new(pre_activation)));
    let sizes = (rows, inputs, outputs, precision);
    match activation {
        None => forward(x, w, y, sizes, &Affine::<Same>::new(bias, pre_activation, outputs)),
        Some(Activation::Relu) => {
            forward(x, w, y, sizes, &Affine::<Relu>::new(bias, pre_activation, outputs))
        }
        Some(Activation::Gelu) => {
            forward(x, w, y, sizes, &Affine::<Gelu>::new(bias, pre_activation, outputs))
        }
        Some(Activation::GeluTanh) => {
            forward(x, w, y, sizes, &Affine::<GeluTanh>::new(bias, pre_activation, outputs))
        }
    }
}

fn forward<W: Element>(
    x: &[f32],
    (w, stride): (&[W], usize),
    y: &mut [f32],
    (rows, inputs, outputs, precision): (usize, usize, usize, Precision),
    epilogue: &impl Epilogue,
) {
    if rows <= FEW {
        few_rows(x, rows, inputs, (w, stride), outputs, y, epilogue);
    } else {
        let (x, w) = (Matrix::rows(x, inputs), Matrix::transposed(w, stride).with(precision));
        product(x, rows, inputs, w, outputs, y, outputs, false, epilogue);
    }
}

/// Gradients from dy [rows, outputs]. `kept` [rows, outputs] determines the activation's derivative: the output for relu,
/// the pre-activation for GELU.
///
/// # Panics
/// When an array has fewer elements, or `kept` is missing.
pub fn linear_backward(
    dy: &[f32],
    x: &[f32],
    w: &[f32],
    kept: Option<&[f32]>,
    targets: GradientOutputs,
    rows: usize,
    inputs: usize,
    outputs: usize,
    activation: Option<Activation>,
    precision: Precision,
) {
    let kept = match activation {
        None => dy,
        Some(_) => kept.expect("an activation's gradient needs what was kept of the forward pass"),
    };
    let size = rows.checked_mul(outputs).expect("sizes of a matrix in memory");
    assert!(dy.len() >= size && kept.len() >= size, "gradients of fewer than {rows} rows of {outputs}");
    match activation {
        None => gradients(&Given { dy, outputs }, rows, outputs, inputs, x, w, targets, precision),
        Some(Activation::Relu) => {
            gradients(&Times::<Relu>::new(dy, kept, outputs), rows, outputs, inputs, x, w, targets, precision)
        }
        Some(Activation::Gelu) => {
            gradients(&Times::<Gelu>::new(dy, kept, outputs), rows, outputs, inputs, x, w, targets, precision)
        }
        Some(Activation::GeluTanh) => gradients(
            &Times::<GeluTanh>::new(dy, kept, outputs),
            rows,
            outputs,
            inputs,
            x,
            w,
            targets,
            precision,
        ),
    }
}

/// No activation.
struct Same;

impl Function for Same {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        x
    }
    #[inline(always)]
    unsafe fn derivative<S: Simd>(_x: S::V) -> S::V {
        // SAFETY: as this function.
        unsafe { S::splat(1.0) }
    }
}

/// Adds the bias, stores the pre-activation if requested, applies the activation.
struct Affine<'a, F> {
    bias: Option<&'a [f32]>,
    /// Row length and address.
    pre_activation: Option<(usize, Shared<f32>)>,
    columns: usize,
    function: PhantomData<fn() -> F>,
}

impl<'a, F> Affine<'a, F> {
    fn new(bias: Option<&'a [f32]>, pre_activation: Option<(usize, Shared<f32>)>, columns: usize) -> Self {
        Self { bias, pre_activation, columns, function: PhantomData }
    }
}

impl<F: Function> Epilogue for Affine<'_, F> {
    fn check(&self, rows: usize, columns: usize) {
        assert!(
            columns == self.columns && self.bias.is_none_or(|bias| bias.len() >= columns),
            "too short a bias"
        );
        assert!(
            self.pre_activation.is_none_or(|(length, _)| length >= rows * columns),
            "too little room for what is kept"
        );
    }

    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, v: S::V, row: usize, column: usize, count: usize) -> S::V {
        // SAFETY: `check` has checked the lengths of the bias and the pre-activation.
        unsafe {
            let z = match self.bias {
                Some(bias) => S::add(v, load::<S>(bias.as_ptr().add(column), count)),
                None => v,
            };
            if let Some((_, pre_activation)) = self.pre_activation {
                store::<S>(pre_activation.at(row * self.columns + column), z, count);
            }
            F::value::<S>(z)
        }
    }
}

/// dy unchanged.
struct Given<'a> {
    dy: &'a [f32],
    outputs: usize,
}

impl OutputGradient for Given<'_> {
    fn ready(&self) -> Option<(&[f32], usize)> {
        Some((self.dy, self.outputs))
    }

    unsafe fn make(&self, _first: usize, _count: usize, _to: *mut f32, _stride: usize) {
        unreachable!("all of it is in memory");
    }
}

/// dy times the activation's derivative.
struct Times<'a, F> {
    dy: &'a [f32],
    kept: &'a [f32],
    outputs: usize,
    function: PhantomData<fn() -> F>,
}

impl<'a, F> Times<'a, F> {
    fn new(dy: &'a [f32], kept: &'a [f32], outputs: usize) -> Self {
        Self { dy, kept, outputs, function: PhantomData }
    }
}

impl<F: Function> OutputGradient for Times<'_, F> {
    unsafe fn make(&self, first: usize, count: usize, to: *mut f32, stride: usize) {
        let from = first * self.outputs;
        // SAFETY: `linear_backward` has checked the lengths; the caller guarantees the rest.
        unsafe {
            let (dy, kept) = (self.dy.as_ptr().add(from), self.kept.as_ptr().add(from));
            times::<F>(dy, kept, self.outputs, count, to, stride);
        }
    }
}

crate::kernel! {
    unsafe fn times<S; F: Function>(
        dy: *const f32, kept: *const f32, columns: usize, count: usize, to: *mut f32, stride: usize,
    ) {
        for row in 0..count {
            let (dy, kept, to) = (dy.add(row * columns), kept.add(row * columns), to.add(row * stride));
            crate::vectors!(S, columns, at, count => {
                let derivative = F::derivative::<S>(load::<S>(kept.add(at), count));
                store::<S>(to.add(at), S::mul(load::<S>(dy.add(at), count), derivative), count);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};
    use crate::simd::Bf16;

    fn value(activation: Option<Activation>, z: f64) -> f64 {
        match activation {
            None => z,
            Some(Activation::Relu) => z.max(0.0),
            Some(Activation::Gelu) => {
                // Φ by its series
                let (mut term, mut sum) = (z, z);
                for n in 1..600 {
                    term *= z * z / f64::from(2 * n + 1);
                    sum += term;
                }
                z * (0.5 + sum * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt())
            }
            Some(Activation::GeluTanh) => {
                0.5 * z * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (z + 0.044715 * z * z * z)).tanh())
            }
        }
    }

    fn derivative(activation: Option<Activation>, z: f64) -> f64 {
        (value(activation, z + 1e-6) - value(activation, z - 1e-6)) / 2e-6
    }

    #[test]
    fn forward_and_backward_match_double_precision() {
        let shapes = [
            (0, 2, 3),
            (1, 5, 7),
            (7, 33, 20),
            (9, 0, 4),
            (4, 3, 0),
            (31, 17, 65),
            (400, 40, 70),
            (1200, 9, 33),
        ];
        for (rows, inputs, outputs) in shapes {
            let (x, w, bias) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2), numbers(outputs, 3));
            let dy = numbers(rows * outputs, 4);
            for (turn, activation) in
                [None, Some(Activation::Relu), Some(Activation::Gelu), Some(Activation::GeluTanh)]
                    .into_iter()
                    .enumerate()
            {
                let bias = (turn != 2).then_some(&bias[..]);
                let z: Vec<f64> = (0..rows * outputs)
                    .map(|at| {
                        let (row, o) = (at / outputs, at % outputs);
                        let dot = |i: usize| f64::from(x[row * inputs + i]) * f64::from(w[o * inputs + i]);
                        (0..inputs).map(dot).sum::<f64>() + bias.map_or(0.0, |bias| f64::from(bias[o]))
                    })
                    .collect();
                let (mut y, mut pre_activation) = (vec![f32::NAN; z.len()], vec![f32::NAN; z.len()]);
                linear_forward(
                    &x,
                    (&w, inputs),
                    bias,
                    &mut y,
                    Some(&mut pre_activation),
                    rows,
                    inputs,
                    outputs,
                    activation,
                    Precision::Float32,
                );
                close(&pre_activation, &z, 2e-6);
                close(&y, &z.iter().map(|&z| value(activation, z)).collect::<Vec<_>>(), 2e-6);

                let kept = if activation == Some(Activation::Relu) { &y } else { &pre_activation };
                // at 0 the derivative of relu follows the computed output
                let dz: Vec<f64> = (0..z.len())
                    .map(|at| f64::from(dy[at]) * derivative(activation, f64::from(pre_activation[at])))
                    .collect();
                let (mut dx, mut dw, mut db) =
                    (vec![f32::NAN; x.len()], vec![f32::NAN; w.len()], vec![f32::NAN; outputs]);
                let targets = GradientOutputs { dx: Some(&mut dx), dw: Some(&mut dw), db: Some(&mut db) };
                linear_backward(
                    &dy,
                    &x,
                    &w,
                    Some(kept),
                    targets,
                    rows,
                    inputs,
                    outputs,
                    activation,
                    Precision::Float32,
                );
                let at_dx = |at: usize| {
                    let (row, i) = (at / inputs, at % inputs);
                    (0..outputs).map(|o| dz[row * outputs + o] * f64::from(w[o * inputs + i])).sum()
                };
                let at_dw = |at: usize| {
                    let (o, i) = (at / inputs, at % inputs);
                    (0..rows).map(|row| dz[row * outputs + o] * f64::from(x[row * inputs + i])).sum()
                };
                let at_db = |o: usize| (0..rows).map(|row| dz[row * outputs + o]).sum();
                close(&dx, &(0..dx.len()).map(at_dx).collect::<Vec<_>>(), 5e-6);
                close(&dw, &(0..dw.len()).map(at_dw).collect::<Vec<_>>(), 5e-6);
                close(&db, &(0..outputs).map(at_db).collect::<Vec<_>>(), 5e-6);

                // computed one at a time they are equal
                let mut alone = vec![f32::NAN; x.len()];
                let targets = GradientOutputs { dx: Some(&mut alone), dw: None, db: None };
                linear_backward(
                    &dy,
                    &x,
                    &w,
                    Some(kept),
                    targets,
                    rows,
                    inputs,
                    outputs,
                    activation,
                    Precision::Float32,
                );
                assert_eq!(alone, dx);
                let mut alone = vec![f32::NAN; outputs];
                let targets = GradientOutputs { dx: None, dw: None, db: Some(&mut alone) };
                linear_backward(
                    &dy,
                    &x,
                    &w,
                    Some(kept),
                    targets,
                    rows,
                    inputs,
                    outputs,
                    activation,
                    Precision::Float32,
                );
                close(&alone, &(0..outputs).map(at_db).collect::<Vec<_>>(), 5e-6);
            }
        }
    }

    /// A bf16 weight gives the same bits as the same values in float32.
    #[test]
    fn bf16_weights_match_float32() {
        let shapes: [(usize, usize, usize); 8] = [
            (1, 5, 7),
            (1, 200, 130),
            (3, 33, 20),
            (8, 64, 40),
            (9, 37, 70),
            (31, 521, 65),
            (40, 1, 1),
            (900, 45, 100),
        ];
        for (rows, inputs, outputs) in shapes {
            let stride = inputs.next_multiple_of(2);
            let (x, bias) = (numbers(rows * inputs, 1), numbers(outputs, 3));
            let halves: Vec<Bf16> =
                numbers(outputs * stride, 2).iter().map(|w| Bf16((w.to_bits() >> 16) as u16)).collect();
            let w: Vec<f32> = halves.iter().map(|half| f32::from_bits(u32::from(half.0) << 16)).collect();
            for precision in [Precision::Float32, Precision::Bf16] {
                for activation in [None, Some(Activation::Gelu)] {
                    let mut found = [vec![f32::NAN; rows * outputs], vec![f32::NAN; rows * outputs]];
                    let [of_halves, of_floats] = &mut found;
                    let sizes = (rows, inputs, outputs);
                    let (bias, how) = (Some(&bias[..]), (activation, precision));
                    linear_forward(
                        &x,
                        (&halves, stride),
                        bias,
                        of_halves,
                        None,
                        sizes.0,
                        sizes.1,
                        sizes.2,
                        how.0,
                        how.1,
                    );
                    linear_forward(
                        &x,
                        (&w, stride),
                        bias,
                        of_floats,
                        None,
                        sizes.0,
                        sizes.1,
                        sizes.2,
                        how.0,
                        how.1,
                    );
                    assert!(found[0] == found[1], "{sizes:?} {how:?}");
                    assert!(found[0].iter().all(|y| y.is_finite()));
                }
            }
        }
    }

    /// A weight too large for partial sums per thread.
    #[test]
    fn large_weights_without_partial_sums() {
        let (rows, inputs, outputs) = (300, 3100, 2800);
        let (x, w, dy) =
            (numbers(rows * inputs, 1), numbers(outputs * inputs, 2), numbers(rows * outputs, 3));
        for activation in [None, Some(Activation::Relu)] {
            let kept = numbers(rows * outputs, 4);
            let dz = |at: usize| if activation.is_none() || kept[at] > 0.0 { f64::from(dy[at]) } else { 0.0 };
            let (mut dx, mut dw, mut db) =
                (vec![f32::NAN; x.len()], vec![f32::NAN; w.len()], vec![f32::NAN; outputs]);
            let targets = GradientOutputs { dx: Some(&mut dx), dw: Some(&mut dw), db: Some(&mut db) };
            linear_backward(
                &dy,
                &x,
                &w,
                Some(&kept),
                targets,
                rows,
                inputs,
                outputs,
                activation,
                Precision::Float32,
            );
            for at in (0..rows * inputs).step_by(9973) {
                let (row, i) = (at / inputs, at % inputs);
                let expected: f64 =
                    (0..outputs).map(|o| dz(row * outputs + o) * f64::from(w[o * inputs + i])).sum();
                assert!((f64::from(dx[at]) - expected).abs() < 2e-3, "{} {expected}", dx[at]);
            }
            for at in (0..outputs * inputs).step_by(99_991) {
                let (o, i) = (at / inputs, at % inputs);
                let expected: f64 =
                    (0..rows).map(|row| dz(row * outputs + o) * f64::from(x[row * inputs + i])).sum();
                assert!((f64::from(dw[at]) - expected).abs() < 1e-3, "{} {expected}", dw[at]);
            }
            for o in (0..outputs).step_by(101) {
                let expected: f64 = (0..rows).map(|row| dz(row * outputs + o)).sum();
                assert!((f64::from(db[o]) - expected).abs() < 1e-3);
            }
        }
    }
}
