//! Attention of several heads, without a matrix of scores in memory: from JavaScript.
