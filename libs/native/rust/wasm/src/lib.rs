//! The kernels as WebAssembly.
