// Where a trainer's text comes from: strings as they are, or files read in pieces, so that a corpus may be larger
// than memory. A file is taken line by line, each line with its line feed, as Hugging Face's `train(files)` does.
import { isAscii, isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

/** Files to read as UTF-8. */
export interface CorpusFiles {
  files: readonly string[];
}

/** A text, several (each a sequence of its own), or files (each line a sequence of its own). */
export type Corpus = string | Iterable<string> | AsyncIterable<string> | CorpusFiles;

/** A piece of a corpus. */
export interface CorpusPart {
  text: string;
  /** The text is whole lines of a file, each to be taken by itself; otherwise it is one sequence. */
  lines: boolean;
  /** Bytes (files) or UTF-16 code units (strings) up to the end of this part, and in all where that is known. */
  done: number;
  total?: number;
}

const CHUNK = 4 << 20;
/** A line as long as this cannot be made a string. */
const LONGEST_LINE = 256 << 20;

/** @throws Error naming the file, and the place of what is not UTF-8. */
export async function* corpusParts(corpus: Corpus): AsyncGenerator<CorpusPart> {
  if (typeof corpus === 'string') {
    yield { text: corpus, lines: false, done: corpus.length, total: corpus.length };
  } else if (isFiles(corpus)) {
    yield* fileParts(corpus.files);
  } else if (
    typeof corpus === 'object' &&
    corpus !== null &&
    (Symbol.iterator in corpus || Symbol.asyncIterator in corpus)
  ) {
    let done = 0;
    let index = 0;
    for await (const text of corpus) {
      if (typeof text !== 'string')
        throw new TypeError(`corpus, entry ${index}: ${typeof text} given, expected a string`);
      done += text.length;
      index++;
      yield { text, lines: false, done };
    }
  } else {
    throw new TypeError('corpus: expected a string, an iterable of strings, or { files: [paths] }');
  }
}

function isFiles(corpus: Corpus): corpus is CorpusFiles {
  return typeof corpus === 'object' && corpus !== null && Array.isArray((corpus as CorpusFiles).files);
}

async function* fileParts(files: readonly string[]): AsyncGenerator<CorpusPart> {
  const handles: { path: string; size: number }[] = [];
  let total = 0;
  for (const path of files) {
    const handle = await open(path);
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new Error(`${path}: is a folder, expected a text file`);
      total += stat.size;
      handles.push({ path, size: stat.size });
    } finally {
      await handle.close();
    }
  }
  let done = 0;
  for (const { path } of handles) {
    const handle = await open(path);
    try {
      let buffer = Buffer.allocUnsafe(CHUNK);
      let held = 0;
      for (let offset = 0; ;) {
        if (held === buffer.length) {
          if (held >= LONGEST_LINE) {
            throw new Error(
              `${path}: the line that begins at byte ${offset - held} is longer than ${LONGEST_LINE >> 20} MiB; ` +
                'files are read line by line: break the lines, or pass an iterable of shorter texts',
            );
          }
          const larger = Buffer.allocUnsafe(buffer.length * 2);
          buffer.copy(larger, 0, 0, held);
          buffer = larger;
        }
        const { bytesRead } = await handle.read(buffer, held, buffer.length - held, offset);
        offset += bytesRead;
        const filled = held + bytesRead;
        // A line feed is never part of another character in UTF-8.
        const end = bytesRead === 0 ? filled : filled === 0 ? 0 : buffer.lastIndexOf(0x0a, filled - 1) + 1;
        if (end > 0) {
          done += end;
          yield { text: decode(buffer.subarray(0, end), path, offset - filled), lines: true, done, total };
          buffer.copy(buffer, 0, end, filled);
        }
        held = filled - end;
        if (bytesRead === 0) break;
      }
    } finally {
      await handle.close();
    }
  }
}

function decode(bytes: Buffer, path: string, offset: number): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) {
    throw new Error(`${path}: not UTF-8 at byte ${offset + firstInvalid(bytes)}; convert the file to UTF-8`);
  }
  return bytes.toString('utf8');
}

/** Length of the longest prefix that is UTF-8 with at most a character broken off at its end. */
function firstInvalid(bytes: Buffer): number {
  let good = 0;
  for (let low = 0, high = bytes.length; low <= high;) {
    const middle = (low + high) >> 1;
    const start = startOfLast(bytes, middle);
    if (isUtf8(bytes.subarray(0, start))) {
      good = start;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return good;
}

/** The largest position up to `at` (and at most three before) that is no continuation byte. */
function startOfLast(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && at - start < 3 && start < bytes.length && (bytes[start] & 0xc0) === 0x80) start--;
  return start;
}
