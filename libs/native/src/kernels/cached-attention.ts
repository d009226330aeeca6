// Attention of a new token over remembered keys and values: functions of the native library.

export type CachedAttentionKernels = object;
