//! Forward pass: an item is one head of one sequence, or a range of its queries.

use super::heads::{Head, Rows, Strip, Target};
use super::prefetch::Prefetch;
use super::scratch::{Cut, Scratch};
use super::softmax::{Hiding, NOTHING, Reach, Running, WORDS, add_bias, softmax_block};
use super::tiles::{KEYS, Plain, ROWS, STRIDE, Scaled, panel, product};
use super::{Attention, pack};
use crate::buffers::Shared;
use crate::kernel;
use crate::simd::Simd;
use crate::threads;

/// Maximum number of queries of an item, so that their running sums stay in the cache.
const QUERIES: usize = 512;
/// Minimum number of queries when a head is split: below, packing the keys costs too much.
const FEWEST: usize = 32;
/// The log-sum of a query without visible keys: its weights become 0.
pub const NEVER: f32 = 1e30;

/// Writes `output` [batch, queries, heads · head_dim] and, for the gradient, `log_sums` [batch, heads, queries]: log2 of
/// the sum of 2^score, with scores in base 2. The output of a query without visible keys is zero.
///
/// # Panics
/// When sizes do not fit, or there is no memory.
pub fn forward(
    attention: &Attention,
    q: Rows,
    k: Rows,
    v: Rows,
    output: &mut [f32],
    log_sums: Option<&mut [f32]>,
) {
    attention.check();
    let &Attention { batch, heads, queries, keys, head_dim, .. } = attention;
    q.check(attention, queries);
    k.check(attention, keys);
    v.check(attention, keys);
    assert_eq!(output.len(), batch * queries * attention.width(), "attention: output");
    if let Some(log_sums) = &log_sums {
        assert_eq!(log_sums.len(), batch * heads * queries, "attention: log-sums");
    }
    if batch * heads * queries == 0 {
        return;
    }
    let log_sums = log_sums.map(Shared::new);
    let width = attention.width();
    let output = Target { numbers: Shared::new(output), sequence: queries, stride: width, offset: 0 };

    let ranges =
        queries.div_ceil(QUERIES).max(attention.parts(threads::threads(), batch * heads, queries / FEWEST));
    let wide = head_dim.next_multiple_of(16);
    let scratch = Scratch::new(
        KEYS * head_dim // keys
            + KEYS * wide // values
            + 2 * ROWS * STRIDE // queries, scores
            + WORDS
            + KEYS // padding
            + QUERIES * wide // sums of values
            + 3 * QUERIES // running maximum, sum and factor
            + 2 * ROWS,
    );
    let item = |n: usize| {
        // causal: the last queries have most work and come first
        let (range, at) = (ranges - 1 - n / (batch * heads), n % (batch * heads));
        let (first, end) = threads::split(queries, ranges, ROWS, range);
        Item {
            head: Head::new(attention, at, &[q, k, v]),
            first,
            end,
            output: output.of(attention, at),
            // SAFETY: in bounds, as its length was checked.
            log_sums: log_sums.map(|to| unsafe { to.at(at * queries) }),
        }
    };
    attention.run(batch * heads * ranges, |n, next, lane| {
        // SAFETY: all rows are in bounds, which was checked; ranges and heads are disjoint, and each thread has its own
        // scratch memory.
        unsafe { run(&item(n), next.map(item).as_ref(), scratch.of(lane)) };
    });
}

/// A range of queries of one head of one sequence.
struct Item<'a> {
    head: Head<'a>,
    /// First query.
    first: usize,
    /// End of the queries, exclusive.
    end: usize,
    output: Strip,
    log_sums: Option<*mut f32>,
}

impl Item<'_> {
    /// Number of keys visible to any of the queries.
    fn keys(&self) -> usize {
        let attention = self.head.attention;
        if attention.causal { self.end + attention.lead() } else { attention.keys }
    }

    /// The rows of this item, to be prefetched while another is computed.
    fn ahead(&self, steps: usize) -> Prefetch<4> {
        let Head { q, k, v, .. } = self.head;
        let keys = self.keys();
        let [q, output] = [q, self.output].map(|strip| strip.part(self.first, self.end));
        let strips = [k.part(0, keys), v.part(0, keys), q, output];
        if keys > KEYS {
            Prefetch::nothing()
        } else {
            Prefetch::new(strips, self.head.attention.head_dim, steps)
        }
    }
}

kernel! {
    /// # Safety
    /// All addresses are valid for the item; nothing else writes there or uses the scratch memory.
    unsafe fn run<S>(item: &Item, next: Option<&Item>, scratch: Cut) {
        attend::<S>(item, next, scratch)
    }
}

#[inline(always)]
unsafe fn attend<S: Simd>(item: &Item, next: Option<&Item>, mut scratch: Cut) {
    let mut ahead =
        next.map_or_else(Prefetch::nothing, |next| next.ahead((item.end - item.first).div_ceil(ROWS)));
    let Head { attention, at, q, k, v, visible, bias } = item.head;
    let head_dim = attention.head_dim;
    let wide = head_dim.next_multiple_of(S::LANES);
    let lead = attention.lead();
    let keys = item.keys();
    let whole = keys <= KEYS; // all keys in one block: no running sums
    let log2_scale = attention.scale * std::f32::consts::LOG2_E;
    let kept = attention.dropout.map_or(1.0, |mask| mask.factor);

    let packed_k = scratch.take(KEYS * head_dim);
    let packed_v = scratch.take(KEYS * wide);
    let packed_q = scratch.take(ROWS * STRIDE);
    let scores = scratch.take(ROWS * STRIDE);
    let words = scratch.take(WORDS).cast::<u32>();
    let padding = scratch.take(KEYS);
    let sums = scratch.take(QUERIES * wide);
    let running =
        Running { largest: scratch.take(QUERIES), sum: scratch.take(QUERIES), decay: scratch.take(QUERIES) };
    let factors = scratch.take(ROWS);

    // SAFETY: guaranteed by the caller; the scratch memory has the sizes above.
    unsafe {
        for k0 in (0..keys).step_by(KEYS) {
            let count = (keys - k0).min(KEYS);
            pack::panels::<S>(k.part(k0, k0 + count), head_dim, packed_k);
            pack::rows::<S>(v.part(k0, k0 + count), head_dim, 1.0, packed_v, wide);
            let hiding = Hiding {
                visible: pack::visible(visible, k0, count, padding),
                dropout: attention.dropout.as_ref(),
                words,
            };
            // the first block of queries that attends to any of these keys
            let start = if attention.causal { k0.saturating_sub(lead) / ROWS * ROWS } else { 0 };
            for i0 in (start.max(item.first)..item.end).step_by(ROWS) {
                ahead.fetch::<S>();
                let rows = (item.end - i0).min(ROWS);
                let reach = Reach::new(attention, i0, rows, k0, count);
                let running = running.from(i0 - item.first);
                pack::block::<S>(q.part(i0, i0 + rows), head_dim, log2_scale, packed_q);
                let most = reach.most();
                for j in (0..most).step_by(panel::<S>()) {
                    let vectors = (most - j).div_ceil(S::LANES);
                    let to = Plain { to: scores.add(j), stride: STRIDE };
                    product::<S, _, STRIDE, 1>(
                        rows,
                        vectors,
                        head_dim,
                        packed_q,
                        packed_k.add(j * head_dim),
                        panel::<S>(),
                        &to,
                    );
                }
                if let Some(bias) = bias {
                    add_bias::<S>(scores, rows, most, bias.part(i0, i0 + rows), k0);
                }
                hiding.draw::<S>(attention.tile(at, i0, k0), most);
                match (hiding.visible.is_null(), attention.dropout.is_none()) {
                    (true, true) => softmax_block::<S, false, false>(scores, reach, hiding, running, k0 == 0),
                    (true, false) => softmax_block::<S, false, true>(scores, reach, hiding, running, k0 == 0),
                    (false, true) => softmax_block::<S, true, false>(scores, reach, hiding, running, k0 == 0),
                    (false, false) => softmax_block::<S, true, true>(scores, reach, hiding, running, k0 == 0),
                }
                for row in 0..rows {
                    *factors.add(row) = if whole { finish(item, i0 + row, running, row, kept) } else { 1.0 };
                }
                for c in (0..head_dim).step_by(panel::<S>()) {
                    let vectors = (head_dim - c).div_ceil(S::LANES);
                    let to = if whole {
                        let (to, stride) = (item.output.row_mut(i0).add(c), item.output.stride);
                        let decay = std::ptr::null();
                        Scaled { to, stride, rows, columns: head_dim - c, factor: factors, decay }
                    } else {
                        let to = sums.add((i0 - item.first) * wide + c);
                        let decay = if k0 == 0 { std::ptr::null() } else { running.decay.cast_const() };
                        Scaled { to, stride: wide, rows, columns: wide - c, factor: factors, decay }
                    };
                    product::<S, _, STRIDE, 1>(rows, vectors, most, scores, packed_v.add(c), wide, &to);
                }
            }
        }
        if keys == 0 {
            for row in 0..item.end - item.first {
                let nothing = running.from(row);
                *nothing.largest = NOTHING;
                *nothing.sum = 0.0;
                std::slice::from_raw_parts_mut(sums.add(row * wide), wide).fill(0.0);
            }
        }
        if !whole || keys == 0 {
            for i in item.first..item.end {
                let row = i - item.first;
                let factor = finish(item, i, running, row, kept);
                pack::unpack::<S>(sums.add(row * wide), wide, head_dim, factor, item.output.part(i, i + 1));
            }
        }
    }
}

/// Stores the log-sum of a query and returns the factor of its sum of values.
#[inline(always)]
unsafe fn finish(item: &Item, query: usize, running: Running, row: usize, kept: f32) -> f32 {
    // SAFETY: the running values of the row are initialized; the query is one of the item's.
    unsafe {
        let (largest, sum) = (*running.largest.add(row), *running.sum.add(row));
        let nothing = sum == 0.0;
        if let Some(log_sums) = item.log_sums {
            *log_sums.add(query) = if nothing { NEVER } else { largest + sum.log2() };
        }
        if nothing { 0.0 } else { kept / sum }
    }
}
