//! Cross entropy from logits, and fused with the output projection: from JavaScript.
