//! Cross entropy against whole numbers: from logits, and fused with the output projection, where logits exist for a
//! few rows at a time and the gradients are made on the way forward.

use crate::buffers::{Shared, floats};
use crate::kernel;
use crate::product::{
    AddBias, Matrix, Nothing, Packed, Precision, Slopes, Targets, gradients, load, pack, rows_on_one_thread,
    store,
};
use crate::simd::{Simd, math};
use crate::threads::{run, split, threads};
use crate::vectors;

/// Floats of logits that one thread works on at a time.
const PART: usize = 1 << 15;

/// What came, and what does not count.
#[derive(Clone, Copy)]
pub struct Answers<'a> {
    /// [rows], each a class or `ignored`
    pub targets: &'a [i32],
    pub ignored: i32,
}

impl Answers<'_> {
    fn check(&self, rows: usize, classes: usize) {
        assert!(self.targets.len() >= rows, "{} targets for {rows} rows", self.targets.len());
        let inside = |&target: &i32| target == self.ignored || (target >= 0 && (target as usize) < classes);
        let wrong = self.targets[..rows].iter().find(|target| !inside(target));
        assert!(wrong.is_none(), "target {}: there are {classes} classes", wrong.unwrap_or(&0));
    }

    /// The class of a row, if it counts.
    #[inline(always)]
    fn of(&self, row: usize) -> Option<usize> {
        let target = self.targets[row];
        (target != self.ignored).then_some(target as usize)
    }
}

/// losses [rows] = log Σ exp(logits) - logits[target], 0 where ignored; `log_sums` [rows], where given, gets the first
/// term. Gives the sum of the losses.
///
/// # Panics
/// When an array has fewer elements, or a target is no class.
pub fn forward(
    logits: &[f32],
    answers: Answers,
    losses: &mut [f32],
    log_sums: Option<&mut [f32]>,
    rows: usize,
    classes: usize,
) -> f64 {
    answers.check(rows, classes);
    assert!(logits.len() >= rows * classes && losses.len() >= rows, "fewer than {rows} rows");
    assert!(log_sums.as_ref().is_none_or(|sums| sums.len() >= rows), "too few places for sums");
    let (to, sums) = (Shared::new(losses), log_sums.map(Shared::new));
    let grain = (PART / classes.max(1)).max(1);
    run(rows.div_ceil(grain), |part, _| {
        for row in part * grain..rows.min((part + 1) * grain) {
            // SAFETY: the row is inside, and this part's own; its target is a class.
            unsafe {
                let logits = logits.as_ptr().add(row * classes);
                let log_sum = log_sum(logits, classes);
                *to.at(row) = answers.of(row).map_or(0.0, |target| log_sum - *logits.add(target));
                if let Some(sums) = sums {
                    *sums.at(row) = log_sum;
                }
            }
        }
    });
    total(&losses[..rows])
}

/// dx = dy · share · (softmax(logits) - one at the target), 0 in ignored rows; dy [rows], or one number for all.
///
/// # Panics
/// As `forward`.
pub fn backward(
    logits: &[f32],
    answers: Answers,
    log_sums: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    rows: usize,
    classes: usize,
    share: f32,
) {
    answers.check(rows, classes);
    assert!(logits.len() >= rows * classes && dx.len() >= rows * classes, "fewer than {rows} rows");
    assert!(log_sums.len() >= rows && (dy.len() == 1 || dy.len() >= rows), "fewer than {rows} rows");
    let to = Shared::new(dx);
    let grain = (PART / classes.max(1)).max(1);
    run(rows.div_ceil(grain), |part, _| {
        for row in part * grain..rows.min((part + 1) * grain) {
            // SAFETY: the row is inside, and this part's own; its target is a class.
            unsafe {
                let dx = to.at(row * classes);
                let Some(target) = answers.of(row) else {
                    dx.write_bytes(0, classes);
                    continue;
                };
                let factor = share * if dy.len() == 1 { dy[0] } else { dy[row] };
                spread(logits.as_ptr().add(row * classes), classes, log_sums[row], factor, dx);
                *dx.add(target) -= factor;
            }
        }
    });
}

/// The output projection logits = x [rows, inputs] · Wᵀ + bias, and the sum of the losses of its logits. With places for
/// gradients they are made as well, of `share` times that sum. W [classes, inputs], bias [classes].
///
/// # Panics
/// As `forward`.
pub fn fused(
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    answers: Answers,
    targets: Option<Targets>,
    rows: usize,
    inputs: usize,
    classes: usize,
    share: f32,
    precision: Precision,
) -> f64 {
    answers.check(rows, classes);
    assert!(x.len() >= rows * inputs, "x of {} numbers, expected {rows} rows of {inputs}", x.len());
    assert!(bias.is_none_or(|bias| bias.len() >= classes), "a bias of fewer than {classes} numbers");
    if classes == 0 && inputs == 0 {
        return 0.0; // all rows are ignored, and no gradient has a number
    }
    let packed = pack(Matrix::turned(w, inputs).with(precision), inputs, classes);
    let mut losses = floats(rows);
    let to = Shared::new(&mut losses);
    let head = Head { x, inputs, classes, packed: &packed, bias, answers, losses: to, share };
    match targets {
        Some(targets) => gradients(&head, rows, classes, inputs, x, w, targets, precision),
        None => head.losses_alone(rows),
    }
    total(&losses)
}

fn total(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum()
}

struct Head<'a> {
    x: &'a [f32],
    inputs: usize,
    classes: usize,
    packed: &'a Packed,
    bias: Option<&'a [f32]>,
    answers: Answers<'a>,
    losses: Shared<f32>,
    share: f32,
}

impl Head<'_> {
    /// # Safety
    /// The rows are inside x, and `to` has place for them.
    unsafe fn logits(&self, first: usize, count: usize, to: *mut f32, stride: usize) {
        let x = Matrix::rows(self.x, self.inputs);
        // SAFETY: the promise of this function; the bias was checked.
        unsafe {
            match self.bias {
                Some(bias) => {
                    rows_on_one_thread(x, first, count, self.packed, to, stride, false, &AddBias(bias))
                }
                None => rows_on_one_thread(x, first, count, self.packed, to, stride, false, &Nothing),
            }
        }
    }

    fn losses_alone(&self, rows: usize) {
        let stride = self.classes.next_multiple_of(16) + 16;
        let grain = (PART * 4 / stride).clamp(14, 112);
        let parts = threads().min(rows.div_ceil(grain));
        let mut scratch = floats(parts * grain * stride);
        let scratch = Shared::new(&mut scratch);
        run(parts, |part, _| {
            let (from, until) = split(rows, parts, 1, part);
            for first in (from..until).step_by(grain) {
                let count = grain.min(until - first);
                // SAFETY: each part has its own piece of scratch and its own rows; targets are classes.
                unsafe {
                    let logits = scratch.at(part * grain * stride);
                    self.logits(first, count, logits, stride);
                    for i in 0..count {
                        let logits = logits.add(i * stride);
                        let loss = |target| log_sum(logits, self.classes) - *logits.add(target);
                        *self.losses.at(first + i) = self.answers.of(first + i).map_or(0.0, loss);
                    }
                }
            }
        });
    }
}

impl Slopes for Head<'_> {
    unsafe fn make(&self, first: usize, count: usize, to: *mut f32, stride: usize) {
        // SAFETY: the promise of this function; targets are classes.
        unsafe {
            self.logits(first, count, to, stride);
            for i in 0..count {
                let row = to.add(i * stride);
                *self.losses.at(first + i) = match self.answers.of(first + i) {
                    Some(target) => slopes(row, self.classes, target, self.share),
                    None => {
                        row.write_bytes(0, self.classes);
                        0.0
                    }
                };
            }
        }
    }
}

/// The largest of a row; NaN may be lost, which the exponentials bring back.
///
/// # Safety
/// As `Simd`; the row is there.
#[inline(always)]
unsafe fn largest<S: Simd>(row: *const f32, length: usize) -> f32 {
    // SAFETY: the promise of this function.
    unsafe {
        let mut most = S::splat(f32::NEG_INFINITY);
        vectors!(S, length, at, count => {
            let v = load::<S>(row.add(at), count);
            most = S::max(most, S::select(S::first(count), v, most));
        });
        S::largest(most)
    }
}

kernel! {
    /// log Σ exp of a row.
    unsafe fn log_sum<S>(row: *const f32, length: usize) -> f32 {
        let largest = largest::<S>(row, length);
        let (shift, mut sum) = (S::splat(largest), S::zero());
        vectors!(S, length, at, count => {
            let e = math::exp::<S>(S::sub(load::<S>(row.add(at), count), shift));
            sum = S::add(sum, S::keep(S::first(count), e));
        });
        largest + S::sum(sum).ln()
    }
}

kernel! {
    /// Makes of a row of logits share · (softmax - one at the target), and gives its loss.
    unsafe fn slopes<S>(row: *mut f32, length: usize, target: usize, share: f32) -> f32 {
        let largest = largest::<S>(row, length);
        let of_target = *row.add(target);
        let (shift, mut sum) = (S::splat(largest), S::zero());
        vectors!(S, length, at, count => {
            let e = math::exp::<S>(S::sub(load::<S>(row.add(at), count), shift));
            sum = S::add(sum, S::keep(S::first(count), e));
            store::<S>(row.add(at), e, count);
        });
        let sum = S::sum(sum);
        let factor = S::splat(share / sum);
        vectors!(S, length, at, count => {
            store::<S>(row.add(at), S::mul(load::<S>(row.add(at), count), factor), count);
        });
        *row.add(target) -= share;
        largest + sum.ln() - of_target
    }
}

kernel! {
    /// to = factor · exp(row - log_sum)
    unsafe fn spread<S>(row: *const f32, length: usize, log_sum: f32, factor: f32, to: *mut f32) {
        let (shift, factor) = (S::splat(log_sum), S::splat(factor));
        vectors!(S, length, at, count => {
            let e = math::exp::<S>(S::sub(load::<S>(row.add(at), count), shift));
            store::<S>(to.add(at), S::mul(e, factor), count);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    const IGNORED: i32 = -7;

    fn targets(rows: usize, classes: usize) -> Vec<i32> {
        (0..rows).map(|row| if row % 5 == 3 { IGNORED } else { (row * 7919 % classes) as i32 }).collect()
    }

    /// Losses, and the gradient of their sum.
    fn truth(logits: &[f64], targets: &[i32], classes: usize) -> (Vec<f64>, Vec<f64>) {
        let mut losses = vec![0.0; targets.len()];
        let mut slopes = vec![0.0; logits.len()];
        for (row, &target) in targets.iter().enumerate().filter(|&(_, &target)| target != IGNORED) {
            let logits = &logits[row * classes..][..classes];
            let log_sum = logits.iter().map(|z| z.exp()).sum::<f64>().ln();
            losses[row] = log_sum - logits[target as usize];
            for (j, z) in logits.iter().enumerate() {
                slopes[row * classes + j] = (z - log_sum).exp() - f64::from(j == target as usize);
            }
        }
        (losses, slopes)
    }

    fn wide(x: &[f32]) -> Vec<f64> {
        x.iter().map(|&x| f64::from(x)).collect()
    }

    #[test]
    fn from_logits() {
        for (rows, classes) in [(0, 3), (1, 1), (7, 2), (20, 33), (5, 5000), (300, 100)] {
            let logits: Vec<f32> = numbers(rows * classes, 1).iter().map(|z| z * 9.0).collect();
            let targets = targets(rows, classes);
            let answers = Answers { targets: &targets, ignored: IGNORED };
            let (mut losses, mut sums) = (vec![f32::NAN; rows], vec![f32::NAN; rows]);
            let total = forward(&logits, answers, &mut losses, Some(&mut sums), rows, classes);
            let (expected, slopes) = truth(&wide(&logits), &targets, classes);
            close(&losses, &expected, 2e-6);
            assert!((total - expected.iter().sum::<f64>()).abs() <= 1e-6 * (1.0 + total.abs()));
            let mut dx = vec![f32::NAN; logits.len()];
            backward(&logits, answers, &sums, &[0.5], &mut dx, rows, classes, 3.0);
            close(&dx, &slopes.iter().map(|slope| 1.5 * slope).collect::<Vec<_>>(), 2e-5);
            let dy = numbers(rows, 3);
            if rows > 1 {
                backward(&logits, answers, &sums, &dy, &mut dx, rows, classes, 1.0);
                let each = slopes.iter().enumerate().map(|(at, slope)| f64::from(dy[at / classes]) * slope);
                close(&dx, &each.collect::<Vec<_>>(), 2e-5);
            }
        }
    }

    #[test]
    fn numbers_out_of_range() {
        let mut losses = [0.0; 4];
        let logits = [1000.0, 0.0, -1e30, 3e38, f32::NAN, 0.0, f32::NEG_INFINITY, 1.0];
        let answers = Answers { targets: &[1, 1, 0, 1], ignored: IGNORED };
        forward(&logits, answers, &mut losses, None, 4, 2);
        assert_eq!(losses[0], 1000.0);
        assert_eq!(losses[1], 0.0);
        assert!(losses[2].is_nan());
        assert_eq!(losses[3], 0.0);
    }

    #[test]
    fn fused_with_the_projection() {
        for (rows, inputs, classes, with_bias) in [
            (0, 3, 4, true),
            (1, 5, 1, false),
            (9, 20, 65, true),
            (600, 16, 130, true),
            (130, 7, 1500, false),
        ] {
            let (x, w, bias) = (numbers(rows * inputs, 1), numbers(classes * inputs, 2), numbers(classes, 3));
            let bias = with_bias.then_some(&bias[..]);
            let targets = targets(rows, classes);
            let answers = Answers { targets: &targets, ignored: IGNORED };
            let (x64, w64) = (wide(&x), wide(&w));
            let logits: Vec<f64> = (0..rows * classes)
                .map(|at| {
                    let (row, class) = (at / classes, at % classes);
                    let dot = |i: usize| x64[row * inputs + i] * w64[class * inputs + i];
                    (0..inputs).map(dot).sum::<f64>() + bias.map_or(0.0, |bias| f64::from(bias[class]))
                })
                .collect();
            let (losses, slopes) = truth(&logits, &targets, classes);
            let share = 0.125;
            let (mut dx, mut dw, mut db) =
                (vec![f32::NAN; x.len()], vec![f32::NAN; w.len()], vec![f32::NAN; classes]);
            let places = Targets { dx: Some(&mut dx), dw: Some(&mut dw), db: Some(&mut db) };
            let trained = fused(
                &x,
                &w,
                bias,
                answers,
                Some(places),
                rows,
                inputs,
                classes,
                share as f32,
                Precision::Float32,
            );
            let evaluated =
                fused(&x, &w, bias, answers, None, rows, inputs, classes, share as f32, Precision::Float32);
            let expected = losses.iter().sum::<f64>();
            assert!((trained - expected).abs() <= 2e-6 * (1.0 + expected), "{trained}, expected {expected}");
            assert!(
                (evaluated - expected).abs() <= 2e-6 * (1.0 + expected),
                "{evaluated}, expected {expected}"
            );
            let slope = |row: usize, class: usize| share * slopes[row * classes + class];
            let at_dx = |at: usize| {
                (0..classes).map(|class| slope(at / inputs, class) * w64[class * inputs + at % inputs]).sum()
            };
            let at_dw = |at: usize| {
                (0..rows).map(|row| slope(row, at / inputs) * x64[row * inputs + at % inputs]).sum()
            };
            let at_db = |class: usize| (0..rows).map(|row| slope(row, class)).sum();
            close(&dx, &(0..x.len()).map(at_dx).collect::<Vec<_>>(), 5e-6);
            close(&dw, &(0..w.len()).map(at_dw).collect::<Vec<_>>(), 5e-6);
            close(&db, &(0..classes).map(at_db).collect::<Vec<_>>(), 5e-6);
        }
    }

    #[test]
    #[should_panic(expected = "target 4: there are 4 classes")]
    fn a_target_that_is_no_class() {
        let answers = Answers { targets: &[0, 4], ignored: IGNORED };
        forward(&[0.0; 8], answers, &mut [0.0; 2], None, 2, 4);
    }
}
