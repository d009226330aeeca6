// Dropout from a counter-based generator, alone and with a residual: functions of the native library.

export type DropoutKernels = object;
