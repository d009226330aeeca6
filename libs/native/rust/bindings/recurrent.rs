//! RNN and GRU over whole sequences: from JavaScript.

use crate::arrays::{Apart, Input, Output, apart, invalid, size};
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

type In<'a> = Option<Input<'a, f32>>;
type Out<'a> = Option<Output<'a, f32>>;

fn read<'a>(array: &In<'a>, apart: &Apart, name: &str, length: usize) -> Result<Option<&'a [f32]>> {
    array.as_ref().map(|array| array.read(apart, name, length)).transpose()
}

fn write<'a>(array: Out<'a>, apart: &Apart, name: &str, length: usize) -> Result<Option<&'a mut [f32]>> {
    array.map(|array| array.write(apart, name, length)).transpose()
}

#[napi(catch_unwind)]
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
    let mut spans = vec![x.span(), weight_ih.span(), weight_hh.span()];
    spans.extend([&bias_ih, &bias_hh, &state].into_iter().flatten().map(Input::span));
    let mut written = vec![output.span(), last.span()];
    written.extend(kept.iter().map(Output::span));
    let apart = apart(&spans, &written)?;
    let layer = Layer {
        kind,
        sizes,
        x: x.read(&apart, "x", lengths.x)?,
        weight_ih: weight_ih.read(&apart, "weightIh", lengths.weight_ih)?,
        weight_hh: weight_hh.read(&apart, "weightHh", lengths.weight_hh)?,
        state: read(&state, &apart, "state", lengths.state)?,
    };
    let biases =
        [read(&bias_ih, &apart, "biasIh", lengths.bias)?, read(&bias_hh, &apart, "biasHh", lengths.bias)?];
    let output = output.write(&apart, "output", lengths.output)?;
    let last = last.write(&apart, "last", lengths.state)?;
    let kept = write(kept, &apart, "kept", lengths.kept)?;
    recurrent::forward(&layer, biases, output, last, kept);
    Ok(())
}

#[napi(catch_unwind)]
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
    let mut spans = vec![x.span(), weight_ih.span(), weight_hh.span(), output.span()];
    spans.extend([&state, &kept, &d_output, &d_last].into_iter().flatten().map(Input::span));
    let mut written = vec![d_x.span(), d_weight_ih.span(), d_weight_hh.span()];
    written.extend([&d_bias_ih, &d_bias_hh, &d_state].into_iter().flatten().map(Output::span));
    let apart = apart(&spans, &written)?;
    let layer = Layer {
        kind,
        sizes,
        x: x.read(&apart, "x", lengths.x)?,
        weight_ih: weight_ih.read(&apart, "weightIh", lengths.weight_ih)?,
        weight_hh: weight_hh.read(&apart, "weightHh", lengths.weight_hh)?,
        state: read(&state, &apart, "state", lengths.state)?,
    };
    let gradients = Gradients {
        x: d_x.write(&apart, "dX", lengths.x)?,
        weight_ih: d_weight_ih.write(&apart, "dWeightIh", lengths.weight_ih)?,
        weight_hh: d_weight_hh.write(&apart, "dWeightHh", lengths.weight_hh)?,
        bias_ih: write(d_bias_ih, &apart, "dBiasIh", lengths.bias)?,
        bias_hh: write(d_bias_hh, &apart, "dBiasHh", lengths.bias)?,
        state: write(d_state, &apart, "dState", lengths.state)?,
    };
    recurrent::backward(
        &layer,
        output.read(&apart, "output", lengths.output)?,
        match read(&kept, &apart, "kept", lengths.kept)? {
            Some(kept) => kept,
            None if kind == Kind::Gru => {
                return Err(invalid("kept: none, expected what the forward pass kept"));
            }
            None => &[],
        },
        read(&d_output, &apart, "dOutput", lengths.output)?,
        read(&d_last, &apart, "dLast", lengths.state)?,
        gradients,
    );
    Ok(())
}
