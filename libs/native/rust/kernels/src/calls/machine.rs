//! Properties of the machine, and settings.

use super::arguments::*;
use crate::{simd, threads};

/// Index of the vector instructions in use in: avx512, avx2, neon, simd128, portable.
pub fn simd_level() -> Result<f64> {
    Ok(f64::from(simd::level() as u8))
}

/// Whether the processor multiplies bf16 matrices.
pub fn has_bf16() -> Result<bool> {
    Ok(simd::has_bf16())
}

/// Number of cores available to this process.
pub fn default_threads() -> Result<f64> {
    Ok(threads::default_threads() as f64)
}

/// Sets the number of threads and returns the new number.
pub fn set_threads(count: u32) -> Result<f64> {
    Ok(threads::set_threads(count as usize) as f64)
}

/// Number of bytes from the array's first element to the next cache line.
pub fn alignment_of(array: Input<f32>) -> Result<f64> {
    Ok((array.address()?.wrapping_neg() % 64) as f64)
}
