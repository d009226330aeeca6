// Sums, means, largest of rows, softmax: functions of the native library.

export type ReduceKernels = object;
