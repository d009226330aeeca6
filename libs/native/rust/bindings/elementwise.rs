//! Arithmetic element by element: from JavaScript.
