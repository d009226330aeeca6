export { NativeBackend, type Precision } from './backend.js';
export { NativeUnavailableError } from './load.js';
export type { NativeKernels } from './kernels.js';
export type { PoolStatistics } from './memory.js';
export { registerNative, type NativeOptions } from './register-native.js';
