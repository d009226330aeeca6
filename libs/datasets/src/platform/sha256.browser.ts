// SHA-256 in JavaScript: that of pages takes all bytes at once, and no page has it without a secure context.
import { sha256 } from '@noble/hashes/sha2.js';

/** A hash to which UTF-8 text is added piece by piece. */
export function createSha256(): { update(text: string): unknown; digest(): Uint8Array } {
  const hash = sha256.create();
  const encoder = new TextEncoder();
  return { update: (text) => hash.update(encoder.encode(text)), digest: () => hash.digest() };
}
