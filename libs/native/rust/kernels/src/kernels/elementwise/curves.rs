//! Functions computed in float64 for float32 results, which are correctly rounded in nearly all cases.
//!
//! They have no branches and call nothing that is not inlined, so that the compiler vectorizes loops over them. Multiplication and
//! addition are separate: without hardware support, fused ones are slow.

/// c[0] x^n + c[1] x^(n-1) + … + c[n]
#[inline(always)]
fn polynomial<const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let mut y = c[0];
    for &next in &c[1..] {
        y = y * x + next;
    }
    y
}

/// 1.5 · 2^52: adding it rounds to an integer, which is in the lower bits of the sum.
const ROUNDING: f64 = 6_755_399_441_055_744.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// e^r - 1 and 2^n, whose e^x is their product plus 2^n. x is limited to [-708, 709].
#[inline(always)]
fn exponential_parts(x: f64) -> (f64, f64) {
    let x = if x < -708.0 { -708.0 } else { x };
    let x = if x > 709.0 { 709.0 } else { x };
    let sum = x * std::f64::consts::LOG2_E + ROUNDING;
    let n = sum - ROUNDING;
    let r = x - n * LN2_HIGH - n * LN2_LOW; // |r| <= ln(2)/2
    let series = polynomial(
        r,
        [
            1.0 / 39_916_800.0,
            1.0 / 3_628_800.0,
            1.0 / 362_880.0,
            1.0 / 40_320.0,
            1.0 / 5_040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
        ],
    );
    (series * r, f64::from_bits(sum.to_bits().wrapping_add(1023) << 52))
}

/// e^x
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let (less, power) = exponential_parts(x);
    less * power + power
}

/// e^x - 1
#[inline(always)]
pub fn exp_m1(x: f64) -> f64 {
    let (less, power) = exponential_parts(x);
    let y = less * power + (power - 1.0);
    if x == 0.0 { x } else { y }
}

/// The natural logarithm. Subnormal numbers, which no float32 becomes, count as 0.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    // x = m · 2^n with m in [√½, √2)
    let offset = x.to_bits().wrapping_sub(0x3fe6_a09e_667f_3bcd);
    let n = f64::from_bits((offset >> 52 ^ 0x800) & 0xfff | 0x4330_0000_0000_0000)
        - (4_503_599_627_370_496.0 + 2048.0);
    let m = f64::from_bits((offset & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_667f_3bcd));
    let z = (m - 1.0) / (m + 1.0);
    let square = z * z;
    let series = polynomial(
        square,
        [
            2.0 / 19.0,
            2.0 / 17.0,
            2.0 / 15.0,
            2.0 / 13.0,
            2.0 / 11.0,
            2.0 / 9.0,
            2.0 / 7.0,
            2.0 / 5.0,
            2.0 / 3.0,
            2.0,
        ],
    );
    let y = n * LN2_HIGH + (z * series + n * LN2_LOW);
    let y = if x < f64::MIN_POSITIVE { f64::NEG_INFINITY } else { y };
    let y = if x < 0.0 { f64::NAN } else { y };
    if x < f64::INFINITY { y } else { x } // infinity and NaN stay as they are
}

/// ln(1 + x)
#[inline(always)]
pub fn ln_1p(x: f64) -> f64 {
    let u = 1.0 + x;
    // the rounding error of u cancels in the quotient
    let y = ln(u) * (x / (u - 1.0));
    let y = if u == 1.0 { x } else { y };
    let y = if u == 0.0 { f64::NEG_INFINITY } else { y };
    if x < f64::INFINITY { y } else { x }
}

/// a^b as JavaScript's `**`: 1^±∞ and 1^NaN are NaN, unlike in C.
#[inline(always)]
pub fn power(a: f64, b: f64) -> f64 {
    let size = exp(b * ln(a.abs()));
    let is_integer = b.trunc() == b;
    let is_odd = is_integer && (b * 0.5).trunc() != b * 0.5;
    let is_limit = a == 0.0 || a.is_infinite();
    let y = if is_integer || is_limit { size } else { f64::NAN };
    let y = if is_odd { -size } else { y };
    let y = if a.is_sign_negative() { y } else { size };
    let y = if a.is_nan() { f64::NAN } else { y };
    let y = if b.is_nan() { f64::NAN } else { y };
    if b == 0.0 { 1.0 } else { y }
}

/// The remainder with the sign of b.
#[inline(always)]
pub fn modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if (a < 0.0 && b < 0.0) || (a >= 0.0 && b >= 0.0) { rest } else { (rest + b) % b }
}

/// The remainder with the sign of b; 0 if b is 0.
#[inline(always)]
pub fn int_modulo(a: i32, b: i32) -> i32 {
    if b == 0 {
        return 0;
    }
    let rest = a.wrapping_rem(b);
    if (a < 0) == (b < 0) { rest } else { (rest + b).wrapping_rem(b) }
}

/// JavaScript's conversion: rounded towards 0, modulo 2^32; NaN and infinities are 0.
#[inline(always)]
pub fn to_int32(x: f64) -> i32 {
    let rounded = x as i64; // saturates
    if rounded != i64::MAX && rounded != i64::MIN { rounded as i32 } else { far_to_int32(x) }
}

#[cold]
fn far_to_int32(x: f64) -> i32 {
    if x.is_finite() { (x % 4_294_967_296.0) as i64 as i32 } else { 0 }
}

/// The error function: polynomials in x² below 1 and in 1 / (1 + x/2) above, to 1e-11.
#[inline(always)]
pub fn erf(x: f64) -> f64 {
    let size = x.abs();
    let square = x * x;
    let near = x * polynomial(
        if size < 1.0 { square } else { 0.0 },
        [
            1.059_526_402_968_913_6e-6,
            -1.391_169_620_319_488_6e-5,
            1.195_694_597_811_326e-4,
            -8.542_670_491_628_716e-4,
            5.223_785_003_222_404e-3,
            -2.686_613_362_438_264e-2,
            1.128_379_131_348_251e-1,
            -3.761_263_888_986_815e-1,
            1.128_379_167_094_695_2,
        ],
    );
    let t = 1.0 / (1.0 + 0.5 * size);
    let tail = exp(-square)
        * polynomial(
            t,
            [
                0.012_932_930_296_665_299,
                0.068_530_387_828_502_57,
                -0.384_645_981_689_806_07,
                0.479_816_238_473_983_36,
                -0.053_793_493_845_857_52,
                0.328_946_281_314_897_9,
                0.264_107_680_083_488_3,
                0.284_325_780_201_743_37,
                -0.000_120_402_511_747_772_74,
            ],
        );
    let far = (1.0 - tail).copysign(x);
    if size < 1.0 { near } else { far }
}

/// Largest argument of `sin`, `cos` and `tan` here; beyond, their reduction loses digits.
pub const TURNS_LIMIT: f32 = 1e6;

/// sin r, cos r and the number of quarter turns of x; |r| <= π/4.
#[inline(always)]
fn quarter(x: f64) -> (f64, f64, u64) {
    let sum = x * std::f64::consts::FRAC_2_PI + ROUNDING;
    let n = sum - ROUNDING;
    // π/2 in three parts, the first two of 33 bits, so that their products with n are exact
    let r = x - n * 1.570_796_326_734_125_6;
    let r = r - n * 6.077_100_506_303_966e-11;
    let r = r - n * 2.022_266_248_795_950_6e-21;
    let square = r * r;
    let sin = r * polynomial(
        square,
        [
            1.0 / 6_227_020_800.0,
            -1.0 / 39_916_800.0,
            1.0 / 362_880.0,
            -1.0 / 5_040.0,
            1.0 / 120.0,
            -1.0 / 6.0,
            1.0,
        ],
    );
    let cos = polynomial(
        square,
        [
            -1.0 / 87_178_291_200.0,
            1.0 / 479_001_600.0,
            -1.0 / 3_628_800.0,
            1.0 / 40_320.0,
            -1.0 / 720.0,
            1.0 / 24.0,
            -0.5,
            1.0,
        ],
    );
    (sin, cos, sum.to_bits())
}

/// sin x for |x| up to `TURNS_LIMIT`.
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    let (sin, cos, quarters) = quarter(x);
    let y = if quarters & 1 == 0 { sin } else { cos };
    f64::from_bits(y.to_bits() ^ (quarters & 2) << 62)
}

/// cos x for |x| up to `TURNS_LIMIT`.
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    let (sin, cos, quarters) = quarter(x);
    let y = if quarters & 1 == 0 { cos } else { sin };
    f64::from_bits(y.to_bits() ^ (quarters.wrapping_add(1) & 2) << 62)
}

/// tan x for |x| up to `TURNS_LIMIT`.
#[inline(always)]
pub fn tan(x: f64) -> f64 {
    let (sin, cos, quarters) = quarter(x);
    if quarters & 1 == 0 { sin / cos } else { -cos / sin }
}

/// (e^x - e^-x) / 2
#[inline(always)]
pub fn sinh(x: f64) -> f64 {
    let t = exp_m1(x.abs());
    (0.5 * (t + t / (t + 1.0))).copysign(x)
}

/// (e^x + e^-x) / 2
#[inline(always)]
pub fn cosh(x: f64) -> f64 {
    let e = exp(x.abs());
    0.5 * (e + 1.0 / e)
}

/// ln(1 + e^x)
#[inline(always)]
pub fn softplus(x: f64) -> f64 {
    let y = ln_1p(exp(x));
    if x > 40.0 { x } else { y }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn same(a: f32, b: f32) -> bool {
        a == b || (a.is_nan() && b.is_nan())
    }

    /// Floats of all sizes and signs.
    fn spread() -> impl Iterator<Item = f32> {
        (0..=u32::MAX).step_by(60_013).map(f32::from_bits)
    }

    fn matches(name: &str, ours: fn(f64) -> f64, truth: fn(f64) -> f64, limit: f32) {
        let near = (-20_000..20_000).map(|i| i as f32 / 1_000.0);
        for x in spread().chain(near).filter(|x| x.is_nan() || x.abs() <= limit) {
            let (y, expected) = (ours(f64::from(x)) as f32, truth(f64::from(x)) as f32);
            let close = (y - expected).abs() <= 1.2e-7 * expected.abs();
            assert!(close || same(y, expected), "{name} of {x:e}: {y:e}, expected {expected:e}");
        }
    }

    #[test]
    fn match_the_standard_library() {
        let all = f32::INFINITY;
        matches("exp", exp, f64::exp, all);
        matches("exp_m1", exp_m1, f64::exp_m1, all);
        matches("ln", ln, f64::ln, all);
        matches("ln_1p", ln_1p, f64::ln_1p, all);
        matches("sinh", sinh, f64::sinh, all);
        matches("cosh", cosh, f64::cosh, all);
        matches("sin", sin, f64::sin, TURNS_LIMIT);
        matches("cos", cos, f64::cos, TURNS_LIMIT);
        matches("tan", tan, f64::tan, TURNS_LIMIT);
        matches("softplus", softplus, |x| if x > 40.0 { x } else { x.exp().ln_1p() }, all);
    }

    #[test]
    fn powers_follow_javascript() {
        let bases = [0.0, 0.3, 1.0, 2.5, 1e30, f64::INFINITY];
        let exponents = [0.0, 0.5, 1.0, 2.0, 3.0, 2.7, 1e9, 1e30, f64::INFINITY];
        let signs = |x: f64| [x, -x];
        for a in bases.into_iter().flat_map(signs).chain([f64::NAN]) {
            for b in exponents.into_iter().flat_map(signs).chain([f64::NAN]) {
                let in_c = a.powf(b);
                let differs = b.is_nan() || (a.abs() == 1.0 && b.is_infinite());
                let expected = if differs { f32::NAN } else { in_c as f32 };
                let y = power(a, b) as f32;
                let close = (y - expected).abs() <= 1e-7 * expected.abs();
                assert!(close || same(y, expected), "{a} to the {b}: {y}, expected {expected}");
                assert!(y != 0.0 || y.is_sign_negative() == expected.is_sign_negative(), "{a} to the {b}");
            }
        }
    }

    #[test]
    fn erf_has_known_values() {
        // Abramowitz and Stegun, table 7.1
        let table = [
            (0.0, 0.0),
            (1e-3, 0.001_128_378_790_969_235),
            (0.1, 0.112_462_916_018_284_9),
            (0.5, 0.520_499_877_813_046_5),
            (0.99, 0.838_508_069_555_37),
            (1.0, 0.842_700_792_949_714_9),
            (1.5, 0.966_105_146_475_310_8),
            (2.0, 0.995_322_265_018_952_7),
            (3.5, 0.999_999_256_901_627_7),
            (100.0, 1.0),
            (f64::INFINITY, 1.0),
        ];
        for (x, expected) in table {
            assert!((erf(x) - expected).abs() <= 1e-10 * expected.max(1e-9), "erf {x}: {}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
        assert!(erf(f64::NAN).is_nan());
    }

    #[test]
    fn converts_to_int32_modulo() {
        let cases = [
            (1.9, 1),
            (-1.9, -1),
            (2_147_483_648.0, i32::MIN),
            (4_294_967_297.0, 1),
            (-4_294_967_297.0, -1),
            (2f64.powi(70), 0),
            (2f64.powi(63) + 2f64.powi(12), 4096),
            (f64::NAN, 0),
            (f64::NEG_INFINITY, 0),
        ];
        for (x, expected) in cases {
            assert_eq!(to_int32(x), expected, "{x}");
        }
    }

    #[test]
    fn remainders_have_the_sign_of_the_divisor() {
        assert_eq!(modulo(-7.0, 3.0), 2.0);
        assert_eq!(modulo(7.0, -3.0), -2.0);
        assert_eq!(modulo(-7.0, -3.0), -1.0);
        assert!(modulo(1.0, 0.0).is_nan());
    }
}
