export { writeFileAtomic } from './files/atomic-file.js';
export { readJson } from './files/json-file.js';
export { fromFloat32, isNamedArray, type DType, type NamedArray } from './named-array.js';
export { readPyTorch, readWeights, stateDictOf, type PlainValue } from './pytorch/pytorch.js';
export { RunFolder } from './run-folder/run-folder.js';
export { parseSafetensors, serializeSafetensors } from './safetensors/safetensors-bytes.js';
export {
  openSafetensors,
  readSafetensors,
  writeSafetensors,
  type SafetensorsFile,
} from './safetensors/safetensors.js';
export { toFloat32 } from './to-float32.js';
export { openWeights, type WeightsFile } from './weights-file.js';
