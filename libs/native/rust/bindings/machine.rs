//! Properties of the machine, and settings.

use crate::arrays::Input;
use crate::{simd, threads};
use napi::Result;
use napi_derive::napi;

/// Panics become JavaScript errors. They are printed only if RUST_BACKTRACE is set.
#[napi_derive::module_init]
fn keep_panics_quiet() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
}

/// `avx512`, `avx2`, `neon` or `portable`.
#[napi]
pub fn simd_level() -> &'static str {
    match simd::level() {
        simd::Level::Avx512 => "avx512",
        simd::Level::Avx2 => "avx2",
        simd::Level::Neon => "neon",
        simd::Level::Portable => "portable",
    }
}

#[napi]
pub fn has_bf16() -> bool {
    simd::has_bf16()
}

/// Number of cores available to this process.
#[napi]
pub fn default_threads() -> u32 {
    threads::default_threads() as u32
}

/// Sets the number of threads and returns the new number.
#[napi]
pub fn set_threads(count: u32) -> u32 {
    threads::set_threads(count as usize) as u32
}

/// Number of bytes from the array's first element to the next cache line.
#[napi]
pub fn alignment_of(array: Input<f32>) -> Result<u32> {
    Ok(array.bytes_to_alignment(64)? as u32)
}
