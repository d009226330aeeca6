// The suite itself: the reference passes, and wrong implementations do not.
import { conformance } from './index.js';
import { referenceKernels } from '../reference/index.js';

const CLASSES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

conformance('reference', () => ({
  kernels: referenceKernels,
  array: (type, length) => new CLASSES[type](length),
}));
