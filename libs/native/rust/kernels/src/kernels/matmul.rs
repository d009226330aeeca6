//! Batched matrix products.

use crate::buffers::Shared;
use crate::product::{self, Epilogue, FEW, Matrix, NoEpilogue};
use crate::simd::{Simd, math};
use crate::threads::{run, threads};

/// Activation of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    None,
    Relu,
    Sigmoid,
}

/// Sizes of each product of a batch: C [m, n] = A [m, k] · B [k, n].
#[derive(Clone, Copy)]
pub struct Sizes {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// A is stored as [k, m].
    pub a_transposed: bool,
    /// B is stored as [n, k].
    pub b_transposed: bool,
}

/// C[i] = activation(A[a_of[i]] · B[b_of[i]] + bias) for each i of a batch; matrices are contiguous in
/// `a`, `b` and `c`; `bias` [n].
///
/// # Panics
/// When the length of an array does not fit the sizes, or an index in `a_of` or `b_of` is out of range.
pub fn matmul(
    a: &[f32],
    b: &[f32],
    bias: Option<&[f32]>,
    c: &mut [f32],
    a_of: &[i32],
    b_of: &[i32],
    sizes: Sizes,
    activation: Activation,
) {
    let Sizes { m, n, k, .. } = sizes;
    assert_eq!(a_of.len(), b_of.len());
    assert_eq!(c.len(), a_of.len() * m * n);
    let inside = |of: &[i32], each: usize, length: usize| {
        of.iter().all(|&i| i >= 0 && (i as usize + 1).checked_mul(each).is_some_and(|end| end <= length))
    };
    assert!(inside(a_of, m * k, a.len()), "a matrix outside of A");
    assert!(inside(b_of, k * n, b.len()), "a matrix outside of B");
    assert!(bias.is_none_or(|bias| bias.len() == n), "a bias of another length than a row");
    if bias.is_none() && activation == Activation::None {
        each(a, b, c, a_of, b_of, sizes, &NoEpilogue);
    } else {
        each(a, b, c, a_of, b_of, sizes, &Finish { bias, activation });
    }
}

fn each<E: Epilogue>(
    a: &[f32],
    b: &[f32],
    c: &mut [f32],
    a_of: &[i32],
    b_of: &[i32],
    sizes: Sizes,
    epilogue: &E,
) {
    let Sizes { m, n, k, .. } = sizes;
    let batch = a_of.len();
    let all = Shared::new(c);
    let job = |i: usize| {
        let a = &a[a_of[i] as usize * m * k..][..m * k];
        let b = &b[b_of[i] as usize * k * n..][..k * n];
        // SAFETY: results are disjoint ranges of c, whose length was checked.
        one(a, b, unsafe { all.part(i * m * n, m * n) }, sizes, epilogue);
    };
    // Many products are distributed over the threads; of few products each is split.
    if batch >= 2 * threads() { run(batch, |i, _| job(i)) } else { (0..batch).for_each(job) }
}

fn one<E: Epilogue>(a: &[f32], b: &[f32], c: &mut [f32], sizes: Sizes, epilogue: &E) {
    let Sizes { m, n, k, a_transposed, b_transposed } = sizes;
    if m == 0 || n == 0 {
        return;
    }
    if !a_transposed && b_transposed && m <= FEW {
        product::few_rows(a, m, k, (b, k), n, c, epilogue);
    } else if a_transposed && !b_transposed && E::NOTHING {
        product::transposed(a, m, b, n, k, m, n, c, n, false, None);
    } else {
        let a = if a_transposed { Matrix::transposed(a, m) } else { Matrix::rows(a, k) };
        let b = if b_transposed { Matrix::transposed(b, k) } else { Matrix::rows(b, n) };
        product::product(a, m, k, b, n, c, n, false, epilogue);
    }
}

struct Finish<'a> {
    bias: Option<&'a [f32]>,
    activation: Activation,
}

impl Epilogue for Finish<'_> {
    fn check(&self, _rows: usize, columns: usize) {
        assert!(self.bias.is_none_or(|bias| bias.len() >= columns));
    }
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, v: S::V, _row: usize, column: usize, count: usize) -> S::V {
        // SAFETY: `check` has checked the length of the bias.
        unsafe {
            let v = match self.bias {
                Some(bias) => S::add(v, product::load::<S>(bias.as_ptr().add(column), count)),
                None => v,
            };
            match self.activation {
                Activation::None => v,
                Activation::Relu => S::max(S::zero(), v), // propagates NaN
                Activation::Sigmoid => math::sigmoid::<S>(v),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    }

    #[test]
    fn layouts_and_broadcasts() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (9, 33, 20), (70, 65, 40), (2, 3, 0), (0, 3, 2), (4, 0, 2)] {
            for (a_transposed, b_transposed) in [(false, false), (false, true), (true, false), (true, true)] {
                for (a_of, b_of) in [
                    (vec![], vec![]),
                    (vec![0], vec![0]),
                    (vec![0, 1, 2], vec![0, 0, 0]),
                    (vec![0, 0, 1, 1, 2, 2, 0, 1], vec![0, 1, 0, 1, 0, 1, 1, 0]),
                ] {
                    let a = numbers(3 * m * k, 1);
                    let b = numbers(2 * k * n, 2);
                    let bias = numbers(n, 3);
                    for with_bias in [false, true] {
                        let sizes = Sizes { m, n, k, a_transposed, b_transposed };
                        let mut c = vec![f32::NAN; a_of.len() * m * n];
                        let (bias, activation) = if with_bias {
                            (Some(&bias[..]), Activation::Relu)
                        } else {
                            (None, Activation::None)
                        };
                        matmul(&a, &b, bias, &mut c, &a_of, &b_of, sizes, activation);
                        for (at, &value) in c.iter().enumerate() {
                            let (batch, i, j) = (at / n / m, at / n % m, at % n);
                            let a = &a[a_of[batch] as usize * m * k..];
                            let b = &b[b_of[batch] as usize * k * n..];
                            let mut truth: f64 = (0..k)
                                .map(|l| {
                                    let a = if a_transposed { a[l * m + i] } else { a[i * k + l] };
                                    let b = if b_transposed { b[j * k + l] } else { b[l * n + j] };
                                    f64::from(a) * f64::from(b)
                                })
                                .sum();
                            if let Some(bias) = bias {
                                truth = (truth + f64::from(bias[j])).max(0.0);
                            }
                            assert!((f64::from(value) - truth).abs() < 1e-4, "{value} {truth}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "outside of B")]
    fn matrices_outside_are_refused() {
        let sizes = Sizes { m: 1, n: 1, k: 1, a_transposed: false, b_transposed: false };
        matmul(&[1.0], &[1.0], None, &mut [0.0], &[0], &[1], sizes, Activation::None);
    }
}
