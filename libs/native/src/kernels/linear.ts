// The affine map of a layer, with bias and activation: functions of the native library.

export type LinearKernels = object;
