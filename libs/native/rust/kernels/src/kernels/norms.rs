//! Layer norm and RMS norm over rows, forward and backward, fused with a residual addition.
//!
//! The forward pass saves two numbers per row (RMS norm: one), from which the backward pass recomputes the normalized row.
//! Gradients of weight and bias are summed over blocks of rows that depend only on the sizes, so they do not depend on the
//! number of threads.

use crate::buffers::{Shared, floats};
use crate::kernel;
use crate::simd::Simd;
use crate::threads::{run, split};
use crate::vectors;

/// Number of elements per part.
const PART: usize = 1 << 14;
/// Maximum number of blocks for the gradients of weights, and minimum number of rows of a block.
const BLOCKS: usize = 64;
const BLOCK_ROWS: usize = 64;

/// Arrays of the forward pass. Layer norm has a bias, RMS norm has none.
pub struct Forward<'a> {
    /// [rows, width]
    pub x: &'a [f32],
    /// [rows, width] each: the addend, and the sum x + addend, which is then normalized.
    pub added: Option<(&'a [f32], &'a mut [f32])>,
    /// [width]
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    /// [rows, width]
    pub y: &'a mut [f32],
    /// Layer norm [rows, 2]: mean and rstd. RMS norm [rows]: 1 / RMS.
    pub statistics: Option<&'a mut [f32]>,
}

/// A range of rows.
struct Rows<'a> {
    x: &'a [f32],
    added: Option<(&'a [f32], &'a mut [f32])>,
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    y: &'a mut [f32],
    statistics: Option<&'a mut [f32]>,
    epsilon: f32,
}

/// Normalizes rows.
pub fn forward(args: Forward, width: usize, epsilon: f32) {
    let Forward { x, added, weight, bias, y, statistics } = args;
    let each = if bias.is_some() { 2 } else { 1 };
    if width == 0 {
        statistics.into_iter().for_each(|places| places.fill(0.0));
        return;
    }
    let rows = x.len() / width;
    assert!(x.len() == rows * width && y.len() == x.len() && weight.len() == width);
    assert!(bias.is_none_or(|bias| bias.len() == width));
    assert!(added.as_ref().is_none_or(|(more, sum)| more.len() == x.len() && sum.len() == x.len()));
    assert!(statistics.as_ref().is_none_or(|places| places.len() == rows * each));
    let parts = x.len().div_ceil(PART).min(rows);
    let to = Shared::new(y);
    let added = added.map(|(more, sum)| (more, Shared::new(sum)));
    let kept = statistics.map(Shared::new);
    run(parts, |part, _| {
        let (first, end) = split(rows, parts, 1, part);
        let (start, length) = (first * width, (end - first) * width);
        // SAFETY: parts are disjoint, and within the lengths checked dy_vector.
        unsafe {
            forward_part(Rows {
                x: &x[start..][..length],
                added: added.map(|(more, sum)| (&more[start..][..length], sum.part(start, length))),
                weight,
                bias,
                y: to.part(start, length),
                statistics: kept.map(|places| places.part(first * each, (end - first) * each)),
                epsilon,
            })
        }
    });
}

kernel! {
    unsafe fn forward_part<S>(rows: Rows) {
        if rows.bias.is_some() {
            forward_rows::<S, true>(rows)
        } else {
            forward_rows::<S, false>(rows)
        }
    }
}

/// Normalizes a range of rows.
///
/// # Safety
/// As for `Simd`; the slices have the lengths that `forward` has checked.
#[inline(always)]
unsafe fn forward_rows<S: Simd, const LAYER: bool>(mut rows: Rows) {
    let width = rows.weight.len();
    let (weight, bias) = (rows.weight.as_ptr(), rows.bias.map_or(std::ptr::null(), <[f32]>::as_ptr));
    let share = 1.0 / width as f32;
    for row in 0..rows.x.len() / width {
        let start = row * width;
        // SAFETY: all accesses are in bounds.
        unsafe {
            let mut x = rows.x.as_ptr().add(start);
            if let Some((more, sums)) = &mut rows.added {
                let more = more.as_ptr().add(start);
                let sum = sums.as_mut_ptr().add(start);
                vectors!(S, width, at, count => {
                    let v = S::add(S::load_part(x.add(at), count), S::load_part(more.add(at), count));
                    S::store_part(sum.add(at), v, count);
                });
                x = sum;
            }
            let mean = if LAYER { total::<S, false>(x, width, S::zero()) * share } else { 0.0 };
            let center = S::splat(mean);
            let scale = 1.0 / (total::<S, true>(x, width, center) * share + rows.epsilon).sqrt();
            let factor = S::splat(scale);
            let y = rows.y.as_mut_ptr().add(start);
            vectors!(S, width, at, count => {
                let v = S::load_part(x.add(at), count);
                let w = S::load_part(weight.add(at), count);
                let v = if LAYER {
                    S::fma(S::mul(S::sub(v, center), factor), w, S::load_part(bias.add(at), count))
                } else {
                    S::mul(S::mul(v, factor), w)
                };
                S::store_part(y.add(at), v, count);
            });
            if let Some(kept) = &mut rows.statistics {
                if LAYER {
                    kept[2 * row] = mean;
                    kept[2 * row + 1] = scale;
                } else {
                    kept[row] = scale;
                }
            }
        }
    }
}

/// The sum of x - `center` over a row, or of its squares, in four independent accumulators.
///
/// # Safety
/// As for `Simd`; the row has `width` elements.
#[inline(always)]
unsafe fn total<S: Simd, const SQUARED: bool>(x: *const f32, width: usize, center: S::V) -> f32 {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let mut sums = [S::zero(); 4];
        let whole = width / (4 * S::LANES) * (4 * S::LANES);
        for at in (0..whole).step_by(4 * S::LANES) {
            for (i, sum) in sums.iter_mut().enumerate() {
                let v = S::load(x.add(at + i * S::LANES));
                *sum = if SQUARED {
                    let v = S::sub(v, center);
                    S::fma(v, v, *sum)
                } else {
                    S::add(*sum, v)
                };
            }
        }
        vectors!(S, width - whole, at, count => {
            let v = S::load_part(x.add(whole + at), count);
            sums[0] = if SQUARED {
                let v = S::keep(S::first(count), S::sub(v, center));
                S::fma(v, v, sums[0])
            } else {
                S::add(sums[0], v)
            };
        });
        S::sum(S::add(S::add(sums[0], sums[1]), S::add(sums[2], sums[3])))
    }
}

/// Arrays of the backward pass. Layer norm has a gradient of the bias.
pub struct Backward<'a> {
    /// [rows, width]: the gradient of the output, and the input of the norm.
    pub dy: &'a [f32],
    pub x: &'a [f32],
    /// [width]
    pub weight: &'a [f32],
    /// From the forward pass.
    pub statistics: &'a [f32],
    /// [rows, width]: added to dx, the gradient through the residual connection.
    pub base: Option<&'a [f32]>,
    /// [rows, width]
    pub dx: &'a mut [f32],
    /// [width]
    pub d_weight: &'a mut [f32],
    pub d_bias: Option<&'a mut [f32]>,
}

/// A block of rows with its own sums.
struct BackwardRows<'a> {
    dy: &'a [f32],
    x: &'a [f32],
    weight: &'a [f32],
    statistics: &'a [f32],
    base: Option<&'a [f32]>,
    dx: &'a mut [f32],
    weight_sums: &'a mut [f32],
    /// Empty for RMS norm.
    bias_sums: &'a mut [f32],
}

/// Gradients of a norm.
pub fn backward(args: Backward, width: usize) {
    let Backward { dy, x, weight, statistics, base, dx, d_weight, d_bias } = args;
    if width == 0 {
        return;
    }
    let rows = x.len() / width;
    let each = if d_bias.is_some() { 2 } else { 1 };
    assert!(x.len() == rows * width && dy.len() == x.len() && dx.len() == x.len());
    assert!(weight.len() == width && d_weight.len() == width);
    assert!(d_bias.as_ref().is_none_or(|places| places.len() == width));
    assert!(statistics.len() == rows * each && base.is_none_or(|base| base.len() == x.len()));
    let blocks = rows.div_ceil(BLOCK_ROWS).min(BLOCKS);
    let stride = width.next_multiple_of(16); // no cache line is shared by blocks
    let mut sums = floats(blocks * stride * each);
    let (to, places) = (Shared::new(dx), Shared::new(&mut sums));
    run(blocks, |block, _| {
        let (first, end) = split(rows, blocks, 1, block);
        let (start, length) = (first * width, (end - first) * width);
        // SAFETY: blocks have disjoint rows and sums, within the lengths checked dy_vector.
        unsafe {
            let own = places.part(block * stride * each, stride * each);
            own.fill(0.0);
            let (weight_sums, bias_sums) = own.split_at_mut(stride);
            backward_part(BackwardRows {
                dy: &dy[start..][..length],
                x: &x[start..][..length],
                weight,
                statistics: &statistics[first * each..end * each],
                base: base.map(|base| &base[start..][..length]),
                dx: to.part(start, length),
                weight_sums,
                bias_sums,
            });
        }
    });
    for (i, to) in [Some(d_weight), d_bias].into_iter().flatten().enumerate() {
        to.fill(0.0);
        for block in 0..blocks {
            let from = &sums[(block * each + i) * stride..][..width];
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }
}

kernel! {
    unsafe fn backward_part<S>(rows: BackwardRows) {
        if rows.bias_sums.is_empty() {
            backward_rows::<S, false>(rows)
        } else {
            backward_rows::<S, true>(rows)
        }
    }
}

/// # Safety
/// As for `Simd`; the slices have the lengths that `backward` has checked.
#[inline(always)]
unsafe fn backward_rows<S: Simd, const LAYER: bool>(rows: BackwardRows) {
    let width = rows.weight.len();
    let weight = rows.weight.as_ptr();
    let (weight_sums, bias_sums) = (rows.weight_sums.as_mut_ptr(), rows.bias_sums.as_mut_ptr());
    let share = 1.0 / width as f32;
    for row in 0..rows.x.len() / width {
        let start = row * width;
        // SAFETY: all accesses are in bounds.
        unsafe {
            let (x, dy) = (rows.x.as_ptr().add(start), rows.dy.as_ptr().add(start));
            let dx = rows.dx.as_mut_ptr().add(start);
            let (mean, scale) = if LAYER {
                (rows.statistics[2 * row], rows.statistics[2 * row + 1])
            } else {
                (0.0, rows.statistics[row])
            };
            let (mean, scale) = (S::splat(mean), S::splat(scale));
            let mut sum = S::zero(); // of dy · weight
            let mut product = S::zero(); // of dy · weight · normalized x
            vectors!(S, width, at, count => {
                let dy_vector = S::load_part(dy.add(at), count); // zero after the end of the row
                let normal = normal::<S, LAYER>(S::load_part(x.add(at), count), mean, scale);
                let weighted = S::mul(dy_vector, S::load_part(weight.add(at), count));
                product = S::fma(weighted, normal, product);
                let weight_sum = S::fma(dy_vector, normal, S::load_part(weight_sums.add(at), count));
                S::store_part(weight_sums.add(at), weight_sum, count);
                if LAYER {
                    sum = S::add(sum, weighted);
                    let bias_sum = S::add(dy_vector, S::load_part(bias_sums.add(at), count));
                    S::store_part(bias_sums.add(at), bias_sum, count);
                }
            });
            let sum = S::splat(if LAYER { S::sum(sum) * share } else { 0.0 });
            let product = S::splat(S::sum(product) * share);
            let base = rows.base.map(|base| base.as_ptr().add(start));
            vectors!(S, width, at, count => {
                let normal = normal::<S, LAYER>(S::load_part(x.add(at), count), mean, scale);
                let weighted = S::mul(S::load_part(dy.add(at), count), S::load_part(weight.add(at), count));
                let centred = if LAYER { S::sub(weighted, sum) } else { weighted };
                let mut derivative = S::mul(S::fnma(normal, product, centred), scale);
                if let Some(base) = base {
                    derivative = S::add(derivative, S::load_part(base.add(at), count));
                }
                S::store_part(dx.add(at), derivative, count);
            });
        }
    }
}

/// # Safety
/// As for `Simd`.
#[inline(always)]
unsafe fn normal<S: Simd, const LAYER: bool>(x: S::V, mean: S::V, scale: S::V) -> S::V {
    // SAFETY: guaranteed by the caller.
    unsafe { S::mul(if LAYER { S::sub(x, mean) } else { x }, scale) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    const SIZES: [(usize, usize); 9] =
        [(0, 5), (3, 0), (1, 1), (2, 1), (3, 7), (5, 16), (67, 33), (300, 48), (9, 1000)];
    const EPSILON: f64 = 1e-5;

    /// Statistics in double precision: mean (0 for RMS norm) and scale.
    fn statistics(x: &[f32], layer: bool) -> (f64, f64) {
        let width = x.len() as f64;
        let mean = if layer { x.iter().map(|&v| v as f64).sum::<f64>() / width } else { 0.0 };
        let variance = x.iter().map(|&v| (v as f64 - mean).powi(2)).sum::<f64>() / width;
        (mean, 1.0 / (variance + EPSILON).sqrt())
    }

    fn check(rows: usize, width: usize, layer: bool, residual: bool) {
        let each = if layer { 2 } else { 1 };
        let x = numbers(rows * width, 1);
        let more = numbers(rows * width, 2);
        let (weight, bias) = (numbers(width, 3), numbers(width, 4));
        let mut sum = vec![f32::NAN; x.len()];
        let mut y = vec![f32::NAN; x.len()];
        let mut kept = vec![f32::NAN; rows * each];
        forward(
            Forward {
                x: &x,
                added: residual.then_some((&more, &mut sum)),
                weight: &weight,
                bias: layer.then_some(&bias),
                y: &mut y,
                statistics: Some(&mut kept),
            },
            width,
            EPSILON as f32,
        );
        let input: Vec<f32> = x.iter().zip(&more).map(|(a, b)| if residual { a + b } else { *a }).collect();
        if residual {
            assert_eq!(sum, input);
        }
        let dy = numbers(rows * width, 5);
        let mut expected_y = vec![0.0; x.len()];
        let mut expected_dx = vec![0.0; x.len()];
        let mut expected_dw = vec![0.0; width];
        let mut expected_db = vec![0.0; width];
        for row in 0..if width == 0 { 0 } else { rows } {
            let (first, end) = (row * width, (row + 1) * width);
            let (mean, scale) = statistics(&input[first..end], layer);
            let normal = |i: usize| (input[first + i] as f64 - mean) * scale;
            let weighted = |i: usize| dy[first + i] as f64 * weight[i] as f64;
            let share = 1.0 / width as f64;
            let sum = if layer { (0..width).map(weighted).sum::<f64>() * share } else { 0.0 };
            let product = (0..width).map(|i| weighted(i) * normal(i)).sum::<f64>() * share;
            for i in 0..width {
                expected_y[first + i] =
                    normal(i) * weight[i] as f64 + if layer { bias[i] as f64 } else { 0.0 };
                expected_dx[first + i] = scale * (weighted(i) - sum - normal(i) * product)
                    + if residual { more[first + i] as f64 } else { 0.0 };
                expected_dw[i] += dy[first + i] as f64 * normal(i);
                expected_db[i] += dy[first + i] as f64;
            }
        }
        // A row of one element has standard deviation 0, and its gradients cancel.
        let limit = if width == 1 { 2e-2 } else { 1e-5 };
        close(&y, &expected_y, 1e-5);
        let mut dx = vec![f32::NAN; x.len()];
        let mut dw = vec![f32::NAN; width];
        let mut db = vec![f32::NAN; width];
        backward(
            Backward {
                dy: &dy,
                x: &input,
                weight: &weight,
                statistics: &kept,
                base: residual.then_some(&more),
                dx: &mut dx,
                d_weight: &mut dw,
                d_bias: layer.then_some(&mut db),
            },
            width,
        );
        close(&dx, &expected_dx, limit);
        close(&dw, &expected_dw, 1e-5);
        if layer {
            close(&db, &expected_db, 1e-5);
        }
    }

    #[test]
    fn match_double_precision() {
        for (rows, width) in SIZES {
            for residual in [false, true] {
                check(rows, width, true, residual);
                check(rows, width, false, residual);
            }
        }
    }

    #[test]
    fn gradients_do_not_depend_on_the_number_of_threads() {
        let (rows, width) = (1000, 37);
        let (x, dy, weight) = (numbers(rows * width, 1), numbers(rows * width, 2), numbers(width, 3));
        let kept = numbers(rows, 4);
        let all = |threads| {
            crate::threads::set_threads(threads);
            let (mut dx, mut dw) = (vec![0.0; rows * width], vec![0.0; width]);
            let (base, d_bias) = (None, None);
            let (statistics, weight) = (&kept[..], &weight[..]);
            backward(
                Backward { dy: &dy, x: &x, weight, statistics, base, dx: &mut dx, d_weight: &mut dw, d_bias },
                width,
            );
            (dx, dw)
        };
        let one = all(1);
        assert!(one == all(2) && one == all(3));
        crate::threads::set_threads(2);
    }
}
