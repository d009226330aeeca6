// Writes safetensors files: the arrays are streamed without a copy.
import { writePartsAtomic } from '../files/atomic-file.js';
import type { NamedArray } from '../named-array.js';
import { safetensorsParts } from './safetensors-bytes.js';

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
  await writePartsAtomic(path, safetensorsParts(tensors, metadata));
}
