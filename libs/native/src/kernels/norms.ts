// LayerNorm and RMSNorm: functions of the native library.

export type NormsKernels = object;
