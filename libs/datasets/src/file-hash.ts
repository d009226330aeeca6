// Hashes that identify files and texts.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Fragment } from './documents/fragments.js';

/** SHA-256 of a file in hexadecimal, read from disk. */
export async function fileSha256(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** SHA-256 of documents: of their texts, with a zero byte after each. */
export class TextHash {
  readonly #hash = createHash('sha256');

  add({ text, end }: Fragment): void {
    this.#hash.update(text);
    if (end) this.#hash.update('\0');
  }

  digest(): Buffer {
    return this.#hash.digest();
  }
}
