//! Activations, forward and backward.

use crate::buffers::Shared;
use crate::kernel;
use crate::simd::{Simd, math};
use crate::threads::{run, split};
use crate::vectors;

/// Number of elements per part.
const PART: usize = 1 << 13;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    Relu,
    Gelu,
    GeluTanh,
}

/// y = f(x), any length.
pub fn forward(activation: Activation, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let parts = x.len().div_ceil(PART);
    let to = Shared::new(y);
    run(parts, |part, _| {
        let (first, end) = split(x.len(), parts, 16, part);
        // SAFETY: parts are disjoint and in bounds.
        unsafe { apply(activation, &x[first..end], to.part(first, end - first)) }
    });
}

/// dx = dy · f'(x), any length.
pub fn backward(activation: Activation, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    assert!(x.len() == dy.len() && x.len() == dx.len());
    let parts = x.len().div_ceil(PART);
    let to = Shared::new(dx);
    run(parts, |part, _| {
        let (first, end) = split(x.len(), parts, 16, part);
        // SAFETY: parts are disjoint and in bounds.
        unsafe { backward_part(activation, &x[first..end], &dy[first..end], to.part(first, end - first)) }
    });
}

/// A function and its derivative.
pub trait Function {
    /// # Safety
    /// As for `Simd`. Must be `#[inline(always)]`.
    unsafe fn value<S: Simd>(x: S::V) -> S::V;
    /// # Safety
    /// As for `Simd`. Must be `#[inline(always)]`.
    unsafe fn derivative<S: Simd>(x: S::V) -> S::V;
}

pub struct Relu;
pub struct Gelu;
pub struct GeluTanh;

impl Function for Relu {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        // SAFETY: as for `Simd`. `max` returns its second argument if one is NaN.
        unsafe { S::max(S::zero(), x) }
    }
    #[inline(always)]
    unsafe fn derivative<S: Simd>(x: S::V) -> S::V {
        // SAFETY: as for `Simd`.
        unsafe { S::keep(S::less(S::zero(), x), S::splat(1.0)) }
    }
}

impl Function for Gelu {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        // SAFETY: as for `Simd`.
        unsafe { math::gelu::<S>(x) }
    }
    #[inline(always)]
    unsafe fn derivative<S: Simd>(x: S::V) -> S::V {
        // SAFETY: as for `Simd`.
        unsafe { math::gelu_derivative::<S>(x) }
    }
}

impl Function for GeluTanh {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        // SAFETY: as for `Simd`.
        unsafe { math::gelu_tanh::<S>(x) }
    }
    #[inline(always)]
    unsafe fn derivative<S: Simd>(x: S::V) -> S::V {
        // SAFETY: as for `Simd`.
        unsafe { math::gelu_tanh_derivative::<S>(x) }
    }
}

kernel! {
    unsafe fn apply<S>(activation: Activation, x: &[f32], y: &mut [f32]) {
        match activation {
            Activation::Relu => values::<S, Relu>(x, y),
            Activation::Gelu => values::<S, Gelu>(x, y),
            Activation::GeluTanh => values::<S, GeluTanh>(x, y),
        }
    }
}

kernel! {
    unsafe fn backward_part<S>(activation: Activation, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        match activation {
            Activation::Relu => multiply_derivative::<S, Relu>(x, dy, dx),
            Activation::Gelu => multiply_derivative::<S, Gelu>(x, dy, dx),
            Activation::GeluTanh => multiply_derivative::<S, GeluTanh>(x, dy, dx),
        }
    }
}

/// # Safety
/// As for `Simd`; the slices have equal lengths.
#[inline(always)]
unsafe fn values<S: Simd, F: Function>(x: &[f32], y: &mut [f32]) {
    // SAFETY: all accesses are in bounds.
    unsafe {
        vectors!(S, x.len(), at, count => {
            let v = S::load_part(x.as_ptr().add(at), count);
            S::store_part(y.as_mut_ptr().add(at), F::value::<S>(v), count);
        });
    }
}

/// # Safety
/// As for `Simd`; the slices have equal lengths.
#[inline(always)]
unsafe fn multiply_derivative<S: Simd, F: Function>(x: &[f32], dy: &[f32], dx: &mut [f32]) {
    // SAFETY: all accesses are in bounds.
    unsafe {
        vectors!(S, x.len(), at, count => {
            let derivative = F::derivative::<S>(S::load_part(x.as_ptr().add(at), count));
            let above = S::load_part(dy.as_ptr().add(at), count);
            S::store_part(dx.as_mut_ptr().add(at), S::mul(above, derivative), count);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    /// Φ by its series, in double precision.
    fn normal(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..400 {
            term *= x * x / (2 * n + 1) as f64;
            sum += term;
        }
        0.5 + sum * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }

    fn value(activation: Activation, x: f64) -> f64 {
        match activation {
            Activation::Relu => x.max(0.0),
            Activation::Gelu => x * normal(x),
            Activation::GeluTanh => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
                0.5 * x * (1.0 + inner.tanh())
            }
        }
    }

    #[test]
    fn match_double_precision() {
        for activation in [Activation::Relu, Activation::Gelu, Activation::GeluTanh] {
            for length in [0, 1, 7, 16, 33, 20_000] {
                let x: Vec<f32> = numbers(length, 1).iter().map(|v| v * 5.0).collect();
                let dy = numbers(length, 2);
                let (mut y, mut dx) = (vec![f32::NAN; length], vec![f32::NAN; length]);
                forward(activation, &x, &mut y);
                backward(activation, &x, &dy, &mut dx);
                let expected: Vec<f64> = x.iter().map(|&v| value(activation, v as f64)).collect();
                close(&y, &expected, 1e-6);
                let step = 1e-5;
                let derivative =
                    |v: f64| (value(activation, v + step) - value(activation, v - step)) / (2.0 * step);
                let expected: Vec<f64> =
                    x.iter().zip(&dy).map(|(&v, &above)| above as f64 * derivative(v as f64)).collect();
                close(&dx, &expected, 2e-6);
            }
        }
    }

    #[test]
    fn relu_propagates_nan_and_has_derivative_0_at_0() {
        let (mut y, mut dx) = ([0.0; 3], [0.0; 3]);
        forward(Activation::Relu, &[f32::NAN, -0.0, f32::INFINITY], &mut y);
        assert!(y[0].is_nan() && y[1] == 0.0 && y[2] == f32::INFINITY);
        backward(Activation::Relu, &[-1.0, 0.0, 1.0], &[2.0; 3], &mut dx);
        assert_eq!(dx, [0.0, 0.0, 2.0]);
    }
}
