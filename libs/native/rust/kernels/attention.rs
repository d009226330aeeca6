//! Attention of several heads: softmax(q kᵀ · scale + bias) v, and its gradient.
//!
//! Never more than the scores of a few queries and 256 keys at a time are in memory, as in FlashAttention (Dao et al.,
//! arXiv:2205.14135): of each query its largest score and its sum run along, and the gradient computes the scores
//! again. Leaves out one new token against remembered ones (`cached_attention`).

mod ahead;
mod backward;
mod forward;
mod gradients;
mod heads;
mod pack;
mod scratch;
mod softmax;
#[cfg(test)]
mod tests;
mod tiles;

use crate::kernels::threefry::{Mask, TILE_COLUMNS, TILE_ROWS, tiles_across};
use crate::threads;

pub use backward::backward;
pub use forward::forward;
pub use gradients::Gradients;
pub use heads::Rows;

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
    /// [heads, queries, keys], added to the scaled scores of every sequence.
    pub bias: Option<&'a [f32]>,
    /// On the weights, as a matrix [batch · heads · queries up to whole tiles, keys].
    pub dropout: Option<Mask>,
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
        if let Some(bias) = self.bias {
            assert_eq!(Some(bias.len()), self.pairs(), "attention: bias");
        }
    }

    /// Numbers of a bias: queries with keys, of all heads.
    fn pairs(&self) -> Option<usize> {
        self.heads.checked_mul(self.queries)?.checked_mul(self.keys)
    }

    /// Parts that each of so many items is cut into so that every thread has work; 1 where there are enough of them.
    fn parts(&self, items: usize, most: usize) -> usize {
        let wanted = (2 * threads::threads()).div_ceil(items.max(1));
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
