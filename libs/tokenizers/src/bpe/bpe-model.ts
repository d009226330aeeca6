// The BPE model: turns one word into symbols and merges them. bpe.ts splits a text into words and caches their ids.
import type { BpeConfig } from './bpe-config.js';
import { BYTE_CHARACTERS, byteFallbackTokens, utf8Length } from './byte-level.js';
import { PairMap } from './pair-map.js';
import { WordMerger } from './word-merger.js';

/** Code points below this are looked up in an array. */
const LOW = 0x300;
const encoder = new TextEncoder();

export class BpeModel {
  /** Symbols of the word encoded last. */
  readonly symbols = new WordMerger();
  readonly #config: BpeConfig;
  readonly #ranks: PairMap;
  readonly #merged: Int32Array;
  /** Id of each byte, or of each code point below U+0300; -1 without one. */
  readonly #low = new Int32Array(LOW).fill(-1);
  readonly #high = new Map<number, number>();

  /** @throws Error when a merge refers to a token outside the vocabulary */
  constructor(config: BpeConfig) {
    this.#config = config;
    const { vocab, merges } = config;
    const prefixLength = config.continuingSubwordPrefix?.length ?? 0;
    this.#ranks = new PairMap(merges.length);
    this.#merged = new Int32Array(merges.length);
    merges.forEach(([left, right], rank) => {
      const parts = [left, right, left + right.slice(prefixLength)];
      const [leftId, rightId, id] = parts.map((token) => vocab.get(token) ?? -1);
      const missing = [leftId, rightId, id].indexOf(-1);
      if (missing >= 0) {
        throw new Error(
          `merge ${rank} (${JSON.stringify(left)} + ${JSON.stringify(right)}): ${JSON.stringify(parts[missing])} is not in the vocabulary.`,
        );
      }
      this.#ranks.set(leftId, rightId, rank);
      this.#merged[rank] = id;
    });
    if (config.preTokenizer.bytes) {
      BYTE_CHARACTERS.forEach((character, byte) => (this.#low[byte] = vocab.get(character) ?? -1));
    } else {
      for (const [token, id] of vocab) {
        const codePoint = token.codePointAt(0);
        if (codePoint === undefined || String.fromCodePoint(codePoint) !== token) continue;
        if (codePoint < LOW) this.#low[codePoint] = id;
        else this.#high.set(codePoint, id);
      }
    }
  }

  /** Encodes the word text[from..to) into `symbols`. */
  encodeWord(text: string, from: number, to: number): void {
    const { symbols } = this;
    const { continuingSubwordPrefix, endOfWordSuffix, ignoreMerges, preTokenizer } = this.#config;
    symbols.reset(3 * (to - from)); // at most three bytes per code unit
    if (ignoreMerges && this.#takeWhole(text.slice(from, to))) return;
    const affixes = continuingSubwordPrefix !== null || endOfWordSuffix !== null;
    const known =
      !affixes &&
      (preTokenizer.bytes ? this.#pushBytes(text, from, to) : this.#pushCharacters(text, from, to));
    if (!known) this.#pushWithUnknown(text.slice(from, to));
    symbols.merge(this.#ranks, this.#merged);
  }

  #pushBytes(text: string, from: number, to: number): boolean {
    const { symbols } = this;
    let bytes: Uint8Array | undefined;
    for (let i = 0, length = to - from; i < length; i++) {
      let byte = bytes ? bytes[i] : text.charCodeAt(from + i);
      if (byte > 0x7f && !bytes) {
        bytes = encoder.encode(text.slice(from, to));
        length = bytes.length;
        byte = bytes[i];
      }
      const id = this.#low[byte];
      if (id < 0) return false;
      symbols.push(id, i, i + 1);
    }
    return true;
  }

  #pushCharacters(text: string, from: number, to: number): boolean {
    for (let i = from, start = 0; i < to; i++) {
      const codePoint = codePointIn(text, i, to);
      const id = codePoint < LOW ? this.#low[codePoint] : (this.#high.get(codePoint) ?? -1);
      if (id < 0) return false;
      const end = start + utf8Length(codePoint);
      this.symbols.push(id, start, end);
      start = end;
      if (codePoint > 0xffff) i++;
    }
    return true;
  }

  /** Slow path: words with unknown characters, and models with a prefix or suffix. */
  #pushWithUnknown(word: string): void {
    const { symbols } = this;
    const { vocab, unkToken, fuseUnk, byteFallback } = this.#config;
    const prefix = this.#config.continuingSubwordPrefix ?? '';
    const suffix = this.#config.endOfWordSuffix ?? '';
    const parts = this.#split(word);
    symbols.reset(3 * word.length * (byteFallback ? 2 + prefix.length + suffix.length : 1));
    let unknown: { start: number; end: number } | undefined;
    const flush = (): void => {
      if (unknown === undefined) return;
      const id = vocab.get(unkToken!);
      if (id === undefined) {
        throw new Error(
          `encode: ${JSON.stringify(word)} contains an unknown character, and the unk_token ${JSON.stringify(unkToken)} is not in the vocabulary.`,
        );
      }
      symbols.push(id, unknown.start, unknown.end);
      unknown = undefined;
    };
    parts.forEach(({ character, start, end }, i) => {
      const token = (i > 0 ? prefix : '') + character + (i === parts.length - 1 ? suffix : '');
      const id = vocab.get(token);
      if (id !== undefined) {
        flush();
        symbols.push(id, start, end);
        return;
      }
      const bytes = byteFallback ? byteFallbackTokens(token).map((name) => vocab.get(name)) : [undefined];
      if (bytes.every((byteId) => byteId !== undefined)) {
        bytes.forEach((byteId, b) =>
          symbols.push(byteId, Math.min(start + b, end - 1), Math.min(start + b + 1, end)),
        );
      } else if (unkToken !== null) {
        if (unknown !== undefined && fuseUnk) {
          unknown.end = end;
        } else {
          flush();
          unknown = { start, end };
        }
      }
    });
    flush();
  }

  /** Pushes the word as one token if the vocabulary has it. */
  #takeWhole(word: string): boolean {
    const parts = this.#split(word);
    const id = this.#config.vocab.get(parts.map(({ character }) => character).join(''));
    if (id === undefined) return false;
    this.symbols.push(id, 0, parts.at(-1)!.end);
    return true;
  }

  /** Characters of a word (or those that stand for its bytes), with their byte offsets. */
  #split(word: string): { character: string; start: number; end: number }[] {
    if (this.#config.preTokenizer.bytes) {
      return Array.from(encoder.encode(word), (byte, i) => ({
        character: BYTE_CHARACTERS[byte],
        start: i,
        end: i + 1,
      }));
    }
    let end = 0;
    return Array.from(word.replace(/\p{Surrogate}/gu, '\ufffd'), (character) => {
      const start = end;
      end += utf8Length(character.codePointAt(0)!);
      return { character, start, end };
    });
  }
}

/** Code point at i; U+FFFD for half of a surrogate pair. */
function codePointIn(text: string, i: number, to: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0xd800 || unit >= 0xe000) return unit;
  const codePoint = i + 1 < to ? text.codePointAt(i)! : unit;
  return codePoint > 0xffff ? codePoint : 0xfffd;
}
