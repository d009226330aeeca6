//! One step of a range of sequences: the gates and their gradients.

use crate::product::{load, store};
use crate::simd::{Simd, math};

/// Rows of an array: address of the first, and stride.
#[derive(Clone, Copy)]
pub struct Rows {
    pub at: *mut f32,
    pub stride: usize,
}

impl Rows {
    /// Element `j` of row `i`.
    ///
    /// # Safety
    /// It is in bounds.
    #[inline(always)]
    unsafe fn row(self, i: usize) -> *mut f32 {
        // SAFETY: guaranteed by the caller.
        unsafe { self.at.add(i * self.stride) }
    }
}

crate::kernel! {
    /// after = tanh(after + projection), or relu; `after` contains the input projection, `projection` [count, hidden] is the state
    /// projection.
    ///
    /// # Safety
    /// All addresses are valid for these sizes, and nothing else accesses the rows that are written.
    pub unsafe fn rnn<S>(count: usize, hidden: usize, projection: *const f32, after: *mut f32, stride: usize, relu: bool) {
        for i in 0..count {
            let (projection, after) = (projection.add(i * hidden), after.add(i * stride));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let sum = S::add(load::<S>(after.add(j), part), load::<S>(projection.add(j), part));
                // the sum is the second argument, so that NaN propagates
                let y = if relu { S::max(S::zero(), sum) } else { math::tanh::<S>(sum) };
                store::<S>(after.add(j), y, part);
                j += S::LANES;
            }
        }
    }
}

crate::kernel! {
    /// The gates and the next state. Rows of `place` contain the input projection [3 · hidden]; with `keep` they receive r,
    /// z, n and the state projection of n. `projection` [count, 3 · hidden] is the state projection, `bias` [hidden] that of n.
    ///
    /// # Safety
    /// As for `rnn`.
    pub unsafe fn gru<S>(
        count: usize, hidden: usize, projection: *const f32, bias: *const f32, place: Rows, keep: bool, before: Rows, after: Rows,
    ) {
        for i in 0..count {
            let (projection, place) = (projection.add(i * 3 * hidden), place.row(i));
            let (before, after) = (before.row(i), after.row(i));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let (at_r, at_z, at_n) = (j, hidden + j, 2 * hidden + j);
                let r = math::sigmoid::<S>(S::add(load::<S>(place.add(at_r), part), load::<S>(projection.add(at_r), part)));
                let z = math::sigmoid::<S>(S::add(load::<S>(place.add(at_z), part), load::<S>(projection.add(at_z), part)));
                let content = S::add(load::<S>(projection.add(at_n), part), load::<S>(bias.add(j), part));
                let n = math::tanh::<S>(S::fma(r, content, load::<S>(place.add(at_n), part)));
                let y = S::fma(z, S::sub(load::<S>(before.add(j), part), n), n);
                if keep {
                    store::<S>(place.add(at_r), r, part);
                    store::<S>(place.add(at_z), z, part);
                    store::<S>(place.add(at_n), n, part);
                    store::<S>(place.add(3 * hidden + j), content, part);
                }
                store::<S>(after.add(j), y, part);
                j += S::LANES;
            }
        }
    }
}

/// Arrays of one backward step, at the first of its sequences.
#[derive(Clone, Copy)]
pub struct Back {
    /// The gradient of the output, or null; with the row stride of the output.
    pub d_output: *const f32,
    /// [count, hidden]: the gradient of the state from later steps; receives the part of the gradient of the state before
    /// that does not pass through the weights.
    pub carried: *mut f32,
    /// The states before the step.
    pub state: Rows,
    /// Receives a copy of them; with the row stride of the output.
    pub before: *mut f32,
    /// Receives the gradients of both projections.
    pub projections: Rows,
}

impl Back {
    /// The total gradient of the state after the step.
    ///
    /// # Safety
    /// `part` elements from element `j` of sequence `i` are in bounds.
    #[inline(always)]
    unsafe fn arriving<S: Simd>(
        &self,
        i: usize,
        j: usize,
        hidden: usize,
        stride: usize,
        part: usize,
    ) -> S::V {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let carried = load::<S>(self.carried.add(i * hidden + j), part);
            if self.d_output.is_null() {
                carried
            } else {
                S::add(load::<S>(self.d_output.add(i * stride + j), part), carried)
            }
        }
    }
}

crate::kernel! {
    /// `after` is the state after the step, with row stride `stride`.
    ///
    /// # Safety
    /// As for `rnn`.
    pub unsafe fn rnn_back<S>(count: usize, hidden: usize, stride: usize, at: Back, after: *const f32, relu: bool) {
        for i in 0..count {
            let (state, before) = (at.state.row(i), at.before.add(i * stride));
            let (after, projections) = (after.add(i * stride), at.projections.row(i));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let y = load::<S>(after.add(j), part);
                let dy = at.arriving::<S>(i, j, hidden, stride, part);
                let d = if relu {
                    S::keep(S::less(S::zero(), y), dy)
                } else {
                    S::mul(dy, S::fnma(y, y, S::splat(1.0)))
                };
                store::<S>(projections.add(j), d, part);
                store::<S>(before.add(j), load::<S>(state.add(j), part), part);
                store::<S>(at.carried.add(i * hidden + j), S::zero(), part);
                j += S::LANES;
            }
        }
    }
}

crate::kernel! {
    /// `kept` has row stride 4 · `stride`; rows of `at.projections` receive [n of the state's, r, z, n of the input's].
    ///
    /// # Safety
    /// As for `rnn`.
    pub unsafe fn gru_back<S>(count: usize, hidden: usize, stride: usize, at: Back, kept: *const f32) {
        let one = S::splat(1.0);
        for i in 0..count {
            let (state, before) = (at.state.row(i), at.before.add(i * stride));
            let (kept, projections) = (kept.add(i * 4 * stride), at.projections.row(i));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let (r, z) = (load::<S>(kept.add(j), part), load::<S>(kept.add(hidden + j), part));
                let n = load::<S>(kept.add(2 * hidden + j), part);
                let content = load::<S>(kept.add(3 * hidden + j), part);
                let h = load::<S>(state.add(j), part);
                let dy = at.arriving::<S>(i, j, hidden, stride, part);
                let rest = S::sub(one, z);
                let dn = S::mul(S::mul(dy, rest), S::fnma(n, n, one));
                let dz = S::mul(S::mul(dy, S::sub(h, n)), S::mul(z, rest));
                let dr = S::mul(S::mul(dn, content), S::mul(r, S::sub(one, r)));
                store::<S>(projections.add(j), S::mul(dn, r), part);
                store::<S>(projections.add(hidden + j), dr, part);
                store::<S>(projections.add(2 * hidden + j), dz, part);
                store::<S>(projections.add(3 * hidden + j), dn, part);
                store::<S>(before.add(j), h, part);
                store::<S>(at.carried.add(i * hidden + j), S::mul(dy, z), part);
                j += S::LANES;
            }
        }
    }
}
