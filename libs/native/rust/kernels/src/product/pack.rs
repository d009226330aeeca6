//! Packing of matrices for the tiles.

use super::epilogue::load;
use super::format::{Format, Pack, Precision};
use super::tile::{DEPTH, ROW_STRIDE, Tiles, tiles};
use crate::buffers::{Buffer, Shared, floats};
use crate::simd::{Bf16, Number};
use crate::threads;
use std::cell::Cell;

/// A matrix in memory: element (i, j) is at `data[i · stride + j]`, or transposed at `data[j · stride + i]`. A bf16 matrix is
/// always transposed: it is the weight of x · Wᵀ.
#[derive(Clone, Copy)]
pub struct Matrix<'a, N = f32> {
    pub data: &'a [N],
    pub stride: usize,
    pub transposed: bool,
    /// Precision of a product with this matrix as B.
    pub precision: Precision,
}

impl<'a> Matrix<'a> {
    /// A matrix with row stride `stride`.
    pub fn rows(data: &'a [f32], stride: usize) -> Self {
        Self { data, stride, transposed: false, precision: Precision::Float32 }
    }
}

impl<'a, N: Element> Matrix<'a, N> {
    /// The transpose of the matrix in memory, such as a weight [out, in] in x · Wᵀ.
    pub fn transposed(data: &'a [N], stride: usize) -> Self {
        Self { data, stride, transposed: true, precision: Precision::Float32 }
    }

    /// The same matrix with this precision.
    pub fn with(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Panics unless it has `rows` × `columns` elements.
    pub fn check(&self, rows: usize, columns: usize) {
        let (outer, inner) = if self.transposed { (columns, rows) } else { (rows, columns) };
        expect_room("a matrix", self.data.len(), outer, inner, self.stride);
    }

    /// Address of element (i, j).
    #[inline(always)]
    pub(super) fn at(&self, i: usize, j: usize) -> *const N {
        let offset = if self.transposed { j * self.stride + i } else { i * self.stride + j };
        self.data.as_ptr().wrapping_add(offset)
    }
}

/// Element types of B.
pub trait Element: Number {
    /// The function that packs a panel.
    #[doc(hidden)]
    fn pack_panel(format: &Format, transposed: bool) -> Pack<Self>;
}

impl Element for f32 {
    fn pack_panel(format: &Format, transposed: bool) -> Pack {
        if transposed { format.transpose_panel } else { format.copy_panel }
    }
}

impl Element for Bf16 {
    fn pack_panel(format: &Format, _turned: bool) -> Pack<Bf16> {
        format.transpose_bf16_panel // bf16 matrices are always transposed
    }
}

/// Panics unless `outer` rows of `inner` numbers with stride `stride` fit into `length` without overlap.
pub(super) fn expect_room(name: &str, length: usize, outer: usize, inner: usize, stride: usize) {
    if outer == 0 || inner == 0 {
        return;
    }
    let needed = (outer - 1).checked_mul(stride).and_then(|n| n.checked_add(inner));
    assert!(
        needed.is_some_and(|needed| needed <= length) && (outer == 1 || stride >= inner),
        "{name} of {length} numbers, expected {outer} rows of {inner}, {stride} apart"
    );
}

/// A packed matrix B [depth, columns]: for each block of depth, for each panel of columns, word by word.
pub struct Packed {
    pub(super) buffer: Buffer,
    pub(super) format: Format,
    pub(super) depth: usize,
    pub(super) columns: usize,
    /// Number of words of a block of depth; the last may have fewer.
    pub(super) block: usize,
}

impl Packed {
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Panel number `panel` in the block of `words` words from word `k` on.
    #[inline(always)]
    pub(super) unsafe fn panel(&self, k: usize, words: usize, panel: usize) -> *const f32 {
        let width = self.format.tiles.width;
        let panels = self.columns.div_ceil(width);
        // SAFETY: in bounds of the buffer that `pack` allocated.
        unsafe { self.buffer.as_ptr().add((k * panels + panel * words) * width) }
    }
}

/// Number of words of a block, at most `most`, that splits a depth of `words` words nearly equally.
pub(super) fn block_depth(words: usize, most: usize) -> usize {
    let blocks = words.div_ceil(most).max(1);
    words.div_ceil(blocks).next_multiple_of(8).clamp(8, most)
}

/// Packs B [depth, columns], on all threads if it is large.
///
/// # Panics
/// When the matrix has fewer elements.
pub fn pack<N: Element>(b: Matrix<N>, depth: usize, columns: usize) -> Packed {
    b.check(depth, columns);
    let format = Format::of(b.precision);
    let width = format.tiles.width;
    let words = format.words(depth);
    let block = block_depth(words, DEPTH);
    let panels = columns.div_ceil(width);
    let size = words.checked_mul(panels * width).expect("sizes of a matrix in memory");
    let mut buffer = floats(size);
    let to = Shared::new(&mut buffer);
    let work = words.div_ceil(block) * panels;
    let pack_one = |at: usize| {
        let k = at / panels * block;
        let panel = at % panels;
        let here = block.min(words - k);
        // SAFETY: panels are disjoint ranges of the buffer; `check` has checked the size of B.
        unsafe {
            let to = to.at((k * panels + panel * here) * width);
            pack_panel(&format, b, format.numbers(k, here, depth), panel * width, columns, to);
        }
    };
    if depth * columns < 16384 {
        (0..work).for_each(pack_one);
    } else {
        let grain = work.div_ceil(16 * threads::threads()).max(1);
        threads::run(work.div_ceil(grain), |part, _| {
            (part * grain..work.min((part + 1) * grain)).for_each(pack_one);
        });
    }
    Packed { buffer, format, depth, columns, block }
}

/// One panel: `count` rows of B from `k` on, columns from `column` to the panel's end or `columns`, then zeros.
///
/// # Safety
/// Those elements of B are valid, and `to` has room for the panel's words.
pub(super) unsafe fn pack_panel<N: Element>(
    format: &Format,
    b: Matrix<N>,
    (k, count): (usize, usize),
    column: usize,
    columns: usize,
    to: *mut f32,
) {
    let width = format.tiles.width;
    let pack = N::pack_panel(format, b.transposed);
    // SAFETY: guaranteed by the caller.
    unsafe { pack(b.at(k, column), b.stride, count, width.min(columns - column), to, width) };
}

/// Packs a block of A with row stride `ROW_STRIDE`: `rows` rows from `row`, `count` numbers from `k`.
///
/// # Safety
/// Those elements are valid, their words are at most DEPTH, and `to` has room for `rows` rows.
pub(super) unsafe fn pack_rows(
    format: &Format,
    a: Matrix,
    row: usize,
    rows: usize,
    (k, count): (usize, usize),
    to: *mut f32,
) {
    let pack = if a.transposed { format.transpose_rows } else { format.copy_rows };
    // SAFETY: guaranteed by the caller.
    unsafe { pack(a.at(row, k), a.stride, rows, count, to, ROW_STRIDE) };
}

crate::kernel! {
    /// Copies `rows` rows of `count` floats, padded with zeros to `width`.
    pub(super) unsafe fn copy_panel<S>(from: *const f32, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize) {
        for k in 0..rows {
            let mut j = 0;
            while j < width {
                let left = count.saturating_sub(j).min(S::LANES);
                S::store(to.add(k * width + j), load::<S>(from.add(k * stride + j.min(count)), left));
                j += S::LANES;
            }
        }
    }
}

crate::kernel! {
    /// The same for a transposed matrix: `count` lines of `rows` floats.
    pub(super) unsafe fn transpose_panel<S>(from: *const f32, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize) {
        let mut j = 0;
        while j < width {
            let lines = count.saturating_sub(j).min(S::LANES);
            let from = from.add(j.min(count.saturating_sub(1)) * stride);
            let mut k = 0;
            while k < rows {
                S::transpose(from.add(k), stride, lines, (rows - k).min(S::LANES), to.add(k * width + j), width);
                k += S::LANES;
            }
            j += S::LANES;
        }
    }
}

crate::kernel! {
    /// The same for bf16 numbers.
    pub(super) unsafe fn transpose_bf16_panel<S>(
        from: *const Bf16, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize,
    ) {
        let mut block = [0.0f32; 16 * 16]; // the next floats of each line; no instruction set has more lanes
        let mut j = 0;
        while j < width {
            let lines = count.saturating_sub(j).min(S::LANES);
            let mut k = 0;
            while k < rows {
                let here = (rows - k).min(S::LANES);
                for line in 0..lines {
                    let v = S::load_bf16_part(from.add((j + line) * stride + k), here);
                    S::store(block.as_mut_ptr().add(line * S::LANES), v);
                }
                S::transpose(block.as_ptr(), S::LANES, lines, here, to.add(k * width + j), width);
                k += S::LANES;
            }
            j += S::LANES;
        }
    }
}

crate::kernel! {
    /// Copies `rows` rows of `depth` floats, with stride `width`.
    pub(super) unsafe fn copy_rows<S>(from: *const f32, stride: usize, rows: usize, depth: usize, to: *mut f32, width: usize) {
        for i in 0..rows {
            let (from, to) = (from.add(i * stride), to.add(i * width));
            let mut k = 0;
            while k + S::LANES <= depth {
                S::store(to.add(k), S::load(from.add(k)));
                k += S::LANES;
            }
            if k < depth {
                S::store_part(to.add(k), S::load_part(from.add(k), depth - k), depth - k);
            }
        }
    }
}

crate::kernel! {
    /// The same for a transposed matrix.
    pub(super) unsafe fn transpose_rows<S>(from: *const f32, stride: usize, rows: usize, depth: usize, to: *mut f32, width: usize) {
        // columns of A are contiguous; whole vectors are written, for which the row stride has room
        let mut k = 0;
        while k < depth {
            let lines = (depth - k).min(S::LANES);
            let mut i = 0;
            while i < rows {
                let part = (rows - i).min(S::LANES);
                S::transpose(from.add(k * stride + i), stride, lines, part, to.add(i * width + k), width);
                i += S::LANES;
            }
            k += S::LANES;
        }
    }
}

crate::kernel! {
    /// Packs Y [rows, count] in tiles of `tile_rows` columns with row stride `width` and tile stride `own`; adds the column sums
    /// to `sums`.
    pub(super) unsafe fn pack_columns<S>(
        y: *const f32, ldy: usize, rows: usize, count: usize, tile_rows: usize, to: *mut f32, width: usize, own: usize,
        sums: Option<*mut f32>,
    ) {
        let mut k = 0;
        while k < rows {
            let end = rows.min(k + 8);
            let (mut i, mut to) = (0, to);
            while i < count {
                let lines = tile_rows.min(count - i);
                let mut j = 0;
                while j < lines {
                    let part = (lines - j).min(S::LANES);
                    let mut sum = S::zero();
                    for row in k..end {
                        let v = S::load_part(y.add(row * ldy + i + j), part);
                        sum = S::add(sum, v);
                        S::store(to.add(row * width + j), v); // the elements after the row are written next
                    }
                    if let Some(sums) = sums {
                        let at = sums.add(i + j);
                        S::store_part(at, S::add(sum, S::load_part(at, part)), part);
                    }
                    j += S::LANES;
                }
                i += lines;
                to = to.add(own);
            }
            k = end;
        }
    }
}

/// Scratch memory of a thread.
pub(super) struct Workspace {
    /// A block of A, by rows or by columns.
    pub a: Buffer,
    /// Panels of B packed on demand.
    pub b: Buffer,
}

impl Workspace {
    fn new(tiles: &Tiles) -> Self {
        let by_rows = tiles.block_rows() * ROW_STRIDE;
        let by_columns = tiles.block_rows() / tiles.rows * column_tile(tiles, DEPTH) + 64;
        Self { a: floats(by_rows.max(by_columns)), b: floats(DEPTH * PANEL_COLUMNS) }
    }

    /// Calls `use_it` with the scratch memory of this thread, which is lost if that panics.
    pub fn with<R>(use_it: impl FnOnce(&mut Workspace) -> R) -> R {
        thread_local! {
            static OWN: Cell<Option<Kept>> = const { Cell::new(None) };
        }
        let mut own = OWN.take().unwrap_or_else(|| keep(Workspace::new(tiles())));
        let result = use_it(&mut own);
        OWN.set(Some(own));
        result
    }
}

#[cfg(not(target_arch = "wasm32"))]
type Kept = Workspace;
/// Threads never end there, and destructors of threads need std's own allocator, which has no memory.
#[cfg(target_arch = "wasm32")]
type Kept = std::mem::ManuallyDrop<Workspace>;

#[cfg(not(target_arch = "wasm32"))]
fn keep(workspace: Workspace) -> Kept {
    workspace
}
#[cfg(target_arch = "wasm32")]
fn keep(workspace: Workspace) -> Kept {
    Kept::new(workspace)
}

/// Maximum number of columns of B packed on demand; a multiple of every tile's width.
pub(super) const PANEL_COLUMNS: usize = 512;

/// Size of a tile of A packed by columns: the last vector may reach beyond the last column.
#[inline(always)]
pub(super) fn column_tile(tiles: &Tiles, depth: usize) -> usize {
    depth * tiles.rows + 16
}
