// Parses and makes the bytes of a safetensors file in memory.
import { typedArray, type NamedArray } from '../named-array.js';
import { headerLength, layOut, parseHeader, warnOfUnsupported } from './safetensors-header.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  tensors: Map<string, NamedArray>;
  metadata: Record<string, string>;
}

/**
 * The parts of a safetensors file, one after the other: its header, and the bytes of each array, copied only out of shared
 * memory.
 *
 * @throws Error, at once, naming the array whose data do not match its shape or type
 */
export function safetensorsParts(
  tensors: Iterable<readonly [string, NamedArray]>,
  metadata?: Record<string, string>,
): Iterable<Uint8Array<ArrayBuffer>> {
  const { head, order } = layOut(tensors, metadata);
  return (function* () {
    yield head;
    for (const [, { data }] of order) {
      const { buffer, byteOffset, byteLength } = data;
      if (buffer instanceof ArrayBuffer) yield new Uint8Array(buffer, byteOffset, byteLength);
      else yield new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
    }
  })();
}

/**
 * Parses safetensors bytes; the arrays are copies.
 *
 * @param name used in error messages
 * @throws Error naming the invalid entry
 */
export function parseSafetensors(bytes: Uint8Array, name = 'safetensors'): Safetensors {
  const length = headerLength(name, bytes.subarray(0, 8), bytes.length);
  const data = bytes.subarray(8 + length);
  const header = parseHeader(name, bytes.subarray(8, 8 + length), data.length);
  warnOfUnsupported(name, header);
  const { entries, metadata } = header;
  const tensors = new Map<string, NamedArray>();
  for (const [key, { dtype, shape, start, end }] of entries) {
    // Not slice(), which gives a view of a Buffer.
    tensors.set(key, { dtype, shape, data: typedArray(dtype, new Uint8Array(data.subarray(start, end))) });
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file, identical to those of the reference implementation.
 *
 * @throws Error naming the array whose data do not match its shape or type
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, NamedArray]>,
  metadata?: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const parts = [...safetensorsParts(tensors, metadata)];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
