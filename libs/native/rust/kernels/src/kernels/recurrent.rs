//! RNN and GRU over whole sequences, forward and backward through time.
//!
//! The input projection of all steps is one product. Then each thread runs its own sequences of the batch through all
//! steps, without synchronization. The gradients of weights are products over all steps.
//!
//! PyTorch's layout: weights [G · H, …] with G = 1, or G = 3 for a GRU's r, z, n. A GRU saves [B, T, 4H] for its gradient:
//! r, z, n and the state projection of n.

mod steps;
#[cfg(test)]
mod tests;

use crate::buffers::{Buffer, Shared, floats};
use crate::product::{
    self, AddBias, Epilogue, FEW, Matrix, NoEpilogue, Packed, few_rows, rows_on_one_thread, transposed,
};
use crate::threads;

/// The kind of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tanh,
    Relu,
    Gru,
}

impl Kind {
    /// G: number of blocks of H rows in the weights.
    pub fn blocks(self) -> usize {
        if self == Kind::Gru { 3 } else { 1 }
    }

    /// Number of values per unit and step saved for the gradient, besides the state.
    pub fn kept(self) -> usize {
        if self == Kind::Gru { 4 } else { 0 }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub batch: usize,
    pub steps: usize,
    pub inputs: usize,
    pub hidden: usize,
}

/// Inputs of a layer.
#[derive(Clone, Copy)]
pub struct Layer<'a> {
    pub kind: Kind,
    pub sizes: Sizes,
    /// [B, T, in]
    pub x: &'a [f32],
    /// [G · H, in]
    pub weight_ih: &'a [f32],
    /// [G · H, H]
    pub weight_hh: &'a [f32],
    /// Initial state [B, H]; default zeros.
    pub state: Option<&'a [f32]>,
}

impl Layer<'_> {
    fn check(&self) {
        let Sizes { batch, steps, inputs, hidden } = self.sizes;
        let rows = self.kind.blocks() * hidden;
        assert!(hidden > 0, "hidden size 0");
        assert_eq!(self.x.len(), batch * steps * inputs, "x");
        assert_eq!(self.weight_ih.len(), rows * inputs, "weight_ih");
        assert_eq!(self.weight_hh.len(), rows * hidden, "weight_hh");
        assert!(self.state.is_none_or(|state| state.len() == batch * hidden), "state");
    }

    /// Number of parts of the batch; one for the few rows whose product runs on all threads itself.
    fn parts(&self) -> usize {
        if self.is_few() { 1 } else { threads::threads().min(self.sizes.batch) }
    }

    /// A single step of few sequences.
    fn is_few(&self) -> bool {
        self.sizes.steps <= 1 && self.sizes.batch <= FEW
    }

    /// Address and stride of the states before `step` of the sequences from `first` on; `zeros` [H] is the default initial
    /// state.
    ///
    /// # Safety
    /// `output` is [B, T, H], and `first` and `step` are in range.
    unsafe fn before(
        &self,
        output: *const f32,
        zeros: &[f32],
        first: usize,
        step: usize,
    ) -> (*const f32, usize) {
        let Sizes { steps, hidden, .. } = self.sizes;
        match (step, self.state) {
            (0, None) => (zeros.as_ptr(), 0),
            (0, Some(state)) => (state[first * hidden..].as_ptr(), hidden),
            // SAFETY: guaranteed by the caller.
            _ => (unsafe { output.add((first * steps + step - 1) * hidden) }, steps * hidden),
        }
    }
}

/// Computes all states.
///
/// - `biases` of the input and state projections, each [G · H]
/// - `output` [B, T, H], the state after each step; `last` [B, H], the final state
/// - `kept` [B, T, 4H], saved by a GRU for `backward`
///
/// # Panics
/// When the length of an array does not fit.
pub fn forward(
    layer: &Layer,
    biases: [Option<&[f32]>; 2],
    output: &mut [f32],
    last: &mut [f32],
    kept: Option<&mut [f32]>,
) {
    layer.check();
    let Layer { kind, sizes, .. } = *layer;
    let Sizes { batch, steps, hidden, .. } = sizes;
    let width = kind.blocks() * hidden;
    assert!(biases.iter().all(|bias| bias.is_none_or(|bias| bias.len() == width)), "bias");
    assert_eq!(output.len(), batch * steps * hidden, "output");
    assert_eq!(last.len(), batch * hidden, "last");
    assert!(kept.as_ref().is_none_or(|kept| kept.len() == batch * steps * kind.kept() * hidden), "kept");
    let bias = Biases::of(kind, hidden, biases);

    if kind == Kind::Gru {
        let stride = if kept.is_some() { 4 * hidden } else { width };
        let mut own = floats(if kept.is_some() { 0 } else { batch * steps * width });
        let place = kept.unwrap_or(&mut own);
        input_projection(layer, &bias, place, stride);
        gru_steps(layer, &bias, place, stride, output);
    } else {
        input_projection(layer, &bias, output, hidden);
        rnn_steps(layer, output);
    }
    for (sequence, last) in last.chunks_exact_mut(hidden).enumerate() {
        match (steps, layer.state) {
            (0, None) => last.fill(0.0),
            (0, Some(state)) => last.copy_from_slice(&state[sequence * hidden..][..hidden]),
            _ => last.copy_from_slice(&output[((sequence + 1) * steps - 1) * hidden..][..hidden]),
        }
    }
}

/// The bias of the input projection, and the bias [H] of the state projection of n.
struct Biases {
    projections: Buffer,
    content: Buffer,
}

impl Biases {
    fn of(kind: Kind, hidden: usize, [ih, hh]: [Option<&[f32]>; 2]) -> Self {
        let mut projections = floats(kind.blocks() * hidden);
        let mut content = floats(hidden);
        projections.fill(0.0);
        content.fill(0.0);
        if let Some(ih) = ih {
            projections.copy_from_slice(ih);
        }
        if let Some(hh) = hh {
            let both = if kind == Kind::Gru { 2 * hidden } else { hidden };
            projections.iter_mut().zip(&hh[..both]).for_each(|(sum, more)| *sum += more);
            if kind == Kind::Gru {
                content.copy_from_slice(&hh[both..]);
            }
        }
        Self { projections, content }
    }
}

/// x · weight_ihᵀ + bias of all steps, with row stride `stride`.
fn input_projection(layer: &Layer, bias: &Biases, to: &mut [f32], stride: usize) {
    let Sizes { batch, steps, inputs, hidden } = layer.sizes;
    let (rows, width) = (batch * steps, layer.kind.blocks() * hidden);
    let epilogue = AddBias(&bias.projections);
    if rows <= FEW && stride == width {
        return few_rows(layer.x, rows, inputs, (layer.weight_ih, inputs), width, to, &epilogue);
    }
    let (x, weight) = (Matrix::rows(layer.x, inputs), Matrix::transposed(layer.weight_ih, inputs));
    product::product(x, rows, inputs, weight, width, to, stride, false, &epilogue);
}

/// The weight of the state projection state · weight_hhᵀ: packed, or as it is for a few rows of a single step.
enum Across<'a> {
    Packed(Packed),
    Plain(&'a [f32]),
}

impl<'a> Across<'a> {
    fn of(layer: &Layer<'a>) -> Self {
        let hidden = layer.sizes.hidden;
        if layer.is_few() {
            return Self::Plain(layer.weight_hh);
        }
        let weight = Matrix::transposed(layer.weight_hh, hidden);
        Self::Packed(product::pack(weight, hidden, layer.kind.blocks() * hidden))
    }

    /// Projects `rows` states with stride `stride` to `to` [rows, G · H].
    fn projection<E: Epilogue>(
        &self,
        states: &[f32],
        stride: usize,
        rows: usize,
        hidden: usize,
        to: &mut [f32],
        epilogue: &E,
    ) {
        match self {
            Self::Plain(weight) => {
                assert!(stride == hidden || rows == 1, "a single step");
                few_rows(states, rows, hidden, (weight, hidden), weight.len() / hidden, to, epilogue);
            }
            Self::Packed(weight) => {
                let a = Matrix::rows(states, stride);
                a.check(rows, hidden);
                let columns = weight.columns();
                assert!(to.len() >= rows * columns);
                epilogue.check(rows, columns);
                // SAFETY: sizes were checked above; `to` is borrowed mutably.
                unsafe { rows_on_one_thread(a, 0, rows, weight, to.as_mut_ptr(), columns, false, epilogue) };
            }
        }
    }
}

/// Calls `step(part, step)` for every step in order, with parts in parallel.
fn walk(layer: &Layer, output: &mut [f32], blocks: usize, step: impl Fn(&Part, usize) + Sync) {
    let Sizes { batch, steps, hidden, .. } = layer.sizes;
    let parts = layer.parts();
    let mut projections = floats(batch * blocks * hidden);
    let mut zeros = floats(hidden);
    zeros.fill(0.0);
    let across = Across::of(layer);
    let (projections, output) = (Shared::new(&mut projections), Shared::new(output));
    threads::run(parts, |part, _| {
        let (first, end) = threads::split(batch, parts, 1, part);
        let walk = Part {
            layer,
            across: &across,
            zeros: &zeros,
            output,
            projections,
            first,
            count: end - first,
            blocks,
        };
        (0..steps).for_each(|at| step(&walk, at));
    });
}

/// A range of sequences, on one thread.
struct Part<'a> {
    layer: &'a Layer<'a>,
    across: &'a Across<'a>,
    zeros: &'a [f32],
    output: Shared<f32>,
    projections: Shared<f32>,
    first: usize,
    count: usize,
    blocks: usize,
}

impl Part<'_> {
    /// The state projection at a step, [count, G · H], and the states before it with their stride.
    fn projection(&self, step: usize) -> (*const f32, (*const f32, usize)) {
        let Sizes { hidden, .. } = self.layer.sizes;
        let width = self.blocks * hidden;
        // SAFETY: parts have disjoint sequences in `projections` [B, G · H] and `output` [B, T, H]; the states of the step before
        // are only read.
        unsafe {
            let projection = self.projections.part(self.first * width, self.count * width);
            let (states, stride) = self.layer.before(self.output.at(0), self.zeros, self.first, step);
            if stride == 0 {
                projection.fill(0.0); // no state yet
            } else {
                let states_here = std::slice::from_raw_parts(states, (self.count - 1) * stride + hidden);
                self.across.projection(states_here, stride, self.count, hidden, projection, &NoEpilogue);
            }
            (projection.as_ptr(), (states, stride))
        }
    }
}

fn rnn_steps(layer: &Layer, output: &mut [f32]) {
    let Sizes { steps, hidden, .. } = layer.sizes;
    let relu = layer.kind == Kind::Relu;
    walk(layer, output, 1, |walk, step| {
        let (projection, _) = walk.projection(step);
        // SAFETY: rows of this part's sequences, in arrays whose sizes `forward` checks.
        unsafe {
            let after = walk.output.at((walk.first * steps + step) * hidden);
            steps::rnn(walk.count, hidden, projection, after, steps * hidden, relu);
        }
    });
}

fn gru_steps(layer: &Layer, bias: &Biases, place: &mut [f32], stride: usize, output: &mut [f32]) {
    let Sizes { steps, hidden, .. } = layer.sizes;
    let place = Shared::new(place);
    walk(layer, output, 3, |walk, step| {
        let (projection, (before, before_stride)) = walk.projection(step);
        let row = walk.first * steps + step;
        // SAFETY: as in `rnn_steps`; `place` has as many rows as `output`.
        unsafe {
            steps::gru(
                walk.count,
                hidden,
                projection,
                bias.content.as_ptr(),
                steps::Rows { at: place.at(row * stride), stride: steps * stride },
                stride > 3 * hidden,
                steps::Rows { at: before.cast_mut(), stride: before_stride },
                steps::Rows { at: walk.output.at(row * hidden), stride: steps * hidden },
            );
        }
    });
}

/// Gradients of a layer, overwritten.
pub struct Gradients<'a> {
    pub x: &'a mut [f32],
    pub weight_ih: &'a mut [f32],
    pub weight_hh: &'a mut [f32],
    pub bias_ih: Option<&'a mut [f32]>,
    pub bias_hh: Option<&'a mut [f32]>,
    pub state: Option<&'a mut [f32]>,
}

impl Gradients<'_> {
    fn check(&self, layer: &Layer) {
        let bias = layer.weight_hh.len() / layer.sizes.hidden;
        assert_eq!(self.x.len(), layer.x.len(), "dx");
        assert_eq!(self.weight_ih.len(), layer.weight_ih.len(), "d_weight_ih");
        assert_eq!(self.weight_hh.len(), layer.weight_hh.len(), "d_weight_hh");
        assert!(self.bias_ih.as_ref().is_none_or(|d| d.len() == bias), "d_bias_ih");
        assert!(self.bias_hh.as_ref().is_none_or(|d| d.len() == bias), "d_bias_hh");
        let states = layer.sizes.batch * layer.sizes.hidden;
        assert!(self.state.as_ref().is_none_or(|d| d.len() == states), "d_state");
    }
}

/// Computes the gradients from the results of `forward` and the gradients of `output` and `last` (default zeros).
///
/// # Panics
/// When the length of an array does not fit, or a GRU's `kept` is missing.
pub fn backward(
    layer: &Layer,
    output: &[f32],
    kept: &[f32],
    d_output: Option<&[f32]>,
    d_last: Option<&[f32]>,
    gradients: Gradients,
) {
    layer.check();
    gradients.check(layer);
    let Layer { kind, sizes: Sizes { batch, steps, inputs, hidden }, .. } = *layer;
    let rows = batch * steps;
    assert_eq!(output.len(), rows * hidden, "output");
    assert_eq!(kept.len(), rows * kind.kept() * hidden, "kept");
    assert!(d_output.is_none_or(|d| d.len() == output.len()), "d_output");
    assert!(d_last.is_none_or(|d| d.len() == batch * hidden), "d_last");
    let (blocks, width) = (kind.blocks(), kind.blocks() * hidden);

    // Gradients of both projections. Those of a GRU differ only in n: [n of the state's, r, z, n of the input's].
    let stride = if kind == Kind::Gru { 4 * hidden } else { hidden };
    let mut projections = floats(rows * stride);
    // The state before each step, [B · T, H].
    let mut before = floats(rows * hidden);
    // The gradient of the current state, [B, H].
    let mut carried = floats(batch * hidden);
    match d_last {
        Some(d_last) => carried.copy_from_slice(d_last),
        None => carried.fill(0.0),
    }
    backward_steps(
        layer,
        output,
        kept,
        d_output,
        gradients.state.is_some(),
        &mut projections,
        &mut before,
        &mut carried,
    );
    if let Some(d_state) = gradients.state {
        d_state.copy_from_slice(&carried);
    }

    let of_input = &projections[if rows > 0 { stride - width } else { 0 }..];
    let weight = Matrix::rows(layer.weight_ih, inputs);
    product::product(
        Matrix::rows(of_input, stride),
        rows,
        width,
        weight,
        inputs,
        gradients.x,
        inputs,
        false,
        &NoEpilogue,
    );
    let d_weight = gradients.weight_ih;
    transposed(
        of_input,
        stride,
        layer.x,
        inputs,
        rows,
        width,
        inputs,
        d_weight,
        inputs,
        false,
        gradients.bias_ih,
    );
    let mut sums = gradients.bias_hh;
    for (block, from, to) in if blocks == 1 { &[(1, 0, 0)][..] } else { &[(1, 0, 2), (2, 1, 0)][..] } {
        let of_state = &projections[if rows > 0 { from * hidden } else { 0 }..];
        let to = to * hidden;
        let d_weight = &mut gradients.weight_hh[to * hidden..];
        let sums = sums.as_deref_mut().map(|sums| &mut sums[to..]);
        transposed(
            of_state,
            stride,
            &before,
            hidden,
            rows,
            block * hidden,
            hidden,
            d_weight,
            hidden,
            false,
            sums,
        );
    }
}

/// Backward through time: writes the gradients of the projections, the states before each step, and to `carried` the
/// gradient of the initial state if requested.
fn backward_steps(
    layer: &Layer,
    output: &[f32],
    kept: &[f32],
    d_output: Option<&[f32]>,
    to_the_state: bool,
    projections: &mut [f32],
    before: &mut [f32],
    carried: &mut [f32],
) {
    let Layer { kind, sizes: Sizes { batch, steps, hidden, .. }, .. } = *layer;
    let (width, gru) = (kind.blocks() * hidden, kind == Kind::Gru);
    let stride = if gru { 4 * hidden } else { hidden };
    let mut zeros = floats(hidden);
    zeros.fill(0.0);
    // weight_hh with its blocks in the order of `projections`
    let mut transposed = floats(if gru { layer.weight_hh.len() } else { 0 });
    let weight = if gru {
        let (rz, n) = layer.weight_hh.split_at(2 * hidden * hidden);
        transposed[..n.len()].copy_from_slice(n);
        transposed[n.len()..].copy_from_slice(rz);
        &transposed[..]
    } else {
        layer.weight_hh
    };
    let across = product::pack(Matrix::rows(weight, hidden), width, hidden);
    let (projections, before, carried) =
        (Shared::new(projections), Shared::new(before), Shared::new(carried));
    let parts = layer.parts();
    threads::run(parts, |part, _| {
        let (first, end) = threads::split(batch, parts, 1, part);
        let count = end - first;
        for step in (0..steps).rev() {
            let row = first * steps + step;
            let apart = steps * hidden;
            // SAFETY: sizes were checked in `backward`; parts write disjoint sequences.
            unsafe {
                let (state, state_stride) = layer.before(output.as_ptr(), &zeros, first, step);
                let at = steps::Back {
                    d_output: d_output.map_or(std::ptr::null(), |d| d[row * hidden..].as_ptr()),
                    carried: carried.at(first * hidden),
                    state: steps::Rows { at: state.cast_mut(), stride: state_stride },
                    before: before.at(row * hidden),
                    projections: steps::Rows { at: projections.at(row * stride), stride: steps * stride },
                };
                if gru {
                    let kept = kept[row * stride..].as_ptr();
                    steps::gru_back(count, hidden, apart, at, kept);
                } else {
                    let after = output[row * hidden..].as_ptr();
                    steps::rnn_back(count, hidden, apart, at, after, kind == Kind::Relu);
                }
                if step > 0 || to_the_state {
                    let here = projections.part(row * stride, (count - 1) * steps * stride + width);
                    let a = Matrix::rows(here, steps * stride);
                    rows_on_one_thread(
                        a,
                        0,
                        count,
                        &across,
                        carried.at(first * hidden),
                        hidden,
                        gru,
                        &NoEpilogue,
                    );
                }
            }
        }
    });
}
