// Opens TensorFlow.js's wasm backend and corrects three of its behaviors. On Node it has one thread.
import type { Opened } from '../candidates.js';
import { require, tf } from '../tf.js';
import { replaceMatMul } from './wasm-matmul.js';

/** Opens the wasm backend. @throws Error when this Node has no WebAssembly */
export async function openWasm(): Promise<Opened> {
  if (!('WebAssembly' in globalThis)) throw new Error('this Node has no WebAssembly (--jitless?)');
  require('@tensorflow/tfjs-backend-wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  await withoutNewListeners(() => tf.setBackend('wasm'));
  shareMemoryOfClones();
  replaceMatMul();
  return {
    detail: `WebAssembly ${simd ? 'with' : 'without'} SIMD, one thread`,
    threads: 1,
    precision: 'float32',
  };
}

/**
 * Removes the process-wide error listeners that `load` adds: Emscripten's answer an unhandled rejection by printing 70 kB
 * of its own source instead of the error's stack.
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

/** Lets clones share memory, as on tfjs's cpu backend. The original kernel copies, for each tensor saved for a gradient. */
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
