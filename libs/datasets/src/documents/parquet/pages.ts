// The texts in the pages of one column of a row group.
import * as zlib from 'node:zlib';
import { FREE_BYTES, MOST_EXPANSION } from '../file-bytes.js';
import type { ColumnChunk } from './metadata.js';
import { decompressSnappy } from './snappy.js';
import { ThriftReader } from './thrift.js';
import { readDeltaLength, readDeltaStrings, readPlain, readRuns, type Cursor } from './values.js';

const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'];
const [DATA_PAGE, INDEX_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2] = Array(4).keys();
const [PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY] = [0, 2, 8];
const [DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY] = [6, 7];

/** Bounds what a file expands to, as a whole and at a time. @throws Error when the limit is exceeded */
export class Budget {
  #left: number;
  readonly #atOnce: number;

  constructor(fileSize: number) {
    this.#left = MOST_EXPANSION * fileSize + FREE_BYTES;
    this.#atOnce = 3 * fileSize + PAGE_BYTES;
  }

  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0)
      throw new Error(`it expands to more than ${MOST_EXPANSION} times its size. Expected text.`);
  }

  /** Checks memory before it is allocated. */
  hold(bytes: number): void {
    if (bytes <= this.#atOnce) return;
    throw new Error(
      `its pages take ${bytes} bytes. Expected at most ${this.#atOnce} in a file of this size. Write it with smaller pages.`,
    );
  }
}

/** Bytes that the pages of any file may take; writers make pages of 1 MB. */
const PAGE_BYTES = 24 << 20;

/** Counted for each text beside its bytes. */
const PER_TEXT = 32;

interface PageHeader {
  type: number;
  uncompressed: number;
  compressed: number;
  values: number;
  encoding: number;
  nulls: number;
  definitionBytes: number;
  repetitionBytes: number;
  isCompressed: boolean;
}

/** A text of a page. */
export interface PageText {
  readonly bytes: Buffer;
  /** The row of the text in its row group; counted only for errors. */
  readonly row: () => number;
}

/** Yields the texts that are not null. @throws Error when the pages are damaged */
export function* readPages(
  bytes: Buffer,
  { rows, codec }: ColumnChunk,
  optional: boolean,
  budget: Budget,
): Generator<PageText> {
  let dictionary: Dictionary | undefined;
  let row = 0;
  for (let at = 0; row < rows;) {
    if (at >= bytes.length) throw new Error(`its pages have ${row} rows, its footer says ${rows}`);
    const reader = new ThriftReader(bytes, at);
    const header = readHeader(reader);
    const { type, compressed, values, encoding } = header;
    at = reader.offset + compressed;
    if (compressed < 0 || at > bytes.length || values < 0 || header.uncompressed < 0) {
      throw new Error('the header of a page is damaged');
    }
    const stored = bytes.subarray(reader.offset, at);
    budget.hold(header.uncompressed + (dictionary?.bytes ?? 0));
    if (type === DICTIONARY_PAGE) {
      budget.hold(header.uncompressed + 4 * values);
      dictionary = new Dictionary(decompress(stored, header.uncompressed, codec, budget), values);
    } else if (type === DATA_PAGE || type === DATA_PAGE_V2) {
      if (values > rows - row) throw new Error(`its pages have more rows than the ${rows} of its footer`);
      const open = type === DATA_PAGE ? openPage : openPageV2;
      const { cursor, levels } = open(stored, header, codec, optional, budget);
      const present = levels ? countPresent(levels, values) : values;
      if (type === DATA_PAGE_V2 && present !== values - header.nulls) {
        throw new Error('the header of a page is damaged');
      }
      let index = -1;
      const first = row;
      const rowOfText = (): number => first + (levels ? rowOf(levels, values, index) : index);
      for (const text of readValues(cursor, encoding, present, dictionary, budget)) {
        index++;
        yield { bytes: text, row: rowOfText };
      }
      row += values;
    } else if (type !== INDEX_PAGE) throw new Error(`it has a page of unknown type ${type}`);
  }
}

/** The distinct texts of a row group. */
class Dictionary {
  readonly length: number;
  /** Memory that it takes. */
  readonly bytes: number;
  readonly #ends: Uint32Array;

  constructor(
    private readonly page: Buffer,
    count: number,
  ) {
    if (4 * count > page.length) throw new Error('a page is damaged');
    this.length = count;
    this.bytes = page.length + 4 * count;
    this.#ends = new Uint32Array(count);
    const cursor: Cursor = { bytes: page, at: 0, end: page.length };
    let i = 0;
    for (const _ of readPlain(cursor, count)) this.#ends[i++] = cursor.at;
  }

  at(index: number): Buffer {
    if (index >= this.length) {
      throw new Error(`a page has entry ${index} of a dictionary of ${this.length}`);
    }
    return this.page.subarray(4 + (index === 0 ? 0 : this.#ends[index - 1]), this.#ends[index]);
  }
}

function readHeader(reader: ThriftReader): PageHeader {
  const header: PageHeader = {
    ...{ type: -1, uncompressed: -1, compressed: -1, values: -1, encoding: -1 },
    ...{ nulls: 0, definitionBytes: 0, repetitionBytes: 0, isCompressed: true },
  };
  const values = () => (header.values = reader.integer());
  const encoding = () => (header.encoding = reader.integer());
  reader.struct({
    1: () => (header.type = reader.integer()),
    2: () => (header.uncompressed = reader.integer()),
    3: () => (header.compressed = reader.integer()),
    5: () => reader.nested({ 1: values, 2: encoding }),
    7: () => reader.nested({ 1: values, 2: encoding }),
    8: () =>
      reader.nested({
        1: values,
        2: () => (header.nulls = reader.integer()),
        4: encoding,
        5: () => (header.definitionBytes = reader.integer()),
        6: () => (header.repetitionBytes = reader.integer()),
        7: () => (header.isCompressed = reader.boolean()),
      }),
  });
  if (header.type === 1) header.values = 0; // an index page has none
  return header;
}

interface OpenPage {
  /** The values. */
  readonly cursor: Cursor;
  /** For a column with nulls, whether each value is present (1) or null (0), as runs. */
  readonly levels: Cursor | undefined;
}

function openPage(
  stored: Buffer,
  { uncompressed }: PageHeader,
  codec: number,
  optional: boolean,
  budget: Budget,
): OpenPage {
  const bytes = decompress(stored, uncompressed, codec, budget);
  if (!optional) return { cursor: { bytes, at: 0, end: bytes.length }, levels: undefined };
  const start = bytes.length < 4 ? Infinity : 4 + bytes.readUInt32LE(0);
  if (start > bytes.length) throw new Error('a page is damaged');
  return { cursor: { bytes, at: start, end: bytes.length }, levels: { bytes, at: 4, end: start } };
}

function openPageV2(
  stored: Buffer,
  header: PageHeader,
  codec: number,
  optional: boolean,
  budget: Budget,
): OpenPage {
  const { definitionBytes, repetitionBytes, uncompressed, isCompressed } = header;
  const start = definitionBytes + repetitionBytes;
  if (repetitionBytes < 0 || definitionBytes < 0 || start > stored.length || start > uncompressed) {
    throw new Error('the header of a page is damaged');
  }
  const bytes = decompress(stored.subarray(start), uncompressed - start, isCompressed ? codec : 0, budget);
  const levels = optional ? { bytes: stored, at: repetitionBytes, end: start } : undefined;
  return { cursor: { bytes, at: 0, end: bytes.length }, levels };
}

/** The number of values that are not null. */
function countPresent(levels: Cursor, values: number): number {
  let present = 0;
  for (const [level, times] of readRuns({ ...levels }, 1, values)) present += level * times;
  return present;
}

/** The row of the `index`-th value that is not null. */
function rowOf(levels: Cursor, values: number, index: number): number {
  let [row, present] = [0, 0];
  for (const [level, times] of readRuns({ ...levels }, 1, values)) {
    if (level === 1 && present + times > index) return row + index - present;
    row += times;
    present += level * times;
  }
  return row;
}

function* readValues(
  cursor: Cursor,
  encoding: number,
  count: number,
  dictionary: Dictionary | undefined,
  budget: Budget,
): Generator<Buffer> {
  switch (encoding) {
    case PLAIN:
      yield* readPlain(cursor, count); // no longer than the page
      return;
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY: {
      if (count === 0) return;
      if (!dictionary) throw new Error('a page needs a dictionary, which is missing');
      if (cursor.at >= cursor.end) throw new Error('a page is damaged');
      const width = cursor.bytes[cursor.at++];
      for (const [index, times] of readRuns(cursor, width, count)) {
        const text = dictionary.at(index);
        budget.spend(times * (text.length + PER_TEXT));
        for (let i = 0; i < times; i++) yield text;
      }
      return;
    }
    case DELTA_LENGTH_BYTE_ARRAY:
    case DELTA_BYTE_ARRAY: {
      budget.spend(count * PER_TEXT);
      budget.hold(8 * count);
      const read = encoding === DELTA_BYTE_ARRAY ? readDeltaStrings : readDeltaLength;
      for (const text of read(cursor, count)) {
        budget.spend(text.length);
        yield text;
      }
      return;
    }
    default:
      throw new Error(`a page has encoding ${encoding}, which is not one of strings`);
  }
}

/** `zlib.zstdDecompressSync` came with Node 22.15. */
const zstd = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer })
  .zstdDecompressSync;

function decompress(bytes: Buffer, length: number, codec: number, budget: Budget): Buffer {
  budget.spend(length);
  // In one chunk, so that there is no copy.
  const options = { maxOutputLength: Math.max(1, length), chunkSize: Math.max(64, length) };
  let page: Buffer;
  switch (CODECS[codec]) {
    case 'UNCOMPRESSED':
      page = bytes;
      break;
    case 'SNAPPY':
      page = decompressSnappy(bytes, length);
      break;
    case 'GZIP':
      page = zlib.gunzipSync(bytes, options);
      break;
    case 'BROTLI':
      page = zlib.brotliDecompressSync(bytes, options);
      break;
    case 'ZSTD':
      if (!zstd) throw new Error('its compression is ZSTD, which Node reads from 22.15 on');
      page = zstd(bytes, options);
      break;
    default:
      throw new Error(
        `its compression is ${CODECS[codec] ?? `unknown (${codec})`}. Expected none, Snappy, gzip, Brotli or ZSTD.`,
      );
  }
  if (page.length !== length) throw new Error(`a page has ${page.length} bytes, its header says ${length}`);
  return page;
}
