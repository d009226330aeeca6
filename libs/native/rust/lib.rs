//! The kernels of lilformer's native TensorFlow.js backend.
//!
//! `kernels` and `product` are safe functions over slices; `bindings` check the arguments from JavaScript and call them;
//! `simd`, `threads` and `buffers` are their building blocks.

pub mod buffers;
pub mod kernels;
pub mod product;
pub mod simd;
pub mod threads;

// Test programs are not loaded by Node, so its functions do not exist there.
#[cfg(not(test))]
mod arrays;
#[cfg(not(test))]
mod bindings;
