// Where a trainer's text comes from: strings as they are, or files read in pieces, so that a corpus may be larger
// than memory. A file is taken line by line, each line with its line feed, as Hugging Face's `train(files)` does.
import { isAscii, isUtf8 } from 'node:buffer';
import { open, stat } from 'node:fs/promises';

/** Files to read as UTF-8. */
export interface CorpusFiles {
  files: readonly string[];
}

/** A text, several (each a sequence of its own), or files (each line a sequence of its own). */
export type Corpus = string | Iterable<string> | AsyncIterable<string> | CorpusFiles;

/** A piece of a corpus. */
interface CorpusPart {
  text: string;
  /** The text is lines of a file, each to be taken by itself; otherwise it is one sequence. */
  lines: boolean;
  /** This is the last part of its file. */
  endsFile?: boolean;
  /** Bytes (files) or UTF-16 code units (strings) up to the end of this part, and in all where that is known. */
  done: number;
  total?: number;
}

const CHUNK = 4 << 20;
/** A line as long as this cannot be made a string. */
const LONGEST_LINE = 256 << 20;

/**
 * The parts of a corpus, one after the other.
 *
 * @param mayCutLines A line of many megabytes may be cut before a blank after a printable ASCII character. No word of
 *   Whitespace or of GPT-2's pattern lies across such a place, and none changes by the cut.
 * @throws Error naming the file, and the place of what is not UTF-8.
 */
export async function* corpusParts(corpus: Corpus, mayCutLines: boolean): AsyncGenerator<CorpusPart> {
  if (typeof corpus === 'string') {
    yield { text: corpus, lines: false, done: corpus.length, total: corpus.length };
  } else if (isFiles(corpus)) {
    yield* fileParts(corpus.files, mayCutLines);
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

async function* fileParts(files: readonly string[], mayCutLines: boolean): AsyncGenerator<CorpusPart> {
  let total = 0;
  for (const path of files) {
    const file = await stat(path);
    if (file.isDirectory()) throw new Error(`${path}: is a folder, expected a text file`);
    total += file.size;
  }
  let done = 0;
  for (const path of files) {
    const handle = await open(path);
    try {
      let buffer = Buffer.allocUnsafe(CHUNK);
      let held = 0;
      for (let offset = 0, ended = false; !ended;) {
        const { bytesRead } = await handle.read(buffer, held, buffer.length - held, null);
        offset += bytesRead;
        ended = bytesRead === 0;
        const filled = held + bytesRead;
        const end = ended ? filled : lastCut(buffer, filled, mayCutLines);
        if (end > 0 || ended) {
          done += end;
          const text = decode(buffer.subarray(0, end), path, offset - filled);
          yield { text, lines: true, endsFile: ended, done, total };
          buffer.copy(buffer, 0, end, filled);
        } else if (filled === buffer.length) {
          if (filled >= LONGEST_LINE) {
            throw new Error(
              `${path}: the line that begins at byte ${offset - filled} is longer than ${LONGEST_LINE >> 20} MiB ` +
                'and has no place to cut it; break the line, or pass an iterable of shorter texts',
            );
          }
          const larger = Buffer.allocUnsafe(buffer.length * 2);
          buffer.copy(larger, 0, 0, filled);
          buffer = larger;
        }
        held = filled - end;
      }
    } finally {
      await handle.close();
    }
  }
}

/**
 * Where to end a part: after the last line feed, which is never part of another character in UTF-8; in a line that
 * fills the whole buffer before the last blank that follows a printable ASCII character, if that is allowed.
 */
function lastCut(buffer: Buffer, filled: number, mayCutLines: boolean): number {
  if (filled === 0) return 0;
  const feed = buffer.lastIndexOf(0x0a, filled - 1) + 1;
  if (feed > 0 || !mayCutLines || filled < buffer.length) return feed;
  for (let at = filled - 1; at > 0; at--) {
    if (buffer[at] === 0x20 && buffer[at - 1] > 0x20 && buffer[at - 1] < 0x7f) return at;
  }
  return 0;
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
