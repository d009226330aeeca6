// What works in a page: arrays and safetensors in memory.
export { fromFloat32, isNamedArray, type DType, type NamedArray } from './named-array.js';
export { parseSafetensors, serializeSafetensors } from './safetensors/safetensors-bytes.js';
export { toFloat32 } from './to-float32.js';
