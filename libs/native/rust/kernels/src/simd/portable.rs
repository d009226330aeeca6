//! Eight lanes as plain arrays, for any processor.
#![allow(clippy::undocumented_unsafe_blocks)] // the only unsafe operations are reads and writes under the trait's requirements

use super::{Bf16, Simd};

#[derive(Clone, Copy)]
pub struct Portable;

const N: usize = 8;
type V = [f32; N];
type U = [u32; N];
type M = [bool; N];

#[inline(always)]
fn each<A: Copy, B>(a: [A; N], f: impl Fn(A) -> B) -> [B; N] {
    a.map(f)
}

#[inline(always)]
fn both<A: Copy, B: Copy, C>(a: [A; N], b: [B; N], f: impl Fn(A, B) -> C) -> [C; N] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Simd for Portable {
    const LANES: usize = N;
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 1;
    type V = V;
    type U = U;
    type M = M;

    #[inline(always)]
    unsafe fn splat(x: f32) -> V {
        [x; N]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> V {
        unsafe { from.cast::<V>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> V {
        let mut lanes = [0.0; N];
        unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count.min(N)) };
        lanes
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const Bf16) -> V {
        let halves = unsafe { from.cast::<[u16; N]>().read_unaligned() };
        halves.map(|half| f32::from_bits(u32::from(half) << 16))
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: V) {
        unsafe { to.cast::<V>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, v: V, count: usize) {
        unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), to, count.min(N)) }
    }
    #[inline(always)]
    unsafe fn add(a: V, b: V) -> V {
        both(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: V, b: V) -> V {
        both(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: V, b: V) -> V {
        both(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(a: V, b: V) -> V {
        both(a, b, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn fma(a: V, b: V, c: V) -> V {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn fnma(a: V, b: V, c: V) -> V {
        std::array::from_fn(|i| c[i] - a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn max(a: V, b: V) -> V {
        both(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn min(a: V, b: V) -> V {
        both(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn sqrt(a: V) -> V {
        each(a, f32::sqrt)
    }
    #[inline(always)]
    unsafe fn abs(a: V) -> V {
        each(a, f32::abs)
    }
    #[inline(always)]
    unsafe fn round(a: V) -> V {
        each(a, f32::round_ties_even)
    }
    #[inline(always)]
    unsafe fn scale2(a: V, n: V) -> V {
        // in two factors, as 2^n may not be a normal number
        both(a, n, |a, n| {
            let whole = n.clamp(-252.0, 252.0) as i32;
            let half = whole >> 1;
            let power = |e: i32| f32::from_bits(((e + 127) as u32) << 23);
            a * power(half) * power(whole - half)
        })
    }
    #[inline(always)]
    unsafe fn sum(a: V) -> f32 {
        ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
    }
    #[inline(always)]
    unsafe fn largest(a: V) -> f32 {
        a.into_iter().fold(f32::NEG_INFINITY, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn first(count: usize) -> M {
        std::array::from_fn(|i| i < count)
    }
    #[inline(always)]
    unsafe fn less(a: V, b: V) -> M {
        both(a, b, |a, b| a < b)
    }
    #[inline(always)]
    unsafe fn select(mask: M, yes: V, no: V) -> V {
        std::array::from_fn(|i| if mask[i] { yes[i] } else { no[i] })
    }
    #[inline(always)]
    unsafe fn and(a: M, b: M) -> M {
        both(a, b, |a, b| a & b)
    }
    #[inline(always)]
    unsafe fn splat_u(x: u32) -> U {
        [x; N]
    }
    #[inline(always)]
    unsafe fn count_u() -> U {
        std::array::from_fn(|i| i as u32)
    }
    #[inline(always)]
    unsafe fn add_u(a: U, b: U) -> U {
        both(a, b, u32::wrapping_add)
    }
    #[inline(always)]
    unsafe fn xor_u(a: U, b: U) -> U {
        both(a, b, |a, b| a ^ b)
    }
    #[inline(always)]
    unsafe fn and_u(a: U, b: U) -> U {
        both(a, b, |a, b| a & b)
    }
    #[inline(always)]
    unsafe fn shift_left_u<const BY: u32>(a: U) -> U {
        each(a, |a| a << BY)
    }
    #[inline(always)]
    unsafe fn shift_right_u<const BY: u32>(a: U) -> U {
        each(a, |a| a >> BY)
    }
    #[inline(always)]
    unsafe fn at_least_u(a: U, b: U) -> M {
        both(a, b, |a, b| a >= b)
    }
    #[inline(always)]
    unsafe fn load_u(from: *const u32) -> U {
        unsafe { from.cast::<U>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_u(to: *mut u32, v: U) {
        unsafe { to.cast::<U>().write_unaligned(v) }
    }
}
