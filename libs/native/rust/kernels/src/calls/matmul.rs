//! Batched matrix products.

use super::arguments::*;
use crate::kernels::matmul::{self, Activation, Sizes};

const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::Sigmoid];

/// c[i] [m, n] = activation(a[a_of[i]] · b[b_of[i]] + bias); `a` holds `a_count` matrices [m, k] (or [k, m]), `b`
/// `b_count` matrices [k, n] (or [n, k]).
pub fn matmul(
    a: Input<f32>,
    b: Input<f32>,
    bias: Option<Input<f32>>,
    c: Output<f32>,
    a_of: Input<i32>,
    b_of: Input<i32>,
    a_count: u32,
    b_count: u32,
    m: u32,
    n: u32,
    k: u32,
    a_transposed: bool,
    b_transposed: bool,
    activation: u32,
) -> Result<()> {
    let batch = a_of.len()?;
    let in_all = u32::try_from(batch).map_err(|_| invalid("too many products"))?;
    let (a_length, b_length) = (size(&[a_count, m, k])?, size(&[b_count, k, n])?);
    let c_length = size(&[in_all, m, n])?;
    let disjoint = disjoint(&[&a, &b, &a_of, &b_of, &bias], &[&c])?;
    let a = a.read(&disjoint, "a", a_length)?;
    let b = b.read(&disjoint, "b", b_length)?;
    let bias = bias.read(&disjoint, "bias", n as usize)?;
    let a_of = a_of.read(&disjoint, "aOf", batch)?;
    let b_of = b_of.read(&disjoint, "bOf", batch)?;
    for (of, count, name) in [(a_of, a_count, "a"), (b_of, b_count, "b")] {
        if let Some(i) = of.iter().find(|&&i| i < 0 || i as u32 >= count) {
            return Err(invalid(format!("matrix {i} of {name}: expected 0 to below {count}")));
        }
    }
    let Some(&activation) = ACTIVATIONS.get(activation as usize) else {
        return Err(invalid(format!("activation {activation}: expected 0 to 2")));
    };
    let c = c.write(&disjoint, "c", c_length)?;
    let (m, n, k) = (m as usize, n as usize, k as usize);
    matmul::matmul(a, b, bias, c, a_of, b_of, Sizes { m, n, k, a_transposed, b_transposed }, activation);
    Ok(())
}
