//! Copies between strided arrays, transpose and gather.
#![allow(clippy::extra_unused_type_parameters)] // plain loops do not use the type parameter

use crate::buffers::Shared;
use crate::kernel;
use crate::kernels::walk::{RANK, Walk};
use crate::threads::run;

/// Number of elements per part.
const PART: usize = 1 << 14;

/// A part of an array: the offset of its first element, and strides.
#[derive(Clone, Copy)]
pub struct Strided<'a> {
    pub start: usize,
    pub strides: &'a [isize],
}

impl Strided<'_> {
    /// Whether all elements of a part of these sizes, none of them 0, are inside an array of `length` elements.
    fn is_inside(self, sizes: &[usize], length: usize) -> bool {
        let (mut lowest, mut highest) = (Some(self.start as isize), Some(self.start as isize));
        for (&size, &stride) in sizes.iter().zip(self.strides) {
            let span = isize::try_from(size - 1).ok().and_then(|steps| steps.checked_mul(stride));
            let bound = if stride < 0 { &mut lowest } else { &mut highest };
            *bound = bound.zip(span).and_then(|(bound, span)| bound.checked_add(span));
        }
        let inside = |bound: Option<isize>| {
            bound.and_then(|bound| usize::try_from(bound).ok()).is_some_and(|bound| bound < length)
        };
        self.start < length && inside(lowest) && inside(highest)
    }

    /// Whether elements are in row-major order without overlap.
    fn is_row_major(self, sizes: &[usize]) -> bool {
        let mut extent = 1isize;
        sizes.iter().zip(self.strides).rev().filter(|&(&size, _)| size > 1).all(|(&size, &stride)| {
            let fits = stride >= extent;
            extent = (size as isize - 1)
                .checked_mul(stride)
                .and_then(|span| span.checked_add(extent))
                .unwrap_or(isize::MAX);
            fits
        })
    }
}

/// Why `copy` refuses its arguments, if it does.
pub fn copy_fault(
    x_length: usize,
    y_length: usize,
    sizes: &[usize],
    from: Strided,
    to: Strided,
) -> Option<&'static str> {
    if sizes.len() > RANK || from.strides.len() != sizes.len() || to.strides.len() != sizes.len() {
        return Some("sizes and strides of different or too many dimensions");
    }
    if sizes.contains(&0) {
        return None;
    }
    if !from.is_inside(sizes, x_length) {
        return Some("elements outside of what is read");
    }
    if !to.is_inside(sizes, y_length) {
        return Some("elements outside of what is written");
    }
    (!to.is_row_major(sizes)).then_some("elements to write that are not in row-major order")
}

/// Copies a part of x [sizes] to a part of y. Strides of x may be 0 or negative.
pub fn copy<T: Copy + Send + Sync>(x: &[T], y: &mut [T], sizes: &[usize], from: Strided, to: Strided) {
    assert_eq!(copy_fault(x.len(), y.len(), sizes, from, to), None);
    if sizes.contains(&0) {
        return;
    }
    let (sizes, x_strides, y_strides) = folded(sizes, from.strides, to.strides);
    let columns = sizes.last().copied().unwrap_or(1);
    let rows = sizes.iter().product::<usize>() / columns;
    let rows_each = PART.div_ceil(columns).min(rows);
    let cuts = columns.div_ceil(PART);
    let all = Shared::new(y);
    run(rows.div_ceil(rows_each) * cuts, |part, _| {
        let columns = (part % cuts * PART, (part % cuts * PART + PART).min(columns));
        let first = part / cuts * rows_each;
        let rows = (first, (first + rows_each).min(rows));
        // SAFETY: all elements are inside their arrays, as checked above; those of y differ between parts.
        unsafe { copy_part(x, all, &sizes, [&x_strides, &y_strides], [from.start, to.start], rows, columns) }
    });
}

kernel! {
    /// The rows and columns in these ranges, which are inside both arrays. Nothing else accesses those of y.
    unsafe fn copy_part<S; T: Copy>(
        x: &[T],
        y: Shared<T>,
        sizes: &[usize],
        strides: [&[usize]; 2],
        starts: [usize; 2],
        rows: (usize, usize),
        columns: (usize, usize),
    ) {
        let (from, to) = columns;
        let outer = sizes.len().saturating_sub(1);
        let last = |strides: &[usize]| strides.last().copied().unwrap_or(1);
        let (x_stride, y_stride) = (last(strides[0]), last(strides[1]));
        let mut walk = Walk::new(&sizes[..outer], strides, starts, rows.0);
        for _ in rows.0..rows.1 {
            let x_at = walk.offsets[0].wrapping_add(from.wrapping_mul(x_stride));
            let y_at = walk.offsets[1] + from * y_stride;
            let count = to - from;
            if y_stride != 1 {
                for i in 0..count {
                    *y.at(y_at + i * y_stride) = x[x_at.wrapping_add(i.wrapping_mul(x_stride))];
                }
            } else {
                let y = y.part(y_at, count);
                match x_stride as isize {
                    1 => y.copy_from_slice(&x[x_at..x_at + count]),
                    0 => y.fill(x[x_at]),
                    -1 => {
                        let x = &x[x_at + 1 - count..x_at + 1];
                        y.iter_mut().zip(x.iter().rev()).for_each(|(y, x)| *y = *x);
                    }
                    2.. => {
                        let x = &x[x_at..x_at + (count - 1) * x_stride + 1];
                        y.iter_mut().zip(x.iter().step_by(x_stride)).for_each(|(y, x)| *y = *x);
                    }
                    _ => {
                        for (i, y) in y.iter_mut().enumerate() {
                            *y = x[x_at.wrapping_add(i.wrapping_mul(x_stride))];
                        }
                    }
                }
            }
            walk.advance();
        }
    }
}

/// Sizes and strides without dimensions of size 1, with neighbors merged where both arrays allow it.
fn folded(sizes: &[usize], x: &[isize], y: &[isize]) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let mut runs: Vec<(usize, isize, isize)> = Vec::with_capacity(sizes.len());
    for ((&size, &x), &y) in sizes.iter().zip(x).zip(y).filter(|((size, _), _)| **size != 1) {
        match runs.last_mut() {
            Some(last) if last.1 == x * size as isize && last.2 == y * size as isize => {
                *last = (last.0 * size, x, y);
            }
            _ => runs.push((size, x, y)),
        }
    }
    let strides = |of: fn(&(usize, isize, isize)) -> isize| runs.iter().map(|run| of(run) as usize).collect();
    (runs.iter().map(|run| run.0).collect(), strides(|run| run.1), strides(|run| run.2))
}

fn strides_of(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d];
    }
    strides
}

/// Transposes x [shape] of 32-bit words: dimension d of y is dimension `order[d]` of x.
pub fn transpose<T: Copy + Send + Sync>(x: &[T], y: &mut [T], shape: &[usize], order: &[usize]) {
    const { assert!(size_of::<T>() == 4, "blocks are moved as 32-bit words") };
    assert_eq!(shape.len(), order.len());
    assert!((0..order.len()).all(|d| order.contains(&d)), "an order that leaves out dimensions");
    assert_eq!(x.len(), shape.iter().product());
    assert_eq!(y.len(), x.len());
    if y.is_empty() {
        return;
    }
    let (sizes, from) = merged(shape, order);
    let rank = sizes.len();
    let inner = sizes[rank - 1];
    let outer_sizes = &sizes[..rank - 1];
    if from[rank - 1] == 1 {
        // the last dimension stays last: rows are contiguous
        let rows = y.len() / inner;
        let rows_each = PART.div_ceil(inner);
        let all = Shared::new(y);
        run(rows.div_ceil(rows_each), |part, _| {
            for row in part * rows_each..((part + 1) * rows_each).min(rows) {
                let at = place(row, outer_sizes, &from);
                // SAFETY: rows are inside y, and disjoint.
                unsafe { all.part(row * inner, inner) }.copy_from_slice(&x[at..at + inner]);
            }
        });
        return;
    }
    // Dimension `side` of y is the last of x: planes of it and y's last dimension are transposed in blocks.
    let side = from.iter().position(|&stride| stride == 1).expect("one dimension of x is its last");
    let to = strides_of(&sizes);
    let others: Vec<usize> = (0..rank - 1).filter(|&d| d != side).collect();
    let pick = |of: &[usize]| -> Vec<usize> { others.iter().map(|&d| of[d]).collect() };
    let (other_sizes, other_from, other_to) = (pick(&sizes), pick(&from), pick(&to));
    let planes: usize = other_sizes.iter().product();
    let strips = sizes[side].div_ceil(STRIP);
    let together = (PART / (inner * STRIP.min(sizes[side]))).clamp(1, planes * strips);
    let all = Shared::new(y);
    run((planes * strips).div_ceil(together), |part, _| {
        for job in part * together..((part + 1) * together).min(planes * strips) {
            let (plane, strip) = (job / strips, job % strips);
            let first = strip * STRIP;
            let count = STRIP.min(sizes[side] - first);
            let start = place(plane, &other_sizes, &other_from) + first;
            let goal = place(plane, &other_sizes, &other_to) + first * to[side];
            // SAFETY: row r < inner of x starts at start + r · from and has `count` words; its word c goes to
            // goal + c · to + r. All are elements of one plane, and planes are disjoint.
            unsafe {
                turn(
                    x.as_ptr().add(start).cast(),
                    from[rank - 1],
                    inner,
                    count,
                    all.at(goal).cast(),
                    to[side],
                );
            }
        }
    });
}

/// Number of columns of a block.
const STRIP: usize = 64;

kernel! {
    /// `to[c · to_stride + r] = from[r · from_stride + c]` for r < rows, c < columns. Both are in bounds and disjoint.
    unsafe fn turn<S>(
        from: *const f32,
        from_stride: usize,
        rows: usize,
        columns: usize,
        to: *mut f32,
        to_stride: usize,
    ) {
        let mut block = [0.0f32; 16 * 16];
        let mut r = 0;
        while r < rows {
            let height = S::LANES.min(rows - r);
            let mut c = 0;
            while c < columns {
                let width = S::LANES.min(columns - c);
                let from = from.add(r * from_stride + c);
                let to = to.add(c * to_stride + r);
                if height == S::LANES {
                    S::transpose(from, from_stride, height, width, to, to_stride);
                } else {
                    // whole vectors would reach beyond y's rows
                    S::transpose(from, from_stride, height, width, block.as_mut_ptr(), S::LANES);
                    for c in 0..width {
                        std::ptr::copy_nonoverlapping(block.as_ptr().add(c * S::LANES), to.add(c * to_stride), height);
                    }
                }
                c += width;
            }
            r += height;
        }
    }
}

/// Sizes of y's dimensions and their strides in x, without dimensions of size 1 and with neighbors merged. At least one
/// dimension.
fn merged(shape: &[usize], order: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let strides = strides_of(shape);
    let (mut sizes, mut from): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for &d in order.iter().filter(|&&d| shape[d] != 1) {
        match (sizes.last_mut(), from.last_mut()) {
            (Some(size), Some(stride)) if *stride == shape[d] * strides[d] => {
                *size *= shape[d];
                *stride = strides[d];
            }
            _ => {
                sizes.push(shape[d]);
                from.push(strides[d]);
            }
        }
    }
    if sizes.is_empty() { (vec![1], vec![1]) } else { (sizes, from) }
}

/// Offset of the element with this row-major index.
#[inline]
fn place(number: usize, sizes: &[usize], strides: &[usize]) -> usize {
    let mut rest = number;
    let mut at = 0;
    for (size, stride) in sizes.iter().zip(strides).rev() {
        at += rest % size * stride;
        rest /= size;
    }
    at
}

/// y [batch, outer, indices, inner] = x [batch, outer, rows, inner] at the indices [batch, indices] of its rows. Returns false if
/// an index is out of range.
pub fn gather<T: Copy + Send + Sync>(
    x: &[T],
    indices: &[i32],
    y: &mut [T],
    [batch, outer, rows, inner]: [usize; 4],
) -> bool {
    assert_eq!(x.len(), batch * outer * rows * inner);
    let each = indices.len().checked_div(batch).unwrap_or(0);
    assert_eq!(indices.len(), batch * each);
    assert_eq!(y.len(), batch * outer * each * inner);
    if indices.iter().any(|&index| usize::try_from(index).map_or(true, |index| index >= rows)) {
        return false;
    }
    if y.is_empty() {
        return true;
    }
    let planes_each = PART.div_ceil(each * inner).min(batch * outer);
    let indices_each = PART.div_ceil(inner).min(each);
    let cuts = each.div_ceil(indices_each);
    let all = Shared::new(y);
    run((batch * outer).div_ceil(planes_each) * cuts, |part, _| {
        let first = part / cuts * planes_each;
        let begin = part % cuts * indices_each;
        let end = (begin + indices_each).min(each);
        for plane in first..(first + planes_each).min(batch * outer) {
            let indices = &indices[plane / outer * each..][begin..end];
            let x = &x[plane * rows * inner..][..rows * inner];
            // SAFETY: rows are inside y, and disjoint.
            let y = unsafe { all.part((plane * each + begin) * inner, (end - begin) * inner) };
            if inner == 1 {
                indices.iter().zip(y).for_each(|(&index, y)| *y = x[index as usize]);
            } else {
                for (&index, y) in indices.iter().zip(y.chunks_exact_mut(inner)) {
                    y.copy_from_slice(&x[index as usize * inner..][..inner]);
                }
            }
        }
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|i| i as f32).collect()
    }

    #[test]
    fn transposes_in_every_order() {
        let shapes: [&[usize]; 9] = [
            &[],
            &[5],
            &[3, 0],
            &[70, 33],
            &[1, 40],
            &[2, 3, 4],
            &[3, 17, 2, 16],
            &[2, 65, 3, 70],
            &[2, 1, 3, 2, 5],
        ];
        for shape in shapes {
            let x = numbers(shape.iter().product());
            let mut orders = vec![vec![]];
            for d in 0..shape.len() {
                orders = orders
                    .into_iter()
                    .flat_map(|order: Vec<usize>| {
                        (0..=d).map(move |at| {
                            let mut order = order.clone();
                            order.insert(at, d);
                            order
                        })
                    })
                    .collect();
            }
            for order in orders {
                let mut y = vec![-1.0; x.len()];
                transpose(&x, &mut y, shape, &order);
                let strides = strides_of(shape);
                let sizes: Vec<usize> = order.iter().map(|&d| shape[d]).collect();
                let from: Vec<usize> = order.iter().map(|&d| strides[d]).collect();
                for (i, &value) in y.iter().enumerate() {
                    assert_eq!(value, x[place(i, &sizes, &from)], "{shape:?} {order:?}");
                }
            }
        }
    }

    fn copied(
        sizes: &[usize],
        from: (usize, &[isize]),
        to: (usize, &[isize]),
        lengths: (usize, usize),
    ) -> Vec<f32> {
        let x = numbers(lengths.0);
        let mut y = vec![-1.0; lengths.1];
        let [from, to] = [from, to].map(|(start, strides)| Strided { start, strides });
        copy(&x, &mut y, sizes, from, to);
        y
    }

    #[test]
    fn copies_parts() {
        let sizes = [3, 2, 70];
        let whole = [140, 70, 1];
        for (start, strides) in [
            (0, [140, 70, 1]),
            (5, [0, 100, 1]),
            (7, [100, 0, 2]),
            (400, [-100, 50, -1]),
            (300, [1, 3, 0]),
            (500, [2, -9, -3]),
        ] {
            for (to, y_strides) in [(0, whole), (3, [500, 100, 1]), (1, [400, 200, 2])] {
                let y = copied(&sizes, (start, &strides), (to, &y_strides), (1_000, 1_500));
                let mut expected = vec![-1.0; 1_500];
                for i in 0..sizes.iter().product::<usize>() {
                    let place = [i / 140, i / 70 % 2, i % 70];
                    let at = |start: usize, strides: &[isize; 3]| {
                        (start as isize + (0..3).map(|d| place[d] as isize * strides[d]).sum::<isize>())
                            as usize
                    };
                    expected[at(to, &y_strides)] = at(start, &strides) as f32;
                }
                assert_eq!(y, expected, "{start} {strides:?} {to} {y_strides:?}");
            }
        }
    }

    #[test]
    fn copies_long_rows_in_parts() {
        let y = copied(&[2, 40_000], (0, &[0, 1]), (0, &[40_000, 1]), (40_000, 80_000));
        assert!(y.iter().enumerate().all(|(i, &y)| y as usize == i % 40_000));
        let y = copied(&[80_000], (79_999, &[-1]), (0, &[1]), (80_000, 80_000));
        assert!(y.iter().enumerate().all(|(i, &y)| y as usize == 79_999 - i));
    }

    #[test]
    fn parts_outside_or_over_one_another_are_refused() {
        let fault = |sizes: &[usize], from: (usize, &[isize]), to: (usize, &[isize])| {
            let [from, to] = [from, to].map(|(start, strides)| Strided { start, strides });
            copy_fault(10, 10, sizes, from, to)
        };
        assert_eq!(fault(&[2, 5], (0, &[5, 1]), (0, &[5, 1])), None);
        assert_eq!(fault(&[0, 5], (99, &[5, 1]), (99, &[5, 1])), None);
        assert_eq!(fault(&[10], (9, &[-1]), (0, &[1])), None);
        for (from, to) in [
            ((1, [5, 1]), (0, [5, 1])),
            ((4, [-5, 1]), (0, [5, 1])),
            ((0, [isize::MAX, 1]), (0, [5, 1])),
            ((usize::MAX, [1, 1]), (0, [5, 1])),
            ((0, [5, 1]), (1, [5, 1])),
            ((0, [5, 1]), (0, [4, 1])),
            ((0, [5, 1]), (0, [0, 1])),
            ((0, [5, 1]), (9, [-5, -1])),
            ((0, [5, 1]), (0, [1, 2])),
        ] {
            assert!(fault(&[2, 5], (from.0, &from.1), (to.0, &to.1)).is_some(), "{from:?} {to:?}");
        }
        assert!(fault(&[2, 5], (0, &[5]), (0, &[5, 1])).is_some());
    }

    #[test]
    fn gathers_rows() {
        for [batch, outer, rows, inner, each] in [
            [1, 1, 4, 3, 2],
            [2, 3, 4, 5, 6],
            [2, 1, 7, 1, 40_000],
            [1, 300, 2, 70, 3],
            [0, 2, 3, 4, 0],
            [3, 2, 5, 0, 1],
        ] {
            let x = numbers(batch * outer * rows * inner);
            let indices: Vec<i32> = (0..batch * each).map(|i| (i * 5 % rows) as i32).collect();
            let mut y = vec![-1.0; batch * outer * each * inner];
            assert!(gather(&x, &indices, &mut y, [batch, outer, rows, inner]));
            for (i, &y) in y.iter().enumerate() {
                let (plane, place, column) = (i / inner / each, i / inner % each, i % inner);
                let index = indices[plane / outer * each + place] as usize;
                assert_eq!(y, x[(plane * rows + index) * inner + column]);
            }
        }
        assert!(!gather(&numbers(12), &[4, 0], &mut [0.0; 6], [1, 1, 4, 3]));
        assert!(!gather(&numbers(12), &[0, -1], &mut [0.0; 6], [1, 1, 4, 3]));
    }
}
