// The footer of a Parquet file: where the pages of one column lie. Source: github.com/apache/parquet-format, parquet.thrift.
import type { FileHandle } from 'node:fs/promises';
import { ThriftReader } from './thrift.js';

const MAGIC = 'PAR1';
const TYPES = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'];
/** More columns than any table of texts has. */
const MOST_COLUMNS = 1 << 16;

/** The pages of a column in one row group. */
export interface ColumnChunk {
  readonly rows: number;
  readonly codec: number;
  readonly start: number;
  readonly end: number;
}

/** A column of strings. */
export interface TextColumn {
  /** Whether values may be null. */
  readonly optional: boolean;
  readonly chunks: readonly ColumnChunk[];
}

interface SchemaElement {
  name: string;
  type?: number;
  repetition: number;
  children: number;
}

/** A column that is missing or does not hold strings, in contrast to a damaged file. */
export class ColumnError extends Error {}

/** Reads bytes from `start` to `end`. */
export async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error(`the file ends before byte ${end}`);
    filled += bytesRead;
  }
  return bytes;
}

/** Finds a column. @throws ColumnError, or Error for a damaged footer */
export async function findColumn(file: FileHandle, size: number, name: string): Promise<TextColumn> {
  if (size < 12) throw new Error('the file is too short for the format');
  const ending = await readRange(file, size - 8, size);
  const magic = ending.toString('latin1', 4);
  if (magic === 'PARE') throw new Error('the file is encrypted');
  if (magic !== MAGIC) throw new Error(`it does not end in ${MAGIC}: it is incomplete or of another format`);
  const footerStart = size - 8 - ending.readUInt32LE(0);
  if (footerStart < 4) throw new Error('its footer is longer than the file');
  const footer = await readRange(file, footerStart, size - 8);

  const schema = readSchema(footer);
  const { leaf, element, names } = locate(schema, name);
  if (!element) {
    const some =
      names
        .slice(0, 20)
        .map((other) => `"${other.slice(0, 60)}"`)
        .join(', ') + (names.length > 20 ? ', …' : '');
    throw new ColumnError(
      `there is no column "${name}"; the columns are ${some || 'none'}. Say which one holds the text`,
    );
  }
  const type = element.children > 0 || element.repetition === 2 ? 'nested' : TYPES[element.type ?? -1];
  if (type !== 'BYTE_ARRAY') {
    throw new ColumnError(`the column "${name}" holds ${type ?? 'unknown'} values, expected strings`);
  }
  return { optional: element.repetition === 1, chunks: readChunks(footer, leaf, footerStart) };
}

function readSchema(footer: Buffer): SchemaElement[] {
  const reader = new ThriftReader(footer);
  const schema: SchemaElement[] = [];
  reader.struct({
    2: () =>
      reader.structs((i) => {
        if (i > MOST_COLUMNS) throw new Error(`it has more than ${MOST_COLUMNS} columns`);
        const element: SchemaElement = { name: '', repetition: 0, children: 0 };
        reader.struct({
          1: () => (element.type = reader.integer()),
          3: () => (element.repetition = reader.integer()),
          4: () => (element.name = reader.text()),
          5: () => (element.children = reader.integer()),
        });
        if (element.children < 0) throw new Error('its schema is damaged');
        schema.push(element);
      }),
  });
  return schema;
}

/** A column of the top level and the number of its first physical column; otherwise the names of the columns. */
function locate(
  schema: readonly SchemaElement[],
  name: string,
): { leaf: number; element?: SchemaElement; names: string[] } {
  const names: string[] = [];
  let next = 1;
  let leaf = 0;
  for (let child = 0; child < (schema[0]?.children ?? 0); child++) {
    const element = schema[next];
    if (!element) throw new Error('its schema is damaged');
    if (element.name === name) return { leaf, element, names };
    names.push(element.name);
    // The elements below it follow in depth-first order.
    for (let open = 1; open > 0; open--) {
      const below = schema[next++];
      if (!below) throw new Error('its schema is damaged');
      open += below.children;
      if (below.children === 0) leaf++;
    }
  }
  return { leaf, names };
}

/** The chunks of a column of all row groups that have rows. */
function readChunks(footer: Buffer, leaf: number, dataEnd: number): ColumnChunk[] {
  const reader = new ThriftReader(footer);
  const chunks: ColumnChunk[] = [];
  let total = 0;
  const readGroup = (): void => {
    let rows = -1;
    let elsewhere = false;
    let found = false;
    const meta = { codec: -1, length: -1, dataPage: -1, dictionaryPage: 0 };
    const readColumn = (index: number): void => {
      if (index !== leaf) return reader.struct({});
      found = true;
      reader.struct({
        1: () => (elsewhere = reader.text() !== ''),
        3: () =>
          reader.nested({
            4: () => (meta.codec = reader.integer()),
            7: () => (meta.length = reader.integer()),
            9: () => (meta.dataPage = reader.integer()),
            11: () => (meta.dictionaryPage = reader.integer()),
          }),
      });
    };
    reader.struct({ 1: () => reader.structs(readColumn), 3: () => (rows = reader.integer()) });
    if (rows === 0) return;
    const { codec, length, dataPage, dictionaryPage } = meta;
    const start = dictionaryPage > 0 ? Math.min(dictionaryPage, dataPage) : dataPage;
    const end = start + length;
    // Row groups that share bytes would make a small file large.
    total += length;
    if (elsewhere) throw new Error('its data are in another file');
    if (!found || rows < 0 || start < 4 || length < 1 || end > dataEnd || total > dataEnd) {
      throw new Error(`row group ${chunks.length} in its footer is damaged`);
    }
    chunks.push({ rows, codec, start, end });
  };
  reader.struct({ 4: () => reader.structs(readGroup) });
  return chunks;
}
