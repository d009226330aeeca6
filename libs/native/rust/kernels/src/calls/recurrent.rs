//! RNN and GRU over whole sequences.

use super::arguments::*;
use crate::kernels::recurrent::{self, Gradients, Kind, Layer, Sizes};

fn kind_of(kind: u32) -> Result<Kind> {
    match kind {
        0 => Ok(Kind::Tanh),
        1 => Ok(Kind::Relu),
        2 => Ok(Kind::Gru),
        _ => Err(invalid(format!("kind {kind}: expected 0 (tanh), 1 (relu) or 2 (GRU)"))),
    }
}

/// Expected lengths of the arrays.
struct Lengths {
    x: usize,
    weight_ih: usize,
    weight_hh: usize,
    bias: usize,
    state: usize,
    output: usize,
    kept: usize,
}

fn lengths(kind: Kind, batch: u32, steps: u32, inputs: u32, hidden: u32) -> Result<(Sizes, Lengths)> {
    if hidden == 0 {
        return Err(invalid("hidden 0: expected at least 1"));
    }
    let blocks = kind.blocks() as u32;
    let lengths = Lengths {
        x: size(&[batch, steps, inputs])?,
        weight_ih: size(&[blocks, hidden, inputs])?,
        weight_hh: size(&[blocks, hidden, hidden])?,
        bias: size(&[blocks, hidden])?,
        state: size(&[batch, hidden])?,
        output: size(&[batch, steps, hidden])?,
        kept: size(&[batch, steps, kind.kept() as u32, hidden])?,
    };
    size(&[batch, steps, 4, hidden])?; // scratch memory
    let [batch, steps, inputs, hidden] = [batch, steps, inputs, hidden].map(|size| size as usize);
    Ok((Sizes { batch, steps, inputs, hidden }, lengths))
}

pub fn recurrent_forward(
    x: Input<f32>,
    weight_ih: Input<f32>,
    weight_hh: Input<f32>,
    bias_ih: Option<Input<f32>>,
    bias_hh: Option<Input<f32>>,
    state: Option<Input<f32>>,
    output: Output<f32>,
    last: Output<f32>,
    kept: Option<Output<f32>>,
    batch: u32,
    steps: u32,
    inputs: u32,
    hidden: u32,
    kind: u32,
) -> Result<()> {
    let kind = kind_of(kind)?;
    let (sizes, lengths) = lengths(kind, batch, steps, inputs, hidden)?;
    let disjoint =
        disjoint(&[&x, &weight_ih, &weight_hh, &bias_ih, &bias_hh, &state], &[&output, &last, &kept])?;
    let layer = Layer {
        kind,
        sizes,
        x: x.read(&disjoint, "x", lengths.x)?,
        weight_ih: weight_ih.read(&disjoint, "weightIh", lengths.weight_ih)?,
        weight_hh: weight_hh.read(&disjoint, "weightHh", lengths.weight_hh)?,
        state: state.read(&disjoint, "state", lengths.state)?,
    };
    let biases =
        [bias_ih.read(&disjoint, "biasIh", lengths.bias)?, bias_hh.read(&disjoint, "biasHh", lengths.bias)?];
    let output = output.write(&disjoint, "output", lengths.output)?;
    let last = last.write(&disjoint, "last", lengths.state)?;
    let kept = kept.write(&disjoint, "kept", lengths.kept)?;
    recurrent::forward(&layer, biases, output, last, kept);
    Ok(())
}

pub fn recurrent_backward(
    x: Input<f32>,
    weight_ih: Input<f32>,
    weight_hh: Input<f32>,
    state: Option<Input<f32>>,
    output: Input<f32>,
    kept: Option<Input<f32>>,
    d_output: Option<Input<f32>>,
    d_last: Option<Input<f32>>,
    d_x: Output<f32>,
    d_weight_ih: Output<f32>,
    d_weight_hh: Output<f32>,
    d_bias_ih: Option<Output<f32>>,
    d_bias_hh: Option<Output<f32>>,
    d_state: Option<Output<f32>>,
    batch: u32,
    steps: u32,
    inputs: u32,
    hidden: u32,
    kind: u32,
) -> Result<()> {
    let kind = kind_of(kind)?;
    let (sizes, lengths) = lengths(kind, batch, steps, inputs, hidden)?;
    let disjoint = disjoint(
        &[&x, &weight_ih, &weight_hh, &output, &state, &kept, &d_output, &d_last],
        &[&d_x, &d_weight_ih, &d_weight_hh, &d_bias_ih, &d_bias_hh, &d_state],
    )?;
    let layer = Layer {
        kind,
        sizes,
        x: x.read(&disjoint, "x", lengths.x)?,
        weight_ih: weight_ih.read(&disjoint, "weightIh", lengths.weight_ih)?,
        weight_hh: weight_hh.read(&disjoint, "weightHh", lengths.weight_hh)?,
        state: state.read(&disjoint, "state", lengths.state)?,
    };
    let gradients = Gradients {
        x: d_x.write(&disjoint, "dX", lengths.x)?,
        weight_ih: d_weight_ih.write(&disjoint, "dWeightIh", lengths.weight_ih)?,
        weight_hh: d_weight_hh.write(&disjoint, "dWeightHh", lengths.weight_hh)?,
        bias_ih: d_bias_ih.write(&disjoint, "dBiasIh", lengths.bias)?,
        bias_hh: d_bias_hh.write(&disjoint, "dBiasHh", lengths.bias)?,
        state: d_state.write(&disjoint, "dState", lengths.state)?,
    };
    recurrent::backward(
        &layer,
        output.read(&disjoint, "output", lengths.output)?,
        match kept.read(&disjoint, "kept", lengths.kept)? {
            Some(kept) => kept,
            None if kind == Kind::Gru => {
                return Err(invalid("kept: missing, expected the array saved by the forward pass"));
            }
            None => &[],
        },
        d_output.read(&disjoint, "dOutput", lengths.output)?,
        d_last.read(&disjoint, "dLast", lengths.state)?,
        gradients,
    );
    Ok(())
}
