//! Numbers for tests of kernels, and their comparison with numbers in double precision.

/// Numbers between -1.5 and 1.5 that look random, the same for the same seed.
pub fn numbers(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) ^ 0x85eb_ca6b;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 24) as f32 * 3.0 - 1.5
    };
    (0..length).map(|_| next()).collect()
}

/// Panics unless all differences are below the limit, as a share of the largest number (or of 0.1, if that is more).
pub fn close(actual: &[f32], expected: &[f64], limit: f64) {
    assert_eq!(actual.len(), expected.len());
    let scale = expected.iter().fold(0.1f64, |largest, v| largest.max(v.abs()));
    for (i, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let difference = (a as f64 - e).abs() / scale;
        assert!(difference < limit, "element {i}: {a}, expected {e}, scale {scale}");
    }
}
