// The interface of all tokenizers, implemented in char/, bpe/, compact/ and pipeline/.

export interface EncodeOptions {
  /** Append the end-of-text id. Default false; an error when the tokenizer has none. */
  addEos?: boolean;
  /**
   * Add the special tokens that the model was trained with: BERT's `[CLS]` and `[SEP]`, BART's `<s>` and `</s>`, T5's
   * `</s>`. Default false. Without effect when the tokenizer has none (GPT-2). When a special token follows the text,
   * `addEos` adds no second one.
   */
  addSpecialTokens?: boolean;
  /**
   * Encode special tokens such as `<|endoftext|>` in the text as ordinary characters, so that untrusted text cannot end a
   * document or forge a control token. Default false: they become their single id.
   */
  splitSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Omit special tokens from the text. Default true. */
  skipSpecialTokens?: boolean;
}

/** Decodes ids one at a time, as a model samples them. */
export interface DecodeStream {
  /** Returns the text completed by this id; empty while a character is incomplete. */
  push(id: number): string;
  /** Returns the rest; an incomplete character becomes U+FFFD, as in `decode`. */
  flush(): string;
}

/** Converts text to token ids and back. */
export interface Tokenizer {
  /** Largest id plus one: the number of rows of an embedding. */
  readonly vocabSize: number;
  readonly padTokenId?: number;
  readonly unkTokenId?: number;
  readonly eosTokenId?: number;
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** @throws RangeError for an id outside the vocabulary */
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
  /** Streaming `decode`: the concatenated pieces equal `decode` of all ids. */
  decodeStream(options?: DecodeOptions): DecodeStream;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /**
   * Largest position `p`, 0 < p <= `near`, at which a long text can be split and encoded in parts: for every text that
   * starts with `text`, `encode(whole.slice(0, p))` followed by `encode(whole.slice(p))` equals `encode(whole)`.
   * 0 when there is none: pass more text, or encode it in one piece.
   */
  safeSplitPoint(text: string, near: number, options?: Pick<EncodeOptions, 'splitSpecialTokens'>): number;
  /** Plain data from which `tokenizerFromJSON` builds the same tokenizer, also in a worker. */
  toJSON(): Record<string, unknown>;
}
