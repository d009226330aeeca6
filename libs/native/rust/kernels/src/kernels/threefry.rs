//! Dropout masks from a counter-based random generator: Threefry-4x32 with 12 rounds (Salmon, Moraes, Dror and Shaw,
//! "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//!
//! A mask [rows, columns] consists of tiles of 8 rows and 16 columns in row-major order. Column c of tile t is block
//! 16 t + c of the stream; its four words hold 16 bits each for rows 0 and 1, 2 and 3, 4 and 5, 6 and 7, the even row in
//! the lower half. libs/ops/src/dropout computes the same bits.

use crate::simd::Simd;

/// Rows and columns of a tile.
pub const TILE_ROWS: usize = 8;
pub const TILE_COLUMNS: usize = 16;

const PARITY: u32 = 0x1bd1_1bda;

/// A dropout mask.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// Key schedule: the four words of the key and their parity.
    schedule: [u32; 5],
    /// An element is kept if its 16 bits are at least this; at most 65,536, which drops all.
    pub threshold: u32,
    /// Factor on kept elements.
    pub factor: f32,
}

impl Mask {
    /// `rate` is in [0, 1).
    pub fn new(rate: f64, seed: u64, counter: u64) -> Self {
        let key = [seed as u32, (seed >> 32) as u32, counter as u32, (counter >> 32) as u32];
        Self {
            schedule: [key[0], key[1], key[2], key[3], key.iter().fold(PARITY, |a, b| a ^ b)],
            threshold: (rate * 65536.0 + 0.5).floor().clamp(0.0, 65536.0) as u32,
            factor: (1.0 / (1.0 - rate)) as f32,
        }
    }
}

/// Number of tiles per row of tiles, for this number of columns.
pub fn tiles_across(columns: usize) -> usize {
    columns.div_ceil(TILE_COLUMNS)
}

/// The words of `LANES` columns of a tile, from column `first`, a multiple of LANES below 16.
///
/// # Safety
/// As for `Simd`.
#[inline(always)]
pub unsafe fn words<S: Simd>(mask: &Mask, tile: u64, first: usize) -> [S::U; 4] {
    const { assert!(TILE_COLUMNS.is_multiple_of(S::LANES)) };
    // SAFETY: only arithmetic.
    unsafe {
        let block = tile.wrapping_mul(TILE_COLUMNS as u64) + first as u64;
        let k = &mask.schedule;
        let add = |a, b: u32| S::add_u(a, S::splat_u(b));
        // the column takes the lowest 4 bits, so no lane carries into the high word
        let mut a = add(add(S::count_u(), block as u32), k[0]);
        let mut b = S::splat_u(((block >> 32) as u32).wrapping_add(k[1]));
        let mut c = S::splat_u(k[2]);
        let mut d = S::splat_u(k[3]);
        macro_rules! mix {
            ($x:ident $y:ident $left:literal) => {
                $x = S::add_u($x, $y);
                $y = S::xor_u(S::rotate_left_u::<$left, { 32 - $left }>($y), $x);
            };
        }
        macro_rules! rounds {
            ($l0:literal $r0:literal $l1:literal $r1:literal $l2:literal $r2:literal $l3:literal $r3:literal, $n:literal) => {
                mix!(a b $l0); mix!(c d $r0);
                mix!(a d $l1); mix!(c b $r1);
                mix!(a b $l2); mix!(c d $r2);
                mix!(a d $l3); mix!(c b $r3);
                a = add(a, k[$n]);
                b = add(b, k[($n + 1) % 5]);
                c = add(c, k[($n + 2) % 5]);
                d = add(d, k[($n + 3) % 5].wrapping_add($n));
            };
        }
        rounds!(10 26 11 21 13 27 23 5, 1);
        rounds!(6 20 17 11 25 10 18 20, 2);
        rounds!(10 26 11 21 13 27 23 5, 3);
        [a, b, c, d]
    }
}

/// Lanes in which row `row` (0 … 7) of a tile is kept, given `words(…)[row / 2]`.
///
/// # Safety
/// As for `Simd`.
#[inline(always)]
pub unsafe fn kept<S: Simd>(mask: &Mask, word: S::U, row: usize) -> S::M {
    // SAFETY: only arithmetic; both sides are below 2^31.
    unsafe {
        let bits = if row.is_multiple_of(2) {
            S::and_u(word, S::splat_u(0xffff))
        } else {
            S::shift_right_u::<16>(word)
        };
        S::at_least_u(bits, S::splat_u(mask.threshold))
    }
}

#[cfg(test)]
pub mod reference {
    //! The generator one block at a time, for tests of kernels with dropout.

    use super::*;

    const ROTATIONS: [[u32; 2]; 8] =
        [[10, 26], [11, 21], [13, 27], [23, 5], [6, 20], [17, 11], [25, 10], [18, 20]];

    pub fn block(counter: [u32; 4], key: [u32; 4], rounds: usize) -> [u32; 4] {
        let parity = key.iter().fold(PARITY, |a, b| a ^ b);
        let schedule = [key[0], key[1], key[2], key[3], parity];
        let mut x: [u32; 4] = std::array::from_fn(|i| counter[i].wrapping_add(key[i]));
        for round in 0..rounds {
            let [left, right] = ROTATIONS[round % 8];
            let (first, second) = if round % 2 == 0 { (1, 3) } else { (3, 1) };
            x[0] = x[0].wrapping_add(x[first]);
            x[first] = x[first].rotate_left(left) ^ x[0];
            x[2] = x[2].wrapping_add(x[second]);
            x[second] = x[second].rotate_left(right) ^ x[2];
            if round % 4 == 3 {
                let n = round / 4 + 1;
                for (i, word) in x.iter_mut().enumerate() {
                    *word = word.wrapping_add(schedule[(n + i) % 5]);
                }
                x[3] = x[3].wrapping_add(n as u32);
            }
        }
        x
    }

    /// 0 or the mask's factor, for one element of a mask with this number of columns.
    pub fn factor(mask: &Mask, columns: usize, row: usize, column: usize) -> f32 {
        let tile = row / TILE_ROWS * tiles_across(columns) + column / TILE_COLUMNS;
        let n = (tile * TILE_COLUMNS + column % TILE_COLUMNS) as u64;
        let k = &mask.schedule;
        let words = block([n as u32, (n >> 32) as u32, 0, 0], [k[0], k[1], k[2], k[3]], 12);
        let word = words[row % 8 / 2];
        let bits = if row.is_multiple_of(2) { word & 0xffff } else { word >> 16 };
        if bits >= mask.threshold { mask.factor } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As published with the Random123 library (kat_vectors, threefry4x32 20).
    #[test]
    fn reference_matches_published_vectors() {
        let answer = [0x9c6c_a96a, 0xe17e_ae66, 0xfc10_ecd4, 0x5256_a7d8];
        assert_eq!(reference::block([0; 4], [0; 4], 20), answer);
        let counter = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let key = [0xa409_3822, 0x299f_31d0, 0x082e_fa98, 0xec4e_6c89];
        let answer = [0x59cd_1dbb, 0xb887_9579, 0x86b5_d00c, 0xac8b_6d84];
        assert_eq!(reference::block(counter, key, 20), answer);
    }

    crate::kernel! {
        /// The factors of a tile, [8][16].
        unsafe fn fill_tile<S>(mask: &Mask, tile: u64, to: *mut f32) {
            for first in (0..TILE_COLUMNS).step_by(S::LANES) {
                let words = words::<S>(mask, tile, first);
                for row in 0..TILE_ROWS {
                    let kept = kept::<S>(mask, words[row / 2], row);
                    S::store(to.add(row * TILE_COLUMNS + first), S::keep(kept, S::splat(mask.factor)));
                }
            }
        }
    }

    #[test]
    fn tiles_match_the_reference() {
        let (rows, columns) = (24, 45);
        for mask in [
            Mask::new(0.1, 1, 2),
            Mask::new(0.5, 0x0012_3456_789a_bcde, 0x001f_ffff_ffff_ffff),
            Mask::new(0.0, 3, 4),
            Mask::new(0.999_999, 3, 4),
        ] {
            for tile_row in 0..rows / TILE_ROWS {
                for tile_column in 0..tiles_across(columns) {
                    let tile = tile_row * tiles_across(columns) + tile_column;
                    let mut factors = [0.0; TILE_ROWS * TILE_COLUMNS];
                    // SAFETY: the arrays hold a tile.
                    unsafe { fill_tile(&mask, tile as u64, factors.as_mut_ptr()) };
                    for (i, &factor) in factors.iter().enumerate() {
                        let row = tile_row * TILE_ROWS + i / TILE_COLUMNS;
                        let column = tile_column * TILE_COLUMNS + i % TILE_COLUMNS;
                        if column < columns {
                            assert_eq!(factor, reference::factor(&mask, columns, row, column));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn kept_fraction_matches_the_rate() {
        let mask = Mask::new(0.3, 7, 11);
        let (rows, columns) = (64, 320);
        let kept = (0..rows * columns)
            .filter(|i| reference::factor(&mask, columns, i / columns, i % columns) > 0.0)
            .count() as f64
            / (rows * columns) as f64;
        assert!((kept - 0.7).abs() < 0.015, "{kept}");
    }
}
