// One id a character: the simplest tokenizer. Characters are Unicode code points, so an emoji that is several of
// them (a family, a flag) takes several ids. Nothing is normalised.
import { expectRecord, expectStrings, where } from './json-checks.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';

export interface CharTokenizerOptions {
  /**
   * Token that stands for characters outside the vocabulary, such as `'<unk>'`; it takes the id after the last
   * character. Without it (the default) such a character is an error.
   */
  unknownToken?: string | null;
}

/** Characters to ids: the characters of a text, sorted by code point, numbered from 0. */
export class CharTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly unkTokenId?: number;
  readonly #characters: readonly string[];
  readonly #unknownToken: string | null;
  readonly #ids = new Map<number, number>();

  /**
   * @param characters The vocabulary in the order of ids, one code point each.
   * @throws Error when an entry is not exactly one code point or comes twice.
   */
  constructor(characters: Iterable<string>, options: CharTokenizerOptions = {}) {
    this.#characters = [...characters];
    this.#unknownToken = options.unknownToken ?? null;
    this.#characters.forEach((character, id) => {
      const codePoint = character.codePointAt(0);
      if (codePoint === undefined || character.length !== (codePoint > 0xffff ? 2 : 1)) {
        throw new Error(
          `character vocabulary, entry ${id}: ${JSON.stringify(character)} given, expected exactly one character`,
        );
      }
      if (this.#ids.has(codePoint)) {
        throw new Error(`character vocabulary, entry ${id}: ${JSON.stringify(character)} is there twice`);
      }
      this.#ids.set(codePoint, id);
    });
    this.vocabSize = this.#characters.length;
    if (this.#unknownToken !== null) {
      if (this.#unknownToken === '' || this.#isCharacter(this.#unknownToken)) {
        throw new Error(
          `unknownToken ${JSON.stringify(this.#unknownToken)}: expected a name that is no character of the vocabulary, such as "<unk>"`,
        );
      }
      this.unkTokenId = this.vocabSize++;
    }
  }

  /** Vocabulary of all characters of a text, or of several. */
  static fromText(text: string | Iterable<string>, options: CharTokenizerOptions = {}): CharTokenizer {
    const seen = new Set<number>();
    for (const part of typeof text === 'string' ? [text] : text) {
      for (let i = 0; i < part.length; i++) {
        const codePoint = part.codePointAt(i)!;
        seen.add(codePoint);
        if (codePoint > 0xffff) i++;
      }
    }
    const sorted = [...seen].sort((a, b) => a - b);
    return new CharTokenizer(
      sorted.map((codePoint) => String.fromCodePoint(codePoint)),
      options,
    );
  }

  /** @throws Error naming what is wrong with the JSON. */
  static fromJSON(json: unknown): CharTokenizer {
    const record = expectRecord(json, 'character tokenizer');
    if (record.type !== 'char') {
      throw new Error(`character tokenizer: "type" is ${where(record.type)}, expected "char"`);
    }
    const unknownToken = record.unknown_token ?? null;
    if (unknownToken !== null && typeof unknownToken !== 'string') {
      throw new Error(
        `character tokenizer: "unknown_token" is ${where(unknownToken)}, expected a string or null`,
      );
    }
    return new CharTokenizer(expectStrings(record.characters, 'character tokenizer: "characters"'), {
      unknownToken,
    });
  }

  /** @throws Error with the character, its code point and its position, when it is unknown and there is no unknown token. */
  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    if (options.addEos) throw new Error('addEos: a character tokenizer has no end-of-text id');
    const out = new Uint32Array(text.length);
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      const id = this.#ids.get(codePoint) ?? this.unkTokenId;
      if (id === undefined) throw new Error(this.#unknown(codePoint, length, i));
      out[length++] = id;
      if (codePoint > 0xffff) i++;
    }
    return out.slice(0, length);
  }

  /** The unknown token is left out unless `skipSpecialTokens` is false. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const pieces: string[] = [];
    const characters: string[] = [];
    for (const id of ids) {
      characters.push(this.#text(id, options));
      // Joined in pieces: a million short strings in one array are slower than the text.
      if (characters.length === 4096) pieces.push(characters.splice(0).join(''));
    }
    return pieces.join('') + characters.join('');
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    return { push: (id) => this.#text(id, options), flush: () => '' };
  }

  tokenToId(token: string): number | undefined {
    if (token === this.#unknownToken) return this.unkTokenId;
    return this.#isCharacter(token) ? this.#ids.get(token.codePointAt(0)!) : undefined;
  }

  idToToken(id: number): string | undefined {
    return id === this.unkTokenId ? this.#unknownToken! : this.#characters[id];
  }

  /** Anywhere, except between the two halves of a surrogate pair. */
  safeSplitPoint(text: string, near: number): number {
    const at = Math.min(Math.floor(near), text.length);
    if (!(at > 0)) return 0;
    const before = text.charCodeAt(at - 1);
    // At the very end the other half may be still to come.
    return before >= 0xd800 && before < 0xdc00 && (at === text.length || isLowSurrogate(text.charCodeAt(at)))
      ? at - 1
      : at;
  }

  toJSON(): Record<string, unknown> {
    return { type: 'char', characters: [...this.#characters], unknown_token: this.#unknownToken };
  }

  #isCharacter(token: string): boolean {
    const codePoint = token.codePointAt(0);
    return codePoint !== undefined && this.#ids.has(codePoint) && String.fromCodePoint(codePoint) === token;
  }

  #text(id: number, options: DecodeOptions): string {
    if (id === this.unkTokenId) return (options.skipSpecialTokens ?? true) ? '' : this.#unknownToken!;
    const character = this.#characters[id];
    if (character === undefined) {
      throw new RangeError(`decode: id ${id} given, expected a whole number from 0 to ${this.vocabSize - 1}`);
    }
    return character;
  }

  #unknown(codePoint: number, position: number, unit: number): string {
    const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    const character = JSON.stringify(String.fromCodePoint(codePoint));
    return (
      `character ${character} (${code}) at position ${position}${unit === position ? '' : ` (string index ${unit})`} ` +
      `is not among the ${this.#characters.length} of the vocabulary; build the vocabulary from a text that has it, ` +
      'or give the tokenizer an unknownToken'
    );
  }
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
