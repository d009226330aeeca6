//! Embedding lookup with position embeddings added, and the gradients of both tables.
//!
//! In the backward pass every thread owns a part of the tables, so each element is summed in the order of the tokens,
//! whatever the number of threads.

use crate::buffers::Shared;
use crate::kernel;
use crate::simd::Simd;
use crate::threads::{run, split, threads};
use crate::vectors;

/// Number of elements per part.
const PART: usize = 1 << 14;
/// Minimum number of columns of a part of a table: two cache lines.
const COLUMNS: usize = 32;

/// Index of the first id outside 0 … below - 1.
pub fn first_outside(ids: &[i32], below: usize) -> Option<usize> {
    let below = u32::try_from(below).unwrap_or(u32::MAX).min(1 << 31);
    let outside = |&id: &i32| id as u32 >= below;
    // Without an exit, the inner loop is vectorized.
    let chunk = ids.chunks(1024).position(|chunk| chunk.iter().fold(false, |any, id| any | outside(id)))?;
    let rest = ids[chunk * 1024..].iter().position(outside)?;
    Some(chunk * 1024 + rest)
}

/// y [tokens, width] = rows `ids` [tokens] of `table` [_, width], plus row t mod `period` of `places` [period, width] for
/// token t.
///
/// # Panics
/// When an id is outside the table, or lengths do not fit.
pub fn forward(ids: &[i32], table: &[f32], places: Option<&[f32]>, y: &mut [f32], width: usize) {
    if width == 0 || ids.is_empty() {
        assert!(y.is_empty());
        return;
    }
    assert!(y.len() == ids.len() * width && table.len().is_multiple_of(width));
    assert!(places.is_none_or(|places| places.len().is_multiple_of(width) && !places.is_empty()));
    assert!(first_outside(ids, table.len() / width).is_none());
    let parts = y.len().div_ceil(PART).min(ids.len());
    let to = Shared::new(y);
    run(parts, |part, _| {
        let (first, end) = split(ids.len(), parts, 1, part);
        // SAFETY: parts are disjoint; ids and lengths were checked.
        unsafe {
            take_rows(&ids[first..end], first, table, places, to.part(first * width, (end - first) * width))
        }
    });
}

kernel! {
    /// Rows of the tokens from `token` on.
    unsafe fn take_rows<S>(ids: &[i32], token: usize, table: &[f32], places: Option<&[f32]>, y: &mut [f32]) {
        let width = y.len() / ids.len();
        let period = places.map_or(1, |places| places.len() / width);
        let mut place = token % period;
        for (i, &id) in ids.iter().enumerate() {
            let from = table.as_ptr().add(id as usize * width);
            let to = y.as_mut_ptr().add(i * width);
            if let Some(places) = places {
                let more = places.as_ptr().add(place * width);
                vectors!(S, width, at, count => {
                    let v = S::add(S::load_part(from.add(at), count), S::load_part(more.add(at), count));
                    S::store_part(to.add(at), v, count);
                });
                place += 1;
                if place == period {
                    place = 0;
                }
            } else {
                vectors!(S, width, at, count => {
                    S::store_part(to.add(at), S::load_part(from.add(at), count), count);
                });
            }
        }
    }
}

/// Gradients of `forward`: d_table [_, width] and d_places [period, width], both overwritten.
///
/// # Panics
/// When an id is outside the table, or lengths do not fit.
pub fn backward(ids: &[i32], dy: &[f32], d_table: &mut [f32], d_places: Option<&mut [f32]>, width: usize) {
    if width == 0 {
        return;
    }
    assert!(dy.len() == ids.len() * width && d_table.len().is_multiple_of(width));
    let rows = d_table.len() / width;
    assert!(first_outside(ids, rows).is_none());
    let period = d_places.as_ref().map_or(0, |places| places.len() / width);
    assert!(d_places.as_ref().is_none_or(|places| places.len() == period * width && period > 0));
    // Ranges of columns divide the work equally; if there are too few, ranges of rows as well.
    let wanted = 2 * threads();
    let across = (width / COLUMNS).clamp(1, wanted);
    let down = wanted.div_ceil(across).min(rows.max(1));
    let table = Shared::new(d_table);
    let places = d_places.map(Shared::new);
    run(across * down, |part, _| {
        let (left, right) = split(width, across, 16, part % across);
        let (first, end) = split(rows, down, 1, part / across);
        let (first_place, end_place) = split(period, down, 1, part / across);
        // SAFETY: parts are disjoint or columns; ids and lengths were checked.
        unsafe {
            add_rows(Piece {
                ids,
                dy: dy.as_ptr(),
                table: table.at(0),
                places: places.map_or(std::ptr::null_mut(), |places| places.at(0)),
                period,
                width,
                left,
                columns: right - left,
                rows: (first, end),
                place_rows: (first_place, end_place),
            })
        }
    });
}

/// A range of columns and rows of both gradients.
struct Piece<'a> {
    ids: &'a [i32],
    dy: *const f32,
    table: *mut f32,
    places: *mut f32,
    period: usize,
    width: usize,
    left: usize,
    columns: usize,
    rows: (usize, usize),
    place_rows: (usize, usize),
}

kernel! {
    unsafe fn add_rows<S>(piece: Piece) {
        let Piece { width, left, columns, .. } = piece;
        for row in piece.rows.0..piece.rows.1 {
            piece.table.add(row * width + left).write_bytes(0, columns);
        }
        for place in piece.place_rows.0..piece.place_rows.1 {
            piece.places.add(place * width + left).write_bytes(0, columns);
        }
        let mut place = 0;
        for (token, &id) in piece.ids.iter().enumerate() {
            let from = piece.dy.add(token * width + left);
            if (piece.rows.0..piece.rows.1).contains(&(id as usize)) {
                add_row::<S>(from, piece.table.add(id as usize * width + left), columns);
            }
            if piece.period > 0 {
                if (piece.place_rows.0..piece.place_rows.1).contains(&place) {
                    add_row::<S>(from, piece.places.add(place * width + left), columns);
                }
                place += 1;
                if place == piece.period {
                    place = 0;
                }
            }
        }
    }
}

/// # Safety
/// As for `Simd`; both have this number of columns.
#[inline(always)]
unsafe fn add_row<S: Simd>(from: *const f32, to: *mut f32, columns: usize) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        vectors!(S, columns, at, count => {
            let sum = S::add(S::load_part(to.add(at), count), S::load_part(from.add(at), count));
            S::store_part(to.add(at), sum, count);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    const SIZES: [(usize, usize, usize, usize); 7] = [
        (1, 1, 1, 1),
        (5, 3, 2, 7),
        (64, 8, 40, 32),
        (40, 40, 3, 65),
        (3000, 100, 65, 48),
        (7, 7, 9, 200),
        (0, 3, 4, 5),
    ];

    fn ids(tokens: usize, rows: usize) -> Vec<i32> {
        (0..tokens).map(|i| (i * i * 31 % rows) as i32).collect()
    }

    #[test]
    fn lookup_and_gradients_match_a_plain_loop() {
        for threads in [1, 2, 5] {
            crate::threads::set_threads(threads);
            for (tokens, period, rows, width) in SIZES {
                let ids = ids(tokens, rows);
                let (table, places) = (numbers(rows * width, 1), numbers(period * width, 2));
                let dy = numbers(tokens * width, 3);
                for with_places in [false, true] {
                    let mut y = vec![f32::NAN; tokens * width];
                    forward(&ids, &table, with_places.then_some(&places[..]), &mut y, width);
                    let mut expected_table = vec![0.0; table.len()];
                    let mut expected_places = vec![0.0; places.len()];
                    for i in 0..tokens * width {
                        let (token, column) = (i / width, i % width);
                        let from = ids[token] as usize * width + column;
                        let place = token % period * width + column;
                        assert_eq!(y[i], table[from] + if with_places { places[place] } else { 0.0 });
                        expected_table[from] += dy[i];
                        expected_places[place] += dy[i];
                    }
                    let mut d_table = vec![f32::NAN; table.len()];
                    let mut d_places = vec![f32::NAN; places.len()];
                    backward(&ids, &dy, &mut d_table, with_places.then_some(&mut d_places[..]), width);
                    assert_eq!(d_table, expected_table);
                    if with_places {
                        assert_eq!(d_places, expected_places);
                    }
                }
            }
        }
        crate::threads::set_threads(2);
    }

    #[test]
    fn finds_the_first_id_out_of_range() {
        let mut ids = vec![3; 5000];
        assert_eq!(first_outside(&ids, 4), None);
        assert_eq!(first_outside(&ids, 3), Some(0));
        ids[4567] = -1;
        ids[4568] = 9;
        assert_eq!(first_outside(&ids, 4), Some(4567));
        assert_eq!(first_outside(&[], 0), None);
        assert_eq!(first_outside(&[i32::MIN], usize::MAX), Some(0));
        assert_eq!(first_outside(&[i32::MAX], usize::MAX), None);
    }
}
