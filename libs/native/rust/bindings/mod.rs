//! The functions exported to JavaScript: each checks its arguments and calls a kernel.

mod activations;
mod attention;
mod cached_attention;
mod cross_entropy;
mod dropout;
mod elementwise;
mod embedding;
mod experts;
mod layout;
mod linear;
mod machine;
mod matmul;
mod norms;
mod optimizers;
mod recurrent;
mod reduce;
