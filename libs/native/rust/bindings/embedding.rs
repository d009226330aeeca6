//! Rows of a table, and the sum back into them: from JavaScript.
