// Byte-pair encoding of texts as a `tokenizer.json` describes it: added tokens, pre-tokenizer, merges, decoder.
// Normalizers are not supported. bpe-model.ts merges one word, bpe-json.ts reads and writes the file, bpe-trainer.ts
// learns the merges.
import { BaseTokenizer } from '../pipeline/base-tokenizer.js';
import { addPrefixSpace, forEachWord } from '../pipeline/pre-tokenizers.js';
import type { EncodeOptions } from '../tokenizer.js';
import type { BpeConfig } from './bpe-config.js';
import { bpeToJSON, parseBpe } from './bpe-json.js';
import { BpeModel } from './bpe-model.js';
import { alignOffsets, trimOffsets, type TokenSpan } from './offsets.js';
import { WordTable } from './word-table.js';

/** Ids with their tokens and offsets. */
export interface Encoding {
  ids: Uint32Array;
  /** Added tokens as they occur in the text, with the white space that they include. */
  tokens: string[];
  /** `[start, end)` of each token in the text, in code points; `[0, 0]` for tokens added around it. */
  offsets: [number, number][];
}

const BATCH = 2048;
/** Longer words are rare and not cached. */
const LONGEST_CACHED = 256;
const MAX_CACHED = 1 << 16;
const MAX_CACHED_UNITS = 1 << 20;

/** A BPE tokenizer, trained by `trainBpe` or read from a Hugging Face `tokenizer.json`. */
export class BpeTokenizer extends BaseTokenizer {
  readonly config: BpeConfig;
  readonly #model: BpeModel;

  // Cache of words and their ids: word i has #values[#valueStarts[i]..#valueStarts[i + 1]).
  readonly #cache = new WordTable();
  #values = new Uint32Array(1 << 12);
  #valueStarts = new Int32Array(1 << 10);
  readonly #bounds = new Int32Array(2 * BATCH);

  // Output of the current `encode`.
  #out = new Uint32Array(0);
  #length = 0;

  constructor(config: BpeConfig) {
    const { vocab, unkToken, addedTokens } = config;
    const unk = addedTokens.find(({ content }) => content === unkToken)?.id ?? vocab.get(unkToken ?? '');
    super({ ...config, unkTokenId: unkToken === null ? undefined : unk });
    this.config = config;
    this.#model = new BpeModel(config);
  }

  /** @throws Error naming the wrong or unsupported field */
  static fromJSON(json: unknown): BpeTokenizer {
    return new BpeTokenizer(parseBpe(json));
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    const { before, after } = this.around(options);
    this.#out = new Uint32Array(Math.max(16, text.length >> 1));
    this.#length = 0;
    for (const id of before) this.#append(id);
    if (this.added.list.length === 0) {
      this.#encodePlain(text, 0, text.length);
    } else {
      for (const { from, to, id } of this.added.split(text, !options.splitSpecialTokens)) {
        if (id < 0) this.#encodePlain(text, from, to);
        else this.#append(id);
      }
    }
    for (const id of after) this.#append(id);
    const ids = this.#out.slice(0, this.#length);
    this.#out = new Uint32Array(0);
    return ids;
  }

  /** `encode` with the tokens and their offsets. Slower: words are not cached. */
  encodeWithOffsets(text: string, options: EncodeOptions = {}): Encoding {
    const { before, after } = this.around(options);
    const ids: number[] = [];
    const tokens: string[] = [];
    const spans: TokenSpan[] = [];
    const { symbols } = this.#model;
    for (const { from, to, id } of this.added.split(text, !options.splitSpecialTokens)) {
      if (id >= 0) {
        ids.push(id);
        tokens.push(text.slice(from, to));
        spans.push({ from, to });
        continue;
      }
      const piece = addPrefixSpace(text.slice(from, to), this.config.preTokenizer);
      const shift = to - piece.length;
      forEachWord(piece, 0, piece.length, this.config.preTokenizer, this.#bounds, (start, end) => {
        this.#model.encodeWord(piece, start, end);
        const prefixed = shift < from && start === 0;
        for (let i = 0; i < symbols.size; i++) {
          ids.push(symbols.ids[i]);
          tokens.push(this.tokens[symbols.ids[i]]!);
          spans.push({
            from: shift + start + (prefixed ? 1 : 0),
            to: shift + end,
            firstByte: symbols.starts[i],
            endByte: symbols.ends[i],
            prefixed,
          });
        }
      });
    }
    let offsets = alignOffsets(text, spans);
    if (this.config.trimOffsets)
      offsets = trimOffsets(tokens, offsets, this.config.trimOffsets.addPrefixSpace);
    const tokensOf = (special: readonly number[]): string[] => special.map((id) => this.tokens[id]!);
    const noOffsets = (special: readonly number[]): [number, number][] => special.map(() => [0, 0]);
    return {
      ids: Uint32Array.from([...before, ...ids, ...after]),
      tokens: [...tokensOf(before), ...tokens, ...tokensOf(after)],
      offsets: [...noOffsets(before), ...offsets, ...noOffsets(after)],
    };
  }

  safeSplitPoint(
    text: string,
    near: number,
    options: Pick<EncodeOptions, 'splitSpecialTokens'> = {},
  ): number {
    const { preTokenizer } = this.config;
    for (let at = Math.min(Math.floor(near), text.length); at > 0; at--) {
      if (!this.added.canSplit(text, at)) continue;
      if (preTokenizer.canSplit(text, at) || this.added.hasBorder(text, at, !options.splitSpecialTokens))
        return at;
    }
    return 0;
  }

  /** A Hugging Face `tokenizer.json`. */
  toJSON(): Record<string, unknown> {
    return bpeToJSON(this.config);
  }

  /** Appends the ids of text[from..to), which contains no added token. */
  #encodePlain(text: string, from: number, to: number): void {
    const { preTokenizer } = this.config;
    if (preTokenizer.addPrefixSpace) {
      text = addPrefixSpace(text.slice(from, to), preTokenizer);
      from = 0;
      to = text.length;
    }
    const bounds = this.#bounds;
    const cache = this.#cache;
    for (let count = BATCH; count === BATCH;) {
      count = preTokenizer.scan(text, from, to, bounds);
      for (let i = 0; i < 2 * count; i += 2) {
        const start = bounds[i];
        const end = bounds[i + 1];
        if (end - start > LONGEST_CACHED) {
          this.#model.encodeWord(text, start, end);
          this.#appendSymbols();
          continue;
        }
        const known = cache.size;
        const word = cache.intern(text, start, end);
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

  /** Encodes a word that `intern` has just added to the cache. */
  #encodeNew(text: string, start: number, end: number, word: number): void {
    try {
      this.#model.encodeWord(text, start, end);
    } catch (error) {
      this.#cache.clear(); // the word would stay there without ids
      throw error;
    }
    this.#appendSymbols();
    const { ids, size } = this.#model.symbols;
    if (word + 1 >= this.#valueStarts.length) {
      const starts = new Int32Array(this.#valueStarts.length * 2);
      starts.set(this.#valueStarts);
      this.#valueStarts = starts;
    }
    const first = this.#valueStarts[word];
    if (first + size > this.#values.length) {
      const values = new Uint32Array(Math.max(this.#values.length * 2, first + size));
      values.set(this.#values);
      this.#values = values;
    }
    for (let i = 0; i < size; i++) this.#values[first + i] = ids[i];
    this.#valueStarts[word + 1] = first + size;
    if (this.#cache.size >= MAX_CACHED || this.#cache.unitCount >= MAX_CACHED_UNITS) this.#cache.clear();
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
}
