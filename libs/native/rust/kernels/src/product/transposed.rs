//! C[m, n] = Σ over tokens t of Y[t, m] · X[t, n], that is Yᵀ · X: the gradient of a weight [out, in]. Also the column sums of
//! Y: the gradient of the bias.

use super::epilogue::{load, store};
use super::format::{Format, Precision};
use super::pack::{PANEL_COLUMNS, Workspace, block_depth, column_tile, expect_room};
use super::rows::{balanced, prefetch};
use super::tile::{DEPTH, tiles};
use crate::buffers::{Shared, floats};
use crate::threads::{self, SUM_PARTS};

/// Maximum size of partial sums, in floats; larger results are split by rows instead.
pub(super) const PARTIAL_FLOATS: usize = 1 << 20;

/// C = Yᵀ · X, or += with `accumulate`, over `tokens` rows; Y [tokens, m] with row stride `ldy`, X [tokens, n], C [m, n].
/// `sums` [m] receives the column sums of Y in the same way. Runs on all threads.
///
/// # Panics
/// When an array has fewer elements than these sizes ask for.
pub fn transposed(
    y: &[f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    tokens: usize,
    m: usize,
    n: usize,
    c: &mut [f32],
    ldc: usize,
    accumulate: bool,
    sums: Option<&mut [f32]>,
) {
    transposed_in(y, ldy, x, ldx, tokens, m, n, c, ldc, accumulate, sums, Precision::Float32);
}

/// `transposed` with this precision.
///
/// # Panics
/// As `transposed`.
pub fn transposed_in(
    y: &[f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    tokens: usize,
    m: usize,
    n: usize,
    c: &mut [f32],
    ldc: usize,
    accumulate: bool,
    mut sums: Option<&mut [f32]>,
    precision: Precision,
) {
    expect_room("Y", y.len(), tokens, m, ldy);
    expect_room("X", x.len(), tokens, n, ldx);
    expect_room("a product", c.len(), m, n, ldc);
    if let Some(sums) = &sums {
        assert!(sums.len() >= m, "{} column sums, expected {m}", sums.len());
    }
    if m == 0 || (n == 0 && sums.is_none()) {
        return; // empty result
    }
    let split = Split::of(tokens, m, n);
    let mut partial = floats((split.by_tokens - 1) * (m * n + m));
    let partials = Shared::new(&mut partial);
    let (to, sums_to) = (Shared::new(c), sums.as_deref_mut().map(Shared::new));
    threads::run(split.by_tokens * split.by_rows, |part, _| {
        let (by_tokens, by_rows) = (part % split.by_tokens, part / split.by_tokens);
        let (from, until) = threads::split(tokens, split.by_tokens, 8, by_tokens);
        let (top, bottom) = threads::split(m, split.by_rows, tiles().rows, by_rows);
        // SAFETY: sizes were checked above; parts have disjoint rows of C, or their own partial sums.
        unsafe {
            let (c, ldc, accumulate, sums) = if by_tokens == 0 {
                (to.at(top * ldc), ldc, accumulate, sums_to.map(|sums| sums.at(top)))
            } else {
                let own = (by_tokens - 1) * (m * n + m);
                (partials.at(own + top * n), n, false, sums_to.map(|_| partials.at(own + m * n + top)))
            };
            let (y, x) = (y.as_ptr().add(from * ldy + top), x.as_ptr().add(from * ldx));
            transposed_on_one_thread(
                y,
                ldy,
                x,
                ldx,
                until - from,
                bottom - top,
                n,
                c,
                ldc,
                accumulate,
                sums,
                precision,
            );
        }
    });
    for other in 0..split.by_tokens - 1 {
        let own = &partial[other * (m * n + m)..][..m * n + m];
        add_rows(&own[..m * n], m, n, to, ldc);
        if let Some(sums) = sums.as_deref_mut() {
            for (sum, more) in sums.iter_mut().zip(&own[m * n..]) {
                *sum += more;
            }
        }
    }
}

/// Number of parts of a transposed product: along the tokens while partial sums fit into memory.
struct Split {
    by_tokens: usize,
    by_rows: usize,
}

impl Split {
    fn of(tokens: usize, m: usize, n: usize) -> Self {
        if m * n * tokens < 1 << 15 {
            return Self { by_tokens: 1, by_rows: 1 };
        }
        let fit = 1 + PARTIAL_FLOATS / (m * n + m).max(1);
        let by_tokens = SUM_PARTS.min(tokens.div_ceil(4 * DEPTH)).min(fit).max(1);
        let by_rows = threads::threads().div_ceil(by_tokens).min(m.div_ceil(tiles().rows)).max(1);
        Self { by_tokens, by_rows }
    }
}

/// Adds `from` [m, n] to C.
pub(super) fn add_rows(from: &[f32], m: usize, n: usize, c: Shared<f32>, ldc: usize) {
    let grain = 16384_usize.div_ceil(n.max(1));
    threads::run(m.div_ceil(grain), |part, _| {
        for row in part * grain..m.min((part + 1) * grain) {
            // SAFETY: disjoint rows, in bounds of both.
            unsafe { add_to(from.as_ptr().add(row * n), n, c.at(row * ldc)) };
        }
    });
}

crate::kernel! {
    unsafe fn add_to<S>(from: *const f32, count: usize, to: *mut f32) {
        let mut j = 0;
        while j < count {
            let part = (count - j).min(S::LANES);
            let sum = S::add(load::<S>(to.add(j), part), load::<S>(from.add(j), part));
            store::<S>(to.add(j), sum, part);
            j += S::LANES;
        }
    }
}

/// `transposed` on this thread.
///
/// # Safety
/// Y, X, C and `sums` are valid for these sizes; C and `sums` overlap nothing else and are not accessed elsewhere.
pub unsafe fn transposed_on_one_thread(
    y: *const f32,
    ldy: usize,
    x: *const f32,
    ldx: usize,
    tokens: usize,
    m: usize,
    n: usize,
    c: *mut f32,
    ldc: usize,
    accumulate: bool,
    sums: Option<*mut f32>,
    precision: Precision,
) {
    let format = Format::of(precision);
    let tiles = format.tiles;
    let words = format.words(tokens);
    let block = block_depth(words, DEPTH);
    // SAFETY: guaranteed by the caller: all addresses are inside Y, X, C, `sums` and the workspace, which has room for a block of
    // Y by columns and PANEL_COLUMNS columns of X.
    Workspace::with(|workspace| unsafe {
        let (packed_y, packed_x) = (workspace.a.as_mut_ptr(), workspace.b.as_mut_ptr());
        if let (Some(sums), false) = (sums, accumulate) {
            sums.write_bytes(0, m);
        }
        let mut word = 0;
        loop {
            let depth = block.min(words - word);
            let (t, count_tokens) = format.numbers(word, depth, tokens);
            let next = format.numbers(word + depth, block, tokens);
            let tiles_a_block = m.div_ceil(tiles.rows) * n.div_ceil(tiles.width);
            let mut ahead_y = Lines::new(y.wrapping_add(next.0 * ldy), ldy, next.1, m, tiles_a_block);
            let mut ahead_x = Lines::new(x.wrapping_add(next.0 * ldx), ldx, next.1, n, tiles_a_block);
            for left in (0..n.max(1)).step_by(PANEL_COLUMNS) {
                let right = n.min(left + PANEL_COLUMNS);
                for column in (left..right).step_by(tiles.width) {
                    let columns = tiles.width.min(right - column);
                    let to = packed_x.add((column - left) * depth);
                    (format.copy_panel)(x.add(t * ldx + column), ldx, count_tokens, columns, to, tiles.width);
                }
                for top in (0..m).step_by(tiles.block_rows()) {
                    let count = tiles.block_rows().min(m - top);
                    let tile_rows = balanced(count, tiles.rows);
                    let sums = sums.filter(|_| left == 0).map(|sums| sums.add(top));
                    let own = column_tile(tiles, depth);
                    (format.pack_columns)(
                        y.add(t * ldy + top),
                        ldy,
                        count_tokens,
                        count,
                        tile_rows,
                        packed_y,
                        tiles.rows,
                        own,
                        sums,
                    );
                    for column in (left..right).step_by(tiles.width) {
                        let columns = tiles.width.min(right - column);
                        let of_x = packed_x.add((column - left) * depth);
                        for (at, i) in (0..count).step_by(tile_rows).enumerate() {
                            ahead_y.step();
                            ahead_x.step();
                            let lines = tile_rows.min(count - i);
                            let tile = tiles.of_columns(lines, columns);
                            let c = c.add((top + i) * ldc + column);
                            let of_y = packed_y.add(at * own);
                            tile(depth, of_y, of_x, tiles.width, c, ldc, columns, accumulate || word > 0);
                        }
                    }
                }
            }
            word += depth;
            if word >= words {
                break;
            }
        }
    });
}

/// Prefetches the cache lines of the next block in steps.
struct Lines {
    from: *const f32,
    stride: usize,
    per_row: usize,
    left: usize,
    per_step: usize,
    line: usize,
}

impl Lines {
    #[inline(always)]
    fn new(from: *const f32, stride: usize, rows: usize, columns: usize, steps: usize) -> Self {
        let per_row = columns.div_ceil(16);
        let left = rows * per_row;
        Self { from, stride, per_row, left, per_step: left.div_ceil(steps.max(1)), line: 0 }
    }

    #[inline(always)]
    fn step(&mut self) {
        for _ in 0..self.per_step.min(self.left) {
            prefetch(self.from.wrapping_add(self.line * 16));
            self.line += 1;
            self.left -= 1;
            if self.line == self.per_row {
                self.line = 0;
                self.from = self.from.wrapping_add(self.stride);
            }
        }
    }
}
