// Tokenizers of a `tokenizer.json` with a WordPiece or Unigram model (BERT's, T5's): added tokens, normalizer, words,
// model, special tokens around. Byte-pair encoding, which needs no normalizer in GPT-2 and BART, is bpe.ts.
// Left out: learning, offsets, pairs of texts, truncation and padding.
import { AddedTokens } from './added-tokens.js';
import { createDecoder, streamOf, type DecoderConfig } from './decoders.js';
import { expectRecord, where } from './json-checks.js';
import { parseNormalizer, type Normalizer } from './normalizers.js';
import { needsEos, parsePostProcessor, type SpecialTokensTemplate } from './post-processor.js';
import { parseSplitter, type Splitter } from './splitters.js';
import { checkIds, parseAddedTokens, parseDecoder } from './tokenizer-json-parts.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
import { parseUnigram } from './unigram.js';
import { parseWordPiece, type WordModel } from './word-piece.js';

/** Words met so far are remembered with their ids, up to this many; long ones are rare. */
const MOST_REMEMBERED = 1 << 16;
const LONGEST_REMEMBERED = 64;

/** A tokenizer read from a Hugging Face `tokenizer.json` with a WordPiece or Unigram model. */
export class PipelineTokenizer implements Tokenizer {
  /** The largest id plus one. */
  readonly vocabSize: number;
  readonly padTokenId?: number;
  readonly unkTokenId?: number;
  readonly eosTokenId?: number;
  readonly #json: Record<string, unknown>;
  readonly #added: AddedTokens;
  readonly #normalizer: Normalizer | null;
  readonly #splitter: Splitter;
  readonly #model: WordModel;
  readonly #template: SpecialTokensTemplate | null;
  readonly #decoder: DecoderConfig;
  readonly #tokens: readonly (string | undefined)[];
  readonly #cutsAtBlanks: boolean;
  readonly #remembered = { parse: new Map<string, number[]>(), text: new Map<string, number[]>() };

  private constructor(json: unknown) {
    const file = expectRecord(json, 'tokenizer.json');
    const addedTokens = parseAddedTokens(file.added_tokens);
    this.#model = parseModel(
      expectRecord(file.model, 'tokenizer.json: "model"'),
      new Set(addedTokens.filter((token) => token.special).map((token) => token.id)),
    );
    const known = checkIds(this.#model.ids, addedTokens);
    const tokens = [...this.#model.tokens];
    for (const { id, content } of addedTokens) tokens[id] = content;
    this.#tokens = tokens;
    this.#normalizer = parseNormalizer(file.normalizer);
    this.#splitter = parseSplitter(file.pre_tokenizer);
    this.#template = parsePostProcessor(file.post_processor, known).template;
    this.#decoder = parseDecoder(file.decoder);
    if (this.#decoder.type === 'ByteLevel') {
      throw new Error('tokenizer.json: "decoder" "ByteLevel" is supported with a BPE model only');
    }
    this.#added = new AddedTokens(addedTokens, this.#normalizer ?? undefined);
    this.#json = file;
    this.vocabSize = tokens.length;
    this.padTokenId = this.#added.padTokenId;
    this.eosTokenId = this.#added.eosTokenId;
    this.unkTokenId = this.#model.unkTokenId;
    this.#cutsAtBlanks =
      this.#splitter.cutsAtSpace &&
      (this.#normalizer === null || (this.#normalizer.local && this.#normalizer(' ') === ' ')) &&
      this.#added.normalizedStayInWords;
  }

  /** @throws Error naming what is wrong with the JSON, or what in it is not supported. */
  static fromJSON(json: unknown): PipelineTokenizer {
    return new PipelineTokenizer(json);
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    const ids: number[] = options.addSpecialTokens ? [...(this.#template?.before ?? [])] : [];
    const parseSpecial = !options.splitSpecialTokens;
    // Halves of surrogate pairs are what they become in UTF-8.
    const whole = text.replace(/\p{Surrogate}/gu, '\ufffd');
    for (const given of this.#added.splitGiven(whole, parseSpecial)) {
      if (given.id >= 0) {
        ids.push(given.id);
        continue;
      }
      const piece = whole.slice(given.from, given.to);
      const normalized = this.#normalizer ? this.#normalizer(piece) : piece;
      for (const { from, to, id } of this.#added.splitNormalized(normalized, parseSpecial)) {
        if (id >= 0) ids.push(id);
        else {
          const atStart = given.from === 0 && from === 0;
          for (const word of this.#splitter(normalized.slice(from, to), atStart)) {
            for (const part of this.#encodeWord(word, parseSpecial)) ids.push(part);
          }
        }
      }
    }
    if (options.addSpecialTokens) ids.push(...(this.#template?.after ?? []));
    if (needsEos(options, this.#template)) ids.push(this.#added.requireEos());
    return Uint32Array.from(ids);
  }

  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const stream = this.decodeStream(options);
    const pieces: string[] = [];
    for (const id of ids) pieces.push(stream.push(id));
    return pieces.join('') + stream.flush();
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    return streamOf(createDecoder(this.#decoder, noBytes), (id) => this.#decodable(id, options));
  }

  tokenToId(token: string): number | undefined {
    return this.#added.byContent.get(token)?.id ?? this.#model.ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  /** Between a blank and an ASCII letter or digit, where the words on both sides do not depend on each other. */
  safeSplitPoint(text: string, near: number): number {
    if (!this.#cutsAtBlanks) return 0;
    for (let at = Math.min(Math.floor(near), text.length - 1); at > 0; at--) {
      if (text[at - 1] === ' ' && /[0-9A-Za-z]/.test(text[at]) && this.#added.allowsCut(text, at)) return at;
    }
    return 0;
  }

  /** The `tokenizer.json` that it was made from. */
  toJSON(): Record<string, unknown> {
    return structuredClone(this.#json);
  }

  #encodeWord(word: string, parseSpecial: boolean): number[] {
    if (word.length > LONGEST_REMEMBERED) return this.#model.encode(word, !parseSpecial);
    const remembered = this.#remembered[parseSpecial ? 'parse' : 'text'];
    let ids = remembered.get(word);
    if (ids === undefined) {
      ids = this.#model.encode(word, !parseSpecial);
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(word, ids);
    }
    return ids;
  }

  /** The token to decode, undefined for one to leave out. */
  #decodable(id: number, options: DecodeOptions): string | undefined {
    return this.#added.decodable(this.#tokens, id, options);
  }
}

function parseModel(model: Record<string, unknown>, special: ReadonlySet<number>): WordModel {
  // Files of old versions leave the type out.
  const type = model.type ?? (Array.isArray(model.vocab) ? 'Unigram' : 'WordPiece');
  if (type === 'WordPiece') return parseWordPiece(model, special);
  if (type === 'Unigram') return parseUnigram(model, special);
  throw new Error(
    `tokenizer.json: "model" is of type ${where(type)}, only "BPE", "WordPiece" and "Unigram" are supported`,
  );
}

function noBytes(): never {
  throw new Error('tokens of this model are text');
}
