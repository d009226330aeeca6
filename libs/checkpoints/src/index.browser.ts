// What works in a page: all but the file system.
export type { FileInput } from './files/byte-source.js';
export { readJson } from './files/json-file.js';
export { fromFloat32, isNamedArray, type DType, type NamedArray } from './named-array.js';
export { readPyTorch, readWeights, stateDictOf, type PlainValue } from './pytorch/pytorch.js';
export { directoryStore, memoryStore, type FileStore } from './run-folder/file-store.js';
export { RunFiles } from './run-folder/run-files.js';
export type { RunStorage } from './run-folder/run-storage.js';
export { parseSafetensors, serializeSafetensors } from './safetensors/safetensors-bytes.js';
export { openSafetensors, readSafetensors, type SafetensorsFile } from './safetensors/safetensors.js';
export { toFloat32 } from './to-float32.js';
export { openWeights, type OpenWeightsOptions, type WeightsFile } from './weights-file.js';
