//! Transposes, slices, concatenation: from JavaScript.
