// SentencePiece's table of replacements, as `"normalizer": {"type": "Precompiled"}` of a tokenizer.json has it: a
// double-array trie (Darts-clone's format) from UTF-8 to places in a pool of texts that end with a zero byte.
// A grapheme of less than six bytes is looked up as a whole, else, and when that finds nothing, character by character;
// of several keys that begin it, the shortest counts: so it is in Hugging Face's tokenizers.
import { expectText, where } from './json-checks.js';

const MOST_REMEMBERED = 1 << 16;
const utf8 = new TextEncoder();
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The normalizer of a `precompiled_charsmap`.
 *
 * @throws Error naming what is wrong with the table.
 */
export function charsmapNormalizer(base64: unknown): (text: string) => string {
  const name = 'tokenizer.json: "normalizer.precompiled_charsmap"';
  const encoded = expectText(base64, name);
  if (encoded === null) throw new Error(`${name}: ${where(base64)} given, expected base64`);
  const bytes = Buffer.from(encoded, 'base64');
  const size = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length) {
    throw new Error(
      `${name}: ${bytes.length} bytes that announce a trie of ${size}, expected a SentencePiece table`,
    );
  }
  const trie = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const pool = bytes.subarray(4 + size);
  const known = new Map<string, string | null>();

  /** What stands for a character or grapheme, null where it stays. */
  const replacement = (text: string): string | null => {
    let found = known.get(text);
    if (found === undefined) {
      const at = shortestPrefix(trie, utf8.encode(text));
      found = at < 0 ? null : pool.toString('utf8', at, endOfText(pool, at));
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(text, found);
    }
    return found;
  };

  return (text) => {
    const out: string[] = [];
    for (const grapheme of graphemes(text)) {
      const whole = grapheme.length < 6 && Buffer.byteLength(grapheme) < 6 ? replacement(grapheme) : null;
      if (whole !== null) out.push(whole);
      else for (const character of grapheme) out.push(replacement(character) ?? character);
    }
    return out.join('');
  };
}

/** The value of the shortest key that `key` begins with, -1 for none. */
function shortestPrefix(trie: Uint32Array, key: Uint8Array): number {
  let at = offset(trie[0]);
  for (const byte of key) {
    if (byte === 0) return -1;
    at ^= byte;
    if (at >= trie.length) return -1;
    const unit = trie[at];
    // A leaf's highest bit is set, so that it is no label.
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

function endOfText(pool: Buffer, from: number): number {
  const end = pool.indexOf(0, from);
  return end < 0 ? pool.length : end;
}

/**
 * Graphemes of a text. Below U+0300 every character is one, but for the pair \r\n: only stretches with others, and their
 * neighbours, are left to the segmenter, which is slow.
 */
function* graphemes(text: string): Generator<string> {
  const stretch = /[^\r\n]?[\u0300-\uffff]+[^\r\n]?(?:[\u0300-\uffff]+[^\r\n]?)*|\r\n|[^]/g;
  for (const [piece] of text.matchAll(stretch)) {
    if (piece.length === 1 || piece === '\r\n') yield piece;
    else for (const { segment } of segmenter.segment(piece)) yield segment;
  }
}
