// What every tokenizer can do. The kinds themselves are in char.ts, bpe.ts, pipeline.ts and compact.ts.

/** How `encode` treats a text. */
export interface EncodeOptions {
  /** Append the end-of-text id. Default false; throws where the tokenizer has none. */
  addEos?: boolean;
  /**
   * Put the special tokens around the text that its model was trained with: BERT's `[CLS]` and `[SEP]`, BART's `<s>` and
   * `</s>`, T5's `</s>`. Default false. Nothing where the tokenizer has none (GPT-2); if they end with the end of the
   * text, `addEos` adds no second one.
   */
  addSpecialTokens?: boolean;
  /**
   * Encode special tokens such as `<|endoftext|>` in the text as ordinary characters, so that untrusted text cannot end a
   * document or forge a control token. Default false: they become their single id.
   */
  splitSpecialTokens?: boolean;
}

/** How `decode` treats ids. */
export interface DecodeOptions {
  /** Leave special tokens out of the text. Default true. */
  skipSpecialTokens?: boolean;
}

/** Text from ids that come one at a time, as a model samples them. */
export interface DecodeStream {
  /** The text that is certain after this id; empty while a character is still incomplete. */
  push(id: number): string;
  /** What is left at the end: an incomplete character becomes U+FFFD, as in a whole `decode`. */
  flush(): string;
}

/** Text to ids and back. */
export interface Tokenizer {
  /** Number of ids: a model's embedding needs this many rows. */
  readonly vocabSize: number;
  readonly padTokenId?: number;
  readonly unkTokenId?: number;
  readonly eosTokenId?: number;
  /** Ids of a text. */
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** Text of ids; an id outside the vocabulary is an error. */
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
  /** Like `decode`, one id at a time: the pieces joined are what `decode` gives for all ids. */
  decodeStream(options?: DecodeOptions): DecodeStream;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /**
   * Where a long text can be cut: the largest position `p` with 0 < p <= near of which it is sure that for every text that
   * starts with `text` (which may be the first part of a longer one)
   * `encode(whole.slice(0, p))` followed by `encode(whole.slice(p))` is `encode(whole)`.
   * 0 when the text allows none: then give more text, or encode it in one piece.
   */
  safeSplitPoint(text: string, near: number, options?: Pick<EncodeOptions, 'splitSpecialTokens'>): number;
  /** Plain data from which `tokenizerFromJSON` builds the same tokenizer, also in a worker. */
  toJSON(): Record<string, unknown>;
}
