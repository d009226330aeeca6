//! The loop over the vectors of a row, of which the last may be partial.

/// Runs the body for each vector of `length` floats: `at` is its offset, `count` its number of floats, which is known at
/// compile time for all but the last.
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
