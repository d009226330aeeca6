//! Products of batches of matrices.

use super::linear::{Affine, Same};
use crate::buffers::Shared;
use crate::kernels::activations::{Activation, Function, Gelu, GeluTanh, Relu};
use crate::product::{FEW, Matrix, few_rows, product};
use crate::threads;

/// Sizes of a product of batches: A is [batches_a, m, k], or [batches_a, k, m] with `transpose_a`; B [batches_b, k, n]
/// or [batches_b, n, k]; C [max(batches_a, batches_b), m, n], where the shorter list of matrices starts again.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub batches_a: usize,
    pub batches_b: usize,
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub transpose_a: bool,
    pub transpose_b: bool,
}

impl Sizes {
    pub fn batches(&self) -> usize {
        if self.batches_a == 0 || self.batches_b == 0 { 0 } else { self.batches_a.max(self.batches_b) }
    }
}

/// C = activation(A · B + bias [n]), matrix by matrix.
///
/// # Panics
/// When an array has fewer elements.
pub fn matmul(
    a: &[f32],
    b: &[f32],
    bias: Option<&[f32]>,
    c: &mut [f32],
    sizes: Sizes,
    activation: Option<Activation>,
) {
    match activation {
        None => all::<Same>(a, b, bias, c, sizes),
        Some(Activation::Relu) => all::<Relu>(a, b, bias, c, sizes),
        Some(Activation::Gelu) => all::<Gelu>(a, b, bias, c, sizes),
        Some(Activation::GeluTanh) => all::<GeluTanh>(a, b, bias, c, sizes),
    }
}

fn all<F: Function>(a: &[f32], b: &[f32], bias: Option<&[f32]>, c: &mut [f32], mut sizes: Sizes) {
    if sizes.batches_b == 1 && !sizes.transpose_a {
        // rows of all the matrices, one behind the other
        sizes.m *= sizes.batches_a;
        sizes.batches_a = 1;
    }
    let Sizes { batches_a, batches_b, m, k, n, .. } = sizes;
    let batches = sizes.batches();
    assert!(a.len() >= batches_a * m * k && b.len() >= batches_b * k * n, "matrices of fewer elements");
    assert!(c.len() >= batches * m * n, "too little room for a product");
    let to = Shared::new(c);
    let one = |batch: usize| {
        let a = &a[batch % batches_a * m * k..][..m * k];
        let b = &b[batch % batches_b * k * n..][..k * n];
        // SAFETY: the place of this matrix, inside C.
        let c = unsafe { to.part(batch * m * n, m * n) };
        single::<F>(a, b, bias, c, sizes);
    };
    if batches >= threads::threads() && m * k * n < 1 << 24 {
        let grain = ((1 << 16) / (m * k * n).max(1)).clamp(1, batches.div_ceil(threads::threads()));
        threads::run(batches.div_ceil(grain), |part, _| {
            (part * grain..batches.min((part + 1) * grain)).for_each(one);
        });
    } else {
        (0..batches).for_each(one);
    }
}

fn single<F: Function>(a: &[f32], b: &[f32], bias: Option<&[f32]>, c: &mut [f32], sizes: Sizes) {
    let Sizes { m, k, n, transpose_a, transpose_b, .. } = sizes;
    let epilogue = Affine::<F>::new(bias, None, n);
    if m <= FEW && !transpose_a && transpose_b {
        few_rows(a, m, k, b, n, c, &epilogue);
    } else if n == 1 && !transpose_a && bias.is_none() {
        few_rows(b, 1, k, a, m, c, &Affine::<F>::new(None, None, m));
    } else {
        let a = if transpose_a { Matrix::turned(a, m) } else { Matrix::rows(a, k) };
        let b = if transpose_b { Matrix::turned(b, k) } else { Matrix::rows(b, n) };
        product(a, m, k, b, n, c, n, false, &epilogue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn agrees_with_double_precision() {
        let shapes = [
            (1, 1, 1, 1, 1),
            (3, 3, 5, 7, 9),
            (4, 1, 3, 20, 33),
            (1, 6, 40, 8, 1),
            (0, 1, 3, 3, 3),
            (2, 2, 0, 3, 4),
            (2, 2, 3, 0, 4),
            (4, 2, 17, 30, 40),
            (50, 50, 16, 16, 16),
            (1, 1, 200, 70, 300),
            (2, 1, 1, 300, 600),
        ];
        for (batches_a, batches_b, m, k, n) in shapes {
            let (a, b, bias) = (numbers(batches_a * m * k, 1), numbers(batches_b * k * n, 2), numbers(n, 3));
            for turn in 0..8 {
                let (transpose_a, transpose_b, with_bias) = (turn & 1 > 0, turn & 2 > 0, turn & 4 > 0);
                let sizes = Sizes { batches_a, batches_b, m, k, n, transpose_a, transpose_b };
                let at_a = |batch: usize, i: usize, j: usize| {
                    let at = if transpose_a { j * m + i } else { i * k + j };
                    f64::from(a[batch % batches_a * m * k + at])
                };
                let at_b = |batch: usize, i: usize, j: usize| {
                    let at = if transpose_b { j * k + i } else { i * n + j };
                    f64::from(b[batch % batches_b * k * n + at])
                };
                let bias = with_bias.then_some(&bias[..]);
                let expected: Vec<f64> = (0..sizes.batches() * m * n)
                    .map(|at| {
                        let (batch, i, j) = (at / (m * n), at / n % m, at % n);
                        let z = (0..k).map(|x| at_a(batch, i, x) * at_b(batch, x, j)).sum::<f64>();
                        (z + bias.map_or(0.0, |bias| f64::from(bias[j]))).max(if with_bias {
                            0.0
                        } else {
                            f64::MIN
                        })
                    })
                    .collect();
                let mut c = vec![f32::NAN; expected.len()];
                matmul(&a, &b, bias, &mut c, sizes, with_bias.then_some(Activation::Relu));
                close(&c, &expected, 5e-6);
            }
        }
    }
}
