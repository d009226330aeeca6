//! RNN and GRU over whole sequences.
