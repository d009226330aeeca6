// Opens @lilformer/native.
import type { NativeBackend } from '@lilformer/native';
import type { Opened } from '../candidates.js';
import type { RequestedOptions } from '../requested-options.js';
import { tf } from '../tf.js';

const INSTRUCTIONS = { avx512: 'AVX-512', avx2: 'AVX2', neon: 'NEON', simd128: 'SIMD128', portable: 'portable code' };

/** Opens the native backend. @throws NativeUnavailableError naming the files and packages that were tried */
export async function openNative({ threads, precision }: RequestedOptions): Promise<Opened> {
  const { registerNative } = await import('@lilformer/native');
  const native = registerNative({ threads });
  await tf.setBackend('native');
  const bf16 = precision === 'bf16' && native.hasBf16;
  (tf.backend() as unknown as NativeBackend).precision = bf16 ? 'bf16' : 'float32';
  const instructions = `${INSTRUCTIONS[native.instructions]}${native.hasBf16 ? ' with bf16' : ''}`;
  return {
    detail: `${instructions}, ${native.threads} thread${native.threads === 1 ? '' : 's'}`,
    threads: native.threads,
    precision: bf16 ? 'bf16' : 'float32',
  };
}
