//! Transpose, slice, concatenation and gather of 32-bit words of any type.

use crate::buffers::Shared;
use crate::kernel;
use crate::threads::run;

/// Number of words per part.
const PART: usize = 1 << 14;

/// Copies `columns` words of each of `rows` rows: row i from `from[from_offset + i · from_stride]` to
/// `to[to_offset + i · to_stride]`.
pub fn copy_rows(from: (&[f32], usize, usize), to: (&mut [f32], usize, usize), rows: usize, columns: usize) {
    let (from, from_offset, from_stride) = from;
    let (to, to_offset, to_stride) = to;
    if rows == 0 || columns == 0 {
        return;
    }
    let end = |offset: usize, stride: usize| {
        stride.checked_mul(rows - 1)?.checked_add(offset)?.checked_add(columns)
    };
    assert!(
        end(from_offset, from_stride).is_some_and(|end| end <= from.len()),
        "rows outside of what is read"
    );
    assert!(end(to_offset, to_stride).is_some_and(|end| end <= to.len()), "rows outside of what is written");
    assert!(rows == 1 || to_stride >= columns, "rows over one another");
    let rows_each = PART.div_ceil(columns);
    let all = Shared::new(to);
    run(rows.div_ceil(rows_each), |part, _| {
        for row in part * rows_each..((part + 1) * rows_each).min(rows) {
            let from = &from[from_offset + row * from_stride..][..columns];
            // SAFETY: rows are inside, and disjoint as the stride is no less than their length.
            unsafe { all.part(to_offset + row * to_stride, columns) }.copy_from_slice(from);
        }
    });
}

/// y [size] = the slice of x [shape] from `begin`.
pub fn slice(x: &[f32], y: &mut [f32], shape: &[usize], begin: &[usize], size: &[usize]) {
    assert!(shape.len() == size.len() && begin.len() == size.len());
    assert_eq!(x.len(), shape.iter().product());
    assert_eq!(y.len(), size.iter().product());
    for ((&shape, &begin), &size) in shape.iter().zip(begin).zip(size) {
        assert!(begin.checked_add(size).is_some_and(|end| end <= shape), "a slice outside of its array");
    }
    if y.is_empty() {
        return;
    }
    // Contiguous in both: the last dimensions that are taken whole, and a range of the one before.
    let mut inner = 1;
    let mut outer = shape.len();
    while outer > 0 {
        outer -= 1;
        inner *= size[outer];
        if size[outer] != shape[outer] {
            break;
        }
    }
    let strides = strides_of(shape);
    let start: usize = begin.iter().zip(&strides).map(|(begin, stride)| begin * stride).sum();
    let rows = y.len() / inner;
    let rows_each = PART.div_ceil(inner);
    let all = Shared::new(y);
    run(rows.div_ceil(rows_each), |part, _| {
        for row in part * rows_each..((part + 1) * rows_each).min(rows) {
            let mut from = start;
            let mut rest = row;
            for d in (0..outer).rev() {
                from += rest % size[d] * strides[d];
                rest /= size[d];
            }
            // SAFETY: rows are inside y, and disjoint.
            unsafe { all.part(row * inner, inner) }.copy_from_slice(&x[from..from + inner]);
        }
    });
}

fn strides_of(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d];
    }
    strides
}

/// Transposes x [shape]: dimension d of y is dimension `order[d]` of x.
pub fn transpose(x: &[f32], y: &mut [f32], shape: &[usize], order: &[usize]) {
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
                turn(x.as_ptr().add(start), from[rank - 1], inner, count, all.at(goal), to[side]);
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

/// y [indices, columns] = rows `indices` of `table` [table_rows, columns]. Returns false, with y partly written, if an
/// index is out of range.
pub fn take_rows(table: &[f32], indices: &[i32], y: &mut [f32], table_rows: usize, columns: usize) -> bool {
    assert_eq!(table.len(), table_rows * columns);
    assert_eq!(y.len(), indices.len() * columns);
    if indices.iter().any(|&index| index < 0 || index as usize >= table_rows) {
        return false;
    }
    if columns == 0 {
        return true;
    }
    let rows_each = PART.div_ceil(columns);
    let all = Shared::new(y);
    run(indices.len().div_ceil(rows_each), |part, _| {
        for row in part * rows_each..((part + 1) * rows_each).min(indices.len()) {
            let from = &table[indices[row] as usize * columns..][..columns];
            // SAFETY: rows are inside y, and disjoint.
            unsafe { all.part(row * columns, columns) }.copy_from_slice(from);
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

    #[test]
    fn slices() {
        let x = numbers(4 * 5 * 6);
        for (begin, size) in [
            ([0, 0, 0], [4, 5, 6]),
            ([1, 0, 0], [2, 5, 6]),
            ([1, 2, 0], [3, 2, 6]),
            ([0, 0, 5], [4, 5, 1]),
            ([3, 4, 2], [1, 1, 3]),
            ([2, 2, 2], [0, 1, 1]),
        ] {
            let mut y = vec![-1.0; size.iter().product()];
            slice(&x, &mut y, &[4, 5, 6], &begin, &size);
            for (i, &value) in y.iter().enumerate() {
                let (a, b, c) = (i / size[2] / size[1], i / size[2] % size[1], i % size[2]);
                assert_eq!(value as usize, ((begin[0] + a) * 5 + begin[1] + b) * 6 + begin[2] + c);
            }
        }
    }

    #[test]
    fn gathers_rows() {
        let table = numbers(12);
        let mut y = [0.0; 6];
        assert!(take_rows(&table, &[3, 0], &mut y, 4, 3));
        assert_eq!(y, [9.0, 10.0, 11.0, 0.0, 1.0, 2.0]);
        assert!(!take_rows(&table, &[4, 0], &mut y, 4, 3));
        assert!(!take_rows(&table, &[0, -1], &mut y, 4, 3));
    }

    #[test]
    fn concatenates_columns() {
        let mut y = vec![0.0; 10];
        copy_rows((&[1.0, 2.0, 3.0, 4.0], 0, 2), (&mut y, 1, 5), 2, 2);
        assert_eq!(y, [0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "outside")]
    fn rows_outside_are_refused() {
        copy_rows((&[1.0; 4], 0, 2), (&mut [0.0; 4], 1, 2), 2, 2);
    }
}
