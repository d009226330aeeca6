// Writes safetensors files: the arrays are streamed without a copy.
import { writePartsAtomic } from '../files/atomic-file.js';
import type { NamedArray } from '../named-array.js';
import { layOut } from './safetensors-header.js';
import { bytesOf } from './safetensors-bytes.js';

/**
 * Writes a safetensors file to a temporary name, array by array, and renames it when complete.
 *
 * @throws Error naming the array whose data do not match its shape or type, or the path and the file system's error; the
 *   previous file is unchanged
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, NamedArray]>,
  metadata?: Record<string, string>,
): Promise<void> {
  const { head, order } = layOut(tensors, metadata);
  function* parts(): Generator<Uint8Array> {
    yield head;
    for (const [, array] of order) yield bytesOf(array);
  }
  await writePartsAtomic(path, parts());
}
