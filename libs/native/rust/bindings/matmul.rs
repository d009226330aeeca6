//! Products of batches of matrices: from JavaScript.
