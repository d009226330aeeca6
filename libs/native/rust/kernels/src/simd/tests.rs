//! Every instruction set that this processor has, compared with scalar arithmetic.

use super::math;
use super::portable::Portable;
use super::*;

/// Applies a function of one vector to many numbers.
trait Curve {
    unsafe fn at<S: Simd>(x: S::V) -> S::V;
    fn truth(x: f64) -> f64;
}

unsafe fn values<S: Simd, C: Curve>(from: &[f32], to: &mut [f32]) {
    for (from, to) in from.chunks(S::LANES).zip(to.chunks_mut(S::LANES)) {
        // SAFETY: chunks have at most LANES numbers; the caller has checked the processor.
        unsafe {
            S::store_part(to.as_mut_ptr(), C::at::<S>(S::load_part(from.as_ptr(), from.len())), from.len())
        };
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn wide<C: Curve>(from: &[f32], to: &mut [f32]) {
    // SAFETY: the caller has checked the processor.
    unsafe { values::<avx512::Avx512, C>(from, to) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn middle<C: Curve>(from: &[f32], to: &mut [f32]) {
    // SAFETY: the caller has checked the processor.
    unsafe { values::<avx2::Avx2, C>(from, to) }
}

fn worst<C: Curve>(low: f32, high: f32, relative: bool) -> f64 {
    let count = 20_011;
    let from: Vec<f32> = (0..count).map(|i| low + (high - low) * i as f32 / (count - 1) as f32).collect();
    let mut worst: f64 = 0.0;
    let mut check = |to: &[f32]| {
        for (&x, &y) in from.iter().zip(to) {
            let truth = C::truth(f64::from(x));
            let error = (f64::from(y) - truth).abs() / if relative { truth.abs().max(1e-37) } else { 1.0 };
            worst = worst.max(error);
        }
    };
    let mut to = vec![0.0; from.len()];
    // SAFETY: plain arrays need no features.
    unsafe { values::<Portable, C>(&from, &mut to) };
    check(&to);
    #[cfg(target_arch = "x86_64")]
    {
        let best = super::detect();
        if best == Level::Avx512 {
            // SAFETY: just detected.
            unsafe { wide::<C>(&from, &mut to) };
            check(&to);
        }
        if best != Level::Portable {
            // SAFETY: just detected.
            unsafe { middle::<C>(&from, &mut to) };
            check(&to);
        }
    }
    worst
}

macro_rules! curve {
    ($name:ident, $function:ident, |$x:ident| $truth:expr) => {
        struct $name;
        impl Curve for $name {
            #[inline(always)]
            unsafe fn at<S: Simd>(x: S::V) -> S::V {
                // SAFETY: as this function.
                unsafe { math::$function::<S>(x) }
            }
            fn truth($x: f64) -> f64 {
                $truth
            }
        }
    };
}

curve!(Exp, exp, |x| x.exp());
curve!(Exp2, exp2, |x| x.exp2());
curve!(Sigmoid, sigmoid, |x| 1.0 / (1.0 + (-x).exp()));
curve!(Tanh, tanh, |x| x.tanh());
curve!(GeluTanh, gelu_tanh, |x| 0.5
    * x
    * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044715 * x * x * x)).tanh()));

#[test]
fn exponentials_to_seven_digits() {
    assert!(worst::<Exp>(-80.0, 80.0, true) < 3e-7);
    assert!(worst::<Exp2>(-120.0, 120.0, true) < 3e-7);
    assert!(worst::<Sigmoid>(-30.0, 30.0, true) < 5e-7);
    assert!(worst::<Tanh>(-12.0, 12.0, true) < 5e-7);
    assert!(worst::<GeluTanh>(-8.0, 8.0, false) < 2e-6);
}

/// Φ by Simpson's rule from 0.
fn cumulative(x: f64) -> f64 {
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let steps = 200;
    let h = x / f64::from(steps);
    let sum: f64 = (0..steps)
        .map(|i| {
            let t = f64::from(i) * h;
            density(t) + 4.0 * density(t + h / 2.0) + density(t + h)
        })
        .sum();
    0.5 + sum * h / 6.0
}

curve!(Gelu, gelu, |x| x * cumulative(x));
curve!(GeluSlope, gelu_derivative, |x| cumulative(x)
    + x * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt());

#[test]
fn gelu_and_its_derivative() {
    assert!(worst::<Gelu>(-8.0, 8.0, false) < 2e-6);
    assert!(worst::<GeluSlope>(-8.0, 8.0, false) < 2e-6);
}

unsafe fn transposed<S: Simd>() {
    let from: Vec<f32> = (0..S::LANES * 40).map(|i| i as f32).collect();
    for rows in 0..=S::LANES {
        for columns in 0..=S::LANES {
            let mut to = vec![-1.0; S::LANES * 50];
            // SAFETY: 40 and 50 floats a row are at least LANES; the caller has checked the processor.
            unsafe { S::transpose(from.as_ptr(), 40, rows, columns, to.as_mut_ptr(), 50) };
            for (at, &value) in to.iter().enumerate() {
                let (c, r) = (at / 50, at % 50);
                let expected = match (c < columns && r < S::LANES, r < rows) {
                    (true, true) => from[r * 40 + c],
                    (true, false) => 0.0,
                    _ => -1.0,
                };
                assert_eq!(value, expected, "{rows} x {columns} at {c}, {r}");
            }
        }
    }
}

#[test]
fn blocks_are_transposed() {
    // SAFETY: plain arrays need no features.
    unsafe { transposed::<Portable>() };
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        unsafe fn wide() {
            // SAFETY: the caller has checked the processor.
            unsafe { transposed::<avx512::Avx512>() }
        }
        #[target_feature(enable = "avx2,fma")]
        unsafe fn middle() {
            // SAFETY: the caller has checked the processor.
            unsafe { transposed::<avx2::Avx2>() }
        }
        let best = super::detect();
        if best == Level::Avx512 {
            // SAFETY: just detected.
            unsafe { wide() };
        }
        if best != Level::Portable {
            // SAFETY: just detected.
            unsafe { middle() };
        }
    }
}
