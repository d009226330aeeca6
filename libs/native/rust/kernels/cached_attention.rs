//! Attention of a new token over remembered keys and values.
