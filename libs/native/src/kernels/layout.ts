// Transposes, slices, concatenation: functions of the native library.

export type LayoutKernels = object;
