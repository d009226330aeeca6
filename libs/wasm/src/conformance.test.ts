// The conformance suite of @lilformer/kernels on the binary that this machine takes, or LILFORMER_WASM names, on one thread and on two.
import { describe } from 'vitest';
import { conformance } from '../../kernels/src/conformance/index.js';
import { openWasm } from './open.js';

const CLASSES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
const BYTES = { float32: 4, float64: 8, int32: 4, uint8: 1 };

describe.each([1, 2])('%i threads', async (threads) => {
  const { kernels, memory, variant } = await openWasm({ threads });
  conformance(variant, () => ({
    kernels,
    array: (type, length) => {
      const { buffer, offset } = memory.allocate(length * BYTES[type]);
      return new CLASSES[type](buffer as ArrayBuffer, offset, length);
    },
  }));
});
