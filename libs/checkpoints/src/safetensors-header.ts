// The header of a safetensors file: read with every claim checked before anything is allocated for it, and laid
// out as the reference implementation does. Leaves out the numbers themselves.
// Format: https://github.com/huggingface/safetensors#format (8 bytes of length, JSON, then the arrays).
import {
  bytesPerElement,
  DTYPES,
  elementCount,
  isDType,
  type DType,
  type NamedArray,
} from './named-array.js';

/** The format's own limit on the length of a header, in bytes. */
const HEADER_LIMIT = 100_000_000;

/** What a header says of one array; `start` and `end` count from the end of the header. */
export interface TensorEntry {
  dtype: DType;
  shape: readonly number[];
  start: number;
  end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  entries: Map<string, TensorEntry>;
  metadata: Record<string, string>;
}

/** How a message quotes a name that comes from a file. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/**
 * Length of the header from the file's first 8 bytes.
 *
 * @throws Error when it is beyond the file or the format's limit.
 */
export function headerLength(name: string, first8: Uint8Array, fileSize: number): number {
  if (first8.length < 8) throw new Error(`${name}: ${fileSize} bytes are too few for a safetensors file`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT)) {
    throw new Error(
      `${name}: claims a header of ${length} bytes, the safetensors format allows ${HEADER_LIMIT}`,
    );
  }
  if (length < 2n || Number(length) + 8 > fileSize) {
    throw new Error(
      `${name}: claims a header of ${length} bytes, but the file has ${fileSize}; it is cut off or no safetensors file`,
    );
  }
  return Number(length);
}

/** First name that occurs twice in one object of a JSON text that is known to be valid. */
function duplicateKey(json: string): string | undefined {
  // a stack of the names seen in each object that is still open; null stands for an array
  const open: (Set<string> | null)[] = [];
  let expectName = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{') {
      open.push(new Set());
      expectName = true;
    } else if (character === '[') {
      open.push(null);
      expectName = false;
    } else if (character === '}' || character === ']') {
      open.pop();
      expectName = false;
    } else if (character === ',') {
      expectName = open.at(-1) !== null;
    } else if (character === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      if (expectName) {
        const name = JSON.parse(json.slice(start, i + 1)) as string;
        const seen = open.at(-1)!;
        if (seen.has(name)) return name;
        seen.add(name);
        expectName = false;
      }
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseMetadata(name: string, value: unknown): Record<string, string> {
  if (!isObject(value)) throw new Error(`${name}: __metadata__ has to be an object of strings`);
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new Error(`${name}: __metadata__ entry ${quote(key)} is not a string`);
    metadata[key] = text;
  }
  return metadata;
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseEntry(where: string, value: unknown, dataSize: number): TensorEntry {
  if (!isObject(value)) throw new Error(`${where} expected an object with dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const surplus = Object.keys(rest)[0];
  if (surplus !== undefined)
    throw new Error(`${where} has a field ${quote(surplus)} that the format does not know`);
  if (!isDType(dtype)) {
    throw new Error(
      `${where} dtype ${quote(String(dtype))}, expected one of ${Object.keys(DTYPES).join(', ')}`,
    );
  }
  const count = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (count === undefined) {
    throw new Error(
      `${where} shape ${quote(JSON.stringify(shape) ?? 'missing')}, expected whole numbers of at least 0 whose product stays below 2^53`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isOffset)) {
    throw new Error(
      `${where} data_offsets ${quote(JSON.stringify(offsets) ?? 'missing')}, expected [start, end]`,
    );
  }
  const [start, end] = offsets as [number, number];
  if (start > end || end > dataSize) {
    throw new Error(
      `${where} data_offsets [${start}, ${end}] are outside of the ${dataSize} bytes of data; the file is cut off or damaged`,
    );
  }
  if (end - start !== count * bytesPerElement(dtype)) {
    throw new Error(
      `${where} has ${end - start} bytes, but ${dtype} of shape [${(shape as number[]).join(', ')}] takes ${count * bytesPerElement(dtype)}`,
    );
  }
  return { dtype, shape: shape as number[], start, end };
}

/**
 * Reads and checks the JSON of a header.
 *
 * @param dataSize bytes of the file after the header
 * @throws Error naming the file and the entry for anything that the format does not allow: bad UTF-8 or JSON,
 *   a name that occurs twice, unknown types, sizes that disagree, arrays that overlap, or leave bytes unused.
 */
export function parseHeader(name: string, bytes: Uint8Array, dataSize: number): SafetensorsHeader {
  let value: unknown;
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(
      `${name}: the header is not JSON in UTF-8 (${(error as Error).message}); is it a safetensors file?`,
      { cause: error },
    );
  }
  if (!isObject(value) || bytes[0] !== 0x7b) throw new Error(`${name}: the header is not a JSON object`);
  const twice = duplicateKey(json);
  if (twice !== undefined) throw new Error(`${name}: ${quote(twice)} occurs twice in the header`);

  let metadata = Object.create(null) as Record<string, string>;
  const entries = new Map<string, TensorEntry>();
  for (const [key, entry] of Object.entries(value)) {
    if (key === '__metadata__') metadata = parseMetadata(name, entry);
    else entries.set(key, parseEntry(`${name}: array ${quote(key)}:`, entry, dataSize));
  }

  let end = 0;
  for (const [key, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      const how =
        entry.start < end
          ? 'overlaps the array before it'
          : `leaves ${entry.start - end} bytes before it unused`;
      throw new Error(`${name}: array ${quote(key)} ${how}`);
    }
    end = entry.end;
  }
  if (end !== dataSize)
    throw new Error(`${name}: ${dataSize - end} bytes after the last array belong to none`);
  return { entries, metadata };
}

/** Arrays in the order in which they are written, and the file's first bytes: length, JSON, padding. */
export interface Layout {
  head: Uint8Array;
  order: [string, NamedArray][];
}

const DTYPE_ORDER = Object.keys(DTYPES);

/**
 * Lays a file out as the reference implementation does: widest element type first, then by name in UTF-8 order;
 * the JSON padded with spaces so that the data start at a multiple of 8.
 *
 * @throws Error naming the array when its data do not fit its shape or type.
 */
export function layOut(
  tensors: Iterable<readonly [string, NamedArray]>,
  metadata?: Record<string, string>,
): Layout {
  const named = new Map<string, { array: NamedArray; key: Buffer }>();
  for (const [name, array] of tensors) {
    const { dtype, shape, data } = array;
    if (name === '__metadata__')
      throw new Error('array "__metadata__": the safetensors format keeps this name for itself');
    if (named.has(name)) throw new Error(`array ${quote(name)} is given twice`);
    if (!isDType(dtype) || !(data instanceof DTYPES[dtype])) {
      throw new Error(
        `array ${quote(name)}: ${dtype} goes with ${isDType(dtype) ? DTYPES[dtype].name : 'no array'}, but ${data?.constructor.name} was given`,
      );
    }
    if (elementCount(shape) !== data.length) {
      throw new Error(`array ${quote(name)}: shape [${shape.join(', ')}] given for ${data.length} elements`);
    }
    const key = Buffer.from(name);
    if (key.toString() !== name) throw new Error(`array ${quote(name)}: the name is no valid Unicode`);
    named.set(name, { array, key });
  }
  const order = [...named].sort(
    ([, a], [, b]) =>
      DTYPE_ORDER.indexOf(b.array.dtype) - DTYPE_ORDER.indexOf(a.array.dtype) || Buffer.compare(a.key, b.key),
  );

  // built as text: an object would move names like "1" to the front, and lose "__proto__"
  const fields: string[] = [];
  if (metadata && Object.keys(metadata).length > 0) {
    const bad = Object.entries(metadata).find(([, text]) => typeof text !== 'string');
    if (bad) throw new Error(`metadata ${quote(bad[0])}: expected a string, got ${typeof bad[1]}`);
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
  const json = Buffer.from(`{${fields.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > HEADER_LIMIT) {
    throw new Error(
      `the header would have ${padded} bytes, the safetensors format allows ${HEADER_LIMIT}: fewer arrays or less metadata`,
    );
  }
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return { head, order: order.map(([name, { array }]) => [name, array]) };
}
