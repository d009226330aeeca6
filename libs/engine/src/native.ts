// Our own engine, opened: @lilformer/native where its library is. Leaves out finding that library, which the package
// does itself.
import type { Opened } from './candidates.js';
import { tf } from './tf.js';
import type { Wishes } from './wishes.js';

/** Opens the native backend. @throws Error (NativeUnavailableError) that says what was looked for */
export async function openNative({ threads, precision }: Wishes): Promise<Opened> {
  const { registerNative } = await import('@lilformer/native');
  const detail = registerNative({ threads });
  await tf.setBackend('native');
  const backend = tf.backend() as unknown as { precision: string };
  const bf16 = precision === 'bf16' && /bf16/.test(detail);
  backend.precision = bf16 ? 'bf16' : 'float32';
  return { detail, bf16 };
}
