//! Pseudorandom numbers for tests, and comparison with double precision.

/// Reproducible pseudorandom numbers in (-1.5, 1.5).
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

/// Panics unless all differences are below the limit, relative to the largest expected number, or to 0.1 if that is larger.
pub fn close(actual: &[f32], expected: &[f64], limit: f64) {
    assert_eq!(actual.len(), expected.len());
    let scale = expected.iter().fold(0.1f64, |largest, v| largest.max(v.abs()));
    for (i, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let difference = (a as f64 - e).abs() / scale;
        assert!(difference < limit, "element {i}: {a}, expected {e}, scale {scale}");
    }
}
