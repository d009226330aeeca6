//! Sums, means, largest of rows, softmax.
