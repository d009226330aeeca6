//! Transposes, slices, concatenation.
