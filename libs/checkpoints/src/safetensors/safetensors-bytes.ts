// Parses and makes the bytes of a safetensors file in memory.
import { typedArray, type NamedArray } from '../named-array.js';
import { headerLength, layOut, parseHeader, warnOfUnsupported } from './safetensors-header.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  tensors: Map<string, NamedArray>;
  metadata: Record<string, string>;
}

/** The bytes of an array. */
export function bytesOf(array: NamedArray): Uint8Array {
  return new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
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
  const { head, order } = layOut(tensors, metadata);
  const size = order.reduce((sum, [, array]) => sum + array.data.byteLength, head.length);
  const bytes = new Uint8Array(size);
  bytes.set(head);
  let offset = head.length;
  for (const [, array] of order) {
    bytes.set(bytesOf(array), offset);
    offset += array.data.byteLength;
  }
  return bytes;
}
