//! Exponential, tanh, GELU and related functions, to a few ULPs.
//!
//! # Safety
//! All functions: as those of `Simd`.
#![allow(clippy::undocumented_unsafe_blocks)] // every block only calls `Simd` under the function's own requirements

use super::Simd;

pub const LOG2_E: f32 = std::f32::consts::LOG2_E;

/// c[0] x^n + c[1] x^(n-1) + … + c[n]
#[inline(always)]
unsafe fn polynomial<S: Simd, const N: usize>(x: S::V, c: [f32; N]) -> S::V {
    unsafe {
        let mut y = S::splat(c[0]);
        for &next in &c[1..] {
            y = S::fma(y, x, S::splat(next));
        }
        y
    }
}

/// 2^x; 0 below 2^-150, infinity above 2^128. Propagates NaN.
#[inline(always)]
pub unsafe fn exp2<S: Simd>(x: S::V) -> S::V {
    unsafe {
        let x = S::max(S::splat(-151.0), S::min(S::splat(129.0), x));
        let whole = S::round(x);
        let rest = S::sub(x, whole); // in [-1/2, 1/2], where the Taylor series of 2^r needs eight terms
        let y = polynomial::<S, 8>(
            rest,
            [
                1.525_273_4e-5,
                1.540_353e-4,
                1.333_355_8e-3,
                9.618_129e-3,
                5.550_411e-2,
                2.402_265e-1,
                std::f32::consts::LN_2,
                1.0,
            ],
        );
        S::scale2(y, whole)
    }
}

/// e^x. Propagates NaN.
#[inline(always)]
pub unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    unsafe {
        // x · log2(e) in two parts, so that large x lose no digits
        let x = S::max(S::splat(-104.0), S::min(S::splat(89.0), x));
        let whole = S::round(S::mul(x, S::splat(LOG2_E)));
        let rest = S::fnma(whole, S::splat(0.693_145_75), x);
        let rest = S::fnma(whole, S::splat(1.428_606_8e-6), rest); // |rest| <= ln(2)/2
        let y = polynomial::<S, 8>(
            rest,
            [1.984_127e-4, 1.388_889e-3, 8.333_334e-3, 4.166_666_8e-2, 0.166_666_67, 0.5, 1.0, 1.0],
        );
        S::scale2(y, whole)
    }
}

/// 1 / (1 + e^-x)
#[inline(always)]
pub unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    unsafe {
        let e = exp::<S>(S::sub(S::zero(), x));
        S::div(S::splat(1.0), S::add(S::splat(1.0), e))
    }
}

/// tanh x, with small arguments to full precision.
#[inline(always)]
pub unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    unsafe {
        let one = S::splat(1.0);
        // away from 0: 1 - 2 / (e^2x + 1)
        let e = exp::<S>(S::add(x, x));
        let far = S::fnma(S::splat(2.0), S::div(one, S::add(e, one)), one);
        // near 0 that would cancel: the Taylor series up to x^13, accurate to 1e-8 below 0.4
        let square = S::mul(x, x);
        let series = polynomial::<S, 6>(
            square,
            [0.003_592_128, -0.008_863_236, 0.021_869_488, -0.053_968_254, 0.133_333_33, -0.333_333_34],
        );
        let near = S::fma(S::mul(series, square), x, x);
        S::select(S::less(S::abs(x), S::splat(0.4)), near, far)
    }
}

/// The normal distribution function Φ(x), to 1e-7 absolute, and e^(-x²/2)
/// (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26).
#[inline(always)]
pub unsafe fn normal<S: Simd>(x: S::V) -> (S::V, S::V) {
    unsafe {
        let one = S::splat(1.0);
        let gaussian = exp2::<S>(S::mul(S::mul(x, x), S::splat(-0.5 * LOG2_E)));
        let scaled = S::fma(S::abs(x), S::splat(0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2), one);
        let t = S::div(one, scaled);
        let tail = polynomial::<S, 5>(t, [0.530_702_7, -0.726_576, 0.710_706_9, -0.142_248_37, 0.127_414_8]);
        let upper = S::mul(S::mul(tail, t), gaussian); // 1 - Φ(|x|)
        let share = S::select(S::less(x, S::zero()), upper, S::sub(one, upper));
        (share, gaussian)
    }
}

/// GELU with the exact distribution function: x Φ(x).
#[inline(always)]
pub unsafe fn gelu<S: Simd>(x: S::V) -> S::V {
    unsafe { S::mul(x, normal::<S>(x).0) }
}

/// The derivative of `gelu`: Φ(x) + x φ(x).
#[inline(always)]
pub unsafe fn gelu_derivative<S: Simd>(x: S::V) -> S::V {
    unsafe {
        let (share, gaussian) = normal::<S>(x);
        S::fma(S::mul(x, gaussian), S::splat(0.398_942_3), share)
    }
}

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;

/// GELU by the tanh approximation: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) = x · sigmoid(2 · that argument).
#[inline(always)]
pub unsafe fn gelu_tanh<S: Simd>(x: S::V) -> S::V {
    unsafe { S::mul(x, sigmoid::<S>(twice_inner::<S>(x))) }
}

/// The derivative of `gelu_tanh`.
#[inline(always)]
pub unsafe fn gelu_tanh_derivative<S: Simd>(x: S::V) -> S::V {
    unsafe {
        let one = S::splat(1.0);
        let s = sigmoid::<S>(twice_inner::<S>(x));
        let square = S::mul(x, x);
        let inner = S::fma(square, S::splat(6.0 * CUBIC * SQRT_2_OVER_PI), S::splat(2.0 * SQRT_2_OVER_PI));
        let curve = S::mul(S::mul(x, s), S::sub(one, s));
        S::fma(curve, inner, s)
    }
}

#[inline(always)]
unsafe fn twice_inner<S: Simd>(x: S::V) -> S::V {
    unsafe {
        let square = S::mul(x, x);
        let factor = S::fma(square, S::splat(2.0 * CUBIC * SQRT_2_OVER_PI), S::splat(2.0 * SQRT_2_OVER_PI));
        S::mul(x, factor)
    }
}
