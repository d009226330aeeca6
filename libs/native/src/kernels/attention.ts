// Attention of several heads, without a matrix of scores in memory: functions of the native library.

export type AttentionKernels = object;
