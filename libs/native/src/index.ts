export { NativeBackend } from './backend.js';
export { NativeUnavailableError } from './load.js';
export type { AddonKernels as NativeKernels } from './calls.js';
export { registerNative } from './register-native.js';
