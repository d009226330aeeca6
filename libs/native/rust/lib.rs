//! The kernels of lilformer's native TensorFlow.js backend.
//!
//! `kernels` and `product` are safe functions over slices; `bindings` check what JavaScript hands over and call
//! them; `simd`, `threads` and `buffers` are what they are made of. Nothing here allocates JavaScript memory.

pub mod buffers;
pub mod kernels;
pub mod product;
pub mod simd;
pub mod threads;

// Tests are plain programs, in which Node's functions do not exist.
#[cfg(not(test))]
mod arrays;
#[cfg(not(test))]
mod bindings;
