// Arithmetic element by element: functions of the native library.

export type ElementwiseKernels = object;
