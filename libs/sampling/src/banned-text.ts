// Bans texts whatever the tokens that they come from: "bad" as one token, as "b", "a", "d", or across the end of the prompt.
import type { Tokenizer } from '@lilformer/tokenizers';

/** Texts that are never generated. */
export class BannedText {
  readonly #tokenizer: Tokenizer;
  readonly #words: readonly string[];
  /** Number of ids whose text can be part of a word that the next id completes. */
  readonly #window: number;

  constructor(tokenizer: Tokenizer, words: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#words = words;
    // Up to four tokens for a character, and some without text, such as special tokens.
    this.#window = 4 * Math.max(...words.map((word) => word.length)) + 16;
  }

  /** The token sequences that are the words, alone and after a space, and the tokens that contain them. */
  ids(): number[][] {
    const { vocabSize, unkTokenId } = this.#tokenizer;
    const spellings = this.#words
      .flatMap((word) => [word, ` ${word}`])
      .map((text) => [...this.#tokenizer.encode(text)])
      .filter((ids) => ids.length > 0 && !ids.includes(unkTokenId ?? -1));
    const containing: number[][] = [];
    for (let id = 0; id < vocabSize; id++) {
      if (this.#tokenizer.idToToken(id) === undefined) continue;
      const text = this.#tokenizer.decode([id]);
      if (this.#words.some((word) => text.includes(word))) containing.push([id]);
    }
    return [...spellings, ...containing];
  }

  /** Whether `id` completes a word after `ids`. */
  completes(ids: readonly number[], id: number): boolean {
    if (this.#tokenizer.idToToken(id) === undefined) return false;
    const stream = this.#tokenizer.decodeStream();
    let before = '';
    for (const one of ids.slice(-this.#window)) before += stream.push(one);
    const text = before + stream.push(id);
    if (text.length === before.length) return false;
    return this.#words.some((word) => text.includes(word, Math.max(0, before.length - word.length + 1)));
  }
}
