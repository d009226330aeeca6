//! Rows to experts and back: from JavaScript.
