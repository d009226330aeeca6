//! Sums, means, largest of rows, softmax: from JavaScript.
