//! Activations.

use super::arguments::*;
use crate::kernels::activations::{Activation, backward, forward};

/// 0 relu, 1 gelu, 2 geluTanh.
fn activation(kind: u32) -> Result<Activation> {
    match kind {
        0 => Ok(Activation::Relu),
        1 => Ok(Activation::Gelu),
        2 => Ok(Activation::GeluTanh),
        _ => Err(invalid(format!("activation {kind}: expected 0, 1 or 2"))),
    }
}

/// As `activation`, or 3 for none.
pub fn activation_or_none(kind: u32) -> Result<Option<Activation>> {
    if kind == 3 { Ok(None) } else { activation(kind).map(Some) }
}

/// y = f(x)
pub fn activation_forward(x: Input<f32>, y: Output<f32>, kind: u32) -> Result<()> {
    let disjoint = disjoint(&[&x], &[&y])?;
    let length = x.len()?;
    forward(activation(kind)?, x.read(&disjoint, "x", length)?, y.write(&disjoint, "y", length)?);
    Ok(())
}

/// dx = dy · f'(x)
pub fn activation_backward(dy: Input<f32>, x: Input<f32>, dx: Output<f32>, kind: u32) -> Result<()> {
    let disjoint = disjoint(&[&dy, &x], &[&dx])?;
    let length = x.len()?;
    let (x, dy) = (x.read(&disjoint, "x", length)?, dy.read(&disjoint, "dy", length)?);
    backward(activation(kind)?, x, dy, dx.write(&disjoint, "dx", length)?);
    Ok(())
}
