//! Gathers rows of several matrices into several others: tokens to experts and back.

use crate::buffers::Shared;
use crate::threads::{run, split};

/// Number of elements per part.
const PART: usize = 1 << 14;

/// Copies row `index[i]` of the concatenated matrices `from` to row i of the concatenated matrices `to`; zeros for a
/// negative index. All rows have `width` elements.
///
/// # Panics
/// When an index is beyond the last row, or lengths do not fit.
pub fn gather_rows(from: &[&[f32]], index: &[i32], to: &mut [&mut [f32]], width: usize) {
    if width == 0 {
        return;
    }
    // the first row of each matrix, and the total number of rows
    let starts = |lengths: &mut dyn Iterator<Item = usize>| {
        let mut rows = vec![0];
        for length in lengths {
            assert!(length.is_multiple_of(width));
            rows.push(rows[rows.len() - 1] + length / width);
        }
        rows
    };
    let sources = starts(&mut from.iter().map(|matrix| matrix.len()));
    let targets = starts(&mut to.iter().map(|matrix| matrix.len()));
    assert_eq!(targets[to.len()], index.len());
    assert!(index.iter().all(|&row| row < 0 || (row as usize) < sources[from.len()]));
    let parts = (index.len() * width).div_ceil(PART).min(index.len());
    let places: Vec<Shared<f32>> = to.iter_mut().map(|matrix| Shared::new(matrix)).collect();
    run(parts, |part, _| {
        let (first, end) = split(index.len(), parts, 1, part);
        let mut matrix = 0;
        for (row, &source) in (first..end).zip(&index[first..end]) {
            while row >= targets[matrix + 1] {
                matrix += 1;
            }
            // SAFETY: the row is in this matrix, and in no other part.
            let place = unsafe { places[matrix].part((row - targets[matrix]) * width, width) };
            match usize::try_from(source) {
                Ok(source) => {
                    let home = sources.partition_point(|&start| start <= source) - 1;
                    place.copy_from_slice(&from[home][(source - sources[home]) * width..][..width]);
                }
                Err(_) => place.fill(0.0),
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn rows_follow_the_index() {
        for width in [1, 5, 64] {
            // matrices of 3, 0, 1 and 500 rows, and of 0, 2, 400 and 1
            let from: Vec<Vec<f32>> = [3, 0, 1, 500].iter().map(|rows| numbers(rows * width, 7)).collect();
            let mut to: Vec<Vec<f32>> =
                [0, 2, 400, 1].iter().map(|rows| vec![f32::NAN; rows * width]).collect();
            let index: Vec<i32> = (0..403).map(|i| i * 101 % 505 - 1).collect();
            let all = from.concat();
            let sources: Vec<&[f32]> = from.iter().map(|matrix| &matrix[..]).collect();
            let mut targets: Vec<&mut [f32]> = to.iter_mut().map(|matrix| &mut matrix[..]).collect();
            gather_rows(&sources, &index, &mut targets, width);
            let expected = index.iter().flat_map(|&row| match row {
                -1 => vec![0.0; width],
                row => all[row as usize * width..][..width].to_vec(),
            });
            assert!(to.concat().into_iter().eq(expected));
        }
        gather_rows(&[], &[], &mut [], 3);
        gather_rows(&[&[]], &[], &mut [&mut []], 0);
    }

    #[test]
    #[should_panic]
    fn an_index_beyond_the_last_row_is_refused() {
        gather_rows(&[&[1.0, 2.0]], &[1], &mut [&mut [0.0, 0.0]], 2);
    }
}
