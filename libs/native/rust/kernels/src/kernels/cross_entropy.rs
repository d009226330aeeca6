//! Cross entropy of logits and class ids, also fused with the output projection: then only a few rows of logits exist at a
//! time, and the gradients are computed in the forward pass.

use crate::buffers::{Shared, floats};
use crate::kernel;
use crate::product::{
    AddBias, GradientOutputs, Matrix, NoEpilogue, OutputGradient, Packed, Precision, gradients, load, pack,
    rows_on_one_thread, store,
};
use crate::simd::{Simd, math};
use crate::threads::{run, split, threads};
use crate::vectors;

/// Number of logits that a thread computes at a time.
const PART: usize = 1 << 15;

/// Class ids, and the id to ignore.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    /// [rows], each a class or `ignored`
    pub targets: &'a [i32],
    pub ignored: i32,
}

impl Labels<'_> {
    fn check(&self, rows: usize, classes: usize) {
        assert!(self.targets.len() >= rows, "{} targets for {rows} rows", self.targets.len());
        let inside = |&target: &i32| target == self.ignored || (target >= 0 && (target as usize) < classes);
        let wrong = self.targets[..rows].iter().find(|target| !inside(target));
        assert!(wrong.is_none(), "target {}: there are {classes} classes", wrong.unwrap_or(&0));
    }

    /// The class of a row, unless ignored.
    #[inline(always)]
    fn of(&self, row: usize) -> Option<usize> {
        let target = self.targets[row];
        (target != self.ignored).then_some(target as usize)
    }
}

/// losses [rows] = log Σ exp(logits) - logits[target], 0 where ignored; `log_sums` [rows], if given, receives the
/// first term. Returns the sum of the losses.
///
/// # Panics
/// When an array has fewer elements, or a target is no class.
pub fn forward(
    logits: &[f32],
    labels: Labels,
    losses: &mut [f32],
    log_sums: Option<&mut [f32]>,
    rows: usize,
    classes: usize,
) -> f64 {
    labels.check(rows, classes);
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
                *to.at(row) = labels.of(row).map_or(0.0, |target| log_sum - *logits.add(target));
                if let Some(sums) = sums {
                    *sums.at(row) = log_sum;
                }
            }
        }
    });
    total(&losses[..rows])
}

/// dx = dy · weight_of_loss · (softmax(logits) - one at the target), 0 in ignored rows; dy [rows], or one number.
///
/// # Panics
/// As `forward`.
pub fn backward(
    logits: &[f32],
    labels: Labels,
    log_sums: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    rows: usize,
    classes: usize,
    weight_of_loss: f32,
) {
    labels.check(rows, classes);
    assert!(logits.len() >= rows * classes && dx.len() >= rows * classes, "fewer than {rows} rows");
    assert!(log_sums.len() >= rows && (dy.len() == 1 || dy.len() >= rows), "fewer than {rows} rows");
    let to = Shared::new(dx);
    let grain = (PART / classes.max(1)).max(1);
    run(rows.div_ceil(grain), |part, _| {
        for row in part * grain..rows.min((part + 1) * grain) {
            // SAFETY: the row is inside, and this part's own; its target is a class.
            unsafe {
                let dx = to.at(row * classes);
                let Some(target) = labels.of(row) else {
                    dx.write_bytes(0, classes);
                    continue;
                };
                let factor = weight_of_loss * if dy.len() == 1 { dy[0] } else { dy[row] };
                spread(logits.as_ptr().add(row * classes), classes, log_sums[row], factor, dx);
                *dx.add(target) -= factor;
            }
        }
    });
}

/// The sum of the losses of logits = x [rows, inputs] · Wᵀ + bias; with `gradients` also the gradients of `weight_of_loss` times
/// that sum. W [classes, inputs], bias [classes].
///
/// # Panics
/// As `forward`.
pub fn fused(
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    labels: Labels,
    targets: Option<GradientOutputs>,
    rows: usize,
    inputs: usize,
    classes: usize,
    weight_of_loss: f32,
    precision: Precision,
) -> f64 {
    labels.check(rows, classes);
    assert!(x.len() >= rows * inputs, "x of {} numbers, expected {rows} rows of {inputs}", x.len());
    assert!(bias.is_none_or(|bias| bias.len() >= classes), "a bias of fewer than {classes} numbers");
    if classes == 0 && inputs == 0 {
        return 0.0; // all rows are ignored
    }
    let packed = pack(Matrix::transposed(w, inputs).with(precision), inputs, classes);
    let mut losses = floats(rows);
    let to = Shared::new(&mut losses);
    let head = Head { x, inputs, classes, packed: &packed, bias, labels, losses: to, weight_of_loss };
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
    labels: Labels<'a>,
    losses: Shared<f32>,
    weight_of_loss: f32,
}

impl Head<'_> {
    /// # Safety
    /// The rows are inside x, and `to` has room for their logits.
    unsafe fn logits(&self, first: usize, count: usize, to: *mut f32, stride: usize) {
        let x = Matrix::rows(self.x, self.inputs);
        // SAFETY: guaranteed by the caller; the bias was checked.
        unsafe {
            match self.bias {
                Some(bias) => {
                    rows_on_one_thread(x, first, count, self.packed, to, stride, false, &AddBias(bias))
                }
                None => rows_on_one_thread(x, first, count, self.packed, to, stride, false, &NoEpilogue),
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
                // SAFETY: each part has its own scratch memory and rows; targets are valid classes.
                unsafe {
                    let logits = scratch.at(part * grain * stride);
                    self.logits(first, count, logits, stride);
                    for i in 0..count {
                        let logits = logits.add(i * stride);
                        let loss = |target| log_sum(logits, self.classes) - *logits.add(target);
                        *self.losses.at(first + i) = self.labels.of(first + i).map_or(0.0, loss);
                    }
                }
            }
        });
    }
}

impl OutputGradient for Head<'_> {
    unsafe fn make(&self, first: usize, count: usize, to: *mut f32, stride: usize) {
        // SAFETY: guaranteed by the caller; targets are classes.
        unsafe {
            self.logits(first, count, to, stride);
            for i in 0..count {
                let row = to.add(i * stride);
                *self.losses.at(first + i) = match self.labels.of(first + i) {
                    Some(target) => gradient(row, self.classes, target, self.weight_of_loss),
                    None => {
                        row.write_bytes(0, self.classes);
                        0.0
                    }
                };
            }
        }
    }
}

/// The maximum of a row; NaN may be ignored, as the exponentials propagate it.
///
/// # Safety
/// As `Simd`; the row is there.
#[inline(always)]
unsafe fn largest<S: Simd>(row: *const f32, length: usize) -> f32 {
    // SAFETY: guaranteed by the caller.
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
    /// Replaces a row of logits by weight_of_loss · (softmax - one at the target), and returns its loss.
    unsafe fn gradient<S>(row: *mut f32, length: usize, target: usize, weight_of_loss: f32) -> f32 {
        let largest = largest::<S>(row, length);
        let of_target = *row.add(target);
        let (shift, mut sum) = (S::splat(largest), S::zero());
        vectors!(S, length, at, count => {
            let e = math::exp::<S>(S::sub(load::<S>(row.add(at), count), shift));
            sum = S::add(sum, S::keep(S::first(count), e));
            store::<S>(row.add(at), e, count);
        });
        let sum = S::sum(sum);
        let factor = S::splat(weight_of_loss / sum);
        vectors!(S, length, at, count => {
            store::<S>(row.add(at), S::mul(load::<S>(row.add(at), count), factor), count);
        });
        *row.add(target) -= weight_of_loss;
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
        let mut gradient = vec![0.0; logits.len()];
        for (row, &target) in targets.iter().enumerate().filter(|&(_, &target)| target != IGNORED) {
            let logits = &logits[row * classes..][..classes];
            let log_sum = logits.iter().map(|z| z.exp()).sum::<f64>().ln();
            losses[row] = log_sum - logits[target as usize];
            for (j, z) in logits.iter().enumerate() {
                gradient[row * classes + j] = (z - log_sum).exp() - f64::from(j == target as usize);
            }
        }
        (losses, gradient)
    }

    fn wide(x: &[f32]) -> Vec<f64> {
        x.iter().map(|&x| f64::from(x)).collect()
    }

    #[test]
    fn from_logits() {
        for (rows, classes) in [(0, 3), (1, 1), (7, 2), (20, 33), (5, 5000), (300, 100)] {
            let logits: Vec<f32> = numbers(rows * classes, 1).iter().map(|z| z * 9.0).collect();
            let targets = targets(rows, classes);
            let labels = Labels { targets: &targets, ignored: IGNORED };
            let (mut losses, mut sums) = (vec![f32::NAN; rows], vec![f32::NAN; rows]);
            let total = forward(&logits, labels, &mut losses, Some(&mut sums), rows, classes);
            let (expected, gradient) = truth(&wide(&logits), &targets, classes);
            close(&losses, &expected, 2e-6);
            assert!((total - expected.iter().sum::<f64>()).abs() <= 1e-6 * (1.0 + total.abs()));
            let mut dx = vec![f32::NAN; logits.len()];
            backward(&logits, labels, &sums, &[0.5], &mut dx, rows, classes, 3.0);
            close(&dx, &gradient.iter().map(|derivative| 1.5 * derivative).collect::<Vec<_>>(), 2e-5);
            let dy = numbers(rows, 3);
            if rows > 1 {
                backward(&logits, labels, &sums, &dy, &mut dx, rows, classes, 1.0);
                let each = gradient
                    .iter()
                    .enumerate()
                    .map(|(at, derivative)| f64::from(dy[at / classes]) * derivative);
                close(&dx, &each.collect::<Vec<_>>(), 2e-5);
            }
        }
    }

    #[test]
    fn huge_and_nan_logits() {
        let mut losses = [0.0; 4];
        let logits = [1000.0, 0.0, -1e30, 3e38, f32::NAN, 0.0, f32::NEG_INFINITY, 1.0];
        let labels = Labels { targets: &[1, 1, 0, 1], ignored: IGNORED };
        forward(&logits, labels, &mut losses, None, 4, 2);
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
            let labels = Labels { targets: &targets, ignored: IGNORED };
            let (x64, w64) = (wide(&x), wide(&w));
            let logits: Vec<f64> = (0..rows * classes)
                .map(|at| {
                    let (row, class) = (at / classes, at % classes);
                    let dot = |i: usize| x64[row * inputs + i] * w64[class * inputs + i];
                    (0..inputs).map(dot).sum::<f64>() + bias.map_or(0.0, |bias| f64::from(bias[class]))
                })
                .collect();
            let (losses, gradient) = truth(&logits, &targets, classes);
            let weight_of_loss = 0.125;
            let (mut dx, mut dw, mut db) =
                (vec![f32::NAN; x.len()], vec![f32::NAN; w.len()], vec![f32::NAN; classes]);
            let places = GradientOutputs { dx: Some(&mut dx), dw: Some(&mut dw), db: Some(&mut db) };
            let trained = fused(
                &x,
                &w,
                bias,
                labels,
                Some(places),
                rows,
                inputs,
                classes,
                weight_of_loss as f32,
                Precision::Float32,
            );
            let evaluated = fused(
                &x,
                &w,
                bias,
                labels,
                None,
                rows,
                inputs,
                classes,
                weight_of_loss as f32,
                Precision::Float32,
            );
            let expected = losses.iter().sum::<f64>();
            assert!((trained - expected).abs() <= 2e-6 * (1.0 + expected), "{trained}, expected {expected}");
            assert!(
                (evaluated - expected).abs() <= 2e-6 * (1.0 + expected),
                "{evaluated}, expected {expected}"
            );
            let derivative = |row: usize, class: usize| weight_of_loss * gradient[row * classes + class];
            let at_dx = |at: usize| {
                (0..classes)
                    .map(|class| derivative(at / inputs, class) * w64[class * inputs + at % inputs])
                    .sum()
            };
            let at_dw = |at: usize| {
                (0..rows).map(|row| derivative(row, at / inputs) * x64[row * inputs + at % inputs]).sum()
            };
            let at_db = |class: usize| (0..rows).map(|row| derivative(row, class)).sum();
            close(&dx, &(0..x.len()).map(at_dx).collect::<Vec<_>>(), 5e-6);
            close(&dw, &(0..w.len()).map(at_dw).collect::<Vec<_>>(), 5e-6);
            close(&db, &(0..classes).map(at_db).collect::<Vec<_>>(), 5e-6);
        }
    }

    #[test]
    #[should_panic(expected = "target 4: there are 4 classes")]
    fn invalid_targets_panic() {
        let labels = Labels { targets: &[0, 4], ignored: IGNORED };
        forward(&[0.0; 8], labels, &mut [0.0; 2], None, 2, 4);
    }
}
