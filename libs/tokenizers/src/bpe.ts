// Byte-pair encoding of texts: added tokens, pre-tokenizer, merges, decoder, as a `tokenizer.json` describes them.
// The merges of one word are in bpe-model.ts, reading and writing the file in tokenizer-json.ts, learning the merges
// in bpe-trainer.ts. Left out: normalizers (pipeline.ts has them).
import { AddedTokens, type AddedToken } from './added-tokens.js';
import { BpeModel, type BpeModelConfig } from './bpe-model.js';
import { byteCache, createDecoder, decodeUtf8, streamOf, type DecoderConfig } from './decoders.js';
import { alignOffsets, trimOffsets, type TokenSpan } from './offsets.js';
import { needsEos, type SpecialTokensTemplate } from './post-processor.js';
import type { PreTokenizer } from './pre-tokenizers.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
import { bpeToJSON, parseBpe } from './tokenizer-json.js';
import { WordTable } from './word-table.js';

/** Everything a `tokenizer.json` with a BPE model says. */
export interface BpeConfig extends BpeModelConfig {
  addedTokens: readonly AddedToken[];
  preTokenizer: PreTokenizer;
  decoder: DecoderConfig;
  /** A ByteLevel post-processor, which takes white space out of offsets. */
  trimOffsets: { addPrefixSpace: boolean } | null;
  /** Special tokens that go around a text, such as BART's `<s>` and `</s>`; none where it is absent. */
  template?: SpecialTokensTemplate | null;
}

/** Ids with what they stand for. */
export interface Encoding {
  ids: Uint32Array;
  /** Of added tokens what they matched, with the white space that they take. */
  tokens: string[];
  /** First character of each token in the text, and the one after its last, in code points. */
  offsets: [number, number][];
}

const BATCH = 2048;
/** Longer words are rare; they are merged anew each time. */
const LONGEST_REMEMBERED = 256;
const MOST_REMEMBERED = 1 << 16;
const MOST_REMEMBERED_UNITS = 1 << 20;

/** A byte-pair tokenizer: trained by `trainBpe`, or read from a Hugging Face `tokenizer.json`. */
export class BpeTokenizer implements Tokenizer {
  /** The largest id plus one. */
  readonly vocabSize: number;
  readonly padTokenId?: number;
  readonly unkTokenId?: number;
  readonly eosTokenId?: number;
  readonly config: BpeConfig;
  readonly #model: BpeModel;
  readonly #added: AddedTokens;
  readonly #tokens: (string | undefined)[] = [];
  readonly #bytesOf = byteCache();

  // The words met so far, and their ids: word i has #values[#valueStarts[i]..#valueStarts[i + 1]).
  readonly #remembered = new WordTable();
  #values = new Uint32Array(1 << 12);
  #valueStarts = new Int32Array(1 << 10);
  readonly #bounds = new Int32Array(2 * BATCH);

  // Where ids are written.
  #out = new Uint32Array(0);
  #length = 0;

  constructor(config: BpeConfig) {
    this.config = config;
    this.#model = new BpeModel(config, config.preTokenizer.bytes);
    this.#added = new AddedTokens(config.addedTokens);
    for (const [token, id] of config.vocab) this.#tokens[id] = token;
    for (const token of this.#added.list) this.#tokens[token.id] = token.content;
    this.vocabSize = this.#tokens.length;
    this.padTokenId = this.#added.padTokenId;
    this.eosTokenId = this.#added.eosTokenId;
    this.unkTokenId = config.unkToken === null ? undefined : this.tokenToId(config.unkToken);
  }

  /** @throws Error naming what is wrong with the JSON, or what in it is not supported. */
  static fromJSON(json: unknown): BpeTokenizer {
    return new BpeTokenizer(parseBpe(json));
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    this.#out = new Uint32Array(Math.max(16, text.length >> 1));
    this.#length = 0;
    if (options.addSpecialTokens) for (const id of this.config.template?.before ?? []) this.#append(id);
    if (this.#added.list.length === 0) {
      this.#encodePlain(text, 0, text.length);
    } else {
      for (const { from, to, id } of this.#added.split(text, !options.splitSpecialTokens)) {
        if (id < 0) this.#encodePlain(text, from, to);
        else this.#append(id);
      }
    }
    if (options.addSpecialTokens) for (const id of this.config.template?.after ?? []) this.#append(id);
    if (needsEos(options, this.config.template)) this.#append(this.#added.requireEos());
    const ids = this.#out.slice(0, this.#length);
    this.#out = new Uint32Array(0);
    return ids;
  }

  /** Like `encode`, with the token and the place in the text of each id. Slower: nothing is remembered. */
  encodeWithOffsets(text: string, options: EncodeOptions = {}): Encoding {
    const ids: number[] = [];
    const tokens: string[] = [];
    const spans: TokenSpan[] = [];
    const { symbols } = this.#model;
    for (const { from, to, id } of this.#added.split(text, !options.splitSpecialTokens)) {
      if (id >= 0) {
        ids.push(id);
        tokens.push(text.slice(from, to));
        spans.push({ from, to });
        continue;
      }
      const prefixed = this.#needsPrefix(text, from, to);
      const piece = (prefixed ? ' ' : '') + text.slice(from, to);
      const shift = prefixed ? from - 1 : from;
      this.#scan(piece, (start, end) => {
        this.#model.encodeWord(piece, start, end);
        const first = prefixed && start === 0;
        for (let i = 0; i < symbols.size; i++) {
          ids.push(symbols.ids[i]);
          tokens.push(this.#tokens[symbols.ids[i]]!);
          spans.push({
            from: shift + start + (first ? 1 : 0),
            to: shift + end,
            firstByte: symbols.starts[i],
            endByte: symbols.ends[i],
            prefixed: first,
          });
        }
      });
    }
    let offsets = alignOffsets(text, spans);
    if (this.config.trimOffsets)
      offsets = trimOffsets(tokens, offsets, this.config.trimOffsets.addPrefixSpace);
    const { before = [], after = [] } = (options.addSpecialTokens && this.config.template) || {};
    const end = needsEos(options, this.config.template) ? [...after, this.#added.requireEos()] : after;
    const around = (special: readonly number[]): string[] => special.map((id) => this.#tokens[id]!);
    return {
      ids: Uint32Array.from([...before, ...ids, ...end]),
      tokens: [...around(before), ...tokens, ...around(end)],
      offsets: [...nowhere(before), ...offsets, ...nowhere(end)],
    };
  }

  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    if (this.config.decoder.type === 'ByteLevel') return this.#decodeBytes(ids, options);
    const stream = this.decodeStream(options);
    let text = '';
    for (const id of ids) text += stream.push(id);
    return text + stream.flush();
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    return streamOf(createDecoder(this.config.decoder, this.#bytesOf), (id) => this.#decodable(id, options));
  }

  tokenToId(token: string): number | undefined {
    return this.#added.byContent.get(token)?.id ?? this.config.vocab.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  safeSplitPoint(
    text: string,
    near: number,
    options: Pick<EncodeOptions, 'splitSpecialTokens'> = {},
  ): number {
    const parseSpecial = !options.splitSpecialTokens;
    for (let at = Math.min(Math.floor(near), text.length); at > 0; at--) {
      if (!this.#added.allowsCut(text, at)) continue;
      if (this.config.preTokenizer.canCut(text, at) || this.#added.surelyBorders(text, at, parseSpecial))
        return at;
    }
    return 0;
  }

  /** A Hugging Face `tokenizer.json`. */
  toJSON(): Record<string, unknown> {
    return bpeToJSON(this.config);
  }

  #needsPrefix(text: string, from: number, to: number): boolean {
    return this.config.preTokenizer.addPrefixSpace && from < to && text[from] !== ' ';
  }

  /** Ids of text[from..to), which holds no added token. */
  #encodePlain(text: string, from: number, to: number): void {
    if (this.#needsPrefix(text, from, to)) {
      text = ` ${text.slice(from, to)}`;
      from = 0;
      to = text.length;
    }
    const bounds = this.#bounds;
    const remembered = this.#remembered;
    const { preTokenizer } = this.config;
    for (let count = BATCH; count === BATCH;) {
      count = preTokenizer.scan(text, from, to, bounds);
      for (let i = 0; i < 2 * count; i += 2) {
        const start = bounds[i];
        const end = bounds[i + 1];
        if (end - start > LONGEST_REMEMBERED) {
          this.#model.encodeWord(text, start, end);
          this.#appendSymbols();
          continue;
        }
        const known = remembered.size;
        const word = remembered.intern(text, start, end);
        if (word === known) {
          this.#encodeNew(text, start, end, word);
          continue;
        }
        const values = this.#values;
        const last = this.#valueStarts[word + 1];
        let at = this.#valueStarts[word];
        if (this.#length + last - at > this.#out.length) this.#grow(last - at);
        const out = this.#out;
        let length = this.#length;
        while (at < last) out[length++] = values[at++];
        this.#length = length;
      }
      if (count > 0) from = bounds[2 * count - 1];
    }
  }

  #encodeNew(text: string, start: number, end: number, word: number): void {
    try {
      this.#model.encodeWord(text, start, end);
    } catch (error) {
      // The word is in the table already, and its ids will never be.
      this.#remembered.clear();
      throw error;
    }
    this.#appendSymbols();
    this.#remember(word);
  }

  #remember(word: number): void {
    const { ids, size } = this.#model.symbols;
    if (word + 1 >= this.#valueStarts.length) {
      const starts = new Int32Array(this.#valueStarts.length * 2);
      starts.set(this.#valueStarts);
      this.#valueStarts = starts;
    }
    const start = this.#valueStarts[word];
    if (start + size > this.#values.length) {
      const values = new Uint32Array(Math.max(this.#values.length * 2, start + size));
      values.set(this.#values);
      this.#values = values;
    }
    for (let i = 0; i < size; i++) this.#values[start + i] = ids[i];
    this.#valueStarts[word + 1] = start + size;
    if (this.#remembered.size >= MOST_REMEMBERED || this.#remembered.unitCount >= MOST_REMEMBERED_UNITS) {
      this.#remembered.clear();
    }
  }

  #appendSymbols(): void {
    const { ids, size } = this.#model.symbols;
    if (this.#length + size > this.#out.length) this.#grow(size);
    for (let i = 0; i < size; i++) this.#out[this.#length++] = ids[i];
  }

  #append(id: number): void {
    if (this.#length === this.#out.length) this.#grow(1);
    this.#out[this.#length++] = id;
  }

  #grow(extra: number): void {
    const out = new Uint32Array(Math.max(2 * this.#out.length, this.#length + extra));
    out.set(this.#out);
    this.#out = out;
  }

  #scan(text: string, visit: (start: number, end: number) => void): void {
    const bounds = new Int32Array(512);
    let from = 0;
    for (let count = 256; count === 256;) {
      count = this.config.preTokenizer.scan(text, from, text.length, bounds);
      for (let i = 0; i < 2 * count; i += 2) visit(bounds[i], bounds[i + 1]);
      if (count > 0) from = bounds[2 * count - 1];
    }
  }

  /** The token to decode, undefined for one to leave out. */
  #decodable(id: number, options: DecodeOptions): string | undefined {
    return this.#added.decodable(this.#tokens, id, options);
  }

  #decodeBytes(ids: Iterable<number>, options: DecodeOptions): string {
    let bytes = new Uint8Array(1024);
    let length = 0;
    for (const id of ids) {
      const token = this.#decodable(id, options);
      if (token === undefined) continue;
      const more = this.#bytesOf(token, id);
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
}

/** Offsets of tokens that stand for no part of the text. */
function nowhere(special: readonly number[]): [number, number][] {
  return special.map(() => [0, 0]);
}
