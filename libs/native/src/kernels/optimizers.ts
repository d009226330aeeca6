// AdamW, Adam and SGD, and the norm of all gradients: functions of the native library.

export type OptimizersKernels = object;
