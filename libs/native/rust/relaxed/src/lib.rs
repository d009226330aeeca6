//! The tiles of the matrix product with relaxed SIMD.
//!
//! A crate of its own, as LLVM compiles all of a WebAssembly crate with the features of any function in it, and with relaxed
//! SIMD takes relaxed maxima and minima everywhere, which have other rules for NaN. Nothing here compares numbers.
#![cfg(target_arch = "wasm32")]

use lilformer_kernels::product::tile::{ROW_STRIDE, Tiles, tile};
use lilformer_kernels::simd::Simd;
use lilformer_kernels::simd::wasm::Simd128;

type Relaxed = Simd128<true>;

const ROWS: usize = Relaxed::TILE_ROWS;

#[target_feature(enable = "relaxed-simd")]
unsafe fn by_rows<const M: usize, const N: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    columns: usize,
    accumulate: bool,
) {
    // SAFETY: guaranteed by the callers, as `Tile` requires.
    unsafe { tile::<Relaxed, M, N, ROW_STRIDE, 1>(depth, a, b, ldb, c, ldc, columns, accumulate) }
}

#[target_feature(enable = "relaxed-simd")]
unsafe fn by_columns<const M: usize, const N: usize>(
    depth: usize,
    a: *const f32,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    columns: usize,
    accumulate: bool,
) {
    // SAFETY: guaranteed by the callers, as `Tile` requires.
    unsafe { tile::<Relaxed, M, N, 1, ROWS>(depth, a, b, ldb, c, ldc, columns, accumulate) }
}

macro_rules! list {
    ($entry:ident, $($rows:literal)*) => { &[$([$entry::<$rows, 1>, $entry::<$rows, 2>]),*] };
}

/// The tiles, which the product finds by this name.
#[unsafe(no_mangle)]
pub static LILFORMER_RELAXED_TILES: Tiles = Tiles {
    rows: ROWS,
    lanes: Relaxed::LANES,
    width: Relaxed::LANES * Relaxed::TILE_VECTORS,
    by_rows: list!(by_rows, 1 2 3 4),
    by_columns: list!(by_columns, 1 2 3 4),
    narrow: None,
};
