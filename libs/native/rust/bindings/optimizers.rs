//! AdamW, Adam and SGD, and the norm of all gradients: from JavaScript.
