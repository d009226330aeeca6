//! Between the products: scores become weights, and the gradients of weights those of scores, a row at a time.

use super::Attention;
use super::heads::Strip;
use super::tiles::{KEYS, ROWS, STRIDE};
use crate::kernels::threefry::{self, Mask, TILE_COLUMNS};
use crate::simd::Simd;

/// Less than any score, and finite, so that differences of it are numbers.
pub const NOTHING: f32 = -1e30;

/// Words of dropout for a block of queries and keys: [KEYS / LANES, 4, LANES].
pub const WORDS: usize = KEYS * 4;

/// 2^x for x <= 0, to 2e-7; 0 far below. NaN stays NaN.
#[inline(always)]
unsafe fn exp2_of_negative<S: Simd>(x: S::V) -> S::V {
    // SAFETY: only arithmetic.
    unsafe {
        let x = S::max(S::splat(-160.0), x);
        let whole = S::round(x);
        let rest = S::sub(x, whole);
        // least relative error for degree 5 on [-1/2, 1/2] with 2^0 = 1
        let mut y = S::splat(1.326_472_7e-3);
        y = S::fma(y, rest, S::splat(9.671_513e-3));
        y = S::fma(y, rest, S::splat(5.550_733_6e-2));
        y = S::fma(y, rest, S::splat(0.240_222_42));
        #[allow(clippy::approx_constant)] // the fit has not quite ln 2
        let slope = 0.693_147;
        y = S::fma(y, rest, S::splat(slope));
        y = S::fma(y, rest, S::splat(1.0));
        S::scale2(y, whole)
    }
}

/// What hides weights of a block of queries and keys besides their order.
#[derive(Clone, Copy)]
pub struct Hiding<'a> {
    /// [keys, up to whole vectors], 0 where the key is padding, else 1; null without padding.
    pub visible: *const f32,
    pub dropout: Option<&'a Mask>,
    /// `WORDS` of dropout for these queries and keys.
    pub words: *mut u32,
}

impl Hiding<'_> {
    /// Computes the words of dropout for the first `columns` keys; `tile` is that of the first key.
    ///
    /// # Safety
    /// As for `Simd`; `words` has room for `WORDS`, `columns` are at most KEYS.
    #[inline(always)]
    pub unsafe fn draw<S: Simd>(&self, tile: u64, columns: usize) {
        let Some(mask) = self.dropout else { return };
        // SAFETY: the caller's promise.
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

    /// Weights at a column that padding leaves.
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

    /// Values at a row and column that dropout leaves.
    #[inline(always)]
    unsafe fn kept<S: Simd, const DROPS: bool>(&self, row: usize, column: usize, value: S::V) -> S::V {
        if !DROPS {
            return value;
        }
        // SAFETY: `words` has been drawn up to this column.
        unsafe {
            let word = S::load_u(self.words.add(column * 4 + row / 2 * S::LANES));
            let Some(mask) = self.dropout else { return value };
            S::keep(threefry::kept::<S>(mask, word, row), value)
        }
    }
}

/// Some queries, and the keys each of them sees.
#[derive(Clone, Copy)]
pub struct Reach {
    /// How many queries.
    pub rows: usize,
    /// Keys of the block that the first query sees; it may be less than none, and more than all.
    pub first: isize,
    /// How many more each further query sees: 1 or 0.
    pub step: isize,
    /// Keys of the block.
    pub keys: usize,
}

impl Reach {
    /// Queries from `query`, of which `rows` are looked at, and `keys` keys from `key`.
    #[inline(always)]
    pub fn new(attention: &Attention, query: usize, rows: usize, key: usize, keys: usize) -> Self {
        if attention.causal {
            let first = (query + 1 + attention.lead()) as isize - key as isize;
            Self { rows, first, step: 1, keys }
        } else {
            Self { rows, first: keys as isize, step: 0, keys }
        }
    }

    /// Keys that a query sees: the first so many.
    #[inline(always)]
    pub fn of(&self, row: usize) -> usize {
        (self.first + self.step * row as isize).clamp(0, self.keys as isize) as usize
    }

    /// Keys that the last query sees.
    #[inline(always)]
    pub fn most(&self) -> usize {
        self.of(self.rows - 1)
    }

    /// Columns that are written: whole vectors, and whole rows of tiles when turned.
    #[inline(always)]
    pub fn width<S: Simd>(&self) -> usize {
        self.most().next_multiple_of(if S::LANES > ROWS { S::LANES } else { ROWS })
    }
}

/// What is known of each query after the keys so far, [ROWS].
#[derive(Clone, Copy)]
pub struct Running {
    /// Largest score.
    pub largest: *mut f32,
    /// Sum of 2^(score - largest), before dropout.
    pub sum: *mut f32,
    /// What earlier sums are to be multiplied with, now that the largest score is another.
    pub decay: *mut f32,
}

impl Running {
    /// That of later queries.
    ///
    /// # Safety
    /// There are so many.
    #[inline(always)]
    pub unsafe fn from(self, row: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self { largest: self.largest.add(row), sum: self.sum.add(row), decay: self.decay.add(row) } }
    }
}

/// Adds a bias to scores, which are in units of log 2; `bias` has the same rows, and its column `key` is the first.
///
/// # Safety
/// As for `Simd`; scores has so many rows, STRIDE apart, and bias as many with `columns` columns from that key.
#[inline(always)]
pub unsafe fn lean<S: Simd>(scores: *mut f32, rows: usize, columns: usize, bias: Strip, key: usize) {
    // SAFETY: the caller's promise.
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

/// Adds the gradients of scores to those of a bias: the way back of `lean`.
///
/// # Safety
/// As for `lean`; nobody else uses these columns of the bias.
#[inline(always)]
pub unsafe fn add_slopes<S: Simd>(
    slopes: *const f32,
    rows: usize,
    columns: usize,
    d_bias: Strip,
    key: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for row in 0..rows {
            let (slopes, to) = (slopes.add(row * STRIDE), d_bias.row_mut(row).add(key));
            let mut column = 0;
            while column + S::LANES <= columns {
                S::store(to.add(column), S::add(S::load(to.add(column)), S::load(slopes.add(column))));
                column += S::LANES;
            }
            if column < columns {
                let part = columns - column;
                let sum = S::add(S::load_part(to.add(column), part), S::load(slopes.add(column)));
                S::store_part(to.add(column), sum, part);
            }
        }
    }
}

/// Scores to weights times 2^-largest, with dropout but without its factor; brings `running` up to date.
///
/// # Safety
/// As for `Simd`; scores has ROWS rows, STRIDE apart, with room for `reach.width` numbers.
#[inline(always)]
pub unsafe fn weigh<S: Simd, const PADDED: bool, const DROPS: bool>(
    scores: *mut f32,
    reach: Reach,
    hiding: Hiding,
    running: Running,
    fresh: bool,
) {
    // SAFETY: the caller's promise.
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

/// In the gradient: scores to weights (with dropout, without its factor), and the products of the output's gradient
/// with the values to gradients of the scores.
///
/// # Safety
/// As for `weigh`, for both; `log_sums` and `dots` have `reach.rows` numbers.
#[inline(always)]
pub unsafe fn slope<S: Simd, const PADDED: bool, const DROPS: bool>(
    scores: *mut f32,
    slopes: *mut f32,
    reach: Reach,
    hiding: Hiding,
    log_sums: *const f32,
    dots: *const f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let width = reach.width::<S>();
        for row in 0..reach.rows {
            let (scores, slopes) = (scores.add(row * STRIDE), slopes.add(row * STRIDE));
            let (log_sum, dot) = (S::splat(*log_sums.add(row)), S::splat(*dots.add(row)));
            let count = reach.of(row);
            let whole = count / S::LANES * S::LANES;
            for column in (0..whole).step_by(S::LANES) {
                let e = exp2_of_negative::<S>(S::sub(S::load(scores.add(column)), log_sum));
                let e = hiding.seen::<S, PADDED>(column, e, S::zero());
                let above = hiding.kept::<S, DROPS>(row, column, S::load(slopes.add(column)));
                S::store(scores.add(column), hiding.kept::<S, DROPS>(row, column, e));
                S::store(slopes.add(column), S::mul(e, S::sub(above, dot)));
            }
            let mut column = whole;
            if whole < count {
                let rest = S::first(count - whole);
                let e = exp2_of_negative::<S>(S::sub(S::load(scores.add(whole)), log_sum));
                let e = S::keep(rest, hiding.seen::<S, PADDED>(whole, e, S::zero()));
                let above = hiding.kept::<S, DROPS>(row, whole, S::load(slopes.add(whole)));
                S::store(scores.add(whole), hiding.kept::<S, DROPS>(row, whole, e));
                S::store(slopes.add(whole), S::keep(rest, S::mul(e, S::sub(above, dot))));
                column += S::LANES;
            }
            while column < width {
                S::store(scores.add(column), S::zero());
                S::store(slopes.add(column), S::zero());
                column += S::LANES;
            }
        }
    }
}
