//! Multi-head attention softmax(q kᵀ · scale + bias) v, and its gradient.
//!
//! As in FlashAttention (Dao et al., arXiv:2205.14135), only the scores of a few queries and 256 keys are in memory at a
//! time, with a running maximum and sum for each query; the backward pass recomputes the scores.

mod backward;
mod forward;
mod gradients;
mod heads;
mod pack;
mod prefetch;
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
pub const MAX_HEAD_DIM: usize = 256;

/// Sizes and options of an attention. Head h of a row starts at h · head_dim.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    pub batch: usize,
    pub heads: usize,
    /// Number of queries of a sequence.
    pub queries: usize,
    /// Number of keys of a sequence.
    pub keys: usize,
    /// 1 to 256.
    pub head_dim: usize,
    /// Query i attends to keys 0 … i + keys - queries; requires at least as many keys as queries.
    pub causal: bool,
    /// Factor on the scores.
    pub scale: f32,
    /// [batch, keys], 0 where a key is padding.
    pub visible: Option<&'a [f32]>,
    /// [heads, queries, keys], added to the scaled scores.
    pub bias: Option<&'a [f32]>,
    /// Mask of the weights [batch · heads · queries rounded up to tiles, keys].
    pub dropout: Option<Mask>,
}

impl Attention<'_> {
    fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Number of keys before the first query's position.
    fn lead(&self) -> usize {
        if self.causal { self.keys - self.queries } else { 0 }
    }

    /// The tile of the dropout mask for a query of a head and a key.
    fn tile(&self, head: usize, query: usize, key: usize) -> u64 {
        let row = head * self.queries.div_ceil(TILE_ROWS) + query / TILE_ROWS;
        (row * tiles_across(self.keys) + key / TILE_COLUMNS) as u64
    }

    /// Number of multiplications of one product.
    fn work(&self) -> usize {
        [self.batch, self.heads, self.queries, self.keys, self.head_dim]
            .into_iter()
            .fold(1, usize::saturating_mul)
    }

    /// # Panics
    /// When sizes do not match.
    pub(super) fn check(&self) {
        let length = self.queries.max(self.keys);
        let sizes = [self.batch, self.heads, self.head_dim, length, 3];
        let size = sizes.into_iter().try_fold(1usize, usize::checked_mul);
        assert!(size.is_some(), "attention: sizes {sizes:?} are too large");
        assert!((1..=MAX_HEAD_DIM).contains(&self.head_dim), "attention: head size {}", self.head_dim);
        assert!(!self.causal || self.queries <= self.keys, "attention: more causal queries than keys");
        if let Some(visible) = self.visible {
            assert_eq!(visible.len(), self.batch * self.keys, "attention: padding mask");
        }
        if let Some(bias) = self.bias {
            assert_eq!(Some(bias.len()), self.pairs(), "attention: bias");
        }
    }

    /// Number of elements of a bias.
    fn pairs(&self) -> Option<usize> {
        self.heads.checked_mul(self.queries)?.checked_mul(self.keys)
    }

    /// Number of parts, at most `most`, to split each of `items` items into so that each of `threads` has work.
    fn parts(&self, threads: usize, items: usize, most: usize) -> usize {
        let wanted = (2 * threads).div_ceil(items.max(1));
        if self.work() < 1 << 20 { 1 } else { wanted.clamp(1, most.max(1)) }
    }

    /// Calls `job(item, next, lane)` for all items, on all threads unless there is too little work; `next` is the item that
    /// the thread computes next.
    fn run(&self, items: usize, job: impl Fn(usize, Option<usize>, usize) + Sync) {
        let all = |first: usize, end: usize, lane| {
            for item in first..end {
                job(item, Some(item + 1).filter(|&next| next < end), lane);
            }
        };
        if self.work() < 1 << 15 {
            return all(0, items, 0);
        }
        // many parts balance the load, and runs of items allow prefetching
        let parts = items.min(16 * threads::threads());
        threads::run(parts, |part, lane| {
            let (first, end) = threads::split(items, parts, 1, part);
            all(first, end, lane);
        });
    }
}
