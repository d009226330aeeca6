//! RNN and GRU over whole sequences: from JavaScript.
