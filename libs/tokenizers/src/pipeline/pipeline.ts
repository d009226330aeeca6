// Tokenizers of a `tokenizer.json` with a WordPiece or Unigram model (BERT, T5): added tokens, normalizer, pre-tokenizer,
// model, post-processor. Not supported: training, offsets, pairs of texts, truncation, padding. BPE is in bpe/.
import { JsonFields } from '../json-fields.js';
import { parseUnigram } from '../models/unigram.js';
import { parseWordPiece, type WordModel } from '../models/wordpiece.js';
import type { EncodeOptions } from '../tokenizer.js';
import { checkIds, parseAddedTokens, parseNamedToken } from './added-tokens.js';
import { BaseTokenizer } from './base-tokenizer.js';
import { parseDecoder } from './decoders.js';
import { parseNormalizer, type Normalizer } from './normalizers.js';
import { parsePostProcessor } from './post-processor.js';
import { parseSplitter, type Splitter } from './splitters.js';

const MAX_CACHED = 1 << 16;
const LONGEST_CACHED = 64;

/** A tokenizer read from a Hugging Face `tokenizer.json` with a WordPiece or Unigram model. */
export class PipelineTokenizer extends BaseTokenizer {
  readonly #json: Record<string, unknown>;
  readonly #normalizer: Normalizer | undefined;
  readonly #splitter: Splitter;
  readonly #model: WordModel;
  readonly #splitsAtSpaces: boolean;
  /** Ids of words, with and without special tokens. */
  readonly #caches = [new Map<string, number[]>(), new Map<string, number[]>()];

  private constructor(file: JsonFields) {
    const addedTokens = parseAddedTokens(file);
    const special = addedTokens.filter((token) => token.special).map((token) => token.id);
    const fields = file.object('model');
    const model = parseModel(fields, new Set(special));
    const tokens = checkIds(model.vocab, addedTokens);
    const normalizer = file.isNull('normalizer') ? undefined : parseNormalizer(file.object('normalizer'));
    const splitter = parseSplitter(file.optionalObject('pre_tokenizer'));
    const decoder = parseDecoder(file.optionalObject('decoder'));
    if (decoder.type === 'ByteLevel')
      file.object('decoder').unsupported('another decoder: ByteLevel needs a BPE model');
    super({
      vocab: model.vocab,
      unkTokenId: model.unkTokenId,
      eosToken: parseNamedToken(fields, 'eos_token', model.vocab, addedTokens),
      padToken: parseNamedToken(fields, 'pad_token', model.vocab, addedTokens),
      addedTokens,
      normalize: normalizer,
      template: parsePostProcessor(file.optionalObject('post_processor'), tokens).template,
      decoder,
    });
    this.#json = file.record;
    this.#normalizer = normalizer;
    this.#splitter = splitter;
    this.#model = model;
    this.#splitsAtSpaces =
      splitter.cutsAtSpace &&
      (!normalizer || (normalizer.local && normalizer(' ') === ' ')) &&
      this.added.normalizedStayInWords;
  }

  /** @throws Error naming the wrong or unsupported field */
  static fromJSON(json: unknown): PipelineTokenizer {
    return new PipelineTokenizer(new JsonFields('tokenizer.json', '', json));
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    const { before, after } = this.around(options);
    const ids = before;
    const parseSpecial = !options.splitSpecialTokens;
    const whole = text.replace(/\p{Surrogate}/gu, '\ufffd'); // as in UTF-8
    for (const raw of this.added.splitRaw(whole, parseSpecial)) {
      if (raw.id >= 0) {
        ids.push(raw.id);
        continue;
      }
      const piece = whole.slice(raw.from, raw.to);
      const normalized = this.#normalizer ? this.#normalizer(piece) : piece;
      for (const { from, to, id } of this.added.splitNormalized(normalized, parseSpecial)) {
        if (id >= 0) {
          ids.push(id);
          continue;
        }
        const atStart = raw.from === 0 && from === 0;
        for (const word of this.#splitter(normalized.slice(from, to), atStart)) {
          for (const part of this.#encodeWord(word, parseSpecial)) ids.push(part);
        }
      }
    }
    ids.push(...after);
    return Uint32Array.from(ids);
  }

  /** Between a space and an ASCII letter or digit, where the words on both sides are independent. */
  safeSplitPoint(text: string, near: number): number {
    if (!this.#splitsAtSpaces) return 0;
    for (let at = Math.min(Math.floor(near), text.length - 1); at > 0; at--) {
      if (text[at - 1] === ' ' && /[0-9A-Za-z]/.test(text[at]) && this.added.canSplit(text, at)) return at;
    }
    return 0;
  }

  /** The `tokenizer.json` that it was read from. */
  toJSON(): Record<string, unknown> {
    return structuredClone(this.#json);
  }

  #encodeWord(word: string, parseSpecial: boolean): number[] {
    if (word.length > LONGEST_CACHED) return this.#model.encode(word, !parseSpecial);
    const cache = this.#caches[parseSpecial ? 0 : 1];
    let ids = cache.get(word);
    if (ids === undefined) {
      ids = this.#model.encode(word, !parseSpecial);
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(word, ids);
    }
    return ids;
  }
}

function parseModel(model: JsonFields, special: ReadonlySet<number>): WordModel {
  // Old files omit the type.
  const type = model.record.type ?? (Array.isArray(model.record.vocab) ? 'Unigram' : 'WordPiece');
  if (type === 'WordPiece') return parseWordPiece(model, special);
  if (type === 'Unigram') return parseUnigram(model, special);
  return model.fail('type', '"BPE", "WordPiece" or "Unigram"');
}
