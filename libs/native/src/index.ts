export { NativeBackend } from './backend.js';
export { NativeUnavailableError } from './load.js';
export type { NativeKernels } from './kernels.js';
export { registerNative } from './register-native.js';
