// Streams documents from files; selects the format.
import { open } from 'node:fs/promises';
import { checkOptionNames } from '@lilformer/tokenizers';
import { fileSize, fileText, type Tally } from './file-bytes.js';
import { joinFragments, limitCharacters, type Fragment, type ReadOptions } from './fragments.js';
import { jsonLinesFragments } from './json-lines.js';
import { jsonFragments } from './json-values.js';
import { parquetFragments } from './parquet/parquet-fragments.js';
import { textFragments } from './text-fragments.js';

const NAMES = Object.keys({
  format: true,
  separator: true,
  field: true,
  column: true,
  maxCharacters: true,
  signal: true,
} satisfies Record<keyof ReadOptions, true>);

/**
 * Yields the documents of one or several files (plain text, JSON lines or Parquet) in constant memory.
 * @throws Error with file and position for invalid encoding or syntax, a missing field or column, or an empty file
 */
export async function* readDocuments(
  files: string | readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<string, void, undefined> {
  checkOptionNames(options, NAMES);
  const paths = [files].flat();
  yield* joinFragments(readFragments(paths, options, { bytes: 0 }), paths.join(', '));
}

/** Yields the documents of files as fragments; counts the bytes read in `tally`. */
export function readFragments(
  files: readonly string[],
  options: ReadOptions,
  tally: Tally,
): AsyncGenerator<Fragment[]> {
  const all = allFragments(files, options, tally);
  return options.maxCharacters === undefined ? all : limitCharacters(all, options.maxCharacters);
}

async function* allFragments(
  files: readonly string[],
  options: ReadOptions,
  tally: Tally,
): AsyncGenerator<Fragment[]> {
  if (files.length === 0) throw new Error('no files given: expected at least one');
  for (const path of files) {
    const before = tally.bytes;
    const size = await fileSize(path);
    let any = false;
    for await (const batch of await fileFragments(path, options, tally)) {
      any = true;
      yield batch;
    }
    if (!any) throw new Error(`${path}: there is no text in the file`);
    tally.bytes = before + size;
  }
}

async function fileFragments(
  path: string,
  options: ReadOptions,
  tally: Tally,
): Promise<AsyncGenerator<Fragment[]>> {
  const { separator = '<|endoftext|>', field = 'text', column = 'text', signal } = options;
  const format = options.format ?? formatOf(path);
  switch (format) {
    case 'text':
      if (await startsLikeParquet(path)) {
        throw new Error(`${path}: this is a parquet file; name it .parquet or give the format 'parquet'`);
      }
      return textFragments(fileText(path, tally, signal), separator);
    case 'jsonl':
      return jsonLinesFragments(path, field, tally, signal);
    case 'json':
      return jsonFragments(path, field, tally, signal);
    case 'parquet':
      return parquetFragments(path, column, tally, signal);
    default:
      throw new Error(`format ${JSON.stringify(format)}: expected 'text', 'jsonl', 'json' or 'parquet'`);
  }
}

function formatOf(path: string): NonNullable<ReadOptions['format']> {
  const extension = /\.([^./\\]+)$/.exec(path.replace(/\.gz$/i, ''))?.[1].toLowerCase();
  if (extension === 'jsonl' || extension === 'ndjson') return 'jsonl';
  return extension === 'parquet' || extension === 'json' ? extension : 'text';
}

async function startsLikeParquet(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1';
  } finally {
    await file.close();
  }
}
