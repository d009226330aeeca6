//! Softmax between the products: scores to weights, and gradients of weights to gradients of scores, row by row.

use super::Attention;
use super::heads::Strip;
use super::tiles::{KEYS, ROWS, STRIDE};
use crate::kernels::threefry::{self, Mask, TILE_COLUMNS};
use crate::simd::Simd;

/// Less than any score, and finite, so that differences are not NaN.
pub const NOTHING: f32 = -1e30;

/// Number of words of the dropout mask of a block: [KEYS / LANES, 4, LANES].
pub const WORDS: usize = KEYS * 4;

/// 2^x for x <= 0, to 2e-7; propagates NaN.
#[inline(always)]
unsafe fn exp2_of_negative<S: Simd>(x: S::V) -> S::V {
    // SAFETY: only arithmetic.
    unsafe {
        let x = S::max(S::splat(-160.0), x);
        let whole = S::round(x);
        let rest = S::sub(x, whole);
        // minimax polynomial of degree 5 on [-1/2, 1/2] with 2^0 = 1
        let mut y = S::splat(1.326_472_7e-3);
        y = S::fma(y, rest, S::splat(9.671_513e-3));
        y = S::fma(y, rest, S::splat(5.550_733_6e-2));
        y = S::fma(y, rest, S::splat(0.240_222_42));
        #[allow(clippy::approx_constant)] // the coefficient is close to ln 2
        let softmax_backward = 0.693_147;
        y = S::fma(y, rest, S::splat(softmax_backward));
        y = S::fma(y, rest, S::splat(1.0));
        S::scale2(y, whole)
    }
}

/// Padding and dropout of a block of queries and keys.
#[derive(Clone, Copy)]
pub struct Hiding<'a> {
    /// [keys, rounded up to vectors], 0 where the key is padding, else 1; null without padding.
    pub visible: *const f32,
    pub dropout: Option<&'a Mask>,
    /// `WORDS` words of the dropout mask.
    pub words: *mut u32,
}

impl Hiding<'_> {
    /// Computes the dropout mask of the first `columns` keys; `tile` is the tile of the first key.
    ///
    /// # Safety
    /// As for `Simd`; `words` has room for `WORDS`, `columns` are at most KEYS.
    #[inline(always)]
    pub unsafe fn draw<S: Simd>(&self, tile: u64, columns: usize) {
        let Some(mask) = self.dropout else { return };
        // SAFETY: guaranteed by the caller.
        unsafe {
            for column in (0..columns).step_by(S::LANES) {
                let tile = tile + (column / TILE_COLUMNS) as u64;
                let words = threefry::words::<S>(mask, tile, column % TILE_COLUMNS);
                for (i, &word) in words.iter().enumerate() {
                    S::store_u(self.words.add(column * 4 + i * S::LANES), word);
                }
            }
        }
    }

    /// `value` in lanes without padding, `otherwise` in the others.
    #[inline(always)]
    unsafe fn seen<S: Simd, const PADDED: bool>(&self, column: usize, value: S::V, otherwise: S::V) -> S::V {
        if !PADDED {
            return value;
        }
        // SAFETY: `visible` is padded to whole vectors.
        unsafe {
            let hidden = S::less(S::load(self.visible.add(column)), S::splat(0.5));
            S::select(hidden, otherwise, value)
        }
    }

    /// `value` in lanes that dropout keeps, 0 in the others.
    #[inline(always)]
    unsafe fn kept<S: Simd, const DROPS: bool>(&self, row: usize, column: usize, value: S::V) -> S::V {
        if !DROPS {
            return value;
        }
        // SAFETY: `words` has been computed up to this column.
        unsafe {
            let word = S::load_u(self.words.add(column * 4 + row / 2 * S::LANES));
            let Some(mask) = self.dropout else { return value };
            S::keep(threefry::kept::<S>(mask, word, row), value)
        }
    }
}

/// The number of visible keys for each of a range of queries.
#[derive(Clone, Copy)]
pub struct Reach {
    /// Number of queries.
    pub rows: usize,
    /// Number of keys of the block visible to the first query; may be negative or exceed `keys`.
    pub first: isize,
    /// Number of additional keys for each further query: 1 or 0.
    pub step: isize,
    /// Number of keys of the block.
    pub keys: usize,
}

impl Reach {
    /// For `rows` queries from `query` and `keys` keys from `key`.
    #[inline(always)]
    pub fn new(attention: &Attention, query: usize, rows: usize, key: usize, keys: usize) -> Self {
        if attention.causal {
            let first = (query + 1 + attention.lead()) as isize - key as isize;
            Self { rows, first, step: 1, keys }
        } else {
            Self { rows, first: keys as isize, step: 0, keys }
        }
    }

    /// Number of visible keys of a query.
    #[inline(always)]
    pub fn of(&self, row: usize) -> usize {
        (self.first + self.step * row as isize).clamp(0, self.keys as isize) as usize
    }

    /// Number of visible keys of the last query.
    #[inline(always)]
    pub fn most(&self) -> usize {
        self.of(self.rows - 1)
    }

    /// Number of columns written: whole vectors, and whole tiles when transposed.
    #[inline(always)]
    pub fn width<S: Simd>(&self) -> usize {
        self.most().next_multiple_of(if S::LANES > ROWS { S::LANES } else { ROWS })
    }
}

/// Running softmax of each query over the keys so far, [ROWS].
#[derive(Clone, Copy)]
pub struct Running {
    /// Maximum score.
    pub largest: *mut f32,
    /// Sum of 2^(score - maximum), before dropout.
    pub sum: *mut f32,
    /// Factor on earlier sums after a change of the maximum.
    pub decay: *mut f32,
}

impl Running {
    /// The values of later queries.
    ///
    /// # Safety
    /// `rows` is in range.
    #[inline(always)]
    pub unsafe fn from(self, row: usize) -> Self {
        // SAFETY: guaranteed by the caller.
        unsafe { Self { largest: self.largest.add(row), sum: self.sum.add(row), decay: self.decay.add(row) } }
    }
}

/// Adds a bias to scores in base 2; column `key` of `bias` is the first.
///
/// # Safety
/// As for `Simd`; scores has `rows` rows with stride STRIDE, and bias has `columns` columns from that key.
#[inline(always)]
pub unsafe fn add_bias<S: Simd>(scores: *mut f32, rows: usize, columns: usize, bias: Strip, key: usize) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let unit = S::splat(std::f32::consts::LOG2_E);
        for row in 0..rows {
            let (scores, bias) = (scores.add(row * STRIDE), bias.row(row).add(key));
            let mut column = 0;
            while column + S::LANES <= columns {
                let sum = S::fma(unit, S::load(bias.add(column)), S::load(scores.add(column)));
                S::store(scores.add(column), sum);
                column += S::LANES;
            }
            if column < columns {
                let part = S::load_part(bias.add(column), columns - column);
                S::store(scores.add(column), S::fma(unit, part, S::load(scores.add(column))));
            }
        }
    }
}

/// Adds the gradients of scores to the gradient of the bias: the backward pass of `add_bias`.
///
/// # Safety
/// As for `add_bias`; nothing else accesses these columns of the bias.
#[inline(always)]
pub unsafe fn add_bias_backward<S: Simd>(
    d_scores: *const f32,
    rows: usize,
    columns: usize,
    d_bias: Strip,
    key: usize,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        for row in 0..rows {
            let (d_scores, to) = (d_scores.add(row * STRIDE), d_bias.row_mut(row).add(key));
            let mut column = 0;
            while column + S::LANES <= columns {
                S::store(to.add(column), S::add(S::load(to.add(column)), S::load(d_scores.add(column))));
                column += S::LANES;
            }
            if column < columns {
                let part = columns - column;
                let sum = S::add(S::load_part(to.add(column), part), S::load(d_scores.add(column)));
                S::store_part(to.add(column), sum, part);
            }
        }
    }
}

/// Replaces scores by unnormalized weights 2^(score - maximum), with dropout but without its factor; updates `running`.
///
/// # Safety
/// As for `Simd`; scores has ROWS rows with stride STRIDE and room for `reach.width` columns.
#[inline(always)]
pub unsafe fn softmax_block<S: Simd, const PADDED: bool, const DROPS: bool>(
    scores: *mut f32,
    reach: Reach,
    hiding: Hiding,
    running: Running,
    fresh: bool,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let width = reach.width::<S>();
        for row in 0..reach.rows {
            let scores = scores.add(row * STRIDE);
            let count = reach.of(row);
            let whole = count / S::LANES * S::LANES;
            let rest = S::first(count - whole);
            let nothing = S::splat(NOTHING);

            let mut largest = nothing;
            for column in (0..whole).step_by(S::LANES) {
                let score = hiding.seen::<S, PADDED>(column, S::load(scores.add(column)), nothing);
                largest = S::max(score, largest);
            }
            if whole < count {
                let score = hiding.seen::<S, PADDED>(whole, S::load(scores.add(whole)), nothing);
                largest = S::max(S::select(rest, score, nothing), largest);
            }
            let mut largest = S::largest(largest);
            if !fresh {
                let before = *running.largest.add(row);
                largest = largest.max(before);
                *running.decay.add(row) = (before - largest).exp2();
            }
            *running.largest.add(row) = largest;

            let shift = S::splat(largest);
            let mut sums = S::zero();
            for column in (0..whole).step_by(S::LANES) {
                let e = exp2_of_negative::<S>(S::sub(S::load(scores.add(column)), shift));
                let e = hiding.seen::<S, PADDED>(column, e, S::zero());
                sums = S::add(sums, e);
                S::store(scores.add(column), hiding.kept::<S, DROPS>(row, column, e));
            }
            let mut column = whole;
            if whole < count {
                let e = exp2_of_negative::<S>(S::sub(S::load(scores.add(whole)), shift));
                let e = S::keep(rest, hiding.seen::<S, PADDED>(whole, e, S::zero()));
                sums = S::add(sums, e);
                S::store(scores.add(whole), hiding.kept::<S, DROPS>(row, whole, e));
                column += S::LANES;
            }
            while column < width {
                S::store(scores.add(column), S::zero());
                column += S::LANES;
            }
            let sum = S::sum(sums);
            let sum = if fresh { sum } else { sum + *running.sum.add(row) * *running.decay.add(row) };
            *running.sum.add(row) = sum;
        }
    }
}

/// In the backward pass: replaces scores by weights (with dropout, without its factor), and products of the output's
/// gradient with the values by gradients of the scores.
///
/// # Safety
/// As for `softmax_block`, for both; `log_sums` and `dots` have `reach.rows` elements.
#[inline(always)]
pub unsafe fn softmax_backward<S: Simd, const PADDED: bool, const DROPS: bool>(
    scores: *mut f32,
    d_scores: *mut f32,
    reach: Reach,
    hiding: Hiding,
    log_sums: *const f32,
    dots: *const f32,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let width = reach.width::<S>();
        for row in 0..reach.rows {
            let (scores, d_scores) = (scores.add(row * STRIDE), d_scores.add(row * STRIDE));
            let (log_sum, dot) = (S::splat(*log_sums.add(row)), S::splat(*dots.add(row)));
            let count = reach.of(row);
            let whole = count / S::LANES * S::LANES;
            for column in (0..whole).step_by(S::LANES) {
                let e = exp2_of_negative::<S>(S::sub(S::load(scores.add(column)), log_sum));
                let e = hiding.seen::<S, PADDED>(column, e, S::zero());
                let d_weight = hiding.kept::<S, DROPS>(row, column, S::load(d_scores.add(column)));
                S::store(scores.add(column), hiding.kept::<S, DROPS>(row, column, e));
                S::store(d_scores.add(column), S::mul(e, S::sub(d_weight, dot)));
            }
            let mut column = whole;
            if whole < count {
                let rest = S::first(count - whole);
                let e = exp2_of_negative::<S>(S::sub(S::load(scores.add(whole)), log_sum));
                let e = S::keep(rest, hiding.seen::<S, PADDED>(whole, e, S::zero()));
                let d_weight = hiding.kept::<S, DROPS>(row, whole, S::load(d_scores.add(whole)));
                S::store(scores.add(whole), hiding.kept::<S, DROPS>(row, whole, e));
                S::store(d_scores.add(whole), S::keep(rest, S::mul(e, S::sub(d_weight, dot))));
                column += S::LANES;
            }
            while column < width {
                S::store(scores.add(column), S::zero());
                S::store(d_scores.add(column), S::zero());
                column += S::LANES;
            }
        }
    }
}
