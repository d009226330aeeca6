//! LayerNorm and RMSNorm: from JavaScript.
