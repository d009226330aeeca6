// Parquet: one string column, one row group at a time. Read by hyparquet, with node:zlib for gzip, Brotli and Zstd.
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type Compressors,
} from 'hyparquet';
import type { Tally } from './file-bytes.js';
import type { Fragment } from './fragments.js';

/**
 * Yields the documents of a column of a Parquet file. Skips null and empty rows.
 * @throws Error with the file, and the columns there are or the row, for a missing column, a column that is not
 *   text, or broken data
 */
export async function* parquetFragments(
  path: string,
  column: string,
  tally: Tally,
  signal?: AbortSignal,
): AsyncGenerator<Fragment[]> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const file: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const bytes = Buffer.allocUnsafeSlow(end - start);
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
          if (bytesRead === 0) throw new Error(`the file ends before byte ${end}`);
          filled += bytesRead;
        }
        return bytes.buffer;
      },
    };
    const metadata = await explain(path, async () => {
      if (size < 12) throw new Error('the file is too short for the format');
      return parquetMetadataAsync(file);
    });
    const columns = parquetSchema(metadata).children.map((child) => child.element.name);
    if (!columns.includes(column)) {
      const there = columns.map((name) => `"${name}"`).join(', ');
      throw new Error(
        `${path}: there is no column "${column}"; the columns are ${there}. Say which one holds the text`,
      );
    }
    const rows = Number(metadata.num_rows);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      signal?.throwIfAborted();
      const rowEnd = rowStart + Number(group.num_rows);
      const found = await explain(`${path}: rows ${rowStart} to ${rowEnd - 1}`, () =>
        parquetReadObjects({
          file,
          metadata,
          columns: [column],
          rowStart,
          rowEnd,
          compressors: COMPRESSORS,
          // Left as bytes: hyparquet would put U+FFFD where the text is not UTF-8.
          parsers: { stringFromBytes: (bytes: Uint8Array) => bytes },
        }),
      );
      const batch: Fragment[] = [];
      for (let i = 0; i < found.length; i++) {
        const text = textOf(found[i][column], path, column, rowStart + i);
        if (text !== '') batch.push({ text, end: true });
      }
      tally.bytes += Math.floor((size * (rowEnd - rowStart)) / rows);
      rowStart = rowEnd;
      if (batch.length > 0) yield batch;
    }
  } finally {
    await handle.close();
  }
}

function textOf(value: unknown, path: string, column: string, row: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) {
    throw new Error(
      `${path}: row ${row}: the column "${column}" holds ${typeof value} values, expected strings`,
    );
  }
  if (!isUtf8(value))
    throw new Error(`${path}: row ${row}: the text in column "${column}" is not valid UTF-8`);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

async function explain<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = (error as Error).message;
    const hint = /compression codec: ZSTD/.test(message) ? ' (Node reads ZSTD from 22.15 on)' : '';
    throw new Error(`${place}: not readable as parquet: ${message}${hint}`, { cause: error });
  }
}

/** `zlib.zstdDecompressSync` came with Node 22.15. */
const zstd = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;

const COMPRESSORS: Compressors = {
  GZIP: (bytes) => zlib.gunzipSync(bytes),
  BROTLI: (bytes) => zlib.brotliDecompressSync(bytes),
  ...(zstd === undefined ? {} : { ZSTD: (bytes: Uint8Array) => zstd(bytes) }),
};
