// The engines that can be asked for, in the order in which `auto` tries them. Leaves out how one is chosen:
// that is open-engine.ts. A further engine is one more entry here.
import { tf } from './tf.js';

/** A TensorFlow.js backend that may or may not open on this machine. */
export interface Candidate {
  readonly name: string;
  /** Loads and registers the backend; resolves to what it found, in words, or throws why it cannot be used. */
  load(): Promise<string>;
  /** What to do when it does not open. */
  readonly help: string;
}

export const candidates = [
  {
    name: 'wasm',
    async load() {
      if (!('WebAssembly' in globalThis)) throw new Error('this Node has no WebAssembly (--jitless?)');
      await import('@tensorflow/tfjs-backend-wasm');
      const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      await withoutNewListeners(() => tf.setBackend('wasm'));
      shareMemoryOfClones();
      return simd ? 'WebAssembly with SIMD, one thread' : 'WebAssembly without SIMD, one thread';
    },
    help: 'install @tensorflow/tfjs-backend-wasm 4.22.0, or take --engine cpu',
  },
  {
    name: 'cpu',
    async load() {
      await import('@tensorflow/tfjs-backend-cpu');
      return 'plain JavaScript, one thread: correct, and slow';
    },
    help: 'install @tensorflow/tfjs-backend-cpu 4.22.0',
  },
] as const satisfies readonly Candidate[];

/** Names that `openEngine` knows besides `auto`. */
export type EngineName = (typeof candidates)[number]['name'];

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
