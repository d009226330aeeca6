// Character tokenizer: one id per Unicode code point, without normalization.
import { JsonFields, show } from '../json-fields.js';
import { checkDecodeOptions, checkEncodeOptions, checkOptionNames } from '../option-names.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from '../tokenizer.js';

export interface CharTokenizerOptions {
  /**
   * Token for characters outside the vocabulary, such as `'<unk>'`; its id is the last. Without it (the default) such
   * a character is an error.
   */
  unknownToken?: string | null;
}

/** One id per character; `fromText` numbers the distinct characters of a text by code point. */
export class CharTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly unkTokenId?: number;
  readonly #tokens: readonly string[];
  readonly #ids = new Map<number, number>();

  /**
   * @param characters the vocabulary in the order of ids, one code point each
   * @throws Error when an entry is not exactly one code point, or occurs twice
   */
  constructor(characters: Iterable<string>, options: CharTokenizerOptions = {}) {
    checkOptionNames(options, ['unknownToken']);
    const tokens = [...characters];
    tokens.forEach((character, id) => {
      const codePoint = character.codePointAt(0);
      if (codePoint === undefined || String.fromCodePoint(codePoint) !== character) {
        throw new Error(`characters[${id}] is ${show(character)}. Expected exactly one character.`);
      }
      if (this.#ids.has(codePoint)) throw new Error(`characters[${id}]: duplicate ${show(character)}.`);
      this.#ids.set(codePoint, id);
    });
    const unknownToken = options.unknownToken ?? null;
    if (unknownToken !== null) {
      if (unknownToken === '' || tokens.includes(unknownToken)) {
        throw new Error(
          `unknownToken is ${show(unknownToken)}. Expected a name that is not in the vocabulary, such as "<unk>".`,
        );
      }
      this.unkTokenId = tokens.push(unknownToken) - 1;
    }
    this.#tokens = tokens;
    this.vocabSize = tokens.length;
  }

  /** Builds the vocabulary of all characters in one or more texts. */
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

  /** @throws Error naming the wrong field */
  static fromJSON(json: unknown): CharTokenizer {
    const fields = new JsonFields('character tokenizer', '', json);
    if (fields.record.type !== 'char') fields.fail('type', '"char"');
    const characters = fields.array('characters').map((character, i) => {
      if (typeof character === 'string') return character;
      throw new Error(`character tokenizer: "characters[${i}]" is ${show(character)}. Expected a string.`);
    });
    return new CharTokenizer(characters, { unknownToken: fields.string('unknown_token') });
  }

  /** @throws Error with the character, code point and position of an unknown character when there is no unknown token */
  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    checkEncodeOptions(options);
    if (options.addEos) throw new Error('addEos: a character tokenizer has no end-of-text token.');
    const out = new Uint32Array(text.length);
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      const id = this.#ids.get(codePoint) ?? this.unkTokenId;
      if (id === undefined) throw new Error(this.#unknownCharacter(codePoint, length, i));
      out[length++] = id;
      if (codePoint > 0xffff) i++;
    }
    return out.slice(0, length);
  }

  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    checkDecodeOptions(options);
    const pieces: string[] = [];
    let characters: string[] = [];
    for (const id of ids) {
      characters.push(this.#decodeOne(id, options));
      // Joining in pieces: an array of a million short strings takes more memory than the text.
      if (characters.length === 4096) {
        pieces.push(characters.join(''));
        characters = [];
      }
    }
    return pieces.join('') + characters.join('');
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    checkDecodeOptions(options);
    return { push: (id) => this.#decodeOne(id, options), flush: () => '' };
  }

  tokenToId(token: string): number | undefined {
    const id = this.#ids.get(token.codePointAt(0) ?? -1) ?? -1;
    if (this.#tokens[id] === token) return id;
    return this.unkTokenId !== undefined && this.#tokens[this.unkTokenId] === token
      ? this.unkTokenId
      : undefined;
  }

  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  /** Any position except between the halves of a surrogate pair. */
  safeSplitPoint(text: string, near: number): number {
    const at = Math.min(Math.floor(near), text.length);
    if (!(at > 0)) return 0;
    const isHigh = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
    // At the end of `text` the second half may still follow.
    return isHigh && (at === text.length || (text.charCodeAt(at) & 0xfc00) === 0xdc00) ? at - 1 : at;
  }

  toJSON(): Record<string, unknown> {
    const characters = this.#tokens.slice(0, this.unkTokenId);
    return { type: 'char', characters, unknown_token: this.#tokens[this.unkTokenId ?? -1] ?? null };
  }

  #decodeOne(id: number, options: DecodeOptions): string {
    const token = this.#tokens[id];
    if (token === undefined) {
      throw new RangeError(`decode: id is ${id}. Expected an integer from 0 to ${this.vocabSize - 1}.`);
    }
    return id === this.unkTokenId && (options.skipSpecialTokens ?? true) ? '' : token;
  }

  #unknownCharacter(codePoint: number, position: number, index: number): string {
    const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    const character = JSON.stringify(String.fromCodePoint(codePoint));
    return (
      `encode: character ${character} (${code}) at position ${position}${index === position ? '' : ` (string index ${index})`} ` +
      `is not among the ${this.vocabSize} characters of the vocabulary. Build the vocabulary from a text that contains ` +
      'it, or set unknownToken.'
    );
  }
}
