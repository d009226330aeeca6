//! Backward pass: an item is one head of one sequence, or a group of its blocks of keys.

use super::gradients::{Gradients, Partial};
use super::heads::{Head, Rows, Strip};
use super::prefetch::Prefetch;
use super::scratch::{Cut, Scratch};
use super::softmax::{Hiding, Reach, WORDS, add_bias, add_bias_backward, softmax_backward};
use super::tiles::{KEYS, Plain, ROWS, STRIDE, Scaled, Sum, panel, product};
use super::{Attention, pack};
use crate::buffers::Shared;
use crate::kernel;
use crate::simd::Simd;
use crate::threads;

/// Number of queries whose weights are in memory at a time.
const QUERIES: usize = 64;
/// Minimum number of keys of a block when a head is split.
const FEWEST: usize = 64;

/// Writes the gradients of q, k and v, and of the bias if `d_bias` [heads, queries, keys] is given, from `output` and
/// `log_sums` of the forward pass and the gradient of the output.
///
/// # Panics
/// When sizes do not fit, or there is no memory.
pub fn backward(
    attention: &Attention,
    q: Rows,
    k: Rows,
    v: Rows,
    output: &[f32],
    log_sums: &[f32],
    d_output: &[f32],
    gradients: Gradients,
    d_bias: Option<&mut [f32]>,
) {
    attention.check();
    let &Attention { batch, heads, queries, keys, head_dim, .. } = attention;
    q.check(attention, queries);
    k.check(attention, keys);
    v.check(attention, keys);
    let width = attention.width();
    assert_eq!(output.len(), batch * queries * width, "attention: output");
    assert_eq!(d_output.len(), output.len(), "attention: gradient of the output");
    assert_eq!(log_sums.len(), batch * heads * queries, "attention: log-sums");
    let [dq, dk, dv] = gradients.targets(attention);
    let d_bias = d_bias.map(|d_bias| {
        assert_eq!(Some(d_bias.len()), attention.pairs(), "attention: gradient of the bias");
        d_bias.fill(0.0);
        Shared::new(d_bias)
    });
    if batch * heads * queries == 0 || keys == 0 {
        return;
    }
    // the gradient of the bias is a sum over the batch, which one thread computes
    let turns = if d_bias.is_some() { batch } else { 1 };
    let strands = batch * heads / turns;
    let groups = attention.parts(threads::SUM_PARTS, strands, keys / FEWEST);
    let span = keys.div_ceil(groups).next_multiple_of(32).min(KEYS);
    let blocks = keys.div_ceil(span);
    let groups = groups.min(blocks);
    // each of several groups has its own partial sums of dq
    let partial = (groups > 1).then(|| Partial::new(attention, groups));

    let wide = head_dim.next_multiple_of(16);
    let scratch = Scratch::new(
        2 * KEYS * head_dim // keys and values, transposed
            + 3 * KEYS * wide // keys; gradients of keys and values
            + 4 * QUERIES * STRIDE // queries, gradients of outputs, weights, gradients of scores
            + WORDS
            + KEYS // padding
            + QUERIES
            + 2 * ROWS,
    );
    let item = |n: usize, turn: usize| {
        let (at, group) = (turn * strands + n / groups, n % groups);
        let head = Head::new(attention, at, &[q, k, v]);
        Item {
            head,
            span,
            blocks,
            group,
            groups,
            output: head.dense(output),
            d_output: head.dense(d_output),
            log_sums: &log_sums[at * queries..][..queries],
            dq: partial
                .as_ref()
                .map_or_else(|| dq.of(attention, at), |partial| partial.of(attention, group, at)),
            dk: dk.of(attention, at),
            dv: dv.of(attention, at),
            // SAFETY: in bounds, as its length was checked.
            d_bias: d_bias.map(|to| unsafe { Strip::new(to.at(at % heads * queries * keys), keys, queries) }),
        }
    };
    attention.run(strands * groups, |n, next, lane| {
        for turn in 0..turns {
            let next =
                if turn + 1 < turns { Some(item(n, turn + 1)) } else { next.map(|next| item(next, 0)) };
            // SAFETY: all rows are in bounds, which was checked; heads, blocks of keys and sequences are disjoint, except for
            // the bias, which one thread computes; each thread has its own scratch memory.
            unsafe { run(&item(n, turn), next.as_ref(), scratch.of(lane)) };
        }
    });
    if let Some(partial) = &partial {
        attention.run(batch * heads, |at, _, _| {
            // SAFETY: all groups are complete, and items have disjoint rows.
            unsafe { partial.gather(attention, at, dq.of(attention, at)) };
        });
    }
}

/// A group of blocks of keys of one head of one sequence.
struct Item<'a> {
    head: Head<'a>,
    /// Number of keys of a block.
    span: usize,
    blocks: usize,
    group: usize,
    groups: usize,
    output: Strip,
    d_output: Strip,
    log_sums: &'a [f32],
    dq: Strip,
    dk: Strip,
    dv: Strip,
    /// [queries, keys]
    d_bias: Option<Strip>,
}

impl Item<'_> {
    /// The rows of this item, to be prefetched while another is computed.
    fn ahead(&self, steps: usize) -> Prefetch<8> {
        let Head { attention, q, k, v, .. } = self.head;
        let strips = [k, v, q, self.d_output, self.output, self.dq, self.dk, self.dv];
        let long = attention.keys > KEYS || self.groups > 1;
        if long { Prefetch::nothing() } else { Prefetch::new(strips, attention.head_dim, steps) }
    }

    /// Whether a block of keys belongs to this group. Alternating order, as the first blocks have most work if causal.
    fn has(&self, block: usize) -> bool {
        let (turn, place) = (block / self.groups, block % self.groups);
        self.group == if turn.is_multiple_of(2) { place } else { self.groups - 1 - place }
    }
}

kernel! {
    /// # Safety
    /// All addresses are valid for the item; nothing else writes there or uses the scratch memory.
    unsafe fn run<S>(item: &Item, next: Option<&Item>, scratch: Cut) {
        backward_item::<S>(item, next, scratch)
    }
}

#[inline(always)]
unsafe fn backward_item<S: Simd>(item: &Item, next: Option<&Item>, mut scratch: Cut) {
    let Head { attention, at, q, k, v, visible, bias } = item.head;
    let &Attention { queries, keys, head_dim, causal, scale, .. } = attention;
    let wide = head_dim.next_multiple_of(S::LANES);
    let lead = attention.lead();
    let log2_scale = scale * std::f32::consts::LOG2_E;
    let kept = attention.dropout.map_or(1.0, |mask| mask.factor);

    let columns_of_k = scratch.take(KEYS * head_dim);
    let columns_of_v = scratch.take(KEYS * head_dim);
    let packed_k = scratch.take(KEYS * wide);
    let dk = scratch.take(KEYS * wide);
    let dv = scratch.take(KEYS * wide);
    let packed_q = scratch.take(QUERIES * STRIDE);
    let above = scratch.take(QUERIES * STRIDE);
    let weights = scratch.take(QUERIES * STRIDE);
    let d_scores = scratch.take(QUERIES * STRIDE);
    let words = scratch.take(WORDS).cast::<u32>();
    let padding = scratch.take(KEYS);
    let dots = scratch.take(QUERIES);
    let (scales, ones) = (scratch.take(ROWS), scratch.take(ROWS));

    let mut ahead = next.map_or_else(Prefetch::nothing, |next| next.ahead(queries.div_ceil(ROWS)));
    // SAFETY: guaranteed by the caller; the scratch memory has the sizes above.
    unsafe {
        if item.groups > 1 {
            std::slice::from_raw_parts_mut(item.dq.row_mut(0), queries * head_dim).fill(0.0);
        }
        for row in 0..ROWS {
            *scales.add(row) = scale;
            *ones.add(row) = 1.0;
        }
        for block in (0..item.blocks).filter(|&block| item.has(block)) {
            let k0 = block * item.span;
            let count = (keys - k0).min(item.span);
            let k = k.part(k0, k0 + count);
            pack::panels::<S>(k, head_dim, columns_of_k);
            pack::panels::<S>(v.part(k0, k0 + count), head_dim, columns_of_v);
            pack::rows::<S>(k, head_dim, 1.0, packed_k, wide);
            let hiding = Hiding {
                visible: pack::visible(visible, k0, count, padding),
                dropout: attention.dropout.as_ref(),
                words,
            };
            // the first block of queries that attends to any of these keys
            let start = if causal { k0.saturating_sub(lead) / ROWS * ROWS } else { 0 };
            for q0 in (start..queries).step_by(QUERIES) {
                let q1 = queries.min(q0 + QUERIES);
                for i0 in (q0..q1).step_by(ROWS) {
                    ahead.fetch::<S>();
                    let rows = (q1 - i0).min(ROWS);
                    let place = (i0 - q0) * STRIDE;
                    let (weights, d_scores) = (weights.add(place), d_scores.add(place));
                    let (packed_q, above) = (packed_q.add(place), above.add(place));
                    let dots = dots.add(i0 - q0);
                    let [of_q, of_output, of_above] =
                        [q, item.output, item.d_output].map(|all| all.part(i0, i0 + rows));
                    pack::block::<S>(of_q, head_dim, log2_scale, packed_q);
                    pack::block::<S>(of_above, head_dim, kept, above);
                    pack::dots::<S>(of_output, of_above, head_dim, dots);

                    let reach = Reach::new(attention, i0, rows, k0, count);
                    let most = reach.most();
                    for j in (0..most).step_by(panel::<S>()) {
                        let vectors = (most - j).div_ceil(S::LANES);
                        let to = Plain { to: weights.add(j), stride: STRIDE };
                        let b = columns_of_k.add(j * head_dim);
                        product::<S, _, STRIDE, 1>(rows, vectors, head_dim, packed_q, b, panel::<S>(), &to);
                        let to = Plain { to: d_scores.add(j), stride: STRIDE };
                        let b = columns_of_v.add(j * head_dim);
                        product::<S, _, STRIDE, 1>(rows, vectors, head_dim, above, b, panel::<S>(), &to);
                    }
                    if let Some(bias) = bias {
                        add_bias::<S>(weights, rows, most, bias.part(i0, i0 + rows), k0);
                    }
                    hiding.draw::<S>(attention.tile(at, i0, k0), most);
                    let log_sums = item.log_sums[i0..].as_ptr();
                    match (hiding.visible.is_null(), attention.dropout.is_none()) {
                        (true, true) => softmax_backward::<S, false, false>(
                            weights, d_scores, reach, hiding, log_sums, dots,
                        ),
                        (true, false) => softmax_backward::<S, false, true>(
                            weights, d_scores, reach, hiding, log_sums, dots,
                        ),
                        (false, true) => softmax_backward::<S, true, false>(
                            weights, d_scores, reach, hiding, log_sums, dots,
                        ),
                        (false, false) => softmax_backward::<S, true, true>(
                            weights, d_scores, reach, hiding, log_sums, dots,
                        ),
                    }
                    if let Some(d_bias) = item.d_bias {
                        add_bias_backward::<S>(d_scores, rows, most, d_bias.part(i0, i0 + rows), k0);
                    }
                    // dq = scale · d_scores · k, over all blocks of keys
                    for c in (0..head_dim).step_by(panel::<S>()) {
                        let vectors = (head_dim - c).div_ceil(S::LANES);
                        let to = Scaled {
                            to: item.dq.row_mut(i0).add(c),
                            stride: item.dq.stride,
                            rows,
                            columns: head_dim - c,
                            factor: scales,
                            decay: if item.groups == 1 && k0 == 0 { std::ptr::null() } else { ones },
                        };
                        product::<S, _, STRIDE, 1>(rows, vectors, most, d_scores, packed_k.add(c), wide, &to);
                    }
                }
                // dk = d_scoresᵀ · q and dv = weightsᵀ · d_output, over all blocks of queries
                let reached = Reach::new(attention, q0, q1 - q0, k0, count).most();
                for j in (0..reached).step_by(ROWS) {
                    let first =
                        if causal { ((k0 + j).saturating_sub(lead) / ROWS * ROWS).max(start) } else { start };
                    let from = first.max(q0);
                    let depth = q1 - from;
                    let tile = (count - j).min(ROWS);
                    let a = (from - q0) * STRIDE + j;
                    for c in (0..head_dim).step_by(panel::<S>()) {
                        let vectors = (head_dim - c).div_ceil(S::LANES);
                        let b = (from - q0) * STRIDE + c;
                        let to = Sum { to: dv.add(j * wide + c), stride: wide, add: first < q0 };
                        product::<S, _, 1, STRIDE>(
                            tile,
                            vectors,
                            depth,
                            weights.add(a),
                            above.add(b),
                            STRIDE,
                            &to,
                        );
                        let to = Sum { to: dk.add(j * wide + c), stride: wide, add: first < q0 };
                        product::<S, _, 1, STRIDE>(
                            tile,
                            vectors,
                            depth,
                            d_scores.add(a),
                            packed_q.add(b),
                            STRIDE,
                            &to,
                        );
                    }
                }
            }
            // the packed queries contain a factor log2(e) for scores in base 2, which is divided out of the gradient
            let [to_k, to_v] = [item.dk, item.dv].map(|all| all.part(k0, k0 + count));
            pack::unpack::<S>(dk, wide, head_dim, std::f32::consts::LN_2, to_k);
            pack::unpack::<S>(dv, wide, head_dim, 1.0, to_v);
        }
    }
}
