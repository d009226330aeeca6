export { NativeBackend } from './backend.js';
export { NativeUnavailableError } from './load.js';
export type { Addon as NativeKernels } from './calls.js';
export { registerNative } from './register-native.js';
