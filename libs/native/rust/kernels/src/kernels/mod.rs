//! The kernels: safe functions over slices, with shapes as arguments.

pub mod activations;
pub mod attention;
pub mod cached_attention;
pub mod cross_entropy;
pub mod dropout;
pub mod elementwise;
pub mod embedding;
pub mod experts;
pub mod layout;
pub mod linear;
pub mod matmul;
pub mod norms;
pub mod optimizers;
pub mod recurrent;
pub mod reduce;
#[cfg(test)]
pub mod testing;
pub mod threefry;
pub mod vectors;
pub mod walk;
