//! Arithmetic element by element.
