//! C = A · B over rows of A: each block of rows is packed once and multiplied by all panels of B.

use super::epilogue::{Epilogue, finish_block};
use super::format::Format;
use super::pack::{
    Element, Matrix, PANEL_COLUMNS, Packed, Workspace, block_depth, expect_room, pack, pack_panel, pack_rows,
};
use super::tile::{DEPTH, ROW_STRIDE, Tiles, tiles};
use crate::buffers::Shared;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::simd::Simd;
use crate::threads;

/// C[rows, columns of B] = epilogue(A · B), or epilogue(C + A · B) with `accumulate`; C has row stride `ldc`.
/// Runs on all threads; results do not depend on their number.
///
/// # Panics
/// When a matrix has fewer elements than these sizes ask for.
pub fn rows<E: Epilogue>(
    a: Matrix,
    rows: usize,
    b: &Packed,
    c: &mut [f32],
    ldc: usize,
    accumulate: bool,
    epilogue: &E,
) {
    a.check(rows, b.depth);
    expect_room("a product", c.len(), rows, b.columns, ldc);
    epilogue.check(rows, b.columns);
    if b.columns == 0 {
        return; // empty rows
    }
    let c = Shared::new(c);
    let grain = rows_of_a_part(rows, tiles());
    threads::run(rows.div_ceil(grain), |part, _| {
        let first = part * grain;
        let count = grain.min(rows - first);
        // SAFETY: sizes were checked above; parts have disjoint rows of C.
        unsafe { rows_on_one_thread(a, first, count, b, c.at(first * ldc), ldc, accumulate, epilogue) }
    });
}

/// C = epilogue(A · B) with an unpacked B. If A has few rows, B is packed panel by panel and the columns are split over the
/// threads; otherwise as `pack` and `rows`.
///
/// # Panics
/// As `rows`.
pub fn product<N: Element, E: Epilogue>(
    a: Matrix,
    rows: usize,
    depth: usize,
    b: Matrix<N>,
    columns: usize,
    c: &mut [f32],
    ldc: usize,
    accumulate: bool,
    epilogue: &E,
) {
    let tiles = tiles();
    if rows >= 4 * tiles.block_rows() || columns < 2 * tiles.width {
        return self::rows(a, rows, &pack(b, depth, columns), c, ldc, accumulate, epilogue);
    }
    a.check(rows, depth);
    b.check(depth, columns);
    expect_room("a product", c.len(), rows, columns, ldc);
    epilogue.check(rows, columns);
    let c = Shared::new(c);
    let panels = columns.div_ceil(tiles.width);
    let grain = panels.div_ceil(4 * threads::threads()).clamp(1, PANEL_COLUMNS / tiles.width);
    threads::run(panels.div_ceil(grain), |part, _| {
        let first = part * grain * tiles.width;
        let end = columns.min(first + grain * tiles.width);
        // SAFETY: sizes were checked above; parts have disjoint columns of C.
        unsafe { columns_on_one_thread(a, rows, depth, b, first, end, c, ldc, accumulate, epilogue) }
    });
}

/// Number of columns to which the epilogue is applied at a time, while they are in cache.
const FINISHED_COLUMNS: usize = 512;

/// Number of rows of a part: whole blocks if there are many, so that each thread gets several parts.
fn rows_of_a_part(rows: usize, tiles: &Tiles) -> usize {
    let block = tiles.block_rows();
    let parts = 8 * threads::threads();
    let wanted = rows.div_ceil(parts).max(1);
    match wanted / block {
        0 => wanted.next_multiple_of(tiles.rows).min(block),
        blocks => blocks.min(4) * block,
    }
}

/// `rows` rows of A from `first` on this thread; `c` is the address of the first result. The epilogue gets row indices of A.
///
/// # Safety
/// The rows of A are valid, C has room for the result, does not overlap A and B and is not accessed elsewhere, and the
/// epilogue may be called for all of it.
pub unsafe fn rows_on_one_thread<E: Epilogue>(
    a: Matrix,
    first: usize,
    rows: usize,
    b: &Packed,
    c: *mut f32,
    ldc: usize,
    accumulate: bool,
    epilogue: &E,
) {
    let format = &b.format;
    let tiles = format.tiles;
    let words = format.words(b.depth);
    let panels = b.columns.div_ceil(tiles.width);
    Workspace::with(|workspace| {
        let packed_a = workspace.a.as_mut_ptr();
        let mut row = 0;
        while row < rows {
            let count = tiles.block_rows().min(rows - row);
            let tile_rows = balanced(count, tiles.rows);
            let mut k = 0;
            loop {
                let depth = b.block.min(words - k);
                let last = k + depth >= words;
                // SAFETY: the block is inside A; the workspace has room for it.
                unsafe {
                    pack_rows(format, a, first + row, count, format.numbers(k, depth, b.depth), packed_a)
                };
                let next = if last { (row + count, 0) } else { (row, k + depth) };
                let calls = panels * count.div_ceil(tile_rows);
                let next_rows = tiles.block_rows().min(rows.saturating_sub(next.0));
                let (next_k, next_depth) = format.numbers(next.1, b.block, b.depth);
                let mut ahead = Prefetch::new(a, first + next.0, next_k, next_rows, next_depth, calls);
                let mut finished = 0;
                for panel in 0..panels {
                    let column = panel * tiles.width;
                    let columns = tiles.width.min(b.columns - column);
                    // SAFETY: the panel is one of B's.
                    let of_b = unsafe { b.panel(k, depth, panel) };
                    let mut i = 0;
                    while i < count {
                        let lines = tile_rows.min(count - i);
                        ahead.step();
                        // SAFETY: the tile's rows are in the packed block, its panel is in B, its result is in C; the caller
                        // guarantees C and the epilogue's requirements.
                        unsafe {
                            let c = c.add((row + i) * ldc + column);
                            let tile = tiles.of_rows(lines, columns);
                            let from = packed_a.add(i * ROW_STRIDE);
                            tile(depth, from, of_b, tiles.width, c, ldc, columns, accumulate || k > 0);
                        }
                        i += lines;
                    }
                    let ready = column + columns;
                    if last && !E::NOTHING && (ready - finished >= FINISHED_COLUMNS || ready == b.columns) {
                        // SAFETY: as above.
                        unsafe {
                            let c = c.add(row * ldc + finished);
                            finish_block(epilogue, c, ldc, first + row, count, finished, ready - finished);
                        }
                        finished = ready;
                    }
                }
                k += depth;
                if last {
                    break;
                }
            }
            row += count;
        }
    });
}

/// Columns `first` to `end` of the product, all rows, on this thread. Packs B.
///
/// # Safety
/// As `rows_on_one_thread`; `first` is at the start of a panel, and at most PANEL_COLUMNS are asked for.
unsafe fn columns_on_one_thread<N: Element, E: Epilogue>(
    a: Matrix,
    rows: usize,
    depth: usize,
    b: Matrix<N>,
    first: usize,
    end: usize,
    c: Shared<f32>,
    ldc: usize,
    accumulate: bool,
    epilogue: &E,
) {
    let format = &Format::of(b.precision);
    let tiles = format.tiles;
    let words = format.words(depth);
    let block = block_depth(words, DEPTH);
    Workspace::with(|workspace| {
        let (packed_a, packed_b) = (workspace.a.as_mut_ptr(), workspace.b.as_mut_ptr());
        let mut k = 0;
        loop {
            let here = block.min(words - k);
            let last = k + here >= words;
            let numbers = format.numbers(k, here, depth);
            for column in (first..end).step_by(tiles.width) {
                // SAFETY: at most PANEL_COLUMNS columns of at most DEPTH rows are packed, for which there is room.
                unsafe {
                    let to = packed_b.add((column - first) * here);
                    pack_panel(format, b, numbers, column, end, to);
                }
            }
            let mut row = 0;
            while row < rows {
                let count = tiles.block_rows().min(rows - row);
                let tile_rows = balanced(count, tiles.rows);
                // SAFETY: the block is inside A; the workspace has room for it.
                unsafe { pack_rows(format, a, row, count, numbers, packed_a) };
                for column in (first..end).step_by(tiles.width) {
                    let columns = tiles.width.min(end - column);
                    for i in (0..count).step_by(tile_rows) {
                        let lines = tile_rows.min(count - i);
                        // SAFETY: as in `rows_on_one_thread`; the panel was packed above.
                        unsafe {
                            let of_b = packed_b.add((column - first) * here);
                            let c = c.at((row + i) * ldc + column);
                            let tile = tiles.of_rows(lines, columns);
                            let from = packed_a.add(i * ROW_STRIDE);
                            tile(here, from, of_b, tiles.width, c, ldc, columns, accumulate || k > 0);
                            if last && !E::NOTHING {
                                finish_block(epilogue, c, ldc, row + i, lines, column, columns);
                            }
                        }
                    }
                }
                row += count;
            }
            k += here;
            if last {
                break;
            }
        }
    });
}

/// Number of rows of a tile that splits `count` rows nearly equally.
#[inline(always)]
pub(super) fn balanced(count: usize, most: usize) -> usize {
    count.div_ceil(count.div_ceil(most).max(1)).max(1)
}

/// Prefetches the next block of A, a few cache lines per tile.
struct Prefetch {
    from: *const f32,
    stride: usize,
    lines: usize,
    rows: usize,
    per_step: usize,
    row: usize,
    line: usize,
}

const LINE: usize = 16;

impl Prefetch {
    #[inline(always)]
    fn new(a: Matrix, row: usize, k: usize, rows: usize, depth: usize, steps: usize) -> Self {
        // A transposed matrix is read in rows as long as the block is high.
        let (rows, depth) =
            if a.transposed { (if rows == 0 { 0 } else { depth }, rows) } else { (rows, depth) };
        let lines = depth.div_ceil(LINE);
        let per_step = (rows * lines).div_ceil(steps.max(1));
        Self { from: a.at(row, k), stride: a.stride, lines, rows, per_step, row: 0, line: 0 }
    }

    #[inline(always)]
    fn step(&mut self) {
        for _ in 0..self.per_step {
            if self.row >= self.rows {
                return;
            }
            let address = self.from.wrapping_add(self.row * self.stride + self.line * LINE);
            prefetch(address);
            self.line += 1;
            if self.line >= self.lines {
                self.line = 0;
                self.row += 1;
            }
        }
    }
}

/// Prefetches a cache line into the second-level cache.
#[inline(always)]
pub(super) fn prefetch(address: *const f32) {
    // SAFETY: the address need not be valid; the instruction is part of every x86-64 processor.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        crate::simd::avx2::Avx2::prefetch(address)
    };
    // SAFETY: as above, of every aarch64 processor.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        crate::simd::neon::Neon::prefetch(address)
    };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}
