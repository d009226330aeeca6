//! Updates of all parameters, and the norm of all gradients, checked.

use crate::arrays::{Apart, Input, Output, Several, Span, apart, invalid};
use crate::kernels::optimizers::{self, Adam, AdamParameter, Sgd, SgdParameter};
use napi::Result;
use napi_derive::napi;

/// The sum of the squares of all elements, in double precision.
#[napi(catch_unwind)]
pub fn sum_of_squares(arrays: Several) -> Result<f64> {
    let apart = apart(&[], &[])?;
    let arrays = arrays.inputs()?;
    let arrays = arrays.iter().map(|array| array.read(&apart, "array", array.len()));
    Ok(optimizers::sum_of_squares(&arrays.collect::<Result<Vec<_>>>()?))
}

/// Checks that there are as many of each, and that they are apart from one another and from `more`.
fn all_apart(inputs: &[Input<f32>], more: &[Span], outputs: &[&[Output<f32>]]) -> Result<Apart> {
    let counts = outputs.iter().map(|arrays| arrays.len());
    if let Some(count) = counts.into_iter().find(|&count| count != inputs.len()) {
        let given = inputs.len();
        return Err(invalid(format!("{given} gradients and {count} other arrays, expected equally many")));
    }
    let inputs: Vec<Span> = inputs.iter().map(Input::span).chain(more.iter().copied()).collect();
    let outputs: Vec<Span> = outputs.iter().flat_map(|arrays| arrays.iter()).map(Output::span).collect();
    apart(&inputs, &outputs)
}

/// One step of Adam or AdamW, in place. `factors`: for each parameter learningRate / (1 - beta1^step) and
/// 1 / √(1 - beta2^step).
#[napi(catch_unwind)]
pub fn adam_step(
    gradients: Several,
    factors: Input<f64>,
    weights: Several,
    first: Several,
    second: Several,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    shrink: f64,
    l2: f64,
    scale: f64,
) -> Result<()> {
    let gradients = gradients.inputs()?;
    let (weights, first, second) = (weights.outputs()?, first.outputs()?, second.outputs()?);
    let apart = all_apart(&gradients, &[factors.span()], &[&weights, &first, &second])?;
    let factors = factors.read(&apart, "factors", 2 * gradients.len())?;
    let mut parameters = Vec::with_capacity(weights.len());
    let moments = first.into_iter().zip(second);
    for (i, ((gradient, weights), (first, second))) in gradients.iter().zip(weights).zip(moments).enumerate()
    {
        let length = weights.len();
        parameters.push(AdamParameter {
            weights: weights.write(&apart, "weights", length)?,
            gradient: gradient.read(&apart, "gradient", length)?,
            first: first.write(&apart, "first moment", length)?,
            second: second.write(&apart, "second moment", length)?,
            step_size: factors[2 * i] as f32,
            correction: factors[2 * i + 1] as f32,
        });
    }
    let rule = Adam {
        beta2: beta2 as f32,
        rest1: (1.0 - beta1) as f32,
        rest2: (1.0 - beta2) as f32,
        epsilon: epsilon as f32,
        shrink: shrink as f32,
        l2: l2 as f32,
        scale: scale as f32,
    };
    optimizers::adam(&mut parameters, &rule);
    Ok(())
}

/// One step of stochastic gradient descent, in place.
#[napi(catch_unwind)]
pub fn sgd_step(
    gradients: Several,
    weights: Several,
    velocity: Several,
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
    scale: f64,
) -> Result<()> {
    let gradients = gradients.inputs()?;
    let (weights, velocity) = (weights.outputs()?, velocity.outputs()?);
    let apart = all_apart(&gradients, &[], &[&weights, &velocity])?;
    let mut parameters = Vec::with_capacity(weights.len());
    for ((gradient, weights), velocity) in gradients.iter().zip(weights).zip(velocity) {
        let length = weights.len();
        parameters.push(SgdParameter {
            weights: weights.write(&apart, "weights", length)?,
            gradient: gradient.read(&apart, "gradient", length)?,
            velocity: velocity.write(&apart, "velocity", length)?,
        });
    }
    let rule = Sgd {
        learning_rate: learning_rate as f32,
        momentum: momentum as f32,
        weight_decay: weight_decay as f32,
        scale: scale as f32,
    };
    optimizers::sgd(&mut parameters, &rule);
    Ok(())
}
