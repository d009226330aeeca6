// The conformance suite of @lilformer/kernels on the addon, whose functions take positional arguments.
import { conformance } from '../../kernels/src/conformance/index.js';
import type { Kernels } from '../../kernels/src/index.js';
import { loadAddon } from './load.js';
import { describeNative } from './testing/library.js';
import { signatures } from './testing/signatures.js';

type Functions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** The addon's functions with one object as argument. */
function objectArguments(addon: Functions): Kernels {
  const kernels = [...signatures()].map(([name, parameters]) => [
    name,
    (call: Readonly<Record<string, unknown>>) => addon[name](...parameters.map((p) => call[p.name])),
  ]);
  return Object.fromEntries(kernels) as Kernels;
}

const CLASSES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

describeNative('conformance', () => {
  conformance('native', () => {
    const addon = loadAddon();
    return {
      kernels: objectArguments(addon as unknown as Functions),
      array: (type, length) => new CLASSES[type](length),
      bf16: addon.hasBf16(),
    };
  });
});
