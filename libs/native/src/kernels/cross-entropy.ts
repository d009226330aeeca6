// Cross entropy from logits, and fused with the output projection: functions of the native library.

export type CrossEntropyKernels = object;
