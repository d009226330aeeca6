// Reads and writes safetensors. Reading validates the whole header first; writing streams the arrays without a copy.
// Sub-byte and complex types are not supported.
import { writePartsAtomic } from '../files/atomic-file.js';
import { openFile, type ByteSource } from '../files/byte-source.js';
import { checkContents } from '../files/contents.js';
import { bytesPerElement, rowRange, typedArray, type NamedArray, type Rows } from '../named-array.js';
import {
  headerLength,
  layOut,
  parseHeader,
  quote,
  warnOfUnsupported,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  tensors: Map<string, NamedArray>;
  metadata: Record<string, string>;
}

function bytesOf(array: NamedArray): Uint8Array {
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

/** An open safetensors file whose arrays are read on demand. */
export class SafetensorsFile {
  /** Element type, shape and byte range of every array. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Record<string, string>;

  constructor(
    private readonly source: ByteSource,
    header: SafetensorsHeader,
    private readonly dataOffset: number,
  ) {
    this.entries = header.entries;
    this.metadata = header.metadata;
  }

  /**
   * Reads one array, or some of its rows.
   *
   * @throws Error listing the names of the arrays for an unknown name; RangeError for rows outside the array
   */
  async read(name: string, rows?: Rows): Promise<NamedArray> {
    const entry = this.entries.get(name);
    if (!entry) {
      const names = [...this.entries.keys()];
      const some = names.slice(0, 5).join(', ') + (names.length > 5 ? `, … (${names.length} in all)` : '');
      throw new Error(`${this.source.name}: no array ${quote(name)}. It has ${some || 'none'}.`);
    }
    const { dtype, start: from, end: to } = entry;
    const size = bytesPerElement(dtype);
    const { start, end, shape } = rows
      ? rowRange(rows, entry.shape)
      : { start: 0, end: (to - from) / size, shape: entry.shape };
    const bytes = await this.source.read(this.dataOffset + from + start * size, (end - start) * size);
    return { dtype, shape, data: typedArray(dtype, bytes) };
  }

  /** Reads all arrays, in the order of the header. */
  async readAll(): Promise<Map<string, NamedArray>> {
    const tensors = new Map<string, NamedArray>();
    for (const name of this.entries.keys()) tensors.set(name, await this.read(name));
    return tensors;
  }

  async close(): Promise<void> {
    await this.source.close();
  }
}

/**
 * Opens a safetensors file: reads and validates the header only. Arrays of a type that is not supported are left out, with a
 * warning.
 *
 * @throws Error naming the file and the invalid entry
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const source = await openFile(path);
  try {
    await checkContents(source);
    const first = await source.read(0, Math.min(8, source.size));
    const length = headerLength(path, first, source.size);
    const header = parseHeader(path, await source.read(8, length), source.size - 8 - length);
    warnOfUnsupported(path, header);
    return new SafetensorsFile(source, header, 8 + length);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Reads a whole safetensors file.
 *
 * @throws Error naming the file and the invalid entry
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const file = await openSafetensors(path);
  try {
    return { tensors: await file.readAll(), metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a safetensors file, identical to those of the reference implementation.
 *
 * @throws Error naming the array whose data do not match its shape or type
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, NamedArray]>,
  metadata?: Record<string, string>,
): Uint8Array {
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
