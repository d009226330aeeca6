//! Attention of several heads: softmax(q kᵀ · scale) v, and its gradient.
//!
//! Never more than the scores of a few queries and 256 keys at a time are in memory, as in FlashAttention (Dao et al.,
//! arXiv:2205.14135): of each query its largest score and its sum run along, and the gradient computes the scores
//! again. Leaves out one new token against remembered ones (`cached_attention`).

mod ahead;
mod backward;
mod forward;
mod pack;
mod softmax;
#[cfg(test)]
mod tests;
mod tiles;

use crate::buffers::{self, Buffer, Shared};
use crate::kernels::threefry::{Mask, TILE_COLUMNS, TILE_ROWS, tiles_across};
use crate::threads;

pub use backward::backward;
pub use forward::forward;

/// Largest size of a head.
pub const MOST_HEAD_DIM: usize = 256;

/// An attention, but for the numbers. Heads are slices of rows: head h is at h · head_dim.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    pub batch: usize,
    pub heads: usize,
    /// Queries of a sequence.
    pub queries: usize,
    /// Keys of a sequence.
    pub keys: usize,
    /// 1 to 256.
    pub head_dim: usize,
    /// Query i sees keys 0 … i + keys - queries only; then there are at least as many keys.
    pub causal: bool,
    /// Factor on the scores.
    pub scale: f32,
    /// [batch, keys], 0 where a key is padding.
    pub visible: Option<&'a [f32]>,
    /// On the weights, as a matrix [batch · heads · queries up to whole tiles, keys].
    pub dropout: Option<Mask>,
}

/// Rows of numbers: row t of sequence b starts at (b · sequence + t) · stride + offset.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub numbers: &'a [f32],
    /// Rows from one sequence to the next: its length, or more where only the first are used.
    pub sequence: usize,
    pub stride: usize,
    pub offset: usize,
}

/// Where gradients go.
pub enum Gradients<'a> {
    /// [batch, queries = keys, 3 · heads · head_dim]: those of q, k and v side by side.
    Packed(&'a mut [f32]),
    /// [batch, queries, heads · head_dim] and twice [batch, keys, heads · head_dim].
    Separate { q: &'a mut [f32], k: &'a mut [f32], v: &'a mut [f32] },
}

/// Rows that are written.
#[derive(Clone, Copy)]
struct Target {
    numbers: Shared<f32>,
    stride: usize,
    offset: usize,
}

impl Attention<'_> {
    fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Keys that the first query sees besides the first.
    fn lead(&self) -> usize {
        if self.causal { self.keys - self.queries } else { 0 }
    }

    /// The tile of dropout in which a query of a head, and a key, lie.
    fn tile(&self, head: usize, query: usize, key: usize) -> u64 {
        let row = head * self.queries.div_ceil(TILE_ROWS) + query / TILE_ROWS;
        (row * tiles_across(self.keys) + key / TILE_COLUMNS) as u64
    }

    /// Multiplications in one product of the batch.
    fn work(&self) -> usize {
        [self.batch, self.heads, self.queries, self.keys, self.head_dim]
            .into_iter()
            .fold(1, usize::saturating_mul)
    }

    /// # Panics
    /// When sizes do not fit one another.
    pub(super) fn check(&self) {
        let length = self.queries.max(self.keys);
        let sizes = [self.batch, self.heads, self.head_dim, length, 3];
        let size = sizes.into_iter().try_fold(1usize, usize::checked_mul);
        assert!(size.is_some(), "attention: sizes {sizes:?} are too large");
        assert!((1..=MOST_HEAD_DIM).contains(&self.head_dim), "attention: head size {}", self.head_dim);
        assert!(!self.causal || self.queries <= self.keys, "attention: more causal queries than keys");
        if let Some(visible) = self.visible {
            assert_eq!(visible.len(), self.batch * self.keys, "attention: padding mask");
        }
    }

    /// # Panics
    /// When a row reaches beyond the numbers.
    pub(super) fn check_rows(&self, rows: &Rows, length: usize) {
        if self.batch > 0 && length > 0 {
            let last =
                (self.batch - 1).checked_mul(rows.sequence).and_then(|row| row.checked_add(length - 1));
            let start =
                last.and_then(|row| row.checked_mul(rows.stride)).and_then(|at| at.checked_add(rows.offset));
            let end = start.and_then(|at| at.checked_add(self.width()));
            assert!(end.is_some_and(|end| end <= rows.numbers.len()), "attention: rows beyond their array");
        }
    }

    /// Parts that a head is cut into so that every thread has work; 1 where there are heads enough.
    fn parts(&self, most: usize) -> usize {
        let wanted = (2 * threads::threads()).div_ceil((self.batch * self.heads).max(1));
        if self.work() < 1 << 20 { 1 } else { wanted.clamp(1, most.max(1)) }
    }

    /// Runs the items of the batch, on all threads where it takes longer than waking them: `job(item, next, lane)`
    /// with the item that the thread will go on with.
    fn run(&self, items: usize, job: impl Fn(usize, Option<usize>, usize) + Sync) {
        let all = |first: usize, end: usize, lane| {
            for item in first..end {
                job(item, Some(item + 1).filter(|&next| next < end), lane);
            }
        };
        if self.work() < 1 << 15 {
            return all(0, items, 0);
        }
        // enough parts for threads that are not equally fast, and runs of items for fetching ahead
        let parts = items.min(16 * threads::threads());
        threads::run(parts, |part, lane| {
            let (first, end) = threads::split(items, parts, 1, part);
            all(first, end, lane);
        });
    }
}

impl Rows<'_> {
    /// The first row of a sequence, of one head.
    pub(super) fn of(&self, attention: &Attention, sequence: usize, head: usize) -> *const f32 {
        let at = sequence * self.sequence * self.stride + self.offset + head * attention.head_dim;
        self.numbers.as_ptr().wrapping_add(at)
    }
}

impl Target {
    fn of(&self, attention: &Attention, length: usize, sequence: usize, head: usize) -> *mut f32 {
        let at = sequence * length * self.stride + self.offset + head * attention.head_dim;
        // SAFETY: the first address is inside.
        unsafe { self.numbers.at(0) }.wrapping_add(at)
    }
}

/// Scratch memory for each thread.
struct Scratch {
    numbers: Shared<f32>,
    each: usize,
    lanes: usize,
    _buffer: Buffer,
}

impl Scratch {
    fn new(each: usize) -> Self {
        let lanes = threads::threads();
        let each = each.next_multiple_of(32) + 16;
        let mut buffer = buffers::floats(each.saturating_mul(lanes));
        Self { numbers: Shared::new(&mut buffer), each, lanes, _buffer: buffer }
    }

    /// A thread's own.
    fn of(&self, lane: usize) -> Cut {
        if lane < self.lanes {
            // SAFETY: inside the buffer, as just checked.
            return Cut { at: unsafe { self.numbers.at(lane * self.each) }, left: self.each, _own: None };
        }
        // somebody has just asked for more threads
        let mut own = buffers::floats(self.each);
        Cut { at: own.as_mut_ptr(), left: self.each, _own: Some(own) }
    }
}

/// Memory that is cut up from its start.
struct Cut {
    at: *mut f32,
    left: usize,
    _own: Option<Buffer>,
}

impl Cut {
    /// The next `count` floats, at a multiple of 64 bytes.
    fn take(&mut self, count: usize) -> *mut f32 {
        let count = count.next_multiple_of(16);
        assert!(count <= self.left, "attention: too little scratch memory");
        let taken = self.at;
        self.at = taken.wrapping_add(count);
        self.left -= count;
        taken
    }
}
