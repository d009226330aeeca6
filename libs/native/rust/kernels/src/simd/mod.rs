//! Vectors of floats: one trait with four implementations, selected at run time.
//!
//! A kernel is written once over `S: Simd` with the macro `kernel!` and compiled for each implementation. Everything between
//! its entry and the intrinsics is inlined, because only the entry is compiled with the processor's features. Closures are
//! not, so kernels are called inside the closures that run on several threads.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
pub mod math;
#[cfg(target_arch = "aarch64")]
pub mod neon;
pub mod portable;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

#[cfg(not(target_arch = "wasm32"))]
use std::sync::OnceLock;

/// A bfloat16: the upper half of a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(pub u16);

/// Element types of arrays that kernels read.
pub trait Number: Copy + Send + Sync + 'static {
    /// LANES elements as floats.
    ///
    /// # Safety
    /// As `Simd::load`.
    unsafe fn load<S: Simd>(from: *const Self) -> S::V;

    /// The first `count` elements, then zeros.
    ///
    /// # Safety
    /// As `Simd::load_part`.
    unsafe fn load_part<S: Simd>(from: *const Self, count: usize) -> S::V;
}

impl Number for f32 {
    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const f32) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load(from) }
    }
    #[inline(always)]
    unsafe fn load_part<S: Simd>(from: *const f32, count: usize) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load_part(from, count) }
    }
}

impl Number for Bf16 {
    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const Bf16) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load_bf16(from) }
    }
    #[inline(always)]
    unsafe fn load_part<S: Simd>(from: *const Bf16, count: usize) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load_bf16_part(from, count) }
    }
}

/// Vectors of `LANES` floats or 32-bit words, and masks.
///
/// # Safety
/// The processor must have the features of the implementation, which `kernel!` guarantees. Addresses need no alignment;
/// `load` and `store` access `LANES` elements, the `_part` forms `count`.
pub trait Simd: Copy + 'static {
    const LANES: usize;
    /// Rows and vectors of the largest tile of a matrix product that stays in registers.
    const TILE_ROWS: usize;
    const TILE_VECTORS: usize;
    type V: Copy;
    type U: Copy;
    type M: Copy;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(from: *const f32) -> Self::V;
    /// The first `count` floats (0 to LANES), then zeros; accesses no more memory.
    unsafe fn load_part(from: *const f32, count: usize) -> Self::V;
    /// LANES bfloat16 numbers as floats.
    unsafe fn load_bf16(from: *const Bf16) -> Self::V;
    /// The first `count` of them, then zeros; accesses no more memory.
    #[inline(always)]
    unsafe fn load_bf16_part(from: *const Bf16, count: usize) -> Self::V {
        let mut lanes = [Bf16(0); 16];
        // SAFETY: `count` elements are valid; no implementation has more than 16 lanes.
        unsafe {
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count.min(Self::LANES));
            Self::load_bf16(lanes.as_ptr())
        }
    }
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn store_part(to: *mut f32, v: Self::V, count: usize);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// a · b + c
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// c - a · b
    unsafe fn fnma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The maximum; b if either is NaN, as on x86.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// The minimum; b if either is NaN.
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sqrt(a: Self::V) -> Self::V;
    unsafe fn abs(a: Self::V) -> Self::V;
    /// Rounds to the nearest integer, ties to even.
    unsafe fn round(a: Self::V) -> Self::V;
    /// a · 2^n for integers n in [-300, 300]; subnormal results may be 0.
    unsafe fn scale2(a: Self::V, n: Self::V) -> Self::V;
    unsafe fn sum(a: Self::V) -> f32;
    unsafe fn largest(a: Self::V) -> f32;

    /// The first `count` lanes.
    unsafe fn first(count: usize) -> Self::M;
    unsafe fn less(a: Self::V, b: Self::V) -> Self::M;
    /// `yes` in the lanes of the mask, `no` elsewhere.
    unsafe fn select(mask: Self::M, yes: Self::V, no: Self::V) -> Self::V;
    unsafe fn and(a: Self::M, b: Self::M) -> Self::M;

    unsafe fn splat_u(x: u32) -> Self::U;
    /// 0, 1, 2 …
    unsafe fn count_u() -> Self::U;
    unsafe fn add_u(a: Self::U, b: Self::U) -> Self::U;
    unsafe fn xor_u(a: Self::U, b: Self::U) -> Self::U;
    unsafe fn and_u(a: Self::U, b: Self::U) -> Self::U;
    /// Shifts by a constant of 0 to 31.
    unsafe fn shift_left_u<const N: u32>(a: Self::U) -> Self::U;
    unsafe fn shift_right_u<const N: u32>(a: Self::U) -> Self::U;
    /// a >= b, for numbers below 2^31.
    unsafe fn at_least_u(a: Self::U, b: Self::U) -> Self::M;
    unsafe fn load_u(from: *const u32) -> Self::U;
    unsafe fn store_u(to: *mut u32, v: Self::U);

    /// Transposes a block of at most LANES × LANES floats: `to[c · to_stride + r] = from[r · from_stride + c]` for `r < rows` and
    /// `c < columns`. Writes `columns` whole vectors, with zeros where `r >= rows`.
    #[inline(always)]
    unsafe fn transpose(
        from: *const f32,
        from_stride: usize,
        rows: usize,
        columns: usize,
        to: *mut f32,
        to_stride: usize,
    ) {
        for c in 0..columns {
            for r in 0..Self::LANES {
                // SAFETY: inside both blocks, which the caller guarantees to be valid.
                unsafe {
                    *to.add(c * to_stride + r) = if r < rows { *from.add(r * from_stride + c) } else { 0.0 };
                }
            }
        }
    }

    /// Prefetches the cache line at this address, which need not be valid.
    #[inline(always)]
    unsafe fn prefetch(_address: *const f32) {}

    #[inline(always)]
    unsafe fn zero() -> Self::V {
        // SAFETY: as this function.
        unsafe { Self::splat(0.0) }
    }

    /// `v` in the lanes of the mask, 0 elsewhere.
    #[inline(always)]
    unsafe fn keep(mask: Self::M, v: Self::V) -> Self::V {
        // SAFETY: as this function.
        unsafe { Self::select(mask, v, Self::zero()) }
    }

    #[inline(always)]
    unsafe fn rotate_left_u<const N: u32, const REST: u32>(a: Self::U) -> Self::U {
        const { assert!(N + REST == 32) };
        // SAFETY: as this function.
        unsafe { Self::xor_u(Self::shift_left_u::<N>(a), Self::shift_right_u::<REST>(a)) }
    }
}

/// Instruction sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Avx512,
    Avx2,
    Neon,
    Simd128,
    Portable,
}

/// The instruction set of this module.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub fn level() -> Level {
    Level::Simd128
}

/// The best instruction set of this processor, or a lesser one named by `LILFORMER_SIMD` (`avx2`, `portable`).
#[cfg(not(target_arch = "wasm32"))]
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let best = detect();
        match std::env::var("LILFORMER_SIMD").as_deref() {
            Ok("portable") => Level::Portable,
            Ok("avx2") if best == Level::Avx512 => Level::Avx2,
            _ => best,
        }
    })
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    match (avx512 && avx2, avx2) {
        (true, _) => Level::Avx512,
        (_, true) => Level::Avx2,
        _ => Level::Portable,
    }
}

#[cfg(target_arch = "aarch64")]
fn detect() -> Level {
    Level::Neon
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
fn detect() -> Level {
    Level::Portable
}

/// Whether the processor multiplies bfloat16 pairs.
pub fn has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        level() == Level::Avx512 && is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

/// Defines an `unsafe fn name(arguments)` whose body over `S: Simd` is compiled for every instruction set; a call runs the one
/// of this processor. The body is unsafe code, and the caller guarantees that its addresses are valid. Further type
/// parameters follow a semicolon: `unsafe fn name<S; E: Epilogue>(…)`.
#[macro_export]
macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis unsafe fn $name:ident<$S:ident $(; $($G:ident: $bound:path),+)?>($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis unsafe fn $name$(<$($G: $bound),+>)?($($arg: $ty),*) $(-> $ret)? {
            // SAFETY: the caller guarantees the body's requirements; the features are checked below.
            #[inline(always)]
            unsafe fn generic<$S: $crate::simd::Simd $(, $($G: $bound),+)?>($($arg: $ty),*) $(-> $ret)? {
                #[allow(unused_unsafe, clippy::undocumented_unsafe_blocks, clippy::macro_metavars_in_unsafe)]
                unsafe { $body }
            }
            match $crate::simd::level() {
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx512 => {
                    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                    unsafe fn entry$(<$($G: $bound),+>)?($($arg: $ty),*) $(-> $ret)? {
                        // SAFETY: as the outer function; the features are on.
                        unsafe { generic::<$crate::simd::avx512::Avx512 $(, $($G),+)?>($($arg),*) }
                    }
                    // SAFETY: `level` has detected these features.
                    unsafe { entry$(::<$($G),+>)?($($arg),*) }
                }
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx2 => {
                    #[target_feature(enable = "avx2,fma")]
                    unsafe fn entry$(<$($G: $bound),+>)?($($arg: $ty),*) $(-> $ret)? {
                        // SAFETY: as the outer function; the features are on.
                        unsafe { generic::<$crate::simd::avx2::Avx2 $(, $($G),+)?>($($arg),*) }
                    }
                    // SAFETY: `level` has detected these features.
                    unsafe { entry$(::<$($G),+>)?($($arg),*) }
                }
                #[cfg(target_arch = "aarch64")]
                // SAFETY: every aarch64 processor has NEON.
                $crate::simd::Level::Neon => unsafe { generic::<$crate::simd::neon::Neon $(, $($G),+)?>($($arg),*) },
                #[cfg(target_arch = "wasm32")]
                // SAFETY: the module is compiled with these vectors.
                $crate::simd::Level::Simd128 => unsafe { generic::<$crate::simd::wasm::Simd128<false> $(, $($G),+)?>($($arg),*) },
                // SAFETY: portable code needs no features.
                _ => unsafe { generic::<$crate::simd::portable::Portable $(, $($G),+)?>($($arg),*) },
            }
        }
    };
}

#[cfg(test)]
mod tests;
