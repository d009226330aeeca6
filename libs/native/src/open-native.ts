// Opens the addon: its kernels, and the number of its threads.
import type { Kernels } from '@lilformer/kernels';
import { kernelsOf } from './calls.js';
import { loadAddon } from './load.js';

/** Vector instructions by index, as the addon gives them. */
const INSTRUCTIONS = ['avx512', 'avx2', 'neon', 'simd128', 'portable'] as const;

/** The opened addon. */
export interface OpenedNative {
  readonly kernels: Kernels;
  /** The vector instructions in use, chosen when the addon was loaded. */
  readonly instructions: (typeof INSTRUCTIONS)[number];
  /** Whether the processor multiplies bf16 matrices in hardware. */
  readonly hasBf16: boolean;
  readonly threads: number;
  /** Number of bytes from the first element of an array to the next 64-byte boundary. */
  alignmentOf(array: Float32Array): number;
}

/**
 * Opens the addon. May be called again to change the number of threads.
 *
 * @param options.threads default: LILFORMER_THREADS, or the cores available to this process
 * @throws NativeUnavailableError when there is no addon for this machine
 * @throws Error when the number of threads is not an integer of at least 1
 */
export function openNative(options: { threads?: number } = {}): OpenedNative {
  const addon = loadAddon();
  const variable = process.env.LILFORMER_THREADS;
  const wanted = options.threads ?? (variable ? Number(variable) : addon.defaultThreads());
  if (!Number.isInteger(wanted) || wanted < 1) {
    const given = options.threads === undefined ? `LILFORMER_THREADS ${variable}` : `threads ${wanted}`;
    throw new Error(`${given}: expected an integer of at least 1`);
  }
  return {
    kernels: kernelsOf(addon),
    instructions: INSTRUCTIONS[addon.simdLevel()],
    hasBf16: addon.hasBf16() === 1,
    threads: addon.setThreads(wanted),
    alignmentOf: (array) => addon.alignmentOf(array),
  };
}
