//! RNN and GRU over whole sequences: from JavaScript. Arrays that are not there come empty.

use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::recurrent::{self, Gradients, Kind, Layer, Sizes};
use napi::Result;
use napi_derive::napi;

fn kind_of(kind: u32) -> Result<Kind> {
    match kind {
        0 => Ok(Kind::Tanh),
        1 => Ok(Kind::Relu),
        2 => Ok(Kind::Gru),
        _ => Err(invalid(format!("kind {kind}: expected 0 (tanh), 1 (relu) or 2 (GRU)"))),
    }
}

/// Lengths of the arrays, from sizes that are good.
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

macro_rules! read_if_there {
    ($apart:ident, $name:literal, $array:ident, $length:expr) => {
        if $array.len() == 0 { None } else { Some($array.read(&$apart, $name, $length)?) }
    };
}

macro_rules! write_if_there {
    ($apart:ident, $name:literal, $array:ident, $length:expr) => {
        if $array.len() == 0 { None } else { Some($array.write(&$apart, $name, $length)?) }
    };
}

#[napi(catch_unwind)]
pub fn recurrent_forward(
    x: Input<f32>,
    weight_ih: Input<f32>,
    weight_hh: Input<f32>,
    bias_ih: Input<f32>,
    bias_hh: Input<f32>,
    state: Input<f32>,
    output: Output<f32>,
    last: Output<f32>,
    kept: Output<f32>,
    batch: u32,
    steps: u32,
    inputs: u32,
    hidden: u32,
    kind: u32,
) -> Result<()> {
    let kind = kind_of(kind)?;
    let (sizes, lengths) = lengths(kind, batch, steps, inputs, hidden)?;
    let read = [x.span(), weight_ih.span(), weight_hh.span(), bias_ih.span(), bias_hh.span(), state.span()];
    let apart = apart(&read, &[output.span(), last.span(), kept.span()])?;
    let layer = Layer {
        kind,
        sizes,
        x: x.read(&apart, "x", lengths.x)?,
        weight_ih: weight_ih.read(&apart, "weightIh", lengths.weight_ih)?,
        weight_hh: weight_hh.read(&apart, "weightHh", lengths.weight_hh)?,
        state: read_if_there!(apart, "state", state, lengths.state),
    };
    let biases = [
        read_if_there!(apart, "biasIh", bias_ih, lengths.bias),
        read_if_there!(apart, "biasHh", bias_hh, lengths.bias),
    ];
    let output = output.write(&apart, "output", lengths.output)?;
    let last = last.write(&apart, "last", lengths.state)?;
    let kept = write_if_there!(apart, "kept", kept, lengths.kept);
    recurrent::forward(&layer, biases, output, last, kept);
    Ok(())
}

#[napi(catch_unwind)]
pub fn recurrent_backward(
    x: Input<f32>,
    weight_ih: Input<f32>,
    weight_hh: Input<f32>,
    state: Input<f32>,
    output: Input<f32>,
    kept: Input<f32>,
    d_output: Input<f32>,
    d_last: Input<f32>,
    d_x: Output<f32>,
    d_weight_ih: Output<f32>,
    d_weight_hh: Output<f32>,
    d_bias_ih: Output<f32>,
    d_bias_hh: Output<f32>,
    d_state: Output<f32>,
    batch: u32,
    steps: u32,
    inputs: u32,
    hidden: u32,
    kind: u32,
) -> Result<()> {
    let kind = kind_of(kind)?;
    let (sizes, lengths) = lengths(kind, batch, steps, inputs, hidden)?;
    let read = [
        x.span(),
        weight_ih.span(),
        weight_hh.span(),
        state.span(),
        output.span(),
        kept.span(),
        d_output.span(),
        d_last.span(),
    ];
    let written = [
        d_x.span(),
        d_weight_ih.span(),
        d_weight_hh.span(),
        d_bias_ih.span(),
        d_bias_hh.span(),
        d_state.span(),
    ];
    let apart = apart(&read, &written)?;
    let layer = Layer {
        kind,
        sizes,
        x: x.read(&apart, "x", lengths.x)?,
        weight_ih: weight_ih.read(&apart, "weightIh", lengths.weight_ih)?,
        weight_hh: weight_hh.read(&apart, "weightHh", lengths.weight_hh)?,
        state: read_if_there!(apart, "state", state, lengths.state),
    };
    let gradients = Gradients {
        x: d_x.write(&apart, "dX", lengths.x)?,
        weight_ih: d_weight_ih.write(&apart, "dWeightIh", lengths.weight_ih)?,
        weight_hh: d_weight_hh.write(&apart, "dWeightHh", lengths.weight_hh)?,
        bias_ih: write_if_there!(apart, "dBiasIh", d_bias_ih, lengths.bias),
        bias_hh: write_if_there!(apart, "dBiasHh", d_bias_hh, lengths.bias),
        state: write_if_there!(apart, "dState", d_state, lengths.state),
    };
    recurrent::backward(
        &layer,
        output.read(&apart, "output", lengths.output)?,
        kept.read(&apart, "kept", lengths.kept)?,
        read_if_there!(apart, "dOutput", d_output, lengths.output),
        read_if_there!(apart, "dLast", d_last, lengths.state),
        gradients,
    );
    Ok(())
}
