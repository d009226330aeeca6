// Rows of a table, and the sum back into them: functions of the native library.

export type EmbeddingKernels = object;
