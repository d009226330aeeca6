// What tokenizers read from a `tokenizer.json` share: ids, special tokens around the text, decoding.
import { checkDecodeOptions, checkEncodeOptions } from '../option-names.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from '../tokenizer.js';
import { AddedTokens, failWithoutEos, type AddedToken } from './added-tokens.js';
import { ByteCache, createDecoder, decodeUtf8, type DecoderConfig } from './decoders.js';
import type { SpecialTokensTemplate } from './post-processor.js';

interface BaseConfig {
  vocab: ReadonlyMap<string, number>;
  unkTokenId: number | undefined;
  /** Names of the end-of-text and padding token; null for the special tokens with usual names. */
  eosToken: string | null;
  padToken: string | null;
  addedTokens: readonly AddedToken[];
  /** Applied to the contents of added tokens that are matched in normalized text. */
  normalize?: (text: string) => string;
  template: SpecialTokensTemplate | null;
  decoder: DecoderConfig;
}

export abstract class BaseTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly padTokenId?: number;
  readonly unkTokenId?: number;
  readonly eosTokenId?: number;
  protected readonly added: AddedTokens;
  /** Tokens by id; undefined where an id has none. */
  protected readonly tokens: readonly (string | undefined)[];
  readonly #vocab: ReadonlyMap<string, number>;
  readonly #template: SpecialTokensTemplate | null;
  readonly #decoder: DecoderConfig;
  readonly #bytes = new ByteCache();

  protected constructor(config: BaseConfig) {
    const { vocab, unkTokenId, eosToken, padToken, addedTokens, normalize, template, decoder } = config;
    this.added = new AddedTokens(addedTokens, normalize);
    const tokens: (string | undefined)[] = [];
    for (const [token, id] of vocab) tokens[id] = token;
    for (const { id, content } of this.added.list) tokens[id] = content;
    for (const { id, content } of this.added.normalized) tokens[id] = content; // as in Hugging Face's tokenizers
    this.tokens = tokens;
    this.vocabSize = tokens.length;
    this.#vocab = vocab;
    this.padTokenId = padToken === null ? this.added.padTokenId : this.tokenToId(padToken);
    this.unkTokenId = unkTokenId;
    this.eosTokenId = eosToken === null ? this.added.eosTokenId : this.tokenToId(eosToken);
    this.#template = template;
    this.#decoder = decoder;
  }

  abstract encode(text: string, options?: EncodeOptions): Uint32Array;
  abstract safeSplitPoint(
    text: string,
    near: number,
    options?: Pick<EncodeOptions, 'splitSpecialTokens'>,
  ): number;
  abstract toJSON(): Record<string, unknown>;

  /** Special tokens that the options put around a text. @throws Error for `addEos` without an end-of-text token */
  protected around(options: EncodeOptions): { before: number[]; after: number[] } {
    checkEncodeOptions(options);
    const { addSpecialTokens, addEos } = options;
    const before = addSpecialTokens ? [...(this.#template?.before ?? [])] : [];
    const after = addSpecialTokens ? [...(this.#template?.after ?? [])] : [];
    if (addEos && after.length === 0) after.push(this.eosTokenId ?? failWithoutEos());
    return { before, after };
  }

  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    checkDecodeOptions(options);
    if (this.#decoder.type !== 'ByteLevel') {
      const stream = this.decodeStream(options);
      let text = '';
      for (const id of ids) text += stream.push(id);
      return text + stream.flush();
    }
    let bytes = new Uint8Array(1024);
    let length = 0;
    for (const id of ids) {
      const token = this.#tokenToDecode(id, options);
      if (token === undefined) continue;
      const more = this.#bytes.get(token, id);
      if (length + more.length > bytes.length) {
        const larger = new Uint8Array(2 * bytes.length + more.length);
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(more, length);
      length += more.length;
    }
    return decodeUtf8(bytes.subarray(0, length));
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    checkDecodeOptions(options);
    const decoder = createDecoder(this.#decoder, this.#bytes);
    return {
      push: (id) => {
        const token = this.#tokenToDecode(id, options);
        return token === undefined ? '' : decoder.push(token, id);
      },
      flush: () => decoder.flush(),
    };
  }

  tokenToId(token: string): number | undefined {
    return this.added.byContent.get(token)?.id ?? this.#vocab.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.tokens[id];
  }

  /** The token of an id; undefined for one to omit. */
  #tokenToDecode(id: number, { skipSpecialTokens = true }: DecodeOptions): string | undefined {
    const token = this.tokens[id];
    if (token === undefined && !(Number.isInteger(id) && id >= 0 && id < this.vocabSize)) {
      throw new RangeError(`decode: id is ${id}. Expected an integer from 0 to ${this.vocabSize - 1}.`);
    }
    return skipSpecialTokens && this.added.byId.get(id)?.special ? undefined : token;
  }
}
