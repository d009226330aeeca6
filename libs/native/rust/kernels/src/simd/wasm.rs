//! Four lanes: the 128-bit vectors of WebAssembly.
#![allow(clippy::undocumented_unsafe_blocks)] // every block is a few intrinsics, under the trait's requirements

use super::{Bf16, Simd};
use std::arch::wasm32::*;

/// With `RELAXED`, a product and a sum are one instruction where the processor has it. Only functions that compare nothing are
/// compiled with that feature: LLVM then also takes relaxed maxima and minima, which have other rules for NaN.
#[derive(Clone, Copy)]
pub struct Simd128<const RELAXED: bool>;

impl<const RELAXED: bool> Simd for Simd128<RELAXED> {
    const LANES: usize = 4;
    // V8 keeps at most eight sums in registers beside the factors.
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 2;
    type V = v128;
    type U = v128;
    type M = v128;

    #[inline(always)]
    unsafe fn splat(x: f32) -> v128 {
        f32x4_splat(x)
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> v128 {
        unsafe { v128_load(from.cast()) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> v128 {
        unsafe {
            match count {
                0 => f32x4_splat(0.0),
                1 => v128_load32_zero(from.cast()),
                2 => v128_load64_zero(from.cast()),
                3 => v128_load32_lane::<2>(v128_load64_zero(from.cast()), from.add(2).cast()),
                _ => v128_load(from.cast()),
            }
        }
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const Bf16) -> v128 {
        unsafe { u32x4_shl(u32x4_load_extend_u16x4(from.cast()), 16) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: v128) {
        unsafe { v128_store(to.cast(), v) }
    }
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, v: v128, count: usize) {
        unsafe {
            match count {
                0 => {}
                1 => v128_store32_lane::<0>(v, to.cast()),
                2 => v128_store64_lane::<0>(v, to.cast()),
                3 => {
                    v128_store64_lane::<0>(v, to.cast());
                    v128_store32_lane::<2>(v, to.add(2).cast());
                }
                _ => v128_store(to.cast(), v),
            }
        }
    }
    #[inline(always)]
    unsafe fn add(a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }
    #[inline(always)]
    unsafe fn sub(a: v128, b: v128) -> v128 {
        f32x4_sub(a, b)
    }
    #[inline(always)]
    unsafe fn mul(a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }
    #[inline(always)]
    unsafe fn div(a: v128, b: v128) -> v128 {
        f32x4_div(a, b)
    }
    #[inline(always)]
    unsafe fn fma(a: v128, b: v128, c: v128) -> v128 {
        if RELAXED { unsafe { f32x4_relaxed_madd(a, b, c) } } else { f32x4_add(f32x4_mul(a, b), c) }
    }
    #[inline(always)]
    unsafe fn fnma(a: v128, b: v128, c: v128) -> v128 {
        if RELAXED { unsafe { f32x4_relaxed_nmadd(a, b, c) } } else { f32x4_sub(c, f32x4_mul(a, b)) }
    }
    #[inline(always)]
    unsafe fn max(a: v128, b: v128) -> v128 {
        f32x4_pmax(b, a)
    }
    #[inline(always)]
    unsafe fn min(a: v128, b: v128) -> v128 {
        f32x4_pmin(b, a)
    }
    #[inline(always)]
    unsafe fn sqrt(a: v128) -> v128 {
        f32x4_sqrt(a)
    }
    #[inline(always)]
    unsafe fn abs(a: v128) -> v128 {
        f32x4_abs(a)
    }
    #[inline(always)]
    unsafe fn round(a: v128) -> v128 {
        f32x4_nearest(a)
    }
    #[inline(always)]
    unsafe fn scale2(a: v128, n: v128) -> v128 {
        // in two factors, as 2^n may not be a normal number
        let n = f32x4_pmax(f32x4_pmin(n, f32x4_splat(252.0)), f32x4_splat(-252.0));
        let whole = i32x4_trunc_sat_f32x4(n);
        let half = i32x4_shr(whole, 1);
        let power = |e: v128| i32x4_shl(i32x4_add(e, i32x4_splat(127)), 23);
        f32x4_mul(f32x4_mul(a, power(half)), power(i32x4_sub(whole, half)))
    }
    #[inline(always)]
    unsafe fn sum(a: v128) -> f32 {
        let pairs = f32x4_add(a, i32x4_shuffle::<2, 3, 0, 1>(a, a));
        f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
    }
    #[inline(always)]
    unsafe fn largest(a: v128) -> f32 {
        let pairs = f32x4_pmax(a, i32x4_shuffle::<2, 3, 0, 1>(a, a));
        let (first, second) = (f32x4_extract_lane::<0>(pairs), f32x4_extract_lane::<1>(pairs));
        if first > second { first } else { second }
    }
    #[inline(always)]
    unsafe fn first(count: usize) -> v128 {
        u32x4_lt(u32x4(0, 1, 2, 3), u32x4_splat(count as u32))
    }
    #[inline(always)]
    unsafe fn less(a: v128, b: v128) -> v128 {
        f32x4_lt(a, b)
    }
    #[inline(always)]
    unsafe fn select(mask: v128, yes: v128, no: v128) -> v128 {
        v128_bitselect(yes, no, mask)
    }
    #[inline(always)]
    unsafe fn and(a: v128, b: v128) -> v128 {
        v128_and(a, b)
    }
    #[inline(always)]
    unsafe fn splat_u(x: u32) -> v128 {
        u32x4_splat(x)
    }
    #[inline(always)]
    unsafe fn count_u() -> v128 {
        u32x4(0, 1, 2, 3)
    }
    #[inline(always)]
    unsafe fn add_u(a: v128, b: v128) -> v128 {
        u32x4_add(a, b)
    }
    #[inline(always)]
    unsafe fn xor_u(a: v128, b: v128) -> v128 {
        v128_xor(a, b)
    }
    #[inline(always)]
    unsafe fn and_u(a: v128, b: v128) -> v128 {
        v128_and(a, b)
    }
    #[inline(always)]
    unsafe fn shift_left_u<const N: u32>(a: v128) -> v128 {
        u32x4_shl(a, N)
    }
    #[inline(always)]
    unsafe fn shift_right_u<const N: u32>(a: v128) -> v128 {
        u32x4_shr(a, N)
    }
    #[inline(always)]
    unsafe fn at_least_u(a: v128, b: v128) -> v128 {
        u32x4_ge(a, b)
    }
    #[inline(always)]
    unsafe fn load_u(from: *const u32) -> v128 {
        unsafe { v128_load(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store_u(to: *mut u32, v: v128) {
        unsafe { v128_store(to.cast(), v) }
    }
    #[inline(always)]
    unsafe fn transpose(
        from: *const f32,
        from_stride: usize,
        rows: usize,
        columns: usize,
        to: *mut f32,
        to_stride: usize,
    ) {
        unsafe {
            let mut r = [f32x4_splat(0.0); 4];
            for (i, row) in r.iter_mut().enumerate().take(rows) {
                *row = Self::load_part(from.add(i * from_stride), columns);
            }
            let low = |a, b| i32x4_shuffle::<0, 4, 1, 5>(a, b);
            let high = |a, b| i32x4_shuffle::<2, 6, 3, 7>(a, b);
            let (even, odd) = ([low(r[0], r[2]), high(r[0], r[2])], [low(r[1], r[3]), high(r[1], r[3])]);
            let turned =
                [low(even[0], odd[0]), high(even[0], odd[0]), low(even[1], odd[1]), high(even[1], odd[1])];
            for (i, column) in turned.iter().enumerate().take(columns) {
                v128_store(to.add(i * to_stride).cast(), *column);
            }
        }
    }
}
