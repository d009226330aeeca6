//! Dropout, alone or fused with a residual addition. Masks are computed, not stored (threefry.rs).

use super::threefry::{Mask, TILE_COLUMNS, TILE_ROWS, kept, tiles_across, words};
use crate::buffers::Shared;
use crate::kernel;
use crate::threads::{run, split};
use crate::vectors;

/// Number of tiles per part.
const TILES: usize = 128;

/// y [rows, columns] = x · mask, plus `base` [rows, columns] if given.
pub fn dropout(mask: &Mask, x: &[f32], base: Option<&[f32]>, y: &mut [f32], rows: usize, columns: usize) {
    assert!(Some(x.len()) == rows.checked_mul(columns) && y.len() == x.len());
    assert!(base.is_none_or(|base| base.len() == x.len()));
    let tiles = rows.div_ceil(TILE_ROWS) * tiles_across(columns);
    let parts = tiles.div_ceil(TILES);
    let to = Shared::new(y);
    run(parts, |part, _| {
        let (first, end) = split(tiles, parts, 1, part);
        let base = base.map_or(std::ptr::null(), <[f32]>::as_ptr);
        // SAFETY: tiles are disjoint, and the lengths were checked.
        unsafe { drop_tiles(mask, x.as_ptr(), base, to.at(0), rows, columns, first, end) }
    });
}

kernel! {
    /// The tiles from `first` to before `end`.
    unsafe fn drop_tiles<S>(
        mask: &Mask,
        x: *const f32,
        base: *const f32,
        y: *mut f32,
        rows: usize,
        columns: usize,
        first: usize,
        end: usize,
    ) {
        let across = tiles_across(columns);
        let factor = S::splat(mask.factor);
        for tile in first..end {
            let top = tile / across * TILE_ROWS;
            let height = TILE_ROWS.min(rows - top);
            for shift in (0..TILE_COLUMNS).step_by(S::LANES) {
                let left = tile % across * TILE_COLUMNS + shift;
                if left >= columns {
                    break;
                }
                let count = S::LANES.min(columns - left);
                let words = words::<S>(mask, tile as u64, shift);
                // A constant bound, so that the words stay in registers.
                for row in 0..TILE_ROWS {
                    if row == height {
                        break;
                    }
                    let at = (top + row) * columns + left;
                    let v = S::mul(S::load_part(x.add(at), count), factor);
                    let mut v = S::keep(kept::<S>(mask, words[row / 2], row), v);
                    if !base.is_null() {
                        v = S::add(S::load_part(base.add(at), count), v);
                    }
                    S::store_part(y.add(at), v, count);
                }
            }
        }
    }
}

/// sum = x + y
pub fn add(x: &[f32], y: &[f32], sum: &mut [f32]) {
    assert!(x.len() == y.len() && x.len() == sum.len());
    let parts = sum.len().div_ceil(TILES * TILE_ROWS * TILE_COLUMNS);
    let to = Shared::new(sum);
    run(parts, |part, _| {
        let (first, end) = split(x.len(), parts, 16, part);
        // SAFETY: parts are disjoint and in bounds.
        unsafe { add_run(&x[first..end], &y[first..end], to.part(first, end - first)) }
    });
}

kernel! {
    unsafe fn add_run<S>(x: &[f32], y: &[f32], sum: &mut [f32]) {
        vectors!(S, x.len(), at, count => {
            let v = S::add(S::load_part(x.as_ptr().add(at), count), S::load_part(y.as_ptr().add(at), count));
            S::store_part(sum.as_mut_ptr().add(at), v, count);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;
    use crate::kernels::threefry::reference;

    #[test]
    fn dropout_matches_the_mask() {
        for mask in [Mask::new(0.3, 5, 6), Mask::new(0.0, 1, 2), Mask::new(0.999_999, 1 << 40, 1 << 50)] {
            for (rows, columns) in [(0, 4), (4, 0), (1, 1), (3, 17), (8, 16), (9, 15), (70, 100), (1, 5000)] {
                let (x, base) = (numbers(rows * columns, 1), numbers(rows * columns, 2));
                for with_base in [false, true] {
                    let mut y = vec![f32::NAN; x.len()];
                    dropout(&mask, &x, with_base.then_some(&base[..]), &mut y, rows, columns);
                    for i in 0..x.len() {
                        let factor = reference::factor(&mask, columns, i / columns, i % columns);
                        let expected = x[i] * factor + if with_base { base[i] } else { 0.0 };
                        assert_eq!(y[i], expected);
                    }
                }
            }
        }
    }

    #[test]
    fn adds() {
        for length in [0, 1, 15, 100, 40_000] {
            let (x, y) = (numbers(length, 1), numbers(length, 2));
            let mut sum = vec![f32::NAN; length];
            add(&x, &y, &mut sum);
            assert!((0..length).all(|i| sum[i] == x[i] + y[i]));
        }
    }
}
