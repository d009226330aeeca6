//! The loop that most kernels are made of: over a run of floats, vector by vector, the last one in part.

/// Runs the body for each vector of `length` floats: `at` is its place, `count` its floats, which the compiler knows
/// to be all lanes in every turn but the last.
#[macro_export]
macro_rules! vectors {
    ($S:ident, $length:expr, $at:ident, $count:ident => $body:block) => {{
        let length: usize = $length;
        let mut $at = 0;
        while $at + <$S as $crate::simd::Simd>::LANES <= length {
            let $count = <$S as $crate::simd::Simd>::LANES;
            $body
            $at += <$S as $crate::simd::Simd>::LANES;
        }
        if $at < length {
            let $count = length - $at;
            $body
        }
    }};
}
