// Registers the backend with TensorFlow.js: the kernels of tfjs's cpu backend, replaced by native ones where there are any.
import { tf } from './tf.js';
import { NativeBackend } from './backend.js';
import { loadAddon } from './load.js';
import { elementwise } from './operations/elementwise.js';
import { layout } from './operations/layout.js';
import { products } from './operations/matmul.js';
import type { Call, Operations } from './operations/operation.js';
import { reductions } from './operations/reduce.js';

type KernelParams = Parameters<tf.KernelFunc>[0];
type KernelResult = ReturnType<tf.KernelFunc>;

/** Vector instructions by index, as the addon gives them. */
const INSTRUCTIONS = ['avx512', 'avx2', 'neon', 'simd128', 'portable'] as const;

/** Properties of the registered backend. */
interface RegisteredNative {
  /** The vector instructions in use. */
  readonly instructions: (typeof INSTRUCTIONS)[number];
  /** Whether the processor multiplies bf16 matrices in hardware. */
  readonly hasBf16: boolean;
  readonly threads: number;
}

/**
 * Registers the TensorFlow.js backend `native`. May be called again to change the number of threads.
 *
 * @param options.threads default: LILFORMER_THREADS, or the cores available to this process
 * @throws NativeUnavailableError when there is no addon for this machine
 * @throws Error when the number of threads is not an integer of at least 1
 */
export function registerNative(options: { threads?: number } = {}): RegisteredNative {
  const addon = loadAddon();
  const variable = process.env.LILFORMER_THREADS;
  const wanted = options.threads ?? (variable ? Number(variable) : addon.defaultThreads());
  if (!Number.isInteger(wanted) || wanted < 1) {
    const given = options.threads === undefined ? `LILFORMER_THREADS ${variable}` : `threads ${wanted}`;
    throw new Error(`${given}: expected an integer of at least 1`);
  }
  const threads = addon.setThreads(wanted);
  if (!tf.findBackendFactory('native')) {
    registerKernels();
    tf.registerBackend('native', () => new NativeBackend(addon), 4);
  }
  return { instructions: INSTRUCTIONS[addon.simdLevel()], hasBf16: addon.hasBf16() === 1, threads };
}

function registerKernels(): void {
  const operations: Operations = { ...elementwise, ...reductions, ...layout, ...products };
  for (const { kernelFunc, ...config } of tf.getKernelsForBackend('cpu')) {
    const onCpu = (params: KernelParams): KernelResult =>
      (params.backend as NativeBackend).runInside(() =>
        kernelFunc(params as Parameters<typeof kernelFunc>[0]),
      );
    const operation = operations[config.kernelName];
    tf.registerKernel({
      ...config,
      backendName: 'native',
      kernelFunc: operation ? (params) => operation(params as Call) ?? onCpu(params) : onCpu,
    });
  }
}
