//! The affine map of a layer, with bias and activation: from JavaScript.
