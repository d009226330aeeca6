//! Gradients of a linear layer y = x · Wᵀ + b: dx = dz · W, dW = dzᵀ · x and db = column sums of dz. The gradient dz of the
//! outputs is computed in chunks of rows, used for all three while in cache, and never all in memory.

use super::pack::{Matrix, Packed, expect_room};
use super::rows::{rows, rows_on_one_thread};
use super::tile::{DEPTH, tiles};
use super::transposed::{PARTIAL_FLOATS, add_rows, transposed_in, transposed_on_one_thread};
use super::{NoEpilogue, Precision, pack};
use crate::buffers::{Shared, floats};
use crate::threads::{self, SUM_PARTS};

/// Computes rows of dz.
pub trait OutputGradient: Sync {
    /// dz and its row stride, if it is in memory already.
    fn ready(&self) -> Option<(&[f32], usize)> {
        None
    }

    /// Writes `count` rows from `first` with stride `stride`. Called once for each row, on any thread.
    ///
    /// # Safety
    /// The rows are in the range that `gradients` was called with, and `to` has room for them.
    unsafe fn make(&self, first: usize, count: usize, to: *mut f32, stride: usize);
}

/// Outputs of `gradients`. Those that are None are not computed.
pub struct GradientOutputs<'a> {
    /// [rows, inputs]
    pub dx: Option<&'a mut [f32]>,
    /// [outputs, inputs]
    pub dw: Option<&'a mut [f32]>,
    /// [outputs]
    pub db: Option<&'a mut [f32]>,
}

/// Largest chunk of dz on which all threads work, in floats.
const CHUNK_FLOATS: usize = 1 << 20;

/// Number of rows of dz per chunk: the depth of a block; twice that if two blocks fit into half of a second-level cache of
/// 1 MB; fewer if one would exceed 16 MB.
fn chunk_rows(stride: usize) -> usize {
    match stride {
        0..=256 => 2 * DEPTH,
        257..=16384 => DEPTH,
        _ => (DEPTH * 16384 / stride).max(16),
    }
}

/// Gradients of a layer from x [rows, inputs], w [outputs, inputs] and dz [rows, outputs].
///
/// # Panics
/// When an array has fewer elements.
pub fn gradients(
    output_gradient: &impl OutputGradient,
    rows: usize,
    outputs: usize,
    inputs: usize,
    x: &[f32],
    w: &[f32],
    mut targets: GradientOutputs,
    precision: Precision,
) {
    expect_room("x", x.len(), rows, inputs, inputs);
    expect_room("w", w.len(), outputs, inputs, inputs);
    let lengths = [
        (targets.dx.as_deref(), rows * inputs),
        (targets.dw.as_deref(), outputs * inputs),
        (targets.db.as_deref(), outputs),
    ];
    for (target, length) in lengths {
        assert!(
            target.is_none_or(|target| target.len() >= length),
            "a gradient of fewer than {length} numbers"
        );
    }
    if rows == 0 {
        // no rows
        targets.dw.into_iter().chain(targets.db).for_each(|target| target.fill(0.0));
        return;
    }
    if outputs == 0 && inputs == 0 {
        return; // empty rows
    }
    let packed = targets.dx.is_some().then(|| pack(Matrix::rows(w, inputs).with(precision), outputs, inputs));
    let ready = output_gradient.ready();
    if let Some((dz, stride)) = ready {
        expect_room("dz", dz.len(), rows, outputs, stride);
    }
    // rows of dz map to different cache sets
    let stride = ready.map_or(outputs.next_multiple_of(16) + 16, |(_, stride)| stride);
    let chunk = if ready.is_some() { 32 * DEPTH } else { chunk_rows(stride) };
    let parts = rows.div_ceil(DEPTH).min(SUM_PARTS);
    let own_sums = outputs * inputs + outputs;
    if (parts - 1) * own_sums > PARTIAL_FLOATS {
        in_turns(output_gradient, rows, outputs, inputs, x, packed.as_ref(), stride, targets, precision);
        return;
    }

    let wants_sums = targets.dw.is_some() || targets.db.is_some();
    let lanes = if ready.is_none() && parts > 1 { threads::threads() } else { 1 };
    let mut scratch = floats(if ready.is_none() { lanes * chunk * stride } else { 0 });
    let mut partial = floats(if wants_sums { (parts - 1) * own_sums } else { 0 });
    let mut unwanted = floats(if wants_sums && targets.dw.is_none() { outputs * inputs } else { 0 });
    let (scratch, partials) = (Shared::new(&mut scratch), Shared::new(&mut partial));
    let dx = targets.dx.as_deref_mut().map(Shared::new);
    let db = targets.db.as_deref_mut().map(Shared::new);
    let dw = match targets.dw.as_deref_mut() {
        Some(dw) => Shared::new(dw),
        None => Shared::new(&mut unwanted),
    };
    threads::run(parts, |part, lane| {
        let (from, until) = threads::split(rows, parts, tiles().rows, part);
        // SAFETY: sizes were checked above; parts have disjoint rows of dx, scratch memory and sums.
        unsafe {
            let (dw, db) = match part {
                0 => (dw.at(0), db.map(|db| db.at(0))),
                _ => {
                    let own = (part - 1) * own_sums;
                    (partials.at(own), db.map(|_| partials.at(own + outputs * inputs)))
                }
            };
            let mut first = from;
            loop {
                let count = chunk.min(until - first);
                let dz = match ready {
                    Some((dz, stride)) => dz.as_ptr().add(first * stride),
                    None => {
                        let dz = scratch.at(lane * chunk * stride);
                        output_gradient.make(first, count, dz, stride);
                        dz.cast_const()
                    }
                };
                if let (Some(dx), Some(packed)) = (dx, &packed) {
                    let a = std::slice::from_raw_parts(
                        dz,
                        (count.max(1) - 1) * stride + outputs.min(stride * count),
                    );
                    let to = dx.at(first * inputs);
                    rows_on_one_thread(
                        Matrix::rows(a, stride),
                        0,
                        count,
                        packed,
                        to,
                        inputs,
                        false,
                        &NoEpilogue,
                    );
                }
                if wants_sums {
                    let x = x.as_ptr().add(first * inputs);
                    let more = first > from;
                    transposed_on_one_thread(
                        dz, stride, x, inputs, count, outputs, inputs, dw, inputs, more, db, precision,
                    );
                }
                first += count;
                if first >= until {
                    break;
                }
            }
        }
    });
    if !wants_sums {
        return;
    }
    for other in 0..parts - 1 {
        let own = &partial[other * own_sums..][..own_sums];
        if targets.dw.is_some() {
            add_rows(&own[..outputs * inputs], outputs, inputs, dw, inputs);
        }
        if let Some(db) = targets.db.as_deref_mut() {
            for (sum, more) in db.iter_mut().zip(&own[outputs * inputs..]) {
                *sum += more;
            }
        }
    }
}

/// The same when partial sums for every part would take too much memory: all threads work on one chunk of rows and one
/// dW.
fn in_turns(
    output_gradient: &impl OutputGradient,
    count: usize,
    outputs: usize,
    inputs: usize,
    x: &[f32],
    packed: Option<&Packed>,
    stride: usize,
    mut targets: GradientOutputs,
    precision: Precision,
) {
    let grain = tiles().block_rows();
    let chunk = (CHUNK_FLOATS / stride.max(1) / grain * grain).clamp(grain, 8 * grain);
    let ready = output_gradient.ready();
    let mut made = floats(if ready.is_none() { chunk.min(count) * stride } else { 0 });
    let mut unwanted =
        floats(if targets.dw.is_none() && targets.db.is_some() { outputs * inputs } else { 0 });
    let mut first = 0;
    loop {
        let here = chunk.min(count - first);
        let dz = match ready {
            Some((dz, _)) => &dz[first * stride..],
            None => {
                let to = Shared::new(&mut made);
                let fine = here.div_ceil(threads::threads()).next_multiple_of(tiles().rows).clamp(1, grain);
                threads::run(here.div_ceil(fine), |part, _| {
                    let row = part * fine;
                    // SAFETY: disjoint rows of a buffer of `chunk` rows.
                    unsafe {
                        output_gradient.make(first + row, fine.min(here - row), to.at(row * stride), stride)
                    };
                });
                &made
            }
        };
        if let (Some(dx), Some(packed)) = (targets.dx.as_deref_mut(), packed) {
            let dx = &mut dx[first * inputs..];
            rows(Matrix::rows(dz, stride), here, packed, dx, inputs, false, &NoEpilogue);
        }
        let db = targets.db.as_deref_mut();
        if targets.dw.is_some() || db.is_some() {
            let dw = targets.dw.as_deref_mut().unwrap_or(&mut unwanted);
            let x = &x[first * inputs..];
            transposed_in(dz, stride, x, inputs, here, outputs, inputs, dw, inputs, first > 0, db, precision);
        }
        first += here;
        if first >= count {
            break;
        }
    }
}
