//! Register tiles: a few rows of A times a panel of B. One set per instruction set, selected once per block of work; the
//! code around them is plain. The tiles for bf16 are in `bf16.rs`.

#[cfg(target_arch = "x86_64")]
use crate::simd::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use crate::simd::avx512::Avx512;
#[cfg(target_arch = "aarch64")]
use crate::simd::neon::Neon;
use crate::simd::portable::Portable;
#[cfg(all(target_arch = "wasm32", not(feature = "relaxed")))]
use crate::simd::wasm::Simd128;
use crate::simd::{Level, Simd, level};

/// Depth of a block, so that a panel of B and a tile of A stay in the first caches.
pub const DEPTH: usize = 256;
/// Row stride of a packed block of A; not a power of two, so that rows map to different cache sets.
pub const ROW_STRIDE: usize = DEPTH + 16;

/// C[rows, columns] = A · B, or += with `accumulate`, over `depth`. The tile determines the layout of A; row k of B is
/// at `b + k · ldb` and readable for all vectors of the tile; only `columns` columns of C are accessed.
///
/// # Safety
/// The addresses are valid for these sizes, and the processor has the tile's instruction set.
pub type Tile = unsafe fn(
    depth: usize,
    a: *const f32,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    columns: usize,
    accumulate: bool,
);

/// The tiles of one instruction set.
pub struct Tiles {
    /// Maximum number of rows of a tile.
    pub rows: usize,
    /// Number of floats of a vector.
    pub lanes: usize,
    /// Width of a panel: columns of the widest tile.
    pub width: usize,
    /// For A with row stride `ROW_STRIDE`. [rows - 1][vectors - 1]
    pub by_rows: &'static [[Tile; 2]],
    /// For A with column stride `rows`.
    pub by_columns: &'static [[Tile; 2]],
    /// As `by_rows` and `by_columns`, for at most half a vector of columns.
    pub narrow: Option<[&'static [Tile]; 2]>,
}

impl Tiles {
    /// The tile for A packed by rows.
    #[inline(always)]
    pub fn of_rows(&self, rows: usize, columns: usize) -> Tile {
        match self.narrow {
            Some([narrow, _]) if columns <= self.lanes / 2 => narrow[rows - 1],
            _ => self.by_rows[rows - 1][columns.div_ceil(self.lanes) - 1],
        }
    }

    /// The tile for A packed by columns.
    #[inline(always)]
    pub fn of_columns(&self, rows: usize, columns: usize) -> Tile {
        match self.narrow {
            Some([_, narrow]) if columns <= self.lanes / 2 => narrow[rows - 1],
            _ => self.by_columns[rows - 1][columns.div_ceil(self.lanes) - 1],
        }
    }

    /// Number of rows of a block of A: whole tiles, about 112 rows.
    #[inline(always)]
    pub fn block_rows(&self) -> usize {
        112 / self.rows * self.rows
    }
}

/// A[i, k] at `a[i · ROW + k · COLUMN]`.
///
/// # Safety
/// As for `Tile`.
#[inline(always)]
pub unsafe fn tile<S: Simd, const M: usize, const N: usize, const ROW: usize, const COLUMN: usize>(
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
    unsafe {
        if accumulate {
            // C is needed once the sums are complete
            for i in 0..M {
                for j in 0..N {
                    S::prefetch(c.add(i * ldc + j * S::LANES));
                }
            }
        }
        let mut sums = [[S::zero(); N]; M];
        let (mut a, mut b) = (a, b);
        for _ in 0..depth {
            let mut of_b = [S::zero(); N];
            for j in 0..N {
                of_b[j] = S::load(b.add(j * S::LANES));
            }
            for i in 0..M {
                let of_a = S::splat(*a.add(i * ROW));
                for j in 0..N {
                    sums[i][j] = S::fma(of_a, of_b[j], sums[i][j]);
                }
            }
            a = a.add(COLUMN);
            b = b.add(ldb);
        }
        let last = columns - (N - 1) * S::LANES;
        for i in 0..M {
            for j in 0..N {
                let at = c.add(i * ldc + j * S::LANES);
                let sum = sums[i][j];
                if j + 1 == N && last < S::LANES {
                    let sum = if accumulate { S::add(sum, S::load_part(at, last)) } else { sum };
                    S::store_part(at, sum, last);
                } else {
                    let sum = if accumulate { S::add(sum, S::load(at)) } else { sum };
                    S::store(at, sum);
                }
            }
        }
    }
}

/// The tiles of one kind of vectors as functions compiled with these features.
#[macro_export]
macro_rules! tile_entries {
    ($kind:ty, $($feature:literal)?) => {
        $(#[target_feature(enable = $feature)])?
        unsafe fn by_rows<const M: usize, const N: usize>(
            depth: usize, a: *const f32, b: *const f32, ldb: usize, c: *mut f32, ldc: usize, columns: usize, accumulate: bool,
        ) {
            // SAFETY: guaranteed by the callers, as `Tile` requires; the features are on.
            unsafe { $crate::product::tile::tile::<$kind, M, N, { $crate::product::tile::ROW_STRIDE }, 1>(depth, a, b, ldb, c, ldc, columns, accumulate) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn by_columns<const M: usize, const N: usize>(
            depth: usize, a: *const f32, b: *const f32, ldb: usize, c: *mut f32, ldc: usize, columns: usize, accumulate: bool,
        ) {
            // SAFETY: guaranteed by the callers, as `Tile` requires; the features are on.
            unsafe { $crate::product::tile::tile::<$kind, M, N, 1, ROWS>(depth, a, b, ldb, c, ldc, columns, accumulate) }
        }
    };
}

/// `tiles!(static NAME, vectors, "features", [numbers of rows], narrow)` defines the tiles of one kind of vectors.
#[macro_export]
macro_rules! tiles {
    ($(#[$meta:meta])* $vis:vis static $name:ident, $kind:ty, $($feature:literal)?, [$($rows:literal)*], $narrow:expr) => {
        $(#[$meta])*
        $vis static $name: $crate::product::tile::Tiles = {
            const ROWS: usize = <$kind as $crate::simd::Simd>::TILE_ROWS;
            $crate::tile_entries!($kind, $($feature)?);
            $crate::product::tile::Tiles {
                rows: ROWS,
                lanes: <$kind as $crate::simd::Simd>::LANES,
                width: <$kind as $crate::simd::Simd>::LANES * <$kind as $crate::simd::Simd>::TILE_VECTORS,
                by_rows: &[$([by_rows::<$rows, 1>, by_rows::<$rows, 2>]),*],
                by_columns: &[$([by_columns::<$rows, 1>, by_columns::<$rows, 2>]),*],
                narrow: $narrow,
            }
        };
    };
}

#[cfg(target_arch = "x86_64")]
tiles!(static AVX512, Avx512, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", [1 2 3 4 5 6 7 8 9 10 11 12 13 14], Some(narrow::TILES));
#[cfg(target_arch = "x86_64")]
tiles!(static AVX2, Avx2, "avx2,fma", [1 2 3 4 5 6], None);
#[cfg(target_arch = "aarch64")]
tiles!(static NEON, Neon, "neon", [1 2 3 4 5 6 7 8], None);
#[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
unsafe extern "Rust" {
    static LILFORMER_RELAXED_TILES: Tiles;
}
#[cfg(all(target_arch = "wasm32", not(feature = "relaxed")))]
tiles!(static SIMD128, Simd128<false>, , [1 2 3 4], None);
tiles!(static PORTABLE, Portable, , [1 2 3 4], None);

/// AVX-512 tiles for at most eight columns: half a vector takes half the time.
#[cfg(target_arch = "x86_64")]
mod narrow {
    use super::*;

    const ROWS: usize = Avx512::TILE_ROWS;
    tile_entries!(Avx2, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");

    macro_rules! list {
        ($entry:ident, $($rows:literal)*) => { &[$($entry::<$rows, 1>),*] };
    }

    pub const TILES: [&[Tile]; 2] = [
        list!(by_rows, 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
        list!(by_columns, 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
    ];
}

/// The tiles for this processor.
#[inline(always)]
pub fn tiles() -> &'static Tiles {
    match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => &AVX512,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => &AVX2,
        #[cfg(target_arch = "aarch64")]
        Level::Neon => &NEON,
        #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
        // SAFETY: the crate `lilformer-relaxed` defines it, with this type.
        Level::Simd128 => unsafe { &LILFORMER_RELAXED_TILES },
        #[cfg(all(target_arch = "wasm32", not(feature = "relaxed")))]
        Level::Simd128 => &SIMD128,
        _ => &PORTABLE,
    }
}
