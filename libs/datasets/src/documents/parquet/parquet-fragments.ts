// Parquet: one column of strings, a page at a time.
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { Tally } from '../file-bytes.js';
import type { Fragment } from '../fragments.js';
import { ColumnError, findColumn, readRange } from './metadata.js';
import { Budget, readPages } from './pages.js';

/** Documents and characters of a batch. */
const BATCH = { documents: 1000, characters: 1 << 20 };

/**
 * Yields the documents of a column of a Parquet file. Skips null and empty rows.
 * @throws Error with the file, and the columns there are or the row, for a missing column, a column that is not
 *   text, or damaged data
 */
export async function* parquetFragments(
  path: string,
  column: string,
  tally: Tally,
  signal?: AbortSignal,
): AsyncGenerator<Fragment[]> {
  const file = await open(path, 'r');
  /** Prefix of errors. */
  let place = path;
  try {
    const { size } = await file.stat();
    const { optional, chunks } = await findColumn(file, size, column);
    const budget = new Budget(size);
    const rows = chunks.reduce((total, chunk) => total + chunk.rows, 0);
    let rowStart = 0;
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      place = `${path}: rows ${rowStart} to ${rowStart + chunk.rows - 1}`;
      const bytes = await readRange(file, chunk.start, chunk.end);
      let batch: Fragment[] = [];
      let characters = 0;
      for (const text of readPages(bytes, chunk, optional, budget)) {
        if (text.bytes.length === 0) continue;
        if (!isUtf8(text.bytes)) {
          const row = rowStart + text.row();
          throw new ColumnError(`row ${row}: the text in column "${column}" is not valid UTF-8`);
        }
        const fragment = { text: text.bytes.toString('utf8'), end: true };
        batch.push(fragment);
        characters += fragment.text.length;
        if (batch.length < BATCH.documents && characters < BATCH.characters) continue;
        yield batch;
        signal?.throwIfAborted();
        batch = [];
        characters = 0;
      }
      tally.bytes += Math.floor((size * chunk.rows) / rows);
      rowStart += chunk.rows;
      if (batch.length > 0) yield batch;
    }
  } catch (error) {
    if (signal?.aborted || !(error instanceof Error)) throw error;
    if (error instanceof ColumnError) throw new Error(`${path}: ${error.message}`, { cause: error });
    throw new Error(`${place}: not readable as parquet: ${error.message}`, { cause: error });
  } finally {
    await file.close();
  }
}
