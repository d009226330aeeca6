//! Optimizer steps over all parameters, and the norm of all gradients. The concatenation of all arrays is split into equal
//! parts, so that many small arrays cost no more than a large one.

use crate::buffers::Shared;
use crate::kernel;
use crate::threads::{run, split};
use crate::vectors;

/// Number of elements per part.
const PART: usize = 1 << 14;
/// Maximum number of parts of a norm.
const SUMS: usize = 256;

/// The concatenation of several arrays.
struct Flat {
    /// The start of each array, and the total length.
    starts: Vec<usize>,
}

impl Flat {
    fn new(lengths: impl Iterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        for length in lengths {
            end += length;
            starts.push(end);
        }
        Self { starts }
    }

    fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// The parts of arrays between two positions: array, offset and length.
    fn pieces(&self, first: usize, end: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let at = self.starts.partition_point(|&start| start <= first).saturating_sub(1);
        let places = self.starts.windows(2).enumerate().skip(at);
        places.take_while(move |(_, bounds)| bounds[0] < end).map(move |(array, bounds)| {
            let from = first.max(bounds[0]);
            (array, from - bounds[0], end.min(bounds[1]).saturating_sub(from))
        })
    }
}

/// The sum of the squares of all elements, in double precision and in a fixed order.
pub fn sum_of_squares(arrays: &[&[f32]]) -> f64 {
    let flat = Flat::new(arrays.iter().map(|array| array.len()));
    let parts = flat.len().div_ceil(PART).min(SUMS);
    let mut sums = [0.0f64; SUMS];
    let places = Shared::new(&mut sums);
    run(parts, |part, _| {
        let (first, end) = split(flat.len(), parts, 16, part);
        let mut sum = 0.0;
        for (array, from, count) in flat.pieces(first, end) {
            // SAFETY: only reads a slice.
            sum += unsafe { squares(&arrays[array][from..][..count]) };
        }
        // SAFETY: each part has its own element.
        unsafe { *places.at(part) = sum };
    });
    sums.iter().sum()
}

kernel! {
    #[allow(clippy::extra_unused_type_parameters)] // compiled for each instruction set
    unsafe fn squares<S>(values: &[f32]) -> f64 {
        // Independent sums, which the compiler keeps in vectors of doubles.
        let mut sums = [0.0f64; 32];
        let chunks = values.chunks_exact(32);
        let mut rest = 0.0;
        for &value in chunks.remainder() {
            rest += value as f64 * value as f64;
        }
        for chunk in chunks {
            for (sum, &value) in sums.iter_mut().zip(chunk) {
                *sum += value as f64 * value as f64;
            }
        }
        sums.iter().sum::<f64>() + rest
    }
}

/// What Adam and AdamW use for all parameters.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    pub beta2: f32,
    /// 1 - beta1 and 1 - beta2.
    pub rest1: f32,
    pub rest2: f32,
    pub epsilon: f32,
    /// AdamW: 1 - learningRate · weightDecay, which weights are multiplied with first; Adam: 1.
    pub shrink: f32,
    /// Adam: weightDecay, which times the weight is added to the gradient; AdamW: 0.
    pub l2: f32,
    /// Factor on every gradient.
    pub scale: f32,
}

/// One parameter: its weights and moments, changed in place, and its gradient.
pub struct AdamParameter<'a> {
    pub weights: &'a mut [f32],
    pub gradient: &'a [f32],
    pub first: &'a mut [f32],
    pub second: &'a mut [f32],
    /// learningRate / (1 - beta1^step)
    pub step_size: f32,
    /// 1 / √(1 - beta2^step)
    pub correction: f32,
}

/// One step of Adam or AdamW over all parameters.
pub fn adam(parameters: &mut [AdamParameter], rule: &Adam) {
    let flat = Flat::new(parameters.iter().map(|parameter| parameter.weights.len()));
    for AdamParameter { weights, gradient, first, second, .. } in parameters.iter() {
        let length = weights.len();
        assert!(gradient.len() == length && first.len() == length && second.len() == length);
    }
    let shared: Vec<_> = parameters
        .iter_mut()
        .map(|p| {
            (
                Shared::new(p.weights),
                p.gradient,
                Shared::new(p.first),
                Shared::new(p.second),
                p.step_size,
                p.correction,
            )
        })
        .collect();
    let parts = flat.len().div_ceil(PART);
    run(parts, |part, _| {
        let (start, end) = split(flat.len(), parts, 16, part);
        for (array, from, count) in flat.pieces(start, end) {
            let (weights, gradient, first, second, step_size, correction) = &shared[array];
            // SAFETY: pieces are disjoint, and the lengths are equal.
            unsafe {
                let piece = AdamParameter {
                    weights: weights.part(from, count),
                    gradient: &gradient[from..][..count],
                    first: first.part(from, count),
                    second: second.part(from, count),
                    step_size: *step_size,
                    correction: *correction,
                };
                adam_piece(piece, rule);
            }
        }
    });
}

kernel! {
    unsafe fn adam_piece<S>(piece: AdamParameter, rule: &Adam) {
        let (weights, gradient) = (piece.weights.as_mut_ptr(), piece.gradient.as_ptr());
        let (first, second) = (piece.first.as_mut_ptr(), piece.second.as_mut_ptr());
        let (beta2, rest1, rest2) = (S::splat(rule.beta2), S::splat(rule.rest1), S::splat(rule.rest2));
        let (epsilon, shrink) = (S::splat(rule.epsilon), S::splat(rule.shrink));
        let (l2, scale) = (S::splat(rule.l2), S::splat(rule.scale));
        let (step_size, correction) = (S::splat(piece.step_size), S::splat(piece.correction));
        vectors!(S, piece.weights.len(), at, count => {
            let weight = S::mul(S::load_part(weights.add(at), count), shrink);
            let derivative = S::fma(l2, weight, S::mul(S::load_part(gradient.add(at), count), scale));
            let mean = S::load_part(first.add(at), count);
            let mean = S::fma(S::sub(derivative, mean), rest1, mean);
            let square = S::mul(S::load_part(second.add(at), count), beta2);
            let square = S::fma(S::mul(derivative, derivative), rest2, square);
            let spread = S::fma(S::sqrt(square), correction, epsilon);
            S::store_part(first.add(at), mean, count);
            S::store_part(second.add(at), square, count);
            S::store_part(weights.add(at), S::sub(weight, S::div(S::mul(step_size, mean), spread)), count);
        });
    }
}

/// Settings of SGD.
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    pub learning_rate: f32,
    pub momentum: f32,
    pub weight_decay: f32,
    /// Factor on every gradient.
    pub scale: f32,
}

/// One parameter: weights and velocity, updated in place, and its gradient.
pub struct SgdParameter<'a> {
    pub weights: &'a mut [f32],
    pub gradient: &'a [f32],
    pub velocity: &'a mut [f32],
}

/// One step of stochastic gradient descent over all parameters.
pub fn sgd(parameters: &mut [SgdParameter], rule: &Sgd) {
    let flat = Flat::new(parameters.iter().map(|parameter| parameter.weights.len()));
    for SgdParameter { weights, gradient, velocity } in parameters.iter() {
        assert!(gradient.len() == weights.len() && velocity.len() == weights.len());
    }
    let shared: Vec<_> = parameters
        .iter_mut()
        .map(|p| (Shared::new(p.weights), p.gradient, Shared::new(p.velocity)))
        .collect();
    let parts = flat.len().div_ceil(PART);
    run(parts, |part, _| {
        let (start, end) = split(flat.len(), parts, 16, part);
        for (array, from, count) in flat.pieces(start, end) {
            let (weights, gradient, velocity) = &shared[array];
            // SAFETY: pieces are disjoint, and the lengths are equal.
            unsafe {
                let piece = SgdParameter {
                    weights: weights.part(from, count),
                    gradient: &gradient[from..][..count],
                    velocity: velocity.part(from, count),
                };
                sgd_piece(piece, rule);
            }
        }
    });
}

kernel! {
    unsafe fn sgd_piece<S>(piece: SgdParameter, rule: &Sgd) {
        let (weights, gradient) = (piece.weights.as_mut_ptr(), piece.gradient.as_ptr());
        let velocity = piece.velocity.as_mut_ptr();
        let (rate, momentum) = (S::splat(rule.learning_rate), S::splat(rule.momentum));
        let (decay, scale) = (S::splat(rule.weight_decay), S::splat(rule.scale));
        vectors!(S, piece.weights.len(), at, count => {
            let weight = S::load_part(weights.add(at), count);
            let derivative = S::fma(decay, weight, S::mul(S::load_part(gradient.add(at), count), scale));
            let speed = S::fma(S::load_part(velocity.add(at), count), momentum, derivative);
            S::store_part(velocity.add(at), speed, count);
            S::store_part(weights.add(at), S::fnma(rate, speed, weight), count);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    const LENGTHS: [usize; 9] = [3, 0, 1, 17, 40_000, 0, 5, 70_001, 2];

    fn arrays(seed: u32) -> Vec<Vec<f32>> {
        LENGTHS.iter().enumerate().map(|(i, &length)| numbers(length, seed + i as u32)).collect()
    }

    fn doubles(arrays: &[Vec<f32>]) -> Vec<f64> {
        arrays.concat().into_iter().map(f64::from).collect()
    }

    #[test]
    fn pieces_cover_all_elements_once() {
        let flat = Flat::new(LENGTHS.into_iter());
        for parts in [1, 2, 7, 1000] {
            let mut seen: Vec<usize> = vec![0; LENGTHS.len()];
            for part in 0..parts {
                let (first, end) = split(flat.len(), parts, 16, part);
                let mut total = 0;
                for (array, from, count) in flat.pieces(first, end) {
                    assert!(count == 0 || from == seen[array]);
                    seen[array] += count;
                    total += count;
                }
                assert_eq!(total, end - first);
            }
            assert_eq!(seen, LENGTHS);
        }
        assert_eq!(Flat::new(std::iter::empty()).pieces(0, 0).count(), 0);
    }

    #[test]
    fn squares_are_summed_in_float64() {
        let mut arrays = arrays(1);
        arrays[3][5] = 1e30; // its square overflows float32
        let slices: Vec<&[f32]> = arrays.iter().map(|array| &array[..]).collect();
        let expected: f64 = doubles(&arrays).iter().map(|v| v * v).sum();
        assert!((sum_of_squares(&slices) / expected - 1.0).abs() < 1e-12);
        assert_eq!(sum_of_squares(&[]), 0.0);
        assert!(sum_of_squares(&[&[f32::NAN]]).is_nan());
        let one = sum_of_squares(&slices);
        crate::threads::set_threads(1);
        assert_eq!(sum_of_squares(&slices), one);
        crate::threads::set_threads(2);
    }

    #[test]
    fn adam_matches_double_precision() {
        for (shrink, l2) in [(0.99f32, 0.0f32), (1.0, 0.1)] {
            let (mut weights, gradients) = (arrays(1), arrays(2));
            let (mut first, mut second) = (arrays(3), arrays(4));
            second.iter_mut().flatten().for_each(|v| *v *= *v);
            let before = [doubles(&weights), doubles(&gradients), doubles(&first), doubles(&second)];
            let rule = Adam { beta2: 0.99, rest1: 0.1, rest2: 0.01, epsilon: 1e-8, shrink, l2, scale: 0.5 };
            let mut parameters: Vec<AdamParameter> = Vec::new();
            for (((weights, gradient), first), second) in
                weights.iter_mut().zip(&gradients).zip(&mut first).zip(&mut second)
            {
                let (step_size, correction) = (0.01, 1.5);
                parameters.push(AdamParameter { weights, gradient, first, second, step_size, correction });
            }
            adam(&mut parameters, &rule);
            let mut expected = [Vec::new(), Vec::new(), Vec::new()];
            for i in 0..before[0].len() {
                let weight = before[0][i] * shrink as f64;
                let derivative = before[1][i] * 0.5 + l2 as f64 * weight;
                let mean = before[2][i] * 0.9 + derivative * 0.1;
                let square = before[3][i] * 0.99 + derivative * derivative * 0.01;
                expected[0].push(weight - 0.01 * mean / (square.sqrt() * 1.5 + 1e-8));
                expected[1].push(mean);
                expected[2].push(square);
            }
            for (actual, expected) in [weights, first, second].iter().zip(&expected) {
                close(&actual.concat(), expected, 5e-7);
            }
        }
    }

    #[test]
    fn sgd_matches_double_precision() {
        let (mut weights, gradients, mut velocity) = (arrays(1), arrays(2), arrays(3));
        let before = [doubles(&weights), doubles(&gradients), doubles(&velocity)];
        let mut parameters: Vec<SgdParameter> = weights
            .iter_mut()
            .zip(&gradients)
            .zip(&mut velocity)
            .map(|((weights, gradient), velocity)| SgdParameter { weights, gradient, velocity })
            .collect();
        sgd(&mut parameters, &Sgd { learning_rate: 0.1, momentum: 0.9, weight_decay: 0.2, scale: 0.5 });
        let speed: Vec<f64> = (0..before[0].len())
            .map(|i| before[2][i] * 0.9 + before[1][i] * 0.5 + 0.2 * before[0][i])
            .collect();
        close(&velocity.concat(), &speed, 5e-7);
        let expected: Vec<f64> = before[0].iter().zip(&speed).map(|(w, v)| w - 0.1 * v).collect();
        close(&weights.concat(), &expected, 5e-7);
    }
}
