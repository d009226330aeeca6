// Reads the files of a corpus in pieces.
import { isAscii, isUtf8 } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import type { CorpusPart } from '../corpus.js';

const CHUNK = 4 << 20;
const LONGEST_LINE = 256 << 20;

/** Yields the parts of files. */
export async function* fileParts(files: readonly string[], mayCutLines: boolean): AsyncGenerator<CorpusPart> {
  let total = 0;
  for (const path of files) {
    const file = await stat(path);
    if (file.isDirectory()) throw new Error(`${path}: is a folder. Expected a text file.`);
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
              `${path}: the line at byte ${offset - filled} is longer than ${LONGEST_LINE >> 20} MiB. ` +
                'Insert line breaks, or pass an iterable of shorter texts.',
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
 * Where to end a part: after the last line feed, which is never part of another character in UTF-8; in a line that fills
 * the whole buffer, before the last space that follows a printable ASCII character, if allowed. 0 for nowhere.
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
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text;
  // Invalid bytes become U+FFFD: the first difference is where UTF-8 ends.
  const encoded = Buffer.from(text);
  let invalid = 0;
  while (encoded[invalid] === bytes[invalid]) invalid++;
  throw new Error(`${path}: not UTF-8 at byte ${offset + invalid}. Convert the file to UTF-8.`);
}
