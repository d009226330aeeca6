//! Matrices brought into the order in which tiles read them.

use super::epilogue::load;
use super::format::{Format, Pack, Precision};
use super::tile::{DEPTH, ROW_STRIDE, Tiles, tiles};
use crate::buffers::{Buffer, Shared, floats};
use crate::simd::{Bf16, Number};
use crate::threads;

/// A matrix where it lies: element (i, j) at `data[i · stride + j]`, or, turned, at `data[j · stride + i]`. One of 16-bit
/// numbers is always turned: it is a weight, the B of x · Wᵀ.
#[derive(Clone, Copy)]
pub struct Matrix<'a, N = f32> {
    pub data: &'a [N],
    pub stride: usize,
    pub turned: bool,
    /// How it is multiplied, where it is the B of a product.
    pub precision: Precision,
}

impl<'a> Matrix<'a> {
    /// Rows one behind the other, `stride` floats apart.
    pub fn rows(data: &'a [f32], stride: usize) -> Self {
        Self { data, stride, turned: false, precision: Precision::Float32 }
    }
}

impl<'a, N: Element> Matrix<'a, N> {
    /// The transpose of what lies there: its columns are the rows in memory. A weight [out, in] as the B of x · Wᵀ.
    pub fn turned(data: &'a [N], stride: usize) -> Self {
        Self { data, stride, turned: true, precision: Precision::Float32 }
    }

    /// The same, to be multiplied in this precision.
    pub fn with(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Panics unless `rows` × `columns` elements are there.
    pub fn check(&self, rows: usize, columns: usize) {
        let (outer, inner) = if self.turned { (columns, rows) } else { (rows, columns) };
        expect_room("a matrix", self.data.len(), outer, inner, self.stride);
    }

    /// Address of element (i, j).
    #[inline(always)]
    pub(super) fn at(&self, i: usize, j: usize) -> *const N {
        let offset = if self.turned { j * self.stride + i } else { i * self.stride + j };
        self.data.as_ptr().wrapping_add(offset)
    }
}

/// What a B may be made of.
pub trait Element: Number {
    /// How a panel is packed.
    #[doc(hidden)]
    fn pack_panel(format: &Format, turned: bool) -> Pack<Self>;
}

impl Element for f32 {
    fn pack_panel(format: &Format, turned: bool) -> Pack {
        if turned { format.turn_panel } else { format.copy_panel }
    }
}

impl Element for Bf16 {
    fn pack_panel(format: &Format, _turned: bool) -> Pack<Bf16> {
        format.turn_bf16_panel // there is no way to make one that is not turned
    }
}

/// Panics unless `outer` rows of `inner` numbers, `stride` apart, fit into `length` and do not overlap.
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

/// A matrix B [depth, columns] in panels: for each block of depth, for each panel of columns, word by word.
pub struct Packed {
    pub(super) buffer: Buffer,
    pub(super) format: Format,
    pub(super) depth: usize,
    pub(super) columns: usize,
    /// Words of depth in a block; the last may have fewer.
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
        // SAFETY: inside the buffer, as `pack` has laid it out.
        unsafe { self.buffer.as_ptr().add((k * panels + panel * words) * width) }
    }
}

/// Words of the blocks that a depth of so many words is cut into: nearly equal, at most `most`.
pub(super) fn block_depth(words: usize, most: usize) -> usize {
    let blocks = words.div_ceil(most).max(1);
    words.div_ceil(blocks).next_multiple_of(8).clamp(8, most)
}

/// Brings B [depth, columns] into panels, on all threads if it is large.
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
        // SAFETY: the panel's place in the buffer, which is its own; `check` has seen that B is all there.
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
/// Those elements of B are there, and `to` has place for the panel's words.
pub(super) unsafe fn pack_panel<N: Element>(
    format: &Format,
    b: Matrix<N>,
    (k, count): (usize, usize),
    column: usize,
    columns: usize,
    to: *mut f32,
) {
    let width = format.tiles.width;
    let pack = N::pack_panel(format, b.turned);
    // SAFETY: the promise of this function.
    unsafe { pack(b.at(k, column), b.stride, count, width.min(columns - column), to, width) };
}

/// A block of A, rows `ROW_STRIDE` words apart: `rows` from `row`, `count` numbers from `k`.
///
/// # Safety
/// Those elements are there, their words are at most DEPTH, and `to` has place for `rows` rows.
pub(super) unsafe fn pack_rows(
    format: &Format,
    a: Matrix,
    row: usize,
    rows: usize,
    (k, count): (usize, usize),
    to: *mut f32,
) {
    let pack = if a.turned { format.turn_rows } else { format.copy_rows };
    // SAFETY: the promise of this function.
    unsafe { pack(a.at(row, k), a.stride, rows, count, to, ROW_STRIDE) };
}

crate::kernel! {
    /// `rows` rows of `count` floats (at most `width`), with zeros up to `width` behind them.
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
    /// The same from the columns of a matrix: `count` lines in memory, of `rows` floats.
    pub(super) unsafe fn turn_panel<S>(from: *const f32, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize) {
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
    /// The same of 16-bit numbers.
    pub(super) unsafe fn turn_bf16_panel<S>(
        from: *const Bf16, stride: usize, rows: usize, count: usize, to: *mut f32, width: usize,
    ) {
        let mut block = [0.0f32; 16 * 16]; // a line's next floats, line by line; no kind has more lanes
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
    /// `rows` rows of `depth` floats, `width` apart.
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
    /// The same from the columns of a matrix.
    pub(super) unsafe fn turn_rows<S>(from: *const f32, stride: usize, rows: usize, depth: usize, to: *mut f32, width: usize) {
        // columns of A are rows in memory; whole vectors are written, for which a row's stride has room
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
    /// Y [rows, count] in tiles of `tile_rows` columns, each row of a tile `width` floats from the next, tiles `own`
    /// apart; column sums are added to `sums`.
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
                        S::store(to.add(row * width + j), v); // what lies behind the row comes next
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

/// Scratch memory of one thread.
pub(super) struct Workspace {
    /// A block of A, by rows or by columns.
    pub a: Buffer,
    /// Panels of B that are packed as they are needed.
    pub b: Buffer,
}

impl Workspace {
    fn new(tiles: &Tiles) -> Self {
        let by_rows = tiles.block_rows() * ROW_STRIDE;
        let by_columns = tiles.block_rows() / tiles.rows * column_tile(tiles, DEPTH) + 64;
        Self { a: floats(by_rows.max(by_columns)), b: floats(DEPTH * PANEL_COLUMNS) }
    }

    /// Lends this thread's own.
    pub fn with<R>(use_it: impl FnOnce(&mut Workspace) -> R) -> R {
        thread_local! {
            static OWN: std::cell::RefCell<Option<Workspace>> = const { std::cell::RefCell::new(None) };
        }
        OWN.with_borrow_mut(|own| use_it(own.get_or_insert_with(|| Workspace::new(tiles()))))
    }
}

/// Most columns of B that are packed at a time where B is not packed as a whole; a multiple of every tile's width.
pub(super) const PANEL_COLUMNS: usize = 512;

/// Floats of one tile of A packed by columns: the last vector stored may reach beyond the last column.
#[inline(always)]
pub(super) fn column_tile(tiles: &Tiles, depth: usize) -> usize {
    depth * tiles.rows + 16
}
