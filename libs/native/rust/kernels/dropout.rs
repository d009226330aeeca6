//! Dropout from a counter-based generator, alone and with a residual.
