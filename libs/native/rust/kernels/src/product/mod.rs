//! Matrix products with fused epilogues.
//!
//! | function | what it computes |
//! | --- | --- |
//! | [`pack`] then [`rows`] | C = epilogue(A · B), B packed once: many rows |
//! | [`product`] | the same with B unpacked; selects an algorithm by the number of rows |
//! | [`rows_on_one_thread`] | part of `rows`, for use inside a part of a job |
//! | [`transposed`] | C = Yᵀ · X over tokens, with column sums of Y: the gradient of a weight and a bias |
//! | [`transposed_on_one_thread`] | part of it, for use inside a part of a job |
//! | [`gradients`] | dx, dW and db of a layer, with the gradient of its outputs computed chunk by chunk in cache |
//! | [`few_rows`] | Y = epilogue(X · Wᵀ) for up to [`FEW`] rows, W read once: for generation |
//!
//! A and B are [`Matrix`]: with row stride `stride`, or transposed. A weight [out, in] is
//! `Matrix::transposed(weight, in)` in y = x · Wᵀ and `Matrix::rows(weight, in)` in dx = dy · W. An [`Epilogue`] is
//! applied once to each element of C, when its sum is complete ([`NoEpilogue`], [`AddBias`], or a kernel's own).
//!
//! Products are float32. With `b.with(Precision::Bf16)` and [`transposed_in`] the factors are rounded to bf16 during packing,
//! if the processor multiplies bf16. Independently, weights may be stored in bf16: [`few_rows`], [`pack`] and [`product`]
//! accept a W of [`Bf16`].
//!
//! [`Bf16`]: crate::simd::Bf16
//!
//! Functions over slices check sizes and panic; functions over addresses are unsafe and check nothing. Sums have the same
//! order for the same sizes and number of threads. Products of depth 0 are zero.
//!
//! Tiles of 14 × 32 (AVX-512), 6 × 16 (AVX2), 8 × 8 (NEON), 4 × 8 (WebAssembly, portable) are in registers; panels of B are as wide as a
//! tile and at most 256 deep, after Goto and van de Geijn, Anatomy of High-Performance Matrix
//! Multiplication, 2008.

#[cfg(target_arch = "x86_64")]
mod bf16;
mod epilogue;
mod few_rows;
mod format;
mod gradients;
mod pack;
mod rows;
pub mod tile;
mod transposed;

pub use epilogue::{AddBias, Epilogue, NoEpilogue, load, store};
pub use few_rows::{FEW, few_rows};
pub use format::Precision;
pub use gradients::{GradientOutputs, OutputGradient, gradients};
pub use pack::{Element, Matrix, Packed, pack};
pub use rows::{product, rows, rows_on_one_thread};
pub use transposed::{transposed, transposed_in, transposed_on_one_thread};

#[cfg(test)]
mod tests;
