// Registers the backend with TensorFlow.js: all kernels of cpu, and over them the native ones. Leaves out choosing an
// engine, which is @lilformer/engine's.
import { tf } from './tf.js';
import { NativeBackend } from './backend.js';
import { loadLibrary, type Library } from './load.js';
import { elementwise } from './operations/elementwise.js';
import { layout } from './operations/layout.js';
import { products } from './operations/matmul.js';
import type { Call, Operations } from './operations/operation.js';
import { reductions } from './operations/reduce.js';

type KernelParams = Parameters<tf.KernelFunc>[0];
type KernelResult = ReturnType<tf.KernelFunc>;

/** What `registerNative` takes. */
export interface NativeOptions {
  /** Threads that kernels run on; without it LILFORMER_THREADS, or the cores that this process may use. */
  threads?: number;
}

const INSTRUCTIONS = { avx512: 'AVX-512', avx2: 'AVX2', neon: 'NEON', portable: 'portable code' } as const;

/**
 * Registers the TensorFlow.js backend `native`, and says what it runs on: `AVX-512 with bf16, 2 threads`. May be
 * called again to change the number of threads.
 *
 * @throws NativeUnavailableError when there is no library for this machine
 * @throws Error when the number of threads is not a whole number of at least 1
 */
export function registerNative(options: NativeOptions = {}): string {
  const library = loadLibrary();
  const threads = library.setThreads(wantedThreads(options, library));
  if (!tf.findBackendFactory('native')) {
    registerKernels();
    tf.registerBackend('native', () => new NativeBackend(library), 4);
  }
  const precision = library.hasBf16() ? ' with bf16' : '';
  return `${INSTRUCTIONS[library.simdLevel()]}${precision}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

function wantedThreads({ threads }: NativeOptions, library: Library): number {
  const variable = process.env.LILFORMER_THREADS;
  const [asker, wanted] =
    threads !== undefined || !variable ? ['threads', threads] : ['LILFORMER_THREADS', Number(variable)];
  if (wanted === undefined) return library.defaultThreads();
  if (!Number.isInteger(wanted) || wanted < 1) {
    const given = asker === 'threads' ? String(wanted) : variable;
    throw new Error(`${asker} ${given}: expected a whole number of at least 1`);
  }
  return wanted;
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
