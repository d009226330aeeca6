// Opens @lilformer/native.
import type { Opened } from '../candidates.js';
import { OwnBuffers } from '../kernels-backend/own-buffers.js';
import type { RequestedOptions } from '../requested-options.js';

const INSTRUCTIONS = {
  avx512: 'AVX-512',
  avx2: 'AVX2',
  neon: 'NEON',
  simd128: 'SIMD128',
  portable: 'portable code',
};

/** Opens the native backend. @throws NativeUnavailableError naming the files and packages that were tried */
export async function openNative({ threads, precision }: RequestedOptions): Promise<Opened> {
  const { openNative } = await import('@lilformer/native');
  const native = openNative({ threads });
  const { registerKernelsBackend } = await import('../kernels-backend/register.js');
  registerKernelsBackend('native', { kernels: native.kernels, memory: new OwnBuffers(native.alignmentOf) });
  const instructions = `${INSTRUCTIONS[native.instructions]}${native.hasBf16 ? ' with bf16' : ''}`;
  return {
    detail: `${instructions}, ${native.threads} thread${native.threads === 1 ? '' : 's'}`,
    threads: native.threads,
    precision,
  };
}
