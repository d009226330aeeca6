//! The gradient: an item is one head of one sequence, or some of its blocks of keys.

use super::ahead::{Ahead, Strip};
use super::softmax::{Hiding, Reach, WORDS, slope};
use super::tiles::{KEYS, Plain, ROWS, STRIDE, Scaled, Sum, panel, product};
use super::{Attention, Cut, Gradients, Rows, Scratch, Target, pack};
use crate::buffers::{self, Shared};
use crate::kernel;
use crate::simd::Simd;

/// Queries whose weights are in memory at a time.
const QUERIES: usize = 64;
/// Fewest keys of a block, where a head is cut up for want of heads.
const FEWEST: usize = 64;

/// Writes the gradients of q, k and v, given `output` and `log_sums` of the way forward and `d_output`, the gradient of
/// the output; all as there.
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
) {
    attention.check();
    let &Attention { batch, heads, queries, keys, head_dim, .. } = attention;
    attention.check_rows(&q, queries);
    attention.check_rows(&k, keys);
    attention.check_rows(&v, keys);
    let width = attention.width();
    assert_eq!(output.len(), batch * queries * width, "attention: output");
    assert_eq!(d_output.len(), output.len(), "attention: gradient of the output");
    assert_eq!(log_sums.len(), batch * heads * queries, "attention: log-sums");
    let [dq, dk, dv] = targets(attention, gradients);
    if batch * heads * queries == 0 || keys == 0 {
        return;
    }
    let output = Rows { numbers: output, sequence: queries, stride: width, offset: 0 };
    let d_output = Rows { numbers: d_output, sequence: queries, stride: width, offset: 0 };

    let groups = attention.parts(keys / FEWEST);
    let span = keys.div_ceil(groups).next_multiple_of(32).min(KEYS);
    let blocks = keys.div_ceil(span);
    let groups = groups.min(blocks);
    // with several groups, each has sums of its own for the gradient of the queries
    let partial = batch * heads * queries * head_dim;
    let mut partials = (groups > 1).then(|| buffers::floats(partial.saturating_mul(groups)));
    let shared = partials.as_deref_mut().map(Shared::new);

    let wide = head_dim.next_multiple_of(16);
    let scratch = Scratch::new(
        2 * KEYS * head_dim // keys and values as columns
            + 3 * KEYS * wide // keys; gradients of keys and values
            + 4 * QUERIES * STRIDE // queries, gradients of outputs, weights, gradients of scores
            + WORDS
            + KEYS // padding
            + QUERIES
            + 2 * ROWS,
    );
    let item = |n: usize| {
        let (at, group) = (n / groups, n % groups);
        let (sequence, head) = (at / heads, at % heads);
        let (dq, dq_stride) = match shared {
            // SAFETY: inside the buffer of `groups` times `partial`.
            Some(shared) => (unsafe { shared.at(group * partial + at * queries * head_dim) }, head_dim),
            None => (dq.of(attention, queries, sequence, head), dq.stride),
        };
        Item {
            attention,
            span,
            blocks,
            group,
            groups,
            q: q.of(attention, sequence, head),
            q_stride: q.stride,
            k: k.of(attention, sequence, head),
            k_stride: k.stride,
            v: v.of(attention, sequence, head),
            v_stride: v.stride,
            visible: attention.visible.map(|visible| &visible[sequence * keys..][..keys]),
            row: at,
            output: output.of(attention, sequence, head),
            d_output: d_output.of(attention, sequence, head),
            log_sums: &log_sums[at * queries..][..queries],
            dq,
            dq_stride,
            dk: dk.of(attention, keys, sequence, head),
            dk_stride: dk.stride,
            dv: dv.of(attention, keys, sequence, head),
            dv_stride: dv.stride,
        }
    };
    attention.run(batch * heads * groups, |n, next, lane| {
        // SAFETY: all rows were checked to be inside their arrays, heads and blocks of keys are apart from one
        // another, and the scratch memory is this thread's.
        unsafe { run(&item(n), next.map(item).as_ref(), scratch.of(lane)) };
    });
    if let Some(partials) = &partials {
        let partials = &partials[..];
        attention.run(batch * heads, |at, _, _| {
            let to = dq.of(attention, queries, at / heads, at % heads);
            // SAFETY: rows of the gradient of this head, which no other item writes.
            unsafe {
                gather(
                    &partials[at * queries * head_dim..],
                    partial,
                    groups,
                    queries,
                    head_dim,
                    to,
                    dq.stride,
                )
            };
        });
    }
}

/// Checks the sizes of the gradients, and sets them to zero where no item will write.
fn targets(attention: &Attention, gradients: Gradients) -> [Target; 3] {
    let &Attention { batch, heads, queries, keys, .. } = attention;
    let width = attention.width();
    let nothing = batch * heads * queries == 0 || keys == 0;
    let target = |numbers: Shared<f32>, stride, offset| Target { numbers, stride, offset };
    match gradients {
        Gradients::Packed(all) => {
            assert_eq!(queries, keys, "attention: packed queries and keys");
            assert_eq!(all.len(), batch * queries * 3 * width, "attention: gradient");
            let numbers = Shared::new(all);
            [0, width, 2 * width].map(|offset| target(numbers, 3 * width, offset))
        }
        Gradients::Separate { q, k, v } => {
            assert_eq!(q.len(), batch * queries * width, "attention: gradient of q");
            assert_eq!(k.len(), batch * keys * width, "attention: gradient of k");
            assert_eq!(v.len(), batch * keys * width, "attention: gradient of v");
            [q, k, v].map(|numbers| {
                if nothing {
                    numbers.fill(0.0);
                }
                target(Shared::new(numbers), width, 0)
            })
        }
    }
}

/// Some blocks of keys of one head of one sequence.
struct Item<'a> {
    attention: &'a Attention<'a>,
    /// Keys of a block.
    span: usize,
    blocks: usize,
    group: usize,
    groups: usize,
    q: *const f32,
    q_stride: usize,
    k: *const f32,
    k_stride: usize,
    v: *const f32,
    v_stride: usize,
    visible: Option<&'a [f32]>,
    /// Which head of the batch.
    row: usize,
    output: *const f32,
    d_output: *const f32,
    log_sums: &'a [f32],
    dq: *mut f32,
    dq_stride: usize,
    dk: *mut f32,
    dk_stride: usize,
    dv: *mut f32,
    dv_stride: usize,
}

impl Item<'_> {
    /// What the item reads and writes, to be fetched while another is computed.
    fn ahead(&self, steps: usize) -> Ahead<8> {
        let &Attention { queries, keys, head_dim, .. } = self.attention;
        let width = self.attention.width();
        let strip = |start, stride, count| Strip { start, stride, count };
        let strips = [
            strip(self.k, self.k_stride, keys),
            strip(self.v, self.v_stride, keys),
            strip(self.q, self.q_stride, queries),
            strip(self.d_output, width, queries),
            strip(self.output, width, queries),
            strip(self.dq, self.dq_stride, queries),
            strip(self.dk, self.dk_stride, keys),
            strip(self.dv, self.dv_stride, keys),
        ];
        if keys > KEYS || self.groups > 1 { Ahead::nothing() } else { Ahead::new(strips, head_dim, steps) }
    }

    /// Whether a block of keys is this group's: to and fro, as with a causal mask the first have most work.
    fn has(&self, block: usize) -> bool {
        let (turn, place) = (block / self.groups, block % self.groups);
        self.group == if turn.is_multiple_of(2) { place } else { self.groups - 1 - place }
    }
}

kernel! {
    /// # Safety
    /// All addresses hold what the item says; nobody else writes there or uses the scratch memory.
    unsafe fn run<S>(item: &Item, next: Option<&Item>, scratch: Cut) {
        slopes::<S>(item, next, scratch)
    }
}

#[inline(always)]
unsafe fn slopes<S: Simd>(item: &Item, next: Option<&Item>, mut scratch: Cut) {
    let attention = item.attention;
    let &Attention { queries, keys, head_dim, causal, scale, .. } = attention;
    let wide = head_dim.next_multiple_of(S::LANES);
    let width = attention.width();
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
    let visible = scratch.take(KEYS);
    let dots = scratch.take(QUERIES);
    let (scales, ones) = (scratch.take(ROWS), scratch.take(ROWS));

    let mut ahead = next.map_or_else(Ahead::nothing, |next| next.ahead(queries.div_ceil(ROWS)));
    // SAFETY: the caller's promise; sizes of scratch memory are those above.
    unsafe {
        if item.groups > 1 {
            std::slice::from_raw_parts_mut(item.dq, queries * head_dim).fill(0.0);
        }
        for row in 0..ROWS {
            *scales.add(row) = scale;
            *ones.add(row) = 1.0;
        }
        for block in (0..item.blocks).filter(|&block| item.has(block)) {
            let k0 = block * item.span;
            let count = (keys - k0).min(item.span);
            let (k, v) = (item.k.add(k0 * item.k_stride), item.v.add(k0 * item.v_stride));
            pack::panels::<S>(k, item.k_stride, count, head_dim, columns_of_k);
            pack::panels::<S>(v, item.v_stride, count, head_dim, columns_of_v);
            pack::rows::<S>(k, item.k_stride, count, head_dim, 1.0, packed_k, wide);
            let hiding = Hiding {
                visible: pack::visible(item.visible, k0, count, visible),
                dropout: attention.dropout.as_ref(),
                words,
            };
            // the first block of queries of which one sees one of these keys
            let start = if causal { k0.saturating_sub(lead) / ROWS * ROWS } else { 0 };
            for q0 in (start..queries).step_by(QUERIES) {
                let q1 = queries.min(q0 + QUERIES);
                for i0 in (q0..q1).step_by(ROWS) {
                    ahead.fetch::<S>();
                    let rows = (q1 - i0).min(ROWS);
                    let at = (i0 - q0) * STRIDE;
                    let (weights, d_scores) = (weights.add(at), d_scores.add(at));
                    let (q, above) = (packed_q.add(at), above.add(at));
                    let dots = dots.add(i0 - q0);
                    pack::block::<S>(
                        item.q.add(i0 * item.q_stride),
                        item.q_stride,
                        rows,
                        head_dim,
                        log2_scale,
                        q,
                    );
                    let d_output = item.d_output.add(i0 * width);
                    pack::block::<S>(d_output, width, rows, head_dim, kept, above);
                    pack::dots::<S>(item.output.add(i0 * width), d_output, width, rows, head_dim, dots);

                    let reach = Reach::new(attention, i0, rows, k0, count);
                    let most = reach.most();
                    for j in (0..most).step_by(panel::<S>()) {
                        let vectors = (most - j).div_ceil(S::LANES);
                        let to = Plain { to: weights.add(j), stride: STRIDE };
                        let b = columns_of_k.add(j * head_dim);
                        product::<S, _, STRIDE, 1>(rows, vectors, head_dim, q, b, panel::<S>(), &to);
                        let to = Plain { to: d_scores.add(j), stride: STRIDE };
                        let b = columns_of_v.add(j * head_dim);
                        product::<S, _, STRIDE, 1>(rows, vectors, head_dim, above, b, panel::<S>(), &to);
                    }
                    hiding.draw::<S>(attention.tile(item.row, i0, k0), most);
                    let log_sums = item.log_sums[i0..].as_ptr();
                    match (hiding.visible.is_null(), attention.dropout.is_none()) {
                        (true, true) => {
                            slope::<S, false, false>(weights, d_scores, reach, hiding, log_sums, dots)
                        }
                        (true, false) => {
                            slope::<S, false, true>(weights, d_scores, reach, hiding, log_sums, dots)
                        }
                        (false, true) => {
                            slope::<S, true, false>(weights, d_scores, reach, hiding, log_sums, dots)
                        }
                        (false, false) => {
                            slope::<S, true, true>(weights, d_scores, reach, hiding, log_sums, dots)
                        }
                    }
                    // dq = scale · d_scores · k, over all blocks of keys
                    for c in (0..head_dim).step_by(panel::<S>()) {
                        let vectors = (head_dim - c).div_ceil(S::LANES);
                        let to = Scaled {
                            to: item.dq.add(i0 * item.dq_stride + c),
                            stride: item.dq_stride,
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
            // the packed queries have a factor of log2(e) that scores in units of log 2 want, and gradients do not
            let (to, stride) = (item.dk.add(k0 * item.dk_stride), item.dk_stride);
            pack::unpack::<S>(dk, wide, count, head_dim, std::f32::consts::LN_2, to, stride);
            let (to, stride) = (item.dv.add(k0 * item.dv_stride), item.dv_stride);
            pack::unpack::<S>(dv, wide, count, head_dim, 1.0, to, stride);
        }
    }
}

/// Adds up the groups' sums for one head.
///
/// # Safety
/// `to` has `queries` rows, `stride` apart.
unsafe fn gather(
    partials: &[f32],
    partial: usize,
    groups: usize,
    queries: usize,
    head_dim: usize,
    to: *mut f32,
    stride: usize,
) {
    for i in 0..queries {
        // SAFETY: the caller's promise.
        let to = unsafe { std::slice::from_raw_parts_mut(to.add(i * stride), head_dim) };
        to.copy_from_slice(&partials[i * head_dim..][..head_dim]);
        for group in 1..groups {
            for (to, from) in to.iter_mut().zip(&partials[group * partial + i * head_dim..][..head_dim]) {
                *to += from;
            }
        }
    }
}
