//! Every product compared with sums in float64, on odd shapes, for each instruction set of this processor.

use super::*;
use crate::simd::Simd;

/// Pseudorandom numbers in (-1, 1).
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// An element rounded to this precision.
fn element(m: &Matrix, i: usize, j: usize) -> f64 {
    let x = m.data[if m.transposed { j * m.stride + i } else { i * m.stride + j }];
    if m.precision == Precision::Float32 {
        return f64::from(x);
    }
    let bits = x.to_bits();
    f64::from(f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)) // to nearest, ties to even
}

/// A matrix [rows, columns] with padding after each row.
fn matrix(data: &[f32], rows: usize, columns: usize, transposed: bool) -> Matrix<'_> {
    let inner = if transposed { rows } else { columns };
    let stride = inner + inner % 3;
    if transposed { Matrix::transposed(data, stride) } else { Matrix::rows(data, stride) }
}

fn room(rows: usize, columns: usize) -> usize {
    (rows + 3) * (columns + 3)
}

const SHAPES: [(usize, usize, usize); 24] = [
    (0, 3, 4),
    (3, 0, 4),
    (3, 4, 0),
    (1, 1, 1),
    (2, 3, 5),
    (5, 7, 33),
    (14, 16, 32),
    (15, 17, 31),
    (13, 256, 40),
    (29, 257, 65),
    (40, 300, 16),
    (64, 64, 64),
    (100, 9, 100),
    (113, 520, 47),
    (225, 31, 130),
    (230, 513, 8),
    (500, 20, 9),
    (640, 33, 72),
    (7, 40, 700),
    (16, 600, 200),
    (60, 64, 1030),
    (1000, 2, 3),
    (3, 1000, 2),
    (450, 128, 129),
];

/// (z + 1) · row + column · 0.5 - z identifies row and column.
struct Marked;

impl Epilogue for Marked {
    unsafe fn finish<S: Simd>(&self, v: S::V, row: usize, column: usize, count: usize) -> S::V {
        assert!(count <= S::LANES);
        // SAFETY: as this function.
        unsafe {
            let mut lanes = [0.0f32; 64];
            S::store(lanes.as_mut_ptr(), v);
            for (j, lane) in lanes.iter_mut().take(S::LANES).enumerate() {
                *lane = mark(f64::from(*lane), row, column + j) as f32;
            }
            S::load(lanes.as_ptr())
        }
    }
}

fn mark(z: f64, row: usize, column: usize) -> f64 {
    2.0 * z + (row % 17) as f64 + 0.25 * (column % 19) as f64
}

fn expect_close(actual: f32, expected: f64, depth: usize, what: &str) {
    let limit = 1e-6 * (8.0 + depth as f64).sqrt() * (2.0 + expected.abs());
    assert!((f64::from(actual) - expected).abs() <= limit, "{what}: {actual}, expected {expected}");
}

fn sum(a: &Matrix, b: &Matrix, depth: usize, i: usize, j: usize) -> f64 {
    (0..depth).map(|k| element(a, i, k) * element(b, k, j)).sum()
}

#[test]
fn rows_match_sums() {
    for (m, k, n) in SHAPES {
        let (data_a, data_b) = (numbers(room(m, k) * 2, 1), numbers(room(k, n) * 2, 2));
        for turn in 0..8 {
            let (turned_a, turned_b) = (turn & 1 > 0, turn & 2 > 0);
            let accumulate = turned_a != turned_b;
            let precision = if turn & 4 > 0 { Precision::Bf16 } else { Precision::Float32 };
            let a = matrix(&data_a, m, k, turned_a).with(precision);
            let b = matrix(&data_b, k, n, turned_b).with(precision);
            let ldc = n + 2;
            let before = numbers(m * ldc + n, 3);
            let sums: Vec<f64> = (0..m * n).map(|at| sum(&a, &b, k, at / n, at % n)).collect();
            let check = |c: &[f32], marked: bool, what: &str| {
                for (at, &actual) in c.iter().enumerate() {
                    let (i, j) = (at / ldc, at % ldc);
                    if i >= m || j >= n {
                        assert_eq!(actual, before[at], "{what}: wrote beside the product");
                        continue;
                    }
                    let z = sums[i * n + j] + if accumulate { f64::from(before[at]) } else { 0.0 };
                    expect_close(
                        actual,
                        if marked { mark(z, i, j) } else { z },
                        k,
                        &format!("{what} {m} {k} {n} at {i}, {j}"),
                    );
                }
            };
            let mut c = before.clone();
            rows(a, m, &pack(b, k, n), &mut c, ldc, accumulate, &NoEpilogue);
            check(&c, false, "rows");
            let mut c = before.clone();
            rows(a, m, &pack(b, k, n), &mut c, ldc, accumulate, &Marked);
            check(&c, true, "rows with an epilogue");
            let mut c = before.clone();
            product(a, m, k, b, n, &mut c, ldc, accumulate, &Marked);
            check(&c, true, "product");
        }
    }
}

#[test]
fn transposed_matches_sums() {
    for (m, tokens, n) in SHAPES.into_iter().chain([(65, 2000, 64), (33, 600, 530)]) {
        let (data_y, data_x) = (numbers(room(tokens, m) * 2, 4), numbers(room(tokens, n) * 2, 5));
        for (accumulate, precision) in [
            (false, Precision::Float32),
            (true, Precision::Float32),
            (false, Precision::Bf16),
            (true, Precision::Bf16),
        ] {
            let y = matrix(&data_y, tokens, m, false).with(precision);
            let x = matrix(&data_x, tokens, n, false).with(precision);
            let ldc = n + 1;
            let before = numbers(m * ldc + n, 6);
            let sums_before = numbers(m, 7);
            let (mut c, mut sums) = (before.clone(), sums_before.clone());
            let (sum_to, to) = (Some(&mut sums[..]), &mut c);
            transposed_in(
                &data_y, y.stride, &data_x, x.stride, tokens, m, n, to, ldc, accumulate, sum_to, precision,
            );
            let kept = |before: f32| if accumulate { f64::from(before) } else { 0.0 };
            for (at, &actual) in c.iter().enumerate() {
                let (i, j) = (at / ldc, at % ldc);
                if i >= m || j >= n {
                    assert_eq!(actual, before[at], "wrote beside the product");
                    continue;
                }
                let expected = (0..tokens).map(|t| element(&y, t, i) * element(&x, t, j)).sum::<f64>();
                expect_close(
                    actual,
                    expected + kept(before[at]),
                    tokens,
                    &format!("{m} {tokens} {n} at {i}, {j}"),
                );
            }
            for (i, &actual) in sums.iter().enumerate() {
                let expected = (0..tokens).map(|t| element(&y.with(Precision::Float32), t, i)).sum::<f64>();
                expect_close(actual, expected + kept(sums_before[i]), tokens, "a column sum");
            }
        }
    }
}

#[test]
fn few_rows_matches_sums() {
    for (m, k, n) in SHAPES.map(|(m, k, n)| (m % 11, k, n)) {
        let (x, w) = (numbers(m * k, 8), numbers(n * k, 9));
        let mut y = vec![f32::NAN; m * n];
        few_rows(&x, m, k, (&w, k), n, &mut y, &Marked);
        let (a, b) = (Matrix::rows(&x, k), Matrix::transposed(&w, k));
        for (at, &actual) in y.iter().enumerate() {
            expect_close(actual, mark(sum(&a, &b, k, at / n, at % n), at / n, at % n), k, "few rows");
        }
    }
}

#[test]
fn results_are_reproducible() {
    let (m, k, n) = (700, 300, 130);
    let (a, b) = (numbers(m * k, 10), numbers(k * n, 11));
    let run = || {
        let mut c = vec![0.0; m * n];
        rows(Matrix::rows(&a, k), m, &pack(Matrix::rows(&b, n), k, n), &mut c, n, false, &NoEpilogue);
        let mut d = vec![0.0; k * n];
        transposed(&a, k, &c, n, m, k, n, &mut d, n, false, None);
        (c, d)
    };
    let first = run();
    for _ in 0..5 {
        assert!(run() == first);
    }
}

#[test]
fn wrong_sizes_panic() {
    let (a, b) = (numbers(20, 1), numbers(20, 2));
    let fails = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    assert!(fails(&|| drop(pack(Matrix::rows(&b, 5), 5, 5))));
    assert!(fails(&|| drop(pack(Matrix::rows(&b, 3), 4, 5))));
    assert!(fails(&|| drop(pack(Matrix::rows(&b, usize::MAX), 4, 5))));
    let packed = pack(Matrix::rows(&b, 5), 4, 5);
    assert!(fails(&|| rows(Matrix::rows(&a, 4), 6, &packed, &mut [0.0; 30], 5, false, &NoEpilogue)));
    assert!(fails(&|| rows(Matrix::rows(&a, 4), 5, &packed, &mut [0.0; 24], 5, false, &NoEpilogue)));
    assert!(fails(&|| rows(Matrix::rows(&a, 4), 5, &packed, &mut [0.0; 25], 4, false, &NoEpilogue)));
    assert!(fails(&|| rows(Matrix::rows(&a, 4), 5, &packed, &mut [0.0; 25], 5, false, &AddBias(&[0.0; 4]))));
    assert!(fails(&|| few_rows(&a, 3, 7, (&b, 7), 2, &mut [0.0; 6], &NoEpilogue)));
    assert!(fails(&|| transposed(&a, 5, &b, 5, 4, 5, 5, &mut [0.0; 24], 5, false, None)));
    let mut sums = [0.0; 4];
    let short = std::cell::RefCell::new(&mut sums[..]);
    assert!(fails(&|| {
        transposed(&a, 5, &b, 5, 4, 5, 5, &mut [0.0; 25], 5, false, Some(&mut short.borrow_mut()[..]));
    }));
}

/// The instruction set is selected once per process, so lesser ones are tested in processes of their own.
#[test]
fn lesser_instruction_sets() {
    if std::env::var_os("LILFORMER_SIMD").is_some() {
        return;
    }
    for kind in ["avx2", "portable"] {
        let program = std::env::current_exe().expect("this test's own program");
        let result = std::process::Command::new(program)
            .args(["product::", "kernels::linear", "kernels::matmul", "kernels::cross_entropy"])
            .env("LILFORMER_SIMD", kind)
            .output()
            .expect("this test's own program runs");
        assert!(result.status.success(), "{kind}: {}", String::from_utf8_lossy(&result.stdout));
    }
}
