//! Products of matrices, with what follows them done while the numbers are in the nearest cache.
//!
//! | function | what it computes |
//! | --- | --- |
//! | [`pack`] then [`rows`] | C = epilogue(A · B), B packed once: many rows |
//! | [`product`] | the same with B where it lies; picks the way by the number of rows |
//! | [`rows_on_one_thread`] | part of `rows`, for use inside of a part of a job |
//! | [`transposed`] | C = Yᵀ · X over tokens, with column sums of Y: the gradient of a weight and a bias |
//! | [`transposed_on_one_thread`] | part of it, for use inside of a part of a job |
//! | [`gradients`] | dx, dW and db of a layer at once, the gradient of its outputs made chunk by chunk in cache |
//! | [`few_rows`] | Y = epilogue(X · Wᵀ) for up to [`FEW`] rows, W read once: one token at a time |
//!
//! A and B are [`Matrix`]: rows `stride` apart, or the transpose of that. A weight [out, in] is
//! `Matrix::turned(weight, in)` in y = x · Wᵀ and `Matrix::rows(weight, in)` in dx = dy · W. An [`Epilogue`] changes
//! each number of C once, when its sum is whole ([`Nothing`], [`AddBias`], or a kernel's own).
//!
//! Products are float32, or, for `b.with(Precision::Bf16)` and [`transposed_in`], have their factors rounded to bf16
//! while they are packed, where the processor multiplies those in hardware; all else stays float32. Apart from how they
//! are multiplied, weights may be kept in 16 bits: [`few_rows`], [`pack`] and [`product`] take a W of [`Bf16`] numbers.
//!
//! [`Bf16`]: crate::simd::Bf16
//!
//! The functions that take slices check sizes and panic; those with addresses are unsafe and check nothing. All sums
//! are made in the same order for the same sizes and number of threads. Products with a depth of 0 give zeros.
//!
//! Tiles of 14 × 32 (AVX-512), 6 × 16 (AVX2), 8 × 8 (NEON), 4 × 8 (portable) are kept in registers; B goes by in
//! panels as wide as a tile and at most 256 deep; after Goto and van de Geijn, Anatomy of High-Performance Matrix
//! Multiplication, 2008.

#[cfg(target_arch = "x86_64")]
mod bf16;
mod epilogue;
mod few_rows;
mod format;
mod gradients;
mod pack;
mod rows;
mod tile;
mod transposed;

pub use epilogue::{AddBias, Epilogue, Nothing, load, store};
pub use few_rows::{FEW, few_rows};
pub use format::Precision;
pub use gradients::{Slopes, Targets, gradients};
pub use pack::{Element, Matrix, Packed, pack};
pub use rows::{product, rows, rows_on_one_thread};
pub use transposed::{transposed, transposed_in, transposed_on_one_thread};

#[cfg(test)]
mod tests;
