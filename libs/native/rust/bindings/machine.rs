//! What the library knows of the machine, and its settings.

use crate::arrays::Input;
use crate::{simd, threads};
use napi::Result;
use napi_derive::napi;

/// A panic reaches JavaScript as an error with its message. It is not printed as well, unless RUST_BACKTRACE asks.
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

/// Cores that this process may use.
#[napi]
pub fn default_threads() -> u32 {
    threads::default_threads() as u32
}

/// Sets the number of threads and gives what it is now.
#[napi]
pub fn set_threads(count: u32) -> u32 {
    threads::set_threads(count as usize) as u32
}

/// Bytes from the array's first element to the next cache line.
#[napi]
pub fn alignment_of(array: Input<f32>) -> Result<u32> {
    Ok(array.bytes_to_alignment(64) as u32)
}
