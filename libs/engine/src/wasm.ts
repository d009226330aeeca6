// TensorFlow.js's wasm backend, opened, with two of its habits mended. Leaves out its threads, which it has in
// browsers only.
import type { Opened } from './candidates.js';
import { require, tf } from './tf.js';

/** Opens the wasm backend. @throws Error when this Node has no WebAssembly */
export async function openWasm(): Promise<Opened> {
  if (!('WebAssembly' in globalThis)) throw new Error('this Node has no WebAssembly (--jitless?)');
  require('@tensorflow/tfjs-backend-wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  await withoutNewListeners(() => tf.setBackend('wasm'));
  shareMemoryOfClones();
  return { detail: `WebAssembly ${simd ? 'with' : 'without'} SIMD, one thread`, bf16: false };
}

/**
 * Takes away the process-wide error listeners that a loader adds: Emscripten's would answer any rejected promise
 * of the program by printing 70 kB of its own source in place of the error's stack.
 */
async function withoutNewListeners(load: () => Promise<unknown>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = events.map((event) => process.listeners(event as 'SIGINT'));
  await load();
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as 'SIGINT')) {
      if (!before[i].includes(listener)) process.off(event, listener);
    }
  });
}

/**
 * Lets a clone share the memory of its original, as tfjs's cpu engine does; its wasm engine copies. Every tensor
 * that a gradient will need is cloned, and no operation writes into a tensor that exists.
 */
function shareMemoryOfClones(): void {
  tf.unregisterKernel('Identity', 'wasm');
  tf.registerKernel({
    kernelName: 'Identity',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs.x as tf.TensorInfo;
      (backend as tf.KernelBackend).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}
