// Hashes that identify texts.
import { createSha256 } from '#sha256';
import type { Fragment } from './documents/fragments.js';

/** SHA-256 of documents: of their texts, with a zero byte after each. */
export class TextHash {
  readonly #hash = createSha256();

  add({ text, end }: Fragment): void {
    this.#hash.update(end ? `${text}\0` : text);
  }

  digest(): Uint8Array {
    return this.#hash.digest();
  }

  /** The digest in hexadecimal. */
  hex(): string {
    return Array.from(this.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
