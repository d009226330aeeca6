// Rows to experts and back: functions of the native library.

export type ExpertsKernels = object;
