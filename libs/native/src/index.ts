export { NativeUnavailableError } from './load.js';
export { openNative, type OpenedNative } from './open-native.js';
