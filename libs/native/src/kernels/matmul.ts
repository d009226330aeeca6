// Products of batches of matrices: functions of the native library.

export type MatmulKernels = object;
