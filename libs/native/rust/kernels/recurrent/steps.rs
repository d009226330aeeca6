//! One step of some sequences, vector by vector: the gates and their gradients.

use crate::product::{load, store};
use crate::simd::{Simd, math};

/// Rows of an array: where the first is, and how far they are apart.
#[derive(Clone, Copy)]
pub struct Rows {
    pub at: *mut f32,
    pub stride: usize,
}

impl Rows {
    /// Place `j` of row `i`.
    ///
    /// # Safety
    /// It is inside the array.
    #[inline(always)]
    unsafe fn row(self, i: usize) -> *mut f32 {
        // SAFETY: promised by the caller.
        unsafe { self.at.add(i * self.stride) }
    }
}

crate::kernel! {
    /// after = tanh(after + share), or relu: `after` holds the input's share. `share` is [count, hidden].
    ///
    /// # Safety
    /// All of those places are there, and nobody else uses the rows that are written.
    pub unsafe fn rnn<S>(count: usize, hidden: usize, share: *const f32, after: *mut f32, stride: usize, relu: bool) {
        for i in 0..count {
            let (share, after) = (share.add(i * hidden), after.add(i * stride));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let sum = S::add(load::<S>(after.add(j), part), load::<S>(share.add(j), part));
                // max with the sum last, so that NaN stays
                let y = if relu { S::max(S::zero(), sum) } else { math::tanh::<S>(sum) };
                store::<S>(after.add(j), y, part);
                j += S::LANES;
            }
        }
    }
}

crate::kernel! {
    /// The gates and the state after. Rows of `place` hold the input's share [3 · hidden] and get r, z, n, and with
    /// `keep` the state's share of n as well, where it is not kept nothing is written. `share` is [count, 3 · hidden],
    /// `bias` [hidden], for the state's share of n.
    ///
    /// # Safety
    /// As of `rnn`.
    pub unsafe fn gru<S>(
        count: usize, hidden: usize, share: *const f32, bias: *const f32, place: Rows, keep: bool, before: Rows, after: Rows,
    ) {
        for i in 0..count {
            let (share, place) = (share.add(i * 3 * hidden), place.row(i));
            let (before, after) = (before.row(i), after.row(i));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let (at_r, at_z, at_n) = (j, hidden + j, 2 * hidden + j);
                let r = math::sigmoid::<S>(S::add(load::<S>(place.add(at_r), part), load::<S>(share.add(at_r), part)));
                let z = math::sigmoid::<S>(S::add(load::<S>(place.add(at_z), part), load::<S>(share.add(at_z), part)));
                let content = S::add(load::<S>(share.add(at_n), part), load::<S>(bias.add(j), part));
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

/// What one step back reads and writes, for the first of its sequences.
#[derive(Clone, Copy)]
pub struct Back {
    /// The gradient of the output, null where there is none; rows as far apart as those of the output.
    pub d_output: *const f32,
    /// The gradient of the state that comes from the steps behind, [count, hidden]; gets what reaches the state
    /// before without the weights.
    pub carried: *mut f32,
    /// The states before the step.
    pub state: Rows,
    /// Where they are copied to; rows as far apart as those of the output.
    pub before: *mut f32,
    /// Gets the gradients of both shares.
    pub shares: Rows,
}

impl Back {
    /// The whole gradient of the state after the step.
    ///
    /// # Safety
    /// `part` numbers are there at place `j` of sequence `i`.
    #[inline(always)]
    unsafe fn arriving<S: Simd>(&self, i: usize, j: usize, hidden: usize, apart: usize, part: usize) -> S::V {
        // SAFETY: promised by the caller.
        unsafe {
            let carried = load::<S>(self.carried.add(i * hidden + j), part);
            if self.d_output.is_null() {
                carried
            } else {
                S::add(load::<S>(self.d_output.add(i * apart + j), part), carried)
            }
        }
    }
}

crate::kernel! {
    /// `after` is the state after the step; rows of it are `apart` floats apart.
    ///
    /// # Safety
    /// As of `rnn`.
    pub unsafe fn rnn_back<S>(count: usize, hidden: usize, apart: usize, at: Back, after: *const f32, relu: bool) {
        for i in 0..count {
            let (state, before) = (at.state.row(i), at.before.add(i * apart));
            let (after, shares) = (after.add(i * apart), at.shares.row(i));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let y = load::<S>(after.add(j), part);
                let dy = at.arriving::<S>(i, j, hidden, apart, part);
                let d = if relu {
                    S::keep(S::less(S::zero(), y), dy)
                } else {
                    S::mul(dy, S::fnma(y, y, S::splat(1.0)))
                };
                store::<S>(shares.add(j), d, part);
                store::<S>(before.add(j), load::<S>(state.add(j), part), part);
                store::<S>(at.carried.add(i * hidden + j), S::zero(), part);
                j += S::LANES;
            }
        }
    }
}

crate::kernel! {
    /// Rows of `kept` are 4 · `apart` floats apart; those of `at.shares` get [n of the state's share, r, z, n of the
    /// input's].
    ///
    /// # Safety
    /// As of `rnn`.
    pub unsafe fn gru_back<S>(count: usize, hidden: usize, apart: usize, at: Back, kept: *const f32) {
        let one = S::splat(1.0);
        for i in 0..count {
            let (state, before) = (at.state.row(i), at.before.add(i * apart));
            let (kept, shares) = (kept.add(i * 4 * apart), at.shares.row(i));
            let mut j = 0;
            while j < hidden {
                let part = (hidden - j).min(S::LANES);
                let (r, z) = (load::<S>(kept.add(j), part), load::<S>(kept.add(hidden + j), part));
                let n = load::<S>(kept.add(2 * hidden + j), part);
                let content = load::<S>(kept.add(3 * hidden + j), part);
                let h = load::<S>(state.add(j), part);
                let dy = at.arriving::<S>(i, j, hidden, apart, part);
                let rest = S::sub(one, z);
                let dn = S::mul(S::mul(dy, rest), S::fnma(n, n, one));
                let dz = S::mul(S::mul(dy, S::sub(h, n)), S::mul(z, rest));
                let dr = S::mul(S::mul(dn, content), S::mul(r, S::sub(one, r)));
                store::<S>(shares.add(j), S::mul(dn, r), part);
                store::<S>(shares.add(hidden + j), dr, part);
                store::<S>(shares.add(2 * hidden + j), dz, part);
                store::<S>(shares.add(3 * hidden + j), dn, part);
                store::<S>(before.add(j), h, part);
                store::<S>(at.carried.add(i * hidden + j), S::mul(dy, z), part);
                j += S::LANES;
            }
        }
    }
}
