//! Functions of one element.

use super::{by_parts, curves};
use crate::kernel;
use crate::simd::math;

/// Parameters of a function.
pub type Parameters = [f64; 2];

trait Function {
    type Operand: Copy;
    type Result: Copy;
    fn at(x: Self::Operand, parameters: Parameters) -> Self::Result;
}

kernel! {
    unsafe fn each<S; F: Function>(x: &[F::Operand], y: &mut [F::Result], parameters: Parameters) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = F::at(*x, parameters);
        }
    }
}

/// A function that is vectorized for operands up to a limit.
trait Limited: Function<Operand = f32> {
    const LIMIT: f32;
    /// The function of operands beyond the limit, or NaN.
    fn beyond(x: f32) -> Self::Result;
}

/// # Safety
/// As `each`.
unsafe fn each_limited<F: Limited>(x: &[f32], y: &mut [F::Result]) {
    for (x, y) in x.chunks(256).zip(y.chunks_mut(256)) {
        if x.iter().all(|x| x.abs() <= F::LIMIT) {
            // SAFETY: guaranteed by the caller.
            unsafe { each::<F>(x, y, [0.0; 2]) };
        } else {
            x.iter().zip(y).for_each(|(x, y)| *y = F::beyond(*x));
        }
    }
}

/// Defines functions and their table. `@vectors` are functions of `simd::math`, `@limit` functions with another one for operands
/// beyond a limit.
macro_rules! functions {
    ($(#[$doc:meta])* $name:ident: $operand:ty => $result:ty {
        $($function:ident: |$x:ident $(, $p:ident $(, $q:ident)?)?| $value:expr;)*
        $(@vectors: $($vector:ident: $of_vector:path;)*)?
        $(@limit $limit:path: $($limited:ident: |$near:ident| $below:expr, |$far:ident| $beyond:expr;)*)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($function,)* $($($vector,)*)? $($($limited,)*)?
        }

        impl $name {
            /// All functions; JavaScript uses their indices.
            pub const ALL: &[Self] = &[$(Self::$function,)* $($(Self::$vector,)*)? $($(Self::$limited,)*)?];

            /// y = f(x)
            #[allow(unused_variables)] // limited functions have no parameters
            pub fn apply(self, x: &[$operand], y: &mut [$result], parameters: Parameters) {
                $(
                    struct $function;
                    impl Function for $function {
                        type Operand = $operand;
                        type Result = $result;
                        #[inline(always)]
                        fn at($x: $operand, [$($p, $($q,)?)? ..]: Parameters) -> $result {
                            $value
                        }
                    }
                )*
                $($(
                    kernel! {
                        /// x and y are of one length.
                        #[allow(non_snake_case)]
                        unsafe fn $vector<S>(x: &[f32], y: &mut [f32]) {
                            crate::vectors!(S, x.len(), at, count => {
                                let v = S::load_part(x.as_ptr().add(at), count);
                                S::store_part(y.as_mut_ptr().add(at), $of_vector(v), count);
                            });
                        }
                    }
                )*)?
                $($(
                    struct $limited;
                    impl Function for $limited {
                        type Operand = $operand;
                        type Result = $result;
                        #[inline(always)]
                        fn at($near: $operand, _: Parameters) -> $result {
                            $below
                        }
                    }
                    impl Limited for $limited {
                        const LIMIT: f32 = $limit;
                        fn beyond($far: $operand) -> $result {
                            $beyond
                        }
                    }
                )*)?
                assert_eq!(x.len(), y.len());
                by_parts(y, |first, end, y| {
                    let x = &x[first..end];
                    // SAFETY: the lengths of x and y are equal.
                    unsafe {
                        match self {
                            $(Self::$function => each::<$function>(x, y, parameters),)*
                            $($(Self::$vector => $vector(x, y),)*)?
                            $($(Self::$limited => each_limited::<$limited>(x, y),)*)?
                        }
                    }
                });
            }
        }
    };
}

/// A function of float64 on float32 numbers.
macro_rules! wide {
    ($x:expr, $function:path) => {
        $function(f64::from($x)) as f32
    };
}

functions! {
    /// Functions of float32 numbers.
    FloatFunction: f32 => f32 {
        Relu: |x| if x <= 0.0 { 0.0 } else { x };
        Square: |x| x * x;
        SquareRoot: |x| x.sqrt();
        InverseSquareRoot: |x| 1.0 / x.sqrt();
        Negative: |x| -x;
        Absolute: |x| x.abs();
        Reciprocal: |x| 1.0 / x;
        Relu6: |x| x.clamp(0.0, 6.0);
        // 1 above 0, else p
        Step: |x, p| if x.is_nan() { x } else if x > 0.0 { 1.0 } else { p as f32 };
        Sign: |x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 };
        Ceil: |x| x.ceil();
        Floor: |x| x.floor();
        Round: |x| x.round_ties_even();
        // p to q
        Clip: |x, p, q| if x > q as f32 { q as f32 } else if x < p as f32 { p as f32 } else { x };
        LeakyRelu: |x, p| if x < 0.0 { p as f32 * x } else { x };
        Elu: |x| if x >= 0.0 { x } else { wide!(x, curves::exp_m1) };
        Selu: |x| {
            let negative = (1.758_099_340_847_376_6 * curves::exp_m1(f64::from(x))) as f32;
            if x >= 0.0 { 1.050_701 * x } else { negative }
        };
        Softplus: |x| wide!(x, curves::softplus);
        ExponentialMinus1: |x| wide!(x, curves::exp_m1);
        Logarithm: |x| wide!(x, curves::ln);
        LogarithmPlus1: |x| wide!(x, curves::ln_1p);
        ErrorFunction: |x| wide!(x, curves::erf);
        HyperbolicSine: |x| wide!(x, curves::sinh);
        HyperbolicCosine: |x| wide!(x, curves::cosh);
        ArcSine: |x| wide!(x, f64::asin);
        ArcCosine: |x| wide!(x, f64::acos);
        ArcTangent: |x| wide!(x, f64::atan);
        InverseHyperbolicSine: |x| wide!(x, f64::asinh);
        InverseHyperbolicCosine: |x| wide!(x, f64::acosh);
        InverseHyperbolicTangent: |x| wide!(x, f64::atanh);
        @vectors:
        Sigmoid: math::sigmoid::<S>;
        Tanh: math::tanh::<S>;
        Exponential: math::exp::<S>;
        @limit curves::TURNS_LIMIT:
        Sine: |x| wide!(x, curves::sin), |x| wide!(x, f64::sin);
        Cosine: |x| wide!(x, curves::cos), |x| wide!(x, f64::cos);
        Tangent: |x| wide!(x, curves::tan), |x| wide!(x, f64::tan);
    }
}

functions! {
    /// Functions of int32 numbers, which wrap.
    IntFunction: i32 => i32 {
        Relu: |x| x.max(0);
        Square: |x| x.wrapping_mul(x);
        Negative: |x| x.wrapping_neg();
        Absolute: |x| x.wrapping_abs();
        Relu6: |x| x.clamp(0, 6);
        Step: |x, p| if x > 0 { 1 } else { curves::to_int32(p) };
        Sign: |x| x.signum();
        // p to q
        Clip: |x, p, q| {
            let wide = f64::from(x);
            if wide > q { curves::to_int32(q) } else if wide < p { curves::to_int32(p) } else { x }
        };
    }
}

functions! {
    /// Functions of float32 numbers to bools.
    FloatTest: f32 => u8 {
        Cast: |x| u8::from(x != 0.0);
        IsNan: |x| u8::from(x.is_nan());
        IsInfinite: |x| u8::from(x.is_infinite());
        IsFinite: |x| u8::from(x.is_finite());
    }
}

functions! {
    /// Functions of bools.
    BoolTest: u8 => u8 {
        Not: |x| u8::from(x == 0);
    }
}

functions! {
    /// Conversion of float32 numbers to int32.
    FloatToInt: f32 => i32 {
        @limit INT_LIMIT:
        Cast: |x| x as i32, |x| curves::to_int32(f64::from(x));
    }
}

/// Largest float32 number that is an int32.
const INT_LIMIT: f32 = 2_147_483_500.0;

functions! {
    /// Conversion of int32 numbers to float32.
    IntToFloat: i32 => f32 {
        Cast: |x| x as f32;
    }
}

functions! {
    /// Functions of int32 numbers to bools.
    IntTest: i32 => u8 {
        Cast: |x| u8::from(x != 0);
    }
}

functions! {
    /// Conversion of bools to float32.
    BoolToFloat: u8 => f32 {
        Cast: |x| f32::from(x);
    }
}

functions! {
    /// Conversion of bools to int32.
    BoolToInt: u8 => i32 {
        Cast: |x| i32::from(x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::elementwise::curves::tests::same;

    /// Numbers of all kinds, in an order that mixes small and large ones.
    fn numbers(count: usize) -> Vec<f32> {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e30, -3e9, 1e-40];
        (0..count)
            .map(
                |i| if i % 997 == 3 { odd[i % odd.len()] } else { ((i * 7919) % 2003) as f32 / 100.0 - 10.0 },
            )
            .collect()
    }

    #[test]
    fn match_scalar_arithmetic_in_double_precision() {
        use FloatFunction::*;
        type Truth = fn(f64) -> f64;
        let functions: [(FloatFunction, Truth); 15] = [
            (Exponential, f64::exp),
            (Tanh, f64::tanh),
            (Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
            (Sine, f64::sin),
            (Cosine, f64::cos),
            (Tangent, f64::tan),
            (Logarithm, f64::ln),
            (LogarithmPlus1, f64::ln_1p),
            (ArcTangent, f64::atan),
            (Round, f64::round_ties_even),
            (InverseSquareRoot, |x| 1.0 / x.sqrt()),
            (Elu, |x| if x >= 0.0 { x } else { x.exp_m1() }),
            (Relu6, |x| if x.is_nan() { x } else { x.clamp(0.0, 6.0) }),
            (Clip, |x| if x.is_nan() { x } else { x.clamp(-1.5, 2.5) }),
            (LeakyRelu, |x| if x < 0.0 { -1.5 * x } else { x }),
        ];
        for count in [0, 1, 15, 16, 17, 1_000, 50_001] {
            let x = numbers(count);
            let mut y = vec![0.0; count];
            for (function, truth) in functions {
                function.apply(&x, &mut y, [-1.5, 2.5]);
                for (&x, &y) in x.iter().zip(&y) {
                    let expected = truth(f64::from(x)) as f32;
                    let near = (y - expected).abs() <= 1e-6 * expected.abs().max(1e-3);
                    assert!(near || same(y, expected), "{function:?} of {x}: {y}, expected {expected}");
                }
            }
        }
    }

    #[test]
    fn conversions_follow_javascript() {
        let x = [1.9, -1.9, 3e9, -3e9, 8_589_936_640.0, f32::NAN, f32::INFINITY, -0.0];
        let mut ints = [9; 8];
        FloatToInt::Cast.apply(&x, &mut ints, [0.0; 2]);
        assert_eq!(ints, [1, -1, -1_294_967_296, 1_294_967_296, 2_048, 0, 0, 0]);
        let mut bools = [9; 8];
        FloatTest::Cast.apply(&x, &mut bools, [0.0; 2]);
        assert_eq!(bools, [1, 1, 1, 1, 1, 1, 1, 0]);
    }

    #[test]
    fn int_functions_wrap() {
        use IntFunction::*;
        for (function, x, expected) in [
            (Negative, i32::MIN, i32::MIN),
            (Absolute, i32::MIN, i32::MIN),
            (Square, 65_537, 131_073),
            (Clip, 9, 2),
        ] {
            let mut y = [0];
            function.apply(&[x], &mut y, [-2.5, 2.5]);
            assert_eq!(y[0], expected, "{function:?} of {x}");
        }
    }
}
