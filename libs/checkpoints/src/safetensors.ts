// safetensors files and bytes, both ways. Reading checks the whole header first; writing streams the arrays as
// they are, without a second copy in memory. Leaves out sub-byte and complex types.
import { writePartsAtomic } from './atomic-file.js';
import { openFile, type ByteSource } from './byte-source.js';
import { DTYPES, placeOf, type NamedArray, type Rows, type TypedArray } from './named-array.js';
import {
  headerLength,
  layOut,
  parseHeader,
  quote,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.js';

/** Everything in a safetensors file. */
export interface Safetensors {
  tensors: Map<string, NamedArray>;
  metadata: Record<string, string>;
}

/** A typed array over bytes that start an ArrayBuffer of their own. */
function typed(dtype: TensorEntry['dtype'], bytes: Uint8Array): TypedArray {
  return new DTYPES[dtype](
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.byteLength / DTYPES[dtype].BYTES_PER_ELEMENT,
  );
}

function bytesOf(array: NamedArray): Uint8Array {
  return new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
}

/**
 * Reads safetensors from memory; the arrays are copies and stay valid when `bytes` changes.
 *
 * @param name how messages call the bytes
 * @throws Error naming the entry when the bytes are no valid safetensors.
 */
export function parseSafetensors(bytes: Uint8Array, name = 'safetensors'): Safetensors {
  const length = headerLength(name, bytes.subarray(0, 8), bytes.length);
  const data = bytes.subarray(8 + length);
  const { entries, metadata } = parseHeader(name, bytes.subarray(8, 8 + length), data.length);
  const tensors = new Map<string, NamedArray>();
  for (const [key, { dtype, shape, start, end }] of entries) {
    // a copy by construction: a Buffer's slice() would be a view
    tensors.set(key, { dtype, shape, data: typed(dtype, new Uint8Array(data.subarray(start, end))) });
  }
  return { tensors, metadata };
}

/** A safetensors file of which only the header has been read. */
export class SafetensorsFile {
  /** Name, type and shape of every array, and where its bytes are. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Record<string, string>;

  /** Use {@link openSafetensors}. */
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
   * @throws Error naming the arrays that exist when there is none of this name, or the shape when there are no such rows.
   */
  async read(name: string, rows?: Rows): Promise<NamedArray> {
    const entry = this.entries.get(name);
    if (!entry) {
      const names = [...this.entries.keys()];
      const some = names.slice(0, 5).join(', ') + (names.length > 5 ? `, … (${names.length} in all)` : '');
      throw new Error(`${this.source.name}: no array ${quote(name)}; it has ${some || 'none'}`);
    }
    const { dtype, start: from, end: to } = entry;
    const size = DTYPES[dtype].BYTES_PER_ELEMENT;
    const { start, end, shape } = rows
      ? placeOf(rows, entry.shape)
      : { start: 0, end: (to - from) / size, shape: entry.shape };
    const bytes = await this.source.read(this.dataOffset + from + start * size, (end - start) * size);
    return { dtype, shape, data: typed(dtype, bytes) };
  }

  /** Reads all arrays, in the order in which the header names them. */
  async readAll(): Promise<Map<string, NamedArray>> {
    const tensors = new Map<string, NamedArray>();
    for (const name of this.entries.keys()) tensors.set(name, await this.read(name));
    return tensors;
  }

  /** Closes the file; arrays that were read stay valid. */
  async close(): Promise<void> {
    await this.source.close();
  }
}

/**
 * Opens a safetensors file: the header is read and checked, the arrays wait until they are asked for.
 *
 * @throws Error naming the file and the entry when it is missing or not a valid safetensors file.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const source = await openFile(path);
  try {
    const first = await source.read(0, Math.min(8, source.size));
    const length = headerLength(path, first, source.size);
    const header = parseHeader(path, await source.read(8, length), source.size - 8 - length);
    return new SafetensorsFile(source, header, 8 + length);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Reads a whole safetensors file.
 *
 * @throws Error naming the file and the entry when it is missing or not a valid safetensors file.
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
 * The bytes of a safetensors file, laid out as the reference implementation lays them out.
 *
 * @throws Error naming the array when its data do not fit its shape or type.
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
 * Writes a safetensors file, array by array without a copy of them, under a temporary name that takes the place
 * of `path` only when the file is whole.
 *
 * @throws Error naming the array when its data do not fit, or the path and what to do when the disk refuses; the
 *   file that was there before stays.
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
