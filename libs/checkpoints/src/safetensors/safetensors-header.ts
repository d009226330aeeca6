// Reads and writes the header of a safetensors file. Everything is validated before any allocation.
// Format: https://github.com/huggingface/safetensors#format (8 bytes of length, JSON, then the arrays).
import {
  bytesPerElement,
  DTYPES,
  elementCount,
  isDType,
  type DType,
  type NamedArray,
} from '../named-array.js';
import { parseJson } from '../files/parse-json.js';

/** The format's limit on the length of a header, in bytes. */
const HEADER_LIMIT = 100_000_000;

/** An array in a header; `start` and `end` are bytes after the header. */
export interface TensorEntry {
  dtype: DType;
  shape: readonly number[];
  start: number;
  end: number;
}

export interface SafetensorsHeader {
  entries: Map<string, TensorEntry>;
  /** Element types that are not supported, by array; these arrays cannot be read. */
  unsupported: Map<string, string>;
  metadata: Record<string, string>;
}

/** Quotes a name from a file in an error message, at most 100 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Length of the header, from the file's first 8 bytes. @throws Error when it exceeds the file or the format's limit */
export function headerLength(name: string, first8: Uint8Array, fileSize: number): number {
  if (first8.length < 8) throw new Error(`${name}: ${fileSize} bytes are too few for a safetensors file.`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT)) {
    throw new Error(
      `${name}: declares a header of ${length} bytes. The safetensors format allows ${HEADER_LIMIT}.`,
    );
  }
  if (length < 2n || Number(length) + 8 > fileSize) {
    throw new Error(
      `${name}: declares a header of ${length} bytes, but has ${fileSize} bytes. It is truncated or not a safetensors file.`,
    );
  }
  return Number(length);
}

/** First name that occurs twice in one object of a valid JSON text. */
function duplicateKey(json: string): string | undefined {
  // Names seen in each open object; null for an array.
  const open: (Set<string> | null)[] = [];
  for (const [token] of json.matchAll(/[{}[\]]|"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      const name = JSON.parse(token.slice(0, -1)) as string;
      if (open.at(-1)!.has(name)) return name;
      open.at(-1)!.add(name);
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseMetadata(name: string, value: unknown): Record<string, string> {
  if (value === null) return Object.create(null) as Record<string, string>;
  if (!isObject(value)) throw new Error(`${name}: __metadata__ is invalid. Expected an object of strings.`);
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new Error(`${name}: __metadata__ entry ${quote(key)} is not a string.`);
    metadata[key] = text;
  }
  return metadata;
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** An entry; the dtype may be one that is not supported. */
function parseEntry(
  where: string,
  value: unknown,
  dataSize: number,
): Omit<TensorEntry, 'dtype'> & { dtype: string } {
  if (!isObject(value))
    throw new Error(`${where} invalid entry. Expected an object with dtype, shape and data_offsets.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') {
    throw new Error(
      `${where} dtype ${quote(JSON.stringify(dtype) ?? 'missing')} is invalid. Expected one of ${Object.keys(DTYPES).join(', ')}.`,
    );
  }
  const count = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (count === undefined) {
    throw new Error(
      `${where} shape ${quote(JSON.stringify(shape) ?? 'missing')} is invalid. Expected integers of at least 0 with a product below 2^53.`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isOffset)) {
    throw new Error(
      `${where} data_offsets ${quote(JSON.stringify(offsets) ?? 'missing')} is invalid. Expected [start, end].`,
    );
  }
  const [start, end] = offsets as [number, number];
  if (start > end || end > dataSize) {
    throw new Error(
      `${where} data_offsets [${start}, ${end}] are outside the ${dataSize} bytes of data. The file is truncated or damaged.`,
    );
  }
  if (isDType(dtype) && end - start !== count * bytesPerElement(dtype)) {
    throw new Error(
      `${where} has ${end - start} bytes, but ${dtype} of shape [${(shape as number[]).join(', ')}] takes ${count * bytesPerElement(dtype)}.`,
    );
  }
  return { dtype, shape: shape as number[], start, end };
}

/** Warns of the arrays that cannot be read. */
export function warnOfUnsupported(name: string, { unsupported }: SafetensorsHeader): void {
  if (unsupported.size === 0) return;
  const some = [...unsupported].slice(0, 5).map(([key, dtype]) => `${quote(key)} (${dtype.slice(0, 20)})`);
  console.warn(
    `${name}: skipped arrays whose types are not supported: ${some.join(', ')}${unsupported.size > 5 ? ', …' : ''}`,
  );
}

/**
 * Parses and validates the JSON of a header.
 *
 * @param dataSize bytes of the file after the header
 * Arrays of a type that is not supported are left out of `entries`.
 *
 * @throws Error naming the file and entry for invalid UTF-8 or JSON, duplicate names, inconsistent sizes, overlapping
 *   arrays, and unused bytes
 */
export function parseHeader(name: string, bytes: Uint8Array, dataSize: number): SafetensorsHeader {
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Error(`${name}: the header is not UTF-8. Expected a safetensors file.`, { cause: error });
  }
  const value = parseJson(json, `${name}: the header`);
  if (!isObject(value) || bytes[0] !== 0x7b) throw new Error(`${name}: the header is not a JSON object.`);
  const twice = duplicateKey(json);
  if (twice !== undefined) throw new Error(`${name}: ${quote(twice)} occurs twice in the header.`);

  let metadata = Object.create(null) as Record<string, string>;
  const all: [string, ReturnType<typeof parseEntry>][] = [];
  for (const [key, entry] of Object.entries(value)) {
    if (key === '__metadata__') metadata = parseMetadata(name, entry);
    else all.push([key, parseEntry(`${name}: array ${quote(key)}:`, entry, dataSize)]);
  }

  const entries = new Map<string, TensorEntry>();
  const unsupported = new Map<string, string>();
  for (const [key, { dtype, ...entry }] of all) {
    if (isDType(dtype)) entries.set(key, { dtype, ...entry });
    else unsupported.set(key, dtype);
  }

  let end = 0;
  for (const [key, entry] of all.sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      const how =
        entry.start < end
          ? 'overlaps the previous array'
          : `leaves ${entry.start - end} bytes before it unused`;
      throw new Error(`${name}: array ${quote(key)} ${how}.`);
    }
    end = entry.end;
  }
  if (end !== dataSize) throw new Error(`${name}: ${dataSize - end} bytes after the last array are unused.`);
  return { entries, unsupported, metadata };
}

/** The first bytes of a file (length, JSON, padding), and its arrays in the order in which they are written. */
interface Layout {
  head: Uint8Array<ArrayBuffer>;
  order: [string, NamedArray][];
}

const DTYPE_ORDER = Object.keys(DTYPES);

const utf8 = new TextEncoder();

/** Lexicographic order. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 || at >= b.length ? a.length - b.length : a[at] - b[at];
}

/**
 * The layout of the reference implementation: by element type, widest first, then by name in UTF-8 order; the JSON is
 * padded with spaces to a multiple of 8 bytes.
 *
 * @throws Error naming the array whose data do not match its shape or type
 */
export function layOut(
  tensors: Iterable<readonly [string, NamedArray]>,
  metadata?: Record<string, string>,
): Layout {
  const named = new Map<string, { array: NamedArray; key: Uint8Array }>();
  for (const [name, array] of tensors) {
    const { dtype, shape, data } = array;
    if (name === '__metadata__')
      throw new Error('array "__metadata__": the safetensors format reserves this name.');
    if (named.has(name)) throw new Error(`array ${quote(name)}: duplicate name.`);
    if (!isDType(dtype) || !(data instanceof DTYPES[dtype])) {
      throw new Error(
        `array ${quote(name)}: ${data?.constructor.name} does not match dtype ${dtype}. Expected ${isDType(dtype) ? DTYPES[dtype].name : `one of ${DTYPE_ORDER.join(', ')}`}.`,
      );
    }
    if (elementCount(shape) !== data.length) {
      throw new Error(
        `array ${quote(name)}: shape [${shape.join(', ')}] does not match ${data.length} elements.`,
      );
    }
    const key = utf8.encode(name);
    if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(key) !== name)
      throw new Error(`array ${quote(name)}: the name is not valid Unicode.`);
    named.set(name, { array, key });
  }
  const order = [...named].sort(
    ([, a], [, b]) =>
      DTYPE_ORDER.indexOf(b.array.dtype) - DTYPE_ORDER.indexOf(a.array.dtype) || compareBytes(a.key, b.key),
  );

  // Concatenated: an object would move names like "1" to the front, and lose "__proto__".
  const fields: string[] = [];
  if (metadata && Object.keys(metadata).length > 0) {
    const bad = Object.entries(metadata).find(([, text]) => typeof text !== 'string');
    if (bad) throw new Error(`metadata ${quote(bad[0])} is a ${typeof bad[1]}. Expected a string.`);
    fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  }
  let offset = 0;
  for (const [name, { array }] of order) {
    const end = offset + array.data.byteLength;
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${array.dtype}","shape":[${array.shape.join(',')}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const json = utf8.encode(`{${fields.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > HEADER_LIMIT) {
    throw new Error(
      `the header would have ${padded} bytes. The safetensors format allows ${HEADER_LIMIT}: write fewer arrays or less metadata.`,
    );
  }
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return { head, order: order.map(([name, { array }]) => [name, array]) };
}
