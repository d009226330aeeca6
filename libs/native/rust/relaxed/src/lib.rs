//! The tiles of the matrix product with relaxed SIMD.
//!
//! A crate of its own, as LLVM compiles all of a WebAssembly crate with the features of any function in it, and with relaxed
//! SIMD takes relaxed maxima and minima everywhere, which have other rules for NaN. Nothing here compares numbers.
#![cfg(target_arch = "wasm32")]

use lilformer_kernels::simd::wasm::Simd128;

lilformer_kernels::tiles!(
    /// The tiles, which the product finds by this name.
    #[unsafe(no_mangle)]
    pub static LILFORMER_RELAXED_TILES, Simd128<true>, "relaxed-simd", [1 2 3 4], None
);
