// Reads safetensors files, after validating the whole header. Sub-byte and complex types are not supported.
import { nameOf, openFile, type ByteSource, type FileInput } from '../files/byte-source.js';
import { checkContents } from '../files/contents.js';
import { bytesPerElement, rowRange, typedArray, type NamedArray, type Rows } from '../named-array.js';
import {
  headerLength,
  parseHeader,
  quote,
  warnOfUnsupported,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.js';
import type { Safetensors } from './safetensors-bytes.js';

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
export async function openSafetensors(input: FileInput, name = nameOf(input)): Promise<SafetensorsFile> {
  const source = await openFile(input, name);
  try {
    await checkContents(source);
    const first = await source.read(0, Math.min(8, source.size));
    const length = headerLength(name, first, source.size);
    const header = parseHeader(name, await source.read(8, length), source.size - 8 - length);
    warnOfUnsupported(name, header);
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
export async function readSafetensors(input: FileInput, name = nameOf(input)): Promise<Safetensors> {
  const file = await openSafetensors(input, name);
  try {
    return { tensors: await file.readAll(), metadata: file.metadata };
  } finally {
    await file.close();
  }
}
