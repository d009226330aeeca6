//! Optimizer steps and the norm of all gradients.

use super::arguments::*;
use crate::kernels::optimizers::{self, Adam, AdamParameter, Sgd, SgdParameter};

/// The sum of the squares of all elements, in double precision.
pub fn sum_of_squares(arrays: Inputs) -> Result<f64> {
    let disjoint = disjoint(&[], &[])?;
    let arrays = arrays.arrays();
    let arrays = arrays.iter().map(|array| array.read(&disjoint, "array", array.len()?));
    Ok(optimizers::sum_of_squares(&arrays.collect::<Result<Vec<_>>>()?))
}

/// Checks that there are as many arrays of each kind as gradients.
fn same_count(gradients: &[Input<f32>], others: &[&[Output<f32>]]) -> Result<()> {
    match others.iter().find(|arrays| arrays.len() != gradients.len()) {
        None => Ok(()),
        Some(arrays) => {
            let (given, count) = (gradients.len(), arrays.len());
            Err(invalid(format!("{given} gradients and {count} other arrays, expected equally many")))
        }
    }
}

/// One step of Adam or AdamW, in place. `factors`: for each parameter learningRate / (1 - beta1^step) and
/// 1 / √(1 - beta2^step).
pub fn adam_step(
    gradients: Inputs,
    factors: Input<f64>,
    weights: Outputs,
    first: Outputs,
    second: Outputs,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    shrink: f64,
    l2: f64,
    scale: f64,
) -> Result<()> {
    let gradients = gradients.arrays();
    let (weights, first, second) = (weights.arrays(), first.arrays(), second.arrays());
    same_count(&gradients, &[&weights, &first, &second])?;
    let disjoint = disjoint(&[&gradients, &factors], &[&weights, &first, &second])?;
    let factors = factors.read(&disjoint, "factors", 2 * gradients.len())?;
    let mut parameters = Vec::with_capacity(weights.len());
    let moments = first.into_iter().zip(second);
    for (i, ((gradient, weights), (first, second))) in gradients.iter().zip(weights).zip(moments).enumerate()
    {
        let length = weights.len()?;
        parameters.push(AdamParameter {
            weights: weights.write(&disjoint, "weights", length)?,
            gradient: gradient.read(&disjoint, "gradient", length)?,
            first: first.write(&disjoint, "first moment", length)?,
            second: second.write(&disjoint, "second moment", length)?,
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
pub fn sgd_step(
    gradients: Inputs,
    weights: Outputs,
    velocity: Outputs,
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
    scale: f64,
) -> Result<()> {
    let gradients = gradients.arrays();
    let (weights, velocity) = (weights.arrays(), velocity.arrays());
    same_count(&gradients, &[&weights, &velocity])?;
    let disjoint = disjoint(&[&gradients], &[&weights, &velocity])?;
    let mut parameters = Vec::with_capacity(weights.len());
    for ((gradient, weights), velocity) in gradients.iter().zip(weights).zip(velocity) {
        let length = weights.len()?;
        parameters.push(SgdParameter {
            weights: weights.write(&disjoint, "weights", length)?,
            gradient: gradient.read(&disjoint, "gradient", length)?,
            velocity: velocity.write(&disjoint, "velocity", length)?,
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
