// RNN and GRU over whole sequences: functions of the native library.

export type RecurrentKernels = object;
