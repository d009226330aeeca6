// SentencePiece's replacement table, the `precompiled_charsmap` of a tokenizer.json: a double-array trie (Darts-clone's
// format) from UTF-8 to positions in a pool of zero-terminated strings. As in Hugging Face's tokenizers, a grapheme of
// less than six bytes is looked up as a whole, otherwise (or when not found) by character; the shortest matching key wins.
import type { JsonFields } from '../json-fields.js';

const MAX_CACHED = 1 << 16;
const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The bytes of base64; other characters are ignored. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/[^A-Za-z0-9+/]/g, '');
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
}

/** @throws Error when the table is invalid */
export function charsmapNormalizer(fields: JsonFields): (text: string) => string {
  const key = 'precompiled_charsmap';
  const bytes = decodeBase64(fields.string(key) ?? fields.fail(key, 'base64'));
  const view = new DataView(bytes.buffer);
  const size = bytes.length < 4 ? -1 : view.getUint32(0, true);
  if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length) {
    throw new Error(
      `${fields.name(key)} has ${bytes.length} bytes and declares a trie of ${size}. Expected a SentencePiece table.`,
    );
  }
  const trie = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const pool = bytes.subarray(4 + size);
  const cache = new Map<string, string | null>();

  /** Replacement of a character or grapheme; null for none. */
  const replacement = (text: string): string | null => {
    let found = cache.get(text);
    if (found === undefined) {
      const at = shortestPrefix(trie, utf8.encode(text));
      const end = pool.indexOf(0, at);
      found = at < 0 ? null : decoder.decode(pool.subarray(at, end < 0 ? pool.length : end));
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(text, found);
    }
    return found;
  };

  return (text) => {
    const out: string[] = [];
    for (const grapheme of graphemes(text)) {
      const whole = grapheme.length < 6 && utf8.encode(grapheme).length < 6 ? replacement(grapheme) : null;
      if (whole !== null) out.push(whole);
      else for (const character of grapheme) out.push(replacement(character) ?? character);
    }
    return out.join('');
  };
}

/** Value of the shortest key that is a prefix of `key`; -1 for none. */
function shortestPrefix(trie: Uint32Array, key: Uint8Array): number {
  let at = offset(trie[0]);
  for (const byte of key) {
    if (byte === 0) return -1;
    at ^= byte;
    if (at >= trie.length) return -1;
    const unit = trie[at];
    // The highest bit of a leaf is set, so that it matches no label.
    if ((unit & 0x800000ff) !== byte) return -1;
    at ^= offset(unit);
    if (at >= trie.length) return -1;
    if (unit & 0x100) return trie[at] & 0x7fffffff;
  }
  return -1;
}

function offset(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

/**
 * Yields the graphemes of a text. Below U+0300 every character is one, except \r\n: only ranges with other characters,
 * and their neighbors, go to the slow segmenter.
 */
function* graphemes(text: string): Generator<string> {
  const range = /[^\r\n]?[\u0300-\uffff]+[^\r\n]?(?:[\u0300-\uffff]+[^\r\n]?)*|\r\n|[^]/g;
  for (const [piece] of text.matchAll(range)) {
    if (piece.length === 1 || piece === '\r\n') yield piece;
    else for (const { segment } of segmenter.segment(piece)) yield segment;
  }
}
