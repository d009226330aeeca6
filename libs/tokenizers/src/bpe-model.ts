// BPE's model proper: a vocabulary, merges, and what happens to characters that are in neither.
// One word in, symbols out; cutting a text into words and remembering the words met is bpe.ts.
import { BYTE_TO_CODE_POINT, writeUtf8 } from './byte-level.js';
import { Merger } from './merger.js';
import { PairTable } from './pair-table.js';

/** What a `tokenizer.json` says under "model". */
export interface BpeModelConfig {
  vocab: ReadonlyMap<string, number>;
  /** In the order of their ranks. */
  merges: readonly (readonly [string, string])[];
  /** Stands for a character that is not in the vocabulary; without it such a character vanishes. */
  unkToken: string | null;
  /** Unknown characters in a row become one unknown token. */
  fuseUnk: boolean;
  /** Unknown characters become their bytes, `<0x00>` to `<0xFF>`, if the vocabulary has those. */
  byteFallback: boolean;
  /** A word that is in the vocabulary is taken as it is. */
  ignoreMerges: boolean;
  /** Before every character of a word but the first. */
  continuingSubwordPrefix: string | null;
  /** After a word's last character. */
  endOfWordSuffix: string | null;
}

const LOW = 0x300;
const LARGE = 1 << 16;

export class BpeModel {
  /** The symbols of the word encoded last. */
  readonly symbols = new Merger();
  readonly config: BpeModelConfig;
  readonly #bytes: boolean;
  readonly #plain: boolean;
  readonly #table: PairTable;
  readonly #merged: Int32Array;
  /** Id of each byte or of each code point below U+0300, -1 without one; the rest of the characters. */
  readonly #low = new Int32Array(LOW).fill(-1);
  readonly #high = new Map<number, number>();
  #utf8 = new Uint8Array(256);

  /**
   * @param bytes Words are sequences of bytes (ByteLevel), not of characters.
   * @throws Error when a merge names or makes a token that the vocabulary lacks.
   */
  constructor(config: BpeModelConfig, bytes: boolean) {
    this.config = config;
    this.#bytes = bytes;
    this.#plain = config.continuingSubwordPrefix === null && config.endOfWordSuffix === null;
    const { vocab, merges } = config;
    const prefixLength = config.continuingSubwordPrefix?.length ?? 0;
    this.#table = new PairTable(merges.length);
    this.#merged = new Int32Array(merges.length);
    merges.forEach(([left, right], rank) => {
      const made = left + right.slice(prefixLength);
      const [leftId, rightId, id] = [left, right, made].map((token) => vocab.get(token));
      if (leftId === undefined || rightId === undefined || id === undefined) {
        const lacking = leftId === undefined ? left : rightId === undefined ? right : made;
        throw new Error(
          `merge ${rank} (${JSON.stringify(left)} + ${JSON.stringify(right)}): ${JSON.stringify(lacking)} is not in the vocabulary`,
        );
      }
      this.#table.set(leftId, rightId, rank);
      this.#merged[rank] = id;
    });
    if (bytes) {
      BYTE_TO_CODE_POINT.forEach((codePoint, byte) => {
        this.#low[byte] = vocab.get(String.fromCharCode(codePoint)) ?? -1;
      });
    } else {
      for (const [token, id] of vocab) {
        const codePoint = token.codePointAt(0);
        if (codePoint === undefined || token.length !== (codePoint > 0xffff ? 2 : 1)) continue;
        if (codePoint < LOW) this.#low[codePoint] = id;
        else this.#high.set(codePoint, id);
      }
    }
  }

  /** Leaves the symbols of the word text[from..to) in `symbols`. */
  encodeWord(text: string, from: number, to: number): void {
    const { symbols } = this;
    // Up to three bytes a code unit, and as many symbols where every byte is one.
    symbols.reset(3 * (to - from));
    if (this.config.ignoreMerges && this.#takeWhole(text, from, to)) return;
    if (
      !this.#plain ||
      !(this.#bytes ? this.#fillBytes(text, from, to) : this.#fillCharacters(text, from, to))
    ) {
      this.#fillWithUnknown(text, from, to);
    }
    symbols.merge(this.#table, this.#merged);
  }

  /** UTF-8 of text[from..to) into the scratch buffer; gives its length. */
  #toBytes(text: string, from: number, to: number): number {
    const room = 3 * (to - from);
    // A buffer for one enormous word is not kept for the small ones after it.
    const tooLarge = this.#utf8.length > LARGE && room <= LARGE;
    if (this.#utf8.length < room || tooLarge) this.#utf8 = new Uint8Array(Math.max(256, room));
    return writeUtf8(text, from, to, this.#utf8, 0);
  }

  #fillBytes(text: string, from: number, to: number): boolean {
    const length = this.#toBytes(text, from, to);
    const { ids, starts, ends } = this.symbols;
    for (let i = 0; i < length; i++) {
      const id = this.#low[this.#utf8[i]];
      if (id < 0) return false;
      ids[i] = id;
      starts[i] = i;
      ends[i] = i + 1;
    }
    this.symbols.size = length;
    return true;
  }

  #fillCharacters(text: string, from: number, to: number): boolean {
    const { symbols } = this;
    for (let i = from, at = 0; i < to; i++) {
      const codePoint = codePointIn(text, i, to);
      const id = codePoint < LOW ? this.#low[codePoint] : (this.#high.get(codePoint) ?? -1);
      if (id < 0) return false;
      const end = at + utf8Length(codePoint);
      symbols.push(id, at, end);
      at = end;
      if (codePoint > 0xffff) i++;
    }
    return true;
  }

  /** The way of words that hold something unknown, and of models with a prefix or suffix. */
  #fillWithUnknown(text: string, from: number, to: number): void {
    const { symbols } = this;
    const { vocab, unkToken, fuseUnk, byteFallback, continuingSubwordPrefix, endOfWordSuffix } = this.config;
    const units = this.#bytes ? this.#byteUnits(text, from, to) : characterUnits(text, from, to);
    const affixes = (continuingSubwordPrefix ?? '').length + (endOfWordSuffix ?? '').length;
    symbols.reset(3 * (to - from) * (byteFallback ? 2 + affixes : 1));
    let unknown: { start: number; end: number } | undefined;
    const flush = (): void => {
      if (unknown === undefined) return;
      const id = vocab.get(unkToken!);
      if (id === undefined) {
        throw new Error(
          `${JSON.stringify(text.slice(from, to))} holds an unknown character, and the vocabulary lacks the unk_token ${JSON.stringify(unkToken)}`,
        );
      }
      symbols.push(id, unknown.start, unknown.end);
      unknown = undefined;
    };
    let first = true;
    for (const { character, start, end, last } of units) {
      let token = character;
      if (!first && continuingSubwordPrefix !== null) token = continuingSubwordPrefix + token;
      if (last && endOfWordSuffix !== null) token += endOfWordSuffix;
      first = false;
      const id = vocab.get(token);
      if (id !== undefined) {
        flush();
        symbols.push(id, start, end);
        continue;
      }
      if (byteFallback) {
        const bytes = [...new TextEncoder().encode(token)].map((byte) =>
          vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
        );
        if (bytes.every((byteId) => byteId !== undefined)) {
          bytes.forEach((byteId, i) =>
            symbols.push(byteId, Math.min(start + i, end - 1), Math.min(start + i + 1, end)),
          );
          continue;
        }
      }
      if (unkToken === null) continue;
      if (unknown !== undefined && fuseUnk) {
        unknown.end = end;
      } else {
        flush();
        unknown = { start, end };
      }
    }
    flush();
  }

  *#byteUnits(text: string, from: number, to: number): Generator<Unit> {
    const length = this.#toBytes(text, from, to);
    const bytes = this.#utf8.slice(0, length);
    for (let i = 0; i < bytes.length; i++) {
      const character = String.fromCharCode(BYTE_TO_CODE_POINT[bytes[i]]);
      yield { character, start: i, end: i + 1, last: i === bytes.length - 1 };
    }
  }

  #takeWhole(text: string, from: number, to: number): boolean {
    let word = text.slice(from, to);
    let length = new TextEncoder().encode(word).length;
    if (this.#bytes) {
      length = this.#toBytes(text, from, to);
      word = '';
      for (let i = 0; i < length; i++) word += String.fromCharCode(BYTE_TO_CODE_POINT[this.#utf8[i]]);
    }
    const id = this.config.vocab.get(word);
    if (id === undefined) return false;
    this.symbols.push(id, 0, length);
    return true;
  }
}

interface Unit {
  character: string;
  start: number;
  end: number;
  last: boolean;
}

function* characterUnits(text: string, from: number, to: number): Generator<Unit> {
  for (let i = from, start = 0; i < to;) {
    const codePoint = codePointIn(text, i, to);
    i += codePoint > 0xffff ? 2 : 1;
    const end = start + utf8Length(codePoint);
    yield { character: String.fromCodePoint(codePoint), start, end, last: i >= to };
    start = end;
  }
}

/** Code point at i, U+FFFD for half of a surrogate pair. */
function codePointIn(text: string, i: number, to: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0xd800 || unit >= 0xe000) return unit;
  const codePoint = i + 1 < to ? text.codePointAt(i)! : unit;
  return codePoint > 0xffff ? codePoint : 0xfffd;
}

function utf8Length(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}
