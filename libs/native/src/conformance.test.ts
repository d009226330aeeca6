// The conformance suite of @lilformer/kernels on the addon.
import { conformance } from '../../kernels/src/conformance/index.js';
import { kernelsOf } from './calls.js';
import { loadAddon } from './load.js';
import { describeNative } from './testing/library.js';

const CLASSES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

describeNative('conformance', () => {
  conformance('native', () => {
    const addon = loadAddon();
    return {
      kernels: kernelsOf(addon),
      array: (type, length) => new CLASSES[type](length),
    };
  });
});
