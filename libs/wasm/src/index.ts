export { openWasm, type OpenedWasm, type WasmOptions, type WasmVariant } from './open.js';
