//! The kernels of lilformer.
//!
//! `kernels` and `product` are safe functions over slices; `calls` check the arguments from JavaScript and call them; `simd`,
//! `threads` and `buffers` are their building blocks. The bindings are two other crates: a Node addon and WebAssembly.

#![cfg_attr(target_arch = "wasm32", feature(stdarch_wasm_atomic_wait))]

pub mod buffers;
pub mod calls;
pub mod kernels;
pub mod product;
pub mod simd;
pub mod threads;
