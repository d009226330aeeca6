export { isNamedArray, fromFloat32 } from './named-array.js';
export type { DType, NamedArray, Rows, TypedArray } from './named-array.js';
export { toFloat32 } from './to-float32.js';
export {
  openSafetensors,
  parseSafetensors,
  readSafetensors,
  serializeSafetensors,
  writeSafetensors,
  SafetensorsFile,
} from './safetensors.js';
export type { Safetensors } from './safetensors.js';
export type { TensorEntry } from './safetensors-header.js';
export { writeFileAtomic } from './atomic-file.js';
export { RunFolder } from './run-folder.js';
export type { NamedArrays, RunContents, RunFolderOptions } from './run-folder.js';
export type { LogEvent } from './json-lines.js';
export { openWeights } from './weights-file.js';
export type { WeightsFile } from './weights-file.js';
export { readPyTorch, readWeights, stateDictOf } from './pytorch.js';
export type { PlainValue } from './pytorch.js';
